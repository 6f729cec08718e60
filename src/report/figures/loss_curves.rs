//! Loss curves: one panel per loss, one line per seed; where a generator collapsed or a training diverged is
//! marked.

use std::collections::BTreeSet;

use crate::eval::COLLAPSED_DIVERSITY;
use crate::report::draw::axis::{Axis, range};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::legend::{Entry, Legend, Sample};
use crate::report::draw::model_panels::Panels;
use crate::report::draw::plot::Plot;
use crate::report::draw::stroke::{Marker, Stroke, THIN, cross};
use crate::report::draw::theme::{ALARM, SERIES, THRESHOLD, line_of};
use crate::report::select::run_groups::{Curve, Group, ModelRuns};
use crate::table::{Cell, Table};

/// Seeds that the legend has room for, besides those that were lost.
const SEEDS_NAMED: usize = SERIES.len();
const DIVERSITY: &str = "diversity";

pub(crate) fn caption(model: &str) -> String {
    format!(
        "losses of {model} by epoch, one line per seed: on the training images, and on the held-out ones (valid). \
         Red triangles: the epochs in which the generator was collapsed (diversity under {COLLAPSED_DIVERSITY}). \
         Red crosses: where a training failed or diverged."
    )
}

pub(crate) struct Curves<'a> {
    group: &'a Group,
    model: &'a ModelRuns,
    /// Split and name of each loss.
    losses: Vec<(String, String)>,
}

impl<'a> Curves<'a> {
    /// Absent where the store has no metrics.
    pub fn new(group: &'a Group, model: &'a ModelRuns) -> Option<Self> {
        let losses: BTreeSet<(String, String)> = model
            .curves
            .iter()
            .flat_map(|curve| curve.points.iter().map(|point| (point.split.clone(), point.name.clone())))
            .collect();
        (!losses.is_empty()).then(|| Self { group, model, losses: losses.into_iter().collect() })
    }

    fn panels(&self, width: i32) -> Panels {
        Panels::small(self.losses.len(), 3, 0.85, width)
    }

    /// Which line is which seed, and what the marks mean.
    fn legend(&self, width: i32) -> Legend {
        let curves = &self.model.curves;
        let named = curves.iter().enumerate().filter(|(nth, of)| *nth < SEEDS_NAMED || of.lost.is_some());
        let mut entries: Vec<Entry> = named
            .map(|(nth, curve)| {
                let lost = curve.lost.as_ref().map_or(String::new(), |lost| format!(" {lost}"));
                Entry::new(Sample::Line(line_of(nth)), format!("seed {}{lost}", curve.seed))
            })
            .collect();
        let left_out = curves.iter().skip(SEEDS_NAMED).filter(|curve| curve.lost.is_none()).count();
        if let (true, Some(last)) = (left_out > 0, entries.last_mut()) {
            last.words = format!("{}, and {left_out} more", last.words);
        }
        if curves.iter().any(|curve| !collapsed_epochs(curve).is_empty()) {
            let words = format!("collapsed (diversity under {COLLAPSED_DIVERSITY})");
            entries.push(Entry::new(Sample::Mark(Marker::Triangle, ALARM), words));
        }
        if curves.iter().any(|curve| curve.lost.is_some()) {
            entries.push(Entry::new(Sample::Cross(ALARM), "failed or diverged here"));
        }
        Legend::new(entries, width)
    }

    fn draw_panel(&self, panel: &Area<'_>, split: &str, name: &str) -> Drawing {
        let lines: Vec<Vec<(i64, f64)>> =
            self.model.curves.iter().map(|curve| line(curve, split, name)).collect();
        let last = lines.iter().flatten().map(|(epoch, _)| *epoch).max().unwrap_or(1).max(2) as f64;
        let threshold = (name == DIVERSITY).then_some(COLLAPSED_DIVERSITY);
        let y = range(lines.iter().flatten().map(|(_, value)| *value).chain(threshold));
        let heading = format!("{} ({split})", name.replace('_', " "));
        let plot = Plot::new(panel, heading.as_str(), Axis::whole("epoch", 1.0..last), Axis::linear("", y))?;
        if let Some(threshold) = threshold {
            plot.line([(1.0, threshold), (last, threshold)], Stroke::dashed(THRESHOLD, THIN))?;
        }
        for (nth, (points, curve)) in lines.into_iter().zip(&self.model.curves).enumerate() {
            let stroke = line_of(nth);
            let points: Vec<(f64, f64)> =
                points.into_iter().map(|(epoch, value)| (epoch as f64, value)).collect();
            if let [point] = points[..] {
                plot.mark(point, Marker::Circle, 15, stroke.colour)?;
            }
            plot.line(points.iter().copied(), Stroke { width: 8, ..stroke })?;
            let collapsed = collapsed_epochs(curve);
            for point in points.iter().filter(|point| collapsed.contains(&(point.0 as i64))) {
                plot.mark(*point, Marker::Triangle, 18, ALARM)?;
            }
            if let (true, Some(end)) = (curve.lost.is_some(), points.last()) {
                cross(panel, plot.at(*end), 22, ALARM)?;
            }
        }
        Ok(())
    }
}

impl Figure for Curves<'_> {
    fn height(&self, width: i32) -> i32 {
        self.legend(width).height() + self.panels(width).whole()
    }

    fn origin(&self) -> String {
        self.group.origin_of_seeds(&[self.model])
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let legend = self.legend(width);
        let (top, below) = area.split_vertically(legend.height());
        legend.draw(&top)?;
        for (panel, (split, name)) in self.panels(width).areas(&below).iter().zip(&self.losses) {
            self.draw_panel(panel, split, name)?;
        }
        Ok(())
    }

    fn data(&self) -> Option<Table> {
        let columns = ["seed", "split", "name", "epoch", "value"].map(String::from).to_vec();
        let rows = self.model.curves.iter().flat_map(|curve| {
            curve.points.iter().map(|point| {
                vec![
                    Cell::Integer(curve.seed),
                    Cell::Text(point.split.clone()),
                    Cell::Text(point.name.clone()),
                    Cell::Integer(point.epoch),
                    Cell::Real(point.value),
                ]
            })
        });
        Some(Table { columns, rows: rows.collect() })
    }
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
