//! Lengths in figures: tenths of a point, so that curves are smooth in print.

use std::fmt;
use std::str::FromStr;

/// So many points.
pub(crate) const fn pt(points: i32) -> i32 {
    points * 10
}

/// Width of a figure in print.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Width {
    points: f64,
}

/// A text that is no width of a figure.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no width of a figure: a number and cm, mm, in or pt is meant, 5cm to 50cm, as 8.5cm")]
pub struct NoWidth(String);

const POINTS_PER_CM: f64 = 72.0 / 2.54;
/// Units with the points that they have.
const UNITS: [(&str, f64); 4] =
    [("cm", POINTS_PER_CM), ("mm", POINTS_PER_CM / 10.0), ("in", 72.0), ("pt", 1.0)];

impl Width {
    /// So many centimetres.
    pub const fn of_cm(cm: f64) -> Self {
        Self { points: cm * POINTS_PER_CM }
    }

    /// In points.
    pub fn points(self) -> f64 {
        self.points
    }

    /// In the unit of figures.
    pub(crate) fn units(self) -> i32 {
        (self.points * f64::from(pt(1))).round() as i32
    }
}

impl Default for Width {
    /// Over both columns of a page.
    fn default() -> Self {
        Self::of_cm(17.5)
    }
}

impl FromStr for Width {
    type Err = NoWidth;

    fn from_str(text: &str) -> Result<Self, NoWidth> {
        let wrong = || NoWidth(text.escape_debug().to_string());
        let (number, points) = UNITS
            .iter()
            .find_map(|(unit, points)| Some((text.trim().strip_suffix(unit)?, points)))
            .ok_or_else(wrong)?;
        let points = number.trim().parse::<f64>().map_err(|_| wrong())? * points;
        let sensible = 5.0 * POINTS_PER_CM - 1e-6..=50.0 * POINTS_PER_CM + 1e-6;
        if sensible.contains(&points) { Ok(Self { points }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}cm", (self.points / POINTS_PER_CM * 100.0).round() / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_read_in_four_units() {
        for (text, points) in [("8.5cm", 240.945), ("85 mm", 240.945), ("3.5in", 252.0), ("241pt", 241.0)] {
            assert!((text.parse::<Width>().unwrap().points - points).abs() < 1e-3, "{text}");
        }
        for text in ["", "8.5", "8,5cm", "cm", "1cm", "NaNcm", "1e9cm", "-8cm"] {
            assert!(text.parse::<Width>().is_err(), "{text}");
        }
        assert_eq!(Width::default().to_string(), "17.5cm");
        assert_eq!(Width::of_cm(17.5).units(), 4961);
    }
}
