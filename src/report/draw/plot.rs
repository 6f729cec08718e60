//! A plot: axes with their ticks and names around a frame, and what is drawn in it.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, Count};
use super::figure::{Area, Drawing, Drawn};
use super::stroke::{GRID, Marker, Stroke, THIN, line, mark};
use super::text::{HEADING, USUAL, line_height, placed, shortened, text_width};
use super::units::pt;

const AIR: i32 = pt(4);
const TICK: i32 = pt(2);
/// Room for one line of names beside an axis.
const NAME: i32 = pt(11);
/// The longest name of a tick.
const LONGEST: i32 = pt(64);
const FRAME: RGBColor = RGBColor(110, 110, 110);

pub(crate) struct Plot<'p, 'a> {
    area: &'p Area<'a>,
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
    pub x: Axis,
    pub y: Axis,
}

/// What stands over a plot.
pub(crate) struct Heading {
    pub words: String,
    pub colour: RGBColor,
}

impl From<&str> for Heading {
    fn from(words: &str) -> Self {
        Self { words: words.into(), colour: BLACK }
    }
}

/// Where the ticks of a horizontal axis are, and whether their words are turned.
struct Below {
    ticks: Vec<(f64, String)>,
    turned: bool,
}

impl<'p, 'a> Plot<'p, 'a> {
    /// Draws the heading, the frame and the axes over a whole area.
    pub fn new(area: &'p Area<'a>, heading: impl Into<Heading>, x: Axis, y: Axis) -> Drawn<Self> {
        let Heading { words: heading, colour } = heading.into();
        let (width, height) = area.dim_in_pixel();
        let (width, height) = (width as i32, height as i32);
        let top = if heading.is_empty() { AIR } else { AIR + line_height(HEADING) + pt(2) };
        let beside = y.ticks(((height - top) / pt(20)).clamp(2, 8) as usize);
        let beside: Vec<(f64, String)> = if matches!(y.count, Count::Names(_)) {
            let most = ((height - top - NAME) / pt(8)).max(2) as usize;
            y.ticks(most).into_iter().map(|(at, words)| (at, shortened(&words, USUAL, LONGEST))).collect()
        } else {
            beside
        };
        let widest = beside.iter().map(|(_, words)| text_width(words, USUAL)).max().unwrap_or(0);
        let name = |axis: &Axis| if axis.name.is_empty() { 0 } else { NAME };
        let (left, right) = (AIR + name(&y) + widest + TICK + pt(2), width - pt(11));
        let below = below(&x, right - left);
        let of_ticks = if below.turned {
            below.ticks.iter().map(|(_, words)| text_width(words, USUAL)).max().unwrap_or(0)
        } else {
            line_height(USUAL)
        };
        let bottom = height - AIR - name(&x) - of_ticks - TICK;
        let plot = Self { area, left, top, right, bottom, x, y };
        let heading = shortened(&heading, HEADING, width - 2 * AIR);
        let middle = (left + right) / 2;
        // Long headings lie over the whole width, short ones over the frame.
        let wide = text_width(&heading, HEADING) > right - left;
        let at = if wide { width / 2 } else { middle };
        if !heading.is_empty() {
            area.draw(&Text::new(heading, (at, AIR), placed(HEADING, &colour, HPos::Center, VPos::Top)))?;
        }
        plot.draw_axes(&beside, &below)?;
        Ok(plot)
    }

