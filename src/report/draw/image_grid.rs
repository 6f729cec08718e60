//! Images in rows and columns with words beside them: what the figures of residuals share.

use image::RgbImage;
use plotters::prelude::*;

use super::axis::tick;
use super::figure::{Area, Drawing};
use super::image::{enlarged, put, side};
use super::math_text::{Align, words};
use super::residual_overlay::{Map, draw_scale};
use super::text::text;

const GAP: i32 = 10;
const LEFT: i32 = 150;
const TOP: i32 = 96;
const RIGHT: i32 = 110;
const GRAY: RGBColor = RGBColor(90, 90, 90);

pub(crate) struct Grid {
    pub title: String,
    /// Side of the images in their own size.
    pub image_size: i64,
    pub rows: Vec<Row>,
    pub columns: Vec<Column>,
    /// In gray levels: what has the last colour in rows of maps.
    pub largest: f64,
}

pub(crate) struct Row {
    pub words: [&'static str; 2],
    /// Of rows that show a map: its scale is drawn.
    pub map: Option<Map>,
}

pub(crate) struct Column {
    pub head: String,
    pub score: f64,
    /// One per row.
    pub images: Vec<RgbImage>,
}

impl Grid {
    fn step(&self) -> i32 {
        // Images that were judged in tiles are larger than what the model sees.
        let widths = self.columns.iter().flat_map(|column| &column.images).map(|image| image.width().into());
        side(widths.max().unwrap_or(self.image_size)) as i32 + GAP
    }

    pub fn size(&self) -> (u32, u32) {
        let width = LEFT + self.columns.len() as i32 * self.step() + RIGHT;
        (width.max(700) as u32, (TOP + self.rows.len() as i32 * self.step()) as u32)
    }

    pub fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        area.draw(&Text::new(self.title.clone(), (14, 12), text(19, &BLACK)))?;
        if self.columns.is_empty() {
            return area.draw(&Text::new("no pictures in the store", (LEFT, TOP), text(16, &BLACK)));
        }
        for (nth, row) in self.rows.iter().enumerate() {
            let y = TOP + nth as i32 * self.step();
            let middle = y + self.step() / 2 - GAP;
            words(area, row.words[0], (14, middle - 12), 16, BLACK, Align::Left)?;
            words(area, row.words[1], (14, middle + 8), 13, GRAY, Align::Left)?;
            if let Some(map) = row.map {
                let x = LEFT + self.columns.len() as i32 * self.step() + 6;
                draw_scale(area, map, self.largest, (x, y), self.step() - GAP)?;
            }
        }
        for (nth, column) in self.columns.iter().enumerate() {
            let x = LEFT + nth as i32 * self.step();
            area.draw(&Text::new(column.head.clone(), (x, TOP - 46), text(16, &BLACK)))?;
            let score = format!("score {}", tick(&column.score));
            area.draw(&Text::new(score, (x, TOP - 24), text(13, &GRAY)))?;
            for (row, image) in column.images.iter().enumerate() {
                put(area, &enlarged(image), (x, TOP + row as i32 * self.step()))?;
            }
        }
        Ok(())
    }
}
