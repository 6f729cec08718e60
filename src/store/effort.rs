//! How long work took, how much is done, and what is left.

use std::collections::HashSet;

use super::error::StoreError;
use super::open::Store;
use crate::id::FitId;

impl Store {
    /// Seconds of training and judging of each finished fit of a sweep; a search that runs share counts for each.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn fit_seconds(&self, sweep: &str) -> Result<Vec<(FitId, f64)>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT f.fit_id, f.train_seconds + sum(r.score_seconds) FROM sweep_runs s JOIN runs_table r \
                 USING (run_id) JOIN fits f USING (fit_id) WHERE s.sweep = ? AND f.status = 'done' \
                 AND f.train_seconds IS NOT NULL GROUP BY f.fit_id HAVING count(r.score_seconds) = count(*)",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// The fits of a sweep that have runs to do and that nobody here is at.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn fits_to_do(&self, sweep: &str) -> Result<HashSet<FitId>, StoreError> {
        let fits: Vec<FitId> = self.block_on(
            sqlx::query_scalar(
                "SELECT DISTINCT r.fit_id FROM sweep_runs s JOIN runs_table r USING (run_id) \
                 WHERE s.sweep = ? AND r.status IN ('queued', 'interrupted')",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?;
        Ok(fits.into_iter().collect())
    }

    /// How much has been done in all: metrics of epochs that are recorded, and runs that have ended. It grows with
    /// every step forward.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn steps_done(&self) -> Result<i64, StoreError> {
        Ok(self.block_on(
            sqlx::query_scalar(
                "SELECT (SELECT count(*) FROM metric_points) + \
                 (SELECT count(*) FROM runs_table WHERE status IN ('done', 'failed', 'diverged'))",
            )
            .fetch_one(&self.pool),
        )?)
    }
}
