//! Runs beside each other: where they differ, and whether their AUROCs do.

use std::collections::BTreeSet;

use super::cells::in_interval;
use crate::eval::measure::AUROC;
use crate::eval::{Pair, compare_auroc};
use crate::id::RunId;
use crate::report::ReportError;
use crate::report::select::settings::{settings, varying};
use crate::store::{RunRow, Store};
use crate::table::{Cell, Table};

/// One row per run with the settings that differ, its AUROC, and the difference to the first run's with
/// its 95 % interval and p (DeLong, paired on the same test images).
///
/// # Errors
/// Runs that are not done or that were judged on other images, or whatever the store says.
pub fn compare(store: &Store, ids: &[RunId]) -> Result<Table, ReportError> {
    let runs = ids
        .iter()
        .map(|id| store.finished_run(id)?.ok_or_else(|| ReportError::NotDone(id.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    let mut differing = varying(&runs);
    differing.remove("model"); // a column of its own
    let columns = ["run", "model", "settings", "AUROC", "difference to the first", "p"].map(String::from);
    let rows = runs.iter().map(|run| row(store, &runs[0], run, &differing)).collect::<Result<_, _>>()?;
    Ok(Table { columns: columns.to_vec(), rows })
}

fn row(
    store: &Store,
    first: &RunRow,
    run: &RunRow,
    differing: &BTreeSet<String>,
) -> Result<Vec<Cell>, ReportError> {
    let values = settings(&run.config);
    let own = differing.iter().filter_map(|key| Some(format!("{key} {}", values.get(key)?)));
    let own = own.collect::<Vec<_>>().join(", ");
    let mut cells =
        vec![Cell::Text(run.run_id.short().into()), Cell::Text(run.model.clone()), Cell::Text(own)];
    let area = run.measures.with_interval(&AUROC);
    cells.push(area.map_or(Cell::Null, |values| Cell::Text(in_interval(&AUROC, values))));
    if run.run_id == first.run_id {
        cells.extend([Cell::Null, Cell::Null]);
        return Ok(cells);
    }
    let scores = store.paired_scores(&run.run_id, &first.run_id)?;
    let of_both = [run, first].map(|run| run.n_normal + run.n_anomaly);
    if run.dataset != first.dataset || of_both != [scores.len() as i64; 2] {
        return Err(ReportError::OtherImages { one: first.run_id.clone(), other: run.run_id.clone() });
    }
    let of = |anomaly: bool| -> Vec<Pair> {
        scores.iter().filter(|score| score.0 == anomaly).map(|score| (score.1, score.2)).collect()
    };
    cells.extend(match compare_auroc(&of(false), &of(true)) {
        Some(found) => [
            Cell::Text(format!("{:+.3} [{:+.3}, {:+.3}]", found.difference, found.low, found.high)),
            Cell::Text(if found.p < 0.001 { "< 0.001".into() } else { format!("{:.3}", found.p) }),
        ],
        None => [Cell::Null, Cell::Null],
    });
    Ok(cells)
}
