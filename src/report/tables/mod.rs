//! The tables of a report, one per file, and the best setting of each model as a sweep file.

mod best_setting;
pub(crate) mod cells;
pub(crate) mod clearly_best;
mod column;
pub(crate) mod compare;
pub(crate) mod comparison;
mod dataset_means;
mod defects;
mod intervals;
mod leakage;
mod pairwise;
mod run_table;
mod setting_rows;

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

/// What a table claims and what it does not; it goes with the table in every format.
const INTERVALS: &str = "\
    One row per run of each model's first setting. The intervals are for other images, not for other seeds: `low` and \
    `high` from DeLong's variance in Wilson's form, `bootstrap` from 2000 resamples of the images. The \
    false positive rate found lies between `kept low` and `kept high` in 95 % of cases where the promise is \
    kept.";
const PAIRWISE: &str = "\
    Each model with the sweep's first setting, the same test images. Interval and p are for other seeds and \
    other images (Obuchowski and Rockette's analysis, trainings as readers); `p (Holm)` is corrected for the \
    number of pairs. `p of 0.01 or more` under .05: the settings are equivalent within .01. `seeds to decide` is \
    how many seeds each would tell this difference from none; empty where more seeds do not help, as the images \
    are too few. One seed tells of no interval.";
const LEAKAGE: &str = "\
    Test images that stand in the training images, or nearly, make results look better than they are. Means over \
    seeds, with and without them; the threshold is the same. Nothing here tells what else the two sets share.";
const DEFECTS: &str = "\
    Each folder of anomalies against all normal test images, for each run of each model's first setting. `low` and \
    `high` are the 95 % interval of the AUROC for other images, not for other seeds; it is wide where a folder has few \
    images. The normal images are the same for all folders, so that their results go up and down together.";
const RUNS: &str = "\
    Every run of the sweep. What is tuned on the test labels is no estimate of performance, and neither is the highest \
    of many settings: it was found on these images.";

/// Writes the tables as Markdown and CSV, each with what it claims, and the best setting of each model as a sweep file.
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
        ("runs", run_list(sweep), format!("{} {RUNS}", tried_in_words(sweep))),
        ("intervals", intervals(groups), INTERVALS.into()),
        ("pairwise", pairwise(groups), PAIRWISE.into()),
        ("leakage", leakage(sweep), LEAKAGE.into()),
        ("defects", defects(groups), DEFECTS.into()),
    ];
    for (name, table, caption) in &tables {
        for (format, extension) in [(Format::Markdown, "md"), (Format::Csv, "csv")] {
            let path = folder.join(format!("{name}.{extension}"));
            write_file(&path, format.write_captioned(table, &[], caption).as_bytes())?;
        }
    }
    for trials in sweep {
        if let Some(file) = best(store, trials)? {
            write_file(&folder.join(format!("best-{}.toml", file_name(&trials.model))), file.as_bytes())?;
        }
    }
    Ok(())
}

/// "Settings tried: GANomaly 8, PCA 4."
fn tried_in_words(sweep: &[Trials]) -> String {
    let of_each: Vec<String> =
        sweep.iter().map(|trials| format!("{} {}", trials.title(), trials.tried())).collect();
    format!("Settings tried: {}.", of_each.join(", "))
}
