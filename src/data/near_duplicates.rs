//! Images that are nearly the same in training and test: a small copy of each is compared.

use rayon::prelude::*;

use super::decode::to_pixels;
use super::error::DataError;
use super::item::Item;
use super::nearest_neighbour::{Nearest, distance_below};
use crate::spec::{Label, Split};

/// Side of the small copies in pixels, in colour.
const SIDE: usize = 32;
const LENGTH: usize = 3 * SIDE * SIDE;

/// Training images from which distances within the training set are measured.
const SAMPLE: usize = 500;

/// A training image and a normal test image that are near each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearPair {
    /// Index of the training image in the dataset.
    pub train: usize,
    /// Index of the normal test image in the dataset.
    pub test: usize,
    /// Root mean square difference of their small copies in gray levels, 0 to 255.
    pub distance: f64,
}

/// How far images are from their nearest training image.
#[derive(Debug, Clone, PartialEq)]
pub struct Distances {
    /// From each normal test image, in the order of the dataset.
    pub test: Vec<f64>,
    /// From a sample of the training images to the nearest other one.
    pub train: Vec<f64>,
}

/// Small copies of the normal images, by index in the dataset.
pub(super) struct Copies {
    train: Vec<(usize, Vec<u8>)>,
    test: Vec<(usize, Vec<u8>)>,
}

impl Copies {
    /// Decodes every normal image.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn of(items: &[Item]) -> Result<Self, DataError> {
        let copies = |split: Split| {
            (0..items.len())
                .into_par_iter()
                .filter(|index| items[*index].split == split && items[*index].label == Label::Normal)
                .map(|index| Ok((index, items[index].with_image(|image| to_pixels(image, SIDE, 3))?)))
                .collect::<Result<Vec<_>, DataError>>()
        };
        Ok(Self { train: copies(Split::Train)?, test: copies(Split::Test)? })
    }

    /// All pairs that are nearer than `distance`, the nearest first.
    pub fn pairs(&self, distance: f64) -> Vec<NearPair> {
        let mut pairs: Vec<NearPair> = self
            .test
            .par_iter()
            .flat_map_iter(|(test, image)| {
                self.train.iter().filter_map(move |(train, other)| {
                    let distance = distance_below(image, other, distance)?;
                    Some(NearPair { train: *train, test: *test, distance })
                })
            })
            .collect();
        pairs.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.test.cmp(&b.test)));
        pairs
    }

    /// Distances to the nearest training image.
    pub fn distances(&self) -> Distances {
        let train = Nearest::new(self.train.iter().flat_map(|(_, copy)| copy.clone()).collect(), LENGTH);
        let test: Vec<_> = self.test.iter().map(|(_, copy)| (copy.as_slice(), None)).collect();
        let step = self.train.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<_> = (0..self.train.len())
            .step_by(step)
            .map(|place| (self.train[place].1.as_slice(), Some(place)))
            .collect();
        let distances = |wanted: &[(&[u8], Option<usize>)]| {
            train.neighbours(wanted).into_iter().flatten().map(|neighbour| neighbour.distance).collect()
        };
        Distances { test: distances(&test), train: distances(&sample) }
    }
}
