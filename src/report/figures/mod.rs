//! The figures of a report, one per file, and the one list of them.

pub(crate) mod architecture;
pub(crate) mod cost_quality;
pub(crate) mod densities;
pub(crate) mod heatmap;
pub(crate) mod importance;
pub(crate) mod loss_curves;
pub(crate) mod parallel_coordinates;
pub(crate) mod precision_recall;
pub(crate) mod reconstructions;
pub(crate) mod residual_maps;
pub(crate) mod residual_masks;
pub(crate) mod roc;
pub(crate) mod scatter;
pub(crate) mod sensitivity;
#[cfg(test)]
mod snapshots;
pub(crate) mod threshold_calibration;
pub(crate) mod train_test_distances;

use super::draw::render_cache::{Drawn, Task};
use super::draw::theme::Style;
use super::error::ReportError;
use super::select::run_groups::Group;
use super::select::sweep_runs::Trials;

/// All figures of a sweep: those of each image size and channel count, then those of all its runs.
pub(crate) fn of_sweep<'a>(
    groups: &'a [Group],
    sweep: &'a [Trials],
    style: Style,
) -> Result<Vec<Task<'a>>, ReportError> {
    let mut tasks = Vec::new();
    for group in groups {
        tasks.extend(group_figures(group, style)?);
    }
    tasks.extend(sweep_figures(sweep));
    Ok(tasks)
}

/// All figures of one image size and channel count.
fn group_figures<'a>(group: &'a Group, style: Style) -> Result<Vec<Task<'a>>, ReportError> {
    let task = |name: &str, caption: String, figure: Box<dyn Drawn + 'a>| Task {
        stem: format!("{}-{name}", group.file_stem()),
        caption: format!("{}: {caption}", group.title()),
        figure,
    };
    let mut tasks = vec![
        task("scatter", scatter::CAPTION.into(), Box::new(scatter::Scatter::new(group, style))),
        task("densities", densities::CAPTION.into(), Box::new(densities::Densities::new(group, style))),
        task("roc", roc::CAPTION.into(), Box::new(roc::Roc::new(group))),
        task(
            "precision-recall",
            precision_recall::CAPTION.into(),
            Box::new(precision_recall::PrecisionRecall::new(group)),
        ),
        task(
            "calibration",
            threshold_calibration::CAPTION.into(),
            Box::new(threshold_calibration::Calibration::new(group)),
        ),
    ];
    if !group.making_images().is_empty() {
        for choice in reconstructions::Choice::ALL {
            let figure = Box::new(reconstructions::Pairs::new(group, choice)?);
            tasks.push(task(choice.name(), choice.caption().into(), figure));
        }
    }
    for model in group.making_images() {
        let (name, title) = (model.name(), model.title());
        let residuals = Box::new(residual_maps::Residuals::new(group, model)?);
        tasks.push(task(&format!("residuals-{name}"), residual_maps::caption(title), residuals));
        if let Some(maps) = residual_masks::Maps::new(group, model)? {
            tasks.push(task(&format!("maps-{name}"), residual_masks::caption(title), Box::new(maps)));
        }
        if model.has_epochs() {
            let structure = Box::new(architecture::Structure::new(group, model)?);
            tasks.push(task(&format!("structure-{name}"), architecture::caption(title), structure));
            let curves = Box::new(loss_curves::Curves::new(group, model));
            tasks.push(task(&format!("losses-{name}"), loss_curves::caption(title), curves));
        }
    }
    Ok(tasks)
}

/// What a sweep is for: which settings matter, and what quality costs. Models without settings that vary,
/// and those of which no run has finished, have no figures of their own.
fn sweep_figures<'a>(sweep: &'a [Trials]) -> Vec<Task<'a>> {
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
        if let Some(parallel) = parallel_coordinates::Parallel::new(trials) {
            push("parallel", parallel_coordinates::caption(title), Box::new(parallel));
        }
        let importances = importance::Importances::new(trials);
        push("importance", importances.caption(), Box::new(importances));
    }
    let figure = Box::new(cost_quality::Cost::new(sweep));
    tasks.push(Task { stem: "sweep-cost".into(), caption: cost_quality::CAPTION.into(), figure });
    tasks
}
