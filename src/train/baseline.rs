//! What the baselines learn, in one go and without epochs.

use std::time::Instant;

use super::job::{FitJob, Outcome, TrainError};
use super::trained::Trained;
use crate::data::Nearest;
use crate::eval::Generated;
use crate::model::Pca;
use crate::random::rng;

/// The principal components of the training images.
pub(crate) fn pca(job: &FitJob<'_>, components: usize) -> Result<Outcome, TrainError> {
    let started = Instant::now();
    let images: Vec<Vec<f32>> =
        job.partition.train.iter().map(|index| job.pixels.scaled(&[*index])).collect();
    let pca = Pca::of(&images, components, &mut rng(job.config.seed, "pca", 0))?;
    Ok(outcome(Trained::Pca(pca), started, job))
}

/// The training images themselves.
pub(crate) fn nearest(job: &FitJob<'_>) -> Outcome {
    let started = Instant::now();
    let bytes = job.partition.train.iter().flat_map(|index| job.pixels.image(*index)).copied().collect();
    let length = job.pixels.channels * job.pixels.size * job.pixels.size;
    outcome(Trained::Nearest(Nearest::new(bytes, length)), started, job)
}

/// Nothing is learnt.
pub(crate) fn brightness(job: &FitJob<'_>) -> Outcome {
    outcome(Trained::Brightness, Instant::now(), job)
}

fn outcome(trained: Trained, started: Instant, job: &FitJob<'_>) -> Outcome {
    let generated = Generated::default();
    Outcome { trained, generated, elapsed: started.elapsed(), images: job.partition.train.len() }
}
