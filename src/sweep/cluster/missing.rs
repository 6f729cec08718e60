//! Which fits a sweep still needs.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::plan::Planned;
use crate::id::{FitId, RunId};
use crate::store::Status;

/// A fit with runs that nobody has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    /// Its id.
    pub fit_id: FitId,
    /// Its runs that are to do, by their places in the plan.
    pub runs: Vec<usize>,
}

/// The fits that are to do and that nobody is at, in the order of the sweep.
pub(super) fn missing(
    planned: &Planned,
    statuses: &HashMap<RunId, Status>,
    under_way: &HashSet<FitId>,
) -> Vec<Missing> {
    let mut fits: BTreeMap<&FitId, Vec<usize>> = BTreeMap::new();
    let mut order = Vec::new();
    for (place, (fit_id, run_id)) in planned.ids.iter().enumerate() {
        let is_to_do = match statuses.get(run_id) {
            None | Some(Status::Queued | Status::Interrupted) => true,
            Some(Status::Running | Status::Done | Status::Failed | Status::Diverged) => false,
        };
        if !is_to_do || under_way.contains(fit_id) {
            continue;
        }
        let runs = fits.entry(fit_id).or_default();
        if runs.is_empty() {
            order.push(fit_id);
        }
        if !runs.iter().any(|known| planned.ids[*known].1 == *run_id) {
            runs.push(place);
        }
    }
    let of = |fit_id: &FitId| Missing { fit_id: fit_id.clone(), runs: fits[fit_id].clone() };
    order.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    #[test]
    fn what_is_done_failed_or_under_way_is_not_missing() {
        let text = "name = \"t\"\ndataset = { kind = \"synthetic\", scene = \"casting\", count = 24 }\n[base]\n\
                    image_size = 16\nbatch_size = 8\n[grid]\nmodel = \"anogan\"\nseed = [0, 1, 2]\n\
                    [grid.anogan]\nlambda = [0.1, 0.2]\n";
        let planned = crate::sweep::plan("t.toml", Sweep::parse("t.toml", text).unwrap()).unwrap();
        let all = missing(&planned, &HashMap::new(), &HashSet::new());
        assert_eq!(all.iter().map(|fit| fit.runs.len()).collect::<Vec<_>>(), [2, 2, 2]);
        let of = |fit: usize, run: usize| planned.ids[all[fit].runs[run]].1.clone();
        let statuses = HashMap::from([
            (of(0, 0), Status::Done),
            (of(0, 1), Status::Interrupted),
            (of(1, 0), Status::Failed),
            (of(1, 1), Status::Diverged),
            (of(2, 0), Status::Queued),
        ]);
        let left = missing(&planned, &statuses, &HashSet::new());
        assert_eq!(
            left.iter().map(|fit| fit.runs.clone()).collect::<Vec<_>>(),
            [vec![all[0].runs[1]], all[2].runs.clone()]
        );
        let under_way = HashSet::from([all[2].fit_id.clone()]);
        assert_eq!(missing(&planned, &statuses, &under_way).len(), 1);
    }
}
