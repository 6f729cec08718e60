//! Figures 4 and 6 of the paper: images beside their reconstructions.

use image::RgbImage;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::eval::measure::THRESHOLD;
use crate::report::ReportError;
use crate::report::draw::axis::tick;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::image::{put, side};
use crate::report::draw::stroke::THIN;
use crate::report::draw::text::{FAINT, HEADING, SMALL, USUAL, line_height, placed, shortened, text};
use crate::report::draw::theme::ALARM;
use crate::report::draw::units::pt;
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::spec::Label;
use crate::store::Role;
use crate::table::{Cell, Table};

const GAP: i32 = pt(5);
/// Between an image and its reconstruction.
const SEAM: i32 = pt(1);
const LEFT: i32 = pt(50);
/// Heading and the words over the images.
const TOP: i32 = pt(32);
/// Room below an image for its score and its name.
const WORDS: i32 = pt(22);
/// Pairs in one cell of the table.
const PAIRS: usize = 2;
/// Models beside each other, as in the paper; more stand below.
const COLUMNS: usize = 2;
/// Where a model has less room, they stand below each other.
const NARROWEST: i32 = pt(170);
/// Larger images say no more.
const LARGEST: i32 = pt(90);

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
                "test images (left of each pair) and reconstructions (right): the highest-scored normal and the \
                 lowest-scored anomalous ones, mistakes if beyond the threshold."
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
    choice: Choice,
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
    /// Absent where the store has no such pictures.
    pub fn new(group: &'a Group, choice: Choice) -> Result<Option<Self>, ReportError> {
        let cells: Vec<Cells<'_>> = group
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
        let is_empty = cells.iter().all(|of| of.pairs.iter().all(|(_, pairs)| pairs.is_empty()));
        Ok((!is_empty).then_some(Self { group, choice, cells }))
    }

    fn columns(&self, width: i32) -> usize {
        let room = ((width - LEFT) / NARROWEST).max(1) as usize;
        self.cells.len().clamp(1, COLUMNS.min(room))
    }

    fn cell_width(&self, width: i32) -> i32 {
        (width - LEFT) / self.columns(width) as i32
    }

    fn side(&self, width: i32) -> i32 {
        let pair = self.cell_width(width) / PAIRS as i32 - GAP;
        // Images that were judged in tiles are larger than what the model sees.
        let pairs = self.cells.iter().flat_map(|cells| &cells.pairs).flat_map(|(_, pairs)| pairs);
        let own = pairs.map(|pair| pair.actual.width().into()).max();
        side(own.unwrap_or(self.group.image_size), ((pair - SEAM) / 2).min(LARGEST))
    }

    /// Height of a heading and the two rows below it.
    fn block_height(&self, width: i32) -> i32 {
        TOP + 2 * (self.side(width) + WORDS)
    }

    /// A model's heading and its two rows; the first model of a line has the labels at its left.
    fn draw_cells(&self, area: &Area<'_>, nth: usize, width: i32) -> Drawing {
        let (cells, columns, side) = (&self.cells[nth], self.columns(width), self.side(width));
        let x = LEFT + (nth % columns) as i32 * self.cell_width(width);
        let y = (nth / columns) as i32 * self.block_height(width);
        let letter = char::from(b'a' + nth as u8);
        let doubt = cells.model.doubt();
        let colour = if doubt.is_some() { ALARM } else { BLACK };
        let doubt = doubt.map_or(String::new(), |doubt| format!(", {doubt}"));
        let threshold = cells.model.shown.measures.get(&THRESHOLD);
        let threshold = threshold.map_or(String::new(), |at| format!(", threshold {}", tick(&at)));
        let heading = format!("({letter}) {}{threshold}{doubt}", cells.model.title());
        let heading = shortened(&heading, HEADING, self.cell_width(width) - GAP);
        area.draw(&Text::new(heading, (x, y + pt(4)), text(HEADING, &colour)))?;
        let line = y + pt(17);
        let ends = [(x, line), (x + self.cell_width(width) - GAP, line)];
        area.draw(&PathElement::new(ends, RGBColor(190, 190, 190).stroke_width(THIN)))?;
        for (row, (label, pairs)) in cells.pairs.iter().enumerate() {
            let top = y + TOP + row as i32 * (side + WORDS);
            if nth.is_multiple_of(columns) {
                let (left, middle) = (pt(6), top + side / 2);
                let style = placed(USUAL, &BLACK, HPos::Left, VPos::Bottom);
                area.draw(&Text::new(label.name(), (left, middle), style))?;
                let which = format!("{} score", self.choice.role(*label).name());
                let style = placed(SMALL, &FAINT, HPos::Left, VPos::Top);
                area.draw(&Text::new(which, (left, middle), style))?;
            }
            for (nth, pair) in pairs.iter().enumerate() {
                let left = x + nth as i32 * (self.cell_width(width) / PAIRS as i32);
                if row == 0 {
                    let wide = shortened("actual, reproduced", SMALL, 2 * side + SEAM + GAP);
                    area.draw(&Text::new(wide, (left, top - pt(10)), text(SMALL, &FAINT)))?;
                }
                put(area, &pair.actual, (left, top), side)?;
                put(area, &pair.reconstruction, (left + side + SEAM, top), side)?;
                let below = top + side + pt(2);
                let score = shortened(&format!("score {}", tick(&pair.score)), USUAL, 2 * side + SEAM + GAP);
                area.draw(&Text::new(score, (left, below), text(USUAL, &BLACK)))?;
                let name = shortened(&pair.name, SMALL, 2 * side + SEAM + GAP / 2);
                area.draw(&Text::new(name, (left, below + line_height(USUAL)), text(SMALL, &FAINT)))?;
            }
        }
        Ok(())
    }
}

fn pairs(model: &ModelRuns, label: Label, role: Role) -> Result<Vec<Pair>, ReportError> {
    let pictures = model.pictures_of(label, role, PAIRS).into_iter();
    pictures
        .map(|picture| {
            Ok(Pair {
                actual: image::load_from_memory(&picture.actual)?.into_rgb8(),
                reconstruction: image::load_from_memory(&picture.reconstruction)?.into_rgb8(),
                score: picture.score,
                name: picture.image.rsplit('/').next().unwrap_or_default().into(),
            })
        })
        .collect()
}

impl Figure for Pairs<'_> {
    fn height(&self, width: i32) -> i32 {
        self.cells.len().div_ceil(self.columns(width)) as i32 * self.block_height(width)
    }

    fn origin(&self) -> String {
        let models: Vec<&ModelRuns> = self.cells.iter().map(|cells| cells.model).collect();
        self.group.origin(&models)
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        (0..self.cells.len()).try_for_each(|nth| self.draw_cells(area, nth, width))
    }

    fn data(&self) -> Option<Table> {
        let columns = ["model", "label", "image", "score"].map(String::from).to_vec();
        let rows = self.cells.iter().flat_map(|cells| {
            cells.pairs.iter().flat_map(|(label, pairs)| {
                pairs.iter().map(|pair| {
                    vec![
                        Cell::Text(cells.model.name().into()),
                        Cell::Text(label.name().into()),
                        Cell::Text(pair.name.clone()),
                        Cell::Real(pair.score),
                    ]
                })
            })
        });
        Some(Table { columns, rows: rows.collect() })
    }
}
