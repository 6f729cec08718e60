//! What another store brings into this one.

use std::collections::HashSet;
use std::path::Path;
use std::time::SystemTime;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteSynchronous;

use super::artifacts::Artifacts;
use super::backup::text;
use super::checkpoint_files::copy_checkpoints;
use super::error::StoreError;
use super::foreign::{disarm, keep_whole};
use super::open::Store;
use super::validity::told;
use super::weights_file::{copy_weights, link_weights, same_tensors};
use crate::atomic_file::{partial_folder, read_verified, remove_abandoned};
use crate::id::FitId;

/// What is taken from another store beside its finished runs, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taking {
    /// Runs that are to do here and failed or diverged there: they count as failed or diverged.
    pub failures: bool,
    /// Checkpoints of fits that are further there than here, with the metrics of their epochs: the fits go on from
    /// them.
    pub checkpoints: bool,
    /// The other store is about to be removed: its weights need not be copied where the disk is the same.
    pub removed: bool,
}

/// What a merge has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Finished runs that were not here before.
    pub runs: usize,
    /// Weights files copied.
    pub weights: usize,
    /// Weights that the other store names and does not have, or has damaged: their fits are to be
    /// trained again.
    pub missing: usize,
    /// Sweeps that are here under the same name with another text: their runs are here, and no
    /// sweep lists them.
    pub unlisted: Vec<String>,
    /// Finished runs that stay there, as their fits were trained here too, to other weights.
    pub other_weights: usize,
    /// What stays there because it is not whole, and why.
    pub left_out: Vec<String>,
}

