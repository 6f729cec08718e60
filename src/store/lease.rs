//! Who works on what. A claim is one statement, holds a lease with a token, and must be renewed;
//! work whose lease has run out belongs to a dead process and is taken back.

use rand::RngExt;
use sqlx::query::QueryAs;
use sqlx::sqlite::{SqliteArguments, SqliteQueryResult};
use sqlx::{FromRow, Sqlite};

use super::clock::{now, seconds};
use super::error::StoreError;
use super::open::Store;
use super::status::Status;
use crate::id::{FitId, RunId, WorkerId};

/// A lease that is not renewed for so long is over.
pub const LEASE_SECONDS: f64 = 15.0;

/// What the clocks of two processes on one machine may differ by, in seconds.
const SLACK: f64 = 1.0;

/// Times that a fit is begun before it counts as failed.
const MOST_ATTEMPTS: i64 = 3;

/// Fits whose lease was taken by the worker of this name.
const OF_WORKER: &str = "SELECT fit_id, attempts FROM fits WHERE worker = ?";

/// Fits whose holder is dead. A lease that ends later than one taken now was taken by a clock that was wrong; its
/// holder, if it lives, renews it within a second.
const DEAD: &str = "SELECT fit_id, attempts FROM fits WHERE lease_until < ?1 OR lease_until > ?2";

/// A query for fits and the number of their tries.
type Fits<'q> = QueryAs<'q, Sqlite, (FitId, i64), SqliteArguments>;

/// A fit that this process works on.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The fit.
    pub fit_id: FitId,
    /// Proof of the claim.
    pub token: String,
}

/// What there is to do for a claimed fit.
#[derive(Debug, Clone)]
pub struct Job {
    /// The claim.
    pub claim: Claim,
    /// BLAKE3 of the trained weights, if training is done.
    pub weights: Option<String>,
    /// Digest of its dataset.
    pub digest: String,
    /// Runs to score.
    pub runs: Vec<JobRun>,
}

/// A run of a claimed fit.
#[derive(Debug, Clone, FromRow)]
pub struct JobRun {
    /// Its id.
    pub run_id: RunId,
    /// Its configuration as JSON.
    pub config: String,
}

/// A write that asks for the lease's token and reaches no row has lost the lease.
pub(crate) fn held(written: &SqliteQueryResult) -> Result<(), StoreError> {
    if written.rows_affected() == 0 { Err(StoreError::LeaseLost) } else { Ok(()) }
}

