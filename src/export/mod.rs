//! What the store holds, for other programs: results as CSV, JSON Lines and Parquet, metrics for
//! TensorBoard and MLflow. A file or folder appears whole or not at all.

mod error;
mod mlflow;
mod parquet;
mod tensorboard;

use std::path::Path;
use std::time::SystemTime;

use crate::atomic_file::{partial_folder, remove_abandoned, write_whole};
use crate::store::Store;
use crate::table::{Cell, Format, Table};
pub use error::ExportError;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// Comma-separated values: one row per run, with its settings, provenance and results.
    Csv,
    /// The same, one JSON object per line.
    Jsonl,
    /// The same, with typed columns.
    Parquet,
    /// Metrics of every fit as a folder of event files.
    Tensorboard,
    /// A folder `mlruns`: every run with its settings, metrics, results, tags and note. MLflow 3 reads
    /// such folders with MLFLOW_ALLOW_FILE_STORE=true, or takes them over with `mlflow migrate-filestore`.
    Mlflow,
}

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Runs with their results.
    Runs,
    /// Images with their scores, run by run.
    Scores,
}

/// Exports the runs of `sweep`, or all, to `out`, and gives back how many rows or runs that were. A file is
/// replaced; a folder must be new.
///
/// # Errors
/// No such sweep, a folder that is there already or that would hold scores, or whatever the store or the file system
/// says.
pub fn export(
    store: &Store,
    sweep: Option<&str>,
    of: Rows,
    target: Target,
    out: &Path,
) -> Result<usize, ExportError> {
    if of == Rows::Scores && matches!(target, Target::Tensorboard | Target::Mlflow) {
        return Err(ExportError::NoScores);
    }
    let runs = rows_of(store, sweep, of)?;
    remove_abandoned(parent(out), SystemTime::now());
    let write = |bytes: &[u8]| write_whole(out, &[bytes]).map_err(ExportError::io(out));
    match target {
        Target::Csv => write(Format::Csv.write(&runs).as_bytes())?,
        Target::Jsonl => write(Format::Jsonl.write(&runs).as_bytes())?,
        Target::Parquet => write(&parquet::bytes(&runs, of)?)?,
        Target::Tensorboard => folder(out, |folder| tensorboard::write(store, &runs, folder))?,
        Target::Mlflow => folder(out, |folder| mlflow::write(store, &runs, sweep, out, folder))?,
    }
    Ok(runs.rows.len())
}

/// What [`export`] would write into a file of text.
///
/// # Errors
/// No such sweep, a format that is no text, or whatever the store says.
pub fn export_text(
    store: &Store,
    sweep: Option<&str>,
    of: Rows,
    target: Target,
) -> Result<String, ExportError> {
    match target {
        Target::Csv => Ok(Format::Csv.write(&rows_of(store, sweep, of)?)),
        Target::Jsonl => Ok(Format::Jsonl.write(&rows_of(store, sweep, of)?)),
        _ => Err(ExportError::NotText),
    }
}

/// Every run with its results, in the order of its queueing; or its images with their scores.
fn rows_of(store: &Store, sweep: Option<&str>, of: Rows) -> Result<Table, ExportError> {
    let name = sweep.map(|name| store.sweep(name)).transpose()?.map(|sweep| sweep.name);
    let only = match name {
        Some(_) => "WHERE run_id IN (SELECT run_id FROM sweep_runs WHERE sweep = ?)",
        None => "",
    };
    let (from, order) = match of {
        Rows::Runs => ("runs LEFT JOIN results USING (run_id)", "queued_at, run_id"),
        Rows::Scores => ("scores", "run_id, split, label, image"),
    };
    let sql = format!("SELECT * FROM {from} {only} ORDER BY {order}");
    Ok(store.query_with(&sql, &Vec::from_iter(name))?)
}

fn parent(out: &Path) -> &Path {
    out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Fills a folder beside `out` and renames it to that.
fn folder(out: &Path, fill: impl FnOnce(&Path) -> Result<(), ExportError>) -> Result<(), ExportError> {
    if out.exists() {
        return Err(ExportError::Taken(out.into()));
    }
    let parent = parent(out);
    std::fs::create_dir_all(parent).map_err(ExportError::io(parent))?;
    let partial = partial_folder(parent).map_err(ExportError::io(parent))?;
    let filled = partial.path().join("export");
    std::fs::create_dir(&filled).map_err(ExportError::io(&filled))?;
    fill(&filled)?;
    std::fs::rename(&filled, out).map_err(ExportError::io(out))
}

/// One value of a metric.
struct Point {
    /// `train` or `test`.
    split: String,
    /// The name of the metric.
    name: String,
    /// Training steps done by then.
    step: i64,
    /// Mean over the epoch.
    value: f64,
}

/// The metrics of a fit, by name and epoch.
fn metrics(store: &Store, fit_id: &str) -> Result<Vec<Point>, ExportError> {
    let sql = "SELECT split, name, step, value FROM metrics WHERE fit_id = ? ORDER BY split, name, epoch";
    let point = |row: &Vec<Cell>| match row.as_slice() {
        [Cell::Text(split), Cell::Text(name), Cell::Integer(step), Cell::Real(value)] => {
            Some(Point { split: split.clone(), name: name.clone(), step: *step, value: *value })
        }
        _ => None,
    };
    Ok(store.query_with(sql, &[fit_id.to_string()])?.rows.iter().filter_map(point).collect())
}

/// One row of a table, by the names of its columns.
struct Row<'a> {
    columns: &'a [String],
    cells: &'a [Cell],
}

fn rows(table: &Table) -> impl Iterator<Item = Row<'_>> {
    table.rows.iter().map(|cells| Row { columns: &table.columns, cells })
}

impl Row<'_> {
    fn get(&self, column: &str) -> &Cell {
        let place = self.columns.iter().position(|name| name == column);
        place.map_or(&Cell::Null, |place| &self.cells[place])
    }

    fn text(&self, column: &str) -> String {
        self.get(column).to_string()
    }

    /// When its training began, in seconds since 1970; 0 where it has not.
    fn begun(&self) -> i64 {
        ["trained_at", "queued_at"].iter().find_map(|column| self.seconds(column)).unwrap_or_default()
    }

    /// A column with a time, in seconds since 1970.
    fn seconds(&self, column: &str) -> Option<i64> {
        let time: jiff::Timestamp = self.text(column).parse().ok()?;
        Some(time.as_second())
    }

    /// A name for people: model, size, channels and seed.
    fn title(&self) -> String {
        let [model, size, channels, seed] =
            ["model", "image_size", "channels", "seed"].map(|key| self.text(key));
        format!("{model}-{size}x{channels}-seed{seed}")
    }
}
