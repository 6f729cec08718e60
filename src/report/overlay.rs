//! Residual maps over images in their own size, with the bar that says what the colours mean.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use image::imageops::{FilterType, replace, resize};
use image::{GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::draw::axis::tick;
use super::draw::figure::{Area, Drawing};
use super::draw::math_text::{Align, words};
use super::draw::raster;
use super::draw::residual_overlay::Residual;
use super::draw::text::{placed, register};
use super::draw::units::pt;
use super::error::ReportError;
use super::files::write_file;
use crate::atomic_file::remove_abandoned;
use crate::data::ImageFile;
use crate::eval::quantile;
use crate::id::RunId;
use crate::store::Store;

/// Draws residual maps of one run, all on one scale.
pub struct Overlays {
    /// Gray levels that have the last colour; more has it, too.
    largest: f64,
}

/// Share of the pixels of a run's pictures that lie within the scale.
const WITHIN: f64 = 0.999;

/// Room for the bar at the right of an image; one that is twice `UNIT` high, or more, has a larger one.
const BAR: u32 = 88;
const UNIT: u32 = 384;
/// Least height, so that the bar's ends can be named.
const LOWEST: u32 = 64;

impl Overlays {
    /// The scale is that of the pictures that the run has kept, and so the same whatever images are judged. What killed
    /// processes left in `folder` goes.
    ///
    /// # Errors
    /// Whatever the store says.
    pub fn of_run(store: &Store, run_id: &RunId, folder: &Path) -> Result<Self, ReportError> {
        remove_abandoned(folder, SystemTime::now());
        let mut values = Vec::new();
        for picture in store.pictures(run_id, None)? {
            values.extend(Residual::of(&picture)?.absolute());
        }
        Ok(Self { largest: quantile(&values, WITHIN).filter(|largest| *largest >= 1.0).unwrap_or(255.0) })
    }

    /// Writes a PNG of an image in gray, `residual` (`size`², in gray levels of 255, row by row) in colours over it.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(
        &self,
        path: &Path,
        image: &GrayImage,
        residual: &[f32],
        size: usize,
    ) -> Result<PathBuf, ReportError> {
        let drawn = self.draw(image, residual, size)?;
        let mut png = std::io::Cursor::new(Vec::new());
        drawn.write_to(&mut png, ImageFormat::Png)?;
        write_file(path, png.get_ref())?;
        Ok(path.into())
    }

    fn draw(&self, image: &GrayImage, residual: &[f32], size: usize) -> Result<RgbImage, ReportError> {
        let (width, height) = image.dimensions();
        let enlarge = (height / UNIT).max(1);
        let whole = (width + BAR * enlarge, height.max(LOWEST));
        let mut canvas = RgbImage::from_pixel(whole.0, whole.1, Rgb([255; 3]));
        replace(&mut canvas, &self.blend(image, residual, size), 0, 0);
        let svg = self.bar(whole.1 as i32, enlarge).map_err(|error| ReportError::Drawing(error.into()))?;
        replace(&mut canvas, &raster::pixels(&svg, BAR * enlarge)?, width.into(), 0);
        Ok(canvas)
    }

    /// The image with the residual in colours over it.
    fn blend(&self, image: &GrayImage, residual: &[f32], size: usize) -> RgbImage {
        let (width, height) = image.dimensions();
        let side = size as u32;
        let values = residual.iter().map(|value| value / self.largest as f32).collect();
        let map: ImageBuffer<Luma<f32>, Vec<f32>> =
            ImageBuffer::from_raw(side, side, values).unwrap_or_else(|| ImageBuffer::new(side, side));
        let map = resize(&map, width, height, FilterType::Triangle);
        RgbImage::from_fn(width, height, |x, y| {
            Rgb(over(image.get_pixel(x, y).0[0], f64::from(map.get_pixel(x, y).0[0])))
        })
    }

    /// The bar as an SVG, a point of which is a pixel.
    fn bar(&self, height: i32, enlarge: u32) -> Result<String, DrawingAreaErrorKind<std::io::Error>> {
        register();
        let mut svg = String::new();
        {
            let size = (pt((BAR * enlarge) as i32) as u32, pt(height) as u32);
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            self.draw_bar(&area, height, enlarge)?;
            area.present()?;
        }
        Ok(svg)
    }

    fn draw_bar(&self, area: &Area<'_>, height: i32, enlarge: u32) -> Drawing {
        let by = enlarge as i32;
        let font = 11 * enlarge;
        let (x, top, bottom) = (10 * by, 26 * by, height - 8 * by);
        words(area, "|x − x̂|", (pt(x), pt(4 * by)), font, BLACK, Align::Left)?;
        for line in top..bottom {
            let share = f64::from(bottom - 1 - line) / f64::from(bottom - 1 - top);
            let [red, green, blue] = over(128, share);
            let corners = [(pt(x), pt(line)), (pt(x + 14 * by), pt(line + 1))];
            area.draw(&Rectangle::new(corners, RGBColor(red, green, blue).filled()))?;
        }
        let ticks: &[f64] = if bottom - top < 60 * by { &[1.0, 0.0] } else { &[1.0, 0.5, 0.0] };
        for share in ticks {
            let line = pt(bottom) - (f64::from(pt(bottom - top)) * share).round() as i32;
            let more = if *share == 1.0 { "≥ " } else { "" };
            let label = format!("{more}{}", tick(&(share * self.largest).round()));
            let ends = [(pt(x + 14 * by), line), (pt(x + 18 * by), line)];
            area.draw(&PathElement::new(ends, BLACK.stroke_width(pt(by) as u32)))?;
            let style = placed(font, &BLACK, HPos::Left, VPos::Center);
            area.draw(&Text::new(label, (pt(x + 22 * by), line), style))?;
        }
        Ok(())
    }
}

