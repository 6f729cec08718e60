//! The comparison table: one row a setting, over its seeds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::eval::{mean, standard_deviation};
use crate::store::{Cell, RunRow, Table};

/// Where the column of pixel AUROCs stands, in tables that have one.
const PIXELS: usize = 6;

/// A run's configuration without its seed: what runs that differ in the seed alone share.
pub(super) fn without_seed(config: &str) -> String {
    let mut value: Value = serde_json::from_str(config).unwrap_or_default();
    if let Some(fit) = value.get_mut("fit").and_then(Value::as_object_mut) {
        fit.remove("seed");
    }
    value.to_string()
}

/// Compares the settings of some runs, in the order in which they first come.
pub(super) fn comparison(runs: &[RunRow]) -> Table {
    let mut rows: Vec<(String, Vec<&RunRow>)> = Vec::new();
    for run in runs {
        let key = without_seed(&run.config);
        match rows.iter_mut().find(|(known, _)| *known == key) {
            Some((_, same)) => same.push(run),
            None => rows.push((key, vec![run])),
        }
    }
    let varying = varying(runs);
    let has_masks = runs.iter().any(|run| run.pixel_auroc.is_some());
    let mut columns = vec![
        "model",
        "size",
        "settings",
        "seeds",
        "AUROC",
        "AUROC without leaked",
        "average precision",
        "best accuracy (tuned on the test set)",
        "accuracy at threshold",
        "true positive rate",
        "false positive rate",
        "diversity",
        "train (s)",
        "score (s)",
    ];
    let mut cells: Vec<Vec<Cell>> = rows.iter().map(|(_, runs)| row(runs, &varying)).collect();
    if has_masks {
        columns.insert(PIXELS, "pixel AUROC");
        for (row, (_, runs)) in cells.iter_mut().zip(&rows) {
            row.insert(PIXELS, average(runs, |run| run.pixel_auroc, 3));
        }
    }
    Table { columns: columns.into_iter().map(String::from).collect(), rows: cells }
}

fn row(runs: &[&RunRow], varying: &BTreeMap<String, BTreeSet<String>>) -> Vec<Cell> {
    let first = runs[0];
    let average = |value: fn(&RunRow) -> Option<f64>, digits: usize| average(runs, value, digits);
    let settings: Vec<String> = settings(&first.config)
        .into_iter()
        .filter(|(key, _)| varying.get(key).is_some_and(|values| values.len() > 1))
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    vec![
        Cell::Text(first.model.clone()),
        Cell::Text(format!("{}×{}×{}", first.image_size, first.image_size, first.channels)),
        Cell::Text(settings.join(", ")),
        Cell::Integer(runs.len() as i64),
        Cell::Text(auroc(runs)),
        average(|run| run.auroc_unleaked, 3),
        average(|run| run.average_precision, 3),
        average(|run| run.best_accuracy, 3),
        average(|run| run.accuracy, 3),
        average(|run| run.true_positive_rate, 3),
        average(|run| run.false_positive_rate, 3),
        average(|run| run.diversity, 2),
        average(|run| run.train_seconds, 1),
        average(|run| run.score_seconds, 1),
    ]
}

fn average(runs: &[&RunRow], value: fn(&RunRow) -> Option<f64>, digits: usize) -> Cell {
    let values: Vec<f64> = runs.iter().filter_map(|run| value(run)).collect();
    Cell::Text(mean(&values).map_or("–".into(), |mean| format!("{mean:.digits$}")))
}

/// Mean ± deviation over seeds, or one run's value with its 95 % interval.
fn auroc(runs: &[&RunRow]) -> String {
    let values: Vec<f64> = runs.iter().filter_map(|run| run.auroc).collect();
    match (mean(&values), standard_deviation(&values), runs[0].auroc_low, runs[0].auroc_high) {
        (Some(mean), Some(deviation), ..) => format!("{mean:.3} ± {deviation:.3}"),
        (Some(mean), None, Some(low), Some(high)) => format!("{mean:.3} [{low:.3}, {high:.3}]"),
        _ => "–".into(),
    }
}

/// The settings that take more than one value among the runs.
fn varying(runs: &[RunRow]) -> BTreeMap<String, BTreeSet<String>> {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for run in runs {
        for (key, value) in settings(&run.config) {
            values.entry(key).or_default().insert(value);
        }
    }
    for shown_elsewhere in ["image_size", "channels", "seed", "model"] {
        values.remove(shown_elsewhere);
    }
    values
}

/// The leaves of a configuration: name and value.
pub(super) fn settings(config: &str) -> BTreeMap<String, String> {
    fn walk(value: &Value, name: &str, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, key, found)),
            Value::String(text) => drop(found.insert(name.into(), text.clone())),
            other => drop(found.insert(name.into(), other.to_string())),
        }
    }
    let mut found = BTreeMap::new();
    walk(&serde_json::from_str(config).unwrap_or_default(), "", &mut found);
    found
}
