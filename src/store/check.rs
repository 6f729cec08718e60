//! Whether a store holds what it says.

use super::error::StoreError;
use super::open::Store;
use super::validity::{faults, told};
use crate::atomic_file::read_verified;

impl Store {
    /// Looks for whatever is wrong: damage that SQLite finds, rows that are not what they must be or point nowhere,
    /// numbers that have changed since they were written, runs that are done and have no results, metrics of epochs
    /// that are missing, weights that are missing or not what was written. Empty if all is well.
    ///
    /// # Errors
    /// Whatever SQLite says where it cannot even look.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut problems = self.damage()?;
        match faults(&self.connect_for_query()?) {
            Ok(faults) => problems.extend(told(&faults)),
            Err(error) => problems.push(format!("not all rows can be read: {error}")),
        }
        problems.extend(self.incomplete()?);
        problems.extend(self.holes()?);
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

    /// Trained fits whose metrics do not tell of every epoch.
    fn holes(&self) -> Result<Vec<String>, StoreError> {
        let found: Vec<(String, String, i64, i64)> = self.block_on(
            sqlx::query_as(
                "WITH trained AS (SELECT fit_id, coalesce(config ->> '$.network.epochs', config ->> '$.epochs') \
                   AS epochs \
                   FROM fits WHERE weights IS NOT NULL AND json_valid(config)) \
                 SELECT t.fit_id, coalesce(s.split || ' ' || s.name, 'metrics'), \
                   count(CASE WHEN p.epoch BETWEEN 1 AND t.epochs THEN 1 END), CAST(t.epochs AS INTEGER) AS epochs \
                 FROM trained t LEFT JOIN metric_series s ON s.fit_id = t.fit_id \
                 LEFT JOIN metric_points p ON p.series = s.id \
                 WHERE t.epochs IS NOT NULL GROUP BY t.fit_id, s.id \
                 HAVING count(CASE WHEN p.epoch BETWEEN 1 AND t.epochs THEN 1 END) <> t.epochs",
            )
            .fetch_all(&self.pool),
        )?;
        let told = |(fit_id, of, known, epochs)| {
            format!("fit {fit_id}: {of} of {known} of {epochs} epochs are there")
        };
        Ok(found.into_iter().map(told).collect())
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
