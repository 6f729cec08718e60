//! Which setting is clearly the best of its dataset: what is in bold.

use std::collections::BTreeSet;

use super::setting_rows::Setting;
use crate::eval::mean;
use crate::eval::measure::AUROC;
use crate::report::ReportError;
use crate::report::select::pairs::{JudgedRuns, OnTheSameImages, ScoresOf};

/// The places of the settings that are clearly the best of their dataset.
pub(crate) fn clearly_best(
    settings: &[Setting<'_>],
    scores: &ScoresOf<'_>,
) -> Result<Vec<usize>, ReportError> {
    let datasets: BTreeSet<&str> = settings.iter().map(|setting| setting.dataset).collect();
    let mut found = Vec::new();
    for dataset in datasets {
        let of_dataset = |(_, setting): &(usize, &Setting)| setting.dataset == dataset;
        found.extend(best_of(settings.iter().enumerate().filter(of_dataset), scores)?);
    }
    found.sort_unstable();
    Ok(found)
}

/// The setting with the highest mean AUROC, if it is better than every other one by the test of
/// [`compare_settings`](crate::eval::compare_settings) (p < .05); else none, for the data does not tell which is best.
/// That is needed against each of them, so that trying many makes a wrong one less likely and not more: p needs no
/// correction (Berger 1982). A setting alone is not the best of anything, and of one seed nothing is told.
fn best_of<'a>(
    settings: impl Iterator<Item = (usize, &'a Setting<'a>)>,
    scores: &ScoresOf<'_>,
) -> Result<Option<usize>, ReportError> {
    let mut ranked: Vec<(f64, usize, &Setting)> =
        settings.filter_map(|(place, setting)| Some((mean_auroc(setting)?, place, setting))).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
    let Some(((_, best, setting), others)) = ranked.split_first() else { return Ok(None) };
    let read = |setting: &Setting<'a>| JudgedRuns::read(setting.runs.iter().copied(), scores);
    let ours = read(setting)?;
    // The nearest first: where it is as good, the others need not be read.
    for (.., other) in others {
        let both = OnTheSameImages::of(&ours.judged(), &read(other)?.judged());
        let found = both.and_then(|both| both.compare());
        if !found.is_some_and(|found| found.difference > 0.0 && found.p < 0.05) {
            return Ok(None);
        }
    }
    Ok((!others.is_empty()).then_some(*best))
}

