//! Figures 4 and 6 of the paper: images beside their reconstructions.

use image::RgbImage;
use plotters::prelude::*;

use crate::eval::measure::THRESHOLD;
use crate::report::ReportError;
use crate::report::draw::axis::tick;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::image::{enlarged, put, side};
use crate::report::draw::text::text;
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::spec::Label;
use crate::store::Role;

const GAP: u32 = 10;
const LEFT: u32 = 104;
const TOP: u32 = 84;
/// Room below an image for its score and its name.
const WORDS: u32 = 50;
/// Pairs in one cell of the table.
const PAIRS: usize = 2;
/// Models beside each other, as in the paper; more stand below.
const COLUMNS: usize = 2;
const GRAY: RGBColor = RGBColor(90, 90, 90);

/// Which images stand for the rest.
#[derive(Clone, Copy)]
pub(crate) enum Choice {
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

    fn role(self, label: Label) -> Role {
        match (self, label) {
            (Self::Median, _) => Role::Median,
            (Self::Extremes, Label::Normal) | (Self::Mistakes, Label::Anomaly) => Role::Lowest,
            (Self::Extremes, Label::Anomaly) | (Self::Mistakes, Label::Normal) => Role::Highest,
        }
    }
}

/// An image, its reconstruction and its score.
struct Pair {
    actual: RgbImage,
    reconstruction: RgbImage,
    score: f64,
    name: String,
}

pub(crate) struct Pairs<'a> {
    group: &'a Group,
    /// One a model.
    cells: Vec<Cells<'a>>,
}

/// What the table shows of one model.
struct Cells<'a> {
    model: &'a ModelRuns,
    /// By label.
    pairs: [(Label, Vec<Pair>); 2],
}

impl<'a> Pairs<'a> {
    pub fn new(group: &'a Group, choice: Choice) -> Result<Self, ReportError> {
        let cells = group
            .making_images()
            .into_iter()
            .map(|model| {
                let pairs = |label| pairs(model, label, choice.role(label));
                Ok(Cells {
                    model,
                    pairs: [(Label::Normal, pairs(Label::Normal)?), (Label::Anomaly, pairs(Label::Anomaly)?)],
                })
            })
            .collect::<Result<_, ReportError>>()?;
        Ok(Self { group, cells })
    }

    fn side(&self) -> u32 {
        // Images that were judged in tiles are larger than what the model sees.
        let pairs = self.cells.iter().flat_map(|cells| &cells.pairs).flat_map(|(_, pairs)| pairs);
        pairs.map(|pair| pair.actual.width()).max().unwrap_or(side(self.group.image_size))
    }

    fn cell_width(&self) -> u32 {
        PAIRS as u32 * (2 * self.side() + 2 + 2 * GAP) + GAP
    }

    /// Height of a heading and the two rows below it.
    fn block_height(&self) -> u32 {
        TOP + 2 * (self.side() + WORDS)
    }
}

fn pairs(model: &ModelRuns, label: Label, role: Role) -> Result<Vec<Pair>, ReportError> {
    model
        .pictures
        .iter()
        .filter(|picture| picture.label == label && picture.role == role)
        .take(PAIRS)
        .map(|picture| {
            Ok(Pair {
                actual: enlarged(&image::load_from_memory(&picture.actual)?.into_rgb8()),
                reconstruction: enlarged(&image::load_from_memory(&picture.reconstruction)?.into_rgb8()),
                score: picture.score,
                name: picture.image.rsplit('/').next().unwrap_or_default().into(),
            })
        })
        .collect()
}

impl Figure for Pairs<'_> {
    fn size(&self) -> (u32, u32) {
        let columns = self.cells.len().clamp(1, COLUMNS) as u32;
        let blocks = self.cells.len().div_ceil(COLUMNS).max(1) as u32;
        ((LEFT + columns * (self.cell_width() + GAP)).max(700), blocks * self.block_height())
    }

    fn origin(&self) -> String {
        let models: Vec<&ModelRuns> = self.cells.iter().map(|cells| cells.model).collect();
        self.group.origin(&models)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        for (nth, cells) in self.cells.iter().enumerate() {
            let x = LEFT + (nth % COLUMNS) as u32 * (self.cell_width() + GAP);
            let y = (nth / COLUMNS) as u32 * self.block_height();
            self.draw_cells(area, cells, nth, (x as i32, y as i32))?;
        }
        Ok(())
    }
}

impl Pairs<'_> {
    /// A model's heading and its two rows; the first model of a line has the labels at its left.
    fn draw_cells<DB: DrawingBackend>(
        &self,
        area: &Area<'_, DB>,
        cells: &Cells<'_>,
        nth: usize,
        (x, y): (i32, i32),
    ) -> Drawing<DB> {
        let side = self.side() as i32;
        let letter = char::from(b'a' + nth as u8);
        let threshold = cells.model.shown.measures.get(&THRESHOLD);
        let threshold = threshold.map_or(String::new(), |at| format!(", threshold {}", tick(&at)));
        let heading = format!("({letter}) {}{threshold}", cells.model.title());
        area.draw(&Text::new(heading, (x, y + 12), text(19, &BLACK)))?;
        let width = self.cell_width() as i32 - 2 * GAP as i32;
        area.draw(&PathElement::new([(x, y + 42), (x + width, y + 42)], RGBColor(190, 190, 190)))?;
        for (row, (label, pairs)) in cells.pairs.iter().enumerate() {
            let top = y + TOP as i32 + row as i32 * (side + WORDS as i32);
            if nth.is_multiple_of(COLUMNS) {
                area.draw(&Text::new(label.name(), (14, top + side / 2 - 8), text(17, &BLACK)))?;
            }
            if pairs.is_empty() {
                area.draw(&Text::new("no pictures in the store", (x, top), text(14, &BLACK)))?;
            }
            for (nth, pair) in pairs.iter().enumerate() {
                let left = x + nth as i32 * (2 * side + 2 + 2 * GAP as i32);
                if row == 0 {
                    area.draw(&Text::new("actual", (left, top - 24), text(14, &GRAY)))?;
                    area.draw(&Text::new("reproduced", (left + side + 2, top - 24), text(14, &GRAY)))?;
                }
                put(area, &pair.actual, (left, top))?;
                put(area, &pair.reconstruction, (left + side + 2, top))?;
                let score = format!("score {}", tick(&pair.score));
                area.draw(&Text::new(score, (left, top + side + 5), text(14, &BLACK)))?;
                area.draw(&Text::new(pair.name.clone(), (left, top + side + 23), text(11, &GRAY)))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_shown_in_whole_multiples_of_their_size() {
        assert_eq!([16, 32, 64, 128, 256].map(side), [128, 128, 128, 128, 256]);
        let image = RgbImage::from_fn(16, 16, |x, y| image::Rgb([x as u8, y as u8, 0]));
        let shown = enlarged(&image);
        assert!(shown.enumerate_pixels().all(|(x, y, pixel)| pixel == image.get_pixel(x / 8, y / 8)));
    }
}
