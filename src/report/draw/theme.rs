//! Colours and what else tells series apart.

use plotters::style::{RGBColor, WHITE};

use super::stroke::{MARKERS, Marker, PATTERNS, Stroke};
use crate::spec::Model;

/// Colour of the threshold's line; those of the kinds of image are the style's.
pub(crate) const THRESHOLD: RGBColor = RGBColor(0, 0, 0);
/// Colour of what is not to be trusted: collapsed, diverged, inverted.
pub(crate) const ALARM: RGBColor = RGBColor(200, 0, 0);
/// Colours of seeds or series, in order: they differ in lightness as well as in hue.
pub(crate) const SERIES: [RGBColor; 6] = [
    RGBColor(0, 60, 130),
    RGBColor(213, 94, 0),
    RGBColor(70, 180, 150),
    RGBColor(120, 40, 100),
    RGBColor(120, 190, 235),
    RGBColor(235, 185, 60),
];
const WIDTH: u32 = 12;

/// The colour of a model, the same in every figure. From dark to light they are in steps that gray print and
/// colour-blind eyes tell apart.
pub(crate) fn colour_of_model(name: &str) -> RGBColor {
    match Model::named(name) {
        Some(Model::Anogan) => RGBColor(0, 72, 150),
        Some(Model::Ganomaly) => RGBColor(205, 80, 10),
        Some(Model::Pca) => RGBColor(60, 165, 130),
        Some(Model::Nearest) => RGBColor(235, 165, 205),
        Some(Model::Brightness) | None => RGBColor(35, 35, 35),
    }
}

/// Where a model stands in the list of all; unknown ones are last.
fn place(name: &str) -> usize {
    Model::ALL.iter().position(|model| model.name() == name).unwrap_or(Model::ALL.len() - 1)
}

/// The line of a model.
pub(crate) fn line_of_model(name: &str) -> Stroke {
    Stroke { colour: colour_of_model(name), dashes: PATTERNS[place(name) % PATTERNS.len()], width: WIDTH }
}

/// The mark of a model.
pub(crate) fn mark_of_model(name: &str) -> Marker {
    MARKERS[place(name) % MARKERS.len()]
}

/// The line of the `nth` series.
pub(crate) fn line_of(nth: usize) -> Stroke {
    // Where all have been taken, the next round pairs them otherwise.
    let pattern = (nth + nth / SERIES.len()) % PATTERNS.len();
    Stroke { colour: SERIES[nth % SERIES.len()], dashes: PATTERNS[pattern], width: WIDTH }
}

/// A colour mixed with white as if it were transparent: print knows no transparency that all programs agree on.
pub(crate) fn paled(colour: RGBColor, share: f64) -> RGBColor {
    let mix = |own: u8, white: u8| (f64::from(own) * share + f64::from(white) * (1.0 - share)).round() as u8;
    RGBColor(mix(colour.0, WHITE.0), mix(colour.1, WHITE.1), mix(colour.2, WHITE.2))
}

#[cfg(test)]
mod tests {
    use super::super::style::Style;
    use super::*;

    type Matrix = [[f64; 3]; 3];

    /// What eyes see that lack one kind of cone, of linear RGB (Machado, Oliveira and Fernandes 2009, severity 1);
    /// the last one is gray print, by luminance.
    const SEEN: [(&str, Matrix); 4] = [
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
        ("gray", [[0.2126, 0.7152, 0.0722]; 3]),
    ];

    fn linear(RGBColor(red, green, blue): RGBColor) -> [f64; 3] {
        [red, green, blue].map(|value| {
            let share = f64::from(value) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// CIE L*a*b* of linear sRGB under D65.
    fn lab([red, green, blue]: [f64; 3]) -> [f64; 3] {
        let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
        let y = f(0.2126 * red + 0.7152 * green + 0.0722 * blue);
        let z = f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn seen(colour: RGBColor, matrix: &Matrix) -> [f64; 3] {
        let own = linear(colour);
        lab(matrix
            .map(|row| row.iter().zip(own).map(|(share, value)| share * value).sum::<f64>().clamp(0.0, 1.0)))
    }

    /// CIE 1976 colour difference; 2.3 is what eyes just notice.
    fn difference(one: [f64; 3], other: [f64; 3]) -> f64 {
        one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    fn tell_apart(colours: &[(&str, RGBColor)], least: f64) {
        for (who, matrix) in &SEEN {
            for (nth, (name, colour)) in colours.iter().enumerate() {
                for (other_name, other) in colours[nth + 1..].iter().chain(&[("paper", WHITE)]) {
                    let apart = difference(seen(*colour, matrix), seen(*other, matrix));
                    assert!(apart >= least, "{who}: {name} and {other_name} differ by {apart:.1}");
                }
            }
        }
    }

    #[test]
    fn models_tell_apart_in_gray_and_for_colour_blind_eyes() {
        let models = Model::ALL.map(Model::name);
        tell_apart(&models.map(|name| (name, colour_of_model(name))), 10.0);
        for (nth, one) in models.iter().enumerate() {
            for other in &models[nth + 1..] {
                assert_ne!(line_of_model(one).dashes, line_of_model(other).dashes, "{one} {other}");
                assert_ne!(mark_of_model(one), mark_of_model(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn kinds_of_image_tell_apart_in_gray_and_for_colour_blind_eyes() {
        let style = Style::Accessible;
        let kinds = [("train", style.train()), ("normal", style.normal()), ("anomaly", style.anomaly())];
        tell_apart(&kinds, 8.0);
    }

    #[test]
    fn series_have_lines_of_their_own() {
        for nth in 0..36 {
            for other in nth + 1..36 {
                assert_ne!(line_of(nth), line_of(other), "{nth} {other}");
            }
        }
    }
}
