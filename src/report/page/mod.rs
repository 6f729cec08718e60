//! The page: one file that needs no network, and no scripts for what it tells.

pub(crate) mod run_details;
pub(crate) mod sparkline;
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
use crate::report::select::settings::without_seed;
use crate::report::tables::comparison::Comparison;
use crate::report::tables::{Tables, Written};
use crate::store::{FailedRun, LostRun, SweepRow};
use crate::table::{Cell, Mark, Table, is_numeric};
use run_details::{Details, Fact};

/// The colours of pages, light and dark.
pub(crate) const COLOURS: &str = include_str!("colours.css");

/// One sweep's part of the page.
pub(crate) struct Part {
    pub sweep: SweepRow,
    /// Its folder beside the page.
    pub folder: String,
    pub facts: Vec<Fact>,
    pub comparison: Comparison,
    pub tables: Tables,
    pub figures: Vec<Shown>,
    /// Figures that would say nothing: a line each.
    pub absent: Vec<String>,
    /// By id.
    pub runs: BTreeMap<RunId, Details>,
    /// The runs that failed or diverged.
    pub lost: Vec<LostRun>,
    /// Why they did.
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
        style => format!("{COLOURS}{}", include_str!("page.css")),
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
    let absent: Vec<&String> = part.absent.iter().chain(&part.tables.absent).collect();
    context! {
        name => part.sweep.name.as_str(),
        folder => part.folder.as_str(),
        dataset => part.sweep.dataset.as_str(),
        toml => part.sweep.text.as_str(),
        facts => Serde(&part.facts),
        table => leaderboard(part),
        tables => part.tables.written.iter().map(written).collect::<Vec<_>>(),
        best => Serde(&part.tables.best),
        figures => part.figures.iter().map(figure).collect::<Vec<_>>(),
        absent => Serde(absent),
        runs => Serde(&part.runs),
        errors => part.errors.iter().map(error).collect::<Vec<_>>(),
    }
}

/// The comparison, cell by cell, the best first: the seeds become links to their runs.
fn leaderboard(part: &Part) -> Value {
    let Comparison { table, seeds, .. } = &part.comparison;
    let marks = part.comparison.marks();
    let mark = |place| marks.iter().find(|(marked, _)| *marked == place).map(|(_, mark)| *mark);
    let row = |row: &usize| {
        let runs = &part.comparison.runs[*row];
        let cells: Vec<Value> = table.rows[*row]
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let mark = mark((*row, column));
                let (bold, doubt) = (mark == Some(Mark::Strong), mark == Some(Mark::Alarm));
                context! { text => cell.to_string(), bold, doubt }
            })
            .collect();
        let title = part.comparison.titles[*row].as_str();
        context! { cells, title, runs => Serde(runs), lost => lost_seeds(part, runs) }
    };
    let rows: Vec<Value> = best_first(&part.comparison).iter().map(row).collect();
    let has_best = !part.comparison.best.is_empty();
    context! { columns => columns(table), rows, seeds, has_best }
}

fn columns(table: &Table) -> Vec<Value> {
    let names = table.columns.iter().enumerate();
    names.map(|(column, name)| context! { name, number => is_numeric(table, column) }).collect()
}

/// Seeds of a row's setting that have failed or diverged: "2 diverged", and the run.
fn lost_seeds(part: &Part, runs: &[(i64, RunId)]) -> Vec<Value> {
    let setting = runs.first().and_then(|(_, id)| part.runs.get(id)).map(|of| &of.setting);
    let of_setting = |lost: &&LostRun| {
        setting.is_some_and(|(dataset, config)| {
            *dataset == lost.dataset_digest && *config == without_seed(&lost.config)
        })
    };
    let lost = part.lost.iter().filter(of_setting);
    lost.map(
        |lost| context! { words => format!("{} {}", lost.seed, lost.status), run => lost.run_id.short() },
    )
    .collect()
}

/// The rows, those of one dataset by falling AUROC; means over datasets stay below.
fn best_first(comparison: &Comparison) -> Vec<usize> {
    let cells = |row: usize| &comparison.table.rows[row];
    let auroc = |row: usize| {
        let words = cells(row).get(comparison.seeds + 1).map(ToString::to_string).unwrap_or_default();
        words.split(' ').next().and_then(|mean| mean.parse::<f64>().ok()).unwrap_or(f64::NEG_INFINITY)
    };
    // The columns before the settings: dataset, where there are several, model, size, settings, seeds.
    let dataset = |row: usize| if comparison.seeds > 3 { cells(row)[0].to_string() } else { String::new() };
    let mut rows: Vec<usize> = (0..comparison.table.rows.len()).collect();
    let is_mean = |row: usize| comparison.runs[row].is_empty();
    rows.sort_by(|a, b| {
        let place = |row: usize| (is_mean(row), dataset(row));
        place(*a).cmp(&place(*b)).then(auroc(*b).total_cmp(&auroc(*a)))
    });
    rows
}

/// A table with links to its files; that of all runs is too long for the page.
fn written(written: &Written) -> Value {
    let is_doubt = |place| written.marks.iter().any(|(marked, _)| *marked == place);
    let cells = |(row, cells): (usize, &Vec<Cell>)| -> Vec<Value> {
        let cells = cells.iter().enumerate();
        cells
            .map(|(column, cell)| context! { text => cell.to_string(), doubt => is_doubt((row, column)) })
            .collect()
    };
    let is_shown = written.name != "runs";
    context! {
        name => written.name,
        caption => written.caption.as_str(),
        count => written.table.rows.len(),
        columns => columns(&written.table),
        rows => if is_shown { written.table.rows.iter().enumerate().map(cells).collect() } else { Vec::new() },
    }
}

fn error(run: &FailedRun) -> Value {
    Value::from(vec![run.run_id.to_string(), run.error.clone()])
}

fn figure(figure: &Shown) -> Value {
    // Width and height stand in the first chunk of a PNG.
    let side = |at: usize| {
        figure.png.get(at..at + 4).map(|bytes| bytes.iter().fold(0, |n, byte| n * 256 + u32::from(*byte)))
    };
    context! {
        stem => figure.stem.as_str(),
        caption => figure.caption.as_str(),
        alt => figure.alt.as_str(),
        data => if figure.has_data { format!("{}.csv", figure.stem) } else { "runs.csv".into() },
        width => side(16),
        height => side(20),
        png => BASE64_STANDARD.encode(&figure.png),
    }
}
