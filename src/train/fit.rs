//! Trains one fit of any model.

use super::anogan::AnoganTrainer;
use super::baseline;
use super::ganomaly::{self, GanomalyTrainer};
use super::job::{FitJob, Outcome, TrainError};
use super::made_images::examine;
use super::supervised::train;
use super::trained::{Trained, fresh_dcgan, fresh_ganomaly};
use crate::model::Shape;
use crate::spec::Network;

/// Trains one fit, resuming from its last checkpoint if there is one.
///
/// # Errors
/// See [`TrainError`].
pub fn fit(job: &FitJob<'_>) -> Result<Outcome, TrainError> {
    let outcome = trained(job)?;
    Ok(Outcome { generated: examine(&outcome.trained, job), ..outcome })
}

fn trained(job: &FitJob<'_>) -> Result<Outcome, TrainError> {
    let config = job.config;
    match &config.network {
        Network::Anogan(training) => {
            let network = fresh_dcgan(config, training, job.device);
            let trainer = AnoganTrainer::new(network, training);
            let names = trainer.names();
            let done = train(job, &training.gan, trainer, names)?;
            Ok(done.map(|trainer| Trained::Anogan(Box::new(trainer.network))))
        }
        Network::Ganomaly(training) => {
            let network = fresh_ganomaly(config, Shape::of(config, &training.gan), job.device);
            let trainer = GanomalyTrainer::new(network, training, config.seed);
            let names = (ganomaly::TRAIN_LOSSES, ganomaly::VALID_LOSSES);
            let done = train(job, &training.gan, trainer, names)?;
            Ok(done.map(|trainer| Trained::Ganomaly(Box::new(trainer.network))))
        }
        Network::Pca { components } => baseline::pca(job, *components),
        Network::Nearest => Ok(baseline::nearest(job)),
        Network::Brightness => Ok(baseline::brightness(job)),
    }
}
