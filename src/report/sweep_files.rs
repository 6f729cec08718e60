//! Files beside a sweep's figures: its runs, how sure its numbers are, whether its models differ.

use std::path::Path;

use super::best::best;
use super::intervals::intervals;
use super::leakage::leakage;
use super::pairwise::pairwise;
use super::run_list::run_list;
use super::select::Group;
use super::trials::Trials;
use super::{Format, ReportError, file_name, write_file};
use crate::store::Store;

/// Writes the tables as Markdown and CSV, and the best setting of each model as a sweep file.
///
/// # Errors
/// A file that cannot be written, or whatever the store says.
pub(super) fn write(
    store: &Store,
    groups: &[Group],
    sweep: &[Trials],
    folder: &Path,
) -> Result<(), ReportError> {
    let tables = [
        ("runs", run_list(sweep)),
        ("intervals", intervals(groups)),
        ("pairwise", pairwise(groups)?),
        ("leakage", leakage(sweep)),
    ];
    for (name, table) in &tables {
        for (format, extension) in [(Format::Markdown, "md"), (Format::Csv, "csv")] {
            write_file(&folder.join(format!("{name}.{extension}")), format.write(table).as_bytes())?;
        }
    }
    for trials in sweep {
        if let Some(file) = best(store, trials)? {
            write_file(&folder.join(format!("best-{}.toml", file_name(&trials.model))), file.as_bytes())?;
        }
    }
    Ok(())
}
