//! One image of a dataset, with its masks.

use std::path::PathBuf;
use std::sync::Arc;

use image::DynamicImage;

use super::decode::{self, Header, Opened};
use super::error::DataError;
use super::levels::{leveled, values};
use super::mask::{Lie, Mask};
use super::room::hold;
use crate::spec::{DatasetSpec, Fit, Label, Split};

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
    /// The values that are black and white in images of more than 8 bits, where the dataset says so.
    pub range: Option<[f64; 2]>,
    /// What is done to it if it is not square.
    pub fit: Fit,
    /// What its file says of it; absent where that cannot be read.
    pub(crate) header: Option<Header>,
    pub(crate) source: Source,
    pub(crate) masks: Vec<Source>,
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
    /// Where its defect is, if that is known: together, where there are several.
    pub masks: Vec<Source>,
}

/// An image's masks as one, and how each of them lies on it.
pub(super) struct ReadMask {
    pub mask: Mask,
    pub lies: Vec<Lie>,
}

impl Item {
    /// Decodes the image, upright and in its own size.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] with the file and the reason.
    pub fn decode(&self) -> Result<DynamicImage, DataError> {
        self.with_image(DynamicImage::clone)
    }

    /// Does something with the decoded image, for which there is room in memory as long as it lasts. It must not
    /// decode another one meanwhile.
    pub(super) fn with_image<T>(&self, work: impl FnOnce(&DynamicImage) -> T) -> Result<T, DataError> {
        match &self.source {
            Source::Memory(image) => Ok(work(image)),
            Source::File(path) => {
                let Opened { image, held, .. } = decode::open(path)?;
                let image =
                    leveled(image, self.range).map_err(|problem| DataError::unreadable(path, problem))?;
                let done = work(&image);
                drop(held);
                Ok(done)
            }
        }
    }

    /// Decodes the image and gives the smallest and largest of its values, if they have more than 8 bits.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] with the file and the reason.
    pub(super) fn examine(&self) -> Result<Option<[f64; 2]>, DataError> {
        let Source::File(path) = &self.source else { return Ok(None) };
        let Opened { image, held, .. } = decode::open(path)?;
        let found = values(&image);
        leveled(image, self.range).map_err(|problem| DataError::unreadable(path, problem))?;
        drop(held);
        Ok(found)
    }

    /// Width and height of the upright image; absent where its file cannot be read.
    pub fn size(&self) -> Option<(u32, u32)> {
        self.header.map(|header| header.upright())
    }

    /// Whether it is known where its defect is.
    pub fn has_mask(&self) -> bool {
        !self.masks.is_empty()
    }

    /// Where its defect is, in the size that its mask was drawn in. Absent where that is not known.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] with the mask's file and the reason.
    pub fn drawn_mask(&self) -> Result<Option<Mask>, DataError> {
        Ok(self.read_mask()?.map(|read| read.mask))
    }

    /// Which pixels of the image scaled to `size`×`size` are defect: those that it covers by half or more.
    /// Absent where that is not known.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] with the mask's file and the reason.
    pub fn mask(&self, size: usize) -> Result<Option<Vec<bool>>, DataError> {
        Ok(self.drawn_mask()?.map(|mask| mask.scaled(size, self.fit)))
    }

    /// Its masks as one, and how they lie.
    pub(super) fn read_mask(&self) -> Result<Option<ReadMask>, DataError> {
        let mut all: Option<ReadMask> = None;
        for source in &self.masks {
            let (mask, lie) = Mask::read(source.open()?, self.header.as_ref());
            match &mut all {
                None => all = Some(ReadMask { mask, lies: vec![lie] }),
                Some(read) => {
                    read.mask.add(&mask);
                    read.lies.push(lie);
                }
            }
        }
        Ok(all)
    }

    /// The folder of its class: `crack` of `test/crack/000.png`.
    pub fn class(&self) -> &str {
        class_of(&self.name)
    }
}

/// The folder of an image's class, by the image's name: `crack` of `test/crack/000.png`.
pub fn class_of(name: &str) -> &str {
    let (first, rest) = name.split_once('/').unwrap_or(("", name));
    if !["train", "test"].contains(&first.to_lowercase().as_str()) {
        return first;
    }
    rest.split_once('/').map_or(first, |(class, _)| class)
}

impl Source {
    fn open(&self) -> Result<Opened, DataError> {
        match self {
            Self::File(path) => decode::open(path),
            Self::Memory(image) => {
                Ok(Opened { image: DynamicImage::clone(image), lossy: false, held: hold(0) })
            }
        }
    }
}

/// Reads an image's bytes: its name by content, and its header.
pub(super) fn hashed(found: Found, spec: &DatasetSpec) -> Result<Item, DataError> {
    let (hash, header) = match &found.source {
        Source::File(path) => {
            let bytes = std::fs::read(path).map_err(DataError::io(path))?;
            (blake3::hash(&bytes), decode::header(&bytes))
        }
        Source::Memory(image) => (blake3::hash(image.as_bytes()), Some(Header::of(image))),
    };
    let Found { name, split, label, source, masks } = found;
    let (range, fit) = (spec.range(), spec.fit());
    Ok(Item { name, split, label, hash, leaked: false, range, fit, header, source, masks })
}
