//! Figures, tables and one page, drawn from the store alone.
//!
//! Nothing is chosen by test labels: where one run or setting stands for a model, it is the first of
//! the sweep, whatever it reached. The one exception, `best-*.toml`, says so in its first lines.

mod bands;
mod best;
mod calibration;
mod canvas;
mod compare;
mod cost;
mod curves;
mod densities;
mod details;
mod distances;
mod drawing;
mod error;
mod facts;
mod format;
mod heatmap;
mod image_grid;
mod importance;
mod intervals;
mod leakage;
mod maps;
mod page;
mod pairs;
mod pairwise;
mod panels;
mod parallel;
mod precision_recall;
mod residual_map;
mod residuals;
mod roc;
mod run_list;
mod scale;
mod scatter;
mod select;
mod sensitivity;
#[cfg(test)]
mod snapshots;
mod sparkline;
mod strip;
mod structure;
mod style;
mod sweep_figures;
mod sweep_files;
mod table;
mod trials;
mod words;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

pub use compare::compare;
use details::details;
pub use distances::draw_distances;
use drawing::{Drawn, Task, draw};
pub use error::ReportError;
pub use format::Format;
use page::Part;
use rayon::prelude::*;
use select::{Group, groups};
pub use style::Style;
use sweep_figures::sweep_figures;
use trials::{Trials, trials};

use crate::content::write_whole;
use crate::store::{RunRow, Store, SweepRow};

/// What to report, and where.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Only the runs of this sweep; else each sweep has its part.
    pub sweep: Option<&'a str>,
    /// The folder to write into.
    pub out: &'a Path,
    /// Colours of the figures, and the size of the scatter.
    pub style: Style,
}

