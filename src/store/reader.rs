//! What reports and commands read.

use sqlx::FromRow;

use super::{Store, StoreError};

/// A sweep.
#[derive(Debug, Clone, FromRow)]
pub struct SweepRow {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Its TOML.
    pub text: String,
    /// Short name of its dataset.
    pub dataset: String,
    /// When it was last started.
    pub started_at: String,
}

/// How many runs of a sweep have a status.
#[derive(Debug, Clone, FromRow)]
pub struct StatusCount {
    /// The status.
    pub status: String,
    /// Number of runs.
    pub runs: i64,
}

/// A fit that is being worked on.
#[derive(Debug, Clone, FromRow)]
pub struct WorkRow {
    /// The fit.
    pub fit_id: String,
    /// 0 to 1.
    pub progress: f64,
    /// What is being done.
    pub stage: Option<String>,
    /// The worker that does it.
    pub worker: String,
}

/// A finished run with its results.
#[derive(Debug, Clone, Default, FromRow)]
pub struct RunRow {
    /// Id of the run.
    pub run_id: String,
    /// Id of its fit.
    pub fit_id: String,
    /// The model as sweep files have it.
    pub model: String,
    /// Short name of its dataset.
    pub dataset: String,
    /// Digest of its dataset.
    pub dataset_digest: String,
    /// Side of the images in pixels.
    pub image_size: i64,
    /// Channels of the images.
    pub channels: i64,
    /// Seed.
    pub seed: i64,
    /// Configuration as JSON.
    pub config: String,
    /// The device it was trained on.
    pub device: Option<String>,
    /// The commit it was trained at, `+` where there were changes.
    pub git_commit: Option<String>,
    /// Its tags, separated by commas.
    pub tags: Option<String>,
    /// What was noted on it.
    pub note: Option<String>,
    /// The machine it was trained on.
    pub host: Option<String>,
    /// Version of anolab that trained it.
    pub version: Option<String>,
    /// Version of burn that trained it.
    pub burn_version: Option<String>,
    /// The command that trained it, as typed.
    pub command_line: Option<String>,
    /// When its training was begun.
    pub trained_at: Option<String>,
    /// When it was begun to be judged.
    pub started_at: Option<String>,
    /// The device it was judged on.
    pub judged_device: Option<String>,
    /// The commit it was judged at, `+` where there were changes.
    pub judged_commit: Option<String>,
    /// The command that judged it, as typed.
    pub judged_command: Option<String>,
    /// When it was done.
    pub finished_at: Option<String>,
    /// Seconds of training.
    pub train_seconds: Option<f64>,
    /// Seconds of judging.
    pub score_seconds: Option<f64>,
    /// AUROC.
    pub auroc: Option<f64>,
    /// Lower end of its 95 % interval.
    pub auroc_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub auroc_high: Option<f64>,
    /// AUROC without leaked test images.
    pub auroc_unleaked: Option<f64>,
    /// Normal test images.
    pub n_normal: i64,
    /// Anomalous test images.
    pub n_anomaly: i64,
    /// Leaked test images.
    pub n_leaked: i64,
    /// Average precision.
    pub average_precision: Option<f64>,
    /// Best accuracy, tuned on the test labels.
    pub best_accuracy: Option<f64>,
    /// Threshold from held-out normal images.
    pub threshold: Option<f64>,
    /// Accuracy at that threshold.
    pub accuracy: Option<f64>,
    /// True positive rate at that threshold.
    pub true_positive_rate: Option<f64>,
    /// False positive rate at that threshold.
    pub false_positive_rate: Option<f64>,
    /// Pixel AUROC.
    pub pixel_auroc: Option<f64>,
    /// Diversity of what the trained generator makes, on held-out images; absent for baselines.
    pub diversity: Option<f64>,
}

/// A run that ended without a result.
#[derive(Debug, Clone, FromRow)]
pub struct LostRun {
    /// Id of the run.
    pub run_id: String,
    /// Id of its fit.
    pub fit_id: String,
    /// The model as sweep files have it.
    pub model: String,
    /// Seed.
    pub seed: i64,
    /// Configuration as JSON.
    pub config: String,
    /// `failed` or `diverged`.
    pub status: String,
    /// Whether its training came to its end.
    pub trained: bool,
}

/// One image's score in a run.
#[derive(Debug, Clone, FromRow)]
pub struct ScoreRow {
    /// The image's name.
    pub image: String,
    /// `train`, `held_out` or `test`.
    pub split: String,
    /// `normal` or `anomaly`.
    pub label: String,
    /// The raw score.
    pub score: f64,
}

