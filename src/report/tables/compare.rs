//! Runs beside each other: where they differ, and whether their AUROCs do.

use std::collections::BTreeSet;

use super::cells::in_interval;
use crate::eval::compare_auroc;
use crate::eval::measure::AUROC;
use crate::id::RunId;
use crate::report::ReportError;
use crate::report::select::pairs::{Unpaired, pairs};
use crate::report::select::settings::{settings, varying};
use crate::store::{RunRow, ScoreRow, Store};
use crate::table::{Cell, Table};

/// Runs beside each other.
pub struct Compared {
    /// One row per run.
    pub table: Table,
    /// Why runs could not be compared with the first image by image.
    pub unpaired: Vec<Unpaired>,
}

/// One row per run with the settings that differ, its AUROC, and the difference to the first run's with
/// its 95 % interval and p (DeLong, paired on the same test images). Runs that were judged on other images than
/// the first have no difference.
///
/// # Errors
/// Runs that are not done, or whatever the store says.
pub fn compare(store: &Store, ids: &[RunId]) -> Result<Compared, ReportError> {
    let runs = ids
        .iter()
        .map(|id| store.finished_run(id)?.ok_or_else(|| ReportError::NotDone(id.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    let mut differing = varying(&runs);
    differing.remove("model"); // a column of its own
    let columns = ["run", "model", "settings", "AUROC", "difference to the first", "p"].map(String::from);
    let of_first = store.scores(&runs[0].run_id)?;
    let mut compared =
        Compared { table: Table { columns: columns.to_vec(), rows: Vec::new() }, unpaired: Vec::new() };
    for run in &runs {
        let mut cells = described(run, &differing);
        if run.run_id == runs[0].run_id {
            cells.extend([Cell::Null, Cell::Null]);
        } else {
            let scores = store.scores(&run.run_id)?;
            cells.extend(difference((run, &scores), (&runs[0], &of_first), &mut compared.unpaired));
        }
        compared.table.rows.push(cells);
    }
    Ok(compared)
}

/// The run, the settings in which it differs, and its AUROC.
fn described(run: &RunRow, differing: &BTreeSet<String>) -> Vec<Cell> {
    let values = settings(&run.config, &run.dataset);
    let own = differing.iter().filter_map(|key| Some(format!("{key} {}", values.get(key)?)));
    let own = own.collect::<Vec<_>>().join(", ");
    let area = run.measures.with_interval(&AUROC);
    vec![
        Cell::Text(run.run_id.short().into()),
        Cell::Text(run.model.clone()),
        Cell::Text(own),
        area.map_or(Cell::Null, |values| Cell::Text(in_interval(&AUROC, values))),
    ]
}

/// The difference of two AUROCs with its interval, and p.
fn difference(
    run: (&RunRow, &[ScoreRow]),
    first: (&RunRow, &[ScoreRow]),
    unpaired: &mut Vec<Unpaired>,
) -> [Cell; 2] {
    let pairs = match pairs(run, first) {
        Ok(pairs) => pairs,
        Err(why) => {
            unpaired.push(why);
            return [Cell::Text("not paired".into()), Cell::Null];
        }
    };
    match compare_auroc(&pairs.normal, &pairs.anomaly) {
        Some(found) => [
            Cell::Text(format!("{:+.3} [{:+.3}, {:+.3}]", found.difference, found.low, found.high)),
            Cell::Text(if found.p < 0.001 { "< 0.001".into() } else { format!("{:.3}", found.p) }),
        ],
        None => [Cell::Null, Cell::Null],
    }
}
