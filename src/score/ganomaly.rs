//! GANomaly's scores.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;

use super::calibration::{moments, standard};
use super::{BATCH, Calibration, Images, Judged, Parts, Progress, Score, bytes, doubles, tensor};
use crate::model::{Ganomaly, loss};
use crate::random::rng;
use crate::spec::{BatchNormMode, GanomalyScore, LatentEncoder, Pass};

/// GANomaly's single pass over images.
pub(super) struct Judge<'a> {
    pub network: &'a Ganomaly,
    pub pass: &'a Pass,
    pub images: Images<'a>,
    pub device: &'a Device,
}

/// What the pass gives of one image.
struct Passed {
    /// Mean (z − ẑ)², or Σ |z − ẑ| with `latent_l1`.
    latent: f64,
    /// Mean |x − x̂|.
    absolute: f64,
    reconstruction: Vec<u8>,
}

impl Judge<'_> {
    pub fn judge(&self, known: Option<&Calibration>, progress: Progress<'_>) -> Option<Judged> {
        let (mut latent, mut absolute, mut reconstructions) = (Vec::new(), Vec::new(), Vec::new());
        for passed in self.pass_all(progress)? {
            latent.push(passed.latent);
            absolute.push(passed.absolute);
            reconstructions.push(passed.reconstruction);
        }
        let mut calibration = self.images.calibration(known, self.pass.residual, &reconstructions);
        let contextual = self.images.residuals(self.pass.residual, absolute, &reconstructions, &calibration);
        if known.is_none() && self.pass.score == GanomalyScore::Combined {
            let held_out = self.images.held_out();
            calibration.latent = moments(&latent, &held_out);
            calibration.contextual = moments(&contextual, &held_out);
        }
        let scores = (self.images.indices.iter().zip(latent).zip(contextual))
            .map(|((image, latent), contextual)| {
                let score = match self.pass.score {
                    GanomalyScore::Latent | GanomalyScore::LatentL1 => latent,
                    GanomalyScore::Contextual => contextual,
                    GanomalyScore::Combined => {
                        standard(latent, calibration.latent) + standard(contextual, calibration.contextual)
                    }
                };
                Score { image: *image, score, parts: Parts::Ganomaly { latent, contextual } }
            })
            .collect();
        Some(Judged { scores, reconstructions, calibration, ..Judged::default() })
    }

    /// Passes every image, and gives the results in the order of the images.
    ///
    /// With batch statistics, images are mixed first: in their own order whole batches would be of
    /// one label, and a batch would give its label away.
    fn pass_all(&self, progress: Progress<'_>) -> Option<Vec<Passed>> {
        let indices = self.images.indices;
        let mut order: Vec<usize> = (0..indices.len()).collect();
        let (network, device) = match self.pass.batch_norm {
            BatchNormMode::Running => (self.network.valid(), self.device.clone()),
            BatchNormMode::Batch => {
                order.shuffle(&mut rng(0, "judged batches", 0));
                let device = self.device.clone().autodiff();
                (self.network.clone().train().no_grad(), device)
            }
        };
        let mut found: Vec<Option<Passed>> = indices.iter().map(|_| None).collect();
        let mut done = 0;
        for chunk in order.chunks(BATCH) {
            let wanted: Vec<usize> = chunk.iter().map(|place| indices[*place]).collect();
            for (place, passed) in chunk.iter().zip(self.pass_batch(&network, &wanted, &device)) {
                found[*place] = Some(passed);
            }
            done += chunk.len();
            if progress(done as f64).is_break() {
                return None;
            }
        }
        Some(found.into_iter().flatten().collect())
    }

    fn pass_batch(&self, network: &Ganomaly, indices: &[usize], device: &Device) -> Vec<Passed> {
        let pixels = self.images.pixels;
        let x = tensor(pixels, indices, device);
        let made = network.reconstruct(x.clone());
        let second = match self.pass.latent_encoder {
            LatentEncoder::Second => made.second_latent,
            LatentEncoder::First => network.encoder.forward(made.images.clone()),
        };
        let latent = doubles(self.latent_error(made.latent - second));
        let per_value = (pixels.channels * pixels.size * pixels.size) as f64;
        let residual = doubles(loss::absolute_sum(x, made.images.clone()));
        bytes(pixels, made.images)
            .into_iter()
            .enumerate()
            .map(|(nth, reconstruction)| Passed {
                latent: latent[nth],
                absolute: residual[nth] / per_value,
                reconstruction,
            })
            .collect()
    }

    /// [batch, latent] → [batch].
    fn latent_error(&self, difference: Tensor<2>) -> Tensor<1> {
        let count = difference.dims()[0];
        match self.pass.score {
            GanomalyScore::LatentL1 => difference.abs().sum_dim(1).reshape([count]),
            _ => difference.square().mean_dim(1).reshape([count]),
        }
    }
}
