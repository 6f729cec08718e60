use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use image::DynamicImage;
use rayon::prelude::*;

use super::near::Copies;
use super::{DataError, decode, folder, idx, synthetic};
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
    /// A normal test image that stands in the training images too, byte by byte or nearly.
    pub leaked: bool,
    pub(super) source: Source,
    pub(super) mask: Option<Source>,
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
    /// Where its defect is, if that is known.
    pub mask: Option<Source>,
}

impl Item {
    /// Decodes the image, upright and in its own size.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] with the file and the reason.
    pub fn decode(&self) -> Result<DynamicImage, DataError> {
        self.source.decode()
    }

    /// Whether it is known where its defect is.
    pub fn has_mask(&self) -> bool {
        self.mask.is_some()
    }

    /// Whether its mask, if it has one, can be read.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] with the mask's file and the reason.
    pub fn check_mask(&self) -> Result<(), DataError> {
        self.mask.as_ref().map_or(Ok(()), |mask| mask.decode().map(drop))
    }

    /// Which pixels of the image scaled to `size`×`size` are defect: those that it covers by half or
    /// more. In the mask, a pixel is defect that is brighter than half of the brightest. Absent where that
    /// is not known.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] with the mask's file and the reason.
    pub fn mask(&self, size: usize) -> Result<Option<Vec<bool>>, DataError> {
        let Some(mask) = &self.mask else { return Ok(None) };
        let mut mask = mask.decode()?.into_luma8();
        // Its white may be 255 or 1, and its edges and a JPEG's black are not quite black.
        let half = mask.pixels().map(|pixel| pixel.0[0]).max().unwrap_or(0) / 2;
        mask.pixels_mut().for_each(|pixel| pixel.0[0] = if pixel.0[0] > half { 255 } else { 0 });
        let covered = decode::to_pixels(&DynamicImage::ImageLuma8(mask), size, 1);
        Ok(Some(covered.into_iter().map(|value| value > 127).collect()))
    }
}

impl Source {
    fn decode(&self) -> Result<DynamicImage, DataError> {
        match self {
            Self::File(path) => decode::decode_file(path),
            Self::Memory(image) => Ok(DynamicImage::clone(image)),
        }
    }
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

fn hashed(found: Found) -> Result<Item, DataError> {
    let hash = match &found.source {
        Source::File(path) => blake3::hash(&std::fs::read(path).map_err(DataError::io(path))?),
        Source::Memory(image) => blake3::hash(image.as_bytes()),
    };
    let Found { name, split, label, source, mask } = found;
    Ok(Item { name, split, label, hash, leaked: false, source, mask })
}

/// A bit of the content decides, so that identical images fall into the same half.
fn half_of(item: &Item) -> TestHalf {
    if item.hash.as_bytes()[0] & 1 == 0 { TestHalf::Development } else { TestHalf::Report }
}

/// Drops the training images that leak test images, or marks the test images that they leak.
fn mark_leaks(items: &mut Vec<Item>, spec: &DatasetSpec) -> Result<(), DataError> {
    let pairs = match spec.near_distance() {
        Some(distance) => Copies::of(items)?.pairs(distance),
        None => Vec::new(),
    };
    let near_train: HashSet<usize> = pairs.iter().map(|pair| pair.train).collect();
    let hashes = |split: Split| -> HashSet<blake3::Hash> {
        items.iter().filter(|item| item.split == split).map(|item| item.hash).collect()
    };
    let (train, test) = (hashes(Split::Train), hashes(Split::Test));
    let drops = |place: usize, item: &Item| match spec.leakage() {
        Leakage::Keep => false,
        Leakage::DropIdentical => test.contains(&item.hash),
        Leakage::DropNear => test.contains(&item.hash) || near_train.contains(&place),
    };
    let kept = |place: usize, item: &Item| item.split == Split::Test || !drops(place, item);
    let near_test: HashSet<usize> =
        pairs.iter().filter(|pair| kept(pair.train, &items[pair.train])).map(|pair| pair.test).collect();
    let identical_stay = spec.leakage() == Leakage::Keep;
    let leaks = |place: usize, item: &Item| {
        near_test.contains(&place) || (identical_stay && train.contains(&item.hash))
    };
    let leaked: Vec<bool> = items
        .iter()
        .enumerate()
        .map(|(place, item)| item.split == Split::Test && item.label == Label::Normal && leaks(place, item))
        .collect();
    let stays: Vec<bool> = items.iter().enumerate().map(|(place, item)| kept(place, item)).collect();
    *items = std::mem::take(items)
        .into_iter()
        .enumerate()
        .filter(|(place, _)| stays[*place])
        .map(|(place, item)| Item { leaked: leaked[place], ..item })
        .collect();
    Ok(())
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
