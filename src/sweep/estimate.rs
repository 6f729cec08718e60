//! How long a sweep takes: the multiplications that are left, over how many a second there are.

use std::collections::HashMap;
use std::time::Duration;

use super::SweepError;
use super::device_trial::trial_command;
use super::plan::Planned;
use super::shared_searches;
use crate::data::Partition;
use crate::id::{FitId, RunId};
use crate::spec::{DatasetSpec, FitConfig, Label, RunConfig, Search, Split};
use crate::store::{RunState, Status, Store};
use crate::train::{
    DeviceChoice, FoundDevice, judging_multiplications, step_multiplications, training_multiplications,
};

/// Work that is over in a moment, in multiplications: no trial of the device is needed to say so.
const A_MOMENT: f64 = 2e10;

/// Steps whose multiplications differ by less than this factor take as long for each of them.
const ALIKE: f64 = 8.0;

/// The work of a sweep's fits, in the order in which they are claimed.
#[derive(Debug, Clone, Default)]
pub struct Estimate {
    fits: Vec<FitWork>,
    /// Multiplications of a training step, of most of them; absent where all are baselines.
    step: Option<f64>,
}

/// The work on one fit, in multiplications.
#[derive(Debug, Clone)]
struct FitWork {
    training: f64,
    runs: Vec<RunWork>,
}

/// What judging with a run takes, in multiplications, and the latent search that it may share.
#[derive(Debug, Clone)]
struct RunWork {
    run_id: RunId,
    judging: f64,
    search: Option<Search>,
}

impl Estimate {
    /// Of a sweep that is planned.
    pub fn planned(planned: &Planned) -> Self {
        let counts: HashMap<&str, (usize, usize, usize)> = planned
            .datasets
            .iter()
            .map(|dataset| {
                let test = dataset.items.iter().filter(|item| item.split == Split::Test).count();
                let train = dataset.count(Split::Train, Label::Normal);
                (dataset.digest.as_str(), (train, test, dataset.tiles.count()))
            })
            .collect();
        Self::new(planned.points().map(|(dataset, run, fit_id, run_id)| {
            (run_id.clone(), fit_id.clone(), run.clone(), counts[dataset.digest.as_str()])
        }))
    }

    /// Of a sweep in a store. Runs of builds whose configurations this one cannot read count nothing.
    ///
    /// # Errors
    /// Whatever the store says.
    pub fn of(store: &Store, sweep: &str) -> Result<Self, SweepError> {
        let (mut counts, mut runs) = (HashMap::new(), Vec::new());
        for run in store.listed(sweep)? {
            let Ok(config) = RunConfig::read(&run.config) else { continue };
            let count = match counts.get(&run.dataset_digest) {
                Some(count) => *count,
                None => {
                    let (train, test) = store.image_counts(&run.dataset_digest)?;
                    (train, test, tiles(store, &run.dataset_digest)?)
                }
            };
            counts.insert(run.dataset_digest, count);
            runs.push((run.run_id, run.fit_id, config, count));
        }
        Ok(Self::new(runs))
    }

    /// Runs with their fits, configurations, and numbers of training images, test images and tiles of each.
    fn new(runs: impl IntoIterator<Item = (RunId, FitId, RunConfig, (usize, usize, usize))>) -> Self {
        let (mut places, mut fits): (HashMap<FitId, usize>, Vec<FitWork>) = (HashMap::new(), Vec::new());
        let mut steps = Vec::new();
        for (run_id, fit_id, run, (train, test, tiles)) in runs {
            let held_out = (train as f64 * run.fit.holdout).round() as usize;
            let whole = train.saturating_sub(held_out);
            let trained_on = whole * tiles;
            let place = *places.entry(fit_id).or_insert_with(|| {
                steps.extend(step(&run.fit));
                fits.push(FitWork {
                    training: training_multiplications(&run.fit, trained_on),
                    runs: Vec::new(),
                });
                fits.len() - 1
            });
            let judged = (whole.min(Partition::TRAIN_SAMPLE) + held_out + test) * tiles;
            let judging = judged as f64 * judging_multiplications(&run, trained_on);
            fits[place].runs.push(RunWork { run_id, judging, search: run.search() });
        }
        Self { fits, step: median(steps) }
    }

