//! Figure 7 of the paper: where an image differs from its reconstruction.

use image::{GrayImage, Rgb, RgbImage};
use plotters::prelude::*;

use super::ReportError;
use super::canvas::{Area, Drawing, Figure, footer, text};
use super::pairs::{put, shown};
use super::select::{Group, ModelRuns};

const SIDE: i32 = 112;
const GAP: i32 = 10;
const LEFT: i32 = 150;
const TOP: i32 = 44;
/// Images of each label.
const IMAGES: usize = 3;

pub(super) fn caption(model: &str) -> String {
    format!(
        "residuals of {model} on normal and anomalous test images with median scores: |x − x̂| averaged over \
         channels, on one scale for all."
    )
}

struct Column {
    label: String,
    actual: RgbImage,
    reconstruction: RgbImage,
    residual: GrayImage,
}

pub(super) struct Residuals<'a> {
    group: &'a Group,
    model: &'a ModelRuns,
    columns: Vec<Column>,
    /// The largest residual, in gray levels of 255.
    largest: u8,
}

impl<'a> Residuals<'a> {
    pub fn new(group: &'a Group, model: &'a ModelRuns) -> Result<Self, ReportError> {
        let mut columns = Vec::new();
        for label in ["normal", "anomaly"] {
            let of_label =
                model.pictures.iter().filter(|picture| picture.label == label && picture.role == "median");
            for picture in of_label.take(IMAGES) {
                let (actual, reconstruction) = (shown(&picture.actual)?, shown(&picture.reconstruction)?);
                let residual = residual(&actual, &reconstruction);
                columns.push(Column { label: label.into(), actual, reconstruction, residual });
            }
        }
        let largest = columns.iter().flat_map(|column| column.residual.iter().copied()).max().unwrap_or(0);
        Ok(Self { group, model, columns, largest })
    }

    fn heat(&self, residual: &GrayImage) -> RgbImage {
        let scale = f64::from(self.largest.max(1));
        RgbImage::from_fn(residual.width(), residual.height(), |x, y| {
            let share = f64::from(residual.get_pixel(x, y).0[0]) / scale;
            let RGBColor(red, green, blue) = ViridisRGB.get_color(share);
            Rgb([red, green, blue])
        })
    }
}

fn residual(actual: &RgbImage, made: &RgbImage) -> GrayImage {
    GrayImage::from_fn(actual.width(), actual.height(), |x, y| {
        let (a, b) = (actual.get_pixel(x, y).0, made.get_pixel(x, y).0);
        let sum: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b))).sum();
        image::Luma([(sum / 3) as u8])
    })
}

impl Figure for Residuals<'_> {
    fn size(&self) -> (u32, u32) {
        let width = LEFT + self.columns.len() as i32 * (SIDE + GAP) + 90;
        (width.max(700) as u32, (TOP + 3 * (SIDE + GAP) + 30) as u32)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        for (row, words) in ["actual", "reconstructed", "difference"].into_iter().enumerate() {
            let y = TOP + row as i32 * (SIDE + GAP) + SIDE / 2 - 8;
            area.draw(&Text::new(words, (14, y), text(16, &BLACK)))?;
        }
        for (nth, column) in self.columns.iter().enumerate() {
            let x = LEFT + nth as i32 * (SIDE + GAP);
            area.draw(&Text::new(column.label.clone(), (x, 16), text(16, &BLACK)))?;
            let heat = self.heat(&column.residual);
            for (row, image) in [&column.actual, &column.reconstruction, &heat].into_iter().enumerate() {
                put(area, image, (x, TOP + row as i32 * (SIDE + GAP)))?;
            }
        }
        if self.columns.is_empty() {
            area.draw(&Text::new("no pictures in the store", (LEFT, TOP), text(16, &BLACK)))?;
        } else {
            let left = LEFT + self.columns.len() as i32 * (SIDE + GAP);
            self.draw_scale(area, (left, TOP + 2 * (SIDE + GAP)))?;
        }
        footer(area, &self.group.origin(&[self.model]))
    }
}

impl Residuals<'_> {
    fn draw_scale<DB: DrawingBackend>(&self, area: &Area<'_, DB>, (x, y): (i32, i32)) -> Drawing<DB> {
        for line in 0..SIDE {
            let share = 1.0 - f64::from(line) / f64::from(SIDE - 1);
            let colour = ViridisRGB.get_color(share);
            area.draw(&Rectangle::new([(x, y + line), (x + 16, y + line + 1)], colour.filled()))?;
        }
        let largest = f64::from(self.largest) / 255.0;
        area.draw(&Text::new(format!("{largest:.2}"), (x + 22, y - 4), text(13, &BLACK)))?;
        area.draw(&Text::new("0", (x + 22, y + SIDE - 12), text(13, &BLACK)))
    }
}
