//! Loss curves small enough for a page with a thousand runs.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::report::draw::axis::{range, tick};
use crate::store::CurvePoint;

/// Width and height of the drawing, in its own units.
const SIZE: (f64, f64) = (120.0, 32.0);
/// Points that a line of that width has room for.
const POINTS: usize = 60;

/// One metric of a fit.
#[derive(Serialize)]
pub(crate) struct Sparkline {
    name: String,
    epochs: i64,
    /// An SVG of one line a split, of the class that is the split's name.
    svg: String,
    /// The last value of each split.
    last: Vec<(String, String)>,
}

/// Epoch and value of one metric, by split.
type Lines<'a> = BTreeMap<&'a str, Vec<(i64, f64)>>;

/// One drawing per metric, with its splits on one scale.
pub(crate) fn sparklines(points: &[CurvePoint]) -> Vec<Sparkline> {
    let mut metrics: BTreeMap<&str, Lines<'_>> = BTreeMap::new();
    for point in points.iter().filter(|point| point.value.is_finite()) {
        let line = metrics.entry(&point.name).or_default().entry(&point.split).or_default();
        line.push((point.epoch, point.value));
    }
    metrics.into_iter().map(|(name, lines)| sparkline(name, &lines)).collect()
}

fn sparkline(name: &str, lines: &Lines<'_>) -> Sparkline {
    let all = || lines.values().flatten();
    let y = range(all().map(|(_, value)| *value));
    let epochs = all().map(|(epoch, _)| *epoch).max().unwrap_or(1);
    let place = |(epoch, value): &(i64, f64)| {
        let right = (epoch - 1) as f64 / (epochs - 1).max(1) as f64;
        let up = (value - y.start) / (y.end - y.start);
        (right * SIZE.0, (1.0 - up) * SIZE.1)
    };
    let mut svg = String::new();
    for (split, line) in lines {
        let points: Vec<String> = thinned(line).map(&place).map(|(x, y)| format!("{x:.0},{y:.1}")).collect();
        // A line of one point is a dot: its cap is round.
        let points = if points.len() == 1 { format!("{0} {0}", points[0]) } else { points.join(" ") };
        // It comes from the store and goes into the page as it is.
        let class: String = split.chars().filter(char::is_ascii_alphanumeric).collect();
        write!(svg, "<polyline class=\"{class}\" points=\"{points}\"/>").ok();
    }
    let last =
        lines.iter().filter_map(|(split, line)| Some((split.to_string(), tick(&line.last()?.1)))).collect();
    Sparkline { name: name.replace('_', " "), epochs, svg, last }
}

/// At most [`POINTS`] of a line, evenly spaced, the last one among them.
fn thinned(line: &[(i64, f64)]) -> impl Iterator<Item = &(i64, f64)> {
    let step = line.len().div_ceil(POINTS).max(1);
    line.iter().rev().step_by(step).collect::<Vec<_>>().into_iter().rev()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(split: &str, epoch: i64, value: f64) -> CurvePoint {
        CurvePoint { split: split.into(), name: "loss_d".into(), epoch, value }
    }

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let found =
            sparklines(&[point("train", 1, 3.0), point("train", 2, f64::NAN), point("train", 5, 1.0)]);
        assert_eq!((found.len(), found[0].name.as_str(), found[0].epochs), (1, "loss d", 5));
        // The range has 5 % of air at both ends.
        let (top, bottom) = (32.0 * 0.05 / 1.1, 32.0 * 1.05 / 1.1);
        let expected = format!("<polyline class=\"train\" points=\"0,{top:.1} 120,{bottom:.1}\"/>");
        assert_eq!(found[0].svg, expected);
        assert_eq!(found[0].last, [("train".into(), "1".into())]);
    }

    #[test]
    fn long_lines_are_thinned_and_keep_their_end() {
        let points: Vec<_> = (1..=1000).map(|epoch| point("valid", epoch, epoch as f64)).collect();
        let svg = &sparklines(&points)[0].svg;
        assert!(svg.matches(',').count() <= POINTS);
        assert!(svg.contains(&format!("120,{:.1}\"", 32.0 * 0.05 / 1.1)), "{svg}");
    }
}
