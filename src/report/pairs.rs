//! Figures 4 and 6 of the paper: images beside their reconstructions.

use image::RgbImage;
use image::imageops::{FilterType, resize};
use plotters::element::BitMapElement;
use plotters::prelude::*;

use super::ReportError;
use super::canvas::{Area, Drawing, Figure, footer, text};
use super::select::Group;

/// Side of a shown image in pixels.
const SIDE: u32 = 112;
const GAP: u32 = 10;
const LEFT: u32 = 110;
const TOP: u32 = 76;
/// Pairs in one cell of the table.
const PAIRS: usize = 2;

/// Which images stand for the rest.
#[derive(Clone, Copy)]
pub(super) enum Choice {
    /// Lowest-scored normal and highest-scored anomalous images, as in the paper.
    Extremes,
    /// Images with median scores.
    Median,
    /// Highest-scored normal and lowest-scored anomalous images.
    Mistakes,
}

impl Choice {
    pub const ALL: [Self; 3] = [Self::Extremes, Self::Median, Self::Mistakes];

    pub fn name(self) -> &'static str {
        match self {
            Self::Extremes => "pairs-extremes",
            Self::Median => "pairs-median",
            Self::Mistakes => "pairs-mistakes",
        }
    }

    pub fn caption(self) -> &'static str {
        match self {
            Self::Extremes => {
                "test images (left of each pair) and reconstructions (right): the lowest-scored normal and the \
                 highest-scored anomalous ones, as in the paper. Extremes flatter a model."
            }
            Self::Median => {
                "test images (left of each pair) and reconstructions (right): those with the median scores."
            }
            Self::Mistakes => {
                "test images (left of each pair) and reconstructions (right): the worst mistakes, the \
                 highest-scored normal and the lowest-scored anomalous ones."
            }
        }
    }

    fn role(self, label: &str) -> &'static str {
        match (self, label) {
            (Self::Median, _) => "median",
            (Self::Extremes, "normal") | (Self::Mistakes, "anomaly") => "lowest",
            _ => "highest",
        }
    }
}

/// An image, its reconstruction and its score.
struct Pair {
    actual: RgbImage,
    reconstruction: RgbImage,
    score: f64,
}

pub(super) struct Pairs<'a> {
    group: &'a Group,
    /// By label, then by model.
    cells: Vec<(&'static str, Vec<Vec<Pair>>)>,
}

impl<'a> Pairs<'a> {
    pub fn new(group: &'a Group, choice: Choice) -> Result<Self, ReportError> {
        let cells = ["normal", "anomaly"]
            .into_iter()
            .map(|label| {
                let role = choice.role(label);
                let models = group
                    .making_images()
                    .iter()
                    .map(|model| {
                        model
                            .pictures
                            .iter()
                            .filter(|picture| picture.label == label && picture.role == role)
                            .take(PAIRS)
                            .map(|picture| {
                                Ok(Pair {
                                    actual: shown(&picture.actual)?,
                                    reconstruction: shown(&picture.reconstruction)?,
                                    score: picture.score,
                                })
                            })
                            .collect()
                    })
                    .collect::<Result<_, ReportError>>()?;
                Ok((label, models))
            })
            .collect::<Result<_, ReportError>>()?;
        Ok(Self { group, cells })
    }

    fn cell_width() -> u32 {
        PAIRS as u32 * (2 * SIDE + GAP) + 2 * GAP
    }
}

/// A PNG enlarged without smoothing, so that its pixels can be seen.
pub(super) fn shown(png: &[u8]) -> Result<RgbImage, ReportError> {
    Ok(resize(&image::load_from_memory(png)?.into_rgb8(), SIDE, SIDE, FilterType::Nearest))
}

/// Draws an image with its upper left corner at a place.
pub(super) fn put<DB: DrawingBackend>(area: &Area<'_, DB>, image: &RgbImage, at: (i32, i32)) -> Drawing<DB> {
    match BitMapElement::with_owned_buffer(at, image.dimensions(), image.as_raw().clone()) {
        Some(element) => area.draw(&element),
        None => Ok(()), // the buffer of an RgbImage always has the length that is asked for
    }
}

impl Figure for Pairs<'_> {
    fn size(&self) -> (u32, u32) {
        let width = LEFT + self.group.making_images().len() as u32 * (Self::cell_width() + GAP);
        (width.max(700), TOP + 2 * (SIDE + 40) + 30)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        for (column, model) in self.group.making_images().into_iter().enumerate() {
            let x = (LEFT + column as u32 * (Self::cell_width() + GAP)) as i32;
            area.draw(&Text::new(model.title().to_string(), (x, 10), text(20, &BLACK)))?;
            area.draw(&Text::new("actual | reconstructed", (x, 40), text(14, &RGBColor(90, 90, 90))))?;
        }
        for (row, (label, models)) in self.cells.iter().enumerate() {
            let y = (TOP + row as u32 * (SIDE + 40)) as i32;
            area.draw(&Text::new(label.to_string(), (14, y + SIDE as i32 / 2 - 8), text(17, &BLACK)))?;
            for (column, pairs) in models.iter().enumerate() {
                let left = (LEFT + column as u32 * (Self::cell_width() + GAP)) as i32;
                if pairs.is_empty() {
                    area.draw(&Text::new("no pictures in the store", (left, y), text(14, &BLACK)))?;
                }
                for (nth, pair) in pairs.iter().enumerate() {
                    let x = left + nth as i32 * (2 * SIDE + 2 * GAP) as i32;
                    put(area, &pair.actual, (x, y))?;
                    put(area, &pair.reconstruction, (x + SIDE as i32 + 2, y))?;
                    let words = format!("score {}", super::canvas::tick(&pair.score));
                    area.draw(&Text::new(words, (x, y + SIDE as i32 + 4), text(13, &RGBColor(90, 90, 90))))?;
                }
            }
        }
        footer(area, &self.group.origin(&self.group.models.iter().collect::<Vec<_>>()))
    }
}
