//! New images, judged with a past run.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use image::GrayImage;
use rayon::prelude::*;

use super::residual::residual;
use super::{SweepError, weights};
use crate::data::{Partition, Pixels, Tiles, decode_in_range, nearly_black, to_gray, to_pixels_in};
use crate::id::RunId;
use crate::score::{self, Calibration, LatestSearch, judge};
use crate::spec::{BatchNormMode, DatasetSpec, Fit, Gray, RunConfig, Scoring};
use crate::store::{Store, StoreError};
use crate::train::{DeviceChoice, FoundDevice, Trained, load};

/// Images judged together on a GPU, and wherever scores depend on what is judged together.
const MANY: usize = 64;

/// The fewest that are judged together. On a CPU it is one per core: the scores of more would only come later.
const FEW: usize = 8;

/// A past run that judges image files.
pub struct FileJudge {
    config: RunConfig,
    trained: Trained,
    calibration: Option<Calibration>,
    device: FoundDevice,
    threshold: Option<f64>,
    /// How images were made what the network saw: values of black and white, colours to gray, other shapes.
    decoding: (Option<[f64; 2]>, Gray, Fit),
    /// The tiles that images are cut into.
    tiles: Tiles,
}

/// One file's score.
#[derive(Debug, Clone)]
pub struct JudgedFile {
    /// Its raw score.
    pub score: f64,
    /// Where it differs from its reconstruction; absent where the model makes none.
    pub residual: Option<ResidualMap>,
    /// The largest value of a file of 16 bits a value that was read as nearly black; absent for others.
    pub nearly_black: Option<f64>,
}

/// |x − x̂| averaged over channels, in gray levels of 255, pixel by pixel as the network sees the image.
#[derive(Debug, Clone)]
pub struct ResidualMap {
    /// Side in pixels.
    pub size: usize,
    /// Row by row.
    pub values: Vec<f32>,
}

impl FileJudge {
    /// Loads a past run.
    ///
    /// # Errors
    /// A run that is not done, or weights that are gone or damaged.
    pub fn open(store: &Store, run_id: &RunId, device: FoundDevice) -> Result<Self, SweepError> {
        let past = store.past_run(run_id)?.ok_or_else(|| StoreError::NotDone(run_id.clone()))?;
        let config = RunConfig::read(&past.config)?;
        let path = store.artifacts().weights(&past.weights);
        weights::verify(&path, &past.weights)?;
        let trained = load(&config.fit, &path, &device.device)?;
        let calibration = past.calibration.map(|text| serde_json::from_str(&text)).transpose()?;
        // Where the images that it was trained on had no colours, there is no older gray to keep to.
        let dataset: DatasetSpec = serde_json::from_str(&past.dataset)?;
        let gray = if past.coloured == Some(false) { Gray::Rec601 } else { config.fit.gray };
        let decoding = (dataset.range(), gray, dataset.fit());
        let tiles = Tiles::new(dataset.tiles());
        Ok(Self { config, trained, calibration, device, threshold: past.threshold, decoding, tiles })
    }

    /// The run's threshold, from held-out normal images; absent where it has none, and where scores depend on the
    /// images that are judged together.
    pub fn threshold(&self) -> Option<f64> {
        self.threshold.filter(|_| !self.judges_by_batch())
    }

    /// Whether the scores depend on the images that are judged together.
    pub fn judges_by_batch(&self) -> bool {
        matches!(&self.config.scoring, Scoring::Ganomaly(pass) if pass.batch_norm == BatchNormMode::Batch)
    }

    /// Whether the model reconstructs images, and so has residual maps.
    pub fn makes_images(&self) -> bool {
        self.config.fit.model().makes_images()
    }

    /// Judges files, a few at a time, and gives each with its place among `files` to `tell`, as soon as it is judged
    /// or found to be one that cannot be.
    ///
    /// # Errors
    /// Those of `tell`.
    pub fn judge<E>(
        &self,
        files: &[PathBuf],
        mut tell: impl FnMut(usize, Result<JudgedFile, SweepError>) -> Result<(), E>,
    ) -> Result<(), E> {
        let together = self.together();
        let mut next = 0;
        while next < files.len() {
            let (mut batch, mut images) = (Vec::new(), Vec::new());
            while batch.len() < together && next < files.len() {
                let end = files.len().min(next + together - batch.len());
                let decoded: Vec<_> = files[next..end].par_iter().map(|file| self.decode(file)).collect();
                for (place, image) in (next..).zip(decoded) {
                    match image {
                        Ok((bytes, nearly_black)) => {
                            batch.push((place, nearly_black));
                            images.extend(bytes);
                        }
                        Err(error) => tell(place, Err(error))?,
                    }
                }
                next = end;
            }
            let judged = self.judge_together(images, batch.len());
            for ((place, nearly_black), judged) in batch.into_iter().zip(judged) {
                let name = || files[place].display().to_string();
                let judged = judged
                    .map(|(score, residual)| JudgedFile { score, residual, nearly_black })
                    .map_err(|score| SweepError::NotFinite { image: name(), score });
                tell(place, judged)?;
            }
        }
        Ok(())
    }

    /// The part of an image that the network sees, in gray and in its own size.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn seen(&self, file: &Path) -> Result<GrayImage, SweepError> {
        let (range, _, fit) = self.decoding;
        Ok(to_gray(&decode_in_range(file, range)?, fit))
    }

    /// How many images are judged together.
    fn together(&self) -> usize {
        if self.device.choice != DeviceChoice::Cpu || self.judges_by_batch() {
            return MANY;
        }
        std::thread::available_parallelism().map_or(FEW, usize::from).clamp(FEW, MANY)
    }

    /// A file's pixels, and its largest value where that makes it nearly black.
    fn decode(&self, file: &Path) -> Result<(Vec<u8>, Option<f64>), SweepError> {
        let (range, gray, fit) = self.decoding;
        let (size, channels) = (self.side(), self.config.fit.channels);
        let image = decode_in_range(file, range)?;
        Ok((to_pixels_in(&image, size, channels, (gray, fit)), nearly_black(&image)))
    }

    /// Side of a whole image.
    fn side(&self) -> usize {
        self.tiles.whole_side(self.config.fit.image_size)
    }

    /// Scores and residuals of so many images; the error is a score that is no number.
    fn judge_together(&self, bytes: Vec<u8>, count: usize) -> Vec<Result<(f64, Option<ResidualMap>), f64>> {
        let (size, channels) = (self.side(), self.config.fit.channels);
        let whole = Pixels::new(bytes, size, channels);
        let pixels = whole.tiles(self.tiles);
        let indices: Vec<usize> = (0..count * self.tiles.count()).collect();
        let images = score::Images { pixels: &pixels, partition: &Partition::none(), indices: &indices };
        let known = self.calibration.as_ref();
        let go_on = |_: f64| ControlFlow::Continue(());
        let latest = &mut LatestSearch::default(); // of other images
        let judged = judge(&self.config, &self.trained, images, known, &self.device.device, latest, &go_on);
        let judged = judged.unwrap_or_default(); // asked to go on, it does not stop
        let judged = judged.of_whole_images(self.tiles, pixels.size);
        let one = |(score, made): (&score::Score, &Vec<u8>)| {
            if !score.score.is_finite() {
                return Err(score.score);
            }
            let mean = |sum| f32::from(sum) / channels as f32;
            let residual = self.makes_images().then(|| ResidualMap {
                size,
                values: residual(whole.image(score.image), made, channels).into_iter().map(mean).collect(),
            });
            Ok((score.score, residual))
        };
        judged.scores.iter().zip(&judged.reconstructions).map(one).collect()
    }
}
