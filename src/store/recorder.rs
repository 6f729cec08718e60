//! What is written: plans, metrics, results.

use std::collections::HashSet;

use sqlx::{Sqlite, Transaction};

use super::lease::held;
use super::{Claim, Store, StoreError, now};
use crate::eval::{EpochMetric, Evaluation};

/// A sweep as it is planned.
pub struct Plan<'a> {
    /// Its name.
    pub sweep: &'a str,
    /// Its file.
    pub file: &'a str,
    /// Its TOML.
    pub text: &'a str,
    /// Digest of its dataset.
    pub digest: &'a str,
    /// Short name of its dataset.
    pub title: &'a str,
    /// The dataset's description as JSON.
    pub dataset: &'a str,
    /// BLAKE3 over the dataset's mask files, where there are any.
    pub masks: Option<&'a str>,
    /// The dataset's images, in order.
    pub images: Vec<ImageRow>,
    /// Its runs, in order.
    pub runs: Vec<PlannedRun>,
}

/// One image of a dataset.
pub struct ImageRow {
    /// Its name.
    pub name: String,
    /// `train` or `test`.
    pub split: &'static str,
    /// `normal` or `anomaly`.
    pub label: &'static str,
    /// A normal test image whose bytes stand in the training images, or that is nearer than the dataset's
    /// `near_distance` to one.
    pub leaked: bool,
}

/// One run of a plan.
pub struct PlannedRun {
    /// Id of the run.
    pub run_id: String,
    /// Id of its fit.
    pub fit_id: String,
    /// The run's configuration as JSON.
    pub run_config: String,
    /// The fit's configuration as JSON.
    pub fit_config: String,
}

/// Where, when and by what a fit was made.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The device, in words.
    pub device: String,
    /// The machine's name.
    pub host: String,
    /// Commit that the program was built from.
    pub git_commit: Option<String>,
    /// Whether there were uncommitted changes.
    pub git_dirty: Option<bool>,
    /// Version of anolab.
    pub version: String,
    /// Version of burn.
    pub burn_version: String,
    /// The command, as typed.
    pub command_line: String,
}

/// One image's score.
pub struct ScoreValue {
    /// Index of the image in the dataset.
    pub position: usize,
    /// A normal training image that training did not see.
    pub held_out: bool,
    /// The raw score.
    pub score: f64,
    /// AnoGAN's parts.
    pub residual: Option<f64>,
    /// AnoGAN's parts.
    pub discrimination: Option<f64>,
    /// GANomaly's parts.
    pub latent: Option<f64>,
    /// GANomaly's parts.
    pub contextual: Option<f64>,
}

/// An image, its reconstruction and its mask, all as PNG.
pub struct Picture {
    /// Index of the image in the dataset.
    pub position: usize,
    /// `lowest`, `median` or `highest` score of its label.
    pub role: &'static str,
    /// Order within the role.
    pub rank: usize,
    /// The image as the network saw it.
    pub actual: Vec<u8>,
    /// What the network made of it.
    pub reconstruction: Vec<u8>,
    /// Which of its pixels are defect (white), where that is known.
    pub mask: Option<Vec<u8>>,
}

/// Everything that scoring one run gives.
pub struct RunResult {
    /// Scores of the training sample, the held-out and the test images.
    pub scores: Vec<ScoreValue>,
    /// What they are worth.
    pub evaluation: Evaluation,
    /// AUROC without the leaked test images.
    pub auroc_unleaked: Option<f64>,
    /// How many those are.
    pub n_leaked: usize,
    /// AUROC of the residuals' pixels against masks.
    pub pixel_auroc: Option<f64>,
    /// BLAKE3 over the mask files, where there are any.
    pub masks: Option<String>,
    /// Pictures for the figures.
    pub pictures: Vec<Picture>,
    /// What the scores were measured by (JSON), where they were.
    pub calibration: Option<String>,
    /// Time that judging took.
    pub seconds: f64,
}

