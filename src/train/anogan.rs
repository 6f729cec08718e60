use burn::module::Module;
use burn::train::{InferenceStep, TrainOutput, TrainStep};

use super::losses::Losses;
use crate::data::Batch;
use crate::model::{Dcgan, loss};

/// Names of the training losses, in the order of [`Losses`].
pub(super) const TRAIN_LOSSES: &[&str] =
    &["generator", "discriminator", "discriminator_real", "discriminator_generated"];
/// Names of the losses on held-out images.
pub(super) const VALID_LOSSES: &[&str] = &["discriminator_real", "discriminator_generated"];

/// AnoGAN's DCGAN in training: the non-saturating GAN losses.
#[derive(Module, Debug)]
pub(super) struct AnoganTrainer {
    pub network: Dcgan,
}

impl TrainStep for AnoganTrainer {
    type Input = Batch;
    type Output = Losses;

    fn step(&self, batch: Batch) -> TrainOutput<Losses> {
        let batch_size = batch.images.dims()[0];
        let generated = self.network.generator.forward(batch.noise);

        let judge = &self.network.discriminator;
        let real = loss::real(judge.forward(batch.images));
        let fake = loss::generated(judge.forward(generated.clone().detach()));
        let discriminator = real.clone() + fake.clone();

        let constant_judge = judge.clone().no_grad();
        let generator = loss::real(constant_judge.forward(generated));

        let gradients = (generator.clone() + discriminator.clone()).backward();
        let losses = Losses::new(vec![generator, discriminator, real, fake], batch_size);
        TrainOutput::new(self, gradients, losses)
    }
}

impl InferenceStep for AnoganTrainer {
    type Input = Batch;
    type Output = Losses;

    fn step(&self, batch: Batch) -> Losses {
        let batch_size = batch.images.dims()[0];
        let generated = self.network.generator.forward(batch.noise);
        let real = loss::real(self.network.discriminator.forward(batch.images));
        let fake = loss::generated(self.network.discriminator.forward(generated));
        Losses::new(vec![real, fake], batch_size)
    }
}
