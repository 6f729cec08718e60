//! Files of a report: written whole, under names that are safe.

use std::path::Path;

use super::error::ReportError;
use crate::atomic_file::write_whole;

/// Writes a file whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    write_whole(path, &[bytes]).map_err(ReportError::io(path))
}

/// A name that is safe as a file name everywhere.
pub(crate) fn file_name(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    crate::file_name::file_name(&plain)
}
