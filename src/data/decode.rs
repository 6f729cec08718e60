//! Image files to pixels: decoded, turned upright, scaled.

use std::io::Cursor;
use std::path::Path;

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

use super::error::DataError;

/// Decodes a file by its content, whatever its name says, and turns it upright (EXIF).
///
/// # Errors
/// [`DataError::Unreadable`] with the file and the reason.
pub fn decode_file(path: &Path) -> Result<DynamicImage, DataError> {
    let bytes = std::fs::read(path).map_err(|error| DataError::unreadable(path, error))?;
    let format = image::guess_format(&bytes).map_err(|_| {
        DataError::unreadable(path, "its content is not that of a JPEG, PNG, BMP, TIFF or WebP image")
    })?;
    if format == ImageFormat::Jpeg && !is_whole_jpeg(&bytes) {
        let problem = "the JPEG ends in the middle of its image; is the file truncated?";
        return Err(DataError::unreadable(path, problem));
    }
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let decode = || -> image::ImageResult<DynamicImage> {
        let mut decoder = reader.into_decoder()?;
        // A damaged header may ask for more memory than there is.
        let mut limits = Limits::default();
        limits.reserve(decoder.total_bytes())?;
        decoder.set_limits(limits)?;
        let orientation = decoder.orientation()?;
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(image)
    };
    decode().map_err(|error| DataError::unreadable(path, error))
}

/// Whether the last scan of a JPEG is followed by its end marker: the decoder fills what is missing
/// with gray and says nothing.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let last = |marker: [u8; 2]| bytes.windows(2).rposition(|pair| pair == marker);
    let (scan, end) = (last([0xFF, 0xDA]), last([0xFF, 0xD9]));
    scan.is_none() || end > scan
}

/// Scales an image to `size`×`size` and gives its bytes channel by channel: `channels`·size² of
/// them, 0 to 255.
///
/// The image is squeezed, not cropped. The filter is bilinear with its support widened when
/// shrinking (antialiased), as in Pillow and torchvision. Transparent pixels are shown over white.
pub fn to_pixels(image: &DynamicImage, size: usize, channels: usize) -> Vec<u8> {
    let (bytes, pixel_type) = match channels {
        1 => (opaque(image).into_luma8().into_raw(), PixelType::U8),
        _ => (opaque(image).into_rgb8().into_raw(), PixelType::U8x3),
    };
    let scaled = resize(bytes, image.width(), image.height(), pixel_type, size as u32);
    planar(&scaled, channels)
}

/// The image in gray and in its own size, transparent pixels over white.
pub fn to_gray(image: &DynamicImage) -> GrayImage {
    opaque(image).into_luma8()
}

fn resize(bytes: Vec<u8>, width: u32, height: u32, pixel_type: PixelType, size: u32) -> Vec<u8> {
    let source = Image::from_vec_u8(width, height, bytes, pixel_type)
        .expect("a decoded image has as many bytes as its size says");
    let mut target = Image::new(size, size, pixel_type);
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
    Resizer::new()
        .resize(&source, &mut target, &options)
        .expect("source and target have the same pixel type");
    target.into_vec()
}

/// Interleaved pixels to one plane per channel.
fn planar(interleaved: &[u8], channels: usize) -> Vec<u8> {
    (0..channels).flat_map(|channel| interleaved.iter().skip(channel).step_by(channels).copied()).collect()
}

/// Blends an image that has an alpha channel over white.
fn opaque(image: &DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image.clone();
    }
    let blended = image.to_rgba8();
    DynamicImage::ImageRgb8(RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = blended.get_pixel(x, y).0.map(u32::from);
        Rgb([r, g, b].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8))
    }))
}
