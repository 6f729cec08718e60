//! Test images that stand in the training images too.

use std::collections::HashSet;

use super::error::DataError;
use super::item::Item;
use super::near_duplicates::Copies;
use crate::spec::{DatasetSpec, Label, Leakage, Split};

/// Drops the training images that leak test images, or marks the test images that they leak.
pub(super) fn mark_leaks(items: &mut Vec<Item>, spec: &DatasetSpec) -> Result<(), DataError> {
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
