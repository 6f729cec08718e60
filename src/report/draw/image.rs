//! Small images, enlarged so that their pixels are seen.

use image::RgbImage;
use image::imageops::{FilterType, resize};
use plotters::element::BitMapElement;

use super::figure::{Area, Drawing};

/// The largest side within a room in which an image's pixels are squares of one size; the room for larger images.
pub(crate) fn side(image_size: i64, room: i32) -> i32 {
    let own = i32::try_from(image_size).unwrap_or(room).max(1);
    if own > room { room.max(1) } else { room / own * own }
}

/// Draws an image with its upper left corner at a place, so large.
pub(crate) fn put(area: &Area<'_>, image: &RgbImage, at: (i32, i32), side: i32) -> Drawing {
    let side = side.max(1) as u32;
    let filter = if side < image.width() { FilterType::Triangle } else { FilterType::Nearest };
    match BitMapElement::with_owned_buffer(at, (side, side), resize(image, side, side, filter).into_raw()) {
        Some(element) => area.draw(&element),
        None => Ok(()), // the buffer of an RgbImage always has the length that is asked for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_shown_as_squares() {
        assert_eq!([16, 32, 64, 600].map(|own| side(own, 400)), [400, 384, 384, 400]);
    }
}
