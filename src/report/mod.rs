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
mod table;

use std::path::{Path, PathBuf};

use canvas::{Figure, save};
pub use compare::compare;
pub use distances::draw_distances;
pub use error::ReportError;
pub use format::Format;
use page::{Part, Shown};
use select::{Group, groups};

use crate::store::Store;

/// Draws the report of one sweep, or of every sweep, into `out`; gives back the page's path.
///
/// # Errors
/// Whatever the store or the file system says; a store without finished runs.
pub fn write(store: &Store, sweep: Option<&str>, out: &Path) -> Result<PathBuf, ReportError> {
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
        let mut figures = Vec::new();
        for group in groups(store, &sweep.name, runs)? {
            figures.extend(draw_group(&group, &folder)?);
        }
        parts.push(Part { sweep, table, figures });
    }
    if parts.is_empty() {
        return Err(ReportError::Nothing);
    }
    let path = out.join("index.html");
    std::fs::write(&path, page::render(parts)?).map_err(ReportError::io(&path))?;
    Ok(path)
}

/// Draws all figures of one image size and channel count.
fn draw_group(group: &Group, folder: &Path) -> Result<Vec<Shown>, ReportError> {
    let mut shown = Vec::new();
    let mut draw = |name: &str, figure: &dyn Drawn, caption: String| -> Result<(), ReportError> {
        let stem = format!("{}-{name}", group.file_stem());
        let png = figure.save(&folder.join(stem))?;
        shown.push(Shown::new(&png, format!("{}: {caption}", group.title()))?);
        Ok(())
    };
    draw("scatter", &scatter::Scatter::new(group), scatter::CAPTION.into())?;
    draw("histogram", &histogram::Histogram::new(group), histogram::CAPTION.into())?;
    if !group.making_images().is_empty() {
        for choice in pairs::Choice::ALL {
            draw(choice.name(), &pairs::Pairs::new(group, choice)?, choice.caption().into())?;
        }
    }
    for model in group.making_images() {
        let residuals = residuals::Residuals::new(group, model)?;
        draw(&format!("residuals-{}", model.name()), &residuals, residuals::caption(model.title()))?;
        if model.has_epochs() {
            let curves = curves::Curves::new(group, model);
            draw(&format!("losses-{}", model.name()), &curves, curves::caption(model.title()))?;
        }
    }
    Ok(shown)
}

/// A figure behind a pointer.
trait Drawn {
    fn save(&self, stem: &Path) -> Result<PathBuf, ReportError>;
}

impl<F: Figure> Drawn for F {
    fn save(&self, stem: &Path) -> Result<PathBuf, ReportError> {
        save(self, stem)
    }
}

/// A name that is safe as a file name everywhere.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect()
}
