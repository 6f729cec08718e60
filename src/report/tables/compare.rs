//! Runs beside each other: where they differ, and whether their AUROCs do.

use std::collections::BTreeSet;

use super::cells::in_interval;
use crate::eval::measure::{AUROC, AUROC_HIGH, AUROC_LOW};
use crate::eval::{Difference, compare_auroc};
use crate::id::RunId;
use crate::report::ReportError;
use crate::report::select::pairs::{Unpaired, pairs};
use crate::report::select::settings::{settings, varying};
use crate::store::{RunRow, Store};
use crate::table::{Cell, Table};

/// Runs beside each other.
pub struct Compared {
    /// One row per run, for people.
    pub table: Table,
    /// The same for programs: whole ids, a column for each setting that differs and for each number.
    pub data: Table,
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
    let table = Table { columns: columns.to_vec(), rows: Vec::new() };
    let data = Table { columns: data_columns(&differing), rows: Vec::new() };
    let mut compared = Compared { table, data, unpaired: Vec::new() };
    for run in &runs {
        let found = if run.run_id == runs[0].run_id {
            Ok(None)
        } else {
            let scores = store.scores(&run.run_id)?;
            pairs((run, &scores), (&runs[0], &of_first))
                .map(|pairs| compare_auroc(&pairs.normal, &pairs.anomaly))
        };
        let shown = described(run, &differing).into_iter().chain(difference(&found));
        compared.table.rows.push(shown.collect());
        compared.data.rows.push(numbers(run, &differing, found.as_ref().ok().and_then(Option::as_ref)));
        compared.unpaired.extend(found.err());
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
fn difference(found: &Result<Option<Difference>, Unpaired>) -> [Cell; 2] {
    match found {
        Ok(Some(found)) => [
            Cell::Text(format!("{:+.3} [{:+.3}, {:+.3}]", found.difference, found.low, found.high)),
            Cell::Text(if found.p < 0.001 { "< 0.001".into() } else { format!("{:.3}", found.p) }),
        ],
        Ok(None) => [Cell::Null, Cell::Null],
        Err(_) => [Cell::Text("not paired".into()), Cell::Null],
    }
}

fn data_columns(differing: &BTreeSet<String>) -> Vec<String> {
    let numbers =
        ["auroc", "auroc_low", "auroc_high", "difference", "difference_low", "difference_high", "p"];
    let texts = ["run_id", "model"].into_iter().chain(differing.iter().map(String::as_str));
    texts.chain(numbers).map(String::from).collect()
}

/// The cells of [`data_columns`].
fn numbers(run: &RunRow, differing: &BTreeSet<String>, found: Option<&Difference>) -> Vec<Cell> {
    let values = settings(&run.config, &run.dataset);
    let setting = |name| values.get(name).map_or(Cell::Null, |text: &String| cell_of(text));
    let real = |value: Option<f64>| value.map_or(Cell::Null, Cell::Real);
    let texts = [Cell::Text(run.run_id.to_string()), Cell::Text(run.model.clone())];
    let area = [&AUROC, &AUROC_LOW, &AUROC_HIGH].map(|measure| real(run.measures.get(measure)));
    let of = |number: fn(&Difference) -> f64| real(found.map(number));
    let difference =
        [of(|found| found.difference), of(|found| found.low), of(|found| found.high), of(|found| found.p)];
    texts.into_iter().chain(differing.iter().map(setting)).chain(area).chain(difference).collect()
}

/// Numbers as numbers.
fn cell_of(text: &str) -> Cell {
    let whole = text.parse().map(Cell::Integer);
    whole.or_else(|_| text.parse().map(Cell::Real)).unwrap_or_else(|_| Cell::Text(text.into()))
}
