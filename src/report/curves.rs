//! Loss curves: one panel a loss, one line a seed.

use std::collections::BTreeSet;

use plotters::prelude::*;

use super::canvas::{Area, Drawing, FAMILY, Figure, SERIES, footer, range, text, tick};
use super::select::{Group, ModelRuns};

const PANEL: (u32, u32) = (350, 260);
const COLUMNS: usize = 4;
/// Seeds that the legend has room for.
const SEEDS_NAMED: usize = SERIES.len();

pub(super) fn caption(model: &str) -> String {
    format!(
        "losses of {model} by epoch, one line a seed: on the training images, and on the held-out ones (valid)."
    )
}

pub(super) struct Curves<'a> {
    group: &'a Group,
    model: &'a ModelRuns,
    /// Split and name of each loss.
    losses: Vec<(String, String)>,
}

impl<'a> Curves<'a> {
    pub fn new(group: &'a Group, model: &'a ModelRuns) -> Self {
        let losses: BTreeSet<(String, String)> = model
            .curves
            .iter()
            .flat_map(|(_, points)| points.iter().map(|point| (point.split.clone(), point.name.clone())))
            .collect();
        Self { group, model, losses: losses.into_iter().collect() }
    }

    fn rows(&self) -> usize {
        self.losses.len().div_ceil(COLUMNS).max(1)
    }
}

impl Figure for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        (PANEL.0 * COLUMNS as u32, PANEL.1 * self.rows() as u32 + 30)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let (panels, foot) = area.split_vertically(PANEL.1 * self.rows() as u32);
        if self.losses.is_empty() {
            area.draw(&Text::new("no metrics in the store", (20, 20), text(16, &BLACK)))?;
        }
        for (panel, (split, name)) in panels.split_evenly((self.rows(), COLUMNS)).iter().zip(&self.losses) {
            self.draw_panel(panel, split, name)?;
        }
        footer(&foot, &self.group.origin(&[self.model]))?;
        self.draw_seeds(&foot)
    }
}

impl Curves<'_> {
    /// Which colour is which seed, at the right of the foot.
    fn draw_seeds<DB: DrawingBackend>(&self, foot: &Area<'_, DB>) -> Drawing<DB> {
        let (width, height) = foot.dim_in_pixel();
        for (nth, (seed, _)) in self.model.curves.iter().enumerate().take(SEEDS_NAMED) {
            let x = width as i32 - 90 * (SEEDS_NAMED as i32 - nth as i32);
            let (y, colour) = (height as i32 - 12, SERIES[nth % SERIES.len()]);
            foot.draw(&PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)))?;
            foot.draw(&Text::new(format!("seed {seed}"), (x + 25, y - 7), text(12, &BLACK)))?;
        }
        Ok(())
    }

    fn draw_panel<DB: DrawingBackend>(&self, panel: &Area<'_, DB>, split: &str, name: &str) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let lines: Vec<Vec<(i64, f64)>> = self
            .model
            .curves
            .iter()
            .map(|(_, points)| {
                points
                    .iter()
                    .filter(|point| point.split == split && point.name == name)
                    .map(|point| (point.epoch, point.value))
                    .collect()
            })
            .collect();
        let last = lines.iter().flatten().map(|(epoch, _)| *epoch).max().unwrap_or(1);
        let y = range(lines.iter().flatten().map(|(_, value)| *value));
        let mut chart = ChartBuilder::on(panel)
            .caption(format!("{} ({split})", name.replace('_', " ")), (FAMILY, 16))
            .margin(8)
            .x_label_area_size(36)
            .y_label_area_size(58)
            .build_cartesian_2d(1..last.max(2), y)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_labels(5)
            .y_labels(5)
            .x_desc("epoch")
            .y_label_formatter(&tick)
            .axis_desc_style(text(13, &BLACK))
            .label_style(text(12, &BLACK))
            .draw()?;
        for (nth, line) in lines.into_iter().enumerate() {
            let colour = SERIES[nth % SERIES.len()];
            if let [point] = line[..] {
                chart.draw_series([Circle::new(point, 3, colour.filled())])?;
            }
            chart.draw_series(LineSeries::new(line, colour.stroke_width(1)))?;
        }
        Ok(())
    }
}
