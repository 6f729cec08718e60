//! The page: one file that needs no network, and no scripts for what it tells.

pub(crate) mod run_details;
mod sparkline;
pub(crate) mod sweep_summary;
mod thumbnails;

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use crate::eval::measure::{self, Measure};
use crate::id::RunId;
use crate::report::ReportError;
use crate::report::draw::render_cache::Shown;
use crate::report::tables::comparison::Comparison;
use crate::store::{FailedRun, SweepRow};
use crate::table::is_numeric;
use run_details::{Details, Fact};

/// One sweep's part of the page.
pub(crate) struct Part {
    pub sweep: SweepRow,
    pub facts: Vec<Fact>,
    pub comparison: Comparison,
    pub figures: Vec<Shown>,
    /// By id.
    pub runs: BTreeMap<RunId, Details>,
    /// The runs that failed, and why.
    pub errors: Vec<FailedRun>,
}

/// The page as HTML.
pub(crate) fn render(parts: &[Part]) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template("page.html", include_str!("page.html"))?;
    let parts: Vec<Value> = parts.iter().map(part).collect();
    let explained = measure::shown_in(measure::Shown::Page).filter(|measure| !measure.meaning.is_empty());
    let measures: Vec<Value> = explained.map(glossary).collect();
    Ok(environment.get_template("page.html")?.render(context! {
        parts,
        measures,
        style => include_str!("page.css"),
        script => include_str!("page.js"),
        version => env!("CARGO_PKG_VERSION"),
        commit => crate::build_info::short_commit(),
    })?)
}

/// How to read a measure.
fn glossary(measure: &Measure) -> Value {
    let low = if measure.higher_is_better == Some(false) { " Lower is better." } else { "" };
    context! { title => measure.title, meaning => format!("{}{low}", measure.meaning) }
}

fn part(part: &Part) -> Value {
    context! {
        name => part.sweep.name.as_str(),
        dataset => part.sweep.dataset.as_str(),
        toml => part.sweep.text.as_str(),
        facts => Serde(&part.facts),
        table => table(&part.comparison),
        figures => part.figures.iter().map(figure).collect::<Vec<_>>(),
        runs => Serde(&part.runs),
        errors => part.errors.iter().map(error).collect::<Vec<_>>(),
    }
}

/// The comparison, cell by cell: the seeds become links to their runs.
fn table(comparison: &Comparison) -> Value {
    let (table, bold) = (&comparison.table, comparison.bold());
    let columns: Vec<Value> = table
        .columns
        .iter()
        .enumerate()
        .map(|(column, name)| context! { name, number => is_numeric(table, column) })
        .collect();
    let rows: Vec<Value> = table
        .rows
        .iter()
        .zip(&comparison.runs)
        .enumerate()
        .map(|(row, (cells, runs))| {
            let cells: Vec<Value> = cells
                .iter()
                .enumerate()
                .map(|(column, cell)| context! { text => cell.to_string(), bold => bold.contains(&(row, column)) })
                .collect();
            context! { cells, title => comparison.titles[row].as_str(), runs => Serde(runs) }
        })
        .collect();
    context! { columns, rows, seeds => comparison.seeds, has_best => !comparison.best.is_empty() }
}

fn error(run: &FailedRun) -> Value {
    Value::from(vec![run.run_id.to_string(), run.error.clone()])
}

fn figure(figure: &Shown) -> Value {
    context! {
        stem => figure.stem.as_str(),
        caption => figure.caption.as_str(),
        width => figure.size.0,
        height => figure.size.1,
        png => BASE64_STANDARD.encode(&figure.png),
    }
}
