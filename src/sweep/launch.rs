//! From a sweep file to workers that can begin: the device's trial, the plan, decoded images, fits that find room.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::SweepError;
use super::cores::cores;
use super::device_trial::try_device;
use super::plan::{Overview, Planned, overview, plan, prepare};
use crate::spec::{RunConfig, Sweep};
use crate::store::Store;
use crate::train::{DeviceChoice, FoundDevice, free_memory, needed_memory};

/// How many fits run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// On a CPU one per core, on a GPU one; fewer where memory is short.
    Auto,
    /// So many; fewer where memory is short.
    Exactly(usize),
}

/// How a sweep is wanted to be run.
#[derive(Debug, Clone, Copy)]
pub struct Launch {
    /// Where to compute.
    pub device: DeviceChoice,
    /// Fits at once.
    pub jobs: Jobs,
    /// Queue failed and diverged runs again.
    pub retry: bool,
    /// Do not check first that a GPU computes what the CPU does.
    pub skip_trial: bool,
}

/// Told what happens while a sweep is made ready.
pub trait Watcher {
    /// A GPU is about to be tried.
    fn trying(&mut self, device: &FoundDevice);
    /// So many images are about to be decoded: what is given back is called after each, from many threads.
    fn decoding(&mut self, images: usize) -> Box<dyn Fn() + Sync>;
}

/// A sweep that is planned in a store, and all that its workers need.
pub struct Ready {
    /// Where its runs are.
    pub store: Store,
    /// The sweep.
    pub planned: Planned,
    /// What is to do.
    pub overview: Overview,
    /// Where it will be computed.
    pub device: FoundDevice,
    /// Fits at once.
    pub room: Room,
    /// Runs that the store's sweep of this name had and has no more.
    pub dropped: usize,
}

/// How many fits find memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Fits at once.
    pub jobs: usize,
    /// Whether memory allows fewer than were wanted, or even one only by hope.
    pub is_short: bool,
    /// Bytes that the largest fit takes, roughly.
    pub needed: u64,
    /// Bytes that are free; absent where the device does not tell.
    pub free: Option<u64>,
}

impl FromStr for Jobs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(jobs @ 1..=256) => Ok(Self::Exactly(jobs)),
            _ if text == "auto" => Ok(Self::Auto),
            _ => Err("`auto`, or a number from 1 to 256".into()),
        }
    }
}

impl fmt::Display for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Exactly(jobs) => write!(f, "{jobs}"),
        }
    }
}

/// Tries the device, plans the sweep in the store at `path`, decodes its images, and looks how many fits find room.
///
/// # Errors
/// A device that is not there or does not compute what the CPU does, images that are not as they should be, or
/// whatever the store says.
pub fn make_ready(
    path: &Path,
    file: &str,
    sweep: Sweep,
    launch: &Launch,
    watcher: &mut dyn Watcher,
) -> Result<Ready, SweepError> {
    let device = working_device(launch.device, launch.skip_trial, &mut |device| watcher.trying(device))?;
    let planned = plan(file, sweep)?;
    let store = Store::open(path)?;
    let decoded = watcher.decoding(planned.decodings());
    let dropped = prepare(&planned, &store, launch.retry, &*decoded)?;
    let overview = overview(&planned, Some(&store))?;
    let room = room(&planned.sweep.runs, device.choice, launch.jobs);
    Ok(Ready { store, planned, overview, device, room, dropped })
}

/// The device that is meant here, and computes what the CPU does; `trying` is told of one that is about to be tried.
///
/// # Errors
/// It is not there, or it does not compute what the CPU does.
pub(super) fn working_device(
    choice: DeviceChoice,
    skip_trial: bool,
    trying: &mut dyn FnMut(&FoundDevice),
) -> Result<FoundDevice, SweepError> {
    let device = choice.find()?;
    if device.choice != DeviceChoice::Cpu && !skip_trial {
        trying(&device);
        try_device(&device).map_err(|why| SweepError::Unusable { device: device.choice, why })?;
    }
    Ok(device)
}

/// As many fits at once as are wanted and find memory; one in any case, as the need is an estimate.
pub fn room(runs: &[RunConfig], device: DeviceChoice, jobs: Jobs) -> Room {
    let on_gpu = device != DeviceChoice::Cpu;
    let wanted = match jobs {
        Jobs::Exactly(jobs) => jobs,
        Jobs::Auto if on_gpu => 1,
        Jobs::Auto => cores(),
    };
    let needed = runs.iter().map(|run| needed_memory(&run.fit, on_gpu)).max().unwrap_or(0);
    within(wanted, needed, free_memory(device))
}

fn within(wanted: usize, needed: u64, free: Option<u64>) -> Room {
    let fitting = free.map_or(wanted, |free| usize::try_from(free / needed.max(1)).unwrap_or(wanted));
    Room { jobs: fitting.clamp(1, wanted.max(1)), is_short: fitting < wanted, needed, free }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_limits_the_fits_at_once() {
        assert_eq!(within(4, 10, None), Room { jobs: 4, is_short: false, needed: 10, free: None });
        assert_eq!((within(4, 10, Some(45)).jobs, within(4, 10, Some(45)).is_short), (4, false));
        assert_eq!((within(4, 10, Some(25)).jobs, within(4, 10, Some(25)).is_short), (2, true));
        assert_eq!(
            (within(1, 10, Some(5)).jobs, within(1, 10, Some(5)).is_short),
            (1, true),
            "it may fit after all"
        );
        assert_eq!(within(2, 0, Some(5)).jobs, 2);
    }

    #[test]
    fn jobs_are_read_as_they_are_written() {
        for jobs in [Jobs::Auto, Jobs::Exactly(1), Jobs::Exactly(256)] {
            assert_eq!(jobs.to_string().parse(), Ok(jobs));
        }
        for wrong in ["0", "257", "-1", "all", ""] {
            assert!(wrong.parse::<Jobs>().is_err(), "{wrong}");
        }
    }
}