    fn draw_axes(&self, beside: &[(f64, String)], below: &Below) -> Drawing {
        let Self { area, left, top, right, bottom, .. } = *self;
        for (at, words) in beside {
            let y = self.y_of(*at);
            if !matches!(self.y.count, Count::Names(_)) {
                area.draw(&PathElement::new([(left, y), (right, y)], GRID.stroke_width(THIN)))?;
            }
            area.draw(&PathElement::new([(left - TICK, y), (left, y)], FRAME.stroke_width(THIN)))?;
            let style = placed(USUAL, &BLACK, HPos::Right, VPos::Center);
            area.draw(&Text::new(words.clone(), (left - TICK - pt(1), y), style))?;
        }
        for (at, words) in &below.ticks {
            let x = self.x_of(*at);
            area.draw(&PathElement::new([(x, bottom), (x, bottom + TICK)], FRAME.stroke_width(THIN)))?;
            let (style, at) = if below.turned {
                let style = placed(USUAL, &BLACK, HPos::Right, VPos::Center);
                (style.transform(FontTransform::Rotate270), (x, bottom + TICK + pt(1)))
            } else {
                (placed(USUAL, &BLACK, HPos::Center, VPos::Top), (x, bottom + TICK + pt(1)))
            };
            area.draw(&Text::new(words.clone(), at, style))?;
        }
        area.draw(&Rectangle::new([(left, top), (right, bottom)], FRAME.stroke_width(THIN)))?;
        let (_, height) = area.dim_in_pixel();
        let words = shortened(&self.x.name, HEADING, right - AIR);
        // Where the name is wider than the frame, it ends with it.
        let half = text_width(&words, HEADING) / 2;
        let middle = ((left + right) / 2).min(right + pt(6) - half).max(half + pt(1));
        let style = placed(HEADING, &BLACK, HPos::Center, VPos::Bottom);
        area.draw(&Text::new(words, (middle, height as i32 - AIR), style))?;
        let words = shortened(&self.y.name, HEADING, bottom - top + pt(10));
        let style = placed(HEADING, &BLACK, HPos::Center, VPos::Top).transform(FontTransform::Rotate270);
        area.draw(&Text::new(words, (AIR, (top + bottom) / 2), style))
    }

    fn x_of(&self, value: f64) -> i32 {
        self.left + (f64::from(self.right - self.left) * self.x.share(value)).round() as i32
    }

    fn y_of(&self, value: f64) -> i32 {
        self.bottom - (f64::from(self.bottom - self.top) * self.y.share(value)).round() as i32
    }

    /// The place of a point in the area.
    pub fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        (self.x_of(x), self.y_of(y))
    }

    /// A line through points.
    pub fn line(&self, points: impl IntoIterator<Item = (f64, f64)>, stroke: Stroke) -> Drawing {
        let points: Vec<(i32, i32)> = points.into_iter().map(|point| self.at(point)).collect();
        line(self.area, &points, stroke)
    }

    /// A filled shape.
    pub fn fill(&self, corners: impl IntoIterator<Item = (f64, f64)>, colour: RGBAColor) -> Drawing {
        let corners: Vec<(i32, i32)> = corners.into_iter().map(|point| self.at(point)).collect();
        self.area.draw(&Polygon::new(corners, colour.filled()))
    }

    pub fn mark(&self, point: (f64, f64), marker: Marker, radius: i32, colour: RGBColor) -> Drawing {
        mark(self.area, self.at(point), marker, radius, colour)
    }
}

/// As many ticks as have room beside each other. Names that are no numbers are turned before any is left out.
fn below(axis: &Axis, width: i32) -> Below {
    let fits = |ticks: &[(f64, String)]| {
        let mut places: Vec<(i32, i32)> = ticks
            .iter()
            .map(|(at, words)| ((axis.share(*at) * f64::from(width)) as i32, text_width(words, USUAL)))
            .collect();
        places.sort_unstable();
        places.windows(2).all(|pair| pair[0].0 + pair[0].1 / 2 + pt(4) <= pair[1].0 - pair[1].1 / 2)
    };
    let most = match &axis.count {
        Count::Names(names) => names.len().max(2),
        _ => 9,
    };
    let all = axis.ticks(most);
    let is_number = |(_, words): &(f64, String)| words.parse::<f64>().is_ok();
    if matches!(axis.count, Count::Names(_)) && !fits(&all) && !all.iter().all(is_number) {
        let most = (width / pt(9)).max(2) as usize;
        let ticks = axis.ticks(most.min(all.len()));
        let room = if ticks.len() < 2 { width } else { LONGEST };
        let turned = ticks.len() > 1;
        return Below {
            ticks: ticks.into_iter().map(|(at, words)| (at, shortened(&words, USUAL, room))).collect(),
            turned,
        };
    }
    let fitting = (2..=most).rev().map(|most| axis.ticks(most)).find(|ticks| fits(ticks));
    Below { ticks: fitting.unwrap_or_else(|| axis.ticks(2)), turned: false }
}
