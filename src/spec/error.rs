//! What is wrong with a sweep file, and where.

use std::ops::Range;

use miette::{Diagnostic, NamedSource, SourceSpan};

/// What is wrong in a sweep file, and where: shown with the line and a caret.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(anolab::sweep_file))]
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
        Self::new(error.span().unwrap_or(0..0), error.message().trim())
    }
}

/// "did you mean …" for a misspelt word, or the list of known words.
pub(super) fn suggest(word: &str, known: &[&str]) -> String {
    let nearest =
        known.iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate)).min();
    match nearest {
        Some((distance, candidate)) if distance <= 1 + candidate.len() / 4 => {
            format!("did you mean `{candidate}`?")
        }
        _ => format!("known: {}", known.join(", ")),
    }
}
