//! Ctrl-C and its kin, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts SIGINT, SIGTERM and SIGHUP, and calls `on_signal` with the count. What is ignored when the program
/// starts, as `nohup` does with SIGHUP, stays ignored.
pub(super) fn count(on_signal: impl Fn(usize) + Send + 'static) -> Result<Arc<AtomicUsize>, Refused> {
    let signals = Arc::new(AtomicUsize::new(0));
    let counted = signals.clone();
    listen(false, move |_| on_signal(counted.fetch_add(1, Ordering::Relaxed) + 1))?;
    Ok(signals)
}

/// Calls `on_signal` for these and for SIGUSR1, by which a cluster gives notice that the time is nearly over: then it
/// is told `true`.
pub(super) fn hear_of_time(on_signal: impl Fn(bool) + Send + 'static) -> Result<(), Refused> {
    listen(true, on_signal)
}

#[cfg(unix)]
type Refused = std::io::Error;
#[cfg(not(unix))]
type Refused = ctrlc::Error;

#[cfg(unix)]
fn listen(of_time: bool, on_signal: impl Fn(bool) + Send + 'static) -> Result<(), Refused> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let wanted = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal, &status));
    let mut signals = signal_hook::iterator::Signals::new(wanted.chain(of_time.then_some(SIGUSR1)))?;
    std::thread::spawn(move || signals.forever().for_each(|signal| on_signal(signal == SIGUSR1)));
    Ok(())
}

/// Whether the status of a process, as Linux tells it, has this signal in its mask of ignored ones. Elsewhere
/// nothing is told.
#[cfg(unix)]
fn is_ignored(signal: i32, status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}

#[cfg(not(unix))]
fn listen(_: bool, on_signal: impl Fn(bool) + Send + 'static) -> Result<(), Refused> {
    ctrlc::set_handler(move || on_signal(false))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_mask_tells_what_is_ignored() {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let status = "Name:\tanolab\nSigBlk:\t0000000000000003\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        assert_eq!([SIGHUP, SIGINT, SIGTERM].map(|signal| is_ignored(signal, status)), [true, false, false]);
        assert!(!is_ignored(SIGHUP, ""));
    }
}
