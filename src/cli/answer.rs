//! Answers for people, or for programs as JSON.

use serde::Serialize;

use super::Failure;

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Answer {
    /// For people.
    #[default]
    Text,
    /// For programs: ids whole, numbers as numbers.
    Json,
}

/// Prints an answer as JSON.
pub(super) fn print_json(answer: &impl Serialize) -> Result<(), Failure> {
    tell!("{}", serde_json::to_string_pretty(answer)?);
    Ok(())
}
