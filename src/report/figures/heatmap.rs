//! Median AUROC over pairs of settings.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::draw::colour_bar::Scale;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::text::{FAMILY, shortened, text};
use crate::report::select::sweep_runs::Trials;

const PANEL: (u32, u32) = (430, 360);
const COLUMNS: usize = 3;
/// Room for the scale at the right.
const RIGHT: u32 = 96;
/// Settings whose pairs are shown: six pairs.
const FACTORS: usize = 4;

pub(crate) fn caption(model: &str) -> String {
    format!(
        "median AUROC of {model} for each pair of values of two settings, over all runs that have both (seeds and \
         other settings included), and in brackets their number, of how many where some failed or diverged. Of more \
         than {FACTORS} settings, those whose medians differ most are paired."
    )
}

pub(crate) struct Heatmap<'a> {
    trials: &'a Trials,
    pairs: Vec<(usize, usize)>,
    scale: Scale,
}

impl<'a> Heatmap<'a> {
    /// Absent where fewer than two settings vary or no run has an AUROC.
    pub fn new(trials: &'a Trials) -> Option<Self> {
        let factors = trials.widest(FACTORS);
        let pairs: Vec<(usize, usize)> = factors
            .iter()
            .enumerate()
            .flat_map(|(nth, one)| factors[nth + 1..].iter().map(|other| (*one, *other)))
            .collect();
        let medians = || pairs.iter().flat_map(|pair| cells(trials, *pair)).map(|cell| cell.median);
        let scale = Scale { low: medians().reduce(f64::min)?, high: medians().reduce(f64::max)? };
        Some(Self { trials, pairs, scale })
    }

    fn shape(&self) -> (usize, usize) {
        let columns = self.pairs.len().clamp(1, COLUMNS);
        (self.pairs.len().div_ceil(columns), columns)
    }

    fn panels_size(&self) -> (u32, u32) {
        let (rows, columns) = self.shape();
        (PANEL.0 * columns as u32, PANEL.1 * rows as u32)
    }

    fn draw_panel<DB: DrawingBackend>(&self, panel: &Area<'_, DB>, pair: (usize, usize)) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let [across, up] = [pair.0, pair.1].map(|factor| &self.trials.factors[factor]);
        let ends = [across, up].map(|factor| -0.5..factor.levels.len() as f64 - 0.5);
        let [x, y] = ends;
        let title = format!("{} × {}", shortened(&across.name, 22), shortened(&up.name, 22));
        let mut chart = ChartBuilder::on(panel)
            .caption(title, (FAMILY, 16))
            .margin(10)
            .x_label_area_size(46)
            .y_label_area_size(118)
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_labels(0)
            .y_labels(0)
            .x_desc(shortened(&across.name, 40))
            .y_desc(shortened(&up.name, 36))
            .axis_desc_style(text(14, &BLACK))
            .draw()?;
        let below = text(12, &BLACK).pos(Pos::new(HPos::Center, VPos::Top));
        let room = 48 / across.levels.len().max(1);
        chart.draw_series(across.levels.iter().enumerate().map(|(nth, name)| {
            EmptyElement::at((nth as f64, y.start)) + Text::new(shortened(name, room), (0, 6), below.clone())
        }))?;
        let beside = text(12, &BLACK).pos(Pos::new(HPos::Right, VPos::Center));
        chart.draw_series(up.levels.iter().enumerate().map(|(nth, name)| {
            EmptyElement::at((x.start, nth as f64)) + Text::new(shortened(name, 13), (-8, 0), beside.clone())
        }))?;
        let centre = Pos::new(HPos::Center, VPos::Center);
        for Cell { at, median, runs, lost } in cells(self.trials, pair) {
            let (column, row) = (at.0 as f64, at.1 as f64);
            let corners = [(column - 0.49, row - 0.49), (column + 0.49, row + 0.49)];
            chart.draw_series([Rectangle::new(corners, self.scale.colour(median).filled())])?;
            let (ink, words) = (self.scale.ink(median), format!("{median:.3}"));
            let style = text(if across.levels.len() > 6 { 10 } else { 14 }, &ink).pos(centre);
            chart.draw_series([EmptyElement::at((column, row)) + Text::new(words, (0, -6), style)])?;
            let style = text(11, &ink).pos(centre);
            let count = if lost == 0 { format!("({runs})") } else { format!("({runs} of {})", runs + lost) };
            chart.draw_series([EmptyElement::at((column, row)) + Text::new(count, (0, 9), style)])?;
        }
        Ok(())
    }
}

/// A pair of levels that some runs have.
#[derive(Debug, PartialEq)]
struct Cell {
    at: (usize, usize),
    median: f64,
    /// Runs that have an AUROC.
    runs: usize,
    /// Runs that failed, diverged or have none.
    lost: usize,
}

fn cells(trials: &Trials, pair: (usize, usize)) -> Vec<Cell> {
    let columns = trials.factors[pair.0].levels.len();
    let rows = trials.factors[pair.1].levels.len();
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| (column, row)))
        .filter_map(|at| {
            let holds = |levels: &[usize]| (levels[pair.0], levels[pair.1]) == at;
            let runs = trials.judged().filter(|(trial, _)| holds(&trial.levels)).count();
            let lost = trials.lost().filter(|trial| holds(&trial.levels)).count();
            Some(Cell { at, median: trials.median(|trial| holds(&trial.levels))?, runs, lost })
        })
        .collect()
}

impl Figure for Heatmap<'_> {
    fn size(&self) -> (u32, u32) {
        let (width, height) = self.panels_size();
        (width + RIGHT, height)
    }

    fn origin(&self) -> String {
        self.trials.origin()
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let (panels, right) = area.split_horizontally(self.panels_size().0);
        for (panel, pair) in panels.split_evenly(self.shape()).iter().zip(&self.pairs) {
            self.draw_panel(panel, *pair)?;
        }
        self.scale.draw(&right, (10, 60), 200)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::select::sweep_runs::tests::made_of;

    #[test]
    fn cells_are_medians_of_the_runs_with_both_values() {
        let trials = made_of(&[
            ("1", "x", 0, Some(0.5)),
            ("1", "x", 1, Some(0.7)),
            ("1", "x", 2, Some(0.9)),
            ("2", "x", 0, Some(0.6)),
            ("2", "x", 1, None),
            ("2", "y", 0, None),
            ("1", "y", 0, Some(0.4)),
        ]);
        let found = cells(&trials, (0, 1));
        let expected = [((0, 0), 0.7, 3, 0), ((0, 1), 0.4, 1, 0), ((1, 0), 0.6, 1, 1)];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (cell, (at, median, runs, lost)) in found.iter().zip(expected) {
            assert_eq!((cell.at, cell.median, cell.runs, cell.lost), (at, median, runs, lost));
        }
        let map = Heatmap::new(&trials).unwrap();
        assert_eq!((map.scale.low, map.scale.high), (0.4, 0.7));
        assert!(Heatmap::new(&made_of(&[("1", "x", 0, Some(0.5))])).is_none());
    }
}
