//! Every run of a sweep: what the figures of the whole sweep are drawn from.

use super::cells::add_doubts;
use crate::eval::measure::{Shown, shown_in};
use crate::report::select::sweep_runs::{Trial, Trials};
use crate::table::{Cell, Marked, Table};

/// One row per run, those that failed or diverged included, and the cells that say what is wrong with one.
pub(crate) fn run_list(sweep: &[Trials]) -> (Table, Vec<Marked>) {
    let measures = shown_in(Shown::RunTable).map(|measure| measure.title);
    let columns =
        ["run", "model", "seed", "settings"].into_iter().chain(measures).chain(["train (s)", "score (s)"]);
    let trials = || sweep.iter().flat_map(|trials| trials.trials.iter().map(move |trial| (trials, trial)));
    let rows = trials().map(|(trials, trial)| row(trials, trial)).collect();
    let mut table = Table { columns: columns.map(String::from).collect(), rows };
    let doubts = trials().map(|(_, trial)| trial.trouble().unwrap_or_default()).collect();
    let marks = add_doubts(&mut table, doubts);
    (table, marks)
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
