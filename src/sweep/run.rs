//! What becomes of a sweep: how many workers it has, which of them are ended, what their failures mean, when it is
//! over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::SweepError;
use super::cores::cores;
use super::engine::{Engine, Local, State, Stop, WorkerCommand};
use super::overdue::{self, Overdue};
use crate::id::WorkerId;
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
    let mut here = Local::new(store.path().into(), store.artifacts().logs());
    let summary = drive(store, sweep, options, &mut here, show)?;
    store.optimize()?;
    Ok(summary)
}

fn drive<E: Engine<Work = WorkerCommand, Name = WorkerId>>(
    store: &Store,
    sweep: &str,
    options: &Options,
    engine: &mut E,
    show: &mut dyn FnMut(&Summary, &[WorkRow]),
) -> Result<Summary, SweepError> {
    let mut idle_deaths: Vec<String> = Vec::new();
    let mut overdue = Overdue::new(options.time_limit);
    let failures = |summary: &Summary| summary.count(Status::Failed) + summary.count(Status::Diverged);
    let failed_before = failures(&summary(store, sweep, false)?);
    let mut ended_before = 0;
    loop {
        let signals = options.signals.load(Ordering::Relaxed);
        let (workers, deaths) = look(store, engine, signals > 0)?;
        idle_deaths.extend(deaths);
        for asleep in store.reap()?.iter().filter(|id| workers.contains(id)) {
            overdue::end_worker(store, engine, asleep)?;
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
        overdue.end(store, engine, &workers, &work)?;
        let new_failures = failures(&summary).saturating_sub(failed_before);
        summary.gave_up = options.max_failures.is_some_and(|most| new_failures >= most.max(1));
        let waiting = summary.count(Status::Queued) + summary.count(Status::Interrupted);
        if signals == 0 && !summary.gave_up {
            if waiting + summary.count(Status::Running) == 0 && workers.is_empty() {
                return Ok(summary);
            }
            if workers.len() < options.jobs && store.claimable(sweep)? > 0 {
                engine.start(&worker(store, sweep, options)?)?;
            }
        } else {
            if workers.is_empty() {
                return Ok(summary);
            }
            for worker in &workers {
                stop(store, engine, worker, signals)?;
            }
        }
        std::thread::sleep(TICK);
    }
}

fn summary(store: &Store, sweep: &str, interrupted: bool) -> Result<Summary, SweepError> {
    let status = store.status(sweep)?.into_iter().map(|row| (row.status, row.runs as usize)).collect();
    Ok(Summary { status, interrupted, gave_up: false })
}

/// A worker of a sweep. Fits that are left share the processor: the last ones get more of it.
fn worker(store: &Store, sweep: &str, options: &Options) -> Result<WorkerCommand, SweepError> {
    let beside = options.jobs.min(store.fits_left(sweep)?).max(1);
    Ok(WorkerCommand {
        sweep: sweep.into(),
        device: options.device,
        beside,
        threads: cores().div_ceil(beside),
        command_line: options.command_line.clone(),
    })
}

/// The first signal asks a worker to finish its step, the second ends it.
fn stop<E: Engine<Name = WorkerId>>(
    store: &Store,
    engine: &mut E,
    worker: &WorkerId,
    signals: usize,
) -> Result<(), SweepError> {
    if signals < 2 {
        return engine.stop(worker, Stop::InOrder);
    }
    engine.stop(worker, Stop::AtOnce)?;
    store.release(worker)?;
    Ok(())
}

/// The workers that are at work, and the words of those that crashed with nothing in hand, though they were not
/// `asked_to_stop`. What a crashed one held is given back.
fn look<E: Engine<Name = WorkerId>>(
    store: &Store,
    engine: &mut E,
    asked_to_stop: bool,
) -> Result<(Vec<WorkerId>, Vec<String>), SweepError> {
    let (mut at_work, mut idle_deaths) = (Vec::new(), Vec::new());
    for (worker, state) in engine.poll()? {
        match state {
            State::Pending(_) | State::Running(_) => at_work.push(worker),
            State::Well(words) => {
                words.lines().for_each(|line| tracing::warn!("a worker said: {}", line.trim()));
            }
            State::Badly(_) if asked_to_stop => {
                store.release(&worker)?;
            }
            State::Badly(words) => {
                if store.abandon(&worker, &words)? == 0 {
                    idle_deaths.push(words);
                }
            }
        }
    }
    Ok((at_work, idle_deaths))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine on which every worker ends as it is told to, without having done anything.
    struct Invented {
        ends: State,
        started: Vec<WorkerId>,
        stopped: Vec<(WorkerId, Stop)>,
    }

    impl Engine for Invented {
        type Work = WorkerCommand;
        type Name = WorkerId;

        fn start(&mut self, _: &WorkerCommand) -> Result<WorkerId, SweepError> {
            let id = WorkerId::from_bytes([self.started.len() as u8; 8]);
            self.started.push(id.clone());
            Ok(id)
        }

        fn poll(&mut self) -> Result<Vec<(WorkerId, State)>, SweepError> {
            let is_stopped = |id: &WorkerId| self.stopped.iter().any(|(stopped, _)| stopped == id);
            Ok(self
                .started
                .iter()
                .filter(|id| !is_stopped(id))
                .map(|id| (id.clone(), self.ends.clone()))
                .collect())
        }

        fn stop(&mut self, id: &WorkerId, how: Stop) -> Result<(), SweepError> {
            self.stopped.push((id.clone(), how));
            Ok(())
        }
    }

    fn planned(folder: &std::path::Path) -> Store {
        let text = "name = \"t\"\ndataset = { kind = \"synthetic\", scene = \"casting\", count = 24 }\n\
                    [base]\nmodel = \"brightness\"\nimage_size = 16\n";
        let store = Store::open(&folder.join("store.db")).unwrap();
        let sweep = crate::spec::Sweep::parse("t.toml", text).unwrap();
        crate::sweep::prepare(&crate::sweep::plan("t.toml", sweep).unwrap(), &store, false, &|| ()).unwrap();
        store
    }

    fn options(signals: usize) -> Options {
        Options {
            device: DeviceChoice::Cpu,
            jobs: 1,
            signals: Arc::new(AtomicUsize::new(signals)),
            command_line: String::new(),
            max_failures: None,
            time_limit: None,
        }
    }

    #[test]
    fn workers_that_cannot_begin_end_the_sweep_on_any_engine() {
        let folder = tempfile::tempdir().unwrap();
        let store = planned(folder.path());
        let mut engine = Invented { ends: State::Badly("no disk".into()), started: vec![], stopped: vec![] };
        let ended = drive(&store, "t", &options(0), &mut engine, &mut |_, _| ());
        assert!(matches!(ended, Err(SweepError::Worker(why)) if why == "no disk"));
    }

    #[test]
    fn the_first_signal_asks_and_the_second_ends() {
        let folder = tempfile::tempdir().unwrap();
        let store = planned(folder.path());
        for (signals, how) in [(1, Stop::InOrder), (2, Stop::AtOnce)] {
            let started = vec![WorkerId::from_bytes([7; 8])];
            let mut engine =
                Invented { ends: State::Running("here".into()), started: started.clone(), stopped: vec![] };
            let summary = drive(&store, "t", &options(signals), &mut engine, &mut |_, _| ()).unwrap();
            assert!(summary.interrupted);
            assert_eq!(engine.stopped, [(started[0].clone(), how)]);
        }
    }
}
