//! What all figures share: an area to draw on, provenance under it, PNG and SVG.

use std::path::{Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::text::{lines, register, text};
use crate::report::ReportError;
use crate::report::files::write_file;

/// Where a figure is drawn.
pub(crate) type Area<'a, DB> = DrawingArea<DB, Shift>;
/// What drawing gives.
pub(crate) type Drawing<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A picture that can be drawn on any backend. What it is from is written under it.
pub(crate) trait Figure {
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
pub(crate) fn save(figure: &impl Figure, stem: &Path) -> Result<PathBuf, ReportError> {
    let path = stem.with_extension("png");
    write_file(&stem.with_extension("svg"), svg(figure)?.as_bytes())?;
    write_file(&path, &png(figure)?)?;
    Ok(path)
}

/// A figure as the text of an SVG.
pub(crate) fn svg(figure: &impl Figure) -> Result<String, ReportError> {
    let mut text = String::new();
    draw(figure, SVGBackend::with_string(&mut text, whole_size(figure)))?;
    Ok(text.chars().filter(|c| is_xml(*c)).collect())
}

/// Whether XML can have this character: names may hold others.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// A figure as a PNG.
pub(crate) fn png(figure: &impl Figure) -> Result<Vec<u8>, ReportError> {
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
pub(crate) fn whole_size(figure: &impl Figure) -> (u32, u32) {
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
        .map_err(|error| ReportError::Drawing(error.into()))
}

fn draw_origin<DB: DrawingBackend>(area: &Area<'_, DB>, words: &str) -> Drawing<DB> {
    let (width, _) = area.dim_in_pixel();
    for (nth, line) in lines(words, width).into_iter().enumerate() {
        area.draw(&Text::new(line, (10, 16 * nth as i32 + 6), text(12, &RGBColor(90, 90, 90))))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(&'static str);

    impl Figure for Named {
        fn size(&self) -> (u32, u32) {
            (200, 20)
        }

        fn origin(&self) -> String {
            self.0.into()
        }

        fn draw<DB: DrawingBackend>(&self, _: &Area<'_, DB>) -> Drawing<DB>
        where
            DB::ErrorType: 'static,
        {
            Ok(())
        }
    }

    #[test]
    fn names_with_control_characters_make_no_malformed_svg() {
        let svg = svg(&Named("a\u{1b}\0\u{ffff}b<c")).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let texts: Vec<_> = document.descendants().filter_map(|node| node.text()).map(str::trim).collect();
        assert!(texts.contains(&"ab<c"), "{texts:?}");
    }
}
