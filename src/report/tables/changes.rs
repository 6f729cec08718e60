//! What each setting does: a model's setting against those that differ from it in one value.

use std::collections::BTreeSet;

use super::difference::{COLUMNS, Difference};
use crate::eval::holm;
use crate::report::ReportError;
use crate::report::select::pairs::{JudgedRuns, OnTheSameImages, ScoresOf};
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::report::select::sweep_runs::{Factor, Finished, Trial, Trials};
use crate::spec::{RunConfig, without_effect};
use crate::table::{Cell, Table};

/// A model's setting with one value changed, beside it.
struct Change<'a> {
    base: &'a ModelRuns,
    changed: Finished<'a>,
    /// What is changed, to what, from what.
    words: [String; 3],
    difference: Difference,
}

/// One row for each value that a setting takes beside the one in the model's shown setting, all else being equal: the
/// difference over seeds and images both. What has no effect beside one of the two values may differ, too (`residual`,
/// beside a score that leaves it out). Of several image sizes the first one's shown setting is the model's.
///
/// # Errors
/// Scores that cannot be read.
pub(crate) fn changes<'a>(
    groups: &'a [Group],
    sweep: &'a [Trials],
    scores: &ScoresOf<'_>,
) -> Result<Table, ReportError> {
    let mut found = Vec::new();
    for trials in sweep {
        for base in bases(groups, &trials.model) {
            let is_base = |trial: &&Trial| trial.run_id == base.shown.run_id;
            let Some(own) = trials.trials.iter().find(is_base) else { continue };
            let change = |changed: Finished<'a>| Some((one_change(trials, own, changed[0].0)?, changed));
            let mut changes: Vec<_> = trials.settings().into_iter().filter_map(change).collect();
            changes.sort_by(|(one, _), (other, _)| one[0].cmp(&other[0])); // values stay in the order of the sweep
            for (words, changed) in changes {
                if let Some(difference) = compare(base, &changed, scores)? {
                    found.push(Change { base, changed, words, difference });
                }
            }
        }
    }
    let p: Vec<f64> = found.iter().map(|change| change.difference.p()).collect();
    let columns =
        ["dataset", "model", "setting", "value", "in place of", "run", "seeds", "other run", "other seeds"];
    Ok(Table {
        columns: columns.into_iter().chain(COLUMNS).map(String::from).collect(),
        rows: found.iter().zip(holm(&p)).map(|(change, adjusted)| row(change, adjusted)).collect(),
    })
}

/// The shown settings of a model, one per dataset.
fn bases<'a>(groups: &'a [Group], model: &str) -> Vec<&'a ModelRuns> {
    let mut datasets = BTreeSet::new();
    let of_model = |of: &&ModelRuns| of.shown.model == model;
    let models = groups.iter().filter_map(|group| group.models.iter().find(of_model));
    models.filter(|of| datasets.insert(of.shown.dataset_digest.as_str())).collect()
}

/// Name of the setting in which two runs differ, and the other's and the own value of it; absent where it is not one.
/// Beside the other's value stands what differs without effect on one of the two: "contextual, residual squared".
fn one_change(trials: &Trials, own: &Trial, other: &Trial) -> Option<[String; 3]> {
    if own.dataset != other.dataset {
        return None;
    }
    let idle: BTreeSet<&str> = [own, other].into_iter().flat_map(idle).collect();
    let differing =
        trials.factors.iter().enumerate().filter(|(nth, _)| own.levels[*nth] != other.levels[*nth]);
    let has_effect =
        |(_, factor): &(usize, &Factor)| !factor.name.split(", ").all(|name| idle.contains(name));
    let (changed, without): (Vec<_>, Vec<_>) = differing.partition(has_effect);
    let [(nth, factor)] = changed[..] else { return None };
    let level = |nth: usize, trial: &Trial| trials.factors[nth].levels[trial.levels[nth]].clone();
    let beside = without.iter().map(|(nth, factor)| format!("{} {}", factor.name, level(*nth, other)));
    let value: Vec<String> = std::iter::once(level(nth, other)).chain(beside).collect();
    Some([factor.name.clone(), value.join(", "), level(nth, own)])
}

fn idle(trial: &Trial) -> Vec<&'static str> {
    let config = trial.run.as_ref().and_then(|run| RunConfig::read(&run.config).ok());
    config.map(|config| without_effect(&config)).unwrap_or_default()
}

/// Absent where the images are not the same.
fn compare(
    base: &ModelRuns,
    changed: &Finished<'_>,
    scores: &ScoresOf<'_>,
) -> Result<Option<Difference>, ReportError> {
    let changed = JudgedRuns::read(changed.iter().map(|(_, run)| *run), scores)?;
    let both = OnTheSameImages::of(&changed.judged(), &base.judged());
    Ok(both.and_then(|both| Difference::of(&both)))
}

fn row(change: &Change<'_>, adjusted: f64) -> Vec<Cell> {
    let Change { base, changed, words, difference } = change;
    let mut cells = vec![Cell::Text(base.shown.dataset.clone()), Cell::Text(base.shown.model.clone())];
    cells.extend(words.iter().cloned().map(Cell::Text));
    cells.extend([
        Cell::Text(changed[0].0.run_id.short().into()),
        Cell::Integer(changed.len() as i64),
        Cell::Text(base.shown.run_id.short().into()),
        Cell::Integer(base.seeds.len() as i64),
    ]);
    cells.extend(difference.cells(adjusted));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;
    use crate::store::RunRow;

    const GRID: &str = r#"
name = "t"
dataset = { kind = "synthetic", scene = "casting", count = 8 }

[grid]
model = "ganomaly"

[grid.ganomaly]
score = ["contextual", "latent"]
residual = ["squared", "absolute"]
w_con = [1.0, 2.0]
"#;

    /// The latent score leaves the residual out, and one run stands for both: it is one change away from either.
    #[test]
    fn what_has_no_effect_may_differ() {
        let sweep = Sweep::parse("t.toml", GRID).unwrap();
        let run = |config: &RunConfig| RunRow {
            config: serde_json::to_string(config).unwrap(),
            ..RunRow::default()
        };
        let trials = Trials::new("t", "ganomaly", &sweep.runs.iter().map(run).collect::<Vec<_>>(), &[]);
        let words = |trial: &Trial| trials.in_words(trial);
        let own = trials.trials.iter().find(|trial| {
            words(trial).contains("contextual")
                && words(trial).contains("squared")
                && words(trial).contains("w_con 1")
        });
        let mut found: Vec<[String; 3]> =
            trials.trials.iter().filter_map(|other| one_change(&trials, own.unwrap(), other)).collect();
        found.sort();
        let expected = [
            ["residual", "absolute", "squared"],
            ["score", "latent, residual absolute", "contextual"],
            ["w_con", "2", "1"],
        ];
        assert_eq!(found, expected.map(|words| words.map(String::from)));
    }
}
