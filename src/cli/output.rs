//! Results go to standard output, words about them to standard error, and nothing panics where either is
//! closed or full. Lines that are drawn again and again stand below all words.

use std::fmt::Arguments;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::exit;
use std::sync::{Mutex, PoisonError};

use console::Term;

use super::live_lines::LiveLines;
use super::{DONE, Failure, WRONG};
use crate::table::printable;

/// The lines that stand at the end of the terminal.
static LIVE: Mutex<LiveLines> = Mutex::new(LiveLines::new());

/// Prints results. A reader that has gone, as `head` does, wants no more of them: that is no error.
pub(super) fn print(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let written = if out.is_terminal() {
        out.write_all(printable(&text.to_string()).as_bytes())
    } else {
        out.write_fmt(text)
    };
    match written.and_then(|()| out.flush()) {
        Ok(()) => (),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(DONE.into()),
        Err(error) => {
            say(format_args!("the results cannot be printed: {}", super::failure::plain(&error.to_string())));
            exit(WRONG.into())
        }
    }
}

/// Tells people something. Work goes on where nobody can read it.
pub(super) fn say(words: Arguments<'_>) {
    writeln!(Words, "{}", printable(&words.to_string())).ok();
}

/// Says why a command could not do its work, in the colours of a terminal.
pub(super) fn fail(failure: &Failure) {
    writeln!(Words, "{failure}").ok();
}

/// Standard error; what is written there stands above the lines that are drawn again and again.
pub(super) struct Words;

impl Write for Words {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let cleared = change(|live, (_, columns)| live.clear(columns));
        let mut err = std::io::stderr().lock();
        err.write_all(cleared.as_bytes())?;
        err.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// Draws lines at the end of the terminal in the place of those that stand there, and `above` over them, which stays.
pub(super) fn draw_live(above: &[String], lines: &[String]) {
    let text = change(|live, size| live.draw(size, above, lines));
    std::io::stderr().lock().write_all(text.as_bytes()).ok(); // work goes on where nobody sees it
}

fn change(how: impl FnOnce(&mut LiveLines, (usize, usize)) -> String) -> String {
    let (rows, columns) = Term::stderr().size();
    let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
    how(&mut live, (rows.into(), columns.into()))
}

/// Prints a line of results; takes what `format!` does.
macro_rules! tell {
    ($($words:tt)*) => {
        $crate::cli::output::print(format_args!("{}\n", format_args!($($words)*)))
    };
}

/// Prints results as they are; takes what `format!` does.
macro_rules! put {
    ($($words:tt)*) => {
        $crate::cli::output::print(format_args!($($words)*))
    };
}

/// Tells people a line; takes what `format!` does.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::output::say(format_args!($($words)*))
    };
}
