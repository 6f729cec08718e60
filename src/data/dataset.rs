use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use image::{DynamicImage, GrayImage};
use rayon::prelude::*;

use super::{DataError, decode, folder, idx, synthetic};
use crate::spec::{DatasetSpec, Label, Leakage, Split};

/// Raised when decoding or drawing changes what a file's pixels are.
const FORMAT: &str = "anolab images 1";

/// The images of a dataset, named by content.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// A short name for tables and figures.
    pub title: String,
    /// All images in a fixed order: split, label, name.
    pub items: Vec<Item>,
    /// BLAKE3 over names, splits, labels and contents: 64 hexadecimal characters.
    pub digest: String,
    /// Training images dropped because they stand in the test set too.
    pub dropped: usize,
}

/// One image of a dataset.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its path relative to the dataset, with `/` between the parts.
    pub name: String,
    /// Training or test.
    pub split: Split,
    /// Normal or anomaly.
    pub label: Label,
    /// BLAKE3 of its bytes.
    pub hash: blake3::Hash,
    /// Where its defect is (white), if that is known.
    pub mask: Option<Arc<GrayImage>>,
    pub(super) source: Source,
}

/// Where an image's pixels are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    File(PathBuf),
    Memory(Arc<DynamicImage>),
}

/// An image that has been found and not yet been read.
pub(super) struct Found {
    pub name: String,
    pub split: Split,
    pub label: Label,
    pub source: Source,
    pub mask: Option<Arc<GrayImage>>,
}

impl Item {
    /// Decodes the image, upright and in its own size.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] with the file and the reason.
    pub fn decode(&self) -> Result<DynamicImage, DataError> {
        match &self.source {
            Source::File(path) => decode::decode_file(path),
            Source::Memory(image) => Ok(DynamicImage::clone(image)),
        }
    }
}

impl Dataset {
    /// Finds and hashes the images of `spec`.
    ///
    /// # Errors
    /// Missing or empty folders, unknown layouts, broken IDX files, a set without training or
    /// test images.
    pub fn open(spec: &DatasetSpec) -> Result<Self, DataError> {
        let found = match spec {
            DatasetSpec::Folder(spec) => folder::find(spec)?,
            DatasetSpec::Idx(spec) => idx::find(spec)?,
            DatasetSpec::Synthetic(spec) => synthetic::find(spec),
        };
        let mut items = found.into_par_iter().map(hashed).collect::<Result<Vec<_>, _>>()?;
        items.sort_by(|a, b| (a.split, a.label, &a.name).cmp(&(b.split, b.label, &b.name)));
        let before = items.len();
        if spec.leakage() == Leakage::DropIdentical {
            drop_identical(&mut items);
        }
        let dropped = before - items.len();
        let dataset = Self { title: spec.title(), digest: digest(&items), items, dropped };
        dataset.check()?;
        Ok(dataset)
    }

    /// The images of one split and label.
    pub fn of(&self, split: Split, label: Label) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.split == split && item.label == label)
    }

    /// Number of images of one split and label.
    pub fn count(&self, split: Split, label: Label) -> usize {
        self.of(split, label).count()
    }

    /// Hashes of the training images.
    pub fn train_hashes(&self) -> HashSet<blake3::Hash> {
        self.of(Split::Train, Label::Normal).map(|item| item.hash).collect()
    }

    fn check(&self) -> Result<(), DataError> {
        let missing = [
            (Split::Train, Label::Normal, "normal training images"),
            (Split::Test, Label::Normal, "normal test images"),
            (Split::Test, Label::Anomaly, "anomalous test images"),
        ]
        .into_iter()
        .find(|(split, label, _)| self.count(*split, *label) == 0);
        match missing {
            Some((_, _, what)) => {
                Err(DataError::TooFew(format!("the dataset `{}` has no {what}", self.title)))
            }
            None => Ok(()),
        }
    }
}

fn hashed(found: Found) -> Result<Item, DataError> {
    let hash = match &found.source {
        Source::File(path) => blake3::hash(&std::fs::read(path).map_err(DataError::io(path))?),
        Source::Memory(image) => blake3::hash(image.as_bytes()),
    };
    let Found { name, split, label, source, mask } = found;
    Ok(Item { name, split, label, hash, mask, source })
}

fn drop_identical(items: &mut Vec<Item>) {
    let test: HashSet<blake3::Hash> =
        items.iter().filter(|item| item.split == Split::Test).map(|item| item.hash).collect();
    items.retain(|item| item.split == Split::Test || !test.contains(&item.hash));
}

fn digest(items: &[Item]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(FORMAT.as_bytes());
    for item in items {
        let line = format!("\n{}\t{}\t{}\t{}", item.split.name(), item.label.name(), item.hash, item.name);
        hasher.update(line.as_bytes());
    }
    hasher.finalize().to_string()
}
