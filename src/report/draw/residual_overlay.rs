//! Where an image differs from its reconstruction, as colours over the image.

use image::{Rgb, RgbImage};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::tick;
use super::figure::{Area, Drawing};
use super::stroke::THIN;
use super::text::{SMALL, placed};
use super::units::pt;
use crate::report::ReportError;
use crate::store::PictureRow;

/// Stops of ColorBrewer's RdBu and YlOrBr (Harrower and Brewer 2003), which colour-blind readers can
/// read, from nothing on to much: light is little in both.
const ABOVE: [[u8; 3]; 5] = [[247, 247, 247], [253, 219, 199], [244, 165, 130], [214, 96, 77], [103, 0, 31]];
const BELOW: [[u8; 3]; 5] = [[247, 247, 247], [209, 229, 240], [146, 197, 222], [67, 147, 195], [5, 48, 97]];
const ABSOLUTE: [[u8; 3]; 5] = [[255, 255, 229], [254, 227, 145], [254, 153, 41], [204, 76, 2], [102, 37, 6]];

/// How dark the darkest pixel of the image makes the colour over it.
const SHADE: f64 = 0.2;

/// Which difference a map shows.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Map {
    /// x − x̂: red where the image is brighter than its reconstruction, blue where it is darker.
    Signed,
    /// |x − x̂|.
    Absolute,
}

impl Map {
    /// The colour of a difference, as a share of the largest: −1 to 1, or 0 to 1.
    fn colour(self, share: f64) -> [u8; 3] {
        let stops = match self {
            Self::Absolute => ABSOLUTE,
            Self::Signed if share < 0.0 => BELOW,
            Self::Signed => ABOVE,
        };
        let place = share.abs().min(1.0) * (stops.len() - 1) as f64;
        let first = (place as usize).min(stops.len() - 2);
        let between = |channel: usize| {
            let (from, to) = (f64::from(stops[first][channel]), f64::from(stops[first + 1][channel]));
            (from + (to - from) * (place - first as f64)).round() as u8
        };
        [0, 1, 2].map(between)
    }

    fn lowest(self) -> f64 {
        if self == Self::Signed { -1.0 } else { 0.0 }
    }
}

/// An image, its reconstruction and their difference, in their own size.
pub(crate) struct Residual {
    pub actual: RgbImage,
    pub made: RgbImage,
    signed: Vec<f64>,
    absolute: Vec<f64>,
}

impl Residual {
    pub fn of(picture: &PictureRow) -> Result<Self, ReportError> {
        let actual = image::load_from_memory(&picture.actual)?.into_rgb8();
        let made = image::load_from_memory(&picture.reconstruction)?.into_rgb8();
        let mean = |difference: fn(f64) -> f64| -> Vec<f64> {
            let of = |(a, b): (&Rgb<u8>, &Rgb<u8>)| {
                a.0.iter().zip(b.0).map(|(a, b)| difference(f64::from(*a) - f64::from(b))).sum::<f64>() / 3.0
            };
            actual.pixels().zip(made.pixels()).map(of).collect()
        };
        let (signed, absolute) = (mean(|difference| difference), mean(f64::abs));
        Ok(Self { actual, made, signed, absolute })
    }

    /// The absolute differences pixel by pixel, averaged over channels, in gray levels.
    pub fn absolute(&self) -> impl Iterator<Item = f64> {
        self.absolute.iter().copied()
    }

    /// The largest difference of a pixel, averaged over channels, in gray levels.
    pub fn largest(&self) -> f64 {
        self.absolute.iter().copied().fold(0.0, f64::max)
    }

    /// The difference over the faded image; `largest` has the last colour.
    pub fn map(&self, map: Map, largest: f64) -> RgbImage {
        let values = if map == Map::Signed { &self.signed } else { &self.absolute };
        let mut shown = self.actual.clone();
        for (pixel, value) in shown.pixels_mut().zip(values) {
            let gray = pixel.0.iter().map(|value| f64::from(*value)).sum::<f64>() / (3.0 * 255.0);
            let shade = 1.0 - SHADE * (1.0 - gray);
            let colour = map.colour(value / largest.max(1.0));
            *pixel = Rgb(colour.map(|value| (f64::from(value) * shade).round() as u8));
        }
        shown
    }
}

/// Steps of a scale.
const STEPS: i32 = 80;

/// The scale of maps, upright, with its ends and its middle named.
pub(crate) fn draw_scale(
    area: &Area<'_>,
    map: Map,
    largest: f64,
    (x, y): (i32, i32),
    height: i32,
) -> Drawing {
    let right = x + pt(7);
    let edge = |step: i32| y + height * step / STEPS;
    for step in 0..STEPS {
        let value = 1.0 - f64::from(step) / f64::from(STEPS - 1) * (1.0 - map.lowest());
        let [red, green, blue] = map.colour(value);
        // Each goes to the end, under the next ones: no seam shows between them.
        let corners = [(x, edge(step)), (right, y + height)];
        area.draw(&Rectangle::new(corners, RGBColor(red, green, blue).filled()))?;
    }
    area.draw(&Rectangle::new([(x, y), (right, y + height)], RGBColor(150, 150, 150).stroke_width(THIN)))?;
    let middle = (1.0 + map.lowest()) / 2.0;
    let places = [
        (1.0, y, VPos::Top),
        (middle, y + height / 2, VPos::Center),
        (map.lowest(), y + height, VPos::Bottom),
    ];
    for (share, at, v) in places {
        let words = tick(&(share * largest).round());
        area.draw(&PathElement::new([(right, at), (right + pt(2), at)], BLACK.stroke_width(THIN)))?;
        let at = if matches!(v, VPos::Top) { at - pt(1) } else { at };
        area.draw(&Text::new(words, (right + pt(3), at), placed(SMALL, &BLACK, HPos::Left, v)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Label;
    use crate::store::Role;

    fn picture(actual: [u8; 3], made: [u8; 3]) -> PictureRow {
        let png = |colour: [u8; 3]| {
            let mut bytes = std::io::Cursor::new(Vec::new());
            RgbImage::from_pixel(2, 2, Rgb(colour)).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
            bytes.into_inner()
        };
        PictureRow {
            image: "x".into(),
            label: Label::Normal,
            role: Role::Median,
            score: 0.0,
            actual: png(actual),
            reconstruction: png(made),
            mask: None,
        }
    }

    #[test]
    fn residuals_by_hand() {
        let residual = Residual::of(&picture([100, 50, 0], [70, 80, 30])).unwrap();
        assert_eq!(residual.signed, vec![-10.0; 4]);
        assert_eq!(residual.absolute, vec![30.0; 4], "differences do not cancel over channels");
        assert_eq!(residual.largest(), 30.0);
    }

    #[test]
    fn colours_tell_sign_and_size() {
        assert_eq!(Map::Signed.colour(0.0), [247, 247, 247]);
        assert_eq!(Map::Signed.colour(1.0), ABOVE[4]);
        assert_eq!(Map::Signed.colour(-2.0), BELOW[4]);
        let light =
            |map: Map, share: f64| map.colour(share).iter().map(|value| u32::from(*value)).sum::<u32>();
        for map in [Map::Signed, Map::Absolute] {
            let steps: Vec<u32> = (0..=20).map(|step| light(map, f64::from(step) / 20.0)).collect();
            assert!(steps.windows(2).all(|pair| pair[0] > pair[1]), "more is darker: {steps:?}");
        }
        assert!(light(Map::Signed, -0.6) < light(Map::Signed, -0.3));
    }
}
