//! A metric of an epoch.

/// The mean of one metric over one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochMetric {
    /// `train` or `valid` (the held-out images).
    pub split: String,
    /// The metric's name.
    pub name: String,
    /// Counted from 1.
    pub epoch: usize,
    /// Training steps done at the end of the epoch.
    pub step: usize,
    /// The mean over the epoch's images.
    pub value: f64,
}

/// A generator whose images differ among themselves by less than this share of what real images do
/// (the metric `diversity` on held-out images) has collapsed.
pub const COLLAPSED_DIVERSITY: f64 = 0.3;

/// A generator whose images cover less of the held-out ones (see [`coverage`](super::coverage)) makes a few kinds
/// alone.
pub const COLLAPSED_COVERAGE: f64 = 0.2;

/// A generator whose images are nearer to training images than this (see [`novelty`](super::novelty)) remembers them.
pub const REMEMBERED_NOVELTY: f64 = 0.3;

/// From this novelty on, images are like no real one: what they cover says nothing of how many kinds there are.
pub const FAR_NOVELTY: f64 = 2.0;

/// Under this AUROC a run is inverted: it takes normal images for the anomalies.
pub const INVERTED_AUROC: f64 = 0.4;
