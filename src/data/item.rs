//! One image of a dataset, with its mask.

use std::path::PathBuf;
use std::sync::Arc;

use image::DynamicImage;

use super::decode;
use super::error::DataError;
use crate::spec::{Label, Split};

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
    pub(crate) source: Source,
    pub(crate) mask: Option<Source>,
}

/// Where an image's pixels are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    File(PathBuf),
    Memory(Arc<DynamicImage>),
}

/// An image that has been found and not yet been read.
pub(crate) struct Found {
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

pub(super) fn hashed(found: Found) -> Result<Item, DataError> {
    let hash = match &found.source {
        Source::File(path) => blake3::hash(&std::fs::read(path).map_err(DataError::io(path))?),
        Source::Memory(image) => blake3::hash(image.as_bytes()),
    };
    let Found { name, split, label, source, mask } = found;
    Ok(Item { name, split, label, hash, leaked: false, source, mask })
}
