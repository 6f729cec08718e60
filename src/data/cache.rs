//! Decoded images, kept on disk once per size and channel count.
//!
//! The file holds nothing but bytes and their BLAKE3; its name says what they are. It is written under
//! another name and renamed, so that two processes may build it at once and a killed one leaves nothing
//! behind. A damaged one is decoded anew.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::dataset::Dataset;
use super::decode::to_pixels_in;
use super::error::DataError;
use crate::atomic_file::write_whole;
use crate::spec::Gray;

/// Raised when scaling changes the pixels. The gray of the first builds keeps theirs.
const FORMATS: [(Gray, &str); 2] = [(Gray::Rec709, "2"), (Gray::Rec601, "3")];

/// The decoded images of a dataset in one size: bytes 0 to 255, image by image, plane by plane.
#[derive(Debug, Clone)]
pub struct Pixels {
    bytes: Arc<Vec<u8>>,
    /// Side in pixels.
    pub size: usize,
    /// Channels, 1 or 3.
    pub channels: usize,
    /// The gray level that becomes +1.
    white_level: f32,
}

impl Pixels {
    /// Images from their bytes: channels·size² each, plane by plane.
    pub fn new(bytes: Vec<u8>, size: usize, channels: usize) -> Self {
        Self { bytes: Arc::new(bytes), size, channels, white_level: 255.0 }
    }

    /// The same images, scaled so that 0 becomes −1 and `white_level` +1.
    pub fn with_white_level(&self, white_level: f64) -> Self {
        Self { white_level: white_level as f32, ..self.clone() }
    }

    /// The bytes of one image: channels·size².
    pub fn image(&self, index: usize) -> &[u8] {
        let length = self.channels * self.size * self.size;
        &self.bytes[index * length..][..length]
    }

    /// Some images as floats, in the given order.
    pub fn scaled(&self, indices: &[usize]) -> Vec<f32> {
        indices.iter().flat_map(|index| self.image(*index)).map(|byte| self.to_float(*byte)).collect()
    }

    /// A byte as the networks see it.
    pub fn to_float(&self, byte: u8) -> f32 {
        f32::from(byte) / (0.5 * self.white_level) - 1.0
    }

    /// What the networks make as a byte.
    pub fn to_byte(&self, value: f32) -> u8 {
        ((value + 1.0) * 0.5 * self.white_level).round().clamp(0.0, 255.0) as u8
    }
}

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
