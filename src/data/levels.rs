//! Images of more than 8 bits a value: which values they have, and which of them are black and white.

use image::{DynamicImage, GrayImage, ImageBuffer, Pixel, RgbImage, Rgba, RgbaImage};

/// Values of 16 bits that stay below this are nearly black, though the image may not be: cameras give 10 to 14 bits.
const DARK: f64 = 16_384.0;

/// Whether an image of 16 bits a value, none of which is above `high`, is read as nearly black where nothing says which
/// value is white.
pub(super) fn is_dark(high: f64) -> bool {
    high > 1.0 && high < DARK
}

/// The largest value of an image of 16 bits a value that is read as nearly black; absent for others.
pub fn nearly_black(image: &DynamicImage) -> Option<f64> {
    values(image).map(|[_, high]| high).filter(|high| is_dark(*high))
}

/// The smallest and the largest value of an image of more than 8 bits, transparency aside; absent for others.
pub(super) fn values(image: &DynamicImage) -> Option<[f64; 2]> {
    match image {
        DynamicImage::ImageLuma16(image) => whole(image),
        DynamicImage::ImageLumaA16(image) => whole(image),
        DynamicImage::ImageRgb16(image) => whole(image),
        DynamicImage::ImageRgba16(image) => whole(image),
        DynamicImage::ImageRgb32F(image) => floats(image.pixels().flat_map(|pixel| pixel.0)),
        DynamicImage::ImageRgba32F(image) => {
            floats(image.pixels().flat_map(|Rgba([r, g, b, _])| [*r, *g, *b]))
        }
        _ => None,
    }
}

fn whole<P: Pixel<Subpixel = u16>>(image: &ImageBuffer<P, Vec<u16>>) -> Option<[f64; 2]> {
    let colours = usize::from(P::CHANNEL_COUNT) - usize::from(P::HAS_ALPHA);
    let values = image.pixels().flat_map(|pixel| &pixel.channels()[..colours]);
    let (low, high) = values.fold((u16::MAX, 0), |(low, high), value| (low.min(*value), high.max(*value)));
    (low <= high).then(|| [f64::from(low), f64::from(high)])
}

/// Not a number counts as endless: neither can be shown.
fn floats(values: impl Iterator<Item = f32>) -> Option<[f64; 2]> {
    let found = values.fold(None, |range: Option<[f32; 2]>, value| {
        let value = if value.is_nan() { f32::INFINITY } else { value };
        let [low, high] = range.unwrap_or([value; 2]);
        Some([low.min(value), high.max(value)])
    })?;
    Some(found.map(f64::from))
}

/// An image with the values between black and white that `range` says. Where it says none, those of 16 bits have
/// all of theirs and floats those from 0 to 1.
///
/// # Errors
/// Floats beyond that.
pub(super) fn leveled(image: DynamicImage, range: Option<[f64; 2]>) -> Result<DynamicImage, String> {
    use DynamicImage::{ImageRgb32F, ImageRgba32F};
    let Some([low, high]) = values(&image) else { return Ok(image) };
    let is_float = matches!(image, ImageRgb32F(_) | ImageRgba32F(_));
    if !low.is_finite() || !high.is_finite() {
        return Err("some of its values are infinite or no numbers".into());
    }
    let [black, white] = match range {
        Some(range) => range,
        None if !is_float => return Ok(image),
        None if low < 0.0 || high > 1.0 => {
            return Err(format!(
                "its values are floats from {low} to {high}, and not from 0 to 1; say which are black and white, such \
                 as `range = [{}, {}]` in the dataset",
                if low < 0.0 { low.floor() } else { 0.0 },
                high.ceil()
            ));
        }
        None => [0.0, 1.0],
    };
    let level = |value: f64| ((value - black) / (white - black) * 255.0).round().clamp(0.0, 255.0) as u8;
    let (width, height) = (image.width(), image.height());
    let has_alpha = image.color().has_alpha();
    Ok(match image {
        DynamicImage::ImageLuma16(image) => {
            let bytes = image.pixels().map(|pixel| level(f64::from(pixel.0[0]))).collect();
            GrayImage::from_raw(width, height, bytes).map(DynamicImage::ImageLuma8)
        }
        other if has_alpha => {
            let alpha = other.to_rgba8();
            let colours = colours(&other);
            let bytes = colours
                .into_iter()
                .zip(alpha.pixels())
                .flat_map(|(colour, alpha)| {
                    let [r, g, b] = colour.map(level);
                    [r, g, b, alpha.0[3]]
                })
                .collect();
            RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8)
        }
        other => {
            let bytes = colours(&other).into_iter().flat_map(|colour| colour.map(level)).collect();
            RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8)
        }
    }
    .expect("as many bytes as the image has pixels"))
}

