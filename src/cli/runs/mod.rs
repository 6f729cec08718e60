//! `anolab runs`: list, show, compare, tag, note, delete.

mod list;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::answer::{Answer, print_json};
use super::{Context, DONE, Outcome, WRONG};
use crate::id::RunId;
use crate::report::compare;
use crate::spec::{DatasetSpec, RunConfig, sweep_file};
use crate::store::{Deletion, Store, StoreError};
use crate::table::{Cell, Format};
use crate::words::counted;

/// Read past runs.
#[derive(clap::Subcommand)]
pub(super) enum Runs {
    /// List runs with what varies among them and their results, the last queued first.
    List(list::List),
    /// Show everything of one run.
    #[command(
        after_help = "Examples:\n  anolab runs show 1a2b3c4d\n  anolab runs show 1a2b3c4d --format json\n  anolab \
                            runs show 1a2b3c4d --toml > again.toml"
    )]
    Show {
        /// Its id, or the first characters of it.
        id: String,
        /// Print a sweep file that makes this run again, with every setting written out.
        #[arg(long)]
        toml: bool,
        /// How to print it.
        #[arg(long, value_enum, default_value_t, conflicts_with = "toml")]
        format: Answer,
    },
    /// Put tags on runs, or take them off.
    #[command(
        after_help = "Examples:\n  anolab runs tag 1a2b 3c4d --add paper\n  anolab runs tag 1a2b --remove paper\n  \
                            anolab runs list --tag paper"
    )]
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
    #[command(
        after_help = "Examples:\n  anolab runs note 1a2b 'odd dip at epoch 2'\n  anolab runs note 1a2b ''"
    )]
    Note {
        /// Its id, or the first characters of it.
        id: String,
        /// The note; '' takes it away.
        text: String,
    },
    /// Show where runs differ, and whether their AUROCs do: DeLong's paired test against the first.
    #[command(
        after_help = "Examples:\n  anolab runs compare 1a2b 3c4d\n  anolab runs compare 1a2b 3c4d --format json"
    )]
    Compare {
        /// Two or more ids, or the first characters of them.
        #[arg(num_args = 2.., required = true)]
        ids: Vec<String>,
        /// How to print them: csv, json and jsonl have whole ids and a column for each number.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Delete runs with their results; `anolab gc` frees their files, an hour later. A sweep that has them computes
    /// them anew.
    #[command(
        after_help = "Examples:\n  anolab runs delete 1a2b\n  anolab runs delete 1a2b 3c4d --yes && anolab gc"
    )]
    Delete {
        /// Ids, or the first characters of them.
        #[arg(required = true)]
        ids: Vec<String>,
        /// Really delete; without it is only told what would go.
        #[arg(long)]
        yes: bool,
    },
}

impl Runs {
    pub fn run(self, context: &Context) -> Outcome {
        let store = match self {
            Self::Tag { .. } | Self::Note { .. } | Self::Delete { .. } => {
                Store::open_existing(&context.store)
            }
            _ => Store::read(&context.store),
        };
        let store = store?;
        match self {
            Self::List(list) => list.run(&store),
            Self::Show { id, toml: false, format } => show(&store, &id, format),
            Self::Show { id, toml: true, .. } => {
                let id = store.resolve_run(&id)?;
                let (config, dataset) = store.configuration(&id)?;
                let run = RunConfig::read(&config)?;
                let dataset: DatasetSpec = serde_json::from_str(&dataset)?;
                put!("{}", sweep_file(&format!("run-{}", id.short()), &[dataset], &run)?);
                Ok(DONE)
            }
            Self::Tag { ids, add, remove } => {
                let runs = resolved(&store, &ids)?;
                store.tag(&runs, &add, &remove)?;
                let of = |what: &str, tags: &[String]| {
                    (!tags.is_empty()).then(|| format!("{what} {}", tags.join(", ")))
                };
                let done: Vec<String> =
                    [of("tagged", &add), of("no longer", &remove)].into_iter().flatten().collect();
                context.say(format!("{} {}", counted(runs.len(), "run"), done.join(", ")));
                Ok(DONE)
            }
            Self::Note { id, text } => {
                let id = store.resolve_run(&id)?;
                store.note(&id, &text)?;
                let words = if text.trim().is_empty() { "has no note any more" } else { "has its note" };
                context.say(format!("run {} {words}", id.short()));
                Ok(DONE)
            }
            Self::Compare { ids, format } => {
                let compared = compare(&store, &resolved(&store, &ids)?)?;
                put!(
                    "{}",
                    format.write(if format.is_for_programs() { &compared.data } else { &compared.table })
                );
                for why in &compared.unpaired {
                    say!("{why}");
                }
                context.say(
                    "p tells these trainings apart on these images, not their settings: other seeds give others \
                     (the report's table `pairwise` has seeds and images both)",
                );
                Ok(DONE)
            }
            Self::Delete { ids, yes } => {
                let deletion = store.delete_runs(&resolved(&store, &ids)?, yes)?;
                tell_deletion(context, "", &deletion, yes)
            }
        }
    }
}

fn resolved(store: &Store, ids: &[String]) -> Result<Vec<RunId>, StoreError> {
    let mut runs: Vec<RunId> = Vec::new();
    for id in ids {
        let run = store.resolve_run(id)?;
        if !runs.contains(&run) {
            runs.push(run);
        }
    }
    Ok(runs)
}

/// Says what was deleted, or would be: `what`, and its runs and fits.
pub(super) fn tell_deletion(context: &Context, what: &str, deletion: &Deletion, done: bool) -> Outcome {
    let Deletion { runs, fits, kept } = deletion;
    let gone = format!("{what}{} and {}", counted(runs.len(), "run"), counted(fits.len(), "fit"));
    if *kept > 0 {
        context.say(format!("{} of it stay: other sweeps have them", counted(*kept, "run")));
    }
    if done {
        context
            .say(format!("deleted: {gone}; `anolab gc` frees their files, an hour after they were written"));
        return Ok(DONE);
    }
    say!("would delete {gone}; nothing is deleted without --yes");
    Ok(WRONG)
}

/// Names and values in this order.
struct Ordered(Vec<(String, Value)>);

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn show(store: &Store, prefix: &str, format: Answer) -> Outcome {
    let id = store.resolve_run(prefix)?;
    let sql = "SELECT * FROM runs LEFT JOIN results USING (run_id) WHERE run_id = ?";
    let table = store.query_with(sql, &[id.to_string()])?;
    let cells = || table.columns.iter().zip(table.rows.first().into_iter().flatten());
    if format == Answer::Json {
        let value = |name: &str, cell: &Cell| match cell {
            Cell::Text(text) if name == "config" => serde_json::from_str(text),
            cell => serde_json::to_value(cell),
        };
        let values = cells().map(|(name, cell)| Ok((name.clone(), value(name, cell)?)));
        print_json(&Ordered(values.collect::<Result<_, serde_json::Error>>()?))?;
        return Ok(DONE);
    }
    let width = table.columns.iter().map(String::len).max().unwrap_or(0);
    for (column, cell) in cells().filter(|(_, cell)| **cell != Cell::Null) {
        tell!("{column:width$}  {cell}");
    }
    Ok(DONE)
}
