//! The best setting of a model as a sweep file that runs.

use crate::atomic_file::digest;
use crate::report::ReportError;
use crate::report::select;
use crate::report::select::sweep_runs::{Finished, Trials};
use crate::spec::{DatasetSpec, LONGEST_NAME, RunConfig, TestHalf, is_name, sweep_file};
use crate::store::{RunRow, Store};

/// A sweep file with the setting that has the highest mean AUROC over its seeds, and how it was chosen.
/// Absent where no run has an AUROC, and for runs of builds whose configurations this one cannot read.
///
/// # Errors
/// Whatever the store says.
pub(crate) fn best(store: &Store, trials: &Trials) -> Result<Option<String>, ReportError> {
    let settings = trials.settings_over_datasets();
    let Some((runs, auroc)) = highest(trials, &settings) else { return Ok(None) };
    let (mut seeds, mut datasets) = (Vec::new(), Vec::new());
    for (trial, run) in runs {
        if !seeds.contains(&trial.seed) {
            seeds.push(trial.seed);
        }
        let (_, spec) = store.dataset(&run.dataset_digest)?;
        let Ok(dataset) = serde_json::from_str::<DatasetSpec>(&spec) else { return Ok(None) };
        if !datasets.contains(&dataset) {
            datasets.push(dataset);
        }
    }
    let Ok(run) = RunConfig::read(&runs[0].1.config) else { return Ok(None) };
    let chosen_on_half = datasets.iter().any(|dataset| dataset.test_half() == Some(TestHalf::Development));
    let name = name_of(&trials.model, &trials.sweep);
    let Ok(file) = sweep_file(&name, &datasets, &run) else { return Ok(None) };
    let list: Vec<String> = seeds.iter().map(i64::to_string).collect();
    let over = if datasets.len() > 1 { format!(" and {} datasets", datasets.len()) } else { String::new() };
    Ok(Some(format!(
        "# {} in the sweep {}: of {} settings tried the one with the highest mean test AUROC, {auroc:.4} over seeds \
         {}{over}.\n\
         # It was chosen by test labels: that number is no estimate of how well it does. Judge it on other\n\
         # images{}.\n\
         {file}\n[grid]\nseed = [{}]\n",
        trials.title(),
        trials.sweep,
        trials.tried(),
        list.join(", "),
        if chosen_on_half { ": those of test_half = \"report\"" } else { "" },
        list.join(", ")
    )))
}

/// A name that a sweep can have: of a long one the end gives way to a digest.
fn name_of(model: &str, sweep: &str) -> String {
    let name = format!("best-{model}-of-{sweep}");
    if is_name(&name) {
        return name;
    }
    let digest = &digest(name.as_bytes())[..8];
    format!("{}-{digest}", name.chars().take(LONGEST_NAME - 9).collect::<String>())
}

/// The setting with the highest mean AUROC, and that mean; none of which a run diverged.
pub(crate) fn highest<'s, 'a>(
    trials: &Trials,
    settings: &'s [Finished<'a>],
) -> Option<(&'s Finished<'a>, f64)> {
    let runs: Vec<Vec<&RunRow>> =
        settings.iter().map(|seeds| seeds.iter().map(|(_, run)| *run).collect()).collect();
    let (place, auroc) = select::highest::highest(&runs, |place| !trials.has_lost(&settings[place]))?;
    Some((&settings[place], auroc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::measure::{AUROC, DIVERSITY};
    use crate::report::select::sweep_runs::tests::made_of;

    /// One lucky seed does not make a setting the best.
    #[test]
    fn means_over_seeds_decide() {
        let trials = made_of(&[
            ("1", "x", 0, Some(0.95)),
            ("1", "x", 1, Some(0.5)),
            ("2", "x", 0, Some(0.8)),
            ("2", "x", 1, Some(0.8)),
            ("2", "y", 0, None),
            ("3", "y", 0, Some(0.99)), // its other seed was lost
        ]);
        let settings = trials.settings();
        let (seeds, auroc) = highest(&trials, &settings).unwrap();
        assert_eq!((trials.in_words(seeds[0].0).as_str(), auroc), ("a, c 2, with 2; b x", 0.8));
    }

    #[test]
    fn a_collapsed_setting_is_never_the_best() {
        let mut trials = made_of(&[
            ("1", "x", 0, Some(0.9)),
            ("1", "x", 1, Some(0.9)),
            ("2", "x", 0, Some(0.7)),
            ("2", "x", 1, Some(0.7)),
        ]);
        trials.trials[1].run.as_mut().unwrap().measures.extend([(&DIVERSITY, Some(0.01))]);
        let settings = trials.settings();
        assert_eq!(highest(&trials, &settings).unwrap().1, 0.7);
        trials.trials[2].run.as_mut().unwrap().measures.extend([(&DIVERSITY, Some(0.01))]);
        assert!(highest(&trials, &trials.settings()).is_none());
    }

    #[test]
    fn long_names_stay_names() {
        assert_eq!(name_of("pca", "casting"), "best-pca-of-casting");
        for letter in ["n", "缺"] {
            let (one, other) = (name_of("pca", &letter.repeat(99)), name_of("pca", &letter.repeat(100)));
            assert!(is_name(&one) && is_name(&other) && one != other, "{one}");
        }
    }

    #[test]
    fn what_collapsed_diverged_or_is_inverted_is_never_the_best() {
        let mut trials = made_of(&[
            ("1", "x", 0, Some(0.99)), // collapsed
            ("2", "x", 0, Some(0.97)),
            ("2", "x", 1, None), // diverged
            ("3", "x", 0, Some(0.8)),
            ("4", "x", 0, Some(0.9)),
            ("5", "x", 0, Some(0.1)), // inverted
        ]);
        let run = trials.trials[0].run.as_mut().unwrap();
        run.measures = [(&AUROC, Some(0.99)), (&DIVERSITY, Some(0.01))].into();
        assert_eq!(highest(&trials, &trials.settings()).unwrap().1, 0.9);
        let trials = made_of(&[("5", "x", 0, Some(0.1))]);
        assert!(highest(&trials, &trials.settings()).is_none(), "none is better than a wrong one");
    }
}
