//! Trained networks judge images: raw anomaly scores with their parts, and reconstructions.
//!
//! Every image is judged by itself: its score does not depend on which other images are judged,
//! save with `batch_norm = "batch"`, which is there to repeat published numbers.

mod anogan;
mod ganomaly;

use std::ops::ControlFlow;

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::{Partition, Pixels};
use crate::spec::{RunConfig, Scoring};
use crate::train::Trained;

/// Images judged at once.
const BATCH: usize = 64;

/// One image's anomaly score: the higher, the more anomalous.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Index of the image in the dataset.
    pub image: usize,
    /// The score.
    pub score: f64,
    /// What it is made of.
    pub parts: Parts,
}

/// The parts of a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parts {
    /// AnoGAN's two losses at the end of the search (Schlegl et al. 2017, equations 2 and 4).
    Anogan {
        /// |x − G(z)|, reduced.
        residual: f64,
        /// |f(x) − f(G(z))|, reduced.
        discrimination: f64,
    },
    /// GANomaly's two errors.
    Ganomaly {
        /// Of the latent vector.
        latent: f64,
        /// Mean |x − x̂|.
        contextual: f64,
    },
}

/// Scores and reconstructions, in the order of the judged images.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// One score an image.
    pub scores: Vec<Score>,
    /// One reconstruction an image: channels·size² bytes, plane by plane.
    pub reconstructions: Vec<Vec<u8>>,
}

/// Told how many images are judged (a fraction where a search is under way); says whether to go on.
pub type Progress<'a> = &'a dyn Fn(f64) -> ControlFlow<()>;

/// Judges images `indices` of `pixels`; absent if `progress` asked to stop.
pub fn judge(
    config: &RunConfig,
    trained: &Trained,
    pixels: &Pixels,
    partition: &Partition,
    indices: &[usize],
    device: &Device,
    progress: Progress<'_>,
) -> Option<Judged> {
    match (trained, &config.scoring) {
        (Trained::Ganomaly(network), Scoring::Ganomaly { score, batch_norm }) => {
            let judge = ganomaly::Judge { network, pixels, device, batch_norm: *batch_norm };
            judge.judge(*score, indices, &partition.held_out, progress)
        }
        (
            Trained::Anogan(network),
            Scoring::Anogan { lambda, search_steps, search_learning_rate, restarts, reduction },
        ) => anogan::Search {
            network,
            pixels,
            device,
            seed: config.fit.seed,
            latent_size: config.fit.latent_size,
            lambda: *lambda,
            steps: *search_steps,
            learning_rate: *search_learning_rate,
            restarts: *restarts,
            reduction: *reduction,
        }
        .judge(indices, progress),
        (Trained::Ganomaly(_), Scoring::Anogan { .. }) | (Trained::Anogan(_), Scoring::Ganomaly { .. }) => {
            unreachable!("a run's scoring is that of its network")
        }
    }
}

/// Images as a tensor [n, channels, size, size], −1 to 1.
fn images(pixels: &Pixels, indices: &[usize], device: &Device) -> Tensor<4> {
    let shape = [indices.len(), pixels.channels, pixels.size, pixels.size];
    Tensor::from_data(TensorData::new(pixels.scaled(indices), shape), device)
}

/// Images −1 to 1 as bytes, one vector an image.
fn bytes(images: Tensor<4>) -> Vec<Vec<u8>> {
    let [count, channels, height, width] = images.dims();
    let values = floats(images.reshape([count * channels * height * width]));
    values
        .chunks(channels * height * width)
        .map(|image| {
            image.iter().map(|value| ((value + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8).collect()
        })
        .collect()
}

fn floats(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_to_vec().expect("converted to f32 just before")
}

fn doubles(tensor: Tensor<1>) -> Vec<f64> {
    floats(tensor).into_iter().map(f64::from).collect()
}
