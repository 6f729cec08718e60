//! Taking runs out of the store for good. The files that only they needed are left to `gc`.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Sqlite, Transaction};

use super::error::StoreError;
use super::open::Store;
use crate::id::{FitId, RunId};

/// What would be, or was, deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deletion {
    /// Runs, with all that belongs to them: results, scores, pictures, tags, notes.
    pub runs: Vec<RunId>,
    /// Fits that no other run needs, with their losses.
    pub fits: Vec<FitId>,
    /// Runs of the sweep that stay, for other sweeps list them.
    pub kept: usize,
}

impl Store {
    /// Deletes runs, and fits that are then needed by none; where it is not `really` meant, only tells.
    ///
    /// # Errors
    /// [`StoreError::InWork`] where one of them is worked on, or whatever SQLite says.
    pub fn delete_runs(&self, runs: &[RunId], really: bool) -> Result<Deletion, StoreError> {
        self.delete(runs.iter().cloned().collect(), None, really)
    }

    /// Deletes a sweep, and those of its runs that no other sweep lists; where it is not `really` meant, only tells.
    ///
    /// # Errors
    /// No such sweep, one that is worked on, or whatever SQLite says.
    pub fn delete_sweep(&self, name: &str, really: bool) -> Result<Deletion, StoreError> {
        self.sweep(name)?;
        self.delete(BTreeSet::new(), Some(name), really)
    }

    fn delete(
        &self,
        runs: BTreeSet<RunId>,
        sweep: Option<&str>,
        really: bool,
    ) -> Result<Deletion, StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let (mut runs, mut kept) = (runs, 0);
            if let Some(name) = sweep {
                let listed: Vec<(RunId, i64)> = sqlx::query_as(
                    "SELECT run_id, (SELECT count(*) FROM sweep_runs o WHERE o.run_id = s.run_id) \
                     FROM sweep_runs s WHERE sweep = ?",
                )
                .bind(name)
                .fetch_all(&mut *tx)
                .await?;
                kept = listed.iter().filter(|(_, sweeps)| *sweeps > 1).count();
                runs.extend(listed.into_iter().filter(|(_, sweeps)| *sweeps == 1).map(|(run_id, _)| run_id));
            }
            let mut deletion = Deletion { runs: runs.into_iter().collect(), fits: Vec::new(), kept };
            // The ids are few, or a sweep's; a table of them serves every statement that follows.
            sqlx::query("CREATE TEMP TABLE going (id TEXT PRIMARY KEY)").execute(&mut *tx).await?;
            for run_id in &deletion.runs {
                sqlx::query("INSERT INTO going VALUES (?)").bind(run_id).execute(&mut *tx).await?;
            }
            let in_work: Option<RunId> = sqlx::query_scalar(
                "SELECT run_id FROM runs_table JOIN fits USING (fit_id) \
                 WHERE run_id IN (SELECT id FROM going) AND lease_token IS NOT NULL LIMIT 1",
            )
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(run_id) = in_work {
                return Err(StoreError::InWork(run_id));
            }
            deletion.fits = sqlx::query_scalar(
                "SELECT DISTINCT fit_id FROM runs_table r WHERE run_id IN (SELECT id FROM going) AND NOT EXISTS \
                 (SELECT 1 FROM runs_table o WHERE o.fit_id = r.fit_id AND o.run_id NOT IN (SELECT id FROM going))",
            )
            .fetch_all(&mut *tx)
            .await?;
            remove(&mut tx, "runs_table", "run_id").await?;
            sqlx::query("DELETE FROM going").execute(&mut *tx).await?;
            for fit_id in &deletion.fits {
                sqlx::query("INSERT INTO going VALUES (?)").bind(fit_id).execute(&mut *tx).await?;
            }
            sqlx::query(
                "DELETE FROM metric_points WHERE series IN \
                 (SELECT id FROM metric_series WHERE fit_id IN (SELECT id FROM going))",
            )
            .execute(&mut *tx)
            .await?;
            remove(&mut tx, "fits", "fit_id").await?;
            if let Some(name) = sweep {
                sqlx::query("DELETE FROM sweep_runs WHERE sweep = ?").bind(name).execute(&mut *tx).await?;
                sqlx::query("DELETE FROM sweeps WHERE name = ?").bind(name).execute(&mut *tx).await?;
            }
            sqlx::query("DROP TABLE going").execute(&mut *tx).await?;
            if really { tx.commit().await? } else { tx.rollback().await? }
            Ok(deletion)
        })
    }
}

/// Removes the rows of a table whose ids are going, after all rows elsewhere that refer to them.
async fn remove(tx: &mut Transaction<'_, Sqlite>, table: &str, key: &str) -> Result<(), sqlx::Error> {
    let referring: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, f.\"from\" FROM sqlite_master m, pragma_foreign_key_list(m.name) f \
         WHERE m.type = 'table' AND f.\"table\" = ?",
    )
    .bind(table)
    .fetch_all(&mut **tx)
    .await?;
    for (table, column) in
        referring.iter().map(|(table, column)| (table.as_str(), column.as_str())).chain([(table, key)])
    {
        let sql = format!("DELETE FROM {table} WHERE {column} IN (SELECT id FROM going)");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut **tx).await?;
    }
    Ok(())
}
