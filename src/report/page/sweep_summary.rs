//! What a sweep is, in a few lines.

use std::collections::{BTreeMap, BTreeSet};

use super::run_details::Fact;
use crate::data::test_warnings;
use crate::report::select::run_groups::short_commit;
use crate::report::select::sweep_runs::Trials;
use crate::store::{RunRow, StatusCount, SweepRow};

/// A sweep, and what is told of it as a whole.
pub(crate) struct Summary<'a> {
    pub sweep: &'a SweepRow,
    /// The finished ones.
    pub runs: &'a [RunRow],
    pub trials: &'a [Trials],
    pub status: &'a [StatusCount],
    /// What thresholds cannot promise.
    pub promises: &'a BTreeSet<String>,
}

impl Summary<'_> {
    /// The lines that stand above the sweep's table.
    pub fn facts(&self) -> Vec<Fact> {
        let Self { sweep, runs, trials, status, promises } = self;
        let status: Vec<String> = status.iter().map(|of| format!("{} {}", of.runs, of.status)).collect();
        let size = |run: &RunRow| format!("{0}×{0}×{1}", run.image_size, run.channels);
        let images = |run: &RunRow| {
            let leaked = if run.n_leaked > 0 { format!(" ({} leaked)", run.n_leaked) } else { String::new() };
            format!("{} normal{leaked}, {} anomalous", run.n_normal, run.n_anomaly)
        };
        let mut warnings: Vec<String> = Vec::new();
        for run in *runs {
            let [normal, leaked, anomalies] =
                [run.n_normal, run.n_leaked, run.n_anomaly].map(|count| count.max(0) as usize);
            warnings.extend(test_warnings(normal, leaked, anomalies));
        }
        warnings.extend(promises.iter().cloned());
        warnings.sort();
        warnings.dedup();
        let tried = |trials: &Trials| format!("{} {}", trials.title(), trials.tried());
        let facts = [
            ("dataset", sweep.dataset.clone()),
            ("runs", status.join(", ")),
            ("settings tried", trials.iter().map(tried).collect::<Vec<_>>().join(", ")),
            ("test images", distinct(runs, |run| Some(images(run)))),
            ("image size", distinct(runs, |run| Some(size(run)))),
            ("training", duration(training_seconds(runs))),
            ("device", distinct(runs, |run| run.device.clone())),
            ("commit", distinct(runs, |run| run.git_commit.as_deref().map(short_commit))),
            ("started", format!("{} from {}", sweep.started_at, sweep.file)),
        ];
        let warnings = warnings.into_iter().map(|warning| ("warning".into(), warning));
        warnings.chain(facts.map(|(name, value)| (name.into(), value))).collect()
    }
}

/// The different values of some runs, in the order in which they first come.
fn distinct(runs: &[RunRow], value: impl Fn(&RunRow) -> Option<String>) -> String {
    let mut values: Vec<String> = Vec::new();
    for value in runs.iter().filter_map(value) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if values.is_empty() { "unknown".into() } else { values.join("; ") }
}

/// Seconds that all fits took together: runs that share one count it once.
fn training_seconds(runs: &[RunRow]) -> f64 {
    let fits: BTreeMap<&str, f64> =
        runs.iter().map(|run| (run.fit_id.as_str(), run.train_seconds.unwrap_or_default())).collect();
    fits.values().sum()
}

fn duration(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        ..7200.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_count_once_and_values_are_told_once() {
        let run = |fit: &str, device: &str| RunRow {
            fit_id: fit.repeat(32).parse().unwrap(),
            device: Some(device.into()),
            train_seconds: Some(90.0),
            ..RunRow::default()
        };
        let runs = [run("a", "cpu"), run("a", "cpu"), run("b", "cuda")];
        assert_eq!(duration(training_seconds(&runs)), "3 min");
        assert_eq!(distinct(&runs, |run| run.device.clone()), "cpu; cuda");
        assert_eq!(distinct(&runs, |run| run.git_commit.clone()), "unknown");
    }
}
