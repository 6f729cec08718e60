//! Fits that share a task: a task has a price of its own (a process, a device's trial, a store that is brought), so
//! short fits come together.

/// Tasks of fits that are expected to take so many `seconds`: none takes less than `least`, if there is as much to do,
/// and the longest come first, so that no long one is left at the end. A fit is named by its place.
pub(super) fn share(seconds: &[f64], least: f64) -> Vec<Vec<usize>> {
    let mut places: Vec<usize> = (0..seconds.len()).collect();
    places.sort_by(|a, b| seconds[*b].total_cmp(&seconds[*a]));
    let mut tasks: Vec<Vec<usize>> = Vec::new();
    let (mut together, mut sum) = (Vec::new(), 0.0);
    for place in places {
        together.push(place);
        sum += seconds[place];
        if sum >= least {
            tasks.push(std::mem::take(&mut together));
            sum = 0.0;
        }
    }
    match tasks.last_mut() {
        Some(last) => last.append(&mut together),
        None if together.is_empty() => (),
        None => tasks.push(together),
    }
    let of = |task: &Vec<usize>| task.iter().map(|place| seconds[*place]).sum::<f64>();
    tasks.sort_by(|a, b| of(b).total_cmp(&of(a)));
    tasks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::share;

    #[test]
    fn short_fits_come_together_and_long_ones_first() {
        assert_eq!(
            share(&[10.0, 500.0, 400.0], 300.0),
            [vec![1], vec![2, 0]],
            "what is left over joins the last"
        );
        assert_eq!(share(&[100.0, 900.0, 100.0, 100.0, 100.0, 100.0, 100.0], 300.0).len(), 3);
        assert_eq!(share(&[1.0, 2.0], 300.0), [vec![1, 0]]);
        assert_eq!(share(&[1.0, 2.0], 0.0), [vec![1], vec![0]]);
        assert!(share(&[], 300.0).is_empty());
    }

    proptest! {
        #[test]
        fn every_fit_has_one_task_and_none_is_short(
            seconds in prop::collection::vec(0.1_f64..1000.0, 0..60), least in 0.0_f64..600.0
        ) {
            let tasks = share(&seconds, least);
            let mut places: Vec<usize> = tasks.concat();
            places.sort_unstable();
            prop_assert_eq!(places, (0..seconds.len()).collect::<Vec<_>>());
            let sums: Vec<f64> = tasks.iter().map(|task| task.iter().map(|place| seconds[*place]).sum()).collect();
            prop_assert!(tasks.len() <= 1 || sums.iter().all(|sum| *sum >= least));
            prop_assert!(sums.is_sorted_by(|a, b| a >= b));
        }
    }
}