/// Absent where a run has none.
fn mean_auroc(setting: &Setting<'_>) -> Option<f64> {
    let areas: Option<Vec<f64>> = setting.runs.iter().map(|run| run.measures.get(&AUROC)).collect();
    mean(&areas?)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use rayon::prelude::*;

    use super::*;
    use crate::eval::auroc;
    use crate::id::RunId;
    use crate::report::tables::setting_rows::settings_of;
    use crate::spec::Label;
    use crate::store::{Portion, RunRow, ScoreRow};

    /// Runs whose images' scores are known.
    #[derive(Default)]
    pub struct Scored {
        pub runs: Vec<RunRow>,
        scores: BTreeMap<RunId, Vec<ScoreRow>>,
    }

    impl Scored {
        /// Adds a run with these test scores of normal images and anomalies.
        pub fn add(&mut self, run: RunRow, (normal, anomaly): (&[f64], &[f64])) {
            let row = |label: Label, (nth, score): (usize, &f64)| ScoreRow {
                image: format!("{label}/{nth}"),
                split: Portion::Test,
                label,
                score: *score,
                hash: None,
            };
            let of = |label, scores: &[f64]| -> Vec<ScoreRow> {
                scores.iter().enumerate().map(|score| row(label, score)).collect()
            };
            let area = auroc(normal, anomaly).unwrap();
            let mut run = run;
            run.measures.set(&AUROC, Some(area.area));
            run.measures.set(&crate::eval::measure::AUROC_LOW, Some(area.low));
            run.measures.set(&crate::eval::measure::AUROC_HIGH, Some(area.high));
            self.scores.insert(
                run.run_id.clone(),
                [of(Label::Normal, normal), of(Label::Anomaly, anomaly)].concat(),
            );
            self.runs.push(run);
        }

        pub fn scores(&self) -> impl Fn(&RunRow) -> Result<Vec<ScoreRow>, ReportError> + '_ {
            |run| Ok(self.scores[&run.run_id].clone())
        }

        fn best(&self) -> Vec<usize> {
            clearly_best(&settings_of(&self.runs), &self.scores()).unwrap()
        }
    }

    /// A run of a setting with a seed.
    pub fn run(seed: i64, w_con: f64) -> RunRow {
        RunRow {
            run_id: format!("{:032}", 100 * seed + w_con as i64).parse().unwrap(),
            config: format!(r#"{{"fit":{{"seed":{seed},"network":{{"w_con":{w_con}}}}}}}"#),
            model: "ganomaly".into(),
            seed,
            ..RunRow::default()
        }
    }

    /// Normal images 0..40, anomalies from `first` on, moved a little by the seed.
    pub fn scores(first: f64, seed: i64) -> (Vec<f64>, Vec<f64>) {
        let moved = first + 0.3 * seed as f64;
        ((0..40).map(f64::from).collect(), (0..30).map(|nth| moved + 1.1 * f64::from(nth)).collect())
    }

    fn two_settings(firsts: [f64; 2], seeds: i64) -> Scored {
        let mut scored = Scored::default();
        for (nth, first) in firsts.into_iter().enumerate() {
            for seed in 0..seeds {
                let (normal, anomaly) = scores(first, seed);
                scored.add(run(seed, nth as f64), (&normal, &anomaly));
            }
        }
        scored
    }

    #[test]
    fn seeds_and_images_decide() {
        assert_eq!(two_settings([2.0, 30.0], 3).best(), [1]);
        assert!(two_settings([2.0, 30.0], 1).best().is_empty(), "one training tells nothing of others");
        assert!(two_settings([20.0, 20.2], 3).best().is_empty(), "other seeds could turn it round");
        assert_eq!(two_settings([2.0, 100.0], 3).best(), [1], "a perfect one, too");
        assert!(two_settings([100.0, 100.0], 3).best().is_empty(), "two of them are alike");
        let mut alone = two_settings([2.0, 30.0], 3);
        alone.runs.truncate(3);
        assert!(alone.best().is_empty(), "nothing to be better than");
    }

    /// Seeds that move two settings alike hide which is better, unless both judge with the same trainings.
    #[test]
    fn what_a_training_does_to_both_cancels() {
        let best = |own: i64| {
            let mut scored = Scored::default();
            for (setting, seed) in (0..2).flat_map(|setting| (0..3).map(move |seed| (setting, seed))) {
                let (normal, anomaly) = scores(5.0 + 3.0 * setting as f64 + 6.0 * seed as f64, 0);
                let fit_id = format!("{:032}", seed + own * setting).parse().unwrap();
                scored.add(RunRow { fit_id, ..run(seed, setting as f64) }, (&normal, &anomaly));
            }
            scored.best()
        };
        assert_eq!(best(0), [1], "shared");
        assert!(best(10).is_empty(), "each its own");
    }

    /// Of four equal settings one is in bold in no more than 5 % of cases.
    #[test]
    fn equal_settings_are_rarely_in_bold() {
        let wrong = (0..600_u64).into_par_iter().filter(|replicate| {
            let mut rng = crate::random::rng(*replicate, "bold", 0);
            let mut noise = |count: usize| -> Vec<f64> {
                crate::random::normal_noise(&mut rng, count).into_iter().map(f64::from).collect()
            };
            let shared = noise(100);
            let mut scored = Scored::default();
            for setting in 0..4 {
                for seed in 0..3 {
                    let (own, moved) = (noise(100), 1.5 + 0.15 * noise(1)[0]);
                    let of = |at: usize| 0.7 * shared[at] + 0.7 * own[at];
                    let anomaly: Vec<f64> = (50..100).map(|at| of(at) + moved).collect();
                    scored
                        .add(run(seed, f64::from(setting)), (&(0..50).map(of).collect::<Vec<_>>(), &anomaly));
                }
            }
            !scored.best().is_empty()
        });
        assert!(wrong.count() <= 30);
    }
}
