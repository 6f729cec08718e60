//! How numbers stand in the cells of tables.

use crate::eval::{Measure, mean_interval};
use crate::report::draw::axis::tick;
use crate::table::Cell;

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
