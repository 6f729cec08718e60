//! Mean curves with a band over seeds, one per model: what the ROC and the precision–recall curve share.

use plotters::prelude::*;

use super::figure::{Area, Drawing};
use super::text::{FAMILY, text};
use super::theme::colour_of_model;
use crate::eval::{BandPoint, Measure, mean, standard_deviation};
use crate::report::draw::axis::tick;
use crate::report::select::run_groups::{Group, ModelRuns};

/// A model's averaged curve.
pub(crate) struct Band {
    colour: RGBColor,
    label: String,
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
        Self { colour: colour_of_model(model.name()), label, points: average(&curves) }
    }
}

/// Where a figure of bands is from: every run of every model in it.
pub(crate) fn origin(group: &Group) -> String {
    group.origin_of_seeds(&group.models.iter().collect::<Vec<_>>())
}

/// A panel of bands.
pub(crate) struct Panel<'a> {
    pub title: &'a str,
    pub x: (&'a str, std::ops::Range<f64>),
    pub y: (&'a str, std::ops::Range<f64>),
    /// Dashed: what chance gives.
    pub chance: Vec<(f64, f64)>,
    pub legend: Option<SeriesLabelPosition>,
}

impl Panel<'_> {
    pub fn draw<DB: DrawingBackend>(self, area: &Area<'_, DB>, bands: &[Band]) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, (FAMILY, 18))
            .margin(12)
            .margin_right(22)
            .x_label_area_size(44)
            .y_label_area_size(60)
            .build_cartesian_2d(self.x.1.clone(), self.y.1.clone())?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc(self.x.0)
            .y_desc(self.y.0)
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .axis_desc_style(text(15, &BLACK))
            .label_style(text(13, &BLACK))
            .draw()?;
        chart.draw_series(DashedLineSeries::new(
            self.chance,
            5,
            4,
            RGBColor(150, 150, 150).stroke_width(1),
        ))?;
        for Band { colour, points, .. } in bands {
            let inside = |point: &&BandPoint| self.x.1.contains(&point.x) || point.x == self.x.1.end;
            let upper = points.iter().filter(inside).map(|point| (point.x, point.high));
            let lower = points.iter().filter(inside).rev().map(|point| (point.x, point.low));
            chart.draw_series([Polygon::new(upper.chain(lower).collect::<Vec<_>>(), colour.mix(0.18))])?;
        }
        for Band { colour, label, points } in bands {
            let (colour, inside) = (*colour, |point: &&BandPoint| point.x <= self.x.1.end);
            let line = points.iter().filter(inside).map(|point| (point.x, point.mean));
            chart
                .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
                .label(label)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
        }
        let Some(place) = self.legend else { return Ok(()) };
        chart
            .configure_series_labels()
            .position(place)
            .background_style(WHITE.mix(0.85))
            .border_style(RGBColor(200, 200, 200))
            .label_font(text(13, &BLACK))
            .draw()
    }
}
