//! Image files to pixels: decoded, turned upright, scaled.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{
    DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, Rgb32FImage, RgbImage,
};

use super::error::DataError;
use super::jpeg;
use super::levels::leveled;
use super::room::{Held, hold};
use super::square::square;
use crate::spec::{Fit, Gray};

/// Bytes that are taken while an image is decoded and scaled, as a multiple of its own: its copy in 8 bits and
/// that in gray stand beside it.
const COPIES: u64 = 3;

/// Decodes a file by its content, whatever its name says, and turns it upright (EXIF).
///
/// # Errors
/// [`DataError::Unreadable`] with the file and the reason.
pub fn decode_file(path: &Path) -> Result<DynamicImage, DataError> {
    decode_in_range(path, None)
}

/// The same, with the range of the values that lie between black and white in images of more than 8 bits.
///
/// # Errors
/// [`DataError::Unreadable`] with the file and the reason.
pub fn decode_in_range(path: &Path, range: Option<[f64; 2]>) -> Result<DynamicImage, DataError> {
    let opened = open(path)?;
    leveled(opened.image, range).map_err(|problem| DataError::unreadable(path, problem))
}

/// A decoded file, upright, with the values that it has.
pub(super) struct Opened {
    pub image: DynamicImage,
    /// Whether its values are about those that were written (JPEG, some WebP).
    pub lossy: bool,
    /// Its memory.
    pub held: Held,
}

/// What a file says of its image before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Header {
    /// Width and height as they are stored.
    pub raw: (u32, u32),
    /// How it is turned to stand upright.
    pub turned: Orientation,
    /// More than 8 bits a value.
    pub deep: bool,
    /// More than one picture; the first is taken.
    pub several: bool,
}

impl Header {
    /// That of an image in memory.
    pub fn of(image: &DynamicImage) -> Self {
        let raw = (image.width(), image.height());
        Self { raw, turned: Orientation::NoTransforms, deep: false, several: false }
    }

    /// Width and height of the upright image.
    pub fn upright(&self) -> (u32, u32) {
        let (width, height) = self.raw;
        if self.turns_sides() { (height, width) } else { (width, height) }
    }

    fn turns_sides(&self) -> bool {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        matches!(self.turned, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
    }
}

/// What a file's header says; absent where it cannot be read.
pub(super) fn header(bytes: &[u8]) -> Option<Header> {
    let format = format(bytes).ok()?;
    if let Some((width, height)) = gray_floats(bytes, format) {
        return Some(Header {
            raw: (width, height),
            turned: Orientation::NoTransforms,
            deep: true,
            several: several(bytes, format),
        });
    }
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().ok()?;
    let color = decoder.color_type();
    Some(Header {
        raw: decoder.dimensions(),
        turned: decoder.orientation().unwrap_or(Orientation::NoTransforms),
        deep: color.bytes_per_pixel() > color.channel_count(),
        several: several(bytes, format),
    })
}

/// Whether a file holds more than one picture.
fn several(bytes: &[u8], format: ImageFormat) -> bool {
    use image::codecs::{png::PngDecoder, webp::WebPDecoder};
    match format {
        ImageFormat::Png => {
            PngDecoder::new(Cursor::new(bytes)).and_then(|png| png.is_apng()).unwrap_or(false)
        }
        ImageFormat::WebP => WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|webp| webp.has_animation()),
        ImageFormat::Tiff => {
            tiff::decoder::Decoder::new(Cursor::new(bytes)).is_ok_and(|tiff| tiff.more_images())
        }
        _ => false,
    }
}

