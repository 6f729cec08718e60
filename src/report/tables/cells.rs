//! How numbers stand in the cells of tables.

use crate::eval::{Measure, mean_interval};
use crate::report::draw::axis::tick;
use crate::table::{Cell, Mark, Marked, Table};

/// Adds a column that says of each row what is wrong with its runs, if anything is wrong with one; gives back its cells
/// that say something, to be marked.
pub(crate) fn add_doubts(table: &mut Table, doubts: Vec<String>) -> Vec<Marked> {
    if doubts.iter().all(String::is_empty) {
        return Vec::new();
    }
    let column = table.columns.len();
    table.columns.push("in doubt".into());
    let marks = doubts.iter().enumerate().filter(|(_, doubt)| !doubt.is_empty());
    let marks = marks.map(|(row, _)| ((row, column), Mark::Alarm)).collect();
    for (row, doubt) in table.rows.iter_mut().zip(doubts) {
        row.push(if doubt.is_empty() { Cell::Null } else { Cell::Text(doubt) });
    }
    marks
}

/// Four digits after the point.
pub(crate) fn rounded(value: f64) -> Cell {
    Cell::Text(format!("{value:.4}"))
}

/// A number with so many digits after the point, or as many as its size needs; a dash for none.
pub(crate) fn number(value: Option<f64>, digits: Option<usize>) -> String {
    match (value, digits) {
        (Some(value), Some(digits)) => format!("{value:.digits$}"),
        (Some(value), None) => tick(&value),
        (None, _) => "–".into(),
    }
}

/// A measure's value with the ends of its interval: "0.900 [0.850, 0.950]".
pub(crate) fn in_interval(measure: &Measure, values: [f64; 3]) -> String {
    let [value, low, high] = values.map(|value| number(Some(value), measure.digits));
    format!("{value} [{low}, {high}]")
}

/// The 95 % interval of a mean over seeds, within what a share can be: "0.726 – 0.974"; a dash for fewer than two.
pub(crate) fn of_mean(measure: &Measure, values: &[f64]) -> String {
    match mean_interval(values) {
        Some((low, high)) => {
            let [low, high] = [low, high].map(|end| number(Some(end.clamp(0.0, 1.0)), measure.digits));
            format!("{low} – {high}")
        }
        None => "–".into(),
    }
}
