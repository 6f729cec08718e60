//! Memory for decoded images, shared by all threads: however many there are, they wait for each other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that decoded images may take together, unless one alone takes more.
const MOST: u64 = 1 << 30;

/// The decoded images of this process.
static ROOM: Room = Room { taken: Mutex::new(0), freed: Condvar::new() };

struct Room {
    taken: Mutex<u64>,
    freed: Condvar,
}

/// Room that is taken until it is dropped. A thread holds one at a time, or two of them may wait for each other.
pub(super) struct Held {
    room: &'static Room,
    bytes: u64,
}

/// Waits until there is room for `bytes`.
pub(super) fn hold(bytes: u64) -> Held {
    ROOM.hold(bytes)
}

impl Room {
    fn hold(&'static self, bytes: u64) -> Held {
        let mut taken = self.lock();
        while *taken > 0 && taken.saturating_add(bytes) > MOST {
            taken = self.freed.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken = taken.saturating_add(bytes);
        Held { room: self, bytes }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.room.lock();
        *taken = taken.saturating_sub(self.bytes);
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn threads_never_take_more_together_than_there_is() {
        static OWN: Room = Room { taken: Mutex::new(0), freed: Condvar::new() };
        static NOW: AtomicU64 = AtomicU64::new(0);
        static PEAK: AtomicU64 = AtomicU64::new(0);
        let threads: Vec<_> = (0..8)
            .map(|_| {
                std::thread::spawn(|| {
                    for _ in 0..5 {
                        let bytes = MOST * 2 / 5;
                        let held = OWN.hold(bytes);
                        let now = NOW.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        PEAK.fetch_max(now, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(1));
                        NOW.fetch_sub(bytes, Ordering::SeqCst);
                        drop(held);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let peak = PEAK.load(Ordering::SeqCst);
        assert!((MOST * 2 / 5..=MOST).contains(&peak), "{peak}");
        assert_eq!(*OWN.lock(), 0);
        drop(OWN.hold(3 * MOST)); // one that is larger waits for no other
    }
}
