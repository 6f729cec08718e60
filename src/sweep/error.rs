//! What can go wrong with a sweep.

use std::path::PathBuf;

use super::engine::slurm::SlurmError;
use crate::data::{DataError, relative_to};
use crate::model::WeightsError;
use crate::spec::{AssignError, SpecError};
use crate::store::StoreError;
use crate::train::{DeviceChoice, DeviceError, TrainError};

/// What can go wrong with a sweep.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SweepError {
    /// The sweep file is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Spec(#[from] Box<SpecError>),
    /// The sweep file cannot be read.
    #[error("cannot read the sweep file {}: {source}{}", path.display(), relative_to(path))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A sweep file that is no text.
    #[error("the sweep file {} is no text in UTF-8 or UTF-16; save it as UTF-8", _0.display())]
    NotText(PathBuf),
    /// A setting given beside the file.
    #[error(transparent)]
    Assign(#[from] AssignError),
    /// The images are not as they should be.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Datasets of one sweep that are the same.
    #[error(
        "the datasets `{one}` and `{other}` hold the same images: a mean over datasets would count them twice; \
         leave one of them out"
    )]
    SameImages {
        /// A dataset.
        one: String,
        /// Another.
        other: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A device that does not work.
    #[error("device {device} cannot be used: {why}")]
    Unusable {
        /// The device.
        device: DeviceChoice,
        /// What its trial said.
        why: String,
    },
    /// Training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A weights file.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The images are not those that the run was planned for.
    #[error(
        "the images of `{0}` have changed since this run was planned; run the sweep again to plan it anew"
    )]
    DatasetChanged(String),
    /// The file system or a process.
    #[error("{what}: {source}")]
    Io {
        /// What was attempted.
        what: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A score that is no number.
    #[error("the score of {image} is {score}: the networks make no numbers of it")]
    NotFinite {
        /// The image.
        image: String,
        /// Its score.
        score: f64,
    },
    /// A configuration in the store that this version cannot read.
    #[error(
        "this run was made by another version of anolab, whose configuration is not understood; run its sweep again"
    )]
    Config(#[from] serde_json::Error),
    /// Workers that end before they have work.
    #[error("workers cannot begin: {0}")]
    Worker(String),
    /// The cluster.
    #[error(transparent)]
    Slurm(#[from] SlurmError),
    /// Asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl SweepError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
