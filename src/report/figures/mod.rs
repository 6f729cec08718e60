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

use super::draw::render_cache::{AnyFigure, Task};
use super::draw::style::Style;
use super::error::ReportError;
use super::files::file_name;
use super::select::run_groups::{Group, ModelRuns};
use super::select::sweep_runs::Trials;

/// The figures of a sweep, and what has none.
#[derive(Default)]
pub(crate) struct Figures<'a> {
    pub tasks: Vec<Task<'a>>,
    /// Figures that would say nothing, and why: a line each.
    pub absent: Vec<String>,
}

/// All figures of a sweep: those of each image size and channel count, then those of all its runs.
pub(crate) fn of_sweep<'a>(
    groups: &'a [Group],
    sweep: &'a [Trials],
    style: Style,
) -> Result<Figures<'a>, ReportError> {
    let mut figures = Figures::default();
    for group in groups {
        of_group(group, style, &mut figures)?;
    }
    of_trials(sweep, &mut figures);
    Ok(figures)
}

/// What is added to the list.
struct Adder<'f, 'a> {
    figures: &'f mut Figures<'a>,
    group: &'a Group,
    style: Style,
}

impl<'a> Adder<'_, 'a> {
    /// A figure of the group; where there is none, `why`.
    fn add<F: AnyFigure + 'a>(&mut self, name: &str, caption: String, figure: Option<F>, why: &str) {
        let (group, title) = (self.group, self.group.title());
        let Some(figure) = figure else {
            self.figures.absent.push(format!("{title}, {}: {why}", name.replace('-', " ")));
            return;
        };
        let shown = group.shown_in_words();
        self.figures.tasks.push(Task {
            stem: stem(group, name, self.style),
            caption: format!("{title}: {caption} Shown: {shown}."),
            alt: format!("{}, {title}: {}", name.replace('-', " "), group.results_in_words()),
            figure: Box::new(figure),
        });
    }

    /// A figure of one model of the group.
    fn of_model<F: AnyFigure + 'a>(
        &mut self,
        name: &str,
        caption: String,
        model: &ModelRuns,
        figure: Option<F>,
        why: &str,
    ) {
        let title = self.group.title();
        let Some(figure) = figure else {
            self.figures.absent.push(format!("{title}, {} {name}: {why}", model.title()));
            return;
        };
        let name_of_file = format!("{name}-{}", file_name(model.name()));
        self.figures.tasks.push(Task {
            stem: stem(self.group, &name_of_file, self.style),
            caption: format!("{title}: {caption} Shown: {}, {}.", model.run_in_words(), model.how),
            alt: format!("{name} of {}, {}, {title}", model.title(), model.run_in_words()),
            figure: Box::new(figure),
        });
    }
}

/// The name of a figure's files; in the paper's style with the number that the figure has there.
fn stem(group: &Group, name: &str, style: Style) -> String {
    let clouds = group.is_of_clouds();
    let number = match name {
        "structure-anogan" => 1,
        "structure-ganomaly" => 2,
        "scatter" if clouds => 3,
        "pairs-extremes" if clouds => 4,
        "scatter" => 5,
        "pairs-extremes" => 6,
        name if name.starts_with("residuals-") => 7,
        _ => 0,
    };
    match (style, number) {
        (Style::Paper, 1..) => format!("figure-{number}-{}-{name}", group.file_stem()),
        _ => format!("{}-{name}", group.file_stem()),
    }
}

const NO_PICTURES: &str = "the store has no pictures";