impl Store {
    /// Claims the next fit of `sweep` that has runs to do, for the worker of this name.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn claim(&self, sweep: &str, worker: &WorkerId) -> Result<Option<Job>, StoreError> {
        self.reap()?;
        let token = format!("{worker}{:016x}", rand::rng().random::<u64>());
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let claimed: Option<(FitId, Option<String>, String)> = sqlx::query_as(
                "UPDATE fits SET status = 'running', lease_token = ?, worker = ?, \
                 lease_until = ?, \
                 attempts = attempts + 1, error = NULL, progress = 0 WHERE fit_id = ( \
                   SELECT r.fit_id FROM sweep_runs s JOIN runs_table r USING (run_id) JOIN fits f USING (fit_id) \
                   WHERE s.sweep = ? AND r.status IN ('queued', 'interrupted') AND f.lease_token IS NULL \
                   ORDER BY s.position LIMIT 1) \
                 RETURNING fit_id, weights, digest",
            )
            .bind(&token)
            .bind(worker)
            .bind(seconds() + LEASE_SECONDS)
            .bind(sweep)
            .fetch_optional(&mut *tx)
            .await?;
            let Some((fit_id, weights, digest)) = claimed else { return Ok(None) };
            let runs = sqlx::query_as(
                "UPDATE runs_table SET status = 'running', error = NULL WHERE fit_id = ? \
                 AND status IN ('queued', 'interrupted') RETURNING run_id, config",
            )
            .bind(&fit_id)
            .fetch_all(&mut *tx)
            .await?;
            tx.commit().await?;
            let claim = Claim { fit_id, token };
            Ok(Some(Job { claim, weights, digest, runs }))
        })
    }

    /// Number of a sweep's fits that could be claimed now.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn claimable(&self, sweep: &str) -> Result<usize, StoreError> {
        let fits: i64 = self.block_on(
            sqlx::query_scalar(
                "SELECT count(DISTINCT r.fit_id) FROM sweep_runs s JOIN runs_table r USING (run_id) \
                 JOIN fits f USING (fit_id) \
                 WHERE s.sweep = ? AND r.status IN ('queued', 'interrupted') AND f.lease_token IS NULL",
            )
            .bind(sweep)
            .fetch_one(&self.pool),
        )?;
        Ok(fits as usize)
    }

    /// Number of a sweep's fits that are worked on or could be claimed.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn fits_left(&self, sweep: &str) -> Result<usize, StoreError> {
        let fits: i64 = self.block_on(
            sqlx::query_scalar(
                "SELECT count(DISTINCT r.fit_id) FROM sweep_runs s JOIN runs_table r USING (run_id) \
                 WHERE s.sweep = ? AND r.status IN ('queued', 'interrupted', 'running')",
            )
            .bind(sweep)
            .fetch_one(&self.pool),
        )?;
        Ok(fits as usize)
    }

    /// Renews a lease and notes how far the work is.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn beat(&self, claim: &Claim, progress: f64, stage: &str) -> Result<(), StoreError> {
        let renewed = self.block_on(
            sqlx::query(
                "UPDATE fits SET lease_until = ?, progress = ?, stage = ? \
                 WHERE fit_id = ? AND lease_token = ?",
            )
            .bind(seconds() + LEASE_SECONDS)
            .bind(progress)
            .bind(stage)
            .bind(&claim.fit_id)
            .bind(&claim.token)
            .execute(&self.pool),
        )?;
        held(&renewed)
    }

    /// Takes back the work of a process that is known to be dead. After three tries
    /// the fit fails with `error`, else it counts as interrupted and may be claimed again. Gives
    /// back how many fits that were.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn abandon(&self, worker: &WorkerId, error: &str) -> Result<usize, StoreError> {
        self.take_back(sqlx::query_as(OF_WORKER).bind(worker), error, Some(MOST_ATTEMPTS))
    }

    /// Takes back the work of a process that has ended because it was asked to: it may be claimed again, and
    /// its tries are counted anew.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn release(&self, worker: &WorkerId) -> Result<usize, StoreError> {
        self.take_back(sqlx::query_as(OF_WORKER).bind(worker), "", None)
    }

    /// Fails a fit, where a process that has been ended still worked on it, for a reason that another
    /// try would not change.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn fail(&self, worker: &WorkerId, fit_id: &FitId, error: &str) -> Result<usize, StoreError> {
        let this = sqlx::query_as("SELECT fit_id, attempts FROM fits WHERE worker = ? AND fit_id = ?");
        self.take_back(this.bind(worker).bind(fit_id), error, Some(0))
    }

    /// Marks work whose lease has run out as interrupted: no run stays `running` by a dead process. Gives back the
    /// workers that had it, which are dead or asleep.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn reap(&self) -> Result<Vec<WorkerId>, StoreError> {
        let error = "its worker died without a word (killed, or out of memory?)";
        let now = seconds();
        let dead = || sqlx::query_as(DEAD).bind(now).bind(now + LEASE_SECONDS + SLACK);
        let found: Vec<(FitId, i64)> = self.block_on(dead().fetch_all(&self.pool))?;
        let mut workers = Vec::new();
        for (fit_id, _) in &found {
            let worker = sqlx::query_scalar("SELECT worker FROM fits WHERE fit_id = ?").bind(fit_id);
            let worker: Option<WorkerId> = self.block_on(worker.fetch_one(&self.pool))?;
            workers.extend(worker);
        }
        if !found.is_empty() {
            self.take_back(dead(), error, Some(MOST_ATTEMPTS))?;
        }
        Ok(workers)
    }

    fn take_back(
        &self,
        held: Fits<'_>,
        error: &str,
        most_attempts: Option<i64>,
    ) -> Result<usize, StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let dead = held.fetch_all(&mut *tx).await?;
            let count = dead.len();
            for (fit_id, attempts) in dead {
                let gone = most_attempts.is_some_and(|most| attempts >= most);
                let (status, error) = if gone { (Status::Failed, Some(error)) } else { (Status::Interrupted, None) };
                sqlx::query(
                    "UPDATE fits SET status = ?, error = ?, finished_at = ?, stage = NULL, lease_token = NULL, \
                     worker = NULL, \
                     lease_until = NULL, attempts = ? WHERE fit_id = ?",
                )
                .bind(status)
                .bind(error)
                .bind(now())
                .bind(if most_attempts.is_some() { attempts } else { 0 })
                .bind(&fit_id)
                .execute(&mut *tx)
                .await?;
                sqlx::query("UPDATE runs_table SET status = ?, error = ? WHERE fit_id = ? AND status = 'running'")
                    .bind(status)
                    .bind(error)
                    .bind(&fit_id)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(count)
        })
    }
}

impl Store {
    pub(super) fn under_lease(
        &self,
        query: sqlx::query::Query<'_, Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<(), StoreError> {
        held(&self.block_on(query.execute(&self.pool))?)
    }
}
