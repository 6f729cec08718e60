//! `anolab store`: check, copy and join.

use std::path::PathBuf;

use super::answer::{Answer, print_json};
use super::destination::outside_store;
use super::{Context, DONE, Outcome, SOME_FAILED};
use crate::store::Store;
use crate::words::counted;

/// Check, copy and join stores.
#[derive(clap::Subcommand)]
pub(super) enum StoreCommand {
    /// Verify the database, its runs and the digests of its weights.
    #[command(after_help = "Examples:\n  anolab store check\n  anolab store check --format json")]
    Check {
        /// How to print what is wrong.
        #[arg(long, value_enum, default_value_t)]
        format: Answer,
    },
    /// Copy a store, while it is in use, with its weights.
    #[command(after_help = "Examples:\n  anolab store backup copy.db")]
    Backup {
        /// The new file; its weights go beside it.
        to: PathBuf,
    },
    /// Bring in another store's runs; doing so again changes nothing.
    #[command(after_help = "Examples:\n  anolab store merge other.db")]
    Merge {
        /// The other store.
        other: PathBuf,
    },
}

/// Faults of another store that are told one by one.
const MOST_FAULTS: usize = 20;

impl StoreCommand {
    pub fn run(self, context: &Context) -> Outcome {
        let store = match self {
            Self::Merge { .. } => Store::open_existing(&context.store),
            Self::Check { .. } | Self::Backup { .. } => Store::read(&context.store),
        };
        let store = store?;
        match self {
            Self::Check { format } => {
                let problems = store.check()?;
                if format == Answer::Json {
                    print_json(&problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
                } else {
                    problems.iter().for_each(|problem| tell!("{problem}"));
                }
                if problems.is_empty() {
                    context.say(format!("{}: fine", context.store.display()));
                }
                Ok(if problems.is_empty() { DONE } else { SOME_FAILED })
            }
            Self::Backup { to } => {
                outside_store(context, &to)?;
                let missing = store.backup(&to)?;
                tell!("{}", to.display());
                for weights in &missing {
                    say!("not in the copy, for it is missing, damaged or unreadable: {}", weights.display());
                }
                Ok(if missing.is_empty() { DONE } else { SOME_FAILED })
            }
            Self::Merge { other } => {
                let merged = store.merge(&other)?;
                context.say(format!(
                    "{} and {} weights brought in",
                    counted(merged.runs, "run"),
                    merged.weights
                ));
                if merged.missing > 0 {
                    context.say(format!(
                        "{} weights are not beside {}, or are damaged: their fits are to be trained again",
                        merged.missing,
                        other.display()
                    ));
                }
                if merged.other_weights > 0 {
                    context.say(format!(
                        "{} finished runs stay there: their fits were trained here too, to other weights",
                        merged.other_weights
                    ));
                }
                for fault in merged.left_out.iter().take(MOST_FAULTS) {
                    context.say(format!("left out: {fault}"));
                }
                if merged.left_out.len() > MOST_FAULTS {
                    let more = merged.left_out.len() - MOST_FAULTS;
                    context.say(format!(
                        "left out: {more} more (`anolab --store {} store check`)",
                        other.display()
                    ));
                }
                for name in &merged.unlisted {
                    context.say(format!(
                        "`{name}` is another sweep here: its runs are in the store, and no sweep lists them"
                    ));
                }
                Ok(DONE)
            }
        }
    }
}
