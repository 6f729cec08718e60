//! Time, as the store writes it and waits.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long to wait for a lock that another program holds.
pub(super) const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 30 });

/// Names a file that holds the seconds by which this clock is ahead of the machine's: tests move it.
const MOVED: &str = "ANOLAB_TEST_CLOCK";

/// Now, as the store writes it: RFC 3339 in UTC, to the second.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Seconds since 1970, by which leases end.
pub(super) fn seconds() -> f64 {
    let machine = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let ahead = std::env::var_os(MOVED).and_then(|file| std::fs::read_to_string(file).ok());
    machine + ahead.and_then(|text| text.trim().parse::<f64>().ok()).unwrap_or_default()
}
