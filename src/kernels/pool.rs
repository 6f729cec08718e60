//! Buffers of maps that are used again: fresh memory is cleared twice, by the system page by page and then number by
//! number.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::flex::FlexTensor;

/// Buffers that are given back while one waits to be taken, at most: about those of two steps. What waits
/// longer is of a length that nobody asks for, and is freed.
const PATIENCE: usize = 128;
/// Shorter buffers than this cost nothing.
const SHORTEST: usize = 1 << 12;

/// Buffers that nobody uses, the oldest first, with how many had been given when each was.
struct Free {
    buffers: VecDeque<(usize, Vec<f32>)>,
    given: usize,
}

static FREE: Mutex<Free> = Mutex::new(Free { buffers: VecDeque::new(), given: 0 });

impl Free {
    /// The last buffer of this length. Where there is none, as much memory is freed as a new one takes.
    fn take(&mut self, length: usize) -> Option<Vec<f32>> {
        let found = self.buffers.iter().rposition(|(_, buffer)| buffer.len() == length);
        if let Some((_, buffer)) = found.and_then(|at| self.buffers.remove(at)) {
            return Some(buffer);
        }
        let mut room = 0;
        while room < length
            && let Some((_, oldest)) = self.buffers.pop_front()
        {
            room += oldest.len();
        }
        None
    }

    fn give(&mut self, buffer: Vec<f32>) {
        self.given += 1;
        self.buffers.push_back((self.given, buffer));
        while self.buffers.front().is_some_and(|(given, _)| given + PATIENCE < self.given) {
            self.buffers.pop_front();
        }
    }
}

fn locked<R>(body: impl FnOnce(&mut Free) -> R) -> R {
    body(&mut FREE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A buffer of so many numbers, which hold what was left in them: for outputs of which every number is set.
pub(super) fn take(length: usize) -> Vec<f32> {
    let found = if length < SHORTEST { None } else { locked(|free| free.take(length)) };
    found.unwrap_or_else(|| vec![0.0; length])
}

/// Gives back the buffer of a tensor that is not needed any more, where nobody else holds it.
pub(super) fn give(tensor: FlexTensor) {
    let buffer = tensor.data_arc();
    drop(tensor);
    let values = Arc::try_unwrap(buffer).ok().and_then(|bytes| bytes.try_into_vec().ok());
    if let Some(values) = values.filter(|values: &Vec<f32>| values.len() >= SHORTEST) {
        locked(|free| free.give(values));
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    #[test]
    fn buffers_are_used_again() {
        // A length that no other test has.
        let length = SHORTEST + 12_345;
        let tensor = FlexTensor::from_data(TensorData::new(vec![7.0_f32; length], [length]));
        let held = tensor.clone();
        give(tensor);
        assert_eq!(take(length)[0], 0.0, "somebody held it");
        give(held);
        assert_eq!(take(length), vec![7.0; length]);
        assert_eq!(take(length)[0], 0.0, "it was taken");
    }

    #[test]
    fn what_nobody_asks_for_is_freed() {
        let mut free = Free { buffers: VecDeque::new(), given: 0 };
        free.give(vec![1.0; 3]);
        (0..PATIENCE).for_each(|_| free.give(vec![2.0; 5]));
        assert_eq!(free.take(3), Some(vec![1.0; 3]));
        free.give(vec![1.0; 3]);
        (0..=PATIENCE).for_each(|_| free.give(vec![2.0; 5]));
        assert!(free.buffers.iter().all(|(_, buffer)| buffer.len() == 5));
        let before = free.buffers.len();
        assert_eq!(free.take(8), None);
        assert_eq!(free.buffers.len(), before - 2, "a new buffer takes the room of old ones");
    }
}
