//! The figures of a whole sweep, whatever the sizes of its images.

use super::drawing::{Drawn, Task};
use super::trials::Trials;
use super::{cost, heatmap, importance, parallel, sensitivity};

/// What a sweep is for: which settings matter, and what quality costs. Models without settings that vary,
/// and those of which no run has finished, have no figures of their own.
pub(super) fn sweep_figures<'a>(sweep: &'a [Trials]) -> Vec<Task<'a>> {
    let mut tasks = Vec::new();
    let varied = |trials: &&Trials| !trials.factors.is_empty() && trials.any_finished();
    for trials in sweep.iter().filter(varied) {
        let title = trials.title();
        let mut push = |name: &str, caption: String, figure: Box<dyn Drawn + 'a>| {
            tasks.push(Task { stem: format!("sweep-{name}-{}", trials.model), caption, figure });
        };
        push("sensitivity", sensitivity::caption(title), Box::new(sensitivity::Sensitivity::new(trials)));
        if let Some(heatmap) = heatmap::Heatmap::new(trials) {
            push("heatmap", heatmap::caption(title), Box::new(heatmap));
        }
        if let Some(parallel) = parallel::Parallel::new(trials) {
            push("parallel", parallel::caption(title), Box::new(parallel));
        }
        let importances = importance::Importances::new(trials);
        push("importance", importances.caption(), Box::new(importances));
    }
    let figure = Box::new(cost::Cost::new(sweep));
    tasks.push(Task { stem: "sweep-cost".into(), caption: cost::CAPTION.into(), figure });
    tasks
}
