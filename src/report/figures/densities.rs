//! How the scores of each kind of image are distributed, and where the threshold stands.

use plotters::prelude::*;

use crate::eval::{bandwidth, density, measure, quantile};
use crate::report::draw::axis::{range, tick};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::model_panels::{Grid, Series, series, side_by_side};
use crate::report::draw::text::{FAMILY, text};
use crate::report::draw::theme::{Style, THRESHOLD};
use crate::report::select::run_groups::{Group, ModelRuns};

pub(crate) const CAPTION: &str = "density of the anomaly scores of each kind of image (Gaussian kernels, Silverman's \
    bandwidth); the strokes underneath are the images. The line is the threshold, which promises that 5 % of \
    normal images lie above it, from the scores of held-out ones.";

/// Places at which a density is computed.
const PLACES: usize = 300;
/// What lies beyond these shares of the normal and of the anomalous images is left out of the picture, and
/// counted: a few extreme scores would squeeze the rest.
const SHOWN: (f64, f64) = (0.99, 0.9);

pub(crate) struct Densities<'a> {
    group: &'a Group,
    style: Style,
    grid: Grid,
}

impl<'a> Densities<'a> {
    pub fn new(group: &'a Group, style: Style) -> Self {
        Self { group, style, grid: Grid::of(group, 430) }
    }
}

impl Figure for Densities<'_> {
    fn size(&self) -> (u32, u32) {
        self.grid.size()
    }

    fn origin(&self) -> String {
        self.group.origin(&self.group.models.iter().collect::<Vec<_>>())
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        side_by_side(area, self.grid, self.group, |panel, model, heading| {
            draw_panel(panel, model, self.style, heading)
        })
    }
}

fn draw_panel<DB: DrawingBackend>(
    panel: &Area<'_, DB>,
    model: &ModelRuns,
    style: Style,
    heading: &str,
) -> Drawing<DB>
where
    DB::ErrorType: 'static,
{
    let series = series(model, style);
    let threshold = model.shown.measures.get(&measure::THRESHOLD);
    let x = shown_range(&series, threshold, style);
    let beyond = series.iter().flat_map(|of| &of.scores).filter(|score| **score > x.end).count();
    let curves: Vec<Vec<(f64, f64)>> = series.iter().map(|of| curve(&of.scores, &x)).collect();
    let highest = curves.iter().flatten().map(|point| point.1).fold(0.0, f64::max);
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let stroke = highest * 0.035;
    let mut chart = ChartBuilder::on(panel)
        .caption(heading, (FAMILY, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(x.clone(), -3.6 * stroke..highest * 1.4)?; // room for strokes and legend
    let desc = match beyond {
        0 => "anomaly score".into(),
        _ => format!("anomaly score ({beyond} beyond the right edge)"),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .x_desc(desc)
        .y_desc("density")
        .x_labels(7)
        .x_label_formatter(&tick)
        .y_label_formatter(&|value: &f64| if *value < 0.0 { String::new() } else { tick(value) })
        .axis_desc_style(text(15, &BLACK))
        .label_style(text(13, &BLACK))
        .draw()?;
    for (nth, (Series { name, colour, scores }, curve)) in series.iter().zip(curves).enumerate() {
        let (colour, top) = (*colour, -stroke * (0.2 + 1.1 * nth as f64));
        let strokes = scores.iter().filter(|score| x.contains(*score));
        chart.draw_series(
            strokes.map(|score| PathElement::new([(*score, top), (*score, top - stroke)], colour.mix(0.5))),
        )?;
        let filled = [(x.start, 0.0)].into_iter().chain(curve.iter().copied()).chain([(x.end, 0.0)]);
        chart.draw_series([Polygon::new(filled.collect::<Vec<_>>(), colour.mix(0.14))])?;
        chart
            .draw_series(LineSeries::new(curve, colour.stroke_width(2)))?
            .label(format!("{name} ({})", scores.len()))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    if let Some(threshold) = threshold {
        let line = [(threshold, -3.6 * stroke), (threshold, highest * 1.06)];
        chart
            .draw_series(LineSeries::new(line, THRESHOLD.stroke_width(1)))?
            .label(format!("threshold {}", tick(&threshold)))
            .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], THRESHOLD));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .label_font(text(13, &BLACK))
        .draw()
}

/// From the lowest score to the [`SHOWN`] ones and the threshold.
fn shown_range(series: &[Series], threshold: Option<f64>, style: Style) -> std::ops::Range<f64> {
    let ends = series
        .iter()
        .filter_map(|of| quantile(&of.scores, if of.colour == style.anomaly() { SHOWN.1 } else { SHOWN.0 }));
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
        let series = [Series { name: "normal", colour: THRESHOLD, scores }];
        assert!(shown_range(&series, Some(0.9), Style::default()).end < 2.0);
        assert!(shown_range(&series, Some(5.0), Style::default()).end > 5.0);
    }
}
