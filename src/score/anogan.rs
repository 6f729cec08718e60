//! AnoGAN's latent search.

use std::ops::ControlFlow;
use std::time::Instant;

use burn::module::{Module, Param};
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use rand::distr::{Distribution, StandardUniform};

use super::calibration::{moments, standard};
use super::{Calibration, Images, Judged, Parts, Progress, Score, bytes, doubles, tensor};
use crate::kernels::Adam;
use crate::model::{Dcgan, loss};
use crate::random::{normal_noise, rng};
use crate::spec::{Reduction, Residual, Search, SearchStart, Weighing};

/// Adam as PyTorch has it by default.
const ADAM: Adam = Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8 };

/// Images that are searched at once: more of them let the deepest layers take the larger transforms, where
/// pixels do not fill the memory.
fn at_once(size: usize) -> usize {
    if size <= 64 { 128 } else { 64 }
}

/// AnoGAN's search of the latent space (Schlegl et al. 2017, section 2.2): z alone is moved by
/// Adam to lower (1 − λ)·Σ|x − G(z)| + λ·Σ|f(x) − f(G(z))|.
///
/// Many images are searched in one batch. The loss is the sum over images and Adam works by
/// element, so each image's search is the one that it would have by itself. Searches of one fit are made
/// one after the other: a batch is full with one search's images, all that two of them
/// could share is f(x), one pass in four times the steps, and each is recorded when it ends. From the encoder's
/// guess and with no steps it judges in the manner of f-AnoGAN (Schlegl et al. 2019).
pub(super) struct Searcher<'a> {
    pub network: &'a Dcgan,
    pub search: &'a Search,
    pub images: Images<'a>,
    pub device: &'a Device,
    pub seed: u64,
    pub latent_size: usize,
}

/// Where the latest search of a fit ended, for runs of it that judge the same images and weigh its end in another way.
#[derive(Default)]
pub struct LatestSearch(Option<Ended>);

struct Ended {
    /// What was searched: [`Search::alone`].
    search: Search,
    found: Vec<Found>,
    seconds: f64,
}

/// The only parameter of the search: [batch, latent].
#[derive(Module, Debug)]
struct Latent {
    z: Param<Tensor<2>>,
}

/// Images and what the discriminator sees in them, which stays the same for the whole search.
pub(super) struct Real {
    /// [batch, channels, size, size].
    pub x: Tensor<4>,
    /// f(x).
    pub features: Tensor<4>,
}

/// The end of one image's search.
pub(super) struct Found {
    /// What the search lowered.
    loss: f64,
    pub residual: f64,
    pub discrimination: f64,
    reconstruction: Vec<u8>,
}

