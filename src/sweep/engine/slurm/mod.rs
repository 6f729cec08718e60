//! Slurm: jobs and arrays of tasks are submitted, asked for and cancelled by its own commands.

mod commands;
mod error;
mod queue;
mod script;
mod time;

pub(in crate::sweep) use commands::{ask, check, most_tasks};
pub use error::SlurmError;
pub(in crate::sweep) use queue::TaskName;
pub(in crate::sweep) use script::{Head, paths, quote};

use super::{Engine, State, Stop};
use crate::sweep::SweepError;

/// A cluster.
pub(in crate::sweep) struct Slurm {
    /// What all of its jobs here are called.
    name: String,
    jobs: Vec<u64>,
}

/// A job as `sbatch` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sweep) struct Batch {
    /// Options of `sbatch`.
    pub options: Vec<String>,
    /// The script, and what it is given.
    pub script: Vec<String>,
}

impl Slurm {
    /// With jobs of this name that were started before.
    pub fn new(name: impl Into<String>, jobs: Vec<u64>) -> Self {
        Self { name: name.into(), jobs }
    }
}

impl Batch {
    /// The arguments of `sbatch`.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.options.iter().chain(&self.script).map(String::as_str)
    }

    /// Has Slurm look at it, and start nothing.
    ///
    /// # Errors
    /// Why it would be refused: a partition, an account or a resource that is not there.
    pub fn check(&self) -> Result<(), SlurmError> {
        let arguments: Vec<&str> = std::iter::once("--test-only").chain(self.arguments()).collect();
        ask("sbatch", &arguments).map(drop)
    }
}

impl Engine for Slurm {
    type Work = Batch;
    type Name = TaskName;

    fn start(&mut self, work: &Batch) -> Result<TaskName, SweepError> {
        let arguments: Vec<&str> = std::iter::once("--parsable").chain(work.arguments()).collect();
        let answer = ask("sbatch", &arguments)?;
        // `job` or `job;cluster`, behind whatever the site has sbatch say.
        let id = answer.lines().last().and_then(|line| line.trim().split(';').next()?.parse().ok());
        let job = id.ok_or(SlurmError::Answer { command: "sbatch", said: answer.trim().into() })?;
        self.jobs.push(job);
        Ok(TaskName { job, index: None })
    }

    /// Of an array every task. Those that have ended are not told of where the cluster keeps no accounts.
    fn poll(&mut self) -> Result<Vec<(TaskName, State)>, SweepError> {
        if self.jobs.is_empty() {
            return Ok(Vec::new());
        }
        let mut tasks = queue::queued(&self.name, &self.jobs)?;
        let ended = queue::ended(&self.jobs).unwrap_or_default();
        let waiting: std::collections::BTreeSet<TaskName> =
            tasks.iter().map(|(task, _)| task.clone()).collect();
        tasks.extend(ended.into_iter().filter(|(task, _)| !waiting.contains(task)));
        Ok(tasks)
    }

    fn stop(&mut self, task: &TaskName, how: Stop) -> Result<(), SweepError> {
        let mut arguments = vec![task.text()];
        if how == Stop::AtOnce {
            arguments.insert(0, "--signal=KILL".into());
        }
        Ok(ask("scancel", &arguments).map(drop)?)
    }
}
