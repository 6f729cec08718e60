//! Which normal training images are held out.

use rand::seq::SliceRandom;

use super::dataset::Dataset;
use super::error::DataError;
use super::tiles::Tiles;
use crate::random::rng;
use crate::spec::{Label, Split};

/// Which images a fit trains on, which it holds out, and which it is tested on: indices into
/// [`Dataset::items`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Trained on.
    pub train: Vec<usize>,
    /// Normal training images kept out of training for the threshold.
    pub held_out: Vec<usize>,
    /// Normal and anomalous test images.
    pub test: Vec<usize>,
    /// A sample of `train`, spread evenly, whose scores are kept beside the test scores.
    pub train_sample: Vec<usize>,
}

impl Partition {
    /// Most training images whose scores are kept, as the figures show that many.
    pub const TRAIN_SAMPLE: usize = 100;

    /// No images at all: for judging images that belong to no dataset.
    pub fn none() -> Self {
        Self { train: Vec::new(), held_out: Vec::new(), test: Vec::new(), train_sample: Vec::new() }
    }

    /// The same of the images' tiles.
    pub fn of_tiles(&self, tiles: Tiles) -> Self {
        Self {
            train: tiles.of_images(&self.train),
            held_out: tiles.of_images(&self.held_out),
            test: tiles.of_images(&self.test),
            train_sample: tiles.of_images(&self.train_sample),
        }
    }

    /// Holds out the share `holdout` of the normal training images, drawn with `seed`.
    ///
    /// # Errors
    /// [`DataError::TooFew`] where less than `fewest` images, or tiles of them, are left to train on.
    pub fn new(dataset: &Dataset, seed: u64, holdout: f64, fewest: usize) -> Result<Self, DataError> {
        let index_of = |split: Split| -> Vec<usize> {
            (0..dataset.items.len())
                .filter(|index| dataset.items[*index].split == split)
                .filter(|index| split == Split::Test || dataset.items[*index].label == Label::Normal)
                .collect()
        };
        let mut train = index_of(Split::Train);
        train.shuffle(&mut rng(seed, "holdout", 0));
        let mut held_out = train.split_off(train.len() - held_out_images(train.len(), holdout));
        train.sort_unstable();
        held_out.sort_unstable();
        let tiles = train.len() * dataset.tiles.count();
        if tiles < fewest {
            return Err(DataError::TooFew(format!(
                "`{}` leaves {tiles} images to train on, and it takes {fewest} (one batch of `batch_size` images, or \
                 one more than PCA's `components`); lower that, or `holdout`",
                dataset.title
            )));
        }
        let sample = train.len().min(Self::TRAIN_SAMPLE);
        let train_sample = (0..sample).map(|nth| train[nth * train.len() / sample]).collect();
        Ok(Self { train, held_out, test: index_of(Split::Test), train_sample })
    }
}

/// How many of so many normal training images a share of `holdout` is.
pub fn held_out_images(normal: usize, holdout: f64) -> usize {
    ((normal as f64 * holdout).round() as usize).min(normal)
}
