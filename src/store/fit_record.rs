//! What is written of a fit: who trains it, its metrics, its end.

use std::collections::HashSet;

use super::clock::now;
use super::error::StoreError;
use super::lease::{Claim, held};
use super::open::Store;
use super::status::Status;
use crate::eval::{EpochMetric, Generated};
use crate::id::FitId;

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

impl Store {
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
            sqlx::query(
                "UPDATE fits SET diversity = (SELECT value FROM metrics WHERE fit_id = ?1 AND split = 'valid' \
                 AND name = 'diversity' ORDER BY epoch DESC LIMIT 1) WHERE fit_id = ?1",
            )
            .bind(&claim.fit_id)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(())
        })
    }

    /// How many epochs of a fit, from the first on, have all of these metrics, each a split and a name.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn recorded_epochs(&self, fit_id: &FitId, metrics: &[(&str, &str)]) -> Result<usize, StoreError> {
        let found: Vec<(String, String, i64)> = self.block_on(
            sqlx::query_as("SELECT split, name, epoch FROM metrics WHERE fit_id = ?")
                .bind(fit_id)
                .fetch_all(&self.pool),
        )?;
        let known: HashSet<(&str, &str, i64)> =
            found.iter().map(|(split, name, epoch)| (split.as_str(), name.as_str(), *epoch)).collect();
        let has_all =
            |epoch: &i64| metrics.iter().all(|(split, name)| known.contains(&(*split, *name, *epoch)));
        let most = if metrics.is_empty() { 0 } else { i64::MAX };
        Ok((1..most).take_while(has_all).count())
    }

    /// Keeps what a trained generator makes is like: coverage and novelty. Its diversity is a metric of every epoch.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_generated(&self, claim: &Claim, generated: &Generated) -> Result<(), StoreError> {
        let query =
            sqlx::query("UPDATE fits SET coverage = ?, novelty = ? WHERE fit_id = ? AND lease_token = ?")
                .bind(generated.coverage)
                .bind(generated.novelty)
                .bind(&claim.fit_id)
                .bind(&claim.token);
        self.under_lease(query)
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

    /// Ends work on a fit: `status` and `error` go to the fit and to its runs that are not done. Work that
    /// is done, or was interrupted in order, counts as no failed try.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn finish(&self, claim: &Claim, status: Status, error: Option<&str>) -> Result<(), StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let ended = sqlx::query(
                "UPDATE fits SET status = ?1, error = ?2, finished_at = ?3, lease_token = NULL, worker = NULL, \
                 lease_until = NULL, \
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
}
