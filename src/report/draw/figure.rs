//! What all figures share: an area to draw on, how they look, provenance under them.

use std::path::{Path, PathBuf};

use plotters::coord::Shift;
use plotters::prelude::*;

use super::raster;
use super::style::Style;
use super::text::{FAINT, SMALL, line_height, lines, register, text};
use super::units::{Width, pt};
use crate::report::ReportError;
use crate::report::files::write_file;
use crate::table::Table;

/// Where a figure is drawn.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing gives.
pub(crate) type Drawn<T> = Result<T, DrawingAreaErrorKind<std::io::Error>>;
/// What most drawing gives.
pub(crate) type Drawing = Drawn<()>;

/// How figures look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Colours, and names of files.
    pub style: Style,
    /// Width in print: figures are laid out for it.
    pub width: Width,
    /// Pixels an inch of PNGs.
    pub dpi: u32,
    /// Whether what made a figure is written under it; it stands in the file in any case.
    pub footer: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { style: Style::default(), width: Width::default(), dpi: 200, footer: true }
    }
}

/// A picture. What it is from is written under it. Lengths are tenths of a point.
pub(crate) trait Figure {
    /// Height at a width, without the lines under it.
    fn height(&self, width: i32) -> i32;
    /// What made it: sweep, runs, commits and devices.
    fn origin(&self) -> String;
    /// Draws on an area of that size, already white.
    fn draw(&self, area: &Area<'_>) -> Drawing;
    /// The numbers that it shows; absent where the table of all runs has them.
    fn data(&self) -> Option<Table> {
        None
    }
}

const MARGIN: i32 = pt(6);

/// Writes a figure as `stem`.png, `stem`.svg and `stem`.pdf; gives back the PNG's path.
pub(crate) fn save(figure: &impl Figure, look: Look, stem: &Path) -> Result<PathBuf, ReportError> {
    let path = stem.with_extension("png");
    let svg = svg(figure, look)?;
    write_file(&stem.with_extension("svg"), svg.as_bytes())?;
    write_file(&stem.with_extension("pdf"), &raster::pdf(&svg)?)?;
    write_file(&path, &raster::png(&svg, look.width, look.dpi, &figure.origin())?)?;
    Ok(path)
}

/// Height of a figure with the lines under it.
fn whole_height(figure: &impl Figure, look: Look) -> i32 {
    let width = look.width.units();
    let foot = lines(&figure.origin(), SMALL, width - 2 * MARGIN).len() as i32 * line_height(SMALL) + pt(6);
    figure.height(width) + if look.footer { foot } else { 0 }
}

/// A figure as the text of an SVG.
pub(crate) fn svg(figure: &impl Figure, look: Look) -> Result<String, ReportError> {
    register();
    let (width, height) = (look.width.units(), whole_height(figure, look));
    let mut text = String::new();
    draw(figure, look, SVGBackend::with_string(&mut text, (width as u32, height as u32)))
        .map_err(|error| ReportError::Drawing(error.into()))?;
    let text: String = text.chars().filter(|c| is_xml(*c)).collect();
    Ok(described(&text, (width, height), &figure.origin()))
}

/// Says the size in print, and what made the figure, in the first lines of the file.
fn described(svg: &str, (width, height): (i32, i32), origin: &str) -> String {
    let points = |units: i32| f64::from(units) / f64::from(pt(1));
    let own = format!("width=\"{width}\" height=\"{height}\"");
    let printed = format!("width=\"{}pt\" height=\"{}pt\"", points(width), points(height));
    let origin: String = origin.chars().filter(|c| is_xml(*c)).collect();
    let origin = origin.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    match svg.replacen(&own, &printed, 1).split_once('\n') {
        Some((head, rest)) => format!("{head}\n<desc>{origin}</desc>\n{rest}"),
        None => svg.into(),
    }
}

/// Whether XML can have this character: names may hold others.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
}

fn draw(figure: &impl Figure, look: Look, backend: SVGBackend<'_>) -> Drawing {
    let width = look.width.units();
    let area = backend.into_drawing_area();
    area.fill(&WHITE)?;
    let (above, foot) = area.split_vertically(figure.height(width));
    figure.draw(&above)?;
    if look.footer {
        for (nth, line) in lines(&figure.origin(), SMALL, width - 2 * MARGIN).into_iter().enumerate() {
            let at = (MARGIN, pt(3) + nth as i32 * line_height(SMALL));
            foot.draw(&Text::new(line, at, text(SMALL, &FAINT)))?;
        }
    }
    area.present()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(&'static str);

    impl Figure for Named {
        fn height(&self, _: i32) -> i32 {
            pt(20)
        }

        fn origin(&self) -> String {
            self.0.into()
        }

        fn draw(&self, _: &Area<'_>) -> Drawing {
            Ok(())
        }
    }

    #[test]
    fn names_with_control_characters_make_no_malformed_svg() {
        let svg = svg(&Named("a\u{1b}\0\u{ffff}b<c"), Look::default()).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let texts: Vec<_> = document
            .descendants()
            .filter(|node| node.is_element())
            .filter_map(|node| node.text())
            .map(str::trim)
            .collect();
        assert_eq!(texts.iter().filter(|text| **text == "ab<c").count(), 2, "{texts:?}");
        assert_eq!(document.root_element().attribute("width"), Some("496.1pt"));
    }

    #[test]
    fn without_its_footer_a_figure_still_knows_what_made_it() {
        let look = Look { footer: false, width: Width::of_cm(8.5), ..Look::default() };
        let svg = svg(&Named("made by"), look).unwrap();
        assert!(svg.contains("<desc>made by</desc>") && !svg.contains("<text"), "{svg}");
        assert!(svg.contains("width=\"240.9pt\" height=\"20pt\" viewBox=\"0 0 2409 200\""), "{svg}");
    }
}