/// Stops of the colour map plasma (van der Walt and Smith 2015), from its blue on: even in lightness, and readable for
/// colour-blind eyes.
const PLASMA: [[u8; 3]; 6] =
    [[70, 3, 159], [126, 3, 168], [177, 42, 144], [219, 92, 104], [248, 149, 64], [240, 249, 33]];

/// A gray pixel with a residual over it: nothing lets the image through, much hides it.
fn over(gray: u8, share: f64) -> [u8; 3] {
    let share = share.clamp(0.0, 1.0);
    let place = share * (PLASMA.len() - 1) as f64;
    let first = (place as usize).min(PLASMA.len() - 2);
    let opacity = (2.5 * share).min(0.85);
    [0, 1, 2].map(|channel| {
        let (from, to) = (f64::from(PLASMA[first][channel]), f64::from(PLASMA[first + 1][channel]));
        let colour = from + (to - from) * (place - first as f64);
        (f64::from(gray) * (1.0 - opacity) + colour * opacity).round() as u8
    })
}

/// Where the overlays of `files` are written in `folder`: each is named as its image and lies in its folder as seen
/// from the one that was given; images of the same name there are counted.
pub fn overlay_paths(folder: &Path, files: &[ImageFile]) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    let path = |file: &ImageFile| {
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
        let numbered = |nth: u32| if nth == 1 { stem.to_string() } else { format!("{stem}-{nth}") };
        let place = folder.join(&file.folder);
        let mut paths = (1..).map(|nth| place.join(format!("{}-residual.png", numbered(nth))));
        paths.find(|path| taken.insert(path.clone())).unwrap_or_default()
    };
    files.iter().map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_images_of_one_name_are_kept_apart() {
        let given = |path: &str| ImageFile { path: path.into(), folder: PathBuf::new() };
        let within =
            |folder: &str| ImageFile { path: format!("set/{folder}/1.png").into(), folder: folder.into() };
        let files = ["a/1.png", "b/1.png", "b/1-2.png", "c/1.jpg"].map(given);
        let names =
            overlay_paths(Path::new("maps"), &[&files[..], &[within("good"), within("bad")]].concat());
        let expected = ["1", "1-2", "1-2-2", "1-3", "good/1", "bad/1"];
        assert_eq!(names, expected.map(|name| PathBuf::from(format!("maps/{name}-residual.png"))));
    }

    #[test]
    fn colours_grow_over_the_image() {
        assert_eq!(
            [0, 77, 255].map(|gray| over(gray, 0.0)),
            [0, 77, 255].map(|gray| [gray; 3]),
            "nothing is clear"
        );
        assert_eq!(over(0, 7.0), [204, 212, 28], "more than the scale has the last colour");
        // Over middle gray, as on the bar, no two shares look alike.
        let steps: Vec<[u8; 3]> = (0..=50).map(|step| over(128, f64::from(step) / 50.0)).collect();
        for pair in steps.windows(2) {
            let apart: u32 = pair[0].iter().zip(pair[1]).map(|(a, b)| u32::from(a.abs_diff(b))).sum();
            assert!(apart >= 4, "{pair:?}");
        }
    }

    /// A residual in the upper left quarter colours that of the image, whatever its size and shape.
    #[test]
    fn maps_lie_over_the_image_in_its_own_size() {
        let overlays = Overlays { largest: 100.0 };
        let residual = [100.0, 0.0, 0.0, 0.0];
        for (width, height) in [(40, 20), (300, 900), (32, 32)] {
            let image = GrayImage::from_pixel(width, height, Luma([60]));
            let drawn = overlays.draw(&image, &residual, 2).unwrap();
            assert!(drawn.width() > width && drawn.height() >= height);
            let at = |x, y| drawn.get_pixel(x, y).0;
            assert_eq!(at(0, 0), over(60, 1.0), "{width}×{height}");
            assert_eq!(at(width - 1, height - 1), [60; 3], "{width}×{height}");
            assert_eq!(at(width - 1, 0), [60; 3], "{width}×{height}");
            let bar: Vec<[u8; 3]> =
                (0..drawn.height()).map(|y| at(width + 15 * (height / UNIT).max(1), y)).collect();
            assert!(bar.contains(&over(128, 1.0)) && bar.contains(&over(128, 0.0)), "the bar has both ends");
        }
    }
}
