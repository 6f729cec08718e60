use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::{Environment, context};

use super::ReportError;
use crate::store::{SweepRow, Table};

/// One sweep's part of the page.
pub(super) struct Part {
    pub sweep: SweepRow,
    pub table: Table,
    pub figures: Vec<Shown>,
}

/// A figure inside the page, so that the page is one file.
pub(super) struct Shown {
    image: String,
    caption: String,
}

impl Shown {
    pub fn new(png: &Path, caption: String) -> Result<Self, ReportError> {
        let bytes = std::fs::read(png).map_err(ReportError::io(png))?;
        Ok(Self { image: BASE64_STANDARD.encode(bytes), caption })
    }
}

/// The page as HTML: no scripts, no network.
pub(super) fn render(parts: Vec<Part>) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.add_template("index.html", include_str!("page.html"))?;
    let parts: Vec<_> = parts
        .into_iter()
        .map(|part| {
            let rows: Vec<Vec<String>> =
                part.table.rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
            let figures: Vec<_> = part
                .figures
                .into_iter()
                .map(|figure| context! { image => figure.image, caption => figure.caption })
                .collect();
            context! {
                name => part.sweep.name,
                dataset => part.sweep.dataset,
                file => part.sweep.file,
                started_at => part.sweep.started_at,
                toml => part.sweep.text,
                columns => part.table.columns,
                rows => rows,
                figures => figures,
            }
        })
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    Ok(environment.get_template("index.html")?.render(context! { parts, version })?)
}
