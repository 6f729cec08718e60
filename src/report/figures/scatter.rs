//! Figures 3 and 5 of the paper: every image's score, in the order train, normal, anomaly.

use plotters::prelude::*;

use crate::eval::measure;
use crate::report::draw::axis::{range, tick};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::model_panels::{Grid, Series, series, side_by_side};
use crate::report::draw::text::{FAMILY, text};
use crate::report::draw::theme::{Style, THRESHOLD};
use crate::report::select::run_groups::{Group, ModelRuns};

pub(crate) const CAPTION: &str = "anomaly scores of a sample of the training images, the normal and the anomalous \
    test images. The line is the threshold, which promises that 5 % of normal images lie above it, from the \
    scores of held-out ones.";

/// Height of the line that says what the colours mean.
const LEGEND: u32 = 34;
const FAINT: RGBColor = RGBColor(190, 190, 190);

pub(crate) struct Scatter<'a> {
    group: &'a Group,
    style: Style,
    grid: Grid,
}

impl<'a> Scatter<'a> {
    pub fn new(group: &'a Group, style: Style) -> Self {
        let grid = match style {
            Style::Accessible => Grid::of(group, 470),
            Style::Paper => Grid::of_paper(group, LEGEND),
        };
        Self { group, style, grid }
    }
}

impl Figure for Scatter<'_> {
    fn size(&self) -> (u32, u32) {
        let (width, height) = self.grid.size();
        (width, height + LEGEND)
    }

    fn origin(&self) -> String {
        self.group.origin(&self.group.models.iter().collect::<Vec<_>>())
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let (top, panels) = area.split_vertically(LEGEND);
        self.draw_legend(&top)?;
        side_by_side(&panels, self.grid, self.group, |panel, model, heading| {
            draw_panel(panel, model, self.style, heading)
        })
    }
}

impl Scatter<'_> {
    /// Once for all panels: they show the same images.
    fn draw_legend<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB> {
        let Some(model) = self.group.models.first() else { return Ok(()) };
        let (mut x, y) = (24, 20);
        let mut named = |words: String, mark: &dyn Fn(i32) -> Drawing<DB>| {
            mark(x)?;
            let style = text(13, &BLACK);
            let (width, _) = area.estimate_text_size(&words, &style)?;
            area.draw(&Text::new(words, (x + 26, y - 5), style))?;
            x += 26 + width as i32 + 20;
            Ok(())
        };
        for Series { name, colour, scores } in series(model, self.style) {
            let name = name.trim_end_matches(" images");
            named(format!("{name} ({})", scores.len()), &|x| {
                area.draw(&Circle::new((x + 14, y), 4, colour.filled()))
            })?;
        }
        if self.group.models.iter().any(|model| model.shown.measures.get(&measure::THRESHOLD).is_some()) {
            named("threshold".into(), &|x| area.draw(&PathElement::new([(x, y), (x + 20, y)], THRESHOLD)))?;
        }
        Ok(())
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
    let threshold = model.shown.measures.get(&measure::THRESHOLD);
    let y = range(series.iter().flat_map(|of| of.scores.iter().copied()).chain(threshold));
    let mut chart = ChartBuilder::on(panel)
        .caption(heading, (FAMILY, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(0..total.max(1), y.clone())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .x_desc("image index: training, normal test, anomalous test")
        .y_desc("anomaly score")
        .y_label_formatter(&tick)
        .axis_desc_style(text(15, &BLACK))
        .label_style(text(13, &BLACK))
        .draw()?;
    let mut first = 0;
    for Series { colour, scores, .. } in series {
        if first > 0 {
            chart.draw_series(LineSeries::new([(first, y.start), (first, y.end)], FAINT))?;
        }
        let start = first;
        first += scores.len();
        chart.draw_series(scores.iter().enumerate().map(|(nth, score)| {
            Circle::new((start + nth, *score), 3, colour.mix(style.opacity()).filled())
        }))?;
    }
    if let Some(threshold) = threshold {
        let line = [(0, threshold), (total, threshold)];
        chart.draw_series(LineSeries::new(line, THRESHOLD.stroke_width(1)))?;
    }
    Ok(())
}
