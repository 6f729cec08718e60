//! What is read of sweeps: their runs by status, work under way, failures.

use sqlx::FromRow;

use super::clock::seconds;
use super::error::StoreError;
use super::open::Store;
use super::status::Status;
use crate::id::{FitId, RunId, WorkerId};

/// A sweep.
#[derive(Debug, Clone, FromRow)]
pub struct SweepRow {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Its TOML.
    pub text: String,
    /// Name of its dataset, or the names of its datasets with commas between them.
    pub dataset: String,
    /// How many datasets it has.
    pub datasets: i64,
    /// When it was started; one that goes on keeps its start.
    pub started_at: String,
}

/// How many runs of a sweep have a status.
#[derive(Debug, Clone, FromRow)]
pub struct StatusCount {
    /// The status.
    pub status: Status,
    /// Number of runs.
    pub runs: i64,
}

/// How many runs of a sweep have a status on one of its datasets.
#[derive(Debug, Clone, FromRow)]
pub struct DatasetCount {
    /// Name of the dataset.
    pub dataset: String,
    /// The status.
    pub status: Status,
    /// Number of runs.
    pub runs: i64,
}

/// How a run of a sweep is.
#[derive(Debug, Clone, FromRow)]
pub struct RunState {
    /// The run.
    pub run_id: RunId,
    /// Its fit.
    pub fit_id: FitId,
    /// Its status.
    pub status: Status,
    /// Whether its fit is trained.
    pub trained: bool,
    /// How far the work on its fit is, 0 to 1.
    pub progress: f64,
}

/// What a run of a sweep is.
#[derive(Debug, Clone, FromRow)]
pub struct ListedRun {
    /// The run.
    pub run_id: RunId,
    /// Its fit.
    pub fit_id: FitId,
    /// Its configuration as JSON.
    pub config: String,
    /// Digest of its dataset.
    pub dataset_digest: String,
    /// Name of its dataset.
    pub dataset: String,
}

/// A fit that is being worked on.
#[derive(Debug, Clone, FromRow)]
pub struct WorkRow {
    /// The fit.
    pub fit_id: FitId,
    /// 0 to 1.
    pub progress: f64,
    /// What is being done.
    pub stage: Option<String>,
    /// The worker that does it.
    pub worker: Option<WorkerId>,
}

/// A run that ended without a result.
#[derive(Debug, Clone, FromRow)]
pub struct LostRun {
    /// Id of the run.
    pub run_id: RunId,
    /// Id of its fit.
    pub fit_id: FitId,
    /// The model as sweep files have it.
    pub model: String,
    /// Name of its dataset.
    pub dataset: String,
    /// Digest of its dataset.
    pub dataset_digest: String,
    /// Seed.
    pub seed: i64,
    /// Configuration as JSON.
    pub config: String,
    /// Failed or diverged.
    pub status: Status,
    /// Whether its training came to its end.
    pub trained: bool,
}

/// A run that failed or diverged, and why.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct FailedRun {
    /// Id of the run.
    pub run_id: RunId,
    /// Why.
    pub error: String,
}

/// A trained fit, and what its generator makes is like.
#[derive(Debug, Clone, FromRow)]
pub struct GeneratorRow {
    /// The fit.
    pub fit_id: FitId,
    /// The model as sweep files have it.
    pub model: String,
    /// Seed.
    pub seed: i64,
    /// Diversity of its images, as a share of that of real ones.
    pub diversity: Option<f64>,
    /// Share of the held-out images that they cover.
    pub coverage: Option<f64>,
    /// How far they are from training images, as a share of what held-out ones are.
    pub novelty: Option<f64>,
}

