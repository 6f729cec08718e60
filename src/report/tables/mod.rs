//! The tables of a report, one per file, and the best setting of each model as a sweep file.

pub(crate) mod best_setting;
pub(crate) mod cells;
mod changes;
pub(crate) mod clearly_best;
mod column;
pub(crate) mod compare;
pub(crate) mod comparison;
mod dataset_means;
mod defects;
mod difference;
mod intervals;
mod leakage;
mod pairwise;
mod run_table;
pub(crate) mod setting_rows;

use std::path::Path;

use super::error::ReportError;
use super::files::{file_name, write_file};
use super::select::pairs::ScoresOf;
use super::select::run_groups::Group;
use super::select::sweep_runs::Trials;
use crate::store::Store;
use crate::table::{Format, Marked, Table};
use best_setting::best;
use changes::changes;
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
    Each model with the setting that figures show, the same test images. Interval and p are for other seeds and \
    other images (Obuchowski and Rockette's analysis, trainings as readers); `p (Holm)` is corrected for the \
    number of pairs. `p of 0.01 or more` under .05: the settings are equivalent within .01. `seeds to decide` is \
    how many seeds each would tell this difference from none; empty where more seeds do not help, as the images \
    are too few. One seed tells of no interval.";
const CHANGES: &str = "\
    The setting of each model that figures show, with one value changed and all else equal (but for what has no effect \
    beside it), against that setting (`other`): above zero, the change helps. Interval and p as among models; two \
    settings that judge with the same trainings, all of them, are compared training by training. `p (Holm)` is \
    corrected for the number of rows. All of it is of these test images: what is chosen here flatters on them.";
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

/// A table that stands in files and on the page.
pub(crate) struct Written {
    /// Its files, without extension.
    pub name: &'static str,
    /// What it claims and what it does not.
    pub caption: String,
    pub table: Table,
    /// Its cells that say what is wrong with a run.
    pub marks: Vec<Marked>,
}

/// What has been written of a sweep.
#[derive(Default)]
pub(crate) struct Tables {
    pub written: Vec<Written>,
    /// Tables that would say nothing, and why: a line each.
    pub absent: Vec<String>,
    /// Sweep files with the best setting of a model.
    pub best: Vec<String>,
}

/// Writes the tables as Markdown and CSV, and the best setting of each model as a sweep file. A table that says nothing
/// has no file.
///
/// # Errors
/// A file that cannot be written, or whatever the store says.
pub(crate) fn write(
    store: &Store,
    scores: &ScoresOf<'_>,
    groups: &[Group],
    sweep: &[Trials],
    folder: &Path,
) -> Result<Tables, ReportError> {
    let unmarked = |table| (table, Vec::new());
    let tables = [
        ("runs", run_list(sweep), format!("{} {RUNS}", tried_in_words(sweep)), "there is no run"),
        ("intervals", intervals(groups), INTERVALS.into(), "there is no run"),
        (
            "pairwise",
            unmarked(pairwise(groups)),
            PAIRWISE.into(),
            "no two models have judged the same images",
        ),
        ("changes", unmarked(changes(groups, sweep, scores)?), CHANGES.into(), "no setting varies alone"),
        ("leakage", unmarked(leakage(sweep)), LEAKAGE.into(), "no test image stands in the training images"),
        ("defects", unmarked(defects(groups)), DEFECTS.into(), "there is no anomaly"),
    ];
    let mut found = Tables::default();
    for (name, (table, marks), caption, why) in tables {
        let paths = ["md", "csv"].map(|end| folder.join(format!("{name}.{end}")));
        if table.rows.is_empty() {
            found.absent.push(format!("{name}: {why}"));
            paths.iter().for_each(|path| drop(std::fs::remove_file(path))); // of an earlier time
            continue;
        }
        for (format, path) in [Format::Markdown, Format::Csv].into_iter().zip(&paths) {
            write_file(path, format.write_captioned(&table, &marks, &caption).as_bytes())?;
        }
        found.written.push(Written { name, caption, table, marks });
    }
    for trials in sweep {
        let name = format!("best-{}.toml", file_name(&trials.model));
        match best(store, trials)? {
            Some(file) => {
                write_file(&folder.join(&name), file.as_bytes())?;
                found.best.push(name);
            }
            None => {
                std::fs::remove_file(folder.join(&name)).ok(); // of an earlier time
                found
                    .absent
                    .push(format!("{name}: no setting has finished with an AUROC and without collapse"));
            }
        }
    }
    Ok(found)
}

/// "Settings tried: GANomaly 8, PCA 4."
fn tried_in_words(sweep: &[Trials]) -> String {
    let of_each: Vec<String> =
        sweep.iter().map(|trials| format!("{} {}", trials.title(), trials.tried())).collect();
    format!("Settings tried: {}.", of_each.join(", "))
}
