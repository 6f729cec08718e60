//! Lines and marks that tell series apart without their colours.

use plotters::prelude::*;

use super::figure::{Area, Drawing};
use super::units::pt;

/// How a line is drawn: lengths of dashes and gaps, none for a whole line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stroke {
    pub colour: RGBColor,
    pub dashes: &'static [i32],
    /// In tenths of a point.
    pub width: u32,
}

/// Patterns of lines, in the order in which series take them.
pub(crate) const PATTERNS: [&[i32]; 6] =
    [&[], &[50, 22], &[13, 17], &[60, 18, 13, 18], &[90, 25], &[40, 15, 10, 15, 10, 15]];

/// What marks a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    Triangle,
    Square,
    Diamond,
    Ring,
}

/// Marks, in the order in which series take them.
pub(crate) const MARKERS: [Marker; 5] =
    [Marker::Circle, Marker::Triangle, Marker::Square, Marker::Diamond, Marker::Ring];

pub(crate) const GRID: RGBColor = RGBColor(222, 222, 222);
/// What is drawn beside the data: frames, limits.
pub(crate) const THIN: u32 = 6;

impl Stroke {
    pub const fn whole(colour: RGBColor, width: u32) -> Self {
        Self { colour, dashes: PATTERNS[0], width }
    }

    pub const fn dashed(colour: RGBColor, width: u32) -> Self {
        Self { colour, dashes: PATTERNS[1], width }
    }
}

/// Draws a line through points.
pub(crate) fn line(area: &Area<'_>, points: &[(i32, i32)], stroke: Stroke) -> Drawing {
    let style = stroke.colour.stroke_width(stroke.width);
    let mut points = points.to_vec();
    points.dedup();
    if points.len() < 2 {
        return Ok(()); // no line has no length
    }
    if stroke.dashes.is_empty() {
        return area.draw(&PathElement::new(points, style));
    }
    for mut dash in dashes(&points, stroke.dashes) {
        dash.dedup();
        if dash.len() > 1 {
            area.draw(&PathElement::new(dash, style))?;
        }
    }
    Ok(())
}

/// The parts of a line that a pattern draws.
fn dashes(points: &[(i32, i32)], pattern: &[i32]) -> Vec<Vec<(i32, i32)>> {
    let (mut found, mut dash) = (Vec::new(), Vec::new());
    let (mut part, mut left) = (0, f64::from(pattern[0]));
    let Some(first) = points.first() else { return found };
    dash.push(*first);
    for pair in points.windows(2) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
        let length = (x1 - x0).hypot(y1 - y0);
        let mut gone = 0.0;
        while length - gone > left {
            gone += left;
            let at = |from: f64, to: f64| (from + (to - from) * gone / length).round() as i32;
            let place = (at(x0, x1), at(y0, y1));
            if part % 2 == 0 {
                dash.push(place);
                found.push(std::mem::take(&mut dash));
            } else {
                dash.push(place);
            }
            part = (part + 1) % pattern.len();
            left = f64::from(pattern[part]);
        }
        left -= length - gone;
        if part % 2 == 0 {
            dash.push(pair[1]);
        }
    }
    if dash.len() > 1 {
        found.push(dash);
    }
    found
}

/// Draws a mark; `radius` in tenths of a point.
pub(crate) fn mark(
    area: &Area<'_>,
    (x, y): (i32, i32),
    marker: Marker,
    radius: i32,
    colour: RGBColor,
) -> Drawing {
    let filled = colour.filled();
    let r = radius;
    match marker {
        Marker::Circle => area.draw(&Circle::new((x, y), r, filled)),
        Marker::Ring => area.draw(&Circle::new((x, y), r - 2, colour.stroke_width(9))),
        Marker::Square => {
            let r = r * 9 / 10;
            area.draw(&Rectangle::new([(x - r, y - r), (x + r, y + r)], filled))
        }
        Marker::Triangle => {
            let r = r * 12 / 10;
            let corners = vec![(x, y - r), (x + r * 9 / 10, y + r / 2), (x - r * 9 / 10, y + r / 2)];
            area.draw(&Polygon::new(corners, filled))
        }
        Marker::Diamond => {
            let r = r * 12 / 10;
            area.draw(&Polygon::new(vec![(x, y - r), (x + r, y), (x, y + r), (x - r, y)], filled))
        }
    }
}

/// A cross over a place: what was lost.
pub(crate) fn cross(area: &Area<'_>, (x, y): (i32, i32), radius: i32, colour: RGBColor) -> Drawing {
    for down in [1, -1] {
        let ends = [(x - radius, y - down * radius), (x + radius, y + down * radius)];
        area.draw(&PathElement::new(ends, colour.stroke_width(10)))?;
    }
    Ok(())
}

/// A ring around a mark: a run that is not to be trusted.
pub(crate) fn ring(area: &Area<'_>, at: (i32, i32), colour: RGBColor) -> Drawing {
    area.draw(&Circle::new(at, pt(4), colour.stroke_width(10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_on_round_corners() {
        let found = dashes(&[(0, 0), (10, 0), (10, 10)], &[6, 2]);
        assert_eq!(found, [vec![(0, 0), (6, 0)], vec![(8, 0), (10, 0), (10, 4)], vec![(10, 6), (10, 10)]]);
        assert_eq!(dashes(&[(0, 0), (5, 0)], &[6, 2]), [vec![(0, 0), (5, 0)]]);
        assert!(dashes(&[], &[6, 2]).is_empty());
    }
}
