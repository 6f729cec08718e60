//! Text that is safe to show: names of a store of somebody else's may hold control characters.

/// The text with control characters written as escapes, all but line breaks and tabs: a terminal would obey them.
pub(crate) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        if c.is_control() && c != '\n' && c != '\t' {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(printable("a\u{1b}[2J\r\u{9b}31m\u{7f}"), "a\\u{1b}[2J\\r\\u{9b}31m\\u{7f}");
        assert_eq!(printable("λ × 2\n\tb"), "λ × 2\n\tb");
    }
}
