//! Tasks as arrays of jobs: no longer than the cluster allows, and no more tasks at once than are wanted.

/// An array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its tasks, as numbers of tasks that are sorted by length.
    pub tasks: Vec<usize>,
    /// The most of them at once.
    pub at_once: Option<usize>,
    /// The array that must have ended before it begins.
    pub behind: Option<usize>,
}

/// Arrays of so many tasks, the longest first in each, with at most `longest` in an array and at most `at_once` of all
/// at once: as many arrays as that beside each other, others behind them.
pub(super) fn arrays(tasks: usize, longest: usize, at_once: Option<usize>) -> Vec<Part> {
    let count = tasks.div_ceil(longest.max(1));
    let lanes = at_once.map_or(count, |most| most.max(1).min(count)).max(1);
    (0..count)
        .map(|nth| {
            let (wave, lane) = (nth / lanes, nth % lanes);
            let beside = lanes.min(count - wave * lanes);
            // A wave takes the longest tasks that are left, and deals them out.
            let (from, to) = (wave * lanes * longest, tasks.min((wave + 1) * lanes * longest));
            Part {
                tasks: (from + lane..to).step_by(beside).collect(),
                at_once: at_once.map(|most| (most.max(1) + lanes - 1 - lane) / lanes),
                behind: nth.checked_sub(lanes),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn arrays_share_what_may_run_at_once() {
        let one = Part { tasks: vec![0, 1, 2], at_once: Some(2), behind: None };
        assert_eq!(arrays(3, 1001, Some(2)), [one]);
        let parts = arrays(5, 2, None);
        assert_eq!(parts.iter().map(|part| part.tasks.len()).sum::<usize>(), 5);
        assert!(parts.iter().all(|part| part.at_once.is_none() && part.behind.is_none()));
        let parts = arrays(10, 2, Some(3));
        assert_eq!(
            parts.iter().map(|part| part.behind).collect::<Vec<_>>(),
            [None, None, None, Some(0), Some(1)]
        );
        assert!(arrays(0, 10, None).is_empty());
    }

    proptest! {
        #[test]
        fn every_task_has_one_array(
            tasks in 0_usize..300, longest in 1_usize..40, at_once in prop::option::of(1_usize..20)
        ) {
            let parts = arrays(tasks, longest, at_once);
            let mut all: Vec<usize> = parts.iter().flat_map(|part| part.tasks.clone()).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..tasks).collect::<Vec<_>>());
            prop_assert!(parts.iter().all(|part| (1..=longest).contains(&part.tasks.len())));
            prop_assert!(parts.iter().all(|part| part.tasks.is_sorted()));
            if let Some(most) = at_once {
                let first: usize =
                    parts.iter().filter(|part| part.behind.is_none()).filter_map(|part| part.at_once).sum();
                prop_assert!(first <= most);
                prop_assert!(parts.iter().all(|part| part.at_once.is_some_and(|at_once| at_once > 0)));
            }
        }
    }
}
