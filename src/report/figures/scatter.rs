//! Figures 3 and 5 of the paper: every image's score, in the order train, normal, anomaly.

use plotters::prelude::*;

use crate::eval::{measure, quantile};
use crate::report::draw::axis::{Axis, logarithmic_range, range};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::legend::{Entry, Legend, Sample};
use crate::report::draw::model_panels::{Panels, axis_name, scale_of, scores_table, series, side_by_side};
use crate::report::draw::plot::{Heading, Plot};
use crate::report::draw::stroke::{Stroke, THIN};
use crate::report::draw::style::Style;
use crate::report::draw::theme::THRESHOLD;
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::table::Table;

pub(crate) fn caption(style: Style) -> String {
    let scaled = match style {
        Style::Accessible => {
            " An axis is logarithmic where a few high scores would squeeze the others, and none is 0 or less."
        }
        Style::Paper => " Scores are scaled so that those shown go from 0 to 1, as in the paper.",
    };
    format!(
        "anomaly scores of a sample of the training images, the normal and the anomalous test images. The line is \
         the threshold, set by the scores of held-out normal images to let pass the share of them that the sweep asks \
         for.{scaled}"
    )
}

const BETWEEN: RGBColor = RGBColor(190, 190, 190);
const MARK: i32 = 13;

pub(crate) struct Scatter<'a> {
    group: &'a Group,
    style: Style,
}

impl<'a> Scatter<'a> {
    pub fn new(group: &'a Group, style: Style) -> Self {
        Self { group, style }
    }

    fn panels(&self, width: i32) -> Panels {
        Panels::of(self.group.models.len(), 2, 0.6, width)
    }

    /// Once for all panels: they show the same images.
    fn legend(&self, width: i32) -> Legend {
        let Some(model) = self.group.models.first() else { return Legend::new(Vec::new(), width) };
        let kinds = series(model, self.style);
        let mut entries: Vec<Entry> = kinds
            .iter()
            .map(|of| {
                Entry::new(Sample::Mark(of.marker, of.colour), format!("{} ({})", of.name, of.scores.len()))
            })
            .collect();
        if self.group.models.iter().any(|model| model.shown.measures.get(&measure::THRESHOLD).is_some()) {
            entries.push(Entry::new(Sample::Line(Stroke::whole(THRESHOLD, THIN)), "threshold"));
        }
        Legend::new(entries, width)
    }
}

impl Figure for Scatter<'_> {
    fn height(&self, width: i32) -> i32 {
        self.legend(width).height() + self.panels(width).whole()
    }

    fn origin(&self) -> String {
        self.group.origin(&self.group.models.iter().collect::<Vec<_>>())
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let legend = self.legend(width);
        let (top, panels) = area.split_vertically(legend.height());
        legend.draw(&top)?;
        side_by_side(&panels, self.panels(width), self.group, |panel, model, heading| {
            draw_panel(panel, model, self.style, heading)
        })
    }

    fn data(&self) -> Option<Table> {
        Some(scores_table(self.group))
    }
}

fn draw_panel(panel: &Area<'_>, model: &ModelRuns, style: Style, heading: Heading) -> Drawing {
    let series = series(model, style);
    let total: usize = series.iter().map(|of| of.scores.len()).sum();
    let threshold = model.shown.measures.get(&measure::THRESHOLD).map(|at| scale_of(model, style).of(at));
    let scores: Vec<f64> = series.iter().flat_map(|of| of.scores.iter().copied()).collect();
    let shown = scores.iter().copied().chain(threshold);
    let y = match style {
        Style::Accessible if is_squeezed(&scores) && threshold.is_none_or(|at| at > 0.0) => {
            Axis::logarithmic(format!("{}, logarithmic", axis_name(style)), logarithmic_range(shown))
        }
        _ => Axis::linear(axis_name(style), range(shown)),
    };
    let images = Axis::whole("images: training, normal, anomalous", -0.5..total.max(1) as f64 - 0.5);
    let plot = Plot::new(panel, heading, images, y)?;
    let mut first = 0;
    for of in series {
        if first > 0 {
            let x = first as f64 - 0.5;
            plot.line([(x, plot.y.range.start), (x, plot.y.range.end)], Stroke::whole(BETWEEN, THIN))?;
        }
        for (nth, score) in of.scores.iter().enumerate() {
            plot.mark(((first + nth) as f64, *score), of.marker, MARK, of.colour)?;
        }
        first += of.scores.len();
    }
    if let Some(threshold) = threshold {
        let line = [(plot.x.range.start, threshold), (plot.x.range.end, threshold)];
        plot.line(line, Stroke::whole(THRESHOLD, THIN + 2))?;
    }
    Ok(())
}

/// Whether half of these lie in the lowest twentieth of their range, and a logarithmic axis, which holds nothing but
/// values above 0, helps.
fn is_squeezed(scores: &[f64]) -> bool {
    let [low, median, high] = [0.0, 0.5, 1.0].map(|share| quantile(scores, share).unwrap_or(0.0));
    let helps = || (median / low).ln() >= 0.05 * (high / low).ln();
    low > 0.0 && median - low < 0.05 * (high - low) && helps()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_high_scores_do_not_squeeze_the_others() {
        assert!(is_squeezed(&[1.0, 2.0, 3.0, 4.0, 100.0]));
        assert!(!is_squeezed(&[1.0, 2.0, 30.0, 40.0, 100.0]));
        assert!(!is_squeezed(&[0.0, 2.0, 3.0, 4.0, 100.0]), "0 has no place on a logarithmic axis");
        assert!(!is_squeezed(&[1000.0, 1002.0, 1005.0, 1010.0, 2000.0]), "a logarithm does not spread them");
        assert!(!is_squeezed(&[2.0, 2.0]) && !is_squeezed(&[]));
    }
}
