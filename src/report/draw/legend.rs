//! Legends beside the data, never over it: entries in lines above a figure.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::figure::{Area, Drawing};
use super::stroke::{Marker, Stroke, cross, line, mark, ring};
use super::text::{USUAL, line_height, placed, shortened, text_width};
use super::theme::ALARM;
use super::units::pt;

/// What stands before the words of an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sample {
    Line(Stroke),
    Mark(Marker, RGBColor),
    /// A line with a mark on it.
    Both(Stroke, Marker),
    Cross(RGBColor),
    Ring(RGBColor),
}

pub(crate) struct Entry {
    pub sample: Sample,
    pub words: String,
    /// Said of runs that are not to be trusted.
    pub is_alarm: bool,
}

/// A legend laid out for a width.
pub(crate) struct Legend {
    /// Each with its left edge and its line.
    placed: Vec<(Entry, i32, i32)>,
    lines: i32,
}

const SAMPLE: i32 = pt(20);
const BETWEEN: i32 = pt(12);
const LEFT: i32 = pt(6);
const TOP: i32 = pt(3);

impl Entry {
    pub fn new(sample: Sample, words: impl Into<String>) -> Self {
        Self { sample, words: words.into(), is_alarm: false }
    }

    fn sample_width(&self) -> i32 {
        match self.sample {
            Sample::Line(_) | Sample::Both(..) => SAMPLE,
            Sample::Mark(..) | Sample::Cross(_) | Sample::Ring(_) => pt(8),
        }
    }
}

impl Legend {
    pub fn new(entries: Vec<Entry>, width: i32) -> Self {
        let (mut x, mut line) = (LEFT, 0);
        let mut placed = Vec::new();
        for entry in entries {
            let room = width - 2 * LEFT - entry.sample_width() - pt(3);
            let words = shortened(&entry.words, USUAL, room);
            let wide = entry.sample_width() + pt(3) + text_width(&words, USUAL);
            if x > LEFT && x + wide > width - LEFT {
                (x, line) = (LEFT, line + 1);
            }
            placed.push((Entry { words, ..entry }, x, line));
            x += wide + BETWEEN;
        }
        let lines = if placed.is_empty() { 0 } else { line + 1 };
        Self { placed, lines }
    }

    pub fn height(&self) -> i32 {
        if self.lines == 0 { 0 } else { 2 * TOP + self.lines * line_height(USUAL) }
    }

    pub fn draw(&self, area: &Area<'_>) -> Drawing {
        for (entry, x, nth) in &self.placed {
            let y = TOP + nth * line_height(USUAL) + line_height(USUAL) / 2;
            let (left, wide) = (*x, entry.sample_width());
            let middle = (left + wide / 2, y);
            match entry.sample {
                Sample::Line(stroke) => line(area, &[(left, y), (left + wide, y)], stroke)?,
                Sample::Mark(marker, colour) => mark(area, middle, marker, 22, colour)?,
                Sample::Both(stroke, marker) => {
                    line(area, &[(left, y), (left + wide, y)], stroke)?;
                    mark(area, middle, marker, 22, stroke.colour)?;
                }
                Sample::Cross(colour) => cross(area, middle, 22, colour)?,
                Sample::Ring(colour) => ring(area, middle, colour)?,
            }
            let colour = if entry.is_alarm { ALARM } else { BLACK };
            let style = placed(USUAL, &colour, HPos::Left, VPos::Center);
            area.draw(&Text::new(entry.words.clone(), (left + wide + pt(3), y), style))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_do_not_fit_begin_a_line() {
        let entries = |count: usize| {
            (0..count)
                .map(|nth| Entry::new(Sample::Mark(Marker::Circle, BLACK), format!("entry number {nth}")))
                .collect()
        };
        let legend = Legend::new(entries(7), pt(240));
        assert!(legend.lines > 1);
        assert!(legend.placed.iter().all(|(entry, x, _)| x + text_width(&entry.words, USUAL) <= pt(240)));
        assert_eq!(Legend::new(Vec::new(), pt(240)).height(), 0);
    }
}
