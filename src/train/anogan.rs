//! AnoGAN's training step.

use std::sync::{Arc, Mutex, PoisonError};

use burn::module::Module;
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use burn::train::{InferenceStep, TrainOutput, TrainStep};

use super::losses::{Collector, Losses};
use crate::data::Batch;
use crate::model::{Dcgan, Dropout, Encoder, loss};
use crate::spec::{AnoganTraining, Updates};

/// Names of the training losses, in the order of [`Losses`]; the last one where an encoder is trained.
const TRAIN_LOSSES: &[&str] =
    &["generator", "discriminator", "discriminator_real", "discriminator_generated", "encoder"];
/// Names of the metrics on held-out images; the last one where an encoder is trained.
const VALID_LOSSES: &[&str] = &["discriminator_real", "discriminator_generated", "diversity", "encoder"];

/// AnoGAN's DCGAN in training: the non-saturating GAN losses, and the encoder beside it.
#[derive(Module, Debug)]
pub(crate) struct AnoganTrainer {
    pub network: Dcgan,
    label_smoothing: f64,
    alternating: bool,
    /// Share of the discriminator's features that are dropped.
    dropout: f64,
    /// With alternating updates: images made in this step, for the generator's turn, and what is dropped of them.
    #[module(skip)]
    made: Arc<Mutex<Option<(Tensor<4>, u64)>>>,
    #[module(skip)]
    losses: Collector,
}

impl AnoganTrainer {
    pub fn new(network: Dcgan, training: &AnoganTraining) -> Self {
        Self {
            network,
            label_smoothing: training.label_smoothing,
            alternating: training.updates == Updates::Alternating,
            dropout: training.dropout,
            made: Arc::default(),
            losses: Collector::default(),
        }
    }

    /// Names of its losses: in training and on held-out images.
    pub fn names(&self) -> (&'static [&'static str], &'static [&'static str]) {
        let without_encoder = usize::from(self.network.encoder.is_none());
        (
            &TRAIN_LOSSES[..TRAIN_LOSSES.len() - without_encoder],
            &VALID_LOSSES[..VALID_LOSSES.len() - without_encoder],
        )
    }

    /// What a discriminator in training says of images; `draw` decides what it drops.
    fn judged(&self, judge: &Encoder, images: Tensor<4>, draw: u64) -> Tensor<2> {
        if self.dropout == 0.0 {
            return judge.forward(images);
        }
        judge.head(judge.dropped_features(images, &mut Dropout::new(self.dropout, draw)))
    }

    /// The generator's loss before the discriminator as it is now, a constant.
    fn fooling(&self, made: Tensor<4>, draw: u64) -> Tensor<1> {
        loss::real(self.judged(&self.network.discriminator.clone().no_grad(), made, draw))
    }

    /// How far G(E(x)) is from x; G is a constant in the state in which it judges images, with its
    /// running BatchNorm statistics.
    fn encoding(&self, images: Tensor<4>) -> Option<Tensor<1>> {
        let encoder = self.network.encoder.as_ref()?;
        let made = self.network.generator.clone().freeze().forward(encoder.forward(images.clone()));
        Some(loss::encoding(images, made))
    }

    /// With alternating updates: images made before the discriminator learnt.
    fn take_made(&self) -> Option<(Tensor<4>, u64)> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl TrainStep for AnoganTrainer {
    type Input = Batch;
    type Output = Losses;

    /// One update from images [batch, channels, size, size], −1 to 1, and noise [batch, latent] from N(0, 1).
    fn step(&self, batch: Batch) -> TrainOutput<Losses> {
        let batch_size = batch.images.dims()[0];
        let made = self.network.generator.forward(batch.noise);

        let judge = &self.network.discriminator;
        // Other features are dropped of made images than of real ones; the same for both losses.
        let (of_real, of_made) = (batch.draw, batch.draw.wrapping_add(1));
        let judged_real = self.judged(judge, batch.images.clone(), of_real);
        let real = loss::smoothed_real(judged_real, self.label_smoothing);
        let judged_made = self.judged(judge, made.clone().detach(), of_made);
        let fake = loss::generated(judged_made.clone());
        let discriminator = real.clone() + fake.clone();

        let encoding = self.encoding(batch.images);
        let mut total = discriminator.clone();
        if let Some(encoding) = &encoding {
            total = total + encoding.clone();
        }
        let generator = if self.alternating {
            *self.made.lock().unwrap_or_else(PoisonError::into_inner) = Some((made, of_made));
            loss::real(judged_made.detach()) // shown only: its turn comes after the discriminator's
        } else {
            let generator = self.fooling(made, of_made);
            total = total + generator.clone();
            generator
        };

        let gradients = total.backward();
        let parts = [generator, discriminator, real, fake].into_iter().chain(encoding).collect();
        let losses = self.losses.take(Losses::new(parts, batch_size), batch.last_of_epoch);
        TrainOutput::new(self, gradients, losses)
    }

    fn optimize(
        self,
        optim: &mut ModuleOptimizer,
        lr: ModuleLearningRate,
        gradients: GradientsParams,
    ) -> Self {
        let made = self.take_made();
        let updated = optim.step(lr.clone(), self, gradients);
        match made {
            None => updated,
            Some((made, draw)) => {
                let gradients = updated.fooling(made, draw).backward();
                let gradients = GradientsParams::from_grads(gradients, &updated);
                optim.step(lr, updated, gradients)
            }
        }
    }
}

impl InferenceStep for AnoganTrainer {
    type Input = Batch;
    type Output = Losses;

    fn step(&self, batch: Batch) -> Losses {
        let batch_size = batch.images.dims()[0];
        let made = self.network.generator.forward(batch.noise);
        let real = loss::real(self.network.discriminator.forward(batch.images.clone()));
        let fake = loss::generated(self.network.discriminator.forward(made.clone()));
        let diversity = loss::diversity(made, batch.images.clone());
        let parts = [real, fake, diversity].into_iter().chain(self.encoding(batch.images)).collect();
        Losses::new(parts, batch_size)
    }
}
