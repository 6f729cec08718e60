//! `anolab export`: results for other programs.

use std::path::PathBuf;

use super::{Context, DONE, Outcome};
use crate::export::{Target, export};
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
    /// The file, or for TensorBoard and MLflow the new folder.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

impl Export {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        let runs = export(&store, self.sweep.as_deref(), self.format, &self.out)?;
        context.say(format!("{runs} runs written to {}", self.out.display()));
        Ok(DONE)
    }
}