/// Copies in the order in which rows point to each other. `theirs` is a copy of the other store, `temp.present` holds
/// those of its weights that are here by now, and `temp.along` its fits that come as they are, though not trained.
///
/// Fits and runs are named by content: one that is here already is replaced only where it is not
/// done here and done there. Results come only with the weights that they belong to. What was under
/// way there counts as interrupted.
const MERGE: &[&str] = &[
    "INSERT OR IGNORE INTO datasets SELECT * FROM theirs.datasets",
    "INSERT OR IGNORE INTO images (digest, position, name, split, label, leaked, hash) \
     SELECT digest, position, name, split, label, leaked, hash FROM theirs.images",
    // Stores of earlier builds do not have it.
    "UPDATE images SET hash = (SELECT t.hash FROM theirs.images t WHERE t.digest = images.digest \
     AND t.position = images.position) WHERE hash IS NULL AND digest IN (SELECT digest FROM theirs.datasets)",
    "UPDATE theirs.fits SET lease_token = NULL, worker = NULL, lease_until = NULL, stage = NULL, \
     status = CASE status WHEN 'running' THEN 'interrupted' ELSE status END",
    "UPDATE theirs.fits SET weights = NULL, status = 'queued' WHERE weights NOT IN (SELECT digest FROM temp.present)",
    // What is still to train is trained from the start, where its checkpoints do not come along.
    "UPDATE theirs.fits SET attempts = 0, train_seconds = NULL, images_per_second = NULL, diversity = NULL, \
     coverage = NULL, novelty = NULL WHERE weights IS NULL AND status IN ('queued', 'interrupted') \
     AND fit_id NOT IN (SELECT fit_id FROM temp.along)",
    "DELETE FROM theirs.metric_points WHERE series IN (SELECT s.id FROM theirs.metric_series s \
     JOIN theirs.fits f USING (fit_id) WHERE f.weights IS NULL AND f.status IN ('queued', 'interrupted') \
     AND f.fit_id NOT IN (SELECT fit_id FROM temp.along))",
    "CREATE TEMP TABLE better AS SELECT t.fit_id FROM theirs.fits t LEFT JOIN main.fits m USING (fit_id) \
     WHERE m.fit_id IS NULL OR (m.weights IS NULL AND \
     (t.weights IS NOT NULL OR t.fit_id IN (SELECT fit_id FROM temp.along)))",
    "DELETE FROM metric_points WHERE series IN \
     (SELECT id FROM metric_series WHERE fit_id IN (SELECT fit_id FROM temp.better))",
    "INSERT OR IGNORE INTO fits SELECT * FROM theirs.fits",
    "UPDATE fits SET (status, attempts, progress, device, host, git_commit, git_dirty, version, burn_version, \
     command_line, started_at, finished_at, train_seconds, images_per_second, weights, error, diversity, \
     coverage, novelty) = \
     (SELECT status, attempts, progress, device, host, git_commit, git_dirty, version, burn_version, command_line, \
     started_at, finished_at, train_seconds, images_per_second, weights, error, diversity, coverage, novelty \
     FROM theirs.fits t WHERE t.fit_id = fits.fit_id) WHERE fit_id IN (SELECT fit_id FROM temp.better)",
    "INSERT OR IGNORE INTO metric_series (fit_id, split, name) SELECT fit_id, split, name FROM theirs.metric_series \
     WHERE fit_id IN (SELECT fit_id FROM temp.better)",
    "INSERT INTO metric_points SELECT m.id, p.epoch, p.step, p.value FROM theirs.metric_points p \
     JOIN theirs.metric_series t ON t.id = p.series JOIN main.metric_series m USING (fit_id, split, name) \
     WHERE t.fit_id IN (SELECT fit_id FROM temp.better)",
    "CREATE TEMP TABLE arrived AS SELECT t.run_id FROM theirs.runs_table t LEFT JOIN main.runs_table m USING (run_id) \
     JOIN main.fits f ON f.fit_id = t.fit_id JOIN theirs.fits tf ON tf.fit_id = t.fit_id \
     WHERE t.status = 'done' AND coalesce(m.status, '') <> 'done' AND f.weights = tf.weights",
    "UPDATE theirs.runs_table SET status = CASE status WHEN 'running' THEN 'interrupted' ELSE 'queued' END \
     WHERE status IN ('running', 'done') AND run_id NOT IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR IGNORE INTO runs_table SELECT * FROM theirs.runs_table",
    "UPDATE runs_table SET (status, started_at, finished_at, error) = (SELECT status, started_at, finished_at, error \
     FROM theirs.runs_table t WHERE t.run_id = runs_table.run_id) WHERE run_id IN (SELECT run_id FROM temp.lost)",
    "UPDATE runs_table SET (status, started_at, finished_at, score_seconds, error, judged_device, judged_commit, \
     judged_command) = (SELECT status, started_at, finished_at, score_seconds, error, judged_device, judged_commit, \
     judged_command FROM theirs.runs_table t WHERE t.run_id = runs_table.run_id) \
     WHERE run_id IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR REPLACE INTO score_values SELECT v.run_id, i.id, v.held_out, v.score, v.residual, v.discrimination, \
     v.latent, v.contextual, v.conformal_p FROM theirs.score_values v JOIN theirs.images t ON t.id = v.image_id \
     JOIN main.images i ON i.digest = t.digest AND i.position = t.position \
     WHERE v.run_id IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR REPLACE INTO pictures SELECT v.run_id, i.id, v.role, v.rank, v.actual, v.reconstruction, v.mask \
     FROM theirs.pictures v JOIN theirs.images t ON t.id = v.image_id \
     JOIN main.images i ON i.digest = t.digest AND i.position = t.position \
     WHERE v.run_id IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR REPLACE INTO picture_masks SELECT v.run_id, i.id, v.masks, v.mask FROM theirs.picture_masks v \
     JOIN theirs.images t ON t.id = v.image_id JOIN main.images i ON i.digest = t.digest AND i.position = t.position \
     WHERE v.run_id IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR REPLACE INTO pixel_results SELECT * FROM theirs.pixel_results \
     WHERE run_id IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR REPLACE INTO evaluations SELECT * FROM theirs.evaluations \
     WHERE run_id IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR REPLACE INTO result_digests SELECT * FROM theirs.result_digests \
     WHERE run_id IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR REPLACE INTO calibrations SELECT * FROM theirs.calibrations \
     WHERE run_id IN (SELECT run_id FROM temp.arrived)",
    "INSERT OR IGNORE INTO run_tags SELECT * FROM theirs.run_tags",
    "INSERT OR IGNORE INTO run_notes SELECT * FROM theirs.run_notes", // our own note stays
    "INSERT OR IGNORE INTO sweeps SELECT * FROM theirs.sweeps",
    "INSERT OR IGNORE INTO sweep_runs SELECT s.* FROM theirs.sweep_runs s JOIN theirs.sweeps t ON t.name = s.sweep \
     JOIN main.sweeps m ON m.name = s.sweep WHERE m.text = t.text AND m.digest = t.digest AND m.datasets IS t.datasets",
];

/// Runs that are to do here and have ended without a result there, and the fits that did.
const LOST: [&str; 2] = [
    "INSERT INTO temp.lost SELECT t.run_id FROM theirs.runs_table t JOIN main.runs_table m USING (run_id) \
     WHERE t.status IN ('failed', 'diverged') AND m.status IN ('queued', 'interrupted')",
    "INSERT OR IGNORE INTO temp.along SELECT t.fit_id FROM theirs.fits t JOIN main.fits m USING (fit_id) \
     WHERE t.status IN ('failed', 'diverged') AND t.weights IS NULL AND m.weights IS NULL \
     AND m.status IN ('queued', 'interrupted')",
];

