//! Decoded images, kept on disk once per size and channel count.
//!
//! The file holds nothing but bytes and their BLAKE3; its name says what they are. It is written under
//! another name and renamed, so that two processes may build it at once and a killed one leaves nothing
//! behind. A damaged one is decoded anew.

use std::path::Path;

use rayon::prelude::*;

use super::dataset::Dataset;
use super::decode::to_pixels_in;
use super::error::DataError;
use super::pixels::Pixels;
use crate::atomic_file::write_whole;
use crate::spec::Gray;

/// Raised when scaling changes the pixels. The gray of the first builds keeps theirs.
const FORMATS: [(Gray, &str); 2] = [(Gray::Rec709, "2"), (Gray::Rec601, "3")];

/// The images of `dataset` in one size, from the cache in `folder` or decoded now (in parallel).
/// `progress` is called once per image.
///
/// # Errors
/// Unreadable images, or a folder that cannot be written.
pub fn pixels(
    dataset: &Dataset,
    size: usize,
    channels: usize,
    gray: Gray,
    folder: &Path,
    progress: &(dyn Fn() + Sync),
) -> Result<Pixels, DataError> {
    let format = FORMATS.into_iter().find(|(known, _)| *known == gray).map_or("", |(_, format)| format);
    let path = folder.join(format!("{}-{size}x{channels}-{format}.pixels", &dataset.digest[..32]));
    let length = dataset.items.len() * channels * size * size;
    let bytes = match std::fs::read(&path).ok().and_then(|file| verified(file, length)) {
        Some(bytes) => bytes,
        None => {
            let bytes = decode_all(dataset, (size, channels, gray), progress)?;
            write_whole(&path, &[&bytes, blake3::hash(&bytes).as_bytes()]).map_err(DataError::io(&path))?;
            bytes
        }
    };
    Ok(Pixels::new(bytes, size, channels))
}

/// The images in a cache file, if it holds `length` bytes and they are what was written.
fn verified(mut file: Vec<u8>, length: usize) -> Option<Vec<u8>> {
    let (bytes, digest) = file.split_at_checked(length)?;
    if digest != blake3::hash(bytes).as_bytes() {
        return None;
    }
    file.truncate(length);
    Some(file)
}

fn decode_all(
    dataset: &Dataset,
    (size, channels, gray): (usize, usize, Gray),
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<u8>, DataError> {
    let images: Vec<Result<Vec<u8>, DataError>> = dataset
        .items
        .par_iter()
        .map(|item| {
            let pixels = item.with_image(|image| to_pixels_in(image, size, channels, (gray, item.fit)));
            progress();
            pixels
        })
        .collect();
    let count = images.iter().filter(|image| image.is_err()).count();
    let collected: Result<Vec<_>, _> = images.into_iter().collect();
    match collected {
        Ok(images) => Ok(images.concat()),
        Err(first) if count == 1 => Err(first),
        Err(first) => Err(DataError::ManyUnreadable { count, first: Box::new(first) }),
    }
}
