//! What a fit takes over from a finished one of fewer epochs.

use sqlx::FromRow;

use super::error::StoreError;
use super::lease::{Claim, held};
use super::open::Store;
use crate::id::FitId;

/// A fit of a dataset.
#[derive(Debug, Clone, FromRow)]
pub struct KnownFit {
    /// Its id.
    pub fit_id: FitId,
    /// Its configuration as JSON.
    pub config: String,
    /// The device that it was trained on last, in words.
    pub device: Option<String>,
    /// Whether it is trained.
    pub trained: bool,
}

impl Store {
    /// All fits of a dataset.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn fits_of(&self, digest: &str) -> Result<Vec<KnownFit>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT fit_id, config, device, weights IS NOT NULL AS trained FROM fits WHERE digest = ? \
                 ORDER BY fit_id",
            )
            .bind(digest)
            .fetch_all(&self.pool),
        )?)
    }

    /// Gives a claimed fit, which has none, the metrics of another one and the seconds that they took.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn take_over_metrics(&self, claim: &Claim, from: &FitId) -> Result<(), StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let ours = sqlx::query(
                "UPDATE fits SET train_seconds = (SELECT train_seconds FROM fits WHERE fit_id = ?3) \
                 WHERE fit_id = ?1 AND lease_token = ?2",
            )
            .bind(&claim.fit_id)
            .bind(&claim.token)
            .bind(from)
            .execute(&mut *tx)
            .await?;
            held(&ours)?;
            for sql in [
                "INSERT OR IGNORE INTO metric_series (fit_id, split, name) \
                 SELECT ?1, split, name FROM metric_series WHERE fit_id = ?2",
                "INSERT OR REPLACE INTO metric_points SELECT m.id, p.epoch, p.step, p.value FROM metric_series s \
                 JOIN metric_points p ON p.series = s.id JOIN metric_series m ON m.split = s.split AND m.name = s.name \
                 WHERE m.fit_id = ?1 AND s.fit_id = ?2",
            ] {
                sqlx::query(sql).bind(&claim.fit_id).bind(from).execute(&mut *tx).await?;
            }
            Ok(tx.commit().await?)
        })
    }
}
