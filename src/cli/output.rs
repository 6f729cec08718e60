//! Results go to standard output, words about them to standard error, and nothing panics where either is
//! closed or full.

use std::fmt::Arguments;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::exit;

use super::{DONE, Failure, WRONG};
use crate::table::printable;

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
            say(format_args!("the results cannot be printed: {error}"));
            exit(WRONG.into())
        }
    }
}

/// Tells people something. Work goes on where nobody can read it.
pub(super) fn say(words: Arguments<'_>) {
    writeln!(std::io::stderr(), "{}", printable(&words.to_string())).ok();
}

/// Says why a command could not do its work, in the colours of a terminal.
pub(super) fn fail(failure: &Failure) {
    writeln!(std::io::stderr(), "{failure}").ok();
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
