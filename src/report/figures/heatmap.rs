//! Median AUROC over pairs of settings.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::draw::axis::Axis;
use crate::report::draw::colour_bar::Scale;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::model_panels::Panels;
use crate::report::draw::plot::Plot;
use crate::report::draw::text::{SMALL, USUAL, line_height, placed, text_width};
use crate::report::draw::units::pt;
use crate::report::select::sweep_runs::Trials;

/// Settings whose pairs are shown: six pairs.
const FACTORS: usize = 4;
/// Room for the scale.
const HEAD: i32 = pt(16);

pub(crate) fn caption(model: &str) -> String {
    format!(
        "median AUROC of {model} for each pair of values of two settings, over all runs that have both (seeds and \
         other settings included), and, where there is room, in brackets their number, of how many where some failed \
         or diverged. Of more than {FACTORS} settings, those whose medians differ most are paired."
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

    fn panels(&self, width: i32) -> Panels {
        Panels::of(self.pairs.len(), 3, 0.85, width)
    }

    fn draw_panel(&self, panel: &Area<'_>, pair: (usize, usize)) -> Drawing {
        let [across, up] = [pair.0, pair.1].map(|factor| &self.trials.factors[factor]);
        let [x, y] = [across, up].map(|factor| Axis::names(factor.name.clone(), factor.levels.clone()));
        let plot = Plot::new(panel, "", x, y)?;
        for cell in cells(self.trials, pair) {
            let (column, row) = (cell.at.0 as f64, cell.at.1 as f64);
            let (left, top) = plot.at((column - 0.5, row + 0.5));
            let (right, bottom) = plot.at((column + 0.5, row - 0.5));
            let (ink, colour) = (self.scale.ink(cell.median), self.scale.colour(cell.median));
            panel.draw(&Rectangle::new([(left, top), (right, bottom)], colour.filled()))?;
            let (wide, high) = (right - left, bottom - top);
            let (words, count) = (format!("{:.3}", cell.median), cell.count_in_words());
            let middle = ((left + right) / 2, (top + bottom) / 2);
            if text_width(&words, SMALL) + pt(1) > wide || line_height(SMALL) > high {
                continue; // the colour alone tells
            }
            let size = if text_width(&words, USUAL) + pt(2) > wide { SMALL } else { USUAL };
            let has_room = text_width(&count, SMALL) + pt(1) <= wide && 2 * line_height(SMALL) <= high;
            let up = if has_room { pt(4) } else { 0 };
            let style = |size| placed(size, &ink, HPos::Center, VPos::Center);
            panel.draw(&Text::new(words, (middle.0, middle.1 - up), style(size)))?;
            if has_room {
                panel.draw(&Text::new(count, (middle.0, middle.1 + up), style(SMALL)))?;
            }
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

impl Cell {
    fn count_in_words(&self) -> String {
        let Self { runs, lost, .. } = self;
        if *lost == 0 { format!("({runs})") } else { format!("({runs} of {})", runs + lost) }
    }
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
    fn height(&self, width: i32) -> i32 {
        HEAD + self.panels(width).whole()
    }

    fn origin(&self) -> String {
        self.trials.origin()
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let (top, below) = area.split_vertically(HEAD);
        self.scale.draw(&top, "median AUROC", (pt(6), pt(5)), (width - pt(12)).min(pt(230)))?;
        for (panel, pair) in self.panels(width).areas(&below).iter().zip(&self.pairs) {
            self.draw_panel(panel, *pair)?;
        }
        Ok(())
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
