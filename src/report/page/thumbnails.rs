//! A few images of a run beside their reconstructions, in one small JPEG.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, replace, resize};
use image::{DynamicImage, RgbImage};
use serde::Serialize;

use crate::report::ReportError;
use crate::report::draw::axis::tick;
use crate::spec::Label;
use crate::store::{PictureRow, Role};

/// Images are shrunk to this side, so that a page of a thousand runs stays light.
const SIDE: u32 = 64;
const QUALITY: u8 = 85;

/// What stands for a run: the usual of both labels, and the worst mistakes.
const SHOWN: [(Label, Role, &str); 4] = [
    (Label::Normal, Role::Median, "normal, median"),
    (Label::Anomaly, Role::Median, "anomaly, median"),
    (Label::Normal, Role::Highest, "normal, highest score"),
    (Label::Anomaly, Role::Lowest, "anomaly, lowest score"),
];

/// Pairs of image and reconstruction side by side.
#[derive(Serialize)]
pub(crate) struct Strip {
    /// JPEG in Base64.
    jpeg: String,
    width: u32,
    height: u32,
    /// What each pair is, from left to right.
    pairs: Vec<String>,
}

/// The strip of a run's pictures; absent where it has none.
pub(crate) fn strip(pictures: &[PictureRow]) -> Result<Option<Strip>, ReportError> {
    let shown: Vec<(&PictureRow, &str)> = SHOWN
        .iter()
        .filter_map(|(label, role, words)| {
            let of = |picture: &&PictureRow| picture.label == *label && picture.role == *role;
            Some((pictures.iter().find(of)?, *words))
        })
        .collect();
    let Some((first, _)) = shown.first() else { return Ok(None) };
    let first = image::load_from_memory(&first.actual)?;
    let (is_gray, side) = (!first.color().has_color(), first.width().min(SIDE));
    let mut strip = RgbImage::new(2 * side * shown.len() as u32, side);
    let images = shown.iter().flat_map(|(picture, _)| [&picture.actual, &picture.reconstruction]);
    for (nth, png) in images.enumerate() {
        let tile = resize(&image::load_from_memory(png)?.into_rgb8(), side, side, FilterType::Triangle);
        replace(&mut strip, &tile, i64::from(side) * nth as i64, 0);
    }
    let (width, height) = strip.dimensions();
    let strip = DynamicImage::from(strip);
    let strip = if is_gray { DynamicImage::from(strip.into_luma8()) } else { strip };
    let mut jpeg = Vec::new();
    strip.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))?;
    let pairs = shown.iter().map(|(picture, words)| format!("{words}: {}", tick(&picture.score))).collect();
    Ok(Some(Strip { jpeg: BASE64_STANDARD.encode(jpeg), width, height, pairs }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(label: Label, role: Role, side: u32, levels: [u8; 2]) -> PictureRow {
        let png = |level| {
            let mut bytes = std::io::Cursor::new(Vec::new());
            let image = image::GrayImage::from_pixel(side, side, image::Luma([level]));
            image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
            bytes.into_inner()
        };
        let [actual, reconstruction] = levels.map(png);
        PictureRow { image: "a".into(), label, role, score: 0.5, actual, reconstruction, mask: None }
    }

    #[test]
    fn pairs_stand_side_by_side() {
        let pictures = [
            picture(Label::Anomaly, Role::Median, 128, [200, 250]),
            picture(Label::Normal, Role::Median, 128, [10, 90]),
        ];
        let strip = strip(&pictures).unwrap().unwrap();
        assert_eq!((strip.width, strip.height), (4 * SIDE, SIDE));
        assert_eq!(strip.pairs, ["normal, median: 0.5", "anomaly, median: 0.5"]);
        let shown = image::load_from_memory(&BASE64_STANDARD.decode(strip.jpeg).unwrap()).unwrap();
        assert!(!shown.color().has_color());
        let shown = shown.into_luma8();
        for (nth, level) in [10, 90, 200, 250].into_iter().enumerate() {
            let found = shown.get_pixel(nth as u32 * SIDE + SIDE / 2, SIDE / 2).0[0];
            assert!(found.abs_diff(level) < 6, "tile {nth}: {found}");
        }
    }

    #[test]
    fn no_pictures_no_strip() {
        assert!(strip(&[]).unwrap().is_none());
        assert!(strip(&[picture(Label::Normal, Role::Lowest, 32, [0, 0])]).unwrap().is_none());
    }
}
