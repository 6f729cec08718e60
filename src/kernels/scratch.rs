//! Buffers that are used again, so that no call pays for fresh pages.

use std::cell::RefCell;

thread_local! {
    /// Buffers of this thread that nobody uses at the moment.
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Numbers in a cache line; buffers begin on one.
const LINE: usize = 16;

/// Lends buffers of the given lengths, which hold what was left in them.
pub(super) fn with<const N: usize, R>(lengths: [usize; N], body: impl FnOnce([&mut [f32]; N]) -> R) -> R {
    let padded = lengths.map(|length| length.next_multiple_of(LINE));
    let needed = padded.iter().sum::<usize>() + LINE;
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < needed {
        buffer = vec![0.0; needed];
    }
    let start = buffer.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
    let mut rest = &mut buffer[start..];
    let mut parts: [&mut [f32]; N] = std::array::from_fn(|_| Default::default());
    for nth in 0..N {
        let (part, others) = std::mem::take(&mut rest).split_at_mut(padded[nth]);
        parts[nth] = &mut part[..lengths[nth]];
        rest = others;
    }
    let result = body(parts);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_apart_and_used_again() {
        let first = with([3, 20], |[a, b]| {
            assert_eq!((a.len(), b.len()), (3, 20));
            a.fill(1.0);
            b.fill(2.0);
            assert_eq!(a, [1.0; 3]);
            with([5], |[inner]| inner.fill(9.0));
            assert_eq!(b, [2.0; 20]);
            a.as_ptr() as usize
        });
        assert_eq!(first % 64, 0);
        with([3, 20], |[again, _]| assert_eq!(again.as_ptr() as usize, first));
    }
}
