//! Finished runs that are not to be trusted.

use std::collections::BTreeMap;
use std::fmt;

use crate::eval::measure::{AUROC, DIVERSITY};
use crate::eval::{COLLAPSED_DIVERSITY, INVERTED_AUROC};
use crate::store::RunRow;

/// Why a finished run is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// Its generator makes nearly the same image always.
    Collapsed,
    /// It takes normal images for the anomalies.
    Inverted,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Collapsed => "collapsed",
            Self::Inverted => "inverted",
        })
    }
}

/// What is wrong with a run; the worse first.
pub(crate) fn doubt(run: &RunRow) -> Option<Doubt> {
    let is_under = |measure, limit| run.measures.get(measure).is_some_and(|value| value < limit);
    if is_under(&DIVERSITY, COLLAPSED_DIVERSITY) {
        Some(Doubt::Collapsed)
    } else if is_under(&AUROC, INVERTED_AUROC) {
        Some(Doubt::Inverted)
    } else {
        None
    }
}

/// How many runs there are of each kind of trouble: "1 collapsed, 2 diverged"; empty for none.
pub(crate) fn counted(troubles: impl IntoIterator<Item = String>) -> String {
    let mut counts = BTreeMap::new();
    for trouble in troubles {
        *counts.entry(trouble).or_insert(0) += 1;
    }
    counts.iter().map(|(trouble, count)| format!("{count} {trouble}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collapsed_and_inverted_runs_are_in_doubt() {
        let of = |auroc, diversity| {
            let measures = [(&AUROC, auroc), (&DIVERSITY, diversity)].into();
            doubt(&RunRow { measures, ..RunRow::default() })
        };
        assert_eq!(of(Some(0.9), Some(0.1)), Some(Doubt::Collapsed));
        assert_eq!(of(Some(0.2), Some(0.9)), Some(Doubt::Inverted));
        assert_eq!([of(Some(0.5), Some(0.9)), of(None, None)], [None, None]);
        assert_eq!(
            counted(["inverted", "collapsed", "inverted"].map(String::from)),
            "1 collapsed, 2 inverted"
        );
    }
}
