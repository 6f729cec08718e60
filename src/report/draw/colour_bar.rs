//! The colours of AUROC from lowest to highest: viridis, which grows lighter throughout and can be read
//! without telling colours apart.

use plotters::prelude::*;

use super::figure::{Area, Drawing};
use super::text::text;

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

    /// A bar of the colours with its ends named, `height` high, its upper left corner at a place.
    pub fn draw<DB: DrawingBackend>(self, area: &Area<'_, DB>, at: (i32, i32), height: i32) -> Drawing<DB> {
        for step in 0..height {
            let share = f64::from(height - step) / f64::from(height);
            let colour = self.colour(self.low + share * (self.high - self.low));
            let line = [(at.0, at.1 + step), (at.0 + 16, at.1 + step + 1)];
            area.draw(&Rectangle::new(line, colour.filled()))?;
        }
        for (value, y) in [(self.high, at.1 - 6), (self.low, at.1 + height - 8)] {
            area.draw(&Text::new(format!("{value:.3}"), (at.0 + 22, y), text(12, &BLACK)))?;
        }
        area.draw(&Text::new("AUROC", (at.0 - 6, at.1 - 26), text(13, &BLACK)))
    }
}
