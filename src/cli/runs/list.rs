//! `anolab runs list`: runs with what varies among them and their results.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::cli::values::count;
use crate::cli::{DONE, Failure, Outcome};
use crate::eval::Measure;
use crate::eval::measure::{Shown, shown_in};
use crate::spec::Varying;
use crate::store::{QUERY_SECONDS, Store, StoreError, short_id};
use crate::table::{Cell, Format, Table};

/// List runs with what varies among them and their results, the last queued first.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab runs list\n  anolab runs list --sweep casting --sort -auroc --limit 10\n  \
                        anolab runs list --where \"model = 'ganomaly' and auroc > 0.9\"\n  anolab runs list --columns \
                        'run_id, width, auroc' --format csv"
)]
pub(in crate::cli) struct List {
    /// Only the runs of this sweep.
    #[arg(long)]
    sweep: Option<String>,
    /// Only runs with this tag; several must all be there.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Only runs of which this is true, in SQL: 'w_con > 10 and auroc > 0.9'.
    #[arg(long = "where", value_name = "CONDITION", allow_hyphen_values = true)]
    condition: Option<String>,
    /// Order by these columns: 'auroc desc, seed'; -auroc is the same as 'auroc desc'.
    #[arg(long, value_name = "COLUMNS", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Show these columns of the views `runs` and `results`: 'run_id, width, auroc'.
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N", value_parser = count)]
    limit: Option<u32>,
    /// How to print them: csv, json and jsonl have whole ids and all digits.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs with their results.
const RUNS: &str = "(SELECT * FROM runs LEFT JOIN results USING (run_id))";

/// Settings that have columns of their own for programs, whether they vary or not.
const SETTINGS: [&str; 7] = ["image_size", "channels", "w_adv", "w_con", "w_enc", "lambda", "seed"];

impl List {
    pub fn run(self, store: &Store) -> Outcome {
        let found = self.query(store)?;
        let table = match &self.columns {
            Some(_) => found,
            None if self.format.is_for_programs() => whole(found),
            None => short(found),
        };
        put!("{}", self.format.write(&table));
        Ok(DONE)
    }

    /// The runs that are asked for; without columns those of [`columns`].
    fn query(&self, store: &Store) -> Result<Table, Failure> {
        let (sql, texts) = self.sql(store)?;
        store
            .query_within(&sql, &texts, Duration::from_secs(QUERY_SECONDS))
            .map_err(|error| self.blame(store, error))
    }

    /// A query over runs joined with their results, and the texts in it. What the user wrote stands in parentheses and
    /// on lines of its own, so that it cannot reach beyond its place.
    fn sql(&self, store: &Store) -> Result<(String, Vec<String>), StoreError> {
        let (mut conditions, mut texts) = (Vec::new(), Vec::new());
        if let Some(name) = &self.sweep {
            texts.push(store.sweep(name)?.name);
            conditions.push("run_id IN (SELECT run_id FROM sweep_runs WHERE sweep = ?1)".to_string());
        }
        for tag in &self.tags {
            texts.push(tag.clone());
            conditions.push(format!("run_id IN (SELECT run_id FROM tags WHERE tag = ?{})", texts.len()));
        }
        if let Some(condition) = &self.condition {
            conditions.push(format!("(\n{condition}\n)"));
        }
        let only =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let sort = self.sort.as_deref().map_or_else(|| "queued_at DESC, run_id".into(), sorted);
        let limit = self.limit.map_or(String::new(), |limit| format!("LIMIT {limit}"));
        let found = format!("FROM {RUNS} {only} ORDER BY {sort}\n{limit}");
        let sql = match &self.columns {
            Some(columns) => format!("SELECT {columns}\n{found}"),
            None => format!("SELECT {} FROM (SELECT * {found})", columns()),
        };
        Ok((sql, texts))
    }