/// Finished runs that are not done here and cannot be, as the weights here are others.
const OTHER_WEIGHTS: &str = "CREATE TEMP TABLE other AS \
     SELECT t.run_id FROM theirs.runs_table t JOIN theirs.fits tf USING (fit_id) \
     JOIN main.fits f USING (fit_id) LEFT JOIN main.runs_table m ON m.run_id = t.run_id \
     WHERE t.status = 'done' AND coalesce(m.status, '') <> 'done' AND f.weights <> tf.weights";

impl Store {
    /// Brings in the runs of another store, which is only read, with their tags and notes; a note that
    /// is here already stays. Doing so again changes nothing. What is not whole there stays there.
    ///
    /// # Errors
    /// This store itself, a file that is no store, a sweep that runs on this store, or whatever
    /// SQLite or the file system says; then no run is changed here.
    pub fn merge(&self, other: &Path) -> Result<Merged, StoreError> {
        self.take(other, Taking::default())
    }

    /// Like [`merge`](Self::merge), with more than finished runs.
    ///
    /// # Errors
    /// As [`merge`](Self::merge).
    pub fn take(&self, other: &Path, taking: Taking) -> Result<Merged, StoreError> {
        if !other.is_file() {
            return Err(StoreError::Missing { path: other.into(), others: Vec::new() });
        }
        if other.canonicalize().ok() == self.path.canonicalize().ok() {
            return Err(StoreError::open(other, "a store cannot be merged into itself"));
        }
        let temporary = std::env::temp_dir();
        remove_abandoned(&temporary, SystemTime::now());
        let folder = partial_folder(&temporary).map_err(|error| StoreError::open(other, error))?;
        let copy = folder.path().join("theirs.db");
        // Open until the copy is made: the last to close a store must not be one that only reads.
        let source = Self::connect_to_read(other)?;
        self.copy_database(other, &copy, source.immutable, SqliteSynchronous::Off)?; // it is thrown away
        drop(source);
        disarm(&copy)?;
        let theirs = Self::open_copy(&copy)?;
        let faults = keep_whole(&copy, &self.path).map_err(|error| error.of(other))?;
        let left_out = told(&faults);
        theirs.optimize()?;
        let there = Artifacts::of(other);
        let (mut weights, mut missing) = (0, 0);
        let mut present = HashSet::new();
        for (fit_id, digest) in theirs.trained()? {
            // A fit that is trained here already keeps its own weights; results belong to the same tensors.
            if let Some(known) = self.weights_of(&fit_id)? {
                if known != digest && same_tensors((&self.artifacts(), &known), (&there, &digest)) {
                    theirs.rename_weights(&fit_id, &known)?;
                }
                present.insert(known);
                continue;
            }
            let source = there.weights(&digest);
            let here = read_verified(&self.artifacts().weights(&digest), &digest).is_ok();
            let take = if taking.removed { link_weights } else { copy_weights };
            let copied = !here && take(&source, &self.artifacts(), &digest)?;
            weights += usize::from(copied);
            if here || copied {
                present.insert(digest);
            } else {
                missing += 1;
            }
        }
        let further = if taking.checkpoints { self.take_checkpoints(&theirs, &there)? } else { Vec::new() };
        drop(theirs);
        let brought = self.block_on(async {
            let mut connection = self.pool.acquire().await?;
            sqlx::query("ATTACH ? AS theirs").bind(text(&copy)).execute(&mut *connection).await?;
            // It is thrown away: nobody waits for the disk to keep it.
            let quick = "PRAGMA theirs.synchronous = OFF; PRAGMA theirs.journal_mode = MEMORY";
            sqlx::raw_sql(quick).execute(&mut *connection).await?;
            let merged = merge_attached(&mut connection, &present, &further, taking).await;
            for end in [
                "DROP TABLE IF EXISTS temp.better",
                "DROP TABLE IF EXISTS temp.arrived",
                "DROP TABLE IF EXISTS temp.other",
                "DROP TABLE IF EXISTS temp.present",
                "DROP TABLE IF EXISTS temp.along",
                "DROP TABLE IF EXISTS temp.lost",
                "DETACH theirs",
            ] {
                let ended = sqlx::query(end).execute(&mut *connection).await;
                if merged.is_ok() {
                    ended?;
                }
            }
            merged
        })?;
        let Brought { runs, other_weights, unlisted } = brought;
        Ok(Merged { runs, weights, missing, unlisted, other_weights, left_out })
    }

