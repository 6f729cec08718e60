//! Small images, enlarged so that their pixels are seen.

use image::RgbImage;
use image::imageops::{FilterType, resize};
use plotters::element::BitMapElement;
use plotters::prelude::*;

use super::figure::{Area, Drawing};

/// Least side of a shown image in pixels: twice that of what most runs see.
const LEAST: u32 = 128;

/// Side in which an image is shown: a whole multiple of its own, so that its pixels are squares.
pub(crate) fn side(image_size: i64) -> u32 {
    let own = u32::try_from(image_size).unwrap_or(LEAST).max(1);
    own * LEAST.div_ceil(own)
}

/// An image in the size in which it is shown, without smoothing.
pub(crate) fn enlarged(image: &RgbImage) -> RgbImage {
    let side = side(image.width().into());
    resize(image, side, side, FilterType::Nearest)
}

/// Draws an image with its upper left corner at a place.
pub(crate) fn put<DB: DrawingBackend>(area: &Area<'_, DB>, image: &RgbImage, at: (i32, i32)) -> Drawing<DB> {
    match BitMapElement::with_owned_buffer(at, image.dimensions(), image.as_raw().clone()) {
        Some(element) => area.draw(&element),
        None => Ok(()), // the buffer of an RgbImage always has the length that is asked for
    }
}
