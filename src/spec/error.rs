//! What is wrong with a sweep file, and where.

use std::ops::Range;

use miette::{Diagnostic, NamedSource, SourceSpan};

use super::plain::{Plain, plain};

/// What is wrong in a sweep file, and where: shown with the line and a caret.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct SpecError {
    message: String,
    #[source_code]
    source_code: NamedSource<String>,
    #[label("{label}")]
    span: SourceSpan,
    label: String,
    #[help]
    help: Option<String>,
}

/// A complaint about a place in the text, not yet tied to its file.
#[derive(Debug)]
pub(super) struct Complaint {
    pub message: String,
    pub label: String,
    pub help: Option<String>,
    pub span: Range<usize>,
}

impl Complaint {
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), label: "here".into(), help: None, span }
    }

    /// What the TOML reader says of a place, of `key` where that is known.
    pub fn plain(span: Range<usize>, error: &toml::de::Error, key: Option<&str>) -> Self {
        let Plain { message, help } = plain(error.message(), key);
        Self { help, ..Self::new(span, message) }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn in_file(self, file: &str, text: &str) -> SpecError {
        let start = self.span.start.min(text.len());
        let end = self.span.end.clamp(start, text.len());
        SpecError {
            message: self.message,
            source_code: NamedSource::new(file, text.to_string()).with_language("TOML"),
            span: (start..end).into(),
            label: self.label,
            help: self.help,
        }
    }
}

impl From<toml::de::Error> for Complaint {
    fn from(error: toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        Self::plain(span, &error, None)
    }
}
