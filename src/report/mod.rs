//! Figures, tables and one page, drawn from the store alone.
//!
//! Nothing is chosen by test labels: where one run stands for a model, it is the first of the
//! sweep (its first setting and seed), whatever it reached.

mod canvas;
mod compare;
mod curves;
mod distances;
mod error;
mod format;
mod histogram;
mod page;
mod pairs;
mod panels;
mod residuals;
mod scatter;
mod select;
mod style;
mod table;

use std::path::{Path, PathBuf};

use canvas::{Figure, save};
pub use compare::compare;
pub use distances::draw_distances;
pub use error::ReportError;
pub use format::Format;
use page::{Part, Shown};
use rayon::prelude::*;
use select::{Group, groups};
pub use style::Style;

use crate::store::Store;

/// Draws the report of one sweep, or of every sweep, into `out`, its figures in a style; gives back
/// the page's path.
///
/// # Errors
/// Whatever the store or the file system says; a store without finished runs.
pub fn write(store: &Store, sweep: Option<&str>, out: &Path, style: Style) -> Result<PathBuf, ReportError> {
    let sweeps = match sweep {
        Some(name) => vec![store.sweep(name)?],
        None => store.sweeps()?,
    };
    std::fs::create_dir_all(out).map_err(ReportError::io(out))?;
    let mut parts = Vec::new();
    for sweep in sweeps {
        let runs = store.finished(Some(&sweep.name))?;
        if runs.is_empty() {
            continue;
        }
        let folder = out.join(file_name(&sweep.name));
        std::fs::create_dir_all(&folder).map_err(ReportError::io(&folder))?;
        let table = table::comparison(&runs);
        for (format, extension) in [(Format::Markdown, "md"), (Format::Csv, "csv"), (Format::Latex, "tex")] {
            let path = folder.join(format!("comparison.{extension}"));
            std::fs::write(&path, format.write(&table)).map_err(ReportError::io(&path))?;
        }
        let groups = groups(store, &sweep.name, runs)?;
        let mut tasks = Vec::new();
        for group in &groups {
            tasks.extend(group_figures(group, style)?);
        }
        let figures = draw(&tasks, &folder)?;
        parts.push(Part { sweep, table, figures });
    }
    if parts.is_empty() {
        return Err(ReportError::Nothing);
    }
    let path = out.join("index.html");
    std::fs::write(&path, page::render(parts)?).map_err(ReportError::io(&path))?;
    Ok(path)
}

/// A figure to draw.
struct Task<'a> {
    /// Its file's name, without folder and extension.
    stem: String,
    /// What it shows, for the page.
    caption: String,
    figure: Box<dyn Drawn + 'a>,
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
        task("histogram", histogram::CAPTION.into(), Box::new(histogram::Histogram::new(group, style))),
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
        if model.has_epochs() {
            let curves = Box::new(curves::Curves::new(group, model));
            tasks.push(task(&format!("losses-{name}"), curves::caption(title), curves));
        }
    }
    Ok(tasks)
}

/// Draws figures side by side, in the order of the tasks.
fn draw(tasks: &[Task<'_>], folder: &Path) -> Result<Vec<Shown>, ReportError> {
    tasks
        .par_iter()
        .map(|task| {
            let png = task.figure.save(&folder.join(&task.stem))?;
            Shown::new(&png, task.caption.clone())
        })
        .collect()
}

/// A figure behind a pointer.
trait Drawn: Send + Sync {
    fn save(&self, stem: &Path) -> Result<PathBuf, ReportError>;
}

impl<F: Figure + Send + Sync> Drawn for F {
    fn save(&self, stem: &Path) -> Result<PathBuf, ReportError> {
        save(self, stem)
    }
}

/// A name that is safe as a file name everywhere.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect()
}
