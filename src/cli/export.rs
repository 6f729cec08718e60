//! `anolab export`: results for other programs.

use std::path::PathBuf;

use super::destination::new_file;
use super::{Context, DONE, Outcome};
use crate::export::{Rows, Target, export, export_text};
use crate::store::Store;
use crate::words::counted;

/// Write results and metrics for other programs.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab export --format csv --out runs.csv\n  anolab export --format jsonl --out -\n  \
                        anolab export --format tensorboard --out board --sweep casting"
)]
pub(super) struct Export {
    /// Only the runs of this sweep.
    #[arg(long)]
    sweep: Option<String>,
    /// What to write.
    #[arg(long, value_enum)]
    format: Target,
    /// One row per image and run, with its score and conformal p, instead of one per run (CSV, JSON Lines, Parquet).
    #[arg(long)]
    scores: bool,
    /// The new file, or for TensorBoard and MLflow the new folder; `-` is standard output, for CSV and JSON Lines.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Replace a file that is there already.
    #[arg(long)]
    force: bool,
}

impl Export {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        let (sweep, of) = (self.sweep.as_deref(), if self.scores { Rows::Scores } else { Rows::Runs });
        if self.out.as_os_str() == "-" {
            put!("{}", export_text(&store, sweep, of, self.format)?);
            return Ok(DONE);
        }
        new_file(context, &self.out, self.force)?;
        let rows = export(&store, sweep, of, self.format, &self.out)?;
        let what = if self.scores { "score" } else { "run" };
        tell!("{}", self.out.display());
        context.say(format!("{} written", counted(rows, what)));
        Ok(DONE)
    }
}
