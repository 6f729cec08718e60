//! Ctrl-C and its kin, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts SIGINT and SIGTERM, and calls `on_signal` with the count.
pub(super) fn count(on_signal: impl Fn(usize) + Send + 'static) -> Result<Arc<AtomicUsize>, ctrlc::Error> {
    let signals = Arc::new(AtomicUsize::new(0));
    let counted = signals.clone();
    ctrlc::set_handler(move || on_signal(counted.fetch_add(1, Ordering::Relaxed) + 1))?;
    Ok(signals)
}
