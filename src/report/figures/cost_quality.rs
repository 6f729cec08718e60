//! Seconds of training against AUROC, and which settings no other beats in both.

use plotters::prelude::*;

use crate::eval::mean;
use crate::eval::measure::AUROC;
use crate::report::draw::axis::{range, tick};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::text::{FAMILY, text};
use crate::report::draw::theme::colour_of_model;
use crate::report::select::sweep_runs::{Trials, origin};

const WIDTH: u32 = 900;
const HEIGHT: u32 = 560;
/// Room for the legend at the right.
const RIGHT: u32 = 210;
/// Faster training is drawn as if it took this long: clocks and readers tell no difference.
const FASTEST: f64 = 0.01;

pub(crate) const CAPTION: &str = "seconds of training against AUROC, one point per setting (mean over those of \
    its seeds that finished, and over the datasets), all models of the sweep, in brackets the number of \
    their settings. The black line (Pareto front) joins the settings that no other beats in both; as they \
    are chosen by test AUROC, its height flatters. Settings that differ only after training share one, \
    and its time. Judging is not counted: the nearest training image and AnoGAN's search work then.";

pub(crate) struct Cost<'a> {
    sweep: &'a [Trials],
    /// For each model its points: seconds and AUROC.
    points: Vec<Vec<(f64, f64)>>,
}

impl<'a> Cost<'a> {
    pub fn new(sweep: &'a [Trials]) -> Self {
        Self { sweep, points: sweep.iter().map(points).collect() }
    }
}

/// Mean seconds and mean AUROC of each setting over its seeds and datasets.
fn points(trials: &Trials) -> Vec<(f64, f64)> {
    trials
        .settings_over_datasets()
        .into_iter()
        .filter_map(|seeds| {
            let seconds: Vec<f64> = seeds.iter().filter_map(|(_, run)| run.train_seconds).collect();
            let areas: Vec<f64> = seeds.iter().filter_map(|(_, run)| run.measures.get(&AUROC)).collect();
            Some((mean(&seconds)?.max(FASTEST), mean(&areas)?))
        })
        .collect()
}

/// The points that no other is as fast as and better than, the fastest first.
fn front(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut front: Vec<(f64, f64)> = Vec::new();
    for point in sorted {
        if front.last().is_none_or(|last| point.1 > last.1) {
            front.push(point);
        }
    }
    front
}

impl Figure for Cost<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH, HEIGHT)
    }

    fn origin(&self) -> String {
        origin(self.sweep)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let all: Vec<(f64, f64)> = self.points.iter().flatten().copied().collect();
        if all.is_empty() {
            return area.draw(&Text::new("no run has both an AUROC and a time", (30, 40), text(16, &BLACK)));
        }
        let (chart_area, right) = area.split_horizontally(WIDTH - RIGHT);
        self.draw_legend(&right)?;
        let slowest = all.iter().map(|point| point.0).fold(FASTEST, f64::max);
        let fastest = all.iter().map(|point| point.0).fold(f64::MAX, f64::min);
        let y = range(all.iter().map(|point| point.1));
        let mut chart = ChartBuilder::on(&chart_area)
            .caption("Training time and quality", (FAMILY, 20))
            .margin(14)
            .x_label_area_size(46)
            .y_label_area_size(64)
            .build_cartesian_2d((left_end(fastest, slowest * 1.6)..slowest * 1.6).log_scale(), y)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc("training (s, logarithmic)")
            .y_desc("AUROC")
            .x_label_formatter(&sparse_tick)
            .y_label_formatter(&tick)
            .axis_desc_style(text(15, &BLACK))
            .label_style(text(13, &BLACK))
            .draw()?;
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for point in front(&all) {
            steps.extend(steps.last().map(|last| (point.0, last.1)));
            steps.push(point);
        }
        steps.extend(steps.last().map(|last| (slowest * 1.6, last.1)));
        chart.draw_series(LineSeries::new(steps, BLACK.stroke_width(1)))?;
        for (trials, points) in self.sweep.iter().zip(&self.points) {
            let colour = colour_of_model(&trials.model);
            chart.draw_series(points.iter().map(|point| Circle::new(*point, 5, colour.mix(0.6).filled())))?;
        }
        Ok(())
    }
}

impl Cost<'_> {
    fn draw_legend<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB> {
        area.draw(&PathElement::new([(4, 60), (24, 60)], BLACK.stroke_width(1)))?;
        area.draw(&Text::new("Pareto front", (32, 53), text(13, &BLACK)))?;
        for (nth, (trials, points)) in self.sweep.iter().zip(&self.points).enumerate() {
            let y = 84 + 24 * nth as i32;
            area.draw(&Circle::new((14, y), 5, colour_of_model(&trials.model).filled()))?;
            let words = format!("{} ({})", trials.title(), points.len());
            area.draw(&Text::new(words, (32, y - 7), text(13, &BLACK)))?;
        }
        Ok(())
    }
}

/// Where an axis that ends at `right` begins: a little left of the fastest point, but not so that its first
/// power of ten, which carries the first tick, lies far right of that or beyond the end.
fn left_end(fastest: f64, right: f64) -> f64 {
    let left = fastest / 1.6;
    let power = 10_f64.powf(left.log10().ceil());
    if power <= right.min(2.0 * fastest) { left } else { power / 10.0 }
}

/// Names 1, 2 and 5 of each power of ten: a logarithmic axis has no room for more.
fn sparse_tick(value: &f64) -> String {
    let mantissa = value / 10_f64.powf(value.log10().floor());
    let named = [1.0, 2.0, 5.0, 10.0].iter().any(|named| (mantissa - named).abs() < 1e-6);
    if named { tick(value) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::select::sweep_runs::tests::made_of;

    #[test]
    fn the_front_holds_what_nothing_beats() {
        let points = [(10.0, 0.9), (1.0, 0.5), (5.0, 0.8), (6.0, 0.7), (5.0, 0.6), (20.0, 0.9)];
        assert_eq!(front(&points), [(1.0, 0.5), (5.0, 0.8), (10.0, 0.9)]);
    }

    #[test]
    fn the_axis_has_a_tick_near_the_fastest_point() {
        for fastest in [0.01, 0.3, 9.0, 20.0, 55.0, 83.0, 100.0] {
            let right = 1.7 * fastest;
            let left = left_end(fastest, right);
            let first_tick = 10_f64.powf(left.log10().ceil());
            assert!(left < fastest && first_tick <= right, "{fastest}: {left}");
        }
        assert_eq!([0.01, 20.0, 30.0].map(|tick| sparse_tick(&tick)), ["0.01", "20", ""]);
    }

    /// Trials take 1, 2, 3 … seconds.
    #[test]
    fn seeds_are_averaged() {
        let trials = made_of(&[("1", "x", 0, Some(0.5)), ("1", "x", 1, Some(0.7)), ("2", "x", 0, None)]);
        let found = points(&trials);
        assert_eq!(found.len(), 1);
        assert!((found[0].0 - 1.5).abs() < 1e-12 && (found[0].1 - 0.6).abs() < 1e-12, "{found:?}");
    }
}