impl Store {
    /// Records a plan. Runs and fits that are there already stay as they are, but those that were judged
    /// with other masks are judged anew; with `retry`, failed and diverged ones are queued again. Runs that the sweep had and has no more stay in the store: gives
    /// back how many those are.
    ///
    /// # Errors
    /// [`StoreError::NameInUse`] where one of those is worked on, or whatever SQLite says.
    pub fn record_plan(&self, plan: &Plan<'_>, retry: bool) -> Result<usize, StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            record_dataset(&mut tx, plan).await?;
            let before = listed(&mut tx, plan.sweep).await?;
            record_runs(&mut tx, plan).await?;
            sqlx::query(
                "UPDATE runs_table SET status = 'queued' WHERE status = 'done' \
                 AND run_id IN (SELECT run_id FROM sweep_runs WHERE sweep = ?) \
                 AND run_id IN (SELECT run_id FROM evaluations WHERE masks IS NOT ?)",
            )
            .bind(plan.sweep)
            .bind(plan.masks)
            .execute(&mut *tx)
            .await?;
            let now: HashSet<&str> = plan.runs.iter().map(|run| run.run_id.as_str()).collect();
            let left: Vec<_> = before.iter().filter(|(run_id, _)| !now.contains(run_id.as_str())).collect();
            if left.iter().any(|(_, in_work)| *in_work) {
                return Err(StoreError::NameInUse(plan.sweep.into()));
            }
            if retry {
                requeue(&mut tx, plan.sweep, &["failed", "diverged"]).await?;
            }
            tx.commit().await?;
            Ok(left.len())
        })
    }

    /// Notes who begins to train a claimed fit. One whose weights are lost counts as never trained.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_start(&self, claim: &Claim, by: &Provenance) -> Result<(), StoreError> {
        let query = sqlx::query(
            "UPDATE fits SET device = ?, host = ?, git_commit = ?, git_dirty = ?, version = ?, burn_version = ?, \
             command_line = ?, started_at = ?, weights = NULL, \
             train_seconds = CASE WHEN weights IS NULL THEN train_seconds END WHERE fit_id = ? AND lease_token = ?",
        )
        .bind(&by.device)
        .bind(&by.host)
        .bind(&by.git_commit)
        .bind(by.git_dirty)
        .bind(&by.version)
        .bind(&by.burn_version)
        .bind(&by.command_line)
        .bind(now())
        .bind(&claim.fit_id)
        .bind(&claim.token);
        self.under_lease(query)
    }

    /// Keeps the means of epochs, and the seconds of training since the last time. A fit that gets further
    /// than ever is no hopeless one: its tries are counted anew.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_metrics(
        &self,
        claim: &Claim,
        metrics: &[EpochMetric],
        seconds: f64,
    ) -> Result<(), StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let epoch = metrics.iter().map(|metric| metric.epoch).max().unwrap_or_default();
            let ours = sqlx::query(
                "UPDATE fits SET attempts = CASE WHEN ?3 > (SELECT coalesce(max(epoch), 0) FROM metrics \
                 WHERE fit_id = ?1) THEN 0 ELSE attempts END, train_seconds = coalesce(train_seconds, 0) + ?4 \
                 WHERE fit_id = ?1 AND lease_token = ?2",
            )
            .bind(&claim.fit_id)
            .bind(&claim.token)
            .bind(epoch as i64)
            .bind(seconds)
            .execute(&mut *tx)
            .await?;
            held(&ours)?;
            for metric in metrics {
                sqlx::query("INSERT OR IGNORE INTO metric_series (fit_id, split, name) VALUES (?, ?, ?)")
                    .bind(&claim.fit_id)
                    .bind(&metric.split)
                    .bind(&metric.name)
                    .execute(&mut *tx)
                    .await?;
                sqlx::query(
                    "INSERT OR REPLACE INTO metric_points SELECT id, ?4, ?5, ?6 FROM metric_series \
                     WHERE fit_id = ?1 AND split = ?2 AND name = ?3",
                )
                .bind(&claim.fit_id)
                .bind(&metric.split)
                .bind(&metric.name)
                .bind(metric.epoch as i64)
                .bind(metric.step as i64)
                .bind(metric.value)
                .execute(&mut *tx)
                .await?;
            }
            let diversity = metrics.iter().rfind(|metric| metric.split == "valid" && metric.name == "diversity");
            if let Some(diversity) = diversity {
                sqlx::query("UPDATE fits SET diversity = ? WHERE fit_id = ?")
                    .bind(diversity.value)
                    .bind(&claim.fit_id)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(())
        })
    }

    /// Marks a fit as trained; its runs are still to be scored, and tries of that are counted anew. Runs
    /// that were done are queued again, unless `former` weights that were lost are the same.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_trained(
        &self,
        claim: &Claim,
        weights: &str,
        former: Option<&str>,
        images_per_second: f64,
    ) -> Result<(), StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let ours = sqlx::query(
                "UPDATE fits SET weights = ?, images_per_second = ?, attempts = 0 WHERE fit_id = ? AND lease_token = ?",
            )
            .bind(weights)
            .bind(images_per_second)
            .bind(&claim.fit_id)
            .bind(&claim.token)
            .execute(&mut *tx)
            .await?;
            held(&ours)?;
            if former != Some(weights) {
                sqlx::query("UPDATE runs_table SET status = 'queued' WHERE fit_id = ? AND status = 'done'")
                    .bind(&claim.fit_id)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(())
        })
    }

    /// Notes that a run's images are being judged, and by whom.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_run_start(&self, claim: &Claim, run_id: &str, by: &Provenance) -> Result<(), StoreError> {
        let changed = if by.git_dirty == Some(true) { "+" } else { "" };
        let query = sqlx::query(
            "UPDATE runs_table SET started_at = ?, judged_device = ?, judged_commit = ?, judged_command = ? \
             WHERE run_id = ? AND EXISTS (SELECT 1 FROM fits WHERE fit_id = ? AND lease_token = ?)",
        )
        .bind(now())
        .bind(&by.device)
        .bind(by.git_commit.as_ref().map(|commit| format!("{commit}{changed}")))
        .bind(&by.command_line)
        .bind(run_id)
        .bind(&claim.fit_id)
        .bind(&claim.token);
        self.under_lease(query)
    }

    /// Ends a run that cannot be judged; the other runs of its fit go on.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_failure(&self, claim: &Claim, run_id: &str, error: &str) -> Result<(), StoreError> {
        let query = sqlx::query(
            "UPDATE runs_table SET status = 'failed', finished_at = ?, error = ? WHERE run_id = ? \
             AND EXISTS (SELECT 1 FROM fits WHERE fit_id = ? AND lease_token = ?)",
        )
        .bind(now())
        .bind(error)
        .bind(run_id)
        .bind(&claim.fit_id)
        .bind(&claim.token);
        self.under_lease(query)
    }

    /// Keeps a run's scores, results and pictures, and marks it as done: all or nothing. It is progress:
    /// tries are counted anew.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_result(&self, claim: &Claim, run_id: &str, result: &RunResult) -> Result<(), StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let done = sqlx::query(
                "UPDATE runs_table SET status = 'done', finished_at = ?, score_seconds = ?, error = NULL \
                 WHERE run_id = ? AND EXISTS (SELECT 1 FROM fits WHERE fit_id = ? AND lease_token = ?)",
            )
            .bind(now())
            .bind(result.seconds)
            .bind(run_id)
            .bind(&claim.fit_id)
            .bind(&claim.token)
            .execute(&mut *tx)
            .await?;
            held(&done)?;
            sqlx::query("UPDATE fits SET attempts = 0 WHERE fit_id = ?")
                .bind(&claim.fit_id)
                .execute(&mut *tx)
                .await?;
            record_scores(&mut tx, claim, run_id, result).await?;
            record_evaluation(&mut tx, run_id, result).await?;
            record_pictures(&mut tx, claim, run_id, result).await?;
            if let Some(calibration) = &result.calibration {
                sqlx::query("INSERT OR REPLACE INTO calibrations VALUES (?, ?)")
                    .bind(run_id)
                    .bind(calibration)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(())
        })
    }

    /// Ends work on a fit: `status` and `error` go to the fit and to its runs that are not done. Work that
    /// is done, or was interrupted in order, counts as no failed try.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn finish(&self, claim: &Claim, status: &str, error: Option<&str>) -> Result<(), StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let ended = sqlx::query(
                "UPDATE fits SET status = ?1, error = ?2, finished_at = ?3, lease_token = NULL, lease_until = NULL, \
                 stage = NULL, attempts = CASE WHEN ?1 IN ('done', 'interrupted') THEN 0 ELSE attempts END \
                 WHERE fit_id = ?4 AND lease_token = ?5",
            )
            .bind(status)
            .bind(error)
            .bind(now())
            .bind(&claim.fit_id)
            .bind(&claim.token)
            .execute(&mut *tx)
            .await?;
            held(&ended)?;
            sqlx::query("UPDATE runs_table SET status = ?, error = ? WHERE fit_id = ? AND status = 'running'")
                .bind(status)
                .bind(error)
                .bind(&claim.fit_id)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(())
        })
    }

    fn under_lease(
        &self,
        query: sqlx::query::Query<'_, Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<(), StoreError> {
        held(&self.block_on(query.execute(&self.pool))?)
    }
}

