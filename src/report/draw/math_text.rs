//! Words with what formulas need: `_{…}` is set lower and smaller, and a combining circumflex stands
//! over its letter, which fonts alone do not see to.

use plotters::prelude::*;

use super::figure::{Area, Drawing};
use super::text::{SMALL, text, text_width};
use super::units::pt;

/// Where words stand against the place that is given.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    Left,
    Centre,
}

/// A part of some words.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Plain(&'a str),
    Low(&'a str),
    /// A circumflex over the letter before it.
    Hat,
}

const COMBINING: char = '\u{302}';
/// The circumflex that stands by itself, at the same height.
const HAT: &str = "\u{2c6}";

fn pieces(words: &str) -> Vec<Piece<'_>> {
    let hatted = |part| {
        let parts = str::split(part, COMBINING).enumerate();
        parts.flat_map(|(nth, part)| (nth > 0).then_some(Piece::Hat).into_iter().chain([Piece::Plain(part)]))
    };
    let mut found = Vec::new();
    for (nth, part) in words.split("_{").enumerate() {
        let (low, rest) = match part.split_once('}') {
            Some((low, rest)) if nth > 0 => (Some(Piece::Low(low)), rest),
            _ => (None, part),
        };
        found.extend(low.into_iter().chain(hatted(rest)));
    }
    found.retain(|piece| *piece != Piece::Plain(""));
    found
}

/// A piece in its place.
struct Placed<'a> {
    words: &'a str,
    /// From the left edge.
    x: i32,
    size: f64,
    down: i32,
}

/// The pieces of some words with their places, and how wide they are together.
fn placed(words: &str, size: f64) -> (Vec<Placed<'_>>, i32) {
    let small = (0.7 * size).max(f64::from(SMALL));
    let lowered = (0.3 * size * f64::from(pt(1))) as i32;
    let (mut found, mut x) = (Vec::<Placed>::new(), 0);
    for piece in pieces(words) {
        match piece {
            Piece::Plain(words) => {
                // Spaces at its ends are no part of a text in SVG.
                let trimmed = words.trim_start();
                let left = x + text_width(&words[..words.len() - trimmed.len()], size);
                found.push(Placed { words: trimmed, x: left, size, down: 0 });
                x += text_width(words, size);
            }
            Piece::Low(words) => {
                found.push(Placed { words, x, size: small, down: lowered });
                x += text_width(words, small);
            }
            Piece::Hat => {
                let last = found.last().and_then(|last| last.words.chars().next_back());
                let letter = last.map_or(0, |letter| text_width(letter.encode_utf8(&mut [0; 4]), size));
                let x = x - (letter + text_width(HAT, size)) / 2;
                found.push(Placed { words: HAT, x, size, down: 0 });
            }
        }
    }
    (found, x)
}

/// How wide words of a size in points are.
pub(crate) fn width(words: &str, size: u32) -> i32 {
    placed(words, size.into()).1
}

/// Draws words of a size in points with their upper edge at a place.
pub(crate) fn words(
    area: &Area<'_>,
    words: &str,
    at: (i32, i32),
    size: u32,
    colour: RGBColor,
    align: Align,
) -> Drawing {
    let (pieces, width) = placed(words, size.into());
    let left = match align {
        Align::Left => at.0,
        Align::Centre => at.0 - width / 2,
    };
    for Placed { words, x, size, down } in pieces {
        area.draw(&Text::new(words.trim_end().to_string(), (left + x, at.1 + down), text(size, &colour)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_fall_into_pieces() {
        use Piece::{Hat, Low, Plain};
        assert_eq!(pieces("mean |x − x̂|"), [Plain("mean |x − x"), Hat, Plain("|")]);
        assert_eq!(pieces("L_{con} = 0"), [Plain("L"), Low("con"), Plain(" = 0")]);
        assert_eq!(pieces("G_{E}(x̂)"), [Plain("G"), Low("E"), Plain("(x"), Hat, Plain(")")]);
        assert_eq!(pieces("{a}"), [Plain("{a}")]);
    }
}
