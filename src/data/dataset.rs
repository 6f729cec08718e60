//! A dataset: its images in order, named by content.

use rayon::prelude::*;

use super::error::DataError;
use super::item::{Item, Source, hashed};
use super::leakage::mark_leaks;
use super::{folder, idx, synthetic};
use crate::spec::{DatasetSpec, Label, Leakage, Split, TestHalf};

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
    /// BLAKE3 over the mask files, where there are any. It is no part of the dataset's digest: neither
    /// weights nor scores depend on masks.
    pub masks: Option<String>,
    /// Training images dropped because they stand in the test set too.
    pub dropped: usize,
}

impl Dataset {
    /// Finds and hashes the images of `spec`.
    ///
    /// # Errors
    /// Missing or empty folders, unknown layouts, broken IDX files, a set without training or
    /// test images, images that cannot be read where near ones are looked for.
    pub fn open(spec: &DatasetSpec) -> Result<Self, DataError> {
        let found = match spec {
            DatasetSpec::Folder(spec) => folder::find(spec)?,
            DatasetSpec::Idx(spec) => idx::find(spec)?,
            DatasetSpec::Synthetic(spec) => synthetic::find(spec),
        };
        let mut items = found.into_par_iter().map(hashed).collect::<Result<Vec<_>, _>>()?;
        items.sort_by(|a, b| (a.split, a.label, &a.name).cmp(&(b.split, b.label, &b.name)));
        if let Some(half) = spec.test_half() {
            items.retain(|item| item.split == Split::Train || half_of(item) == half);
        }
        let before = items.len();
        mark_leaks(&mut items, spec)?;
        let dropped = before - items.len();
        let digest = digest(&items, spec.near_distance());
        let masks = masks(&items)?;
        let dataset = Self { title: spec.title(), digest, masks, items, dropped };
        dataset.check(spec)?;
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

    fn check(&self, spec: &DatasetSpec) -> Result<(), DataError> {
        let missing = [
            (Split::Train, Label::Normal, "normal training images"),
            (Split::Test, Label::Normal, "normal test images"),
            (Split::Test, Label::Anomaly, "anomalous test images"),
        ]
        .into_iter()
        .find(|(split, label, _)| self.count(*split, *label) == 0);
        match missing {
            Some((split, _, what)) => {
                let dropped = match (self.dropped, spec.leakage()) {
                    (0, _) => String::new(),
                    (count, Leakage::DropNear) => {
                        format!(" ({count} were dropped for being near a test image; lower `near_distance`)")
                    }
                    (count, _) => format!(" ({count} were dropped for being test images, too: `leakage`)"),
                };
                let half = match spec.test_half() {
                    Some(_) if split == Split::Test => " in this half (`test_half`)",
                    _ => "",
                };
                Err(DataError::TooFew(format!("the dataset `{}` has no {what}{half}{dropped}", self.title)))
            }
            None => Ok(()),
        }
    }
}

/// A bit of the content decides, so that identical images fall into the same half.
fn half_of(item: &Item) -> TestHalf {
    if item.hash.as_bytes()[0] & 1 == 0 { TestHalf::Development } else { TestHalf::Report }
}

fn masks(items: &[Item]) -> Result<Option<String>, DataError> {
    let mut hasher = blake3::Hasher::new();
    for item in items {
        if let Some(Source::File(path)) = &item.mask {
            let hash = blake3::hash(&std::fs::read(path).map_err(DataError::io(path))?);
            hasher.update(format!("{hash}\t{}\n", item.name).as_bytes());
        }
    }
    Ok((hasher.count() > 0).then(|| hasher.finalize().to_string()))
}

fn digest(items: &[Item], near_distance: Option<f64>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(FORMAT.as_bytes());
    if let Some(distance) = near_distance {
        hasher.update(format!("\nnear {distance}").as_bytes());
    }
    for item in items {
        let line = format!("\n{}\t{}\t{}\t{}", item.split.name(), item.label.name(), item.hash, item.name);
        hasher.update(line.as_bytes());
    }
    hasher.finalize().to_string()
}
