//! The parent process: starts workers, watches them, ends those that take too long.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::RngExt;

use super::SweepError;
use crate::crash_message::{LESS_MEMORY, crash_message};
use crate::id::{FitId, WorkerId};
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

/// A fit, and the worker that has it.
type Claimed = (FitId, Option<WorkerId>);

/// A worker process and where its words go.
struct Process {
    id: WorkerId,
    child: Child,
    log: PathBuf,
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
    let mut workers: Vec<Process> = Vec::new();
    let mut idle_deaths: Vec<String> = Vec::new();
    let mut begun: HashMap<Claimed, Instant> = HashMap::new();
    let failures = |summary: &Summary| summary.count(Status::Failed) + summary.count(Status::Diverged);
    let failed_before = failures(&summary(store, sweep, false)?);
    let mut ended_before = 0;
    loop {
        let signals = options.signals.load(Ordering::Relaxed);
        idle_deaths.extend(collect(store, &mut workers, signals > 0)?);
        store.reap()?;
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
        if let Some(limit) = options.time_limit {
            end_overdue(store, &mut workers, &mut begun, &work, limit)?;
        }
        let new_failures = failures(&summary).saturating_sub(failed_before);
        summary.gave_up = options.max_failures.is_some_and(|most| new_failures >= most.max(1));
        let waiting = summary.count(Status::Queued) + summary.count(Status::Interrupted);
        if signals == 0 && !summary.gave_up {
            if waiting + summary.count(Status::Running) == 0 && workers.is_empty() {
                return Ok(summary);
            }
            if workers.len() < options.jobs && store.claimable(sweep)? > 0 {
                workers.push(start(store, sweep, options)?);
            }
        } else {
            if workers.is_empty() {
                return Ok(summary);
            }
            workers.iter_mut().for_each(|worker| ask_to_stop(worker, signals.max(1)));
        }
        std::thread::sleep(TICK);
    }
}

fn summary(store: &Store, sweep: &str, interrupted: bool) -> Result<Summary, SweepError> {
    let status = store.status(sweep)?.into_iter().map(|row| (row.status, row.runs as usize)).collect();
    Ok(Summary { status, interrupted, gave_up: false })
}

fn start(store: &Store, sweep: &str, options: &Options) -> Result<Process, SweepError> {
    let id = WorkerId::from_bytes(rand::rng().random());
    let logs = store.artifacts().logs();
    std::fs::create_dir_all(&logs).map_err(SweepError::io("cannot create the folder of worker logs"))?;
    let log = logs.join(format!("{id}.log"));
    let file = std::fs::File::create(&log).map_err(SweepError::io("cannot create a worker's log"))?;
    let program = std::env::current_exe().map_err(SweepError::io("cannot find this program"))?;
    // Fits that are left share the processor: the last ones get more of it.
    let beside = options.jobs.min(store.fits_left(sweep)?).max(1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).div_ceil(beside);
    let child = Command::new(program)
        .arg("--store")
        .arg(store.path())
        .args(["worker", "--sweep", sweep, "--id", id.as_str(), "--beside", &beside.to_string()])
        .args(["--device", &options.device.to_string(), "--command-line", &options.command_line])
        .env("RAYON_NUM_THREADS", threads.to_string())
        .env_remove("RUST_BACKTRACE") // the last lines of a crash are to say why, not where
        .stdin(Stdio::piped()) // closes when this process dies: the worker's sign to stop
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .map_err(SweepError::io("cannot start a worker"))?;
    Ok(Process { id, child, log })
}

/// Removes workers that have ended; what a crashed one held is given back. Tells the words of those
/// that crashed with nothing in hand, though they were not `asked_to_stop`.
fn collect(
    store: &Store,
    workers: &mut Vec<Process>,
    asked_to_stop: bool,
) -> Result<Vec<String>, SweepError> {
    let mut idle_deaths = Vec::new();
    let mut still = Vec::new();
    for mut worker in workers.drain(..) {
        match worker.child.try_wait().map_err(SweepError::io("cannot wait for a worker"))? {
            None => still.push(worker),
            Some(status) => {
                let words = std::fs::read_to_string(&worker.log).unwrap_or_default();
                if status.success() {
                    words.lines().for_each(|line| tracing::warn!("a worker said: {}", line.trim()));
                } else if asked_to_stop {
                    store.release(&worker.id)?;
                } else {
                    let said = match crash_message(&words) {
                        said if said.is_empty() => ", without a word".into(),
                        said => format!(": {said}"),
                    };
                    let words = format!("its worker ended with {status}{}{said}", hint(status));
                    if store.abandon(&worker.id, &words)? == 0 {
                        idle_deaths.push(words);
                    }
                }
                std::fs::remove_file(&worker.log).ok();
            }
        }
    }
    *workers = still;
    Ok(idle_deaths)
}

/// Linux kills the process that asks for memory when none is left.
#[cfg_attr(not(unix), expect(unused_variables))]
fn hint(status: ExitStatus) -> String {
    #[cfg(unix)]
    if std::os::unix::process::ExitStatusExt::signal(&status) == Some(9) {
        return format!(" (killed, or out of memory: {LESS_MEMORY})");
    }
    String::new()
}

/// Ends workers whose fit takes longer than it may.
fn end_overdue(
    store: &Store,
    workers: &mut Vec<Process>,
    begun: &mut HashMap<Claimed, Instant>,
    work: &[WorkRow],
    limit: Duration,
) -> Result<(), SweepError> {
    let claim = |fit: &WorkRow| (fit.fit_id.clone(), fit.worker.clone());
    begun.retain(|known, _| work.iter().any(|fit| claim(fit) == *known));
    for fit in work {
        let since = *begun.entry(claim(fit)).or_insert_with(Instant::now);
        let Some(place) = workers.iter().position(|worker| fit.worker.as_ref() == Some(&worker.id)) else {
            continue;
        };
        if since.elapsed() > limit {
            let mut worker = workers.swap_remove(place);
            worker
                .child
                .kill()
                .and_then(|()| worker.child.wait())
                .map_err(SweepError::io("cannot end a worker"))?;
            let why = format!("took longer than the time limit of {} s", limit.as_secs_f64());
            store.fail(&worker.id, &fit.fit_id, &why)?;
            store.abandon(&worker.id, "its worker was ended")?; // it may just have claimed another one
            std::fs::remove_file(&worker.log).ok();
        }
    }
    Ok(())
}

/// The first signal closes a worker's standard input, so that it finishes its step; the second
/// ends it.
fn ask_to_stop(worker: &mut Process, signals: usize) {
    drop(worker.child.stdin.take());
    if signals > 1 {
        worker.child.kill().ok();
    }
}
