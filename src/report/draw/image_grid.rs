//! Images in rows and columns with words beside them: what the figures of residuals share.

use image::RgbImage;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::tick;
use super::figure::{Area, Drawing};
use super::image::{put, side};
use super::math_text::{Align, words};
use super::residual_overlay::{Map, draw_scale};
use super::text::{FAINT, HEADING, SMALL, USUAL, line_height, lines, placed, shortened, text};
use super::theme::ALARM;
use super::units::pt;
use crate::table::{Cell, Table};

const GAP: i32 = pt(4);
const LEFT: i32 = pt(52);
const TOP: i32 = pt(18);
/// Room for scales.
const RIGHT: i32 = pt(34);
/// Columns are between these: narrow ones have no room for words, wide ones say no more.
const NARROWEST: i32 = pt(42);
const WIDEST: i32 = pt(78);
/// Words over a column.
const HEAD: i32 = pt(28);

pub(crate) struct Grid {
    pub title: String,
    /// What is wrong with the run, in red.
    pub doubt: Option<String>,
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
    /// The scores of the images.
    pub fn table(&self) -> Table {
        let rows = self.columns.iter().map(|of| vec![Cell::Text(of.head.clone()), Cell::Real(of.score)]);
        Table { columns: ["image", "score"].map(String::from).to_vec(), rows: rows.collect() }
    }

    /// Columns that stand beside each other in a width, and their width.
    fn across(&self, width: i32) -> (usize, i32) {
        let room = width - LEFT - RIGHT;
        let most = (room / NARROWEST).max(1) as usize;
        let blocks = self.columns.len().max(1).div_ceil(most);
        let across = self.columns.len().max(1).div_ceil(blocks);
        (across, (room / across as i32).min(WIDEST))
    }

    fn side(&self, width: i32) -> i32 {
        // Images that were judged in tiles are larger than what the model sees.
        let widths = self.columns.iter().flat_map(|column| &column.images).map(|image| image.width().into());
        side(widths.max().unwrap_or(self.image_size), self.across(width).1 - GAP)
    }

    fn block_height(&self, width: i32) -> i32 {
        HEAD + self.rows.len() as i32 * (self.side(width) + GAP)
    }

    pub fn height(&self, width: i32) -> i32 {
        let blocks = self.columns.len().max(1).div_ceil(self.across(width).0) as i32;
        TOP + blocks * self.block_height(width) + pt(4)
    }

    pub fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let (title, colour) = match &self.doubt {
            Some(doubt) => (format!("{}, {doubt}", self.title), ALARM),
            None => (self.title.clone(), BLACK),
        };
        let title = shortened(&title, HEADING, width - pt(12));
        area.draw(&Text::new(title, (pt(6), pt(5)), text(HEADING, &colour)))?;
        let across = self.across(width).0;
        for (nth, columns) in self.columns.chunks(across).enumerate() {
            self.draw_block(area, columns, TOP + nth as i32 * self.block_height(width))?;
        }
        Ok(())
    }

    fn draw_block(&self, area: &Area<'_>, columns: &[Column], y: i32) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let (step, side) = (self.across(width).1, self.side(width));
        area.draw(&Text::new("score", (pt(6), y + HEAD - pt(10)), text(SMALL, &FAINT)))?;
        for (nth, row) in self.rows.iter().enumerate() {
            let top = y + HEAD + nth as i32 * (side + GAP);
            let mut line = top + side / 2 - pt(10);
            words(area, row.words[0], (pt(6), line), USUAL, BLACK, Align::Left)?;
            for part in lines(row.words[1], SMALL, LEFT - pt(8)) {
                line += line_height(USUAL);
                words(area, &part, (pt(6), line), SMALL, FAINT, Align::Left)?;
            }
            if let Some(map) = row.map {
                draw_scale(area, map, self.largest, (LEFT + columns.len() as i32 * step + pt(2), top), side)?;
            }
        }
        for (nth, column) in columns.iter().enumerate() {
            let x = LEFT + nth as i32 * step;
            let over = lines(&column.head, SMALL, step - GAP);
            for (nth, line) in over.iter().rev().enumerate() {
                let at = (x, y + HEAD - pt(11) - nth as i32 * line_height(SMALL));
                let line = shortened(line, SMALL, step - pt(1));
                area.draw(&Text::new(line, at, placed(SMALL, &BLACK, HPos::Left, VPos::Bottom)))?;
            }
            area.draw(&Text::new(tick(&column.score), (x, y + HEAD - pt(10)), text(SMALL, &FAINT)))?;
            for (row, image) in column.images.iter().enumerate() {
                put(area, image, (x, y + HEAD + row as i32 * (side + GAP)), side)?;
            }
        }
        Ok(())
    }
}
