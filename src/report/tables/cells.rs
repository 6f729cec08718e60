//! How numbers stand in the cells of tables.

use crate::table::Cell;

/// Four digits after the point.
pub(crate) fn rounded(value: f64) -> Cell {
    Cell::Text(format!("{value:.4}"))
}
