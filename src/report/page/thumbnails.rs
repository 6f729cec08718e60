//! A few images of a run, the worst mistakes first, in one small JPEG: image, reconstruction, residual and mask.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, replace, resize};
use image::{Rgb, RgbImage};
use serde::Serialize;

use crate::report::ReportError;
use crate::report::draw::axis::tick;
use crate::report::draw::residual_overlay::{Map, Residual};
use crate::report::select::run_groups::pictures_of;
use crate::spec::Label;
use crate::store::{PictureRow, Role};

/// Images are shown in this side, so that a page of a thousand runs stays light.
const SIDE: u32 = 40;
/// White between them.
const SEAM: u32 = 2;
const QUALITY: u8 = 70;

/// What stands for a run: the worst mistakes, the usual, and what is clearest.
const SHOWN: [(Label, Role, usize, &str); 6] = [
    (Label::Normal, Role::Highest, 2, "normal, highest"),
    (Label::Anomaly, Role::Lowest, 2, "anomaly, lowest"),
    (Label::Normal, Role::Median, 1, "normal, median"),
    (Label::Anomaly, Role::Median, 1, "anomaly, median"),
    (Label::Normal, Role::Lowest, 1, "normal, lowest"),
    (Label::Anomaly, Role::Highest, 1, "anomaly, highest"),
];

/// Images side by side, under each what the run makes of it.
#[derive(Serialize)]
pub(crate) struct Strip {
    /// JPEG in Base64.
    jpeg: String,
    width: u32,
    height: u32,
    /// What each column is, from left to right.
    columns: Vec<Column>,
    has_masks: bool,
    /// What is seen, for those who do not see it.
    alt: String,
}

#[derive(Serialize)]
struct Column {
    words: &'static str,
    score: String,
    /// What the threshold makes of it, where that is wrong.
    mistake: Option<&'static str>,
    /// The image's name.
    image: String,
}

/// The strip of a run's pictures; absent where it has none.
pub(crate) fn strip(pictures: &[PictureRow], threshold: Option<f64>) -> Result<Option<Strip>, ReportError> {
    let mut shown: Vec<(&PictureRow, &'static str)> = Vec::new();
    for (label, role, count, words) in SHOWN {
        let found = pictures_of(pictures, label, role, count, median(pictures, label));
        shown.extend(found.into_iter().map(|picture| (picture, words)));
    }
    if shown.is_empty() {
        return Ok(None);
    }
    let residuals =
        shown.iter().map(|(picture, _)| Residual::of(picture)).collect::<Result<Vec<_>, ReportError>>()?;
    let largest = residuals.iter().map(Residual::largest).fold(0.0, f64::max);
    let has_masks = shown.iter().any(|(picture, _)| picture.mask.is_some());
    let step = SIDE + SEAM;
    let rows = if has_masks { 4 } else { 3 };
    let (width, height) = (step * shown.len() as u32 - SEAM, step * rows - SEAM);
    let mut strip = RgbImage::from_pixel(width, height, Rgb([255; 3]));
    for (nth, (residual, (picture, _))) in residuals.iter().zip(&shown).enumerate() {
        let mut put = |row: u32, image: &RgbImage| {
            let filter = if image.width() < SIDE { FilterType::Nearest } else { FilterType::Triangle };
            let tile = resize(image, SIDE, SIDE, filter);
            replace(&mut strip, &tile, i64::from(step) * nth as i64, i64::from(step * row));
        };
        put(0, &residual.actual);
        put(1, &residual.made);
        put(2, &residual.map(Map::Absolute, largest));
        if let Some(mask) = &picture.mask {
            put(3, &image::load_from_memory(mask)?.into_rgb8());
        }
    }
    let mut jpeg = Vec::new();
    strip.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))?;
    let columns: Vec<Column> =
        shown.iter().map(|(picture, words)| column(picture, words, threshold)).collect();
    let said = columns.iter().map(|of| format!("{} {}", of.words, of.score)).collect::<Vec<_>>().join("; ");
    let alt = format!("Test images with reconstructions and residuals. Scores: {said}");
    Ok(Some(Strip { jpeg: BASE64_STANDARD.encode(jpeg), width, height, columns, has_masks, alt }))
}

/// The middle one of those around the median.
fn median(pictures: &[PictureRow], label: Label) -> Option<f64> {
    let around = pictures.iter().filter(|picture| picture.label == label && picture.role == Role::Median);
    let mut scores: Vec<f64> = around.map(|picture| picture.score).collect();
    scores.sort_by(f64::total_cmp);
    scores.get(scores.len() / 2).copied()
}

fn column(picture: &PictureRow, words: &'static str, threshold: Option<f64>) -> Column {
    let is_above = threshold.map(|threshold| picture.score > threshold);
    let mistake = match (picture.label, is_above) {
        (Label::Normal, Some(true)) => Some("false alarm"),
        (Label::Anomaly, Some(false)) => Some("missed"),
        _ => None,
    };
    Column { words, score: tick(&picture.score), mistake, image: picture.image.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(label: Label, role: Role, score: f64, levels: [u8; 2]) -> PictureRow {
        let png = |level| {
            let mut bytes = std::io::Cursor::new(Vec::new());
            let image = image::GrayImage::from_pixel(128, 128, image::Luma([level]));
            image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
            bytes.into_inner()
        };
        let [actual, reconstruction] = levels.map(png);
        PictureRow { image: format!("{score}.png"), label, role, score, actual, reconstruction, mask: None }
    }

    #[test]
    fn the_worst_mistakes_come_first() {
        let pictures = [
            picture(Label::Anomaly, Role::Highest, 9.0, [40, 60]),
            picture(Label::Anomaly, Role::Lowest, 1.0, [80, 100]),
            picture(Label::Normal, Role::Median, 2.0, [120, 140]),
            picture(Label::Normal, Role::Highest, 5.0, [160, 180]),
        ];
        let strip = strip(&pictures, Some(3.0)).unwrap().unwrap();
        assert_eq!((strip.width, strip.height), (4 * SIDE + 3 * SEAM, 3 * SIDE + 2 * SEAM));
        let said: Vec<(&str, &str, Option<&str>)> =
            strip.columns.iter().map(|of| (of.words, of.score.as_str(), of.mistake)).collect();
        let expected = [
            ("normal, highest", "5", Some("false alarm")),
            ("anomaly, lowest", "1", Some("missed")),
            ("normal, median", "2", None),
            ("anomaly, highest", "9", None),
        ];
        assert_eq!(said, expected);
        let shown =
            image::load_from_memory(&BASE64_STANDARD.decode(strip.jpeg).unwrap()).unwrap().into_luma8();
        for (nth, level) in [160, 80, 120, 40].into_iter().enumerate() {
            let x = nth as u32 * (SIDE + SEAM) + SIDE / 2;
            let found = [SIDE / 2, SIDE + SEAM + SIDE / 2].map(|y| shown.get_pixel(x, y).0[0]);
            assert!(found[0].abs_diff(level) < 8 && found[1].abs_diff(level + 20) < 8, "{nth}: {found:?}");
        }
    }

    #[test]
    fn no_pictures_no_strip() {
        assert!(strip(&[], None).unwrap().is_none());
    }
}
