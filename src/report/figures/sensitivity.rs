//! AUROC against each setting that varies.

use plotters::prelude::*;

use crate::report::draw::axis::{Axis, range};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::legend::{Entry, Legend, Sample};
use crate::report::draw::model_panels::Panels;
use crate::report::draw::plot::Plot;
use crate::report::draw::stroke::{Stroke, cross, ring};
use crate::report::draw::theme::{ALARM, colour_of_model, mark_of_model};
use crate::report::select::doubt::doubt;
use crate::report::select::sweep_runs::{Trial, Trials};

pub(crate) fn caption(model: &str) -> String {
    format!(
        "AUROC of {model} against each setting that varies in the sweep. Points: all runs; bars: the median over \
         all runs with that value, whatever their other settings; red rings: runs that collapsed or are inverted; \
         red crosses: runs that failed or diverged. A setting chosen here is chosen by test AUROC."
    )
}

pub(crate) struct Sensitivity<'a> {
    trials: &'a Trials,
}

impl<'a> Sensitivity<'a> {
    pub fn new(trials: &'a Trials) -> Self {
        Self { trials }
    }

    fn panels(&self, width: i32) -> Panels {
        Panels::of(self.trials.factors.len(), 3, 0.8, width)
    }

    fn legend(&self, width: i32) -> Legend {
        let model = &self.trials.model;
        let mut entries = vec![
            Entry::new(Sample::Mark(mark_of_model(model), colour_of_model(model)), "run"),
            Entry::new(Sample::Line(Stroke::whole(BLACK, MEDIAN)), "median"),
        ];
        if self.trials.judged().any(|(trial, _)| is_in_doubt(trial)) {
            entries.push(Entry::new(Sample::Ring(ALARM), "collapsed or inverted"));
        }
        if self.trials.lost().next().is_some() {
            entries.push(Entry::new(Sample::Cross(ALARM), "failed or diverged"));
        }
        Legend::new(entries, width)
    }

    fn draw_panel(&self, panel: &Area<'_>, factor: usize) -> Drawing {
        let trials = self.trials;
        let (colour, marker) = (colour_of_model(&trials.model), mark_of_model(&trials.model));
        let levels = &trials.factors[factor].levels;
        let y = range(trials.judged().map(|(_, auroc)| auroc));
        let low = y.start;
        let y = y.start - 0.1 * (y.end - y.start)..y.end; // room for the crosses
        let axis = Axis::names(trials.factors[factor].name.clone(), levels.clone());
        let plot = Plot::new(panel, "", axis, Axis::linear("AUROC", y.clone()).from(low))?;
        for (trial, auroc) in trials.judged() {
            let at = (place(trial, factor), auroc);
            plot.mark(at, marker, if levels.len() > 12 { 10 } else { 16 }, colour)?;
            if is_in_doubt(trial) {
                ring(panel, plot.at(at), ALARM)?;
            }
        }
        for level in 0..levels.len() {
            let Some(median) = trials.median(|trial| trial.levels[factor] == level) else { continue };
            let (left, right) = (level as f64 - 0.35, level as f64 + 0.35);
            plot.line([(left, median), (right, median)], Stroke::whole(BLACK, MEDIAN))?;
        }
        for trial in trials.lost() {
            let at = (place(trial, factor), y.start + 0.05 * (y.end - y.start));
            cross(panel, plot.at(at), 20, ALARM)?;
        }
        Ok(())
    }
}

/// Width of the bars.
const MEDIAN: u32 = 18;

fn is_in_doubt(trial: &Trial) -> bool {
    trial.run.as_ref().is_some_and(|run| doubt(run).is_some())
}

/// Where a run's point lies beside its value's place, −0.25 to 0.25: at random, but always the same.
fn place(trial: &Trial, factor: usize) -> f64 {
    let number = u32::from_str_radix(trial.run_id.as_str().get(..4).unwrap_or("0"), 16).unwrap_or(0);
    trial.levels[factor] as f64 + f64::from(number) / f64::from(u16::MAX) * 0.5 - 0.25
}

impl Figure for Sensitivity<'_> {
    fn height(&self, width: i32) -> i32 {
        self.legend(width).height() + self.panels(width).whole()
    }

    fn origin(&self) -> String {
        self.trials.origin()
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let legend = self.legend(width);
        let (top, below) = area.split_vertically(legend.height());
        legend.draw(&top)?;
        for (factor, panel) in self.panels(width).areas(&below).iter().enumerate() {
            if factor < self.trials.factors.len() {
                self.draw_panel(panel, factor)?;
            }
        }
        Ok(())
    }
}
