//! Places to run. An engine starts this program somewhere, tells how it is, and stops it: nothing more. What follows
//! from a failure, a limit or an interruption is decided above, once for all of them.

mod local;
pub(super) mod slurm;

pub(super) use local::{Local, WorkerCommand};

use super::SweepError;

/// A place to run.
pub(super) trait Engine {
    /// What it is given to do.
    type Work;
    /// What it calls that.
    type Name;

    /// Starts work.
    fn start(&mut self, work: &Self::Work) -> Result<Self::Name, SweepError>;

    /// How all is that was started. What has ended is told of at least once.
    fn poll(&mut self) -> Result<Vec<(Self::Name, State)>, SweepError>;

    /// Stops work; what has ended already is no error.
    fn stop(&mut self, name: &Self::Name, how: Stop) -> Result<(), SweepError>;
}

/// How work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It waits: for what.
    Pending(String),
    /// It is being done: where, and how long it may yet.
    Running(String),
    /// It has ended in order, with these words.
    Well(String),
    /// It has ended otherwise: why, in words.
    Badly(String),
}

/// How work is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It finishes its step and keeps what it has.
    InOrder,
    /// At once.
    AtOnce,
}
