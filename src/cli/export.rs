//! `anolab export`: results for other programs.

use std::path::PathBuf;

use super::destination::new_file;
use super::{Context, DONE, Outcome};
use crate::export::{Target, export, export_text};
use crate::store::Store;

/// Write results and metrics for other programs.
#[derive(clap::Args)]
pub(super) struct Export {
    /// Only the runs of this sweep.
    #[arg(long)]
    sweep: Option<String>,
    /// What to write.
    #[arg(long, value_enum)]
    format: Target,
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
        if self.out.as_os_str() == "-" {
            put!("{}", export_text(&store, self.sweep.as_deref(), self.format)?);
            return Ok(DONE);
        }
        new_file(context, &self.out, self.force)?;
        let runs = export(&store, self.sweep.as_deref(), self.format, &self.out)?;
        context.say(format!("{runs} runs written to {}", self.out.display()));
        Ok(DONE)
    }
}