    /// Takes the checkpoints of the fits that are further there than here, and tells which those are.
    fn take_checkpoints(&self, theirs: &Self, there: &Artifacts) -> Result<Vec<FitId>, StoreError> {
        let mut further = Vec::new();
        for fit_id in there.checkpointed() {
            let (Some(known_there), Some(known)) =
                (theirs.epochs_so_far(&fit_id)?, self.epochs_so_far(&fit_id)?)
            else {
                continue;
            };
            if known_there > known {
                let copied = copy_checkpoints(there, &self.artifacts(), &fit_id);
                copied.map_err(|error| StoreError::open(&self.path, error))?;
                further.push(fit_id);
            }
        }
        Ok(further)
    }

    /// Epochs of a fit that are recorded; absent where it has ended, trained or not.
    fn epochs_so_far(&self, fit_id: &FitId) -> Result<Option<i64>, StoreError> {
        let known: Option<(bool, i64)> = self.block_on(
            sqlx::query_as(
                "SELECT weights IS NOT NULL OR status IN ('failed', 'diverged'), \
                 (SELECT coalesce(max(epoch), 0) FROM metric_series s JOIN metric_points p ON p.series = s.id \
                  WHERE s.fit_id = f.fit_id) \
                 FROM fits f WHERE fit_id = ?",
            )
            .bind(fit_id)
            .fetch_optional(&self.pool),
        )?;
        Ok(known.map_or(Some(0), |(has_ended, epochs)| (!has_ended).then_some(epochs)))
    }

    fn weights_of(&self, fit_id: &str) -> Result<Option<String>, StoreError> {
        let known = sqlx::query_scalar("SELECT weights FROM fits WHERE fit_id = ?").bind(fit_id);
        let known: Option<Option<String>> = self.block_on(known.fetch_optional(&self.pool))?;
        Ok(known.flatten())
    }

    fn rename_weights(&self, fit_id: &str, digest: &str) -> Result<(), StoreError> {
        let rename = sqlx::query("UPDATE fits SET weights = ? WHERE fit_id = ?").bind(digest).bind(fit_id);
        self.block_on(rename.execute(&self.pool))?;
        Ok(())
    }
}

/// What a merge has brought, as the database tells it.
struct Brought {
    runs: usize,
    other_weights: usize,
    unlisted: Vec<String>,
}

/// Merges the attached store in one transaction.
async fn merge_attached(
    connection: &mut SqliteConnection,
    present: &HashSet<String>,
    further: &[FitId],
    taking: Taking,
) -> Result<Brought, StoreError> {
    for table in [
        "present (digest TEXT PRIMARY KEY)",
        "along (fit_id TEXT PRIMARY KEY)",
        "lost (run_id TEXT PRIMARY KEY)",
    ] {
        let create = format!("CREATE TEMP TABLE {table}");
        sqlx::query(sqlx::AssertSqlSafe(create)).execute(&mut *connection).await?;
    }
    for digest in present {
        sqlx::query("INSERT INTO temp.present VALUES (?)").bind(digest).execute(&mut *connection).await?;
    }
    for fit_id in further {
        sqlx::query("INSERT INTO temp.along VALUES (?)").bind(fit_id).execute(&mut *connection).await?;
    }
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let merged = merge_in_transaction(connection, taking).await;
    let end = if merged.is_ok() { "COMMIT" } else { "ROLLBACK" };
    sqlx::query(end).execute(&mut *connection).await?;
    merged
}

async fn merge_in_transaction(
    connection: &mut SqliteConnection,
    taking: Taking,
) -> Result<Brought, StoreError> {
    let leases: i64 = sqlx::query_scalar("SELECT count(*) FROM main.fits WHERE lease_until IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if leases > 0 {
        return Err(StoreError::Busy);
    }
    let lost = if taking.failures { &LOST[..] } else { &[] };
    for statement in lost.iter().chain([&OTHER_WEIGHTS]).chain(MERGE) {
        sqlx::query(*statement).execute(&mut *connection).await?;
    }
    let (runs, other_weights): (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM temp.arrived), (SELECT count(*) FROM temp.other)")
            .fetch_one(&mut *connection)
            .await?;
    let unlisted = sqlx::query_scalar(
        "SELECT t.name FROM theirs.sweeps t JOIN main.sweeps m USING (name) \
         WHERE m.text <> t.text OR m.digest <> t.digest OR m.datasets IS NOT t.datasets",
    )
    .fetch_all(&mut *connection)
    .await?;
    Ok(Brought { runs: runs as usize, other_weights: other_weights as usize, unlisted })
}
