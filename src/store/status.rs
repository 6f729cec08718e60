//! How far a run or a fit is.

use std::fmt;
use std::str::FromStr;

/// How far a run or a fit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Nobody has begun.
    Queued,
    /// A worker is at it.
    Running,
    /// It has ended well.
    Done,
    /// It has ended with an error.
    Failed,
    /// Its training led to losses that are not finite.
    Diverged,
    /// It was begun, and goes on when somebody takes it up.
    Interrupted,
}

/// A text that is no status.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no status of a run")]
pub struct UnknownStatus(String);

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Diverged, Self::Interrupted];

    /// Its name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether it has ended without a result: it is tried again only where that is asked for.
    pub fn is_lost(self) -> bool {
        match self {
            Self::Failed | Self::Diverged => true,
            Self::Queued | Self::Running | Self::Done | Self::Interrupted => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let known = Self::ALL.into_iter().find(|status| status.name() == text);
        known.ok_or_else(|| UnknownStatus(text.escape_debug().to_string()))
    }
}