impl Searcher<'_> {
    pub fn judge(
        &self,
        known: Option<&Calibration>,
        latest: &mut LatestSearch,
        progress: Progress<'_>,
    ) -> Option<Judged> {
        let search = self.search.alone();
        let shared = latest.0.take().filter(|ended| ended.search == search);
        let shared_seconds = shared.as_ref().map_or(0.0, |ended| ended.seconds);
        let ended = match shared {
            Some(ended) => ended,
            None => {
                let started = Instant::now();
                let found = self.search_all(progress)?;
                Ended { search, found, seconds: started.elapsed().as_secs_f64() }
            }
        };
        let judged = self.weigh_ends(&ended.found, known);
        latest.0 = Some(ended);
        Some(Judged { shared_seconds, ..judged })
    }

    /// Scores of the ends of a search.
    fn weigh_ends(&self, found: &[Found], known: Option<&Calibration>) -> Judged {
        let absolute = found.iter().map(|end| end.residual).collect();
        let discriminations: Vec<f64> = found.iter().map(|end| end.discrimination).collect();
        let reconstructions: Vec<Vec<u8>> = found.iter().map(|end| end.reconstruction.clone()).collect();
        let mut calibration = self.images.calibration(known, self.search.residual, &reconstructions);
        let residuals = self.residuals(absolute, &reconstructions, &calibration);
        if known.is_none() && self.search.weighing == Weighing::Standard {
            let held_out = self.images.held_out();
            calibration.residual = moments(&residuals, &held_out);
            calibration.discrimination = moments(&discriminations, &held_out);
        }
        let scores = (self.images.indices.iter().zip(residuals).zip(discriminations))
            .map(|((image, residual), discrimination)| Score {
                image: *image,
                score: self.score(residual, discrimination, &calibration),
                parts: Parts::Anogan { residual, discrimination },
            })
            .collect();
        Judged { scores, reconstructions, calibration, ..Judged::default() }
    }

    /// A(x) of both parts, as [`Weighing`] has it.
    fn score(&self, residual: f64, discrimination: f64, calibration: &Calibration) -> f64 {
        let Search { lambda, weighing, .. } = *self.search;
        match weighing {
            Weighing::Raw => (1.0 - lambda) * residual + lambda * discrimination,
            Weighing::Standard => {
                (1.0 - lambda) * standard(residual, calibration.residual)
                    + lambda * standard(discrimination, calibration.discrimination)
            }
        }
    }

    /// Residuals as the run wants them measured, reduced as the search reduces them.
    fn residuals(&self, absolute: Vec<f64>, made: &[Vec<u8>], calibration: &Calibration) -> Vec<f64> {
        let residuals = self.images.residuals(self.search.residual, absolute, made, calibration);
        match (self.search.residual, self.search.reduction) {
            (Residual::Absolute, _) | (_, Reduction::Mean) => residuals,
            (_, Reduction::Sum) => {
                residuals.iter().zip(made).map(|(mean, image)| mean * image.len() as f64).collect()
            }
        }
    }

    fn search_all(&self, progress: Progress<'_>) -> Option<Vec<Found>> {
        // Frozen, not merely without gradients: BatchNorm must use its running statistics.
        let network = self.network.clone().train().freeze();
        let mut all = Vec::new();
        let mut searched = 0.0;
        for chunk in self.images.indices.chunks(at_once(self.images.pixels.size)) {
            let a_step = chunk.len() as f64 / (self.search.search_steps.max(1) * self.search.restarts) as f64;
            let mut tick = || {
                searched += a_step;
                progress(searched)
            };
            let x = tensor(self.images.pixels, chunk, &self.device.clone().autodiff());
            let real = Real { features: network.discriminator.features(x.clone()), x };
            let mut found: Option<Vec<Found>> = None;
            for restart in 0..self.search.restarts {
                let start = self.start(&network, chunk, &real.x, restart);
                let next = self.descend(&network, &real, start, &mut tick)?;
                found = Some(match found {
                    Some(best) => keep_lower(best, next),
                    None => next,
                });
            }
            all.extend(found.into_iter().flatten());
        }
        Some(all)
    }

    /// Lowers the loss of `real` images from `start` on; absent if `tick` asked to stop.
    pub fn descend(
        &self,
        network: &Dcgan,
        real: &Real,
        start: Tensor<2>,
        tick: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Option<Vec<Found>> {
        let mut latent = Latent { z: Param::from_tensor(start) };
        let mut adam = ModuleOptimizer::from(ADAM);
        for _ in 0..self.search.search_steps {
            let (residual, discrimination) =
                self.losses(network, real, network.generator.forward(latent.z.val()));
            let total = self.weigh(residual, discrimination).sum();
            let gradients = GradientsParams::from_grads(total.backward(), &latent);
            let rate = ModuleLearningRate::from(self.search.search_learning_rate);
            latent = adam.step(rate, latent, gradients);
            if tick().is_break() {
                return None;
            }
        }
        let made = network.generator.forward(latent.z.val());
        let reconstructions = bytes(self.images.pixels, made.clone());
        let (residual, discrimination) = self.losses(network, real, made);
        let losses = doubles(self.weigh(residual.clone(), discrimination.clone()));
        let (residual, discrimination) = (doubles(residual), doubles(discrimination));
        let found = reconstructions.into_iter().enumerate().map(|(nth, reconstruction)| Found {
            loss: losses[nth],
            residual: residual[nth],
            discrimination: discrimination[nth],
            reconstruction,
        });
        Some(found.collect())
    }

    /// Residual and discrimination loss of each image: [batch] both.
    fn losses(&self, network: &Dcgan, real: &Real, made: Tensor<4>) -> (Tensor<1>, Tensor<1>) {
        let made_features = network.discriminator.features(made.clone());
        (self.reduce(real.x.clone(), made), self.reduce(real.features.clone(), made_features))
    }

    fn reduce(&self, a: Tensor<4>, b: Tensor<4>) -> Tensor<1> {
        let [_, channels, height, width] = a.dims();
        let sum = loss::absolute_sum(a, b);
        match self.search.reduction {
            Reduction::Sum => sum,
            Reduction::Mean => sum.div_scalar((channels * height * width) as f64),
        }
    }

    fn weigh(&self, residual: Tensor<1>, discrimination: Tensor<1>) -> Tensor<1> {
        let lambda = self.search.lambda;
        residual.mul_scalar(1.0 - lambda) + discrimination.mul_scalar(lambda)
    }

    /// Where a search begins, for each image by itself: the encoder's guess at first (where that is
    /// asked for), random latent vectors otherwise. Those depend on the seed and the image's pixels,
    /// so that an image gets the same score wherever it stands.
    fn start(&self, network: &Dcgan, images_of: &[usize], x: &Tensor<4>, restart: usize) -> Tensor<2> {
        match (&network.encoder, self.search.start, restart) {
            (Some(encoder), SearchStart::Encoder, 0) => encoder.forward(x.clone()).detach(),
            (_, SearchStart::Uniform, _) => self.drawn(
                images_of,
                restart,
                &|rng, count| StandardUniform.sample_iter(rng).take(count).collect(),
                x,
            ),
            _ => self.drawn(images_of, restart, &normal_noise, x),
        }
    }

    fn drawn(
        &self,
        images_of: &[usize],
        restart: usize,
        draw: &dyn Fn(&mut rand::rngs::StdRng, usize) -> Vec<f32>,
        x: &Tensor<4>,
    ) -> Tensor<2> {
        let purpose = format!("search start {restart}");
        let values: Vec<f32> = images_of
            .iter()
            .flat_map(|image| {
                let pixels = blake3::hash(self.images.pixels.image(*image));
                let mut rng = rng(self.seed, &format!("{purpose} {pixels}"), 0);
                draw(&mut rng, self.latent_size)
            })
            .collect();
        Tensor::from_data(TensorData::new(values, [images_of.len(), self.latent_size]), &x.device())
    }
}

