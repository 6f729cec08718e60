//! A table of cells and the formats that it is written in.

mod cell;
mod format;
mod printable;
mod significant;
mod stream;

pub use cell::{Cell, Table};
pub use format::Format;
pub(crate) use format::{Mark, Marked, is_numeric};
pub(crate) use printable::printable;
pub use stream::{Column, Stream};