impl Store {
    /// All sweeps, the last started first.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn sweeps(&self) -> Result<Vec<SweepRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT s.name, s.file, s.text, s.started_at, \
                 coalesce(json_array_length(s.datasets), 1) AS datasets, coalesce(\
                   (SELECT group_concat(name, ', ') FROM (SELECT n.name FROM json_each(s.datasets) e \
                    JOIN dataset_names n ON n.digest = e.value ORDER BY e.key)), n.name) AS dataset \
                 FROM sweeps s JOIN dataset_names n USING (digest) ORDER BY s.started_at DESC, s.name",
            )
            .fetch_all(&self.pool),
        )?)
    }

    /// The sweep of this name.
    ///
    /// # Errors
    /// There is none, or whatever SQLite says.
    pub fn sweep(&self, name: &str) -> Result<SweepRow, StoreError> {
        let sweeps = self.sweeps()?;
        let known = sweeps.iter().map(|sweep| sweep.name.as_str()).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "none".into() } else { known };
        sweeps
            .into_iter()
            .find(|sweep| sweep.name == name)
            .ok_or_else(|| StoreError::NoSuchSweep { name: name.into(), known })
    }

    /// Runs of a sweep by status.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn status(&self, sweep: &str) -> Result<Vec<StatusCount>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.status, count(*) AS runs FROM sweep_runs s JOIN runs r USING (run_id) \
                 WHERE s.sweep = ? GROUP BY r.status ORDER BY r.status",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// Runs of a sweep by dataset and status, in the order of its datasets.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn status_by_dataset(&self, sweep: &str) -> Result<Vec<DatasetCount>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT n.name AS dataset, r.status, count(*) AS runs FROM sweep_runs s JOIN runs r USING (run_id) \
                 JOIN dataset_names n ON n.digest = r.dataset_digest \
                 WHERE s.sweep = ? GROUP BY n.digest, r.status \
                 ORDER BY min(min(s.position)) OVER (PARTITION BY n.digest), r.status",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// Every run of a sweep, in its order.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn states(&self, sweep: &str) -> Result<Vec<RunState>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.run_id, r.fit_id, r.status, f.weights IS NOT NULL AS trained, \
                 CASE WHEN r.status = 'running' AND f.lease_until >= ?2 THEN f.progress ELSE 0.0 END AS progress \
                 FROM sweep_runs s JOIN runs_table r USING (run_id) JOIN fits f USING (fit_id) \
                 WHERE s.sweep = ?1 ORDER BY s.position",
            )
            .bind(sweep)
            .bind(seconds())
            .fetch_all(&self.pool),
        )?)
    }

    /// Every run of a sweep, in its order: id, fit, configuration (JSON), and the digest of its dataset.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn listed(&self, sweep: &str) -> Result<Vec<ListedRun>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.run_id, r.fit_id, r.config, f.digest AS dataset_digest, n.name AS dataset \
                 FROM sweep_runs s JOIN runs_table r USING (run_id) JOIN fits f USING (fit_id) \
                 JOIN dataset_names n ON n.digest = f.digest WHERE s.sweep = ? ORDER BY s.position",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// Images of a dataset by split: training images, and those that are judged.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn image_counts(&self, digest: &str) -> Result<(usize, usize), StoreError> {
        let (train, test): (i64, i64) = self.block_on(
            sqlx::query_as(
                "SELECT coalesce(sum(split = 'train'), 0), coalesce(sum(split = 'test'), 0) \
                 FROM images WHERE digest = ?",
            )
            .bind(digest)
            .fetch_one(&self.pool),
        )?;
        Ok((train as usize, test as usize))
    }

    /// Configurations (JSON) of the fits that a device trained last for a second or more, and how many images per
    /// second it trained.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn past_speeds(&self, device: &str) -> Result<Vec<(String, f64)>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT config, images_per_second FROM fits WHERE device = ? AND images_per_second > 0 \
                 AND train_seconds >= 1 ORDER BY started_at DESC LIMIT 20",
            )
            .bind(device)
            .fetch_all(&self.pool),
        )?)
    }

    /// What is being worked on in a sweep now.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn work(&self, sweep: &str) -> Result<Vec<WorkRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT fit_id, progress, stage, worker FROM fits \
                 WHERE status = 'running' AND lease_until >= ? AND fit_id IN \
                 (SELECT fit_id FROM sweep_runs JOIN runs_table USING (run_id) WHERE sweep = ?) ORDER BY fit_id",
            )
            .bind(seconds())
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// A sweep's runs that failed or diverged, and why.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn errors(&self, sweep: &str) -> Result<Vec<FailedRun>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.run_id, coalesce(r.error, r.status) AS error FROM sweep_runs s JOIN runs r USING (run_id) \
                 WHERE s.sweep = ? AND r.status IN ('failed', 'diverged') ORDER BY s.position",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// Runs of a sweep that failed or diverged, in training or in judging, in the order of the sweep.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn lost(&self, sweep: &str) -> Result<Vec<LostRun>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.run_id, r.fit_id, r.model, n.name AS dataset, r.dataset_digest, r.seed, r.config, r.status, \
                 f.weights IS NOT NULL AS trained FROM sweep_runs s JOIN runs r USING (run_id) \
                 JOIN fits f USING (fit_id) JOIN dataset_names n ON n.digest = r.dataset_digest \
                 WHERE s.sweep = ? AND r.status IN ('failed', 'diverged') ORDER BY s.position",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// What the generators of a sweep's trained fits make is like, the least diverse first.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn generators(&self, sweep: &str) -> Result<Vec<GeneratorRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT DISTINCT r.fit_id, r.model, r.seed, r.diversity, r.coverage, r.novelty FROM sweep_runs s \
                 JOIN runs r USING (run_id) WHERE s.sweep = ? AND r.status = 'done' \
                 AND coalesce(r.diversity, r.coverage, r.novelty) IS NOT NULL ORDER BY r.diversity, r.fit_id",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }
}
