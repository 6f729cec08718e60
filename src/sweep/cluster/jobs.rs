//! The jobs of a sweep's submissions: which of their tasks wait or run, and their end.

use std::collections::HashSet;

use super::super::SweepError;
use super::super::engine::slurm::{Slurm, SlurmError, TaskName};
use super::super::engine::{Engine, State, Stop};
use super::folder::Submission;
use crate::id::FitId;
use crate::store::Artifacts;

/// What the jobs of a sweep are called.
pub(super) fn name(sweep: &str) -> String {
    format!("anolab-{sweep}")
}

/// A task of a submission, and how the cluster says it is.
#[derive(Debug, Clone)]
pub(super) struct TaskState {
    /// The submission, by its place.
    pub submission: usize,
    /// The task's number; absent for the job that merges.
    pub task: Option<usize>,
    /// How it is.
    pub state: State,
}

/// Asks the cluster for all tasks of a sweep. Those that ended long ago may be forgotten.
///
/// # Errors
/// `squeue` is not here, or has no controller to ask.
pub(super) fn states(sweep: &str, submissions: &[Submission]) -> Result<Vec<TaskState>, SweepError> {
    let jobs: Vec<_> = submissions.iter().map(Submission::jobs).collect();
    let arrays = jobs.iter().flat_map(|jobs| jobs.arrays.iter().map(|array| array.job));
    let all = arrays.chain(jobs.iter().filter_map(|jobs| jobs.after)).collect();
    let told = Slurm::new(name(sweep), all).poll()?;
    let place = |TaskName { job, index }: &TaskName| {
        jobs.iter().enumerate().find_map(|(submission, jobs)| {
            let array = jobs.arrays.iter().find(|array| array.job == *job);
            match (array, index) {
                (Some(array), Some(index)) if *index < array.tasks => {
                    Some((submission, Some(array.first + index)))
                }
                _ => (jobs.after == Some(*job)).then_some((submission, None)),
            }
        })
    };
    let states = told.into_iter().filter_map(|(name, state)| {
        let (submission, task) = place(&name)?;
        Some(TaskState { submission, task, state })
    });
    Ok(states.collect())
}

/// The fits of tasks that wait or run.
pub(super) fn under_way(submissions: &[Submission], states: &[TaskState]) -> HashSet<FitId> {
    let fits: Vec<_> = submissions.iter().map(Submission::fits).collect();
    let at_it = states.iter().filter(|task| matches!(task.state, State::Pending(_) | State::Running(_)));
    at_it.filter_map(|task| fits[task.submission].get(task.task?)).flatten().cloned().collect()
}

/// Cancels the tasks of a sweep that wait or run: those that run bring what they have, and the job behind them takes it
/// in. Gives back how many tasks that were.
///
/// # Errors
/// A sweep that no cluster was given, or whatever Slurm says.
pub fn cancel(artifacts: &Artifacts, sweep: &str) -> Result<usize, SweepError> {
    let submissions = Submission::all(artifacts, sweep);
    if submissions.is_empty() {
        return Err(SlurmError::Unknown(sweep.into()).into());
    }
    let states = states(sweep, &submissions)?;
    let at_it: Vec<&TaskState> = states
        .iter()
        .filter(|task| task.task.is_some() && matches!(task.state, State::Pending(_) | State::Running(_)))
        .collect();
    let mut cluster = Slurm::new(name(sweep), Vec::new());
    for (nth, submission) in submissions.iter().enumerate() {
        if !at_it.iter().any(|task| task.submission == nth) {
            continue;
        }
        for array in submission.jobs().arrays {
            let tasks = array.first..array.first + array.tasks;
            let is_left = |task: &&&TaskState| {
                task.submission == nth && task.task.is_some_and(|task| tasks.contains(&task))
            };
            if at_it.iter().any(|task| is_left(&task)) {
                cluster.stop(&TaskName { job: array.job, index: None }, Stop::InOrder)?;
            }
        }
    }
    Ok(at_it.len())
}
