//! Every run of a sweep: what the figures of the whole sweep are drawn from.

use crate::report::select::sweep_runs::{Trial, Trials};
use crate::table::{Cell, Table};

/// One row per run, those that failed or diverged included.
pub(crate) fn run_list(sweep: &[Trials]) -> Table {
    let columns = [
        "run",
        "model",
        "seed",
        "settings",
        "AUROC",
        "AUROC without leaked",
        "average precision",
        "diversity",
        "train (s)",
        "score (s)",
    ];
    let rows = sweep.iter().flat_map(|trials| trials.trials.iter().map(|trial| row(trials, trial)));
    Table { columns: columns.map(String::from).to_vec(), rows: rows.collect() }
}

fn row(trials: &Trials, trial: &Trial) -> Vec<Cell> {
    let mut cells = vec![
        Cell::Text(trial.run_id.clone()),
        Cell::Text(trials.model.clone()),
        Cell::Integer(trial.seed),
        Cell::Text(trials.in_words(trial)),
    ];
    let values = trial.run.as_ref().map_or([None; 6], |run| {
        [
            run.auroc,
            run.auroc_unleaked,
            run.average_precision,
            run.diversity,
            run.train_seconds,
            run.score_seconds,
        ]
    });
    cells.extend(values.map(|value| value.map_or(Cell::Null, Cell::Real)));
    cells
}
