//! How the scores of each kind of image are distributed, and where the threshold stands.

use plotters::prelude::*;

use crate::eval::{bandwidth, density, measure, quantile};
use crate::report::draw::axis::{Axis, range};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::legend::{Entry, Legend, Sample};
use crate::report::draw::model_panels::{
    Panels, Series, axis_name, scale_of, scores_table, series, side_by_side,
};
use crate::report::draw::plot::{Heading, Plot};
use crate::report::draw::stroke::{Stroke, THIN};
use crate::report::draw::style::Style;
use crate::report::draw::theme::THRESHOLD;
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::table::Table;

pub(crate) const CAPTION: &str = "density of the anomaly scores of each kind of image (Gaussian kernels, Silverman's \
    bandwidth); the strokes underneath are the images. The upright line is the threshold, set by \
    the scores of held-out normal images to let pass the share of them that the sweep asks for.";

/// Places at which a density is computed.
const PLACES: usize = 300;
/// What lies beyond these shares of the normal and of the anomalous images is left out of the picture, and
/// counted: a few extreme scores would squeeze the rest.
const SHOWN: (f64, f64) = (0.99, 0.9);

pub(crate) struct Densities<'a> {
    group: &'a Group,
    style: Style,
}

impl<'a> Densities<'a> {
    pub fn new(group: &'a Group, style: Style) -> Self {
        Self { group, style }
    }

    fn panels(&self, width: i32) -> Panels {
        Panels::of(self.group.models.len(), 2, 0.6, width)
    }

    fn legend(&self, width: i32) -> Legend {
        let Some(model) = self.group.models.first() else { return Legend::new(Vec::new(), width) };
        let kinds = series(model, self.style);
        let kinds = kinds
            .iter()
            .map(|of| Entry::new(Sample::Line(of.line()), format!("{} ({})", of.name, of.scores.len())));
        let threshold = Entry::new(Sample::Line(Stroke::whole(THRESHOLD, THIN)), "threshold");
        Legend::new(kinds.chain([threshold]).collect(), width)
    }
}

impl Figure for Densities<'_> {
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
    let threshold = model.shown.measures.get(&measure::THRESHOLD).map(|at| scale_of(model, style).of(at));
    let x = shown_range(&series, threshold);
    let beyond = series.iter().flat_map(|of| &of.scores).filter(|score| **score > x.end).count();
    let curves: Vec<Vec<(f64, f64)>> = series.iter().map(|of| curve(&of.scores, &x)).collect();
    let highest = curves.iter().flatten().map(|point| point.1).fold(0.0, f64::max);
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let stroke = highest * 0.035;
    let name = match beyond {
        0 => axis_name(style).into(),
        _ => format!("{} ({beyond} beyond the edge)", axis_name(style)),
    };
    let above = Axis::linear("density", -3.6 * stroke..highest * 1.1).from(0.0);
    let plot = Plot::new(panel, heading, Axis::linear(name, x.clone()), above)?;
    for (nth, (of, curve)) in series.iter().zip(curves).enumerate() {
        let top = -stroke * (0.2 + 1.1 * nth as f64);
        let shown = of.scores.iter().filter(|score| x.contains(*score));
        for score in shown {
            plot.line([(*score, top), (*score, top - stroke)], Stroke::whole(of.colour, 4))?;
        }
        let filled = [(x.start, 0.0)].into_iter().chain(curve.iter().copied()).chain([(x.end, 0.0)]);
        plot.fill(filled, of.colour.mix(0.12))?;
        plot.line(curve, of.line())?;
    }
    if let Some(threshold) = threshold {
        plot.line(
            [(threshold, -3.6 * stroke), (threshold, highest * 1.1)],
            Stroke::whole(THRESHOLD, THIN + 2),
        )?;
    }
    Ok(())
}

/// From the lowest score to the [`SHOWN`] ones and the threshold.
fn shown_range(series: &[Series; 3], threshold: Option<f64>) -> std::ops::Range<f64> {
    let [train, normal, anomaly] = series;
    let shares = [(train, SHOWN.0), (normal, SHOWN.0), (anomaly, SHOWN.1)];
    let ends = shares.iter().filter_map(|(of, share)| quantile(&of.scores, *share));
    let starts = series.iter().filter_map(|of| quantile(&of.scores, 0.0));
    range(starts.chain(ends).chain(threshold))
}

/// The density at even places; nothing where all values are the same.
fn curve(values: &[f64], x: &std::ops::Range<f64>) -> Vec<(f64, f64)> {
    let Some(width) = bandwidth(values) else { return Vec::new() };
    let place = |nth: usize| x.start + (x.end - x.start) * nth as f64 / (PLACES - 1) as f64;
    (0..PLACES).map(|nth| (place(nth), density(values, width, place(nth)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::draw::model_panels::tests::of_scores;

    #[test]
    fn curves_enclose_an_area_of_one() {
        let values: Vec<f64> = (0..50).map(|nth| f64::from(nth % 7) + f64::from(nth) * 0.01).collect();
        let points = curve(&values, &(-10.0..20.0));
        let area: f64 = points.windows(2).map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0).sum();
        assert!((area - 1.0).abs() < 1e-6, "{area}");
        assert!(curve(&[2.0, 2.0], &(0.0..1.0)).is_empty());
    }

    #[test]
    fn a_far_outlier_does_not_squeeze_the_rest() {
        let mut scores: Vec<f64> = (0..200).map(|nth| f64::from(nth) / 200.0).collect();
        scores.push(1000.0);
        let series = of_scores(scores);
        assert!(shown_range(&series, Some(0.9)).end < 2.0);
        assert!(shown_range(&series, Some(5.0)).end > 5.0);
    }
}
