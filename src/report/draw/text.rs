//! The font of all figures, and words that fit.

use std::sync::{LazyLock, Once};

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};
use ttf_parser::Face;

use super::units::pt;

/// DejaVu Sans is in the binary: text is drawn on machines without fonts, and the same on all.
pub(crate) static FONT: &[u8] = include_bytes!("../../../assets/DejaVuSans.ttf");
/// For letters that it lacks: Chinese and Japanese ones.
pub(crate) static FALLBACK: &[u8] = include_bytes!("../../../assets/DroidSansFallbackFull.ttf");
/// What SVGs ask for: the font, one of the same measures, any.
pub(crate) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";
/// The smallest text of a figure, in points.
pub(crate) const SMALL: u32 = 6;
/// Names of ticks, legends.
pub(crate) const USUAL: u32 = 7;
/// Names of axes, headings.
pub(crate) const HEADING: u32 = 8;
/// From one line of text to the next, for each point of its size.
const LINE: f64 = 1.35;

pub(crate) const FAINT: RGBColor = RGBColor(90, 90, 90);

/// plotters gives a text's height from its highest letter to its lowest; SVG takes the em.
const HEIGHT_OF_EM: f64 = 1.24;

/// What the fonts say of their letters; the first that has one draws it.
static FACES: LazyLock<Vec<Face<'static>>> =
    LazyLock::new(|| [FONT, FALLBACK].into_iter().filter_map(|font| Face::parse(font, 0).ok()).collect());

pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Only a damaged font could fail, and this one is part of the program.
        register_font(FAMILY, FontStyle::Normal, FONT).ok();
    });
}

/// A text style of the figure's font, of a size in points.
pub(crate) fn text(size: impl Into<f64>, colour: &impl Color) -> TextStyle<'_> {
    (FAMILY, size.into() * f64::from(pt(1)) * HEIGHT_OF_EM).into_font().color(colour)
}

/// The same, placed by its left, its middle or its right, and by its top, its middle or its bottom.
pub(crate) fn placed(size: u32, colour: &impl Color, h: HPos, v: VPos) -> TextStyle<'_> {
    text(size, colour).pos(Pos::new(h, v))
}

/// How wide some words of a size in points are.
pub(crate) fn text_width(words: &str, size: impl Into<f64>) -> i32 {
    let ems: f64 = words.chars().map(ems).sum();
    (ems * size.into() * f64::from(pt(1))).ceil() as i32
}

/// How wide a letter is. One that no font has is taken for as wide as high.
fn ems(letter: char) -> f64 {
    let in_face = |face: &Face<'_>| {
        let advance = face.glyph_hor_advance(face.glyph_index(letter)?)?;
        Some(f64::from(advance) / f64::from(face.units_per_em()))
    };
    FACES.iter().find_map(in_face).unwrap_or(1.0)
}

/// Whether the fonts of the program have all letters of a text.
pub(crate) fn has_letters(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii() || FACES.iter().any(|face| face.glyph_index(c).is_some()))
}

/// From one line of text of a size to the next.
pub(crate) fn line_height(size: u32) -> i32 {
    (f64::from(size) * LINE * f64::from(pt(1))).round() as i32
}

/// Words of a size broken into lines of a width.
pub(crate) fn lines(words: &str, size: u32, width: i32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let last = lines.len() - 1;
        let longer = format!("{} {word}", lines[last]);
        if lines[last].is_empty() {
            lines[last] = word.into();
        } else if text_width(&longer, size) <= width {
            lines[last] = longer;
        } else {
            lines.push(word.into());
        }
    }
    lines
}

/// As much of a text as a width has room for, with an ellipsis where that is not all.
pub(crate) fn shortened(words: &str, size: u32, width: i32) -> String {
    if text_width(words, size) <= width {
        return words.into();
    }
    let mut kept: Vec<char> = words.chars().collect();
    while kept.pop().is_some() {
        let shorter: String = kept.iter().chain(&['…']).collect();
        if text_width(&shorter, size) <= width {
            return shorter;
        }
    }
    "…".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words() {
        let words = "a sweep · a run · another run · a commit";
        let broken = lines(words, SMALL, pt(60));
        assert!(
            broken.len() > 2 && broken.iter().all(|line| text_width(line, SMALL) <= pt(60)),
            "{broken:?}"
        );
        assert_eq!(broken.join(" "), words);
        assert_eq!(lines(words, SMALL, pt(1000)).len(), 1);
    }

    /// Advances of DejaVu Sans, in 2048ths of an em: 1255 for `a`, 1212 for `x`.
    #[test]
    fn widths_are_those_of_the_font() {
        let expected = 100.0 * (5.0 * 1255.0 + 5.0 * 1212.0) / 2048.0;
        let found = f64::from(text_width("aaaaaxxxxx", 10));
        assert!((found - expected).abs() < 1.5, "{found} {expected}");
        assert_eq!(text_width("缺缺", 10), 200);
    }

    #[test]
    fn what_does_not_fit_is_shortened() {
        assert_eq!(shortened("w_con", USUAL, pt(100)), "w_con");
        let short = shortened("a very long name of a setting", USUAL, pt(50));
        assert!(short.ends_with('…') && text_width(&short, USUAL) <= pt(50), "{short}");
    }
}
