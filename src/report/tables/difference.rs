//! How much better one setting is than another, as cells of a table.

use super::cells::rounded;
use crate::eval::{SettingDifference, TestScores, auroc, mean};
use crate::report::select::pairs::OnTheSameImages;
use crate::table::Cell;

/// Settings whose AUROCs differ by less are alike in practice.
const MARGIN: f64 = 0.01;

/// Titles of the cells of a [`Difference`].
pub(crate) const COLUMNS: [&str; 9] = [
    "AUROC",
    "other AUROC",
    "difference",
    "low",
    "high",
    "p",
    "p (Holm)",
    "p of 0.01 or more",
    "seeds to decide",
];

/// Two settings' fits, compared over seeds and images both: see [`SettingDifference`].
pub(crate) struct Difference {
    /// Mean AUROC of both over their seeds.
    areas: [f64; 2],
    /// Absent where a setting has one seed alone: how much is luck, one training does not tell.
    found: Option<SettingDifference>,
}

impl Difference {
    /// Absent where an AUROC is undefined.
    pub fn of(both: &OnTheSameImages) -> Option<Self> {
        let area = |fits: &[TestScores]| {
            let areas: Option<Vec<f64>> =
                fits.iter().map(|(normal, anomaly)| Some(auroc(normal, anomaly)?.area)).collect();
            mean(&areas?)
        };
        let [one, other] = &both.scores;
        Some(Self { areas: [area(one)?, area(other)?], found: both.compare() })
    }

    /// The probability of such a difference between equal settings; NaN where it is not known.
    pub fn p(&self) -> f64 {
        self.found.map_or(f64::NAN, |found| found.p)
    }

    /// The cells, with p as it is corrected for the number of comparisons: both AUROCs, the first minus the other with
    /// its 95 % interval and p, p of a difference of .01 or more (under .05 the settings are equivalent), and the seeds
    /// that would tell this difference from none.
    pub fn cells(&self, adjusted: f64) -> Vec<Cell> {
        let Self { areas, found } = self;
        let cell =
            |of: fn(&SettingDifference) -> f64| found.as_ref().map_or(Cell::Null, |found| rounded(of(found)));
        let p = |p: Option<f64>| p.map_or(Cell::Null, probability);
        vec![
            rounded(areas[0]),
            rounded(areas[1]),
            rounded(areas[0] - areas[1]),
            cell(|found| found.low.max(-1.0)), // no AUROCs differ by more
            cell(|found| found.high.min(1.0)),
            p(found.map(|found| found.p)),
            p(found.map(|_| adjusted)),
            p(found.map(|found| found.equivalence(MARGIN))),
            found
                .and_then(|found| found.seeds_to_decide())
                .map_or(Cell::Null, |seeds| Cell::Integer(seeds as i64)),
        ]
    }
}

fn probability(p: f64) -> Cell {
    Cell::Text(if p < 0.001 { format!("{p:.1e}") } else { format!("{p:.4}") })
}