/// Reads and decodes a file; waits for memory where others are being decoded.
pub(super) fn open(path: &Path) -> Result<Opened, DataError> {
    let bytes = std::fs::read(path).map_err(|error| DataError::unreadable(path, error))?;
    decoded(&bytes).map_err(|error| DataError::unreadable(path, error))
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

fn decoded(bytes: &[u8]) -> Result<Opened, Problem> {
    let format = format(bytes)?;
    if format == ImageFormat::Jpeg && !jpeg::is_whole(bytes) {
        return Err("the JPEG ends in the middle of its image; is the file truncated?".into());
    }
    let lossy =
        format == ImageFormat::Jpeg || (format == ImageFormat::WebP && bytes.get(12..16) == Some(b"VP8 "));
    if let Some((width, height)) = gray_floats(bytes, format) {
        let needed = 12 * u64::from(width) * u64::from(height);
        Limits::default().reserve(needed)?;
        let held = hold(COPIES * needed);
        return Ok(Opened { image: read_gray_floats(bytes)?, lossy, held });
    }
    let mut decoder = match ImageReader::with_format(Cursor::new(bytes), format).into_decoder() {
        Err(image::ImageError::Unsupported(_)) if format == ImageFormat::Tiff => {
            return Err(unknown_tiff(bytes));
        }
        decoder => decoder?,
    };
    // A damaged header may ask for more memory than there is.
    let mut limits = Limits::default();
    limits.reserve(decoder.total_bytes())?;
    let held = hold(COPIES * decoder.total_bytes());
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(Opened { image, lossy, held })
}

/// The format by the first bytes, if it is one that is read.
fn format(bytes: &[u8]) -> Result<ImageFormat, String> {
    const READ: [ImageFormat; 5] =
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP];
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    if [b"II\x2b\0", b"MM\0\x2b"].iter().any(|big| bytes.starts_with(*big)) {
        return Ok(ImageFormat::Tiff); // BigTIFF
    }
    let not = "its content is not that of a JPEG, PNG, BMP, TIFF or WebP image";
    match image::guess_format(bytes) {
        Ok(format) if READ.contains(&format) => Ok(format),
        Ok(other) => Err(format!("{not}, but of {other:?}; convert it to PNG")),
        Err(_) => Err(match known_content(bytes) {
            Some(what) => format!("{not}, but {what}"),
            None => not.into(),
        }),
    }
}

/// What else people have under an image's name.
fn known_content(bytes: &[u8]) -> Option<&'static str> {
    let brand = bytes.get(4..12).filter(|brand| brand.starts_with(b"ftyp"));
    if brand.is_some() {
        return Some("of HEIC, AVIF or a film; convert it to PNG");
    }
    let known: [(&[u8], &str); 6] = [
        (b"\0\0\0\x0cjP  ", "of JPEG 2000; convert it to PNG"),
        (b"\xff\x4f\xff\x51", "of JPEG 2000; convert it to PNG"),
        (b"\0\x05\x16\x07", "what macOS keeps beside a file (AppleDouble)"),
        (b"version https://git-lfs", "a pointer of Git LFS; `git lfs pull` fetches the image"),
        (b"<", "a page of HTML or XML"),
        (b"%PDF", "a PDF"),
    ];
    known.into_iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, what)| what)
}

/// Width and height of a TIFF that holds one float a pixel, which the image library does not read.
fn gray_floats(bytes: &[u8], format: ImageFormat) -> Option<(u32, u32)> {
    use tiff::tags::{SampleFormat, Tag};
    if format != ImageFormat::Tiff {
        return None;
    }
    let mut decoder = tiff::decoder::Decoder::new(Cursor::new(bytes)).ok()?;
    let floats = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).ok()??;
    let is_float = floats.first() == Some(&SampleFormat::IEEEFP.to_u16());
    let wide = matches!(decoder.colortype().ok()?, tiff::ColorType::Gray(32 | 64));
    if is_float && wide { decoder.dimensions().ok() } else { None }
}

