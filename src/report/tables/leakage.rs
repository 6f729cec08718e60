//! What leaked images are worth: results with and without them.

use super::cells::rounded;
use crate::eval::measure::MEASURES;
use crate::eval::{Measure, mean};
use crate::report::select::sweep_runs::Trials;
use crate::store::RunRow;
use crate::table::{Cell, Table};

/// One row per setting and measure, means over the setting's seeds: on all test images and without the leaked normal
/// ones. None of runs that judged no leaked image.
pub(crate) fn leakage(sweep: &[Trials]) -> Table {
    let columns = [
        "model",
        "settings",
        "seeds",
        "normal test images",
        "of which leaked",
        "measure",
        "with leaked",
        "without leaked",
        "difference",
    ];
    let rows = sweep.iter().flat_map(|trials| {
        trials.settings().into_iter().flat_map(|seeds| {
            let runs: Vec<&RunRow> =
                seeds.iter().map(|(_, run)| *run).filter(|run| run.n_leaked > 0).collect();
            rows(&runs, &trials.in_words(seeds[0].0))
        })
    });
    Table { columns: columns.map(String::from).to_vec(), rows: rows.collect() }
}

/// The measures that a setting's runs have with and without leaked images.
fn rows(runs: &[&RunRow], settings: &str) -> Vec<Vec<Cell>> {
    let average =
        |measure| mean(&runs.iter().filter_map(|run| run.measures.get(measure)).collect::<Vec<_>>());
    let first = runs.first();
    let row = |unleaked: &'static Measure| {
        let first = first?;
        let with = unleaked.unleaked_of?;
        let (all, without) = (average(with)?, average(unleaked)?);
        Some(vec![
            Cell::Text(first.model.clone()),
            Cell::Text(settings.into()),
            Cell::Integer(runs.len() as i64),
            Cell::Integer(first.n_normal),
            Cell::Integer(first.n_leaked),
            Cell::Text(with.title.into()),
            rounded(all),
            rounded(without),
            rounded(without - all),
        ])
    };
    MEASURES.into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::measure::{AUROC_UNLEAKED, FALSE_POSITIVE_RATE, FALSE_POSITIVE_RATE_UNLEAKED};
    use crate::report::select::sweep_runs::tests::made_of;

    #[test]
    fn seeds_are_averaged_before_the_difference() {
        let mut trials =
            made_of(&[("1", "x", 0, Some(0.8)), ("1", "x", 1, Some(0.9)), ("2", "x", 0, Some(0.7))]);
        for (trial, unleaked) in trials.trials.iter_mut().zip([0.75, 0.85, 0.7]) {
            let run = trial.run.as_mut().unwrap();
            run.n_leaked = 2;
            run.measures.extend([(&AUROC_UNLEAKED, Some(unleaked))]);
        }
        let alone = &mut trials.trials[2].run.as_mut().unwrap().measures;
        alone.extend([(&FALSE_POSITIVE_RATE, Some(0.014)), (&FALSE_POSITIVE_RATE_UNLEAKED, Some(0.056))]);
        let rows: Vec<Vec<String>> = leakage(std::slice::from_ref(&trials))
            .rows
            .iter()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect();
        assert_eq!(rows.len(), 3, "one row per setting and measure that it has");
        assert_eq!(rows[0][2], "2");
        assert_eq!(rows[0][5..], ["AUROC", "0.8500", "0.8000", "-0.0500"]);
        assert_eq!(rows[2][5..], ["false positive rate", "0.0140", "0.0560", "0.0420"]);
        trials.trials[2].run.as_mut().unwrap().n_leaked = 0;
        assert_eq!(leakage(&[trials]).rows.len(), 1, "nothing is said where nothing leaked");
    }
}
