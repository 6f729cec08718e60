//! Images that are not square: which part of them the model sees.

use std::borrow::Cow;

use image::{DynamicImage, GenericImage};

use crate::spec::Fit;

/// The square that a model sees, on an image of some size: its side, and where it begins. It may begin outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its side in the image's pixels.
    pub side: usize,
    /// Its left edge.
    pub left: isize,
    /// Its upper edge.
    pub top: isize,
}

impl Window {
    /// Absent where the whole image is squeezed.
    pub fn of(width: usize, height: usize, fit: Fit) -> Option<Self> {
        let side = match fit {
            Fit::Squeeze => return None,
            Fit::Pad => width.max(height),
            Fit::Crop => width.min(height),
        };
        let edge = |length: usize| (length as isize - side as isize).div_euclid(2);
        Some(Self { side, left: edge(width), top: edge(height) })
    }
}

/// The part of an image that is squeezed to the size that a model sees.
pub(super) fn square(image: &DynamicImage, fit: Fit) -> Cow<'_, DynamicImage> {
    let (width, height) = (image.width(), image.height());
    let Some(window) = Window::of(width as usize, height as usize, fit) else { return Cow::Borrowed(image) };
    if width == height {
        return Cow::Borrowed(image);
    }
    let side = window.side as u32;
    match fit {
        Fit::Pad => {
            let mut padded = DynamicImage::new(side, side, image.color());
            let (x, y) = (window.left.unsigned_abs() as u32, window.top.unsigned_abs() as u32);
            padded.copy_from(image, x, y).expect("an image fits into the square around it");
            Cow::Owned(padded)
        }
        _ => Cow::Owned(image.crop_imm(window.left as u32, window.top as u32, side, side)),
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;

    fn row(fit: Fit) -> Vec<u8> {
        let image =
            DynamicImage::ImageLuma8(GrayImage::from_fn(5, 2, |x, y| Luma([10 * (y as u8 + 1) + x as u8])));
        square(&image, fit).to_luma8().into_raw()
    }

    #[test]
    fn windows_lie_in_the_middle() {
        assert_eq!(row(Fit::Squeeze), [10, 11, 12, 13, 14, 20, 21, 22, 23, 24]);
        assert_eq!(row(Fit::Crop), [11, 12, 21, 22]);
        let black = [0; 5];
        let rows: [&[u8]; 5] = [&black, &black, &[10, 11, 12, 13, 14], &[20, 21, 22, 23, 24], &black];
        assert_eq!(row(Fit::Pad), rows.concat());
        assert_eq!(Window::of(5, 2, Fit::Pad), Some(Window { side: 5, left: 0, top: -2 }));
        assert_eq!(Window::of(2, 5, Fit::Crop), Some(Window { side: 2, left: 0, top: 1 }));
    }
}
