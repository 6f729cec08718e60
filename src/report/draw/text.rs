//! The font of all figures, and words that fit.

use std::sync::Once;

use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

/// DejaVu Sans is in the binary: text is drawn on machines without fonts.
static FONT: &[u8] = include_bytes!("../../../assets/DejaVuSans.ttf");
/// The family that the font is registered as; viewers of an SVG use their own.
pub(crate) const FAMILY: &str = "sans-serif";

pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for style in [FontStyle::Normal, FontStyle::Bold] {
            // Only a damaged font could fail, and this one is part of the program.
            register_font(FAMILY, style, FONT).ok();
        }
    });
}

/// A text style of the figure's font.
pub(crate) fn text(size: u32, colour: &impl Color) -> TextStyle<'_> {
    (FAMILY, size).into_font().color(colour)
}

/// Words broken into lines of a figure's width, at about 6 pixels a character.
pub(crate) fn lines(words: &str, width: u32) -> Vec<String> {
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

/// A text of at most so many characters.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words() {
        let words = "a sweep · a run · another run · a commit";
        let broken = lines(words, 120);
        assert!(broken.len() > 2 && broken.iter().all(|line| line.chars().count() <= 15), "{broken:?}");
        assert_eq!(broken.join(" "), words);
        assert_eq!(lines(words, 2000).len(), 1);
    }
}
