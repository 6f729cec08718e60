//! What all figures share: fonts, colours, saving as PNG and SVG.

use std::path::{Path, PathBuf};
use std::sync::Once;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::{ReportError, write_file};

/// DejaVu Sans is in the binary: text is drawn on machines without fonts.
static FONT: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");
/// The family that the font is registered as; viewers of an SVG use their own.
pub(super) const FAMILY: &str = "sans-serif";

/// Colour of the threshold's line; those of the kinds of image are the [`Style`](super::Style)'s.
pub(super) const THRESHOLD: RGBColor = RGBColor(0, 0, 0);
/// Colours of seeds or series, in order; colour-blind readers can tell them apart (Okabe and Ito 2008).
pub(super) const SERIES: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];

/// The colour of a model, the same in every figure; gray for mean brightness and unknown ones.
pub(super) fn colour_of_model(name: &str) -> RGBColor {
    match ["anogan", "ganomaly", "pca", "nearest"].iter().position(|known| *known == name) {
        Some(nth) => SERIES[nth],
        None => RGBColor(120, 120, 120),
    }
}

/// Where a figure is drawn.
pub(super) type Area<'a, DB> = DrawingArea<DB, Shift>;
/// What drawing gives.
pub(super) type Drawing<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A picture that can be drawn on any backend. What it is from is written under it.
pub(super) trait Figure {
    /// Width and height in pixels, without the lines under it.
    fn size(&self) -> (u32, u32);
    /// What made it: sweep, runs, commits and devices.
    fn origin(&self) -> String;
    /// Draws on an area of that size, already white.
    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static;
}

/// Writes a figure as `stem`.png and `stem`.svg; gives back the PNG's path.
pub(super) fn save(figure: &impl Figure, stem: &Path) -> Result<PathBuf, ReportError> {
    let path = stem.with_extension("png");
    write_file(&stem.with_extension("svg"), svg(figure)?.as_bytes())?;
    write_file(&path, &png(figure)?)?;
    Ok(path)
}

/// A figure as the text of an SVG.
pub(super) fn svg(figure: &impl Figure) -> Result<String, ReportError> {
    let mut text = String::new();
    draw(figure, SVGBackend::with_string(&mut text, whole_size(figure)))?;
    Ok(text)
}

/// A figure as a PNG.
pub(super) fn png(figure: &impl Figure) -> Result<Vec<u8>, ReportError> {
    let (width, height) = whole_size(figure);
    let mut pixels = vec![0; (width * height * 3) as usize];
    draw(figure, BitMapBackend::with_buffer(&mut pixels, (width, height)))?;
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Best, FilterType::Adaptive).write_image(
        &pixels,
        width,
        height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(file)
}

/// Width and height in pixels of a figure with the lines under it.
pub(super) fn whole_size(figure: &impl Figure) -> (u32, u32) {
    let (width, height) = figure.size();
    (width, height + 16 * lines(&figure.origin(), width).len() as u32 + 14)
}

fn draw<DB: DrawingBackend>(figure: &impl Figure, backend: DB) -> Result<(), ReportError>
where
    DB::ErrorType: 'static,
{
    register();
    let area = backend.into_drawing_area();
    let (above, foot) = area.split_vertically(figure.size().1);
    area.fill(&WHITE)
        .and_then(|()| figure.draw(&above))
        .and_then(|()| draw_origin(&foot, &figure.origin()))
        .and_then(|()| area.present())
        .map_err(|error| ReportError::Drawing(error.to_string()))
}

pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for style in [FontStyle::Normal, FontStyle::Bold] {
            // Only a damaged font could fail, and this one is part of the program.
            register_font(FAMILY, style, FONT).ok();
        }
    });
}

/// A text style of the figure's font.
pub(super) fn text(size: u32, colour: &impl Color) -> TextStyle<'_> {
    (FAMILY, size).into_font().color(colour)
}

fn draw_origin<DB: DrawingBackend>(area: &Area<'_, DB>, words: &str) -> Drawing<DB> {
    let (width, _) = area.dim_in_pixel();
    for (nth, line) in lines(words, width).into_iter().enumerate() {
        area.draw(&Text::new(line, (10, 16 * nth as i32 + 6), text(12, &RGBColor(90, 90, 90))))?;
    }
    Ok(())
}

/// Words broken into lines of a figure's width, at about 6 pixels a character.
fn lines(words: &str, width: u32) -> Vec<String> {
    let most = (width as usize / 6).saturating_sub(5);
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let line = lines.len() - 1;
        if !lines[line].is_empty() && lines[line].chars().count() + 1 + word.chars().count() > most {
            lines.push(word.into());
        } else {
            let gap = if lines[line].is_empty() { "" } else { " " };
            lines[line] = format!("{}{gap}{word}", lines[line]);
        }
    }
    lines
}

/// Smallest and largest of some values, with some air; 0..1 for no values.
pub(super) fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return 0.0..1.0;
    }
    let air = if high > low { 0.05 * (high - low) } else { low.abs().max(1.0) * 0.05 };
    low - air..high + air
}

/// A number for an axis: few digits, whatever its size.
pub(super) fn tick(value: &f64) -> String {
    let magnitude = value.abs();
    if magnitude < 1e-12 {
        "0".into()
    } else if (0.001..100_000.0).contains(&magnitude) {
        let digits = (2 - magnitude.log10().floor() as i32).clamp(0, 4) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        let shown: Vec<String> = [0.0, 0.25, 12.5, 1500.0, 1.5e-5, -0.1, 2e7].iter().map(tick).collect();
        assert_eq!(shown, ["0", "0.25", "12.5", "1500", "1.5e-5", "-0.1", "2.0e7"]);
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let words = "a sweep · a run · another run · a commit";
        let broken = lines(words, 120);
        assert!(broken.len() > 2 && broken.iter().all(|line| line.chars().count() <= 15), "{broken:?}");
        assert_eq!(broken.join(" "), words);
        assert_eq!(lines(words, 2000).len(), 1);
    }

    #[test]
    fn ranges_are_never_empty() {
        for values in [vec![], vec![3.0], vec![0.0, 0.0], vec![1.0, 2.0], vec![f64::NAN]] {
            let range = range(values.into_iter());
            assert!(range.start < range.end);
        }
    }
}