fn keep_lower(best: Vec<Found>, next: Vec<Found>) -> Vec<Found> {
    best.into_iter().zip(next).map(|(best, next)| if next.loss < best.loss { next } else { best }).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::data::{Partition, Pixels};
    use crate::golden::{shape, weights};
    use crate::model::load_weights;
    use crate::spec::Discriminator;

    const SEARCH: Search = Search {
        lambda: 0.1,
        weighing: Weighing::Raw,
        search_steps: 5,
        search_learning_rate: 1e-2,
        restarts: 2,
        reduction: Reduction::Sum,
        start: SearchStart::Normal,
        residual: Residual::Absolute,
    };

    /// Three images judged by a network of which PyTorch made the weights; how often a step was told.
    fn judged(search: &Search, latest: &mut LatestSearch) -> (Vec<Score>, usize) {
        let case = "dcgan-16x1";
        let mut network =
            Dcgan::new(shape(16, 1), Discriminator::Trunk, false, &mut rng(0, "test", 0), &Device::flex());
        load_weights(&mut network, &weights(case)).unwrap();
        let images = (0..3 * 256).map(|nth: usize| (nth * nth % 251) as u8).collect();
        let pixels = Pixels::new(images, 16, 1);
        let partition = Partition { held_out: vec![0, 1], ..Partition::none() };
        let searcher = Searcher {
            network: &network,
            search,
            images: Images { pixels: &pixels, partition: &partition, indices: &[0, 1, 2] },
            device: &Device::flex(),
            seed: 0,
            latent_size: 8,
        };
        let steps = Cell::new(0);
        let progress = |_: f64| {
            steps.set(steps.get() + 1);
            ControlFlow::Continue(())
        };
        (searcher.judge(None, latest, &progress).unwrap().scores, steps.get())
    }

    fn scores(lambda: f64) -> Vec<Score> {
        judged(&Search { lambda, ..SEARCH }, &mut LatestSearch::default()).0
    }

    /// Scores of one λ are the same bits whatever other λ is searched before it or beside it.
    #[test]
    fn a_search_knows_nothing_of_another_lambda() {
        let alone = scores(0.1);
        assert_ne!(scores(0.5), alone);
        let beside = std::thread::scope(|scope| {
            let other = scope.spawn(|| scores(0.9));
            let beside = scores(0.1);
            other.join().unwrap();
            beside
        });
        assert_eq!(beside, alone);
    }

    /// A run that weighs the end of a search in another way has the scores that it would have by a search of its own.
    #[test]
    fn a_search_is_shared_by_those_that_weigh_its_end() {
        let squared = Search { residual: Residual::Squared, ..SEARCH };
        let standard = Search { weighing: Weighing::Standard, ..SEARCH };
        let longer = Search { search_steps: 6, ..SEARCH };
        let mut latest = LatestSearch::default();
        for (search, steps) in [(&SEARCH, 10), (&squared, 0), (&standard, 0), (&longer, 12), (&SEARCH, 10)] {
            let (alone, _) = judged(search, &mut LatestSearch::default());
            assert_eq!(judged(search, &mut latest), (alone, steps), "{search:?}");
        }
    }
}
