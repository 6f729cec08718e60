//! Which run stands for a model in the figures of single runs and settings.

use std::collections::BTreeSet;

use super::highest::highest;
use super::settings::without_seed;
use crate::id::RunId;
use crate::store::RunRow;

/// Which run stands for a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Choice {
    /// The sweep's first, whatever it reached.
    #[default]
    First,
    /// The first seed of the setting with the highest mean test AUROC.
    Best,
    /// The sweep's first among these, and its first of all where none is of the model.
    Runs {
        /// Ids.
        ids: BTreeSet<RunId>,
        /// How they were chosen: `--tag good`.
        how: String,
    },
}

/// A run's place among the runs of its model, and how it was chosen, in words.
pub(crate) fn chosen(choice: &Choice, runs: &[RunRow]) -> (usize, String) {
    let first = (0, "the sweep’s first setting".to_string());
    match choice {
        Choice::First => first,
        Choice::Best => best(runs).map_or(first, |place| {
            (place, "the setting with the highest mean test AUROC: what it reaches flatters".into())
        }),
        Choice::Runs { ids, how } => runs
            .iter()
            .position(|run| ids.contains(&run.run_id))
            .map_or(first, |place| (place, format!("chosen by {how}"))),
    }
}

/// The first run of the best setting.
fn best(runs: &[RunRow]) -> Option<usize> {
    let mut settings: Vec<(String, usize, Vec<&RunRow>)> = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        let config = without_seed(&run.config);
        match settings.iter_mut().find(|(known, ..)| *known == config) {
            Some((.., of)) => of.push(run),
            None => settings.push((config, place, vec![run])),
        }
    }
    let (places, settings): (Vec<usize>, Vec<_>) =
        settings.into_iter().map(|(_, place, of)| (place, of)).unzip();
    highest(&settings, |_| true).map(|(setting, _)| places[setting])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::measure::{AUROC, DIVERSITY};

    fn run(nth: u32, w_con: u32, auroc: f64, diversity: f64) -> RunRow {
        RunRow {
            run_id: format!("{nth:032}").parse().unwrap(),
            config: format!(r#"{{"fit":{{"seed":{nth},"network":{{"w_con":{w_con}}}}}}}"#),
            measures: [(&AUROC, Some(auroc)), (&DIVERSITY, Some(diversity))].into(),
            ..RunRow::default()
        }
    }

    #[test]
    fn the_best_is_so_on_the_mean_and_has_not_collapsed() {
        let runs = [
            run(0, 1, 0.99, 0.9),
            run(1, 1, 0.5, 0.9),
            run(2, 2, 0.8, 0.9),
            run(3, 2, 0.8, 0.9),
            run(4, 3, 0.99, 0.1),
            run(5, 3, 0.99, 0.1),
        ];
        assert_eq!(chosen(&Choice::Best, &runs).0, 2);
        assert_eq!(chosen(&Choice::First, &runs).0, 0);
        let ids = ["9", "4", "3"].map(|nth| format!("{nth:0>32}").parse().unwrap());
        let by_tag = Choice::Runs { ids: ids.into(), how: "--tag good".into() };
        assert_eq!(chosen(&by_tag, &runs), (3, "chosen by --tag good".into()));
        assert_eq!(chosen(&by_tag, &runs[..2]).0, 0, "none is of this model");
    }
}
