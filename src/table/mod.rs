//! A table of cells and the formats that it is written in.

mod cell;
mod format;

pub use cell::{Cell, Table};
pub use format::Format;
pub(crate) use format::{Place, is_numeric};
