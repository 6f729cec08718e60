use super::{Context, DONE, Outcome, plain};
use crate::report::{Format, compare};
use crate::store::{Cell, Store};

/// Read past runs.
#[derive(clap::Subcommand)]
pub(super) enum Runs {
    /// List runs with their results, the last queued first.
    List {
        /// Only the runs of this sweep.
        #[arg(long)]
        sweep: Option<String>,
        /// How to print them.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show everything of one run.
    Show {
        /// Its id, or the first characters of it.
        id: String,
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

const LIST: &str = "SELECT substr(r.run_id, 1, 8) AS run, r.status, r.model, r.dataset, r.image_size AS size, \
    r.channels AS ch, r.w_adv, r.w_con, r.w_enc, r.lambda, r.seed, round(e.auroc, 3) AS auroc, \
    round(r.train_seconds, 1) AS train_s, round(r.score_seconds, 1) AS score_s, r.error \
    FROM runs r LEFT JOIN results e USING (run_id)";

impl Runs {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::open_existing(&context.store).map_err(plain)?;
        match self {
            Self::List { sweep, format } => list(&store, sweep.as_deref(), format),
            Self::Show { id } => show(&store, &id),
            Self::Compare { ids, format } => {
                let ids = ids.iter().map(|id| store.resolve_run(id)).collect::<Result<Vec<_>, _>>();
                let table = compare(&store, &ids.map_err(plain)?).map_err(plain)?;
                print!("{}", format.write(&table));
                Ok(DONE)
            }
        }
    }
}

fn list(store: &Store, sweep: Option<&str>, format: Format) -> Outcome {
    let only = match sweep {
        Some(name) => {
            let name = store.sweep(name).map_err(plain)?.name.replace('\'', "''");
            format!(" WHERE r.run_id IN (SELECT run_id FROM sweep_runs WHERE sweep = '{name}')")
        }
        None => String::new(),
    };
    let table = store.query(&format!("{LIST}{only} ORDER BY r.queued_at DESC, r.run_id")).map_err(plain)?;
    print!("{}", format.write(&table));
    Ok(DONE)
}

fn show(store: &Store, prefix: &str) -> Outcome {
    let id = store.resolve_run(prefix).map_err(plain)?;
    let sql = format!("SELECT * FROM runs LEFT JOIN results USING (run_id) WHERE run_id = '{id}'");
    let table = store.query(&sql).map_err(plain)?;
    let width = table.columns.iter().map(String::len).max().unwrap_or(0);
    for (column, cell) in table.columns.iter().zip(table.rows.first().into_iter().flatten()) {
        if *cell != Cell::Null {
            println!("{column:width$}  {cell}");
        }
    }
    Ok(DONE)
}
