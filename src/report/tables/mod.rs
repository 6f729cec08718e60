//! The tables of a report, one per file, and the best setting of each model as a sweep file.

mod best_setting;
pub(crate) mod cells;
pub(crate) mod compare;
pub(crate) mod comparison;
mod defects;
mod intervals;
mod leakage;
mod pairwise;
mod run_table;

use std::path::Path;

use super::error::ReportError;
use super::files::{file_name, write_file};
use super::select::run_groups::Group;
use super::select::sweep_runs::Trials;
use crate::store::Store;
use crate::table::Format;
use best_setting::best;
use defects::defects;
use intervals::intervals;
use leakage::leakage;
use pairwise::pairwise;
use run_table::run_list;

/// Writes the tables as Markdown and CSV, and the best setting of each model as a sweep file.
///
/// # Errors
/// A file that cannot be written, or whatever the store says.
pub(crate) fn write(
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
        ("defects", defects(groups)),
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
