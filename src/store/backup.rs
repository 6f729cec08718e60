//! A copy of a live store, and what another store has brought into this one.

use std::path::Path;

use super::{Store, StoreError};

/// What a merge has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Finished runs that were not here before.
    pub runs: usize,
    /// Weights files copied.
    pub weights: usize,
}

/// Copies in the order in which rows point to each other. `theirs` is the other store.
///
/// Fits and runs are named by content: one that is here already is replaced only where it is not
/// done here and done there. What was under way there counts as interrupted.
const MERGE: &[&str] = &[
    "INSERT OR IGNORE INTO datasets SELECT * FROM theirs.datasets",
    "INSERT OR IGNORE INTO images (digest, position, name, split, label, leaked) \
     SELECT digest, position, name, split, label, leaked FROM theirs.images",
    "CREATE TEMP TABLE better AS SELECT t.fit_id FROM theirs.fits t LEFT JOIN main.fits m USING (fit_id) \
     WHERE m.fit_id IS NULL OR (m.weights IS NULL AND t.weights IS NOT NULL AND m.lease_token IS NULL)",
    "DELETE FROM metric_values WHERE fit_id IN (SELECT fit_id FROM better)",
    "INSERT OR IGNORE INTO fits SELECT * FROM theirs.fits",
    "UPDATE fits SET (status, attempts, progress, device, host, git_commit, git_dirty, version, burn_version, \
     command_line, started_at, finished_at, train_seconds, images_per_second, weights, error) = \
     (SELECT status, attempts, progress, device, host, git_commit, git_dirty, version, burn_version, command_line, \
     started_at, finished_at, train_seconds, images_per_second, weights, error FROM theirs.fits t \
     WHERE t.fit_id = fits.fit_id) WHERE fit_id IN (SELECT fit_id FROM better)",
    "UPDATE fits SET lease_token = NULL, lease_until = NULL, stage = NULL, \
     status = CASE status WHEN 'running' THEN 'interrupted' ELSE status END WHERE fit_id IN (SELECT fit_id FROM better)",
    "INSERT INTO metric_values SELECT * FROM theirs.metric_values WHERE fit_id IN (SELECT fit_id FROM better)",
    "CREATE TEMP TABLE arrived AS SELECT t.run_id FROM theirs.runs_table t LEFT JOIN main.runs_table m USING (run_id) \
     WHERE t.status = 'done' AND coalesce(m.status, '') NOT IN ('done', 'running')",
    "INSERT OR IGNORE INTO runs_table SELECT * FROM theirs.runs_table",
    "UPDATE runs_table SET (status, started_at, finished_at, score_seconds, error) = \
     (SELECT status, started_at, finished_at, score_seconds, error FROM theirs.runs_table t \
     WHERE t.run_id = runs_table.run_id) WHERE run_id IN (SELECT run_id FROM arrived)",
    "UPDATE runs_table SET status = 'interrupted' WHERE status = 'running' \
     AND fit_id IN (SELECT fit_id FROM fits WHERE lease_token IS NULL)",
    "INSERT OR REPLACE INTO score_values SELECT v.run_id, i.id, v.held_out, v.score, v.residual, v.discrimination, \
     v.latent, v.contextual FROM theirs.score_values v JOIN theirs.images t ON t.id = v.image_id \
     JOIN main.images i ON i.digest = t.digest AND i.position = t.position WHERE v.run_id IN (SELECT run_id FROM arrived)",
    "INSERT OR REPLACE INTO pictures SELECT v.run_id, i.id, v.role, v.rank, v.actual, v.reconstruction \
     FROM theirs.pictures v JOIN theirs.images t ON t.id = v.image_id \
     JOIN main.images i ON i.digest = t.digest AND i.position = t.position WHERE v.run_id IN (SELECT run_id FROM arrived)",
    "INSERT OR REPLACE INTO evaluations SELECT * FROM theirs.evaluations WHERE run_id IN (SELECT run_id FROM arrived)",
    "INSERT OR REPLACE INTO calibrations SELECT * FROM theirs.calibrations WHERE run_id IN (SELECT run_id FROM arrived)",
    "INSERT OR IGNORE INTO sweeps SELECT * FROM theirs.sweeps",
    "INSERT OR IGNORE INTO sweep_runs SELECT * FROM theirs.sweep_runs",
];

