//! Whether a store holds what it says.

use super::error::StoreError;
use super::open::Store;
use crate::atomic_file::read_verified;

impl Store {
    /// Looks for whatever is wrong: damage that SQLite finds, rows that point nowhere, runs that are
    /// done and have no results, weights that are missing or not what was written. Empty if all is well.
    ///
    /// # Errors
    /// Whatever SQLite says where it cannot even look.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut problems = self.damage()?;
        problems.extend(self.incomplete()?);
        problems.extend(self.weights_problems()?);
        Ok(problems)
    }

    fn damage(&self) -> Result<Vec<String>, StoreError> {
        let found: Vec<String> =
            self.block_on(sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&self.pool))?;
        let mut problems: Vec<String> = found.into_iter().filter(|line| line != "ok").collect();
        let dangling: Vec<(String, Option<i64>, String, i64)> =
            self.block_on(sqlx::query_as("PRAGMA foreign_key_check").fetch_all(&self.pool))?;
        problems.extend(dangling.iter().map(|(table, row, parent, _)| {
            format!("{table}: row {} points to nothing in {parent}", row.unwrap_or_default())
        }));
        Ok(problems)
    }

    fn incomplete(&self) -> Result<Vec<String>, StoreError> {
        let mut problems = Vec::new();
        for (sql, problem) in [
            (
                "SELECT run_id FROM runs_table WHERE status = 'done' AND (run_id NOT IN (SELECT run_id FROM \
                 evaluations) OR run_id NOT IN (SELECT run_id FROM score_values))",
                "is done and has no results",
            ),
            (
                "SELECT run_id FROM runs_table JOIN fits USING (fit_id) WHERE runs_table.status = 'running' \
                 AND lease_token IS NULL",
                "is running and nobody works on it",
            ),
            (
                "SELECT run_id FROM runs_table JOIN fits USING (fit_id) WHERE runs_table.status = 'done' \
                 AND weights IS NULL",
                "is done and its fit has no weights",
            ),
        ] {
            let found: Vec<String> = self.block_on(sqlx::query_scalar(sql).fetch_all(&self.pool))?;
            problems.extend(found.iter().map(|run_id| format!("run {run_id} {problem}")));
        }
        Ok(problems)
    }

    fn weights_problems(&self) -> Result<Vec<String>, StoreError> {
        let digests: Vec<String> = self.block_on(
            sqlx::query_scalar(
                "SELECT DISTINCT weights FROM fits WHERE weights IS NOT NULL ORDER BY weights",
            )
            .fetch_all(&self.pool),
        )?;
        let problem = |digest: &String| {
            let path = self.artifacts().weights(digest);
            let error = read_verified(&path, digest).err()?;
            Some(format!("weights {}: {error}", path.display()))
        };
        Ok(digests.iter().filter_map(problem).collect())
    }
}
