//! Seconds of training against AUROC, and which settings no other beats in both.

use plotters::prelude::*;

use crate::eval::mean;
use crate::eval::measure::AUROC;
use crate::report::draw::axis::{Axis, logarithmic_range, range};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::legend::{Entry, Legend, Sample};
use crate::report::draw::plot::Plot;
use crate::report::draw::stroke::{Stroke, THIN};
use crate::report::draw::theme::{colour_of_model, mark_of_model};
use crate::report::draw::units::pt;
use crate::report::select::sweep_runs::{Trials, origin};

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
    /// Absent where no run has both.
    pub fn new(sweep: &'a [Trials]) -> Option<Self> {
        let points: Vec<_> = sweep.iter().map(points).collect();
        points.iter().any(|points| !points.is_empty()).then_some(Self { sweep, points })
    }

    fn legend(&self, width: i32) -> Legend {
        let front = Entry::new(Sample::Line(Stroke::whole(BLACK, THIN)), "Pareto front");
        let models = self.sweep.iter().zip(&self.points).filter(|(_, points)| !points.is_empty());
        let models = models.map(|(trials, points)| {
            let sample = Sample::Mark(mark_of_model(&trials.model), colour_of_model(&trials.model));
            Entry::new(sample, format!("{} ({})", trials.title(), points.len()))
        });
        Legend::new([front].into_iter().chain(models).collect(), width)
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
    fn height(&self, width: i32) -> i32 {
        self.legend(width).height() + (width * 6 / 10).min(pt(230))
    }

    fn origin(&self) -> String {
        origin(self.sweep)
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let legend = self.legend(area.dim_in_pixel().0 as i32);
        let (top, below) = area.split_vertically(legend.height());
        legend.draw(&top)?;
        let all: Vec<(f64, f64)> = self.points.iter().flatten().copied().collect();
        let x = logarithmic_range(all.iter().map(|point| point.0));
        let right = x.end;
        let plot = Plot::new(
            &below,
            "Training time and quality",
            Axis::logarithmic("training (s, logarithmic)", x),
            Axis::linear("AUROC", range(all.iter().map(|point| point.1))),
        )?;
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for point in front(&all) {
            steps.extend(steps.last().map(|last| (point.0, last.1)));
            steps.push(point);
        }
        steps.extend(steps.last().map(|last| (right, last.1)));
        plot.line(steps, Stroke::whole(BLACK, THIN))?;
        for (trials, points) in self.sweep.iter().zip(&self.points) {
            let (colour, marker) = (colour_of_model(&trials.model), mark_of_model(&trials.model));
            for point in points {
                plot.mark(*point, marker, 24, colour)?;
            }
        }
        Ok(())
    }
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

    /// Trials take 1, 2, 3 … seconds.
    #[test]
    fn seeds_are_averaged() {
        let trials = made_of(&[("1", "x", 0, Some(0.5)), ("1", "x", 1, Some(0.7)), ("2", "x", 0, None)]);
        let found = points(&trials);
        assert_eq!(found.len(), 1);
        assert!((found[0].0 - 1.5).abs() < 1e-12 && (found[0].1 - 0.6).abs() < 1e-12, "{found:?}");
    }
}
