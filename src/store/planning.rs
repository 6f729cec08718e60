//! What is written when a sweep is planned.

use std::collections::HashSet;

use sqlx::{Sqlite, Transaction};

use super::clock::now;
use super::error::StoreError;
use super::open::Store;
use super::status::Status;
use crate::id::{FitId, RunId};
use crate::spec::{Label, Split};

/// A sweep as it is planned.
pub struct Plan<'a> {
    /// Its name.
    pub sweep: &'a str,
    /// Its file.
    pub file: &'a str,
    /// Its TOML.
    pub text: &'a str,
    /// Its datasets, in order: one or more.
    pub datasets: Vec<PlannedDataset<'a>>,
    /// Its runs, in order.
    pub runs: Vec<PlannedRun>,
}

/// A dataset of a plan.
pub struct PlannedDataset<'a> {
    /// Its digest.
    pub digest: &'a str,
    /// Its short name.
    pub title: &'a str,
    /// Its description as JSON.
    pub spec: &'a str,
    /// BLAKE3 over its mask files, where there are any.
    pub masks: Option<&'a str>,
    /// Whether some of its images have colours, where that was asked.
    pub coloured: Option<bool>,
    /// Its images, in order.
    pub images: Vec<ImageRow>,
}

/// One image of a dataset.
pub struct ImageRow {
    /// Its name.
    pub name: String,
    /// Training or test.
    pub split: Split,
    /// Normal or anomaly.
    pub label: Label,
    /// A normal test image whose bytes stand in the training images, or that is nearer than the dataset's
    /// `near_distance` to one.
    pub leaked: bool,
    /// BLAKE3 of its content, 64 hexadecimal characters.
    pub hash: String,
}

/// One run of a plan.
pub struct PlannedRun {
    /// Id of the run.
    pub run_id: RunId,
    /// Id of its fit.
    pub fit_id: FitId,
    /// Digest of the dataset that it is trained and judged on.
    pub digest: String,
    /// The run's configuration as JSON.
    pub run_config: String,
    /// The fit's configuration as JSON.
    pub fit_config: String,
}

impl Store {
    /// Records a plan. Runs and fits that are there already stay as they are, but those that were never judged
    /// with these masks are judged anew, and fits whose weights are lost are trained anew; with `retry`, failed and
    /// diverged ones are queued again.
    /// Runs that the sweep had and has no more stay in the store: gives
    /// back how many those are.
    ///
    /// # Errors
    /// [`StoreError::NameInUse`] where one of those is worked on, or whatever SQLite says.
    pub fn record_plan(&self, plan: &Plan<'_>, retry: bool) -> Result<usize, StoreError> {
        let lost = self.fits_without_weights()?;
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            for dataset in &plan.datasets {
                record_dataset(&mut tx, dataset).await?;
            }
            let before = listed(&mut tx, plan.sweep).await?;
            record_runs(&mut tx, plan).await?;
            for dataset in &plan.datasets {
                sqlx::query(
                    "UPDATE runs_table SET status = 'queued' WHERE status = 'done' \
                     AND run_id IN (SELECT run_id FROM sweep_runs WHERE sweep = ?1) \
                     AND fit_id IN (SELECT fit_id FROM fits WHERE digest = ?3) \
                     AND ?2 IS NOT NULL AND run_id IN (SELECT run_id FROM evaluations WHERE masks IS NOT ?2) \
                     AND run_id NOT IN (SELECT run_id FROM pixel_results WHERE masks = ?2)",
                )
                .bind(plan.sweep)
                .bind(dataset.masks)
                .bind(dataset.digest)
                .execute(&mut *tx)
                .await?;
            }
            let now: HashSet<&str> = plan.runs.iter().map(|run| run.run_id.as_str()).collect();
            let left: Vec<_> = before.iter().filter(|(run_id, _)| !now.contains(run_id.as_str())).collect();
            if left.iter().any(|(_, in_work)| *in_work) {
                return Err(StoreError::NameInUse(plan.sweep.into()));
            }
            take_up(&mut tx, plan, &lost).await?;
            if retry {
                requeue(&mut tx, plan.sweep, &[Status::Failed, Status::Diverged]).await?;
            }
            tx.commit().await?;
            Ok(left.len())
        })
    }
}

