//! `anolab sql`: queries, read-only.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::values::seconds;
use super::{Context, DONE, Failure, Outcome};
use crate::store::{QUERY_SECONDS, Store};
use crate::table::Format;

/// Ask the store in SQL. The views are runs, metrics, scores, results, leaderboard and tags.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab sql 'SELECT model, seeds, auroc, auroc_deviation FROM leaderboard'\n  anolab \
                        sql 'SELECT * FROM runs JOIN results USING (run_id)' --format json\n  anolab sql \"SELECT name \
                        FROM pragma_table_info('runs')\"\n  anolab sql - --format markdown <results/tables/best.sql"
)]
pub(super) struct Sql {
    /// One query, such as 'SELECT model, auroc FROM runs JOIN results USING (run_id)'; - reads it from standard
    /// input.
    query: String,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Seconds after which a query without an answer is ended.
    #[arg(long, value_name = "SECONDS", default_value_t = QUERY_SECONDS, value_parser = seconds)]
    time_limit: u64,
}

impl Sql {
    pub fn run(self, context: &Context) -> Outcome {
        if Path::new(&self.query).is_file() {
            let file = &self.query;
            return Err(Failure::new(format!(
                "`{file}` is a file: anolab sql - <{file} asks the query in it"
            )));
        }
        let query = match self.query.as_str() {
            "-" => io::read_to_string(io::stdin())
                .map_err(|error| Failure::new(format!("the query on standard input: {error}")))?,
            query => query.into(),
        };
        let store = Store::read(&context.store)?;
        let table = store.query_within(&query, &[], Duration::from_secs(self.time_limit))?;
        put!("{}", self.format.write(&table));
        Ok(DONE)
    }
}
