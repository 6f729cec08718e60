//! What a training is given, what it tells and what it gives back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use burn::tensor::Device;
use burn::train::Interrupter;

use super::trained::Trained;
use crate::data::{Partition, Pixels};
use crate::eval::{EpochMetric, Generated};
use crate::model::{PcaError, WeightsError};
use crate::spec::FitConfig;

/// A loss that is no finite number any more.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the {split} loss `{loss}` became {value} in epoch {epoch}")]
pub struct Divergence {
    /// Of the training or of the held-out images.
    pub split: String,
    /// The loss.
    pub loss: String,
    /// What it became.
    pub value: f64,
    /// Counted from 1.
    pub epoch: usize,
}

/// What training tells while it runs.
pub trait Observer: Send + Sync {
    /// An epoch of one split is done.
    fn epoch(&self, metrics: &[EpochMetric]);
    /// `done` of `total` images of the epoch (counted from 1) are trained on.
    fn progress(&self, epoch: usize, done: usize, total: usize);
    /// How many epochs from the first on it knows all of these metrics of, each a split and a name: training goes on
    /// from no later one.
    fn known_epochs(&self, _: &[(&str, &str)]) -> usize {
        usize::MAX
    }
    /// How much of its time a training may spend on checkpoints, 0 to 1: where epochs are short, not each gets one.
    fn checkpoint_share(&self) -> f64 {
        0.01
    }
    /// Whether a checkpoint may be written now.
    fn may_checkpoint(&self) -> bool {
        true
    }
}

/// Everything that one training needs.
pub struct FitJob<'a> {
    /// What to train.
    pub config: &'a FitConfig,
    /// The decoded images.
    pub pixels: &'a Pixels,
    /// Which of them to train on.
    pub partition: &'a Partition,
    /// Where to train (without autodiff).
    pub device: &'a Device,
    /// Folder of the checkpoints; training resumes from the last whole one.
    pub checkpoints: &'a Path,
    /// Stops the training after the current step.
    pub interrupter: &'a Interrupter,
    /// Told of progress.
    pub observer: Arc<dyn Observer>,
}

/// A finished training.
#[derive(Debug)]
pub struct Outcome {
    /// The networks, in inference mode.
    pub trained: Trained,
    /// What its generator makes is like.
    pub generated: Generated,
    /// Time spent in this process, without the first step.
    pub elapsed: Duration,
    /// Images trained on in that time.
    pub images: usize,
}

/// Why a training did not finish.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// It was asked to stop; the last checkpoint is there to go on from.
    #[error("interrupted")]
    Interrupted,
    /// A loss was NaN or infinite.
    #[error(transparent)]
    Diverged(#[from] Divergence),
    /// burn-train gave up.
    #[error("training failed: {0}")]
    Failed(String),
    /// A baseline found too little.
    #[error("training failed: {0}")]
    Pca(#[from] PcaError),
    /// The weights could not be kept.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}