/// One epoch of one metric.
#[derive(Debug, Clone, FromRow)]
pub struct CurvePoint {
    /// `train` or `valid`.
    pub split: String,
    /// The metric.
    pub name: String,
    /// Counted from 1.
    pub epoch: i64,
    /// Its mean over the epoch.
    pub value: f64,
}

/// An image with its reconstruction.
#[derive(Debug, Clone, FromRow)]
pub struct PictureRow {
    /// The image's name.
    pub image: String,
    /// `normal` or `anomaly`.
    pub label: String,
    /// `lowest`, `median` or `highest`.
    pub role: String,
    /// The raw score.
    pub score: f64,
    /// PNG.
    pub actual: Vec<u8>,
    /// PNG.
    pub reconstruction: Vec<u8>,
    /// PNG, white where the defect is; absent where that is not known.
    pub mask: Option<Vec<u8>>,
}

/// What judging with a past run needs.
#[derive(Debug, Clone, FromRow)]
pub struct PastRun {
    /// Configuration as JSON.
    pub config: String,
    /// BLAKE3 of its weights.
    pub weights: String,
    /// Threshold from held-out normal images.
    pub threshold: Option<f64>,
    /// What its scores were measured by (JSON), where they were.
    pub calibration: Option<String>,
}

impl Store {
    /// What judging with a finished run needs; absent where it is not done.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn past_run(&self, run_id: &str) -> Result<Option<PastRun>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.config, f.weights, e.threshold, c.calibration FROM runs_table r JOIN fits f USING (fit_id) \
                 JOIN evaluations e USING (run_id) LEFT JOIN calibrations c USING (run_id) \
                 WHERE r.run_id = ? AND r.status = 'done' AND f.weights IS NOT NULL",
            )
            .bind(run_id)
            .fetch_optional(&self.pool),
        )?)
    }

    /// A run's configuration and its dataset's description, both JSON.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn configuration(&self, run_id: &str) -> Result<(String, String), StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.config, d.spec FROM runs_table r JOIN fits f USING (fit_id) JOIN datasets d USING (digest) \
                 WHERE r.run_id = ?",
            )
            .bind(run_id)
            .fetch_one(&self.pool),
        )?)
    }

    /// All sweeps, the last started first.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn sweeps(&self) -> Result<Vec<SweepRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT s.name, s.file, s.text, d.title AS dataset, s.started_at FROM sweeps s \
                 JOIN datasets d USING (digest) ORDER BY s.started_at DESC, s.name",
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

    /// Seconds of work that are left in a sweep, if what is to do takes on average what was done; absent
    /// where nothing was. What is under way counts whole.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn seconds_left(&self, sweep: &str) -> Result<Option<f64>, StoreError> {
        Ok(self.block_on(
            sqlx::query_scalar(
                "WITH mine AS (SELECT r.fit_id, r.status, r.score_seconds, f.train_seconds, f.weights IS NOT NULL AS trained \
                   FROM sweep_runs s JOIN runs_table r USING (run_id) JOIN fits f USING (fit_id) WHERE s.sweep = ?), \
                 left_over AS (SELECT * FROM mine WHERE status IN ('queued', 'running', 'interrupted')) \
                 SELECT (SELECT count(DISTINCT fit_id) FROM left_over WHERE NOT trained) * \
                   (SELECT avg(train_seconds) FROM (SELECT DISTINCT fit_id, train_seconds FROM mine WHERE trained)) \
                   + (SELECT count(*) FROM left_over) * (SELECT avg(score_seconds) FROM mine WHERE status = 'done')",
            )
            .bind(sweep)
            .fetch_one(&self.pool),
        )?)
    }

    /// What is being worked on in a sweep now.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn work(&self, sweep: &str) -> Result<Vec<WorkRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT fit_id, progress, stage, coalesce(substr(lease_token, 1, 16), '') AS worker FROM fits \
                 WHERE status = 'running' AND lease_until >= unixepoch('subsec') AND fit_id IN \
                 (SELECT fit_id FROM sweep_runs JOIN runs_table USING (run_id) WHERE sweep = ?) ORDER BY fit_id",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// Errors of a sweep's runs, with their ids.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn errors(&self, sweep: &str) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.run_id, coalesce(r.error, r.status) FROM sweep_runs s JOIN runs r USING (run_id) \
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
                "SELECT r.run_id, r.fit_id, r.model, r.seed, r.config, r.status, f.weights IS NOT NULL AS trained \
                 FROM sweep_runs s JOIN runs r USING (run_id) JOIN fits f USING (fit_id) \
                 WHERE s.sweep = ? AND r.status IN ('failed', 'diverged') ORDER BY s.position",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// Trained fits of a sweep whose generator makes less diverse images than `below`: fit, model,
    /// seed and diversity.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn collapsed(&self, sweep: &str, below: f64) -> Result<Vec<(String, String, i64, f64)>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT DISTINCT r.fit_id, r.model, r.seed, r.diversity FROM sweep_runs s JOIN runs r USING (run_id) \
                 WHERE s.sweep = ? AND r.status = 'done' AND r.diversity < ? ORDER BY r.diversity",
            )
            .bind(sweep)
            .bind(below)
            .fetch_all(&self.pool),
        )?)
    }

    /// Status of each run of a list; absent where a run is not in the store.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn run_status(&self, run_id: &str) -> Result<Option<String>, StoreError> {
        Ok(self.block_on(
            sqlx::query_scalar("SELECT status FROM runs WHERE run_id = ?")
                .bind(run_id)
                .fetch_optional(&self.pool),
        )?)
    }

    /// Whether a fit's weights are in the store.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn is_trained(&self, fit_id: &str) -> Result<bool, StoreError> {
        let found: Option<i64> = self.block_on(
            sqlx::query_scalar("SELECT 1 FROM fits WHERE fit_id = ? AND weights IS NOT NULL")
                .bind(fit_id)
                .fetch_optional(&self.pool),
        )?;
        Ok(found.is_some())
    }

    /// The dataset of a digest: title and description (JSON).
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn dataset(&self, digest: &str) -> Result<(String, String), StoreError> {
        Ok(self.block_on(
            sqlx::query_as("SELECT title, spec FROM datasets WHERE digest = ?")
                .bind(digest)
                .fetch_one(&self.pool),
        )?)
    }

    /// Finished runs with their results, of one sweep or of all, in the order of the sweep.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn finished(&self, sweep: Option<&str>) -> Result<Vec<RunRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.*, e.* FROM runs r JOIN evaluations e USING (run_id) \
                 LEFT JOIN sweep_runs s ON s.run_id = r.run_id AND s.sweep = ?1 \
                 WHERE r.status = 'done' AND (?1 IS NULL OR s.sweep IS NOT NULL) ORDER BY s.position, r.run_id",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// A finished run with its results; absent where it is not done.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn finished_run(&self, run_id: &str) -> Result<Option<RunRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.*, e.* FROM runs r JOIN evaluations e USING (run_id) \
                 WHERE r.status = 'done' AND r.run_id = ?",
            )
            .bind(run_id)
            .fetch_optional(&self.pool),
        )?)
    }

    /// The scores of a run, in the order of the dataset: training, normal, anomalous images.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn scores(&self, run_id: &str) -> Result<Vec<ScoreRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as("SELECT image, split, label, score FROM scores WHERE run_id = ? ORDER BY split = 'test', label = 'anomaly', image")
                .bind(run_id)
                .fetch_all(&self.pool),
        )?)
    }

    /// Test scores of the images of the same names in two runs: whether the image is an anomaly, and both scores.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn paired_scores(&self, one: &str, other: &str) -> Result<Vec<(bool, f64, f64)>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT i.label = 'anomaly', a.score, b.score FROM score_values a JOIN images i ON i.id = a.image_id \
                 JOIN images j ON j.name = i.name AND j.split = i.split AND j.label = i.label \
                 JOIN score_values b ON b.image_id = j.id AND b.run_id = ?2 \
                 WHERE a.run_id = ?1 AND i.split = 'test'",
            )
            .bind(one)
            .bind(other)
            .fetch_all(&self.pool),
        )?)
    }

    /// The metrics of a fit, by epoch.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn curve(&self, fit_id: &str) -> Result<Vec<CurvePoint>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT split, name, epoch, value FROM metrics WHERE fit_id = ? ORDER BY split, name, epoch",
            )
            .bind(fit_id)
            .fetch_all(&self.pool),
        )?)
    }

    /// The pictures of a run.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn pictures(&self, run_id: &str) -> Result<Vec<PictureRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT i.name AS image, i.label, p.role, v.score, p.actual, p.reconstruction, p.mask FROM pictures p \
                 JOIN images i ON i.id = p.image_id JOIN score_values v USING (run_id, image_id) \
                 WHERE p.run_id = ? ORDER BY i.label DESC, p.role, p.rank",
            )
            .bind(run_id)
            .fetch_all(&self.pool),
        )?)
    }
}
