//! The colours of AUROC from lowest to highest: viridis, which grows lighter throughout and can be read
//! without telling colours apart.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::figure::{Area, Drawing};
use super::text::{USUAL, placed, text_width};
use super::units::pt;

/// Steps of a bar.
const STEPS: i32 = 64;

/// AUROC of the darkest and of the lightest colour.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub low: f64,
    pub high: f64,
}

impl Scale {
    pub fn colour(self, auroc: f64) -> RGBColor {
        let share = if self.high > self.low { (auroc - self.low) / (self.high - self.low) } else { 1.0 };
        ViridisRGB.get_color(share.clamp(0.0, 1.0) as f32)
    }

    /// Black or white, whichever can be read on the colour.
    pub fn ink(self, auroc: f64) -> RGBColor {
        let (red, green, blue) = self.colour(auroc).rgb();
        let light = 0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
        if light > 140.0 { BLACK } else { WHITE }
    }

    /// A level bar of the colours with its ends named, `width` wide, its title and upper left corner at a place.
    pub fn draw(self, area: &Area<'_>, title: &str, (x, y): (i32, i32), width: i32) -> Drawing {
        let style = placed(USUAL, &BLACK, HPos::Left, VPos::Center);
        let (left, middle) = (x + text_width(title, USUAL) + pt(4), y + pt(4));
        area.draw(&Text::new(title.to_string(), (x, middle), style.clone()))?;
        let style_right = placed(USUAL, &BLACK, HPos::Right, VPos::Center);
        area.draw(&Text::new(format!("{:.3}", self.low), (left + pt(22), middle), style_right))?;
        let (start, end) = (left + pt(25), x + width - pt(24));
        for step in 0..STEPS {
            let edge = |step: i32| start + (end - start) * step / STEPS;
            let share = f64::from(step) / f64::from(STEPS - 1);
            let colour = self.colour(self.low + share * (self.high - self.low));
            area.draw(&Rectangle::new([(edge(step), y), (end, y + pt(8))], colour.filled()))?;
        }
        area.draw(&Text::new(format!("{:.3}", self.high), (end + pt(3), middle), style))
    }
}
