//! What can go wrong with a cluster.

use std::path::PathBuf;

/// What can go wrong with a cluster.
#[derive(Debug, thiserror::Error)]
pub enum SlurmError {
    /// This is no machine of a cluster.
    #[error(
        "`{0}` is not here: a sweep goes to a cluster from where Slurm's commands are, such as its login nodes; \
         without --engine slurm it runs on this machine"
    )]
    Missing(&'static str),
    /// A command that cannot be started.
    #[error("`{command}` cannot be started: {source}")]
    Start {
        /// The command.
        command: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Slurm refused.
    #[error("Slurm refused: `{command}` says {said}")]
    Refused {
        /// The command.
        command: String,
        /// Its words.
        said: String,
    },
    /// An answer that is not as Slurm's manual has it.
    #[error("`{command}` answered `{said}`, which is not understood")]
    Answer {
        /// The command.
        command: &'static str,
        /// What it said.
        said: String,
    },
    /// A file with the first lines of every batch script that cannot be read.
    #[error("cannot read the site file {}: {source}", path.display())]
    Site {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A sweep that no cluster was given.
    #[error("no part of the sweep `{0}` was given to a cluster from this store")]
    Unknown(String),
    /// A file of a submission that is not as it was written.
    #[error("{} is not as it was written: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}
