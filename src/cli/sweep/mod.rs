//! `anolab sweep`: plan, run, watch and delete.

mod plan;
mod run;
mod status;

use std::path::{Path, PathBuf};

pub(super) use run::{Limits, start};

use super::answer::Answer;
use super::runs::tell_deletion;
use super::{Context, Outcome, slurm};
use crate::store::Store;
use crate::sweep::{self, SweepError};

/// Plan, run and watch sweeps.
#[derive(clap::Subcommand)]
pub(super) enum Sweep {
    /// Train and judge whatever of a sweep is not done yet; the same command resumes.
    Run(Box<run::Run>),
    /// Tell what would run, what is shared, what is done, and about how long it takes.
    Plan(plan::Plan),
    /// Tell how far sweeps are.
    #[command(after_help = "Examples:\n  anolab sweep status\n  anolab sweep status casting --watch\n  \
                            anolab sweep status casting --format json")]
    Status {
        /// Name of the sweep; all by default.
        name: Option<String>,
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Answer,
        /// Look again and again until every run has ended.
        #[arg(long, conflicts_with = "format")]
        watch: bool,
    },
    /// Take in what the tasks of a cluster have brought, while others still run.
    #[command(
        after_help = "Examples:\n  anolab sweep merge casting\n  anolab sweep merge casting --report report"
    )]
    Merge {
        /// Name of the sweep.
        name: String,
        /// Draw a report of it into this folder.
        #[arg(long, value_name = "DIR")]
        report: Option<PathBuf>,
    },
    /// End the tasks of a sweep that wait or run on a cluster.
    #[command(after_help = "Examples:\n  anolab sweep cancel casting")]
    Cancel {
        /// Name of the sweep.
        name: String,
    },
    /// Delete a sweep and those of its runs that no other sweep has. `anolab gc` frees their files, an hour later.
    #[command(
        after_help = "Examples:\n  anolab sweep delete casting\n  anolab sweep delete casting --yes && anolab gc"
    )]
    Delete {
        /// Name of the sweep.
        name: String,
        /// Really delete; without it is only told what would go.
        #[arg(long)]
        yes: bool,
    },
}

/// A sweep file, and what is said beside it.
#[derive(clap::Args)]
struct File {
    /// The sweep file.
    file: PathBuf,
    /// A setting in place of the file's: epochs=5, seed=[0,1,2], ganomaly.w_con=10, name=quick. Several may be given.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    assignments: Vec<String>,
    /// Go on without images that cannot be read, and say which, as `skip_unreadable = true` in the dataset does.
    #[arg(long)]
    skip_unreadable: bool,
}

impl File {
    fn read(&self) -> Result<crate::spec::Sweep, SweepError> {
        let mut sweep = sweep::read(&self.file, &self.assignments)?;
        if self.skip_unreadable {
            sweep.datasets.iter_mut().for_each(crate::spec::DatasetSpec::skip_unreadable);
        }
        Ok(sweep)
    }
}

impl Sweep {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Self::Run(run) => run.run(context),
            Self::Plan(plan) => plan.run(context),
            Self::Status { name, watch: true, .. } => status::watch(context, name.as_deref()),
            Self::Status { name, format, .. } => status::status(context, name.as_deref(), format),
            Self::Merge { name, report } => slurm::merge(context, &name, report.as_deref()),
            Self::Cancel { name } => slurm::end(context, &name),
            Self::Delete { name, yes } => {
                let store = Store::open_existing(&context.store)?;
                let deletion = store.delete_sweep(&name, yes)?;
                tell_deletion(context, &format!("the sweep `{name}` with "), &deletion, yes)
            }
        }
    }
}

/// A path that a command can be given with.
fn in_quotes(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "/._-~+:".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
