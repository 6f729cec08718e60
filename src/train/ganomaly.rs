//! GANomaly's training step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::module::Module;
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use burn::train::{InferenceStep, TrainOutput, TrainStep};

use super::losses::{Collector, Losses};
use crate::data::Batch;
use crate::model::{Ganomaly, Reconstruction, loss};
use crate::random::rng;
use crate::spec::{FeatureMatching, GanomalyTraining};

/// Names of the training losses, in the order of [`Losses`].
pub(crate) const TRAIN_LOSSES: &[&str] =
    &["generator", "adversarial", "contextual", "encoder", "discriminator"];
/// Names of the metrics on held-out images.
pub(crate) const VALID_LOSSES: &[&str] = &["contextual", "encoder", "diversity"];

/// The discriminator starts anew when its loss falls below this (Akcay et al., their code). It is
/// looked at whenever losses are read back, every few steps: a loss that low stays low.
const COLLAPSED: f64 = 1e-5;

/// GANomaly with the weights of its losses.
#[derive(Module, Debug)]
pub(crate) struct GanomalyTrainer {
    pub network: Ganomaly,
    w_adv: f64,
    w_con: f64,
    w_enc: f64,
    matches_mean: bool,
    train_second_encoder: bool,
    /// The discriminator's loss was below [`COLLAPSED`] when it was last read.
    #[module(skip)]
    collapsed: Arc<AtomicBool>,
    #[module(skip)]
    losses: Collector,
    seed: u64,
}

impl GanomalyTrainer {
    pub fn new(network: Ganomaly, weights: &GanomalyTraining, seed: u64) -> Self {
        Self {
            network,
            w_adv: weights.w_adv,
            w_con: weights.w_con,
            w_enc: weights.w_enc,
            matches_mean: weights.feature_matching == FeatureMatching::Mean,
            train_second_encoder: weights.train_second_encoder,
            collapsed: Arc::default(),
            losses: Collector::default(),
            seed,
        }
    }

    fn reconstruct(&self, images: Tensor<4>) -> Reconstruction {
        if self.train_second_encoder {
            return self.network.reconstruct(images);
        }
        let second_encoder = self.network.second_encoder.clone().no_grad();
        Ganomaly { second_encoder, ..self.network.clone() }.reconstruct(images)
    }
}

impl TrainStep for GanomalyTrainer {
    type Input = Batch;
    type Output = Losses;

    /// One simultaneous update from images [batch, channels, size, size], −1 to 1; the noise is not used.
    fn step(&self, batch: Batch) -> TrainOutput<Losses> {
        let x = batch.images;
        let batch_size = x.dims()[0];
        let made = self.reconstruct(x.clone());

        let judge = &self.network.discriminator;
        let features = judge.features(x.clone());
        let judged_made = judge.forward(made.images.clone().detach());
        let discriminator =
            (loss::real(judge.head(features.clone())) + loss::generated(judged_made)).mul_scalar(0.5);

        let constant_judge = judge.clone().no_grad();
        let made_features = constant_judge.features(made.images.clone());
        let matched = if self.matches_mean { loss::adversarial_to_mean } else { loss::adversarial };
        let adversarial = matched(features.detach(), made_features);
        let contextual = loss::contextual(x, made.images);
        let encoder = loss::encoder(made.latent, made.second_latent);
        let generator = adversarial.clone().mul_scalar(self.w_adv)
            + contextual.clone().mul_scalar(self.w_con)
            + encoder.clone().mul_scalar(self.w_enc);

        let gradients = (generator.clone() + discriminator.clone()).backward();
        let parts = vec![generator, adversarial, contextual, encoder, discriminator.clone()];
        let losses = self.losses.take(Losses::new(parts, batch_size), batch.last_of_epoch);
        let collapsed = losses.are_read() && discriminator.detach().into_scalar::<f64>() < COLLAPSED;
        self.collapsed.store(collapsed, Ordering::Relaxed);
        TrainOutput::new(self, gradients, losses)
    }

    fn optimize(
        self,
        optim: &mut ModuleOptimizer,
        lr: ModuleLearningRate,
        gradients: GradientsParams,
    ) -> Self {
        let collapsed = self.collapsed.load(Ordering::Relaxed);
        let mut updated = optim.step(lr, self, gradients);
        if collapsed {
            let mut rng = rng(updated.seed, "discriminator anew", 0);
            updated.network.discriminator = updated.network.discriminator.reinitialised(&mut rng);
        }
        updated
    }
}

impl InferenceStep for GanomalyTrainer {
    type Input = Batch;
    type Output = Losses;

    fn step(&self, batch: Batch) -> Losses {
        let batch_size = batch.images.dims()[0];
        let made = self.network.reconstruct(batch.images.clone());
        let diversity = loss::diversity(made.images.clone(), batch.images.clone());
        let contextual = loss::contextual(batch.images, made.images);
        let encoder = loss::encoder(made.latent, made.second_latent);
        Losses::new(vec![contextual, encoder, diversity], batch_size)
    }
}
