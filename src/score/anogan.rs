use std::ops::ControlFlow;

use burn::module::{Module, Param};
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};

use super::{BATCH, Judged, Parts, Progress, Score, bytes, doubles, images};
use crate::data::Pixels;
use crate::model::{Dcgan, loss};
use crate::random::{normal_noise, rng};
use crate::spec::Reduction;

/// AnoGAN's search of the latent space (Schlegl et al. 2017, section 2.2): z alone is moved by
/// Adam to lower (1 − λ)·Σ|x − G(z)| + λ·Σ|f(x) − f(G(z))|.
///
/// Many images are searched in one batch. The loss is the sum over images and Adam works by
/// element, so each image's search is the one that it would have by itself.
pub(super) struct Search<'a> {
    pub network: &'a Dcgan,
    pub pixels: &'a Pixels,
    pub device: &'a Device,
    pub seed: u64,
    pub latent_size: usize,
    pub lambda: f64,
    pub steps: usize,
    pub learning_rate: f64,
    pub restarts: usize,
    pub reduction: Reduction,
}

/// The only parameter of the search: [batch, latent].
#[derive(Module, Debug)]
struct Latent {
    z: Param<Tensor<2>>,
}

/// The end of one image's search.
struct Found {
    score: f64,
    residual: f64,
    discrimination: f64,
    reconstruction: Vec<u8>,
}

impl Search<'_> {
    pub fn judge(&self, indices: &[usize], progress: Progress<'_>) -> Option<Judged> {
        // Frozen, not merely without gradients: BatchNorm must use its running statistics.
        let network = self.network.clone().train().freeze();
        let mut judged = Judged::default();
        let mut searched = 0.0;
        for chunk in indices.chunks(BATCH) {
            let a_step = chunk.len() as f64 / (self.steps * self.restarts) as f64;
            let mut tick = || {
                searched += a_step;
                progress(searched)
            };
            let mut found = self.search(&network, chunk, 0, &mut tick)?;
            for restart in 1..self.restarts {
                found = keep_lower(found, self.search(&network, chunk, restart, &mut tick)?);
            }
            for (image, found) in chunk.iter().zip(found) {
                let Found { score, residual, discrimination, reconstruction } = found;
                judged.scores.push(Score {
                    image: *image,
                    score,
                    parts: Parts::Anogan { residual, discrimination },
                });
                judged.reconstructions.push(reconstruction);
            }
        }
        Some(judged)
    }

    fn search(
        &self,
        network: &Dcgan,
        images_of: &[usize],
        restart: usize,
        tick: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Option<Vec<Found>> {
        let device = self.device.clone().autodiff();
        let x = images(self.pixels, images_of, &device);
        let features = network.discriminator.features(x.clone());
        let mut latent = Latent { z: Param::from_tensor(self.start(images_of, restart, &device)) };
        let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
        for _ in 0..self.steps {
            let (residual, discrimination) = self.losses(network, &latent, &x, &features);
            let total = self.weigh(residual, discrimination).sum();
            let gradients = GradientsParams::from_grads(total.backward(), &latent);
            latent = adam.step(ModuleLearningRate::from(self.learning_rate), latent, gradients);
            if tick().is_break() {
                return None;
            }
        }
        let (residual, discrimination) = self.losses(network, &latent, &x, &features);
        let scores = doubles(self.weigh(residual.clone(), discrimination.clone()));
        let reconstructions = bytes(network.generator.forward(latent.z.val()));
        let (residual, discrimination) = (doubles(residual), doubles(discrimination));
        let found = reconstructions.into_iter().enumerate().map(|(nth, reconstruction)| Found {
            score: scores[nth],
            residual: residual[nth],
            discrimination: discrimination[nth],
            reconstruction,
        });
        Some(found.collect())
    }

    /// Residual and discrimination loss of each image: [batch] both.
    fn losses(
        &self,
        network: &Dcgan,
        latent: &Latent,
        x: &Tensor<4>,
        features: &Tensor<4>,
    ) -> (Tensor<1>, Tensor<1>) {
        let made = network.generator.forward(latent.z.val());
        let made_features = network.discriminator.features(made.clone());
        (self.reduce(x.clone(), made), self.reduce(features.clone(), made_features))
    }

    fn reduce(&self, a: Tensor<4>, b: Tensor<4>) -> Tensor<1> {
        let [_, channels, height, width] = a.dims();
        let sum = loss::absolute_sum(a, b);
        match self.reduction {
            Reduction::Sum => sum,
            Reduction::Mean => sum.div_scalar((channels * height * width) as f64),
        }
    }

    fn weigh(&self, residual: Tensor<1>, discrimination: Tensor<1>) -> Tensor<1> {
        residual.mul_scalar(1.0 - self.lambda) + discrimination.mul_scalar(self.lambda)
    }

    /// z ~ N(0, 1), drawn for each image by itself.
    fn start(&self, images_of: &[usize], restart: usize, device: &Device) -> Tensor<2> {
        let purpose = format!("search start {restart}");
        let values: Vec<f32> = images_of
            .iter()
            .flat_map(|image| normal_noise(&mut rng(self.seed, &purpose, *image as u64), self.latent_size))
            .collect();
        Tensor::from_data(TensorData::new(values, [images_of.len(), self.latent_size]), device)
    }
}

fn keep_lower(best: Vec<Found>, next: Vec<Found>) -> Vec<Found> {
    best.into_iter().zip(next).map(|(best, next)| if next.score < best.score { next } else { best }).collect()
}
