//! Any error as one report for people.

use std::error::Error;
use std::fmt;

use miette::Report;

use crate::store::SqliteError;
use crate::sweep::SweepError;
use crate::table::printable;

/// Why a command could not do its work. `?` makes one of any error.
pub(super) struct Failure(Report);

impl Failure {
    /// A failure that no error of the library tells.
    pub fn new(words: impl fmt::Display) -> Self {
        Self(Report::msg(plain(&words.to_string())))
    }

    /// What failed and why, in one line.
    pub fn in_a_line(&self) -> String {
        self.0.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let error: Box<dyn Error + Send + Sync> = Box::new(error);
        Self(match error.downcast::<SweepError>() {
            // It shows its place in the sweep file.
            Ok(error) if matches!(*error, SweepError::Spec(_)) => Report::new(*error),
            Ok(error) => with_causes(&*error),
            Err(error) => with_causes(&*error),
        })
    }
}

/// Words as people are to read them: without the numbers that operating systems and this program's language add.
pub(super) fn plain(words: &str) -> String {
    let mut plain = String::new();
    let mut rest = words;
    while let Some((before, after)) = rest.split_once(" (os error ") {
        plain.push_str(before);
        rest = after
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
            .strip_prefix(')')
            .unwrap_or(after);
    }
    plain.push_str(rest);
    printable(&plain)
}

fn with_causes(error: &(dyn Error + 'static)) -> Report {
    let mut said = said(error).into_iter().rev();
    let innermost = Report::msg(said.next().unwrap_or_default());
    said.fold(innermost, |report, words| report.wrap_err(words))
}

/// The message, and of the causes those that add something: many messages end in their cause's words.
fn said(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let words = plain(&error.to_string());
        if !said.iter().any(|known| known.contains(&words)) {
            said.push(words);
        }
        // What stands behind an error of SQLite, or of a configuration, is in words for programmers.
        next =
            error.source().filter(|source| !error.is::<SqliteError>() && !source.is::<serde_json::Error>());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{words}")]
    struct Told {
        words: &'static str,
        source: std::io::Error,
    }

    #[test]
    fn causes_that_say_more_are_told_once() {
        let told = |words| said(&Told { words, source: std::io::Error::other("the disk is full") });
        assert_eq!(told("cannot write a.db"), ["cannot write a.db", "the disk is full"]);
        assert_eq!(told("cannot write a.db: the disk is full"), ["cannot write a.db: the disk is full"]);
    }

    #[test]
    fn numbers_of_the_system_are_left_out() {
        let words = std::io::Error::from_raw_os_error(2).to_string();
        assert!(words.contains("os error"), "{words}");
        assert_eq!(
            plain(&format!("cannot read a: {words}; b")),
            "cannot read a: No such file or directory; b"
        );
    }

    #[test]
    fn the_store_speaks_for_sqlite() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::Store::open(&folder.path().join("a.db")).unwrap();
        let error = store.query("SELECT missing").unwrap_err();
        let said = said(&error);
        assert!(said.len() == 1 && said[0].starts_with("no such column: missing"), "{said:?}");
        let sqlite = error.source().unwrap();
        assert!(sqlite.is::<SqliteError>() && sqlite.source().is_some(), "the source is kept");
    }
}
