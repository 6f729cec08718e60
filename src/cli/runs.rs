//! `anolab runs`: list, show, compare, tag, note.

use std::time::Duration;

use super::{Context, DONE, Outcome};
use crate::eval::Measure;
use crate::eval::measure::{Shown, shown_in};
use crate::id::RunId;
use crate::report::compare;
use crate::spec::{DatasetSpec, RunConfig, sweep_file};
use crate::store::{QUERY_SECONDS, Store, StoreError};
use crate::table::{Cell, Format};

/// Read past runs.
#[derive(clap::Subcommand)]
pub(super) enum Runs {
    /// List runs with their results, the last queued first.
    List {
        /// Only the runs of this sweep.
        #[arg(long)]
        sweep: Option<String>,
        /// Only runs with this tag; several must all be there.
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
        /// Only runs of which this is true, in SQL: 'w_con > 10 and auroc > 0.9'.
        #[arg(long = "where", value_name = "CONDITION")]
        condition: Option<String>,
        /// Order by these columns: 'auroc desc, seed'.
        #[arg(long, value_name = "COLUMNS")]
        sort: Option<String>,
        /// Show these columns of the views `runs` and `results`: 'run_id, width, auroc'.
        #[arg(long, value_name = "COLUMNS")]
        columns: Option<String>,
        /// At most so many.
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
        /// How to print them.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show everything of one run.
    Show {
        /// Its id, or the first characters of it.
        id: String,
        /// Print a sweep file that makes this run again, with every setting written out.
        #[arg(long)]
        toml: bool,
    },
    /// Put tags on runs, or take them off.
    Tag {
        /// Ids, or the first characters of them.
        #[arg(required = true)]
        ids: Vec<String>,
        /// A tag to put on; several may be given.
        #[arg(long, value_name = "TAG", required_unless_present = "remove")]
        add: Vec<String>,
        /// A tag to take off; several may be given.
        #[arg(long, value_name = "TAG")]
        remove: Vec<String>,
    },
    /// Write a note on a run, in place of the one that is there.
    Note {
        /// Its id, or the first characters of it.
        id: String,
        /// The note; '' takes it away.
        text: String,
    },
    /// Show where runs differ, and whether their AUROCs do: DeLong's paired test against the first.
    Compare {
        /// Two or more ids, or the first characters of them.
        #[arg(num_args = 2.., required = true)]
        ids: Vec<String>,
        /// How to print them.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// What is shown where nothing is asked for.
fn columns() -> String {
    let rounded = |measure: &Measure| match measure.digits {
        Some(digits) => format!("round({0}, {digits}) AS {0}", measure.name),
        None => measure.name.into(),
    };
    let measures: Vec<String> = shown_in(Shown::RunList).map(rounded).collect();
    format!(
        "substr(run_id, 1, 8) AS run, status, model, \
         (SELECT name FROM dataset_names WHERE digest = dataset_digest) AS dataset, \
         image_size AS size, channels AS ch, w_adv, w_con, w_enc, lambda, seed, {}, \
         round(train_seconds, 1) AS train_s, round(score_seconds, 1) AS score_s, error",
        measures.join(", ")
    )
}

impl Runs {
    pub fn run(self, context: &Context) -> Outcome {
        let store = match self {
            Self::Tag { .. } | Self::Note { .. } => Store::open_existing(&context.store),
            _ => Store::read(&context.store),
        };
        let store = store?;
        match self {
            Self::List { sweep, tags, condition, sort, columns, limit, format } => {
                let wanted = Wanted { sweep, tags, condition, sort, columns, limit };
                let (sql, texts) = wanted.sql(&store)?;
                let table = store.query_within(&sql, &texts, Duration::from_secs(QUERY_SECONDS))?;
                put!("{}", format.write(&table));
                Ok(DONE)
            }
            Self::Show { id, toml: false } => show(&store, &id),
            Self::Show { id, toml: true } => {
                let id = store.resolve_run(&id)?;
                let (config, dataset) = store.configuration(&id)?;
                let run = RunConfig::read(&config)?;
                let dataset: DatasetSpec = serde_json::from_str(&dataset)?;
                put!("{}", sweep_file(&format!("run-{}", id.short()), &[dataset], &run)?);
                Ok(DONE)
            }
            Self::Tag { ids, add, remove } => {
                store.tag(&resolved(&store, &ids)?, &add, &remove)?;
                Ok(DONE)
            }
            Self::Note { id, text } => {
                store.note(&store.resolve_run(&id)?, &text)?;
                Ok(DONE)
            }
            Self::Compare { ids, format } => {
                let compared = compare(&store, &resolved(&store, &ids)?)?;
                put!("{}", format.write(&compared.table));
                for why in &compared.unpaired {
                    say!("{why}");
                }
                context.say(
                    "p tells these trainings apart on these images, not their settings: other seeds give others \
                     (the report's table `pairwise` has seeds and images both)",
                );
                Ok(DONE)
            }
        }
    }
}

fn resolved(store: &Store, ids: &[String]) -> Result<Vec<RunId>, StoreError> {
    ids.iter().map(|id| store.resolve_run(id)).collect()
}

/// Which runs, and what of them.
struct Wanted {
    sweep: Option<String>,
    tags: Vec<String>,
    condition: Option<String>,
    sort: Option<String>,
    columns: Option<String>,
    limit: Option<u32>,
}

impl Wanted {
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
        let sort = self.sort.as_deref().unwrap_or("queued_at DESC, run_id");
        let limit = self.limit.map_or(String::new(), |limit| format!("LIMIT {limit}"));
        let found = format!(
            "FROM (SELECT * FROM runs LEFT JOIN results USING (run_id)) {only} ORDER BY {sort}\n{limit}"
        );
        let sql = match &self.columns {
            Some(columns) => format!("SELECT {columns}\n{found}"),
            // Sorted before they are rounded under the same names.
            None => format!("SELECT {} FROM (SELECT * {found})", columns()),
        };
        Ok((sql, texts))
    }
}

fn show(store: &Store, prefix: &str) -> Outcome {
    let id = store.resolve_run(prefix)?;
    let sql = "SELECT * FROM runs LEFT JOIN results USING (run_id) WHERE run_id = ?";
    let table = store.query_with(sql, &[id.to_string()])?;
    let width = table.columns.iter().map(String::len).max().unwrap_or(0);
    for (column, cell) in table.columns.iter().zip(table.rows.first().into_iter().flatten()) {
        if *cell != Cell::Null {
            tell!("{column:width$}  {cell}");
        }
    }
    Ok(DONE)
}
