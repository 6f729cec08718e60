//! `anolab task`: a task of a cluster.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Context, DONE, INTERRUPTED, Outcome, signals};
use crate::sweep::run_task;

/// Do a task of a submission.
#[derive(clap::Args)]
pub(super) struct Task {
    /// The folder of the submission.
    #[arg(long)]
    folder: PathBuf,
    /// The number of the task.
    #[arg(long)]
    number: usize,
}

impl Task {
    pub fn run(self, context: &Context) -> Outcome {
        let (asked, time_is_up) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (heard, over) = (asked.clone(), time_is_up.clone());
        // A cluster ends what does not end itself: there is no second signal to wait for.
        signals::hear_of_time(move |is_notice| {
            over.fetch_or(is_notice, Ordering::Relaxed);
            heard.store(1, Ordering::Relaxed);
        })?;
        let task =
            crate::sweep::Task { folder: self.folder, number: self.number, signals: asked, time_is_up };
        let summary = run_task(&task, &|words| context.say(words))?;
        Ok(if summary.interrupted { INTERRUPTED } else { DONE })
    }
}
