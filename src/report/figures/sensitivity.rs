//! AUROC against each setting that varies.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::draw::axis::{range, tick};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::text::{FAMILY, shortened, text};
use crate::report::draw::theme::colour_of_model;
use crate::report::select::sweep_runs::Trials;

const PANEL: (u32, u32) = (440, 330);
const COLUMNS: usize = 3;

pub(crate) fn caption(model: &str) -> String {
    format!(
        "AUROC of {model} against each setting that varies in the sweep. Points: all runs; bars: the median over \
         all runs with that value, whatever their other settings; crosses: runs that failed or diverged. A \
         setting chosen here is chosen by test AUROC."
    )
}

pub(crate) struct Sensitivity<'a> {
    trials: &'a Trials,
}

impl<'a> Sensitivity<'a> {
    pub fn new(trials: &'a Trials) -> Self {
        Self { trials }
    }

    fn shape(&self) -> (usize, usize) {
        let columns = self.trials.factors.len().clamp(1, COLUMNS);
        (self.trials.factors.len().div_ceil(columns), columns)
    }

    fn panels_size(&self) -> (u32, u32) {
        let (rows, columns) = self.shape();
        ((PANEL.0 * columns as u32).max(700), PANEL.1 * rows as u32)
    }

    fn draw_panel<DB: DrawingBackend>(&self, panel: &Area<'_, DB>, factor: usize) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let (trials, colour) = (self.trials, colour_of_model(&self.trials.model));
        let levels = &trials.factors[factor].levels;
        let y = range(trials.judged().map(|(_, auroc)| auroc));
        let y = y.start - 0.08 * (y.end - y.start)..y.end; // room for the crosses
        let mut chart = ChartBuilder::on(panel)
            .caption(shortened(&trials.factors[factor].name, 46), (FAMILY, 17))
            .margin(10)
            .x_label_area_size(34)
            .y_label_area_size(58)
            .build_cartesian_2d(-0.5..levels.len() as f64 - 0.5, y.clone())?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(WHITE)
            .x_labels(0)
            .y_labels(6)
            .y_desc("AUROC")
            .y_label_formatter(&tick)
            .axis_desc_style(text(14, &BLACK))
            .label_style(text(12, &BLACK))
            .draw()?;
        let below = text(12, &BLACK).pos(Pos::new(HPos::Center, VPos::Top));
        let room = 56 / levels.len().max(1);
        chart.draw_series(levels.iter().enumerate().map(|(level, name)| {
            EmptyElement::at((level as f64, y.start))
                + Text::new(shortened(name, room), (0, 8), below.clone())
        }))?;
        let bars = (0..levels.len()).filter_map(|level| {
            let median = trials.median(|trial| trial.levels[factor] == level)?;
            let (left, right) = (level as f64 - 0.3, level as f64 + 0.3);
            Some(PathElement::new([(left, median), (right, median)], BLACK.stroke_width(3)))
        });
        chart.draw_series(bars)?;
        chart.draw_series(trials.judged().map(|(trial, auroc)| {
            let x = trial.levels[factor] as f64 + spread(trial.run_id.as_str());
            Circle::new((x, auroc), 3, colour.mix(0.45).filled())
        }))?;
        let crosses = trials.lost().map(|trial| {
            let x = trial.levels[factor] as f64 + spread(trial.run_id.as_str());
            Cross::new((x, y.start + 0.04 * (y.end - y.start)), 4, BLACK.stroke_width(1))
        });
        chart.draw_series(crosses)?;
        Ok(())
    }
}

/// Where a run's point lies beside its value's place, −0.25 to 0.25: at random, but always the same.
fn spread(run_id: &str) -> f64 {
    let number = u32::from_str_radix(run_id.get(..4).unwrap_or("0"), 16).unwrap_or(0);
    f64::from(number) / f64::from(u16::MAX) * 0.5 - 0.25
}

impl Figure for Sensitivity<'_> {
    fn size(&self) -> (u32, u32) {
        self.panels_size()
    }

    fn origin(&self) -> String {
        self.trials.origin()
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        for (factor, panel) in area.split_evenly(self.shape()).iter().enumerate() {
            if factor < self.trials.factors.len() {
                self.draw_panel(panel, factor)?;
            }
        }
        Ok(())
    }
}
