//! `anolab sql`: queries, read-only.

use super::{Context, DONE, Outcome};
use crate::store::Store;
use crate::table::Format;

/// Ask the store in SQL. The views are runs, metrics, scores, results, leaderboard and tags.
#[derive(clap::Args)]
pub(super) struct Sql {
    /// One query, such as 'SELECT model, auroc FROM runs JOIN results USING (run_id)'.
    query: String,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Sql {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        let table = store.query(&self.query)?;
        put!("{}", self.format.write(&table));
        Ok(DONE)
    }
}