async fn record_dataset(tx: &mut Transaction<'_, Sqlite>, plan: &Plan<'_>) -> Result<(), sqlx::Error> {
    let known: i64 = sqlx::query_scalar("SELECT count(*) FROM datasets WHERE digest = ?")
        .bind(plan.digest)
        .fetch_one(&mut **tx)
        .await?;
    // The same images may have moved to another folder.
    sqlx::query(
        "INSERT INTO datasets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET title = excluded.title, spec = excluded.spec",
    )
    .bind(plan.digest)
    .bind(plan.title)
    .bind(plan.dataset)
    .execute(&mut **tx)
    .await?;
    if known > 0 {
        return Ok(());
    }
    for (position, image) in plan.images.iter().enumerate() {
        sqlx::query(
            "INSERT INTO images (digest, position, name, split, label, leaked) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(plan.digest)
        .bind(position as i64)
        .bind(&image.name)
        .bind(image.split)
        .bind(image.label)
        .bind(image.leaked)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The runs that a sweep has, and whether they are worked on.
async fn listed(tx: &mut Transaction<'_, Sqlite>, sweep: &str) -> Result<Vec<(String, bool)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT r.run_id, r.status = 'running' AND f.lease_token IS NOT NULL FROM sweep_runs s \
         JOIN runs_table r USING (run_id) JOIN fits f USING (fit_id) WHERE s.sweep = ?",
    )
    .bind(sweep)
    .fetch_all(&mut **tx)
    .await
}

async fn record_runs(tx: &mut Transaction<'_, Sqlite>, plan: &Plan<'_>) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO sweeps VALUES (?, ?, ?, ?, ?)")
        .bind(plan.sweep)
        .bind(plan.file)
        .bind(plan.text)
        .bind(plan.digest)
        .bind(now())
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM sweep_runs WHERE sweep = ?").bind(plan.sweep).execute(&mut **tx).await?;
    for (position, run) in plan.runs.iter().enumerate() {
        sqlx::query("INSERT OR IGNORE INTO fits (fit_id, config, digest) VALUES (?, ?, ?)")
            .bind(&run.fit_id)
            .bind(&run.fit_config)
            .bind(plan.digest)
            .execute(&mut **tx)
            .await?;
        sqlx::query(
            "INSERT OR IGNORE INTO runs_table (run_id, fit_id, config, queued_at) VALUES (?, ?, ?, ?)",
        )
        .bind(&run.run_id)
        .bind(&run.fit_id)
        .bind(&run.run_config)
        .bind(now())
        .execute(&mut **tx)
        .await?;
        sqlx::query("INSERT INTO sweep_runs VALUES (?, ?, ?)")
            .bind(plan.sweep)
            .bind(&run.run_id)
            .bind(position as i64)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn requeue(
    tx: &mut Transaction<'_, Sqlite>,
    sweep: &str,
    statuses: &[&str],
) -> Result<(), sqlx::Error> {
    for status in statuses {
        sqlx::query(
            "UPDATE fits SET status = 'queued', error = NULL, attempts = 0 WHERE status = ? AND lease_token IS NULL \
             AND fit_id IN (SELECT fit_id FROM runs_table JOIN sweep_runs USING (run_id) WHERE sweep = ?)",
        )
        .bind(status)
        .bind(sweep)
        .execute(&mut **tx)
        .await?;
        sqlx::query(
            "UPDATE runs_table SET status = 'queued', error = NULL WHERE status = ? \
             AND run_id IN (SELECT run_id FROM sweep_runs WHERE sweep = ?)",
        )
        .bind(status)
        .bind(sweep)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// SQL for the id of a fit's image from its position.
const IMAGE_ID: &str =
    "(SELECT i.id FROM images i JOIN fits f ON f.digest = i.digest WHERE f.fit_id = ? AND i.position = ?)";

async fn record_scores(
    tx: &mut Transaction<'_, Sqlite>,
    claim: &Claim,
    run_id: &str,
    result: &RunResult,
) -> Result<(), sqlx::Error> {
    let insert = format!("INSERT OR REPLACE INTO score_values VALUES (?, {IMAGE_ID}, ?, ?, ?, ?, ?, ?)");
    for score in &result.scores {
        sqlx::query(sqlx::AssertSqlSafe(insert.clone()))
            .bind(run_id)
            .bind(&claim.fit_id)
            .bind(score.position as i64)
            .bind(score.held_out)
            .bind(score.score)
            .bind(score.residual)
            .bind(score.discrimination)
            .bind(score.latent)
            .bind(score.contextual)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn record_evaluation(
    tx: &mut Transaction<'_, Sqlite>,
    run_id: &str,
    result: &RunResult,
) -> Result<(), sqlx::Error> {
    let found = &result.evaluation;
    let confusion = found.confusion;
    sqlx::query(
        "INSERT OR REPLACE INTO evaluations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(run_id)
    .bind(found.auroc.map(|auroc| auroc.area))
    .bind(found.auroc.map(|auroc| auroc.low))
    .bind(found.auroc.map(|auroc| auroc.high))
    .bind(found.average_precision)
    .bind(found.best_accuracy.map(|best| best.value))
    .bind(found.best_accuracy.map(|best| best.threshold))
    .bind(found.best_f1.map(|best| best.value))
    .bind(found.best_f1.map(|best| best.threshold))
    .bind(found.threshold)
    .bind(confusion.and_then(|counts| counts.accuracy()))
    .bind(confusion.and_then(|counts| counts.true_positive_rate()))
    .bind(confusion.and_then(|counts| counts.false_positive_rate()))
    .bind(found.n_normal as i64)
    .bind(found.n_anomaly as i64)
    .bind(result.auroc_unleaked)
    .bind(result.n_leaked as i64)
    .bind(result.pixel_auroc)
    .bind(&result.masks)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn record_pictures(
    tx: &mut Transaction<'_, Sqlite>,
    claim: &Claim,
    run_id: &str,
    result: &RunResult,
) -> Result<(), sqlx::Error> {
    let insert = format!("INSERT OR REPLACE INTO pictures VALUES (?, {IMAGE_ID}, ?, ?, ?, ?, ?)");
    for picture in &result.pictures {
        sqlx::query(sqlx::AssertSqlSafe(insert.clone()))
            .bind(run_id)
            .bind(&claim.fit_id)
            .bind(picture.position as i64)
            .bind(picture.role)
            .bind(picture.rank as i64)
            .bind(&picture.actual)
            .bind(&picture.reconstruction)
            .bind(&picture.mask)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
