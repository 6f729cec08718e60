//! Where an image's defect is: a mask as a file has it.

use image::DynamicImage;
use image::metadata::Orientation;

use super::decode::{Header, Opened, to_pixels_in};
use crate::spec::{Fit, Gray};

/// Values that a mask may have for each of them to mean something: classes of defects. With more, they are shades
/// of an edge.
const FEW: usize = 16;

/// The brightest of a mask that was changed by its compression must be brighter than this to be a defect.
const NOISE: u16 = 16 * 257;

/// Which pixels are defect, in the mask's own size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Row by row.
    pub defect: Vec<bool>,
}

/// How a mask lies on its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// Pixel on pixel.
    Exact,
    /// It was drawn before the image was turned upright (EXIF), and is turned like it.
    Turned,
    /// The image is turned, and its sides do not tell whether the mask was drawn before; it is left as it is.
    Either,
    /// It has another size, and is stretched.
    Stretched,
}

impl Mask {
    /// No size that a mask could have: absent.
    pub(super) fn read(opened: Opened, image: Option<&Header>) -> (Self, Lie) {
        let Opened { image: mut mask, lossy, .. } = opened;
        let lie = image.map_or(Lie::Exact, |image| lie((mask.width(), mask.height()), image));
        if let (Lie::Turned, Some(image)) = (lie, image) {
            mask.apply_orientation(image.turned);
        }
        (
            Self {
                width: mask.width() as usize,
                height: mask.height() as usize,
                defect: defect(&mask, lossy),
            },
            lie,
        )
    }

    /// Adds what another mask of the same image marks, stretched to this one's size.
    pub(super) fn add(&mut self, other: &Self) {
        for y in 0..self.height {
            for x in 0..self.width {
                let (there_x, there_y) = (x * other.width / self.width, y * other.height / self.height);
                self.defect[y * self.width + x] |= other.defect[there_y * other.width + there_x];
            }
        }
    }

    /// Whether nothing is marked.
    pub fn is_empty(&self) -> bool {
        !self.defect.contains(&true)
    }

    /// Which pixels of the image that is fitted so and scaled to `size`×`size` are defect: those that it covers by
    /// half or more.
    pub fn scaled(&self, size: usize, fit: Fit) -> Vec<bool> {
        let bytes = self.defect.iter().map(|defect| 255 * u8::from(*defect)).collect();
        let mask = image::GrayImage::from_raw(self.width as u32, self.height as u32, bytes)
            .expect("one byte per pixel");
        let covered = to_pixels_in(&DynamicImage::ImageLuma8(mask), size, 1, (Gray::Rec601, fit));
        covered.into_iter().map(|value| value > 127).collect()
    }

    /// Whether a defect is marked of which nothing is left at this size.
    pub fn vanishes(&self, size: usize, fit: Fit) -> bool {
        !self.is_empty() && !self.scaled(size, fit).contains(&true)
    }
}

fn lie(mask: (u32, u32), image: &Header) -> Lie {
    let turned = image.turned != Orientation::NoTransforms;
    match (mask == image.upright(), mask == image.raw) {
        (true, true) if turned => Lie::Either,
        (true, _) => Lie::Exact,
        (false, true) => Lie::Turned,
        (false, false) => Lie::Stretched,
    }
}

/// Every colour that is not the darkest, where there are few; with many, or where compression has changed them,
/// what is brighter than half of the brightest. Transparent pixels are shown over black.
fn defect(mask: &DynamicImage, lossy: bool) -> Vec<bool> {
    let colours = colours(mask);
    if let (false, Some(few)) = (lossy, few(&colours)) {
        let background = match few.as_slice() {
            [one] if sum(*one) > 0 => return vec![true; colours.len()],
            several => several.iter().min_by_key(|colour| sum(**colour)).copied().unwrap_or_default(),
        };
        return colours.into_iter().map(|colour| colour != background).collect();
    }
    let level = |[r, g, b]: [u16; 3]| {
        ((299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b) + 500) / 1000) as u16
    };
    let levels: Vec<u16> = colours.into_iter().map(level).collect();
    let brightest = levels.iter().copied().max().unwrap_or(0);
    let least = if lossy && brightest < NOISE { u16::MAX } else { brightest / 2 };
    levels.into_iter().map(|level| level > least).collect()
}

fn sum(colour: [u16; 3]) -> u32 {
    colour.into_iter().map(u32::from).sum()
}