impl Store {
    /// Copies the store, while others may write to it, to a new file, and its weights beside it.
    ///
    /// # Errors
    /// A file that is there already, or whatever SQLite or the file system says.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            return Err(StoreError::open(to, "the file is there already; name a new one"));
        }
        let artifacts = to.with_extension("artifacts");
        std::fs::create_dir_all(artifacts.join("weights")).map_err(|error| StoreError::open(to, error))?;
        // The database first: weights are written before they are recorded, so none that it names is missing.
        let partial = to.with_extension("partial");
        std::fs::remove_file(&partial).ok();
        self.block_on(sqlx::query("VACUUM INTO ?").bind(partial.display().to_string()).execute(&self.pool))?;
        std::fs::rename(&partial, to).map_err(|error| StoreError::open(to, error))?;
        self.copy_weights(&self.artifacts(), &artifacts)?;
        Ok(())
    }

    /// Brings in the runs of another store. Doing so again changes nothing.
    ///
    /// # Errors
    /// A file that is no store, or whatever SQLite or the file system says; then nothing is changed here.
    pub fn merge(&self, other: &Path) -> Result<Merged, StoreError> {
        let theirs = Self::open_existing(other)?; // brings it to this version
        let artifacts = theirs.artifacts();
        drop(theirs);
        let runs = self.block_on(async {
            let mut connection = self.pool.acquire().await?;
            sqlx::query("ATTACH ? AS theirs")
                .bind(other.display().to_string())
                .execute(&mut *connection)
                .await?;
            let merged = merge_attached(&mut connection).await;
            sqlx::query("DETACH theirs").execute(&mut *connection).await?;
            merged
        })?;
        let weights = self.copy_weights(&artifacts, &self.artifacts())?;
        Ok(Merged { runs: runs as usize, weights })
    }

    /// Copies the weights that this store names and that are not there yet.
    fn copy_weights(&self, from: &Path, to: &Path) -> Result<usize, StoreError> {
        let digests: Vec<String> = self.block_on(
            sqlx::query_scalar("SELECT DISTINCT weights FROM fits WHERE weights IS NOT NULL")
                .fetch_all(&self.pool),
        )?;
        let name = |digest: &String| format!("{digest}.safetensors");
        let (from, to) = (from.join("weights"), to.join("weights"));
        std::fs::create_dir_all(&to).map_err(|error| StoreError::open(&to, error))?;
        let mut copied = 0;
        for digest in &digests {
            let (source, target) = (from.join(name(digest)), to.join(name(digest)));
            if target.is_file() || !source.is_file() {
                continue;
            }
            let partial = target.with_extension("partial");
            std::fs::copy(&source, &partial)
                .and_then(|_| std::fs::rename(&partial, &target))
                .map_err(|error| StoreError::open(&target, error))?;
            copied += 1;
        }
        Ok(copied)
    }
}

/// Merges the attached store in one transaction: the number of finished runs that are new.
async fn merge_attached(connection: &mut sqlx::SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let mut done = Ok(());
    for statement in MERGE {
        if let Err(error) = sqlx::query(*statement).execute(&mut *connection).await {
            done = Err(error);
            break;
        }
    }
    let counted = match done {
        Ok(()) => sqlx::query_scalar("SELECT count(*) FROM temp.arrived").fetch_one(&mut *connection).await,
        Err(error) => Err(error),
    };
    let end = if counted.is_ok() { "COMMIT" } else { "ROLLBACK" };
    sqlx::query(end).execute(&mut *connection).await?;
    for table in ["DROP TABLE IF EXISTS temp.better", "DROP TABLE IF EXISTS temp.arrived"] {
        sqlx::query(table).execute(&mut *connection).await?;
    }
    counted
}
