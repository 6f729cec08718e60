//! Figures 3 and 5 of the paper: every image's score, in the order train, normal, anomaly.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, Drawing, FAMILY, Figure, THRESHOLD, range, text, tick};
use super::panels::{Grid, Series, series, side_by_side};
use super::select::{Group, ModelRuns};
use super::style::Style;

pub(super) const CAPTION: &str = "anomaly scores of a sample of the training images, the normal and the anomalous \
    test images. The line is the 95th percentile of the scores of held-out normal images.";

pub(super) struct Scatter<'a> {
    group: &'a Group,
    style: Style,
    grid: Grid,
}

impl<'a> Scatter<'a> {
    pub fn new(group: &'a Group, style: Style) -> Self {
        let grid = match style {
            Style::Accessible => Grid::of(group, 510),
            Style::Paper => Grid::of_paper(group),
        };
        Self { group, style, grid }
    }
}

impl Figure for Scatter<'_> {
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
    let total: usize = series.iter().map(|of| of.scores.len()).sum();
    let threshold = model.shown.threshold;
    let y = range(series.iter().flat_map(|of| of.scores.iter().copied()).chain(threshold));
    let y = y.start..y.end + 0.28 * (y.end - y.start); // room for the legend
    let mut chart = ChartBuilder::on(panel)
        .caption(heading, (FAMILY, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(0..total.max(1), y)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .x_desc("image")
        .y_desc("anomaly score")
        .y_label_formatter(&tick)
        .axis_desc_style(text(15, &BLACK))
        .label_style(text(13, &BLACK))
        .draw()?;
    let mut first = 0;
    for Series { name, colour, scores } in series {
        let label = format!("{name} ({})", scores.len());
        let start = first;
        first += scores.len();
        chart
            .draw_series(scores.iter().enumerate().map(|(nth, score)| {
                Circle::new((start + nth, *score), 3, colour.mix(style.opacity()).filled())
            }))?
            .label(label)
            .legend(move |(x, y)| Circle::new((x + 10, y), 4, colour.filled()));
    }
    if let Some(threshold) = threshold {
        chart
            .draw_series(LineSeries::new([(0, threshold), (total, threshold)], THRESHOLD.stroke_width(1)))?
            .label("threshold")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], THRESHOLD));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .label_font(text(13, &BLACK).pos(Pos::new(HPos::Left, VPos::Top)))
        .draw()
}
