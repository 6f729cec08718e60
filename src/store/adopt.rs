//! Weights that are trained in another store: fits go on from there to be judged, and are not trained again.

use std::collections::HashMap;

use super::artifacts::Artifacts;
use super::error::StoreError;
use super::open::Store;
use super::weights_file::copy_weights;
use crate::id::FitId;

impl Store {
    /// The fits that are trained and whose weights are in the store's folder, with their digests.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn trained_weights(&self) -> Result<HashMap<FitId, String>, StoreError> {
        let lost = self.fits_without_weights()?;
        let trained: Vec<(FitId, String)> = self.block_on(
            sqlx::query_as("SELECT fit_id, weights FROM fits WHERE weights IS NOT NULL")
                .fetch_all(&self.pool),
        )?;
        Ok(trained.into_iter().filter(|(fit_id, _)| !lost.contains(fit_id)).collect())
    }

    /// Takes the weights of a fit that is planned here and trained in the store at `other`. Tells whether they were
    /// there and are what their digest says.
    ///
    /// # Errors
    /// Whatever SQLite or the file system says.
    pub fn adopt_weights(
        &self,
        fit_id: &FitId,
        digest: &str,
        other: &std::path::Path,
    ) -> Result<bool, StoreError> {
        if !copy_weights(&Artifacts::of(other).weights(digest), &self.artifacts(), digest)? {
            return Ok(false);
        }
        let adopt = sqlx::query("UPDATE fits SET weights = ? WHERE fit_id = ? AND weights IS NULL");
        self.block_on(adopt.bind(digest).bind(fit_id).execute(&self.pool))?;
        Ok(true)
    }
}
