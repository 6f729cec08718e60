//! What leaked images are worth: results with and without them.

use super::cells::rounded;
use crate::eval::mean;
use crate::eval::measure::{AUROC, AUROC_UNLEAKED};
use crate::report::select::sweep_runs::Trials;
use crate::store::RunRow;
use crate::table::{Cell, Table};

/// One row per setting, means over its seeds: AUROC on all test images and without the leaked normal ones.
pub(crate) fn leakage(sweep: &[Trials]) -> Table {
    let columns = [
        "model",
        "settings",
        "seeds",
        "normal test images",
        "of which leaked",
        AUROC.title,
        AUROC_UNLEAKED.title,
        "difference",
    ];
    let rows = sweep.iter().flat_map(|trials| {
        trials.settings().into_iter().map(|seeds| {
            let runs: Vec<&RunRow> = seeds.iter().map(|(_, run)| *run).collect();
            row(&runs, trials.in_words(seeds[0].0))
        })
    });
    Table { columns: columns.map(String::from).to_vec(), rows: rows.collect() }
}

fn row(runs: &[&RunRow], settings: String) -> Vec<Cell> {
    let average =
        |measure| mean(&runs.iter().filter_map(|run| run.measures.get(measure)).collect::<Vec<_>>());
    let (all, unleaked) = (average(&AUROC), average(&AUROC_UNLEAKED));
    let cell = |value: Option<f64>| value.map_or(Cell::Null, rounded);
    vec![
        Cell::Text(runs[0].model.clone()),
        Cell::Text(settings),
        Cell::Integer(runs.len() as i64),
        Cell::Integer(runs[0].n_normal),
        Cell::Integer(runs[0].n_leaked),
        cell(all),
        cell(unleaked),
        cell(all.zip(unleaked).map(|(all, unleaked)| unleaked - all)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::select::sweep_runs::tests::made_of;

    #[test]
    fn seeds_are_averaged_before_the_difference() {
        let mut trials =
            made_of(&[("1", "x", 0, Some(0.8)), ("1", "x", 1, Some(0.9)), ("2", "x", 0, Some(0.7))]);
        for (trial, unleaked) in trials.trials.iter_mut().zip([0.75, 0.85, 0.7]) {
            trial.run.as_mut().unwrap().measures.extend([(&AUROC_UNLEAKED, Some(unleaked))]);
        }
        let rows: Vec<Vec<String>> =
            leakage(&[trials]).rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(rows.len(), 2, "one row per setting");
        assert_eq!(rows[0][2], "2");
        assert_eq!(rows[0][5..], ["0.8500", "0.8000", "-0.0500"]);
    }
}
