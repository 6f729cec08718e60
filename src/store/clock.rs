//! Time, as the store writes it and waits.

use std::time::Duration;

/// How long to wait for a lock that another program holds.
pub(super) const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 30 });

/// Now, as the store writes it: RFC 3339 in UTC, to the second.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
