use std::ops::ControlFlow;

use burn::module::Module;
use burn::tensor::Device;
use rand::seq::SliceRandom;

use super::{BATCH, Judged, Parts, Progress, Score, bytes, doubles, images};
use crate::data::Pixels;
use crate::eval::{mean, standard_deviation};
use crate::model::{Ganomaly, loss};
use crate::random::rng;
use crate::spec::{BatchNormMode, GanomalyScore};

/// GANomaly's single pass over images.
pub(super) struct Judge<'a> {
    pub network: &'a Ganomaly,
    pub pixels: &'a Pixels,
    pub device: &'a Device,
    pub batch_norm: BatchNormMode,
}

/// The errors of one image.
struct Errors {
    /// Mean (z − ẑ)².
    latent: f64,
    /// Σ |z − ẑ|.
    latent_l1: f64,
    /// Mean |x − x̂|.
    contextual: f64,
}

impl Judge<'_> {
    pub fn judge(
        &self,
        score: GanomalyScore,
        indices: &[usize],
        held_out: &[usize],
        progress: Progress<'_>,
    ) -> Option<Judged> {
        let (errors, reconstructions) = self.errors(indices, progress)?;
        let combined = match score {
            GanomalyScore::Combined => {
                Some(Standard::of(&self.errors(held_out, &|_| ControlFlow::Continue(()))?.0))
            }
            _ => None,
        };
        let scores = indices
            .iter()
            .zip(&errors)
            .map(|(image, errors)| {
                let latent = if score == GanomalyScore::LatentL1 { errors.latent_l1 } else { errors.latent };
                let value = match score {
                    GanomalyScore::Latent | GanomalyScore::LatentL1 => latent,
                    GanomalyScore::Contextual => errors.contextual,
                    GanomalyScore::Combined => combined.as_ref().map_or(f64::NAN, |by| by.score(errors)),
                };
                let parts = Parts::Ganomaly { latent, contextual: errors.contextual };
                Score { image: *image, score: value, parts }
            })
            .collect();
        Some(Judged { scores, reconstructions })
    }

    /// Errors and reconstructions in the order of `indices`.
    ///
    /// With batch statistics, images are mixed first: in their own order whole batches would be of
    /// one label, and a batch would give its label away.
    fn errors(&self, indices: &[usize], progress: Progress<'_>) -> Option<(Vec<Errors>, Vec<Vec<u8>>)> {
        let mut order: Vec<usize> = (0..indices.len()).collect();
        let (network, device) = match self.batch_norm {
            BatchNormMode::Running => (self.network.valid(), self.device.clone()),
            BatchNormMode::Batch => {
                order.shuffle(&mut rng(0, "judged batches", 0));
                let device = self.device.clone().autodiff();
                (self.network.clone().train().no_grad(), device)
            }
        };
        let mut found: Vec<Option<(Errors, Vec<u8>)>> = indices.iter().map(|_| None).collect();
        let mut done = 0;
        for chunk in order.chunks(BATCH) {
            let wanted: Vec<usize> = chunk.iter().map(|place| indices[*place]).collect();
            let judged = pass(&network, self.pixels, &wanted, &device);
            for (place, judged) in chunk.iter().zip(judged) {
                found[*place] = Some(judged);
            }
            done += chunk.len();
            if progress(done as f64).is_break() {
                return None;
            }
        }
        Some(found.into_iter().flatten().unzip())
    }
}

fn pass(network: &Ganomaly, pixels: &Pixels, indices: &[usize], device: &Device) -> Vec<(Errors, Vec<u8>)> {
    let x = images(pixels, indices, device);
    let made = network.reconstruct(x.clone());
    let count = indices.len();
    let per_pixel = (pixels.channels * pixels.size * pixels.size) as f64;
    let difference = made.latent - made.second_latent;
    let latent = doubles(difference.clone().square().mean_dim(1).reshape([count]));
    let latent_l1 = doubles(difference.abs().sum_dim(1).reshape([count]));
    let residual = doubles(loss::absolute_sum(x, made.images.clone()));
    let reconstructions = bytes(made.images);
    (0..count)
        .zip(reconstructions)
        .map(|(nth, reconstruction)| {
            let errors = Errors {
                latent: latent[nth],
                latent_l1: latent_l1[nth],
                contextual: residual[nth] / per_pixel,
            };
            (errors, reconstruction)
        })
        .collect()
}

/// Mean and deviation of both errors on held-out normal images.
struct Standard {
    latent: (f64, f64),
    contextual: (f64, f64),
}

impl Standard {
    fn of(errors: &[Errors]) -> Self {
        let moments = |values: Vec<f64>| {
            (mean(&values).unwrap_or(f64::NAN), standard_deviation(&values).unwrap_or(f64::NAN))
        };
        Self {
            latent: moments(errors.iter().map(|of| of.latent).collect()),
            contextual: moments(errors.iter().map(|of| of.contextual).collect()),
        }
    }

    fn score(&self, errors: &Errors) -> f64 {
        let standardised = |value: f64, (mean, deviation): (f64, f64)| (value - mean) / deviation;
        standardised(errors.latent, self.latent) + standardised(errors.contextual, self.contextual)
    }
}
