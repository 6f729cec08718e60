//! What `data inspect` tells of a dataset.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::dataset::Dataset;
use super::error::DataError;
use super::near_duplicates::{Copies, Distances, NearPair};
use crate::spec::{Label, Split};

/// What `anolab data inspect` tells of a dataset.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Images by split and label.
    pub counts: Vec<(Split, Label, usize)>,
    /// Images by width × height, most frequent first.
    pub sizes: Vec<((u32, u32), usize)>,
    /// Images that are byte-identical across the splits: (training name, test name).
    pub leaked: Vec<(String, String)>,
    /// Images that are byte-identical within one split: (first name, other name).
    pub repeated: Vec<(String, String)>,
    /// How far the normal images are from their nearest training image; absent where images cannot
    /// be decoded.
    pub distances: Option<Distances>,
    /// Normal test images and training images nearer than asked for, the nearest first.
    pub near: Vec<NearPair>,
    /// Images and masks that cannot be decoded.
    pub unreadable: Vec<String>,
}

/// Reads every image and looks for pairs nearer than `near_distance` (see
/// [`FolderSpec`](crate::spec::FolderSpec)). `progress` is called once per image.
pub fn inspect(dataset: &Dataset, near_distance: f64, progress: &(dyn Fn() + Sync)) -> Inspection {
    let decoded: Vec<Result<(u32, u32), DataError>> = dataset
        .items
        .par_iter()
        .map(|item| {
            progress();
            let image = item.decode()?;
            item.check_mask()?;
            Ok((image.width(), image.height()))
        })
        .collect();
    let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for size in decoded.iter().flatten() {
        *sizes.entry(*size).or_default() += 1;
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let (leaked, repeated) = identical(dataset);
    let copies = Copies::of(&dataset.items).ok();
    Inspection {
        counts: [(Split::Train, Label::Normal), (Split::Test, Label::Normal), (Split::Test, Label::Anomaly)]
            .map(|(split, label)| (split, label, dataset.count(split, label)))
            .to_vec(),
        sizes,
        leaked,
        repeated,
        distances: copies.as_ref().map(Copies::distances),
        near: copies.map_or_else(Vec::new, |copies| copies.pairs(near_distance)),
        unreadable: decoded.iter().filter_map(|image| Some(image.as_ref().err()?.to_string())).collect(),
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