/// Draws figures, tables and the page; gives back the page's path. Says how much is done, and of how
/// much, as it goes. Figures that did not change since the last time are left as they are.
///
/// # Errors
/// Whatever the store or the file system says; a store without finished runs.
pub fn write(
    store: &Store,
    request: Request<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<PathBuf, ReportError> {
    let sheets = sheets(store, request.sweep)?;
    let tasks: Vec<Vec<Task>> =
        sheets.iter().map(|sheet| figures(sheet, request.style)).collect::<Result<_, _>>()?;
    let total = sheets.iter().map(|sheet| sheet.runs.len()).sum::<usize>()
        + tasks.iter().map(Vec::len).sum::<usize>();
    let count = AtomicUsize::new(0);
    let done = || progress(count.fetch_add(1, Ordering::Relaxed) + 1, total);
    let parts = sheets
        .iter()
        .zip(&tasks)
        .map(|(sheet, tasks)| part(store, sheet, tasks, request.out, &done))
        .collect::<Result<Vec<_>, _>>()?;
    let path = request.out.join("index.html");
    write_file(&path, page::render(&parts)?.as_bytes())?;
    Ok(path)
}

/// A sweep with its finished runs, and what its figures show of them.
struct Sheet {
    sweep: SweepRow,
    runs: Vec<RunRow>,
    groups: Vec<Group>,
    trials: Vec<Trials>,
}

/// What there is to report.
fn sheets(store: &Store, sweep: Option<&str>) -> Result<Vec<Sheet>, ReportError> {
    let sweeps = match sweep {
        Some(name) => vec![store.sweep(name)?],
        None => store.sweeps()?,
    };
    let mut sheets = Vec::new();
    for sweep in sweeps {
        let runs = store.finished(Some(&sweep.name))?;
        if !runs.is_empty() {
            let trials = trials(store, &sweep.name, &runs)?;
            let groups = groups(store, &sweep.name, runs.clone())?;
            sheets.push(Sheet { sweep, runs, groups, trials });
        }
    }
    if sheets.is_empty() { Err(ReportError::Nothing) } else { Ok(sheets) }
}

/// Writes a sweep's tables and figures; gives back its part of the page.
fn part(
    store: &Store,
    sheet: &Sheet,
    tasks: &[Task<'_>],
    out: &Path,
    done: &(dyn Fn() + Sync),
) -> Result<Part, ReportError> {
    let folder = out.join(file_name(&sheet.sweep.name));
    let comparison = table::comparison(&sheet.runs);
    let formats =
        [(Format::Markdown, "md"), (Format::Csv, "csv"), (Format::Latex, "tex"), (Format::Html, "html")];
    for (format, extension) in formats {
        write_file(&folder.join(format!("comparison.{extension}")), comparison.write(format).as_bytes())?;
    }
    sweep_files::write(store, &sheet.groups, &sheet.trials, &folder)?;
    let figures = draw(tasks, &folder, done)?;
    let (_, dataset) = store.dataset(&sheet.runs[0].dataset_digest)?;
    let details = sheet.runs.par_iter().map(|run| {
        let details = details(store, run, &dataset);
        done();
        Ok((run.run_id.clone(), details?))
    });
    Ok(Part {
        facts: facts::facts(&sheet.sweep, &sheet.runs, &store.status(&sheet.sweep.name)?),
        sweep: sheet.sweep.clone(),
        comparison,
        figures,
        runs: details.collect::<Result<_, ReportError>>()?,
        errors: store.errors(&sheet.sweep.name)?,
    })
}

/// All figures of a sweep.
fn figures(sheet: &Sheet, style: Style) -> Result<Vec<Task<'_>>, ReportError> {
    let mut tasks = Vec::new();
    for group in &sheet.groups {
        tasks.extend(group_figures(group, style)?);
    }
    tasks.extend(sweep_figures(&sheet.trials));
    Ok(tasks)
}

/// All figures of one image size and channel count.
fn group_figures<'a>(group: &'a Group, style: Style) -> Result<Vec<Task<'a>>, ReportError> {
    let task = |name: &str, caption: String, figure: Box<dyn Drawn + 'a>| Task {
        stem: format!("{}-{name}", group.file_stem()),
        caption: format!("{}: {caption}", group.title()),
        figure,
    };
    let mut tasks = vec![
        task("scatter", scatter::CAPTION.into(), Box::new(scatter::Scatter::new(group, style))),
        task("densities", densities::CAPTION.into(), Box::new(densities::Densities::new(group, style))),
        task("roc", roc::CAPTION.into(), Box::new(roc::Roc::new(group))),
        task(
            "precision-recall",
            precision_recall::CAPTION.into(),
            Box::new(precision_recall::PrecisionRecall::new(group)),
        ),
        task("calibration", calibration::CAPTION.into(), Box::new(calibration::Calibration::new(group))),
    ];
    if !group.making_images().is_empty() {
        for choice in pairs::Choice::ALL {
            let figure = Box::new(pairs::Pairs::new(group, choice)?);
            tasks.push(task(choice.name(), choice.caption().into(), figure));
        }
    }
    for model in group.making_images() {
        let (name, title) = (model.name(), model.title());
        let residuals = Box::new(residuals::Residuals::new(group, model)?);
        tasks.push(task(&format!("residuals-{name}"), residuals::caption(title), residuals));
        if let Some(maps) = maps::Maps::new(group, model)? {
            tasks.push(task(&format!("maps-{name}"), maps::caption(title), Box::new(maps)));
        }
        if model.has_epochs() {
            let structure = Box::new(structure::Structure::new(group, model)?);
            tasks.push(task(&format!("structure-{name}"), structure::caption(title), structure));
            let curves = Box::new(curves::Curves::new(group, model));
            tasks.push(task(&format!("losses-{name}"), curves::caption(title), curves));
        }
    }
    Ok(tasks)
}

/// Writes a file whole or not at all.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    write_whole(path, &[bytes]).map_err(ReportError::io(path))
}

/// A name that is safe as a file name everywhere.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect()
}