/// The colours of an image with the values that it has.
fn colours(image: &DynamicImage) -> Vec<[f64; 3]> {
    let three = |pixel: [u16; 3]| pixel.map(f64::from);
    match image {
        DynamicImage::ImageRgb32F(image) => image.pixels().map(|pixel| pixel.0.map(f64::from)).collect(),
        DynamicImage::ImageRgba32F(image) => {
            image.pixels().map(|Rgba([r, g, b, _])| [*r, *g, *b].map(f64::from)).collect()
        }
        other => other.to_rgb16().pixels().map(|pixel| three(pixel.0)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use image::{Luma, Rgb};

    use super::*;

    fn gray16(values: &[u16]) -> DynamicImage {
        let image = ImageBuffer::from_fn(values.len() as u32, 1, |x, _| Luma([values[x as usize]]));
        DynamicImage::ImageLuma16(image)
    }

    fn floats(values: &[f32]) -> DynamicImage {
        DynamicImage::ImageRgb32F(ImageBuffer::from_fn(values.len() as u32, 1, |x, _| {
            Rgb([values[x as usize]; 3])
        }))
    }

    #[test]
    fn sixteen_bits_are_spread_over_the_range_that_is_said() {
        let image = gray16(&[0, 1000, 4095, 5000]);
        assert_eq!(values(&image), Some([0.0, 5000.0]));
        assert_eq!(leveled(image.clone(), None), Ok(image.clone()), "as they are");
        let leveled = leveled(image, Some([0.0, 4095.0])).unwrap().into_luma8().into_raw();
        assert_eq!(leveled, [0, 62, 255, 255]);
    }

    #[test]
    fn floats_are_refused_or_spread_never_cut() {
        let unit = leveled(floats(&[0.0, 0.5, 1.0]), None).unwrap().into_rgb8();
        assert_eq!(unit.pixels().map(|pixel| pixel.0[0]).collect::<Vec<_>>(), [0, 128, 255]);
        let refused = leveled(floats(&[0.0, 200.5]), None).unwrap_err();
        assert!(refused.contains("from 0 to 200.5") && refused.contains("range = [0, 201]"), "{refused}");
        let spread = leveled(floats(&[-10.0, 0.0, 10.0]), Some([-10.0, 10.0])).unwrap().into_rgb8();
        assert_eq!(spread.pixels().map(|pixel| pixel.0[0]).collect::<Vec<_>>(), [0, 128, 255]);
        for odd in [f32::NAN, f32::INFINITY] {
            let said = leveled(floats(&[0.0, odd]), Some([0.0, 1.0])).unwrap_err();
            assert!(said.contains("no numbers"), "{said}");
        }
    }

    #[test]
    fn transparency_is_no_value_and_stays() {
        let image = DynamicImage::ImageRgba16(ImageBuffer::from_pixel(2, 1, Rgba([100, 200, 4095, 65535])));
        assert_eq!(values(&image), Some([100.0, 4095.0]));
        let leveled = leveled(image, Some([0.0, 4095.0])).unwrap();
        assert_eq!(leveled.into_rgba8().get_pixel(0, 0).0, [6, 12, 255, 255]);
    }

    #[test]
    fn eight_bits_have_no_range() {
        let image = DynamicImage::ImageLuma8(GrayImage::from_pixel(2, 2, Luma([7])));
        assert_eq!(values(&image), None);
        assert_eq!(leveled(image.clone(), Some([0.0, 10.0])), Ok(image));
    }
}
