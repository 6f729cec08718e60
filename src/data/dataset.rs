//! A dataset: its images in order, named by content.

use std::collections::HashSet;

use rayon::prelude::*;

use super::account::{Account, Kind};
use super::decode::is_coloured;
use super::error::DataError;
use super::folder::{self, Listing};
use super::item::{Found, Item, Source, hashed};
use super::leakage::mark_leaks;
use super::tiles::Tiles;
use super::{idx, synthetic};
use crate::spec::{DatasetSpec, Fit, Label, Leakage, Split, TestHalf};

/// Raised when decoding or drawing changes what a file's pixels are.
const FORMAT: &str = "anolab images 1";

/// Raised when the reading of masks changes what they mark.
const MASKS_FORMAT: &str = "anolab masks 2";

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
    /// What became of the files that are none of the images.
    pub account: Account,
    /// The tiles that its images are cut into.
    pub tiles: Tiles,
}

/// What happens to images that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unreadable {
    /// The first whose bytes cannot be had ends it; others are met when they are decoded.
    Refused,
    /// They are left out, and put down in the account.
    Skipped,
    /// Those whose bytes cannot be had are put down in the account.
    Told,
}

impl Dataset {
    /// Finds and hashes the images of `spec`.
    ///
    /// # Errors
    /// Missing or empty folders, unknown layouts, broken IDX files, a set without training or normal test images,
    /// images that cannot be read where near ones are looked for.
    pub fn open(spec: &DatasetSpec) -> Result<Self, DataError> {
        let unreadable = if spec.skips_unreadable() { Unreadable::Skipped } else { Unreadable::Refused };
        let dataset = Self::build(spec, unreadable)?;
        dataset.check(spec)?;
        Ok(dataset)
    }

    /// The same, of whatever is there: to be looked at, whether it can be used or not.
    ///
    /// # Errors
    /// Missing or empty folders, unknown layouts, broken IDX files.
    pub fn look(spec: &DatasetSpec) -> Result<Self, DataError> {
        Self::build(spec, if spec.skips_unreadable() { Unreadable::Skipped } else { Unreadable::Told })
    }

    fn build(spec: &DatasetSpec, unreadable: Unreadable) -> Result<Self, DataError> {
        let only = |found: Vec<Found>| Listing { found, account: Account::default() };
        let Listing { found, mut account } = match spec {
            DatasetSpec::Folder(spec) => folder::find(spec)?,
            DatasetSpec::Idx(spec) => only(idx::find(spec)?),
            DatasetSpec::Synthetic(spec) => only(synthetic::find(spec)),
        };
        let mut items = read(found, spec, unreadable, &mut account)?;
        items.sort_by(|a, b| (a.split, a.label, &a.name).cmp(&(b.split, b.label, &b.name)));
        let all: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
        if let Some(half) = spec.test_half() {
            items.retain(|item| item.split == Split::Train || half_of(item) == half);
        }
        let before = items.len();
        match mark_leaks(&mut items, spec) {
            Err(_) if unreadable == Unreadable::Told => {} // the same images are told as unreadable
            marked => marked?,
        }
        let dropped = before - items.len();
        let kept: HashSet<&str> = items.iter().map(|item| item.name.as_str()).collect();
        for name in all.iter().filter(|name| !kept.contains(name.as_str())) {
            account.add(name, Kind::Dropped, "");
        }
        let digest = digest(&items, spec);
        let masks = masks(&items)?;
        let tiles = Tiles::new(spec.tiles());
        Ok(Self { title: spec.title(), digest, masks, items, dropped, account, tiles })
    }

    /// Files that were found: the images, and all others.
    pub fn files(&self) -> usize {
        self.items.len() + self.account.others.len()
    }

    /// Whether some image has colours: whether it matters how they become gray.
    pub fn is_coloured(&self) -> bool {
        self.items.par_iter().any(|item| item.with_image(is_coloured).unwrap_or(false))
    }

    /// The images of one split and label.
    pub fn of(&self, split: Split, label: Label) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.split == split && item.label == label)
    }

    /// Number of images of one split and label.
    pub fn count(&self, split: Split, label: Label) -> usize {
        self.of(split, label).count()
    }

    /// Whether there is what training and judging need. A set without anomalous images can be used; half of one
    /// that has some cannot.
    ///
    /// # Errors
    /// [`DataError::TooFew`] with what is missing.
    pub fn check(&self, spec: &DatasetSpec) -> Result<(), DataError> {
        let missing = [
            (Split::Train, Label::Normal, "normal training images"),
            (Split::Test, Label::Normal, "normal test images"),
            (Split::Test, Label::Anomaly, "anomalous test images"),
        ]
        .into_iter()
        .filter(|(_, label, _)| *label == Label::Normal || spec.test_half().is_some())
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

/// Reads the bytes of what was found.
fn read(
    found: Vec<Found>,
    spec: &DatasetSpec,
    unreadable: Unreadable,
    account: &mut Account,
) -> Result<Vec<Item>, DataError> {
    let names: Vec<String> = found.iter().map(|found| found.name.clone()).collect();
    let read: Vec<Result<Item, DataError>> = found
        .into_par_iter()
        .map(|found| {
            let mut item = hashed(found, spec)?;
            if unreadable == Unreadable::Skipped {
                item.examine()?;
                if item.drawn_mask().is_err() {
                    item.masks.clear();
                }
            }
            Ok(item)
        })
        .collect();
    let mut items = Vec::new();
    for (name, item) in names.into_iter().zip(read) {
        match item {
            Ok(item) => items.push(item),
            Err(error) if unreadable == Unreadable::Refused => return Err(error),
            Err(error) => account.add(name, Kind::Unreadable, error.reason()),
        }
    }
    Ok(items)
}

fn masks(items: &[Item]) -> Result<Option<String>, DataError> {
    let mut hasher = blake3::Hasher::new();
    for item in items {
        for mask in &item.masks {
            if let Source::File(path) = mask {
                let hash = blake3::hash(&std::fs::read(path).map_err(DataError::io(path))?);
                hasher.update(format!("{hash}\t{}\n", item.name).as_bytes());
            }
        }
    }
    let any = hasher.count() > 0;
    Ok(any.then(|| hasher.update(MASKS_FORMAT.as_bytes()).finalize().to_string()))
}

fn digest(items: &[Item], spec: &DatasetSpec) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(FORMAT.as_bytes());
    if let Some(distance) = spec.near_distance() {
        hasher.update(format!("\nnear {distance}").as_bytes());
    }
    if let Some([black, white]) = spec.range() {
        hasher.update(format!("\nrange {black} {white}").as_bytes());
    }
    if spec.fit() != Fit::Squeeze {
        hasher.update(format!("\nfit {}", spec.fit().name()).as_bytes());
    }
    if spec.tiles() > 1 {
        hasher.update(format!("\ntiles {}", spec.tiles()).as_bytes());
    }
    for item in items {
        let line = format!("\n{}\t{}\t{}\t{}", item.split.name(), item.label.name(), item.hash, item.name);
        hasher.update(line.as_bytes());
    }
    hasher.finalize().to_string()
}