async fn record_dataset(
    tx: &mut Transaction<'_, Sqlite>,
    dataset: &PlannedDataset<'_>,
) -> Result<(), sqlx::Error> {
    // Rows of earlier builds have no hashes of their images. The digest is over those, too: they are the same images.
    let known: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM datasets d WHERE digest = ? \
         AND NOT EXISTS (SELECT 1 FROM images i WHERE i.digest = d.digest AND i.hash IS NULL)",
    )
    .bind(dataset.digest)
    .fetch_one(&mut **tx)
    .await?;
    // The same images may have moved to another folder.
    sqlx::query(
        "INSERT INTO datasets (digest, title, spec, coloured) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET \
         title = excluded.title, spec = excluded.spec, coloured = coalesce(excluded.coloured, coloured)",
    )
    .bind(dataset.digest)
    .bind(dataset.title)
    .bind(dataset.spec)
    .bind(dataset.coloured)
    .execute(&mut **tx)
    .await?;
    if known > 0 {
        return Ok(());
    }
    for (position, image) in dataset.images.iter().enumerate() {
        sqlx::query(
            "INSERT INTO images (digest, position, name, split, label, leaked, hash) VALUES (?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT DO UPDATE SET hash = excluded.hash",
        )
        .bind(dataset.digest)
        .bind(position as i64)
        .bind(&image.name)
        .bind(image.split)
        .bind(image.label)
        .bind(image.leaked)
        .bind(&image.hash)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The runs that a sweep has, and whether they are worked on.
async fn listed(tx: &mut Transaction<'_, Sqlite>, sweep: &str) -> Result<Vec<(RunId, bool)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT r.run_id, r.status = 'running' AND f.lease_token IS NOT NULL FROM sweep_runs s \
         JOIN runs_table r USING (run_id) JOIN fits f USING (fit_id) WHERE s.sweep = ?",
    )
    .bind(sweep)
    .fetch_all(&mut **tx)
    .await
}

async fn record_runs(tx: &mut Transaction<'_, Sqlite>, plan: &Plan<'_>) -> Result<(), sqlx::Error> {
    let digests: Vec<&str> = plan.datasets.iter().map(|dataset| dataset.digest).collect();
    // A sweep that goes on keeps its start; one that has nothing of what it had under this name begins.
    let runs = serde_json::json!(plan.runs.iter().map(|run| run.run_id.as_str()).collect::<Vec<_>>());
    let started: Option<String> = sqlx::query_scalar(
        "SELECT started_at FROM sweeps WHERE name = ?1 AND EXISTS \
         (SELECT 1 FROM sweep_runs WHERE sweep = ?1 AND run_id IN (SELECT value FROM json_each(?2)))",
    )
    .bind(plan.sweep)
    .bind(runs.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT OR REPLACE INTO sweeps (name, file, text, digest, started_at, datasets, masks) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(plan.sweep)
    .bind(plan.file)
    .bind(plan.text)
    .bind(digests.first())
    .bind(started.unwrap_or_else(now))
    .bind((digests.len() > 1).then(|| serde_json::json!(digests).to_string()))
    .bind(plan.datasets.first().filter(|_| digests.len() == 1).and_then(|dataset| dataset.masks))
    .execute(&mut **tx)
    .await?;
    sqlx::query("DELETE FROM sweep_runs WHERE sweep = ?").bind(plan.sweep).execute(&mut **tx).await?;
    for (position, run) in plan.runs.iter().enumerate() {
        sqlx::query("INSERT OR IGNORE INTO fits (fit_id, config, digest) VALUES (?, ?, ?)")
            .bind(&run.fit_id)
            .bind(&run.fit_config)
            .bind(&run.digest)
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

/// Queues a run of every fit of a plan whose weights are lost: it brings the training with it. The others follow where
/// that leads to other weights.
async fn take_up(
    tx: &mut Transaction<'_, Sqlite>,
    plan: &Plan<'_>,
    lost: &HashSet<FitId>,
) -> Result<(), sqlx::Error> {
    let mut seen = HashSet::new();
    for run in plan.runs.iter().filter(|run| lost.contains(&run.fit_id) && seen.insert(&run.fit_id)) {
        sqlx::query("UPDATE runs_table SET status = 'queued' WHERE run_id = ? AND status = 'done'")
            .bind(&run.run_id)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn requeue(
    tx: &mut Transaction<'_, Sqlite>,
    sweep: &str,
    statuses: &[Status],
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