    /// All of the work, in multiplications.
    pub fn total(&self) -> f64 {
        self.fits.iter().map(FitWork::total).sum()
    }

    /// What is left of each fit that has something left, in multiplications. Runs without a state are new.
    pub fn left(&self, states: &HashMap<RunId, RunState>) -> Vec<f64> {
        self.fits.iter().filter_map(|fit| fit.left(states)).collect()
    }
}

/// The tiles that each image of a dataset is cut into.
fn tiles(store: &Store, digest: &str) -> Result<usize, SweepError> {
    let (_, spec) = store.dataset(digest)?;
    Ok(serde_json::from_str::<DatasetSpec>(&spec).map_or(1, |spec| spec.tiles() * spec.tiles()))
}

impl FitWork {
    fn total(&self) -> f64 {
        self.training + judging(&self.runs)
    }

    fn left(&self, states: &HashMap<RunId, RunState>) -> Option<f64> {
        let has_ended = |status: Status| matches!(status, Status::Done | Status::Failed | Status::Diverged);
        let is_open = |run_id: &RunId| states.get(run_id).is_none_or(|state| !has_ended(state.status));
        let open: Vec<&RunWork> = self.runs.iter().filter(|run| is_open(&run.run_id)).collect();
        let states = || open.iter().filter_map(|run| states.get(&run.run_id));
        let training = if states().any(|state| state.trained) { 0.0 } else { self.training };
        let progress = states().map(|state| state.progress).fold(0.0, f64::max);
        // Where it was trained before, its progress is that of judging alone: then the first says more.
        let left = (training + judging(open.iter().copied())).min(self.total() * (1.0 - progress));
        (!open.is_empty()).then_some(left)
    }
}

fn judging<'a>(runs: impl IntoIterator<Item = &'a RunWork>) -> f64 {
    shared_searches::work(runs.into_iter().map(|run| (&run.search, run.judging)))
}

