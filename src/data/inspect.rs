//! What `data inspect` tells of a dataset.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::account::Kind;
use super::dataset::Dataset;
use super::error::DataError;
use super::mask_survey::MaskSurvey;
use super::near_duplicates::{Copies, Distances, NearPair};
use crate::spec::{Label, Split};

/// Sides at which it is asked what is left of masks.
const SIZES: [usize; 4] = [16, 32, 64, 128];

/// What `anolab data inspect` tells of a dataset.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Images that can be read, by split and label.
    pub counts: Vec<(Split, Label, usize)>,
    /// The same by folder: split, label, folder of the class.
    pub classes: BTreeMap<(Split, Label, String), usize>,
    /// Images by width × height, most frequent first.
    pub sizes: Vec<((u32, u32), usize)>,
    /// The smallest and largest value of each image of more than 8 bits.
    pub deep: Vec<[f64; 2]>,
    /// Images that are byte-identical across the splits: (training name, test name).
    pub leaked: Vec<(String, String)>,
    /// Images that are byte-identical within one split: (first name, other name).
    pub repeated: Vec<(String, String)>,
    /// Training images that can be read and are copies of another one.
    pub train_copies: usize,
    /// How far the normal images are from their nearest training image; absent where images cannot
    /// be decoded.
    pub distances: Option<Distances>,
    /// Normal test images and training images nearer than asked for, the nearest first.
    pub near: Vec<NearPair>,
    /// The masks.
    pub masks: MaskSurvey,
    /// Images that cannot be read, and why.
    pub unreadable: Vec<String>,
}

impl Inspection {
    /// The images that can be read.
    pub fn images(&self) -> usize {
        self.counts.iter().map(|(_, _, count)| count).sum()
    }
}

/// Reads every image and looks for pairs nearer than `near_distance` (see
/// [`FolderSpec`](crate::spec::FolderSpec)). `progress` is called once per image.
pub fn inspect(dataset: &Dataset, near_distance: f64, progress: &(dyn Fn() + Sync)) -> Inspection {
    let examined: Vec<Result<Option<[f64; 2]>, DataError>> = dataset
        .items
        .par_iter()
        .map(|item| {
            progress();
            item.examine()
        })
        .collect();
    let readable = || dataset.items.iter().zip(&examined).filter(|(_, found)| found.is_ok());
    let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    let mut classes: BTreeMap<(Split, Label, String), usize> = BTreeMap::new();
    for (item, _) in readable() {
        if let Some(size) = item.size() {
            *sizes.entry(size).or_default() += 1;
        }
        *classes.entry((item.split, item.label, item.class().to_string())).or_default() += 1;
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let count = |split: Split, label: Label| {
        readable().filter(|(item, _)| item.split == split && item.label == label).count()
    };
    let (leaked, repeated) = identical(dataset);
    let mut different = HashSet::new();
    let train_copies = readable()
        .filter(|(item, _)| (item.split, item.label) == (Split::Train, Label::Normal))
        .filter(|(item, _)| !different.insert(item.hash))
        .count();
    let copies = Copies::of(&dataset.items).ok();
    let set_aside = dataset
        .account
        .of(Kind::Unreadable)
        .map(|entry| format!("cannot read image {}: {}", entry.name, entry.detail));
    Inspection {
        counts: [(Split::Train, Label::Normal), (Split::Test, Label::Normal), (Split::Test, Label::Anomaly)]
            .map(|(split, label)| (split, label, count(split, label)))
            .to_vec(),
        classes,
        sizes,
        deep: examined.iter().filter_map(|found| found.as_ref().ok().copied().flatten()).collect(),
        leaked,
        repeated,
        train_copies,
        distances: copies.as_ref().map(Copies::distances),
        near: copies.map_or_else(Vec::new, |copies| copies.pairs(near_distance)),
        masks: MaskSurvey::of(dataset, &SIZES),
        unreadable: examined
            .iter()
            .filter_map(|found| Some(found.as_ref().err()?.to_string()))
            .chain(set_aside)
            .collect(),
    }
}

type Pairs = Vec<(String, String)>;

/// Byte-identical images across the splits, and within them.
fn identical(dataset: &Dataset) -> (Pairs, Pairs) {
    let mut first: HashMap<(Split, blake3::Hash), &str> = HashMap::new();
    let (mut leaked, mut repeated) = (Vec::new(), Vec::new());
    for item in &dataset.items {
        if let Some(earlier) = first.get(&(item.split, item.hash)) {
            repeated.push((earlier.to_string(), item.name.clone()));
        } else {
            first.insert((item.split, item.hash), &item.name);
        }
        if item.split == Split::Test
            && let Some(trained) = first.get(&(Split::Train, item.hash))
        {
            leaked.push((trained.to_string(), item.name.clone()));
        }
    }
    (leaked, repeated)
}
