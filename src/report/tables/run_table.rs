//! Every run of a sweep: what the figures of the whole sweep are drawn from.

use crate::eval::measure::{Shown, shown_in};
use crate::report::select::sweep_runs::{Trial, Trials};
use crate::table::{Cell, Table};

/// One row per run, those that failed or diverged included.
pub(crate) fn run_list(sweep: &[Trials]) -> Table {
    let measures = shown_in(Shown::RunTable).map(|measure| measure.title);
    let columns =
        ["run", "model", "seed", "settings"].into_iter().chain(measures).chain(["train (s)", "score (s)"]);
    let rows = sweep.iter().flat_map(|trials| trials.trials.iter().map(|trial| row(trials, trial)));
    Table { columns: columns.map(String::from).collect(), rows: rows.collect() }
}

fn row(trials: &Trials, trial: &Trial) -> Vec<Cell> {
    let mut cells = vec![
        Cell::Text(trial.run_id.to_string()),
        Cell::Text(trials.model.clone()),
        Cell::Integer(trial.seed),
        Cell::Text(trials.in_words(trial)),
    ];
    let run = trial.run.as_ref();
    let measures = shown_in(Shown::RunTable).map(|measure| run?.measures.get(measure));
    let seconds = [run.and_then(|run| run.train_seconds), run.and_then(|run| run.score_seconds)];
    cells.extend(measures.chain(seconds).map(|value| value.map_or(Cell::Null, Cell::Real)));
    cells
}
