//! Loss curves: one panel per loss, one line per seed; where a generator collapsed or a training diverged is
//! marked.

use std::collections::BTreeSet;

use plotters::prelude::*;

use crate::eval::COLLAPSED_DIVERSITY;
use crate::report::draw::axis::{range, tick};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::text::{FAMILY, text};
use crate::report::draw::theme::{SERIES, THRESHOLD};
use crate::report::select::run_groups::{Curve, Group, ModelRuns};

const PANEL: (u32, u32) = (350, 260);
const COLUMNS: usize = 4;
/// Seeds that the legend has room for, besides those that were lost.
const SEEDS_NAMED: usize = SERIES.len();
const FOOT: u32 = 26;
const DIVERSITY: &str = "diversity";

pub(crate) fn caption(model: &str) -> String {
    format!(
        "losses of {model} by epoch, one line per seed: on the training images, and on the held-out ones (valid). \
         Triangles: the epochs in which the generator was collapsed (diversity under {COLLAPSED_DIVERSITY}). \
         Crosses: where a training failed or diverged."
    )
}

pub(crate) struct Curves<'a> {
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
            .flat_map(|curve| curve.points.iter().map(|point| (point.split.clone(), point.name.clone())))
            .collect();
        Self { group, model, losses: losses.into_iter().collect() }
    }

    fn rows(&self) -> usize {
        self.losses.len().div_ceil(COLUMNS).max(1)
    }
}

impl Figure for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        (PANEL.0 * COLUMNS as u32, PANEL.1 * self.rows() as u32 + FOOT)
    }

    fn origin(&self) -> String {
        self.group.origin_of_seeds(&[self.model])
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
        self.draw_seeds(&foot)
    }
}

impl Curves<'_> {
    /// Which colour is which seed, and what the marks mean, in a line over the foot's.
    fn draw_seeds<DB: DrawingBackend>(&self, foot: &Area<'_, DB>) -> Drawing<DB> {
        let (y, mut x) = (12, 12);
        let named = |(nth, curve): &(usize, &Curve)| *nth < SEEDS_NAMED || curve.lost.is_some();
        for (nth, curve) in self.model.curves.iter().enumerate().filter(named) {
            let lost = curve.lost.as_ref().map_or(String::new(), |lost| format!(" {lost}"));
            let words = format!("seed {}{lost}", curve.seed);
            let width = 40 + 7 * words.chars().count() as i32;
            foot.draw(&PathElement::new([(x, y), (x + 20, y)], colour_of(nth).stroke_width(2)))?;
            foot.draw(&Text::new(words, (x + 25, y - 7), text(12, &BLACK)))?;
            x += width;
        }
        let left_out =
            self.model.curves.iter().skip(SEEDS_NAMED).filter(|curve| curve.lost.is_none()).count();
        if left_out > 0 {
            foot.draw(&Text::new(format!("and {left_out} more"), (x, y - 7), text(12, &BLACK)))?;
            x += 90;
        }
        if self.model.curves.iter().any(|curve| !collapsed_epochs(curve).is_empty()) {
            foot.draw(&TriangleMarker::new((x + 6, y + 1), 5, BLACK.filled()))?;
            let words = format!("collapsed (diversity under {COLLAPSED_DIVERSITY})");
            foot.draw(&Text::new(words, (x + 16, y - 7), text(12, &BLACK)))?;
            x += 240;
        }
        if self.model.curves.iter().any(|curve| curve.lost.is_some()) {
            foot.draw(&Cross::new((x + 6, y), 5, BLACK.stroke_width(2)))?;
            foot.draw(&Text::new("failed or diverged here", (x + 16, y - 7), text(12, &BLACK)))?;
        }
        Ok(())
    }

    fn draw_panel<DB: DrawingBackend>(&self, panel: &Area<'_, DB>, split: &str, name: &str) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let lines: Vec<Vec<(i64, f64)>> =
            self.model.curves.iter().map(|curve| line(curve, split, name)).collect();
        let is_diversity = name == DIVERSITY;
        let last = lines.iter().flatten().map(|(epoch, _)| *epoch).max().unwrap_or(1);
        let threshold = is_diversity.then_some(COLLAPSED_DIVERSITY);
        let y = range(lines.iter().flatten().map(|(_, value)| *value).chain(threshold));
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
        if let Some(threshold) = threshold {
            let line = [(1, threshold), (last.max(2), threshold)];
            chart.draw_series(DashedLineSeries::new(line, 5, 4, THRESHOLD.stroke_width(1)))?;
        }
        for (nth, (line, curve)) in lines.into_iter().zip(&self.model.curves).enumerate() {
            let colour = colour_of(nth);
            if let [point] = line[..] {
                chart.draw_series([Circle::new(point, 3, colour.filled())])?;
            }
            let collapsed = collapsed_epochs(curve);
            let marks = line.iter().filter(|(epoch, _)| collapsed.contains(epoch));
            chart.draw_series(marks.map(|point| TriangleMarker::new(*point, 4, colour.filled())))?;
            if curve.lost.is_some() {
                let end = line.last().copied();
                chart.draw_series(end.map(|end| Cross::new(end, 5, colour.stroke_width(2))))?;
            }
            chart.draw_series(LineSeries::new(line, colour.stroke_width(1)))?;
        }
        Ok(())
    }
}

fn colour_of(nth: usize) -> RGBColor {
    SERIES[nth % SERIES.len()]
}

/// The finite values of one metric by epoch.
fn line(curve: &Curve, split: &str, name: &str) -> Vec<(i64, f64)> {
    curve
        .points
        .iter()
        .filter(|point| point.split == split && point.name == name && point.value.is_finite())
        .map(|point| (point.epoch, point.value))
        .collect()
}

/// The epochs after which the generator's images were too much alike.
fn collapsed_epochs(curve: &Curve) -> Vec<i64> {
    curve
        .points
        .iter()
        .filter(|point| point.name == DIVERSITY && point.value < COLLAPSED_DIVERSITY)
        .map(|point| point.epoch)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::CurvePoint;

    #[test]
    fn collapse_is_told_by_diversity_alone() {
        let point =
            |name: &str, epoch, value| CurvePoint { split: "valid".into(), name: name.into(), epoch, value };
        let points = vec![
            point("diversity", 1, 0.1),
            point("diversity", 2, 0.9),
            point("reconstruction", 2, 0.1),
            point("reconstruction", 3, f64::NAN),
        ];
        let curve = Curve { seed: 0, lost: None, points };
        assert_eq!(collapsed_epochs(&curve), [1]);
        assert_eq!(line(&curve, "valid", "reconstruction"), [(2, 0.1)]);
    }
}