/// All figures of one image size and channel count.
fn of_group<'a>(group: &'a Group, style: Style, figures: &mut Figures<'a>) -> Result<(), ReportError> {
    let mut adder = Adder { figures, group, style };
    adder.add("scatter", scatter::caption(style), Some(scatter::Scatter::new(group, style)), "");
    adder.add("densities", densities::CAPTION.into(), Some(densities::Densities::new(group, style)), "");
    adder.add("roc", roc::CAPTION.into(), Some(roc::Roc::new(group)), "");
    adder.add(
        "precision-recall",
        precision_recall::CAPTION.into(),
        Some(precision_recall::PrecisionRecall::new(group)),
        "",
    );
    adder.add(
        "calibration",
        threshold_calibration::CAPTION.into(),
        threshold_calibration::Calibration::new(group),
        "no image was held out: nothing is promised",
    );
    if !group.making_images().is_empty() {
        for choice in reconstructions::Choice::ALL {
            let figure = reconstructions::Pairs::new(group, choice)?;
            adder.add(choice.name(), choice.caption().into(), figure, NO_PICTURES);
        }
    }
    for model in group.making_images() {
        let title = model.title();
        let residuals = residual_maps::Residuals::new(group, model)?;
        adder.of_model("residuals", residual_maps::caption(title), model, residuals, NO_PICTURES);
        if model.pictures.iter().any(|picture| picture.mask.is_some()) {
            let maps = residual_masks::Maps::new(group, model)?;
            adder.of_model("maps", residual_masks::caption(title), model, maps, "no anomaly has a mask");
        }
        if model.has_epochs() {
            let why = "its configuration is that of an older build";
            let structure = architecture::Structure::new(group, model)?;
            adder.of_model("structure", architecture::caption(title), model, structure, why);
            let curves = loss_curves::Curves::new(group, model);
            adder.of_model("losses", loss_curves::caption(title), model, curves, "the store has no metrics");
        }
    }
    Ok(())
}

/// What a sweep is for: which settings matter, and what quality costs. Models without settings that vary,
/// and those of which no run has finished, have no figures of their own.
fn of_trials<'a>(sweep: &'a [Trials], figures: &mut Figures<'a>) {
    for trials in sweep {
        let title = trials.title();
        if trials.factors.is_empty() || !trials.any_finished() {
            let why = if trials.any_finished() { "no setting varies" } else { "no run has finished" };
            figures.absent.push(format!("{title}, sensitivity: {why}"));
            continue;
        }
        let extremes =
            trials.extremes().map_or(String::new(), |(low, high)| format!(" from {low:.3} to {high:.3}"));
        let mut push = |name: &str, words: &str, caption: String, figure: Box<dyn AnyFigure + 'a>| {
            figures.tasks.push(Task {
                stem: format!("sweep-{name}-{}", file_name(&trials.model)),
                caption,
                alt: format!("{words} of {title}: AUROC of {} runs{extremes}", trials.judged().count()),
                figure,
            });
        };
        let sensitivity = Box::new(sensitivity::Sensitivity::new(trials));
        push("sensitivity", "AUROC by setting", sensitivity::caption(title), sensitivity);
        let mut absent = Vec::new();
        match heatmap::Heatmap::new(trials) {
            Some(map) => {
                push("heatmap", "heat maps of pairs of settings", heatmap::caption(title), Box::new(map))
            }
            None => absent.push(format!("{title}, heat map: fewer than two settings vary")),
        }
        match parallel_coordinates::Parallel::new(trials) {
            Some(lines) => {
                let caption = parallel_coordinates::caption(title);
                push("parallel", "parallel coordinates", caption, Box::new(lines));
            }
            None => absent.push(format!(
                "{title}, parallel coordinates: fewer than two settings vary, or fewer than two runs to be trusted"
            )),
        }
        match importance::Importances::new(trials) {
            Ok(found) => push("importance", "importance of the settings", found.caption(), Box::new(found)),
            Err(why) => absent.push(format!("{title}, importance of the settings: {why}")),
        }
        figures.absent.extend(absent);
    }
    match cost_quality::Cost::new(sweep) {
        Some(cost) => figures.tasks.push(Task {
            stem: "sweep-cost".into(),
            caption: cost_quality::CAPTION.into(),
            alt: "seconds of training against AUROC, one point per setting".into(),
            figure: Box::new(cost),
        }),
        None => figures.absent.push("training time and quality: no run has both an AUROC and a time".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_numbers_of_the_paper() {
        let group = |dataset: &str| {
            let mut group = snapshots::group();
            for model in &mut group.models {
                model.shown.dataset = dataset.into();
            }
            group
        };
        let (clouds, casting) = (group("Cloud images"), group("casting"));
        let paper = |group, name| stem(group, name, Style::Paper);
        assert_eq!(paper(&clouds, "scatter"), "figure-3-32x1-scatter");
        assert_eq!(paper(&casting, "scatter"), "figure-5-32x1-scatter");
        assert_eq!(paper(&casting, "residuals-ganomaly"), "figure-7-32x1-residuals-ganomaly");
        assert_eq!(paper(&casting, "roc"), "32x1-roc");
        assert_eq!(stem(&casting, "scatter", Style::Accessible), "32x1-scatter");
    }
}
