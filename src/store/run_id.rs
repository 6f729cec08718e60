//! Ids of runs: shown short, found by any unique prefix.

use super::error::StoreError;
use super::open::Store;
use crate::id::RunId;

/// The first characters of an id, as people see it.
pub fn short_id(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

impl Store {
    /// The full id of the one run whose id starts with `prefix`.
    ///
    /// # Errors
    /// None, or several, fit.
    pub fn resolve_run(&self, prefix: &str) -> Result<RunId, StoreError> {
        let last = format!("{prefix}g"); // ids are hexadecimal: every id with the prefix is below
        let found: Vec<RunId> = self.block_on(
            sqlx::query_scalar(
                "SELECT run_id FROM runs_table WHERE run_id >= ? AND run_id < ? ORDER BY run_id",
            )
            .bind(prefix)
            .bind(last)
            .fetch_all(&self.pool),
        )?;
        match found.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(StoreError::NoSuchRun(prefix.into())),
            several => Err(StoreError::Ambiguous {
                prefix: prefix.into(),
                count: several.len(),
                examples: several.iter().take(3).map(|id| &id.as_str()[..12]).collect::<Vec<_>>().join(", "),
            }),
        }
    }
}
