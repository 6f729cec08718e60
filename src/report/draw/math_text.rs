//! Words with what formulas need: `_{…}` is set lower and smaller, and a combining circumflex stands
//! over its letter, which fonts alone do not see to.

use plotters::prelude::*;

use super::figure::{Area, Drawing};
use super::text::text;

/// Where words stand against the place that is given.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
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

/// Draws words with their upper edge at a place.
pub(crate) fn words<DB: DrawingBackend>(
    area: &Area<'_, DB>,
    words: &str,
    at: (i32, i32),
    size: u32,
    colour: RGBColor,
    align: Align,
) -> Drawing<DB> {
    let small = size * 7 / 10;
    let width = |words: &str, size: u32| {
        area.estimate_text_size(words, &text(size, &colour)).map(|(width, _)| width as i32)
    };
    // What is to be drawn: words, place from the left edge, size, lowering.
    let mut placed: Vec<(&str, i32, u32, i32)> = Vec::new();
    let mut x = 0;
    for piece in pieces(words) {
        match piece {
            Piece::Plain(words) => {
                placed.push((words, x, size, 0));
                x += width(words, size)?;
            }
            Piece::Low(words) => {
                placed.push((words, x, small, size as i32 / 2));
                x += width(words, small)?;
            }
            Piece::Hat => {
                let last = placed.last().and_then(|(words, ..)| words.char_indices().next_back());
                let letter =
                    last.map_or(0, |(_, letter)| width(letter.encode_utf8(&mut [0; 4]), size).unwrap_or(0));
                placed.push((HAT, x - (letter + width(HAT, size)?) / 2, size, 0));
            }
        }
    }
    let left = match align {
        Align::Left => at.0,
        Align::Centre => at.0 - x / 2,
        Align::Right => at.0 - x,
    };
    for (words, x, size, down) in placed {
        area.draw(&Text::new(words.to_string(), (left + x, at.1 + down), text(size, &colour)))?;
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
