//! Mean curves with a band over seeds, one per model: what the ROC and the precision–recall curve share.

use plotters::prelude::*;

use super::axis::Axis;
use super::figure::{Area, Drawing};
use super::legend::{Entry, Legend, Sample};
use super::plot::Plot;
use super::stroke::{Stroke, THIN};
use super::theme::line_of_model;
use crate::eval::{BandPoint, Measure, mean, standard_deviation};
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::table::{Cell, Table};

/// A model's averaged curve.
pub(crate) struct Band {
    model: String,
    stroke: Stroke,
    label: String,
    /// Whether some of its runs are not to be trusted.
    is_doubted: bool,
    points: Vec<BandPoint>,
}

impl Band {
    /// The average of a curve over the seeds of a model, labelled with the mean and deviation of a measure.
    pub fn new(
        model: &ModelRuns,
        curve: impl Fn(&[f64], &[f64]) -> Option<Vec<(f64, f64)>>,
        average: impl Fn(&[Vec<(f64, f64)>]) -> Vec<BandPoint>,
        measure: &Measure,
    ) -> Self {
        let curves: Vec<_> = model
            .seeds
            .iter()
            .filter_map(|seed| {
                let (normal, anomaly) = seed.test_scores();
                curve(&normal, &anomaly)
            })
            .collect();
        let values: Vec<f64> = model.seeds.iter().filter_map(|seed| seed.run.measures.get(measure)).collect();
        let label = match (mean(&values), standard_deviation(&values)) {
            (Some(mean), Some(deviation)) => {
                format!("{} {mean:.3} ± {deviation:.3} ({} seeds)", model.title(), values.len())
            }
            (Some(mean), None) => format!("{} {mean:.3} (1 seed)", model.title()),
            (None, _) => format!("{}: undefined", model.title()),
        };
        let doubts = model.doubts_of_seeds();
        let is_doubted = !doubts.is_empty();
        let label = if is_doubted { format!("{label}: {doubts}") } else { label };
        let name = model.name().to_string();
        Self { stroke: line_of_model(&name), model: name, label, is_doubted, points: average(&curves) }
    }
}

/// Where a figure of bands is from: every run of every model in it.
pub(crate) fn origin(group: &Group) -> String {
    group.origin_of_seeds(&group.models.iter().collect::<Vec<_>>())
}

/// Which line is which model, over the plots.
pub(crate) fn legend(bands: &[Band], width: i32) -> Legend {
    let entry = |band: &Band| Entry {
        is_alarm: band.is_doubted,
        ..Entry::new(Sample::Line(band.stroke), band.label.clone())
    };
    Legend::new(bands.iter().map(entry).collect(), width)
}

/// The curves point by point.
pub(crate) fn table(bands: &[Band], [x, y]: [&str; 2]) -> Table {
    let columns =
        ["model", x, &format!("{y}, mean"), &format!("{y}, low"), &format!("{y}, high")].map(String::from);
    let rows = bands.iter().flat_map(|band| {
        band.points.iter().map(|point| {
            let numbers = [point.x, point.mean, point.low, point.high].map(Cell::Real);
            [Cell::Text(band.model.clone())].into_iter().chain(numbers).collect()
        })
    });
    Table { columns: columns.to_vec(), rows: rows.collect() }
}

/// A panel of bands.
pub(crate) struct Panel<'a> {
    pub title: &'a str,
    pub x: Axis,
    pub y: Axis,
    /// Dashed: what chance gives.
    pub chance: Vec<(f64, f64)>,
}

const CHANCE: RGBColor = RGBColor(150, 150, 150);

impl Panel<'_> {
    pub fn draw(self, area: &Area<'_>, bands: &[Band]) -> Drawing {
        let end = self.x.range.end;
        let plot = Plot::new(area, self.title, self.x, self.y)?;
        plot.line(self.chance, Stroke::dashed(CHANCE, THIN))?;
        let inside = |point: &&BandPoint| point.x <= end;
        for Band { stroke, points, .. } in bands {
            let upper = points.iter().filter(inside).map(|point| (point.x, point.high));
            let lower = points.iter().filter(inside).rev().map(|point| (point.x, point.low));
            plot.fill(upper.chain(lower), stroke.colour.mix(0.18))?;
        }
        for Band { stroke, points, .. } in bands {
            plot.line(points.iter().filter(inside).map(|point| (point.x, point.mean)), *stroke)?;
        }
        Ok(())
    }
}
