//! The parent process: starts workers, watches them, ends those that take too long.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::SweepError;
use super::overdue::{self, Overdue};
use super::worker_process::{Ended, WorkerProcess};
use crate::store::{Status, Store, WorkRow};
use crate::train::DeviceChoice;

/// How often the store is asked how things are.
const TICK: Duration = Duration::from_millis(250);

/// Workers that may die before they have work; more means that none can begin.
const MOST_IDLE_DEATHS: usize = 5;

/// How a sweep is run.
pub struct Options {
    /// Where to compute.
    pub device: DeviceChoice,
    /// Worker processes.
    pub jobs: usize,
    /// Signals received so far: one asks the workers to finish their step, two end them.
    pub signals: Arc<AtomicUsize>,
    /// The command that the user typed.
    pub command_line: String,
    /// Failed and diverged runs after which the sweep stops.
    pub max_failures: Option<usize>,
    /// The longest that one fit may take, with the judging of its runs.
    pub time_limit: Option<Duration>,
}

/// How a sweep ended: runs by status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Number of runs with each status.
    pub status: BTreeMap<Status, usize>,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// Whether it was ended because too many runs failed.
    pub gave_up: bool,
}

impl Summary {
    /// Runs with this status.
    pub fn count(&self, status: Status) -> usize {
        self.status.get(&status).copied().unwrap_or(0)
    }
}

/// Runs every run of a planned sweep that is still to do, in worker processes. `show` is called
/// several times a second with the state of things.
///
/// # Errors
/// Workers that cannot be started, or whatever the store says. Runs that fail are no error here.
pub fn run(
    store: &Store,
    sweep: &str,
    options: &Options,
    show: &mut dyn FnMut(&Summary, &[WorkRow]),
) -> Result<Summary, SweepError> {
    let summary = drive(store, sweep, options, show)?;
    store.optimize()?;
    Ok(summary)
}

fn drive(
    store: &Store,
    sweep: &str,
    options: &Options,
    show: &mut dyn FnMut(&Summary, &[WorkRow]),
) -> Result<Summary, SweepError> {
    let mut workers: Vec<WorkerProcess> = Vec::new();
    let mut idle_deaths: Vec<String> = Vec::new();
    let mut overdue = Overdue::new(options.time_limit);
    let failures = |summary: &Summary| summary.count(Status::Failed) + summary.count(Status::Diverged);
    let failed_before = failures(&summary(store, sweep, false)?);
    let mut ended_before = 0;
    loop {
        let signals = options.signals.load(Ordering::Relaxed);
        idle_deaths.extend(collect(store, &mut workers, signals > 0)?);
        for asleep in store.reap()? {
            overdue::end_worker(store, &mut workers, &asleep)?;
        }
        if idle_deaths.len() >= MOST_IDLE_DEATHS {
            return Err(SweepError::Worker(idle_deaths.pop().unwrap_or_default()));
        }
        let mut summary = summary(store, sweep, signals > 0)?;
        let ended = summary.count(Status::Done) + failures(&summary);
        if ended > ended_before {
            (ended_before, idle_deaths) = (ended, Vec::new());
        }
        let work = store.work(sweep)?;
        show(&summary, &work);
        overdue.end(store, &mut workers, &work)?;
        let new_failures = failures(&summary).saturating_sub(failed_before);
        summary.gave_up = options.max_failures.is_some_and(|most| new_failures >= most.max(1));
        let waiting = summary.count(Status::Queued) + summary.count(Status::Interrupted);
        if signals == 0 && !summary.gave_up {
            if waiting + summary.count(Status::Running) == 0 && workers.is_empty() {
                return Ok(summary);
            }
            if workers.len() < options.jobs && store.claimable(sweep)? > 0 {
                let Options { device, jobs, command_line, .. } = options;
                workers.push(WorkerProcess::start(store, sweep, device, *jobs, command_line)?);
            }
        } else {
            if workers.is_empty() {
                return Ok(summary);
            }
            workers.iter_mut().for_each(|worker| worker.ask_to_stop(signals.max(1)));
        }
        std::thread::sleep(TICK);
    }
}

fn summary(store: &Store, sweep: &str, interrupted: bool) -> Result<Summary, SweepError> {
    let status = store.status(sweep)?.into_iter().map(|row| (row.status, row.runs as usize)).collect();
    Ok(Summary { status, interrupted, gave_up: false })
}

/// Removes workers that have ended; what a crashed one held is given back. Tells the words of those
/// that crashed with nothing in hand, though they were not `asked_to_stop`.
fn collect(
    store: &Store,
    workers: &mut Vec<WorkerProcess>,
    asked_to_stop: bool,
) -> Result<Vec<String>, SweepError> {
    let mut idle_deaths = Vec::new();
    let mut still = Vec::new();
    for mut worker in workers.drain(..) {
        match worker.ended()? {
            None => still.push(worker),
            Some(Ended::Well(words)) => {
                words.lines().for_each(|line| tracing::warn!("a worker said: {}", line.trim()));
            }
            Some(Ended::Badly(_)) if asked_to_stop => {
                store.release(&worker.id)?;
            }
            Some(Ended::Badly(words)) => {
                if store.abandon(&worker.id, &words)? == 0 {
                    idle_deaths.push(words);
                }
            }
        }
    }
    *workers = still;
    Ok(idle_deaths)
}