fn read_gray_floats(bytes: &[u8]) -> Result<DynamicImage, Problem> {
    use tiff::decoder::DecodingResult;
    let mut decoder = tiff::decoder::Decoder::new(Cursor::new(bytes))?;
    let (width, height) = decoder.dimensions()?;
    let values: Vec<f32> = match decoder.read_image()? {
        DecodingResult::F32(values) => values,
        DecodingResult::F64(values) => values.into_iter().map(|value| value as f32).collect(),
        _ => return Err("its samples are not those that its header says".into()),
    };
    let rgb = values.into_iter().flat_map(|value| [value; 3]).collect();
    let image = Rgb32FImage::from_raw(width, height, rgb).ok_or("it has fewer samples than pixels")?;
    Ok(DynamicImage::ImageRgb32F(image))
}

/// Names the samples of a TIFF that cannot be read.
fn unknown_tiff(bytes: &[u8]) -> Problem {
    let samples = tiff::decoder::Decoder::new(Cursor::new(bytes)).and_then(|mut tiff| tiff.colortype());
    let samples = samples.map_or_else(|error| error.to_string(), |color| format!("{color:?}"));
    format!(
        "TIFFs of this kind ({samples}) are not read; save it as gray or RGB with 8 or 16 bits or as floats"
    )
    .into()
}

/// Scales an image to `size`×`size` and gives its bytes channel by channel: `channels`·size² of
/// them, 0 to 255.
///
/// The whole image is squeezed. The filter is bilinear with its support widened when
/// shrinking (antialiased), as in Pillow and torchvision. Transparent pixels are shown over white. Colours become
/// gray by Rec. 601, as there.
pub fn to_pixels(image: &DynamicImage, size: usize, channels: usize) -> Vec<u8> {
    to_pixels_in(image, size, channels, (Gray::Rec601, Fit::Squeeze))
}

/// The same, with the gray and the shape of the images that a run was trained on.
pub fn to_pixels_in(image: &DynamicImage, size: usize, channels: usize, (gray, fit): (Gray, Fit)) -> Vec<u8> {
    let image = &*square(image, fit);
    let (bytes, pixel_type) = match channels {
        1 => (luma(&opaque(image), gray).into_raw(), PixelType::U8),
        _ => (opaque(image).to_rgb8().into_raw(), PixelType::U8x3),
    };
    let scaled = resize(bytes, image.width(), image.height(), pixel_type, size as u32);
    planar(&scaled, channels)
}

/// The part of an image that a model sees, in gray and in its own size, transparent pixels over white.
pub fn to_gray(image: &DynamicImage, fit: Fit) -> GrayImage {
    luma(&opaque(&square(image, fit)), Gray::Rec601)
}

/// Whether the two ways to gray differ for an image.
pub(super) fn is_coloured(image: &DynamicImage) -> bool {
    if !image.color().has_color() {
        return false;
    }
    let image = opaque(image);
    luma(&image, Gray::Rec601) != luma(&image, Gray::Rec709)
}

fn luma(image: &DynamicImage, gray: Gray) -> GrayImage {
    if gray == Gray::Rec709 || !image.color().has_color() {
        return image.to_luma8();
    }
    let rgb = match image {
        DynamicImage::ImageRgb8(rgb) => Cow::Borrowed(rgb),
        other => Cow::Owned(other.to_rgb8()),
    };
    // In whole numbers, as Pillow.
    let level = |[r, g, b]: [u8; 3]| {
        ((19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b) + 0x8000) >> 16) as u8
    };
    let levels = rgb.pixels().map(|pixel| level(pixel.0)).collect();
    GrayImage::from_raw(rgb.width(), rgb.height(), levels).expect("one level per pixel")
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
fn opaque(image: &DynamicImage) -> Cow<'_, DynamicImage> {
    if !image.color().has_alpha() {
        return Cow::Borrowed(image);
    }
    let blended = image.to_rgba8();
    Cow::Owned(DynamicImage::ImageRgb8(RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = blended.get_pixel(x, y).0.map(u32::from);
        Rgb([r, g, b].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8))
    })))
}