/// The time that the fits take, so many at once, each at so many multiplications a second.
pub fn time(left: &[f64], jobs: usize, speed: f64) -> Duration {
    let mut loads = vec![0.0_f64; jobs.max(1)];
    for work in left {
        let least = loads.iter_mut().min_by(|one, other| one.total_cmp(other)).expect("one job or more");
        *least += work;
    }
    let seconds = loads.into_iter().fold(0.0, f64::max) / speed;
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// Multiplications a second of one fit on this device: as past trainings in the store had them whose steps were about
/// as large as those of this work. Small steps spend their time on other things than multiplications.
///
/// # Errors
/// Whatever the store says.
pub fn past_speed(store: &Store, device: &FoundDevice, of: &Estimate) -> Result<Option<f64>, SweepError> {
    let past = store.past_speeds(&format!("{}: {}", device.choice, device.name))?;
    let speeds = past.iter().filter_map(|(config, images_per_second)| {
        let config = FitConfig::read(config).ok()?;
        let ratio = step(&config)? / of.step?;
        let is_alike = (1.0 / ALIKE..=ALIKE).contains(&ratio);
        is_alike.then_some(step_multiplications(&config) as f64 * images_per_second)
    });
    Ok(median(speeds.collect()))
}

/// Multiplications of a training step; absent for baselines.
fn step(config: &FitConfig) -> Option<f64> {
    Some(step_multiplications(config) as f64 * config.gan()?.batch_size as f64)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Seconds that a running sweep still takes with so many fits at once, on the device that sweeps take by themselves;
/// absent where nothing tells how fast that is.
///
/// # Errors
/// Whatever the store says, or no device.
pub fn seconds_left(store: &Store, sweep: &str, jobs: usize) -> Result<Option<f64>, SweepError> {
    let states = store.states(sweep)?.into_iter().map(|state| (state.run_id.clone(), state));
    let estimate = Estimate::of(store, sweep)?;
    let speed = past_speed(store, &DeviceChoice::Auto.find()?, &estimate)?;
    let left = estimate.left(&states.collect());
    Ok(speed.map(|speed| time(&left, jobs, speed).as_secs_f64()))
}

/// Multiplications a second by a trial of the CPU that takes a second, where there is so much to do that it is worth
/// one.
pub fn tried_speed(left: &[f64], jobs: usize) -> Option<f64> {
    if left.iter().sum::<f64>() < A_MOMENT {
        return Some(A_MOMENT);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).div_ceil(jobs.max(1));
    let mut trial = trial_command(DeviceChoice::Cpu).ok()?;
    let output =
        trial.args(["--format", "json"]).env("RAYON_NUM_THREADS", threads.to_string()).output().ok()?;
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    told["multiplications_per_second"].as_f64().filter(|speed| *speed > 0.0)
}

/// A time in the words of somebody who does not know it better: "about 3 min".
pub fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..45.0 => "under a minute".into(),
        ..5400.0 => format!("about {:.0} min", (seconds / 60.0).max(1.0)),
        ..129_600.0 => format!("about {:.0} h", seconds / 3600.0),
        _ => format!("about {:.0} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    fn estimate() -> Estimate {
        let text = "name = \"t\"\ndataset = { kind = \"synthetic\", scene = \"casting\", count = 24 }\n[base]\n\
                    image_size = 16\nwidth = 4\nbatch_size = 8\nholdout = 0.25\n[grid]\nmodel = \"anogan\"\n\
                    seed = [0, 1]\n\
                    [grid.anogan]\nlambda = [0.1, 0.2]\nsearch_steps = 3\n";
        Estimate::planned(&super::super::plan("t.toml", Sweep::parse("t.toml", text).unwrap()).unwrap())
    }

    fn states(
        estimate: &Estimate,
        state: impl Fn(usize, usize) -> (Status, bool, f64),
    ) -> HashMap<RunId, RunState> {
        let mut states = HashMap::new();
        for (nth, fit) in estimate.fits.iter().enumerate() {
            for (of, RunWork { run_id, .. }) in fit.runs.iter().enumerate() {
                let (status, trained, progress) = state(nth, of);
                let state =
                    RunState { run_id: run_id.clone(), fit_id: FitId::default(), status, trained, progress };
                states.insert(run_id.clone(), state);
            }
        }
        states
    }

    /// λ shares a fit: training counts once for two runs.
    #[test]
    fn what_is_left_is_counted_by_its_work() {
        let estimate = estimate();
        assert_eq!((estimate.fits.len(), estimate.fits[0].runs.len()), (2, 2));
        let (training, judging) = (estimate.fits[0].training, estimate.fits[0].runs[0].judging);
        assert!(training > 0.0 && judging > 0.0);
        let left = |state: fn(usize, usize) -> (Status, bool, f64)| estimate.left(&states(&estimate, state));
        let whole = training + 2.0 * judging;
        let close = |left: Vec<f64>, expected: &[f64]| {
            assert_eq!(left.len(), expected.len());
            left.iter()
                .zip(expected)
                .for_each(|(left, expected)| assert!((left - expected).abs() < 1e-6 * whole));
        };
        close(estimate.left(&HashMap::new()), &[whole, whole]);
        assert_eq!(estimate.total(), 2.0 * whole);
        close(left(|_, _| (Status::Done, true, 0.0)), &[]);
        close(
            left(|fit, _| (if fit == 0 { Status::Failed } else { Status::Running }, false, 0.5)),
            &[whole / 2.0],
        );
        close(
            left(|_, run| (if run == 0 { Status::Done } else { Status::Queued }, true, 0.0)),
            &[judging, judging],
        );
    }

    #[test]
    fn fits_share_the_jobs() {
        assert_eq!(time(&[4.0, 4.0, 4.0], 2, 2.0), Duration::from_secs(4));
        assert_eq!(time(&[4.0], 2, 2.0), Duration::from_secs(2));
        assert_eq!(time(&[], 2, 2.0), Duration::ZERO);
        let said = [0, 44, 46, 170, 5_300, 7_200, 100_000, 400_000]
            .map(|seconds| about(Duration::from_secs(seconds)));
        let expected = [
            "under a minute",
            "under a minute",
            "about 1 min",
            "about 3 min",
            "about 88 min",
            "about 2 h",
            "about 28 h",
            "about 5 days",
        ];
        assert_eq!(said, expected);
    }
}