/// Its colours in 16 bits, blended over black.
fn colours(mask: &DynamicImage) -> Vec<[u16; 3]> {
    if let DynamicImage::ImageLuma8(gray) = mask {
        return gray.pixels().map(|pixel| [257 * u16::from(pixel.0[0]); 3]).collect();
    }
    if !mask.color().has_alpha() {
        return mask.to_rgb16().pixels().map(|pixel| pixel.0).collect();
    }
    let blended = |[r, g, b, alpha]: [u16; 4]| {
        [r, g, b].map(|value| (u32::from(value) * u32::from(alpha) / 65_535) as u16)
    };
    mask.to_rgba16().pixels().map(|pixel| blended(pixel.0)).collect()
}

/// The different colours, if there are few.
fn few(colours: &[[u16; 3]]) -> Option<Vec<[u16; 3]>> {
    let mut found: Vec<[u16; 3]> = Vec::new();
    let mut last = None;
    for colour in colours {
        if last != Some(colour) && !found.contains(colour) {
            if found.len() == FEW {
                return None;
            }
            found.push(*colour);
        }
        last = Some(colour);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use image::{GrayAlphaImage, GrayImage, ImageBuffer, Luma, LumaA, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn marks(mask: impl Into<DynamicImage>) -> Vec<bool> {
        defect(&mask.into(), false)
    }

    fn gray(values: &[u8]) -> GrayImage {
        GrayImage::from_fn(values.len() as u32, 1, |x, _| Luma([values[x as usize]]))
    }

    #[test]
    fn whatever_is_not_background_is_defect() {
        assert_eq!(marks(gray(&[0, 1, 3, 0])), [false, true, true, false], "classes");
        assert_eq!(marks(gray(&[0, 255])), [false, true]);
        assert_eq!(marks(gray(&[3, 255])), [false, true], "not quite black");
        assert_eq!(marks(gray(&[0, 0])), [false, false]);
        assert_eq!(marks(gray(&[255, 255])), [true, true]);
        let colours =
            RgbImage::from_fn(3, 1, |x, _| Rgb([[0, 0, 0], [0, 0, 90], [255, 255, 255]][x as usize]));
        assert_eq!(marks(colours), [false, true, true], "dark blue is no background");
        let deep: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_fn(3, 1, |x, _| Luma([x as u16]));
        assert_eq!(marks(deep), [false, true, true], "instances in 16 bits");
    }

    #[test]
    fn with_many_values_it_is_half_of_the_brightest() {
        let ramp: Vec<u8> = (0..=200).collect();
        let found = marks(gray(&ramp));
        assert!(ramp.iter().zip(found).all(|(value, defect)| defect == (*value > 100)));
        let jpeg = defect(&gray(&[0, 2, 1, 253, 255]).into(), true);
        assert_eq!(jpeg, [false, false, false, true, true], "few values, but changed ones");
        assert_eq!(defect(&gray(&[0, 2, 1, 3]).into(), true), [false; 4], "noise of an empty mask");
    }

    #[test]
    fn what_is_transparent_is_background() {
        let mask = GrayAlphaImage::from_fn(3, 1, |x, _| LumaA([[255, 0], [255, 255], [0, 255]][x as usize]));
        assert_eq!(marks(mask), [false, true, false]);
        let mask = RgbaImage::from_fn(2, 1, |x, _| Rgba([[255, 0, 0, 0], [255, 0, 0, 128]][x as usize]));
        assert_eq!(marks(mask), [false, true]);
    }

    #[test]
    fn sizes_tell_how_a_mask_lies() {
        let header = |turned, raw| Header { raw, turned, deep: false, several: false };
        let plain = header(Orientation::NoTransforms, (48, 32));
        let turned = header(Orientation::Rotate90, (32, 48));
        assert_eq!(lie((48, 32), &plain), Lie::Exact);
        assert_eq!(lie((24, 16), &plain), Lie::Stretched);
        assert_eq!(lie((48, 32), &turned), Lie::Exact);
        assert_eq!(lie((32, 48), &turned), Lie::Turned);
        assert_eq!(lie((40, 40), &header(Orientation::Rotate90, (40, 40))), Lie::Either);
    }

    #[test]
    fn several_masks_are_one() {
        let mask = |width: usize, defect: Vec<bool>| Mask { width, height: 1, defect };
        let mut one = mask(4, vec![true, false, false, false]);
        one.add(&mask(2, vec![false, true]));
        assert_eq!(one.defect, [true, false, true, true]);
        assert!(
            !one.vanishes(1, Fit::Squeeze)
                && mask(9, [vec![true], vec![false; 8]].concat()).vanishes(1, Fit::Squeeze)
        );
    }
}