    /// Says which of the texts a query failed for.
    fn blame(&self, store: &Store, error: StoreError) -> Failure {
        let parts = [
            (
                "--where",
                self.condition.clone(),
                format!("SELECT 1 FROM (SELECT * FROM {RUNS} WHERE (\n{}\n))", part(&self.condition)),
            ),
            (
                "--sort",
                self.sort.clone(),
                format!("SELECT 1 FROM (SELECT * FROM {RUNS} ORDER BY {}\n)", sorted(&part(&self.sort))),
            ),
            ("--columns", self.columns.clone(), format!("SELECT {}\nFROM {RUNS}", part(&self.columns))),
        ];
        for (option, text, sql) in parts {
            let Some(text) = text else { continue };
            if let Err(why @ (StoreError::Sql(_) | StoreError::NotReading)) =
                store.query(&format!("EXPLAIN {sql}"))
            {
                // The parenthesis is not what people wrote.
                let why =
                    why.to_string().replace("near \")\": syntax error", "something is missing at its end");
                return Failure::new(format!("{option} '{text}' is not understood: {why}"));
            }
        }
        error.into()
    }
}

fn part(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

/// `-auroc` is `auroc DESC`; all else is SQL's.
fn sorted(columns: &str) -> String {
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    let term = |term: &str| match term.trim().strip_prefix('-').map(str::trim) {
        Some(name) if is_name(name) => format!("{name} DESC"),
        _ => term.trim().to_string(),
    };
    columns.split(',').map(term).collect::<Vec<_>>().join(", ")
}

/// What is read of a run where no columns are named.
fn columns() -> String {
    let measures: Vec<&str> = shown_in(Shown::RunList).map(|measure| measure.name).collect();
    format!(
        "run_id, status, model, (SELECT name FROM dataset_names WHERE digest = dataset_digest) AS dataset, {}, config, \
         {}, train_seconds, score_seconds, error",
        SETTINGS.map(|name| if name == "lambda" { "\"lambda\"" } else { name }).join(", "),
        measures.join(", ")
    )
}

/// For programs: settings that vary beside those that always have a column.
fn whole(found: Table) -> Table {
    let at = place(&found, "config");
    let varying = Varying::among(texts(&found, at));
    let more: Vec<String> =
        varying.names().into_iter().filter(|name| !SETTINGS.contains(name)).map(String::from).collect();
    let row = |mut row: Vec<Cell>| {
        let settings = Varying::settings(&row[at].to_string());
        row.splice(at..=at, more.iter().map(|name| cell_of(settings.get(name))));
        row
    };
    let mut columns = found.columns.clone();
    columns.splice(at..=at, more.iter().cloned());
    Table { columns, rows: found.rows.into_iter().map(row).collect() }
}

/// For people: short ids, few digits, and of the settings those that vary.
fn short(found: Table) -> Table {
    let at = place(&found, "config");
    let varying = Varying::among(texts(&found, at));
    let datasets: BTreeSet<&str> = texts(&found, place(&found, "dataset")).into_iter().collect();
    let has_errors = texts(&found, place(&found, "error")).into_iter().next().is_some();
    let keeps = |name: &str| match name {
        "dataset" => datasets.len() > 1,
        "error" => has_errors,
        name => !SETTINGS.contains(&name) && name != "config",
    };
    let digits = |name: &str| match name {
        "train_seconds" | "score_seconds" => Some(1),
        name => shown_in(Shown::RunList)
            .find(|measure: &&Measure| measure.name == name)
            .and_then(|measure| measure.digits),
    };
    let kept: Vec<usize> = (0..found.columns.len()).filter(|column| keeps(&found.columns[*column])).collect();
    let (before, after): (Vec<usize>, Vec<usize>) = kept.into_iter().partition(|column| *column < at);
    let title = |column: &usize| match found.columns[*column].as_str() {
        "run_id" => "run".to_string(),
        "train_seconds" => "train_s".into(),
        "score_seconds" => "score_s".into(),
        name => name.into(),
    };
    let settings = || varying.names().into_iter();
    let columns =
        before.iter().map(title).chain(settings().map(String::from)).chain(after.iter().map(title)).collect();
    let row = |row: &Vec<Cell>| {
        let cell = |column: &usize| match (&row[*column], digits(&found.columns[*column])) {
            (Cell::Text(id), _) if found.columns[*column] == "run_id" => Cell::Text(short_id(id).into()),
            (Cell::Real(value), Some(digits)) => Cell::Real(rounded(*value, digits)),
            (other, _) => other.clone(),
        };
        let own = Varying::settings(&row[at].to_string());
        let settings = settings().map(|name| cell_of(own.get(name)));
        before.iter().map(cell).chain(settings).chain(after.iter().map(cell)).collect()
    };
    Table { columns, rows: found.rows.iter().map(row).collect() }
}

fn rounded(value: f64, digits: usize) -> f64 {
    let scale = 10f64.powi(i32::try_from(digits).unwrap_or(0));
    (value * scale).round() / scale
}

fn place(table: &Table, column: &str) -> usize {
    table.columns.iter().position(|name| name == column).expect("a column of the query")
}

/// The texts in a column.
fn texts<'a>(table: &'a Table, column: usize) -> Vec<&'a str> {
    let text = |cell: &'a Cell| if let Cell::Text(text) = cell { Some(text.as_str()) } else { None };
    table.rows.iter().filter_map(|row| text(&row[column])).collect()
}

/// The value of a setting.
fn cell_of(value: Option<&Value>) -> Cell {
    match value {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Number(number)) => match number.as_i64() {
            Some(value) => Cell::Integer(value),
            None => number.as_f64().map_or(Cell::Null, Cell::Real),
        },
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(other) => Cell::Text(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minus_sorts_downwards() {
        assert_eq!(sorted("-auroc"), "auroc DESC");
        assert_eq!(sorted("model, - auroc, seed desc"), "model, auroc DESC, seed desc");
        assert_eq!(sorted("-(auroc + 1)"), "-(auroc + 1)");
    }
}
