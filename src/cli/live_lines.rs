//! Lines at the end of a terminal that are drawn again and again, whatever becomes of its width.

use console::{measure_text_width, truncate_str};

/// Takes the cursor up so many rows, to their beginning, and everything from there away.
fn away(rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("\u{1b}[{rows}A\r\u{1b}[J") }
}

/// The lines as they were drawn last.
#[derive(Debug, Default)]
pub(super) struct LiveLines {
    widths: Vec<usize>,
}

impl LiveLines {
    /// None yet.
    pub const fn new() -> Self {
        Self { widths: Vec::new() }
    }

    /// The text that draws `lines` in the place of those that were drawn before, below `above`, which stays. A terminal
    /// that has become narrower since has wrapped them: they take more rows by now.
    pub fn draw(&mut self, (rows, columns): (usize, usize), above: &[String], lines: &[String]) -> String {
        let mut text = self.clear(columns);
        above.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        let fitting = lines.iter().take(rows.saturating_sub(1));
        for line in fitting.map(|line| truncate_str(line, columns.saturating_sub(1), "…")) {
            self.widths.push(measure_text_width(&line));
            text.push_str(&format!("{line}\n"));
        }
        text
    }

    /// The text that takes the lines away.
    pub fn clear(&mut self, columns: usize) -> String {
        let rows = |width: usize| width.div_ceil(columns.max(1)).max(1);
        away(self.widths.drain(..).map(rows).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_drawn_is_drawn_over_though_it_was_wrapped_since() {
        let mut live = LiveLines::default();
        assert_eq!(live.draw((24, 20), &[], &lines(&["ten letter", "five!"])), "ten letter\nfive!\n");
        assert_eq!(live.draw((24, 4), &lines(&["over"]), &lines(&["ab"])), "\u{1b}[5A\r\u{1b}[Jover\nab\n");
        assert_eq!(live.draw((24, 4), &[], &lines(&["too long"])), "\u{1b}[1A\r\u{1b}[Jto…\n");
        assert_eq!(live.clear(4), "\u{1b}[1A\r\u{1b}[J");
        assert_eq!(live.clear(4), "");
        assert_eq!(
            live.draw((3, 9), &[], &lines(&["a", "b", "c"])),
            "a\nb\n",
            "no more than there is room for"
        );
    }
}
