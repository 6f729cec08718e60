//! Trained networks judge images: raw anomaly scores with their parts, and reconstructions.
//!
//! Every image is judged by itself: its score does not depend on which other images are judged,
//! save with `batch_norm = "batch"`, which is there to repeat published numbers.

mod anogan;
mod baseline;
mod calibration;
mod ganomaly;
#[cfg(any(test, feature = "parity"))]
mod parity;
mod whole;

use std::ops::ControlFlow;

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::{Partition, Pixels};
use crate::spec::{RunConfig, Scoring};
use crate::train::Trained;
pub use anogan::LatestSearch;
pub use calibration::Calibration;
#[cfg(any(test, feature = "parity"))]
pub(crate) use parity::searches;

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
        /// Of the image.
        contextual: f64,
    },
    /// The score is all there is.
    None,
}

/// Scores and reconstructions, in the order of the judged images.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// One score per image.
    pub scores: Vec<Score>,
    /// One reconstruction an image: channels·size² bytes, plane by plane.
    pub reconstructions: Vec<Vec<u8>>,
    /// What the scores were measured by, to judge other images alike.
    pub calibration: Calibration,
    /// Seconds that a search took which an earlier run made, and which this one shares.
    pub shared_seconds: f64,
}

/// Told how many images are judged (a fraction where a search is under way); says whether to go on.
pub type Progress<'a> = &'a dyn Fn(f64) -> ControlFlow<()>;

/// Judges images `indices` of `pixels`; absent if `progress` asked to stop.
///
/// Scores that are measured by held-out normal images find them among `indices`, or take the
/// `known` calibration of an earlier judgement. Runs of one fit that judge the same images hand on the `latest` search.
pub fn judge(
    config: &RunConfig,
    trained: &Trained,
    images: Images<'_>,
    known: Option<&Calibration>,
    device: &Device,
    latest: &mut LatestSearch,
    progress: Progress<'_>,
) -> Option<Judged> {
    let white_level = config.fit.gan().map_or(255.0, |gan| gan.white_level);
    let images = Images { pixels: &images.pixels.with_white_level(white_level), ..images };
    match (trained, &config.scoring) {
        (Trained::Ganomaly(network), Scoring::Ganomaly(pass)) => {
            ganomaly::Judge { network, pass, images, device }.judge(known, progress)
        }
        (Trained::Anogan(network), Scoring::Anogan(search)) => {
            let latent_size = config.fit.gan().map_or(0, |gan| gan.latent_size);
            anogan::Searcher { network, search, images, device, seed: config.fit.seed, latent_size }
                .judge(known, latest, progress)
        }
        (Trained::Pca(pca), Scoring::Pca { residual }) => Some(baseline::pca(pca, *residual, images, known)),
        (Trained::Nearest(nearest), _) => Some(baseline::nearest(nearest, images)),
        (Trained::Brightness, Scoring::Brightness { direction }) => {
            Some(baseline::brightness(*direction, images))
        }
        (Trained::Anogan(_) | Trained::Ganomaly(_) | Trained::Pca(_) | Trained::Brightness, _) => {
            unreachable!("a run's scoring is that of its network: `RunConfig::read` sees to it")
        }
    }
}

/// The images to judge.
#[derive(Clone, Copy)]
pub struct Images<'a> {
    /// All decoded images.
    pub pixels: &'a Pixels,
    /// What the others were used for.
    pub partition: &'a Partition,
    /// Those to judge.
    pub indices: &'a [usize],
}

/// Images as a tensor [n, channels, size, size].
fn tensor(pixels: &Pixels, indices: &[usize], device: &Device) -> Tensor<4> {
    let shape = [indices.len(), pixels.channels, pixels.size, pixels.size];
    Tensor::from_data(TensorData::new(pixels.scaled(indices), shape), device)
}

/// Made images as bytes, one vector an image.
fn bytes(pixels: &Pixels, images: Tensor<4>) -> Vec<Vec<u8>> {
    let [count, channels, height, width] = images.dims();
    let values = floats(images.reshape([count * channels * height * width]));
    values
        .chunks(channels * height * width)
        .map(|image| image.iter().map(|value| pixels.to_byte(*value)).collect())
        .collect()
}

fn floats(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_to_vec().expect("converted to f32 just before")
}

fn doubles(tensor: Tensor<1>) -> Vec<f64> {
    floats(tensor).into_iter().map(f64::from).collect()
}
