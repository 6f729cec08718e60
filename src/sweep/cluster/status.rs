//! How far a cluster is with a sweep: files tell what was brought, Slurm what becomes of the rest.

use std::collections::{BTreeMap, HashMap};

use super::super::SweepError;
use super::super::engine::State;
use super::bring::content;
use super::folder::Submission;
use super::jobs::states;
use crate::id::FitId;
use crate::store::Store;

/// How far a cluster is with a sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterStatus {
    /// Tasks that were submitted in all.
    pub tasks: usize,
    /// Tasks that wait, by what they wait for.
    pub pending: BTreeMap<String, usize>,
    /// Tasks that run: which, where, and how much time they have left.
    pub running: Vec<(String, String)>,
    /// Tasks with fits that are left to do and in no later task, which have ended otherwise than in order: by why.
    pub failed: BTreeMap<String, usize>,
    /// Runs in what was brought and not taken in yet, by status.
    pub brought: BTreeMap<String, usize>,
    /// Tasks that have brought those.
    pub brought_by: usize,
    /// Whether a job waits that takes them in.
    pub merges: bool,
    /// Why Slurm cannot be asked, where it cannot.
    pub unknown: Option<String>,
}

/// Looks at a sweep's submissions; absent where it has none.
///
/// # Errors
/// Whatever the store says.
pub fn cluster_status(store: &Store, sweep: &str) -> Result<Option<ClusterStatus>, SweepError> {
    let submissions = Submission::all(&store.artifacts(), sweep);
    if submissions.is_empty() {
        return Ok(None);
    }
    let mut status = ClusterStatus::default();
    for submission in &submissions {
        status.tasks += submission.jobs().arrays.iter().map(|array| array.tasks).sum::<usize>();
        for brought in submission.brought() {
            let Some(content) = content(&brought) else { continue };
            status.brought_by += 1;
            for (name, runs) in content.runs {
                *status.brought.entry(name).or_default() += runs;
            }
        }
    }
    let states = match states(sweep, &submissions) {
        Ok(states) => states,
        Err(error) => {
            status.unknown = Some(error.to_string());
            return Ok(Some(status));
        }
    };
    let fits: Vec<_> = submissions.iter().map(Submission::fits).collect();
    let to_do = store.fits_to_do(sweep)?;
    let mut last: HashMap<&FitId, usize> = HashMap::new();
    for (nth, tasks) in fits.iter().enumerate() {
        last.extend(
            tasks.iter().flatten().filter(|fit_id| to_do.contains(fit_id)).map(|fit_id| (fit_id, nth)),
        );
    }
    let is_open = |submission: usize, task: usize| {
        let of_task = fits[submission].get(task).into_iter().flatten();
        of_task.into_iter().any(|fit_id| last.get(fit_id) == Some(&submission))
    };
    for task in states {
        match (task.task, task.state) {
            (None, State::Pending(_) | State::Running(_)) => status.merges = true,
            (None, _) | (_, State::Well(_)) => (),
            (Some(_), State::Pending(why)) => *status.pending.entry(why).or_default() += 1,
            (Some(number), State::Running(how)) => {
                status.running.push((format!("{}/{number}", submissions[task.submission].name()), how));
            }
            (Some(number), State::Badly(_)) if !is_open(task.submission, number) => (),
            (Some(_), State::Badly(why)) => *status.failed.entry(why).or_default() += 1,
        }
    }
    Ok(Some(status))
}
