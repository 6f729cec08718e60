//! How the scores of each kind of image are distributed.

use plotters::prelude::*;

use super::canvas::{Area, Drawing, FAMILY, Figure, THRESHOLD, range, text, tick};
use super::panels::{Grid, Series, series, side_by_side};
use super::select::{Group, ModelRuns};
use super::style::Style;

pub(super) const CAPTION: &str = "share of the images of each kind by anomaly score. The line is the 95th percentile \
    of the scores of held-out normal images.";

const BINS: usize = 40;

pub(super) struct Histogram<'a> {
    group: &'a Group,
    style: Style,
    grid: Grid,
}

impl<'a> Histogram<'a> {
    pub fn new(group: &'a Group, style: Style) -> Self {
        Self { group, style, grid: Grid::of(group, 410) }
    }
}

impl Figure for Histogram<'_> {
    fn size(&self) -> (u32, u32) {
        self.grid.size()
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
    let threshold = model.shown.threshold;
    let x = range(series.iter().flat_map(|of| of.scores.iter().copied()).chain(threshold));
    let shares: Vec<Vec<f64>> = series.iter().map(|of| shares(&of.scores, &x)).collect();
    let highest = shares.iter().flatten().copied().fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(panel)
        .caption(heading, (FAMILY, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(x.clone(), 0.0..highest.max(0.01) * 1.08)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .x_desc("anomaly score")
        .y_desc("share of images (%)")
        .x_label_formatter(&tick)
        .y_label_formatter(&|share: &f64| format!("{:.0}", share * 100.0))
        .axis_desc_style(text(15, &BLACK))
        .label_style(text(13, &BLACK))
        .draw()?;
    for (Series { name, colour, .. }, shares) in series.iter().zip(&shares) {
        let outline = outline(shares, &x);
        chart.draw_series([Polygon::new(outline.clone(), colour.mix(0.18))])?;
        let colour = *colour;
        chart
            .draw_series(LineSeries::new(outline, colour.stroke_width(2)))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    if let Some(threshold) = threshold {
        let line = [(threshold, 0.0), (threshold, highest * 1.08)];
        chart
            .draw_series(LineSeries::new(line, THRESHOLD.stroke_width(1)))?
            .label("threshold")
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

/// Share of the values in each bin.
fn shares(values: &[f64], x: &std::ops::Range<f64>) -> Vec<f64> {
    let mut bins = vec![0.0; BINS];
    for value in values {
        let place = (value - x.start) / (x.end - x.start) * BINS as f64;
        bins[(place as usize).min(BINS - 1)] += 1.0 / values.len() as f64;
    }
    bins
}

/// The outline of a histogram as steps, from the axis and back to it.
fn outline(shares: &[f64], x: &std::ops::Range<f64>) -> Vec<(f64, f64)> {
    let width = (x.end - x.start) / BINS as f64;
    let edge = |bin: usize| x.start + width * bin as f64;
    let mut points = vec![(x.start, 0.0)];
    points.extend(
        shares.iter().enumerate().flat_map(|(bin, share)| [(edge(bin), *share), (edge(bin + 1), *share)]),
    );
    points.push((x.end, 0.0));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_one() {
        let values = [0.0, 0.1, 0.5, 1.0];
        let total: f64 = shares(&values, &range(values.iter().copied())).iter().sum();
        assert!((total - 1.0).abs() < 1e-12);
        assert_eq!(shares(&[], &(0.0..1.0)).iter().sum::<f64>(), 0.0);
    }
}
