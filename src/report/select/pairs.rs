//! Two runs, image by image: the test images that both have judged.

use std::collections::BTreeMap;

use crate::eval::{Pair, SettingDifference, TestScores, Trainings, compare_settings};
use crate::id::{FitId, RunId};
use crate::report::ReportError;
use crate::spec::Label;
use crate::store::{Portion, RunRow, ScoreRow};

/// Scores of the same test images in two runs, by label.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Pairs {
    pub normal: Vec<Pair>,
    pub anomaly: Vec<Pair>,
}

/// Why two runs cannot be compared image by image.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unpaired {
    /// They have judged other images.
    #[error(
        "runs {} and {} were not judged on the same test images ({shared} are in both, of {} and {}): they are not \
         compared image by image",
        runs[0].short(), runs[1].short(), images[0], images[1]
    )]
    OtherImages {
        /// The two runs.
        runs: [RunId; 2],
        /// Images that both have judged.
        shared: usize,
        /// Images that each has judged.
        images: [usize; 2],
    },
    /// It is not known whether they have.
    #[error(
        "runs {} and {} are not compared image by image: their datasets differ, and an earlier build did not keep \
         which images are the same; `anolab sweep run` of their sweeps adds that where the images are in place, and \
         trains nothing again",
        runs[0].short(), runs[1].short()
    )]
    Unknown {
        /// The two runs.
        runs: [RunId; 2],
    },
}

/// Gives the scores of a run.
pub(crate) type ScoresOf<'a> = dyn Fn(&RunRow) -> Result<Vec<ScoreRow>, ReportError> + 'a;

/// A run with its scores.
pub(crate) type Judged<'a> = (&'a RunRow, &'a [ScoreRow]);

/// Runs of which the scores have been read.
pub(crate) struct JudgedRuns<'a>(Vec<(&'a RunRow, Vec<ScoreRow>)>);

impl<'a> JudgedRuns<'a> {
    /// # Errors
    /// Scores that cannot be read.
    pub fn read(
        runs: impl IntoIterator<Item = &'a RunRow>,
        scores: &ScoresOf<'_>,
    ) -> Result<Self, ReportError> {
        runs.into_iter().map(|run| Ok((run, scores(run)?))).collect::<Result<_, _>>().map(Self)
    }

    pub fn judged(&self) -> Vec<Judged<'_>> {
        self.0.iter().map(|(run, scores)| (*run, scores.as_slice())).collect()
    }
}

/// The scores of two runs joined by their images' content; within one dataset the name says the same.
///
/// # Errors
/// Runs that have not judged the same images, or of which that is not known.
pub(crate) fn pairs(one: Judged<'_>, other: Judged<'_>) -> Result<Pairs, Unpaired> {
    let runs = || [one.0.run_id.clone(), other.0.run_id.clone()];
    let by_name = one.0.dataset_digest == other.0.dataset_digest;
    let (Some(first), Some(second)) = (by_image(one.1, by_name), by_image(other.1, by_name)) else {
        return Err(Unpaired::Unknown { runs: runs() });
    };
    let mut pairs = Pairs::default();
    for ((label, image, nth), score) in &first {
        if let Some(same) = second.get(&(*label, image, *nth)) {
            let of_label = if *label == Label::Normal { &mut pairs.normal } else { &mut pairs.anomaly };
            of_label.push((*score, *same));
        }
    }
    let shared = pairs.normal.len() + pairs.anomaly.len();
    let images = [first.len(), second.len()];
    if images != [shared; 2] {
        return Err(Unpaired::OtherImages { runs: runs(), shared, images });
    }
    Ok(pairs)
}

/// Two settings of one dataset on the same test images.
pub(crate) struct OnTheSameImages {
    /// The test scores of each setting's runs, all in one order of the images.
    pub scores: [Vec<TestScores>; 2],
    /// Whether the runs of both judge with the same trainings.
    pub trainings: Trainings,
}

impl OnTheSameImages {
    /// Absent where the settings have not all judged the same images.
    pub fn of(one: &[Judged<'_>], other: &[Judged<'_>]) -> Option<Self> {
        let first = *one.first()?;
        let second = |pairs: Vec<Pair>| pairs.into_iter().map(|pair| pair.1).collect();
        let of_run = |run: &Judged<'_>| {
            let pairs = pairs(first, *run).inspect_err(|why| tracing::warn!("{why}")).ok()?;
            Some((second(pairs.normal), second(pairs.anomaly)))
        };
        let of_setting = |runs: &[Judged<'_>]| runs.iter().map(of_run).collect::<Option<Vec<_>>>();
        // By their trainings, so that those that are shared stand at the same place.
        let [one, other] = [one, other].map(|runs| {
            let mut runs = runs.to_vec();
            runs.sort_by(|one, other| one.0.fit_id.cmp(&other.0.fit_id));
            runs
        });
        Some(Self { scores: [of_setting(&one)?, of_setting(&other)?], trainings: trainings(&one, &other) })
    }

    /// See [`compare_settings`].
    pub fn compare(&self) -> Option<SettingDifference> {
        compare_settings(&self.scores[0], &self.scores[1], self.trainings)
    }
}

/// Of two settings' runs, each in the order of its trainings.
fn trainings(one: &[Judged<'_>], other: &[Judged<'_>]) -> Trainings {
    let fits = |runs: &[Judged<'_>]| runs.iter().map(|run| run.0.fit_id.clone()).collect::<Vec<FitId>>();
    let ids = fits(one);
    let are_distinct = ids.windows(2).all(|two| two[0] != two[1]);
    if are_distinct && ids == fits(other) { Trainings::Shared } else { Trainings::Own }
}

/// A test image: its label, its name or content, and its place among those that share them.
type Image<'a> = (Label, &'a str, usize);

/// The test scores by image; absent where an image's content is asked for and not known.
fn by_image(scores: &[ScoreRow], by_name: bool) -> Option<BTreeMap<Image<'_>, f64>> {
    let mut copies: BTreeMap<(Label, &str), usize> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for score in scores.iter().filter(|score| score.split == Portion::Test) {
        let image = if by_name { &score.image } else { score.hash.as_ref()? };
        let nth = copies.entry((score.label, image)).or_default();
        found.insert((score.label, image.as_str(), *nth), score.score);
        *nth += 1;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(nth: u32, digest: &str) -> RunRow {
        RunRow {
            run_id: format!("{nth:032}").parse().unwrap(),
            dataset_digest: digest.into(),
            ..RunRow::default()
        }
    }

    fn score(image: &str, hash: Option<&str>, label: Label, score: f64) -> ScoreRow {
        ScoreRow { image: image.into(), split: Portion::Test, label, score, hash: hash.map(String::from) }
    }

    use Label::{Anomaly, Normal};

    #[test]
    fn images_are_joined_by_content_whatever_they_are_called() {
        let mut first = vec![
            score("good/1", Some("p"), Normal, 1.0),
            score("good/2", Some("q"), Normal, 2.0),
            score("good/3", Some("q"), Normal, 3.0), // a copy
            score("bad/1", Some("r"), Anomaly, 4.0),
        ];
        first.push(ScoreRow { split: Portion::Train, ..score("train/1", Some("s"), Normal, 9.0) });
        let second = [
            score("other/a", Some("r"), Anomaly, 40.0),
            score("other/1", Some("q"), Normal, 20.0),
            score("other/2", Some("p"), Normal, 10.0),
            score("other/3", Some("q"), Normal, 30.0),
        ];
        let found = pairs((&run(1, "a"), &first), (&run(2, "b"), &second)).unwrap();
        assert_eq!(found.normal, [(1.0, 10.0), (2.0, 20.0), (3.0, 30.0)]);
        assert_eq!(found.anomaly, [(4.0, 40.0)]);
    }

    #[test]
    fn names_alone_join_no_images_of_different_datasets() {
        let of = |first, second| {
            vec![score("1", Some(first), Normal, 1.0), score("2", Some(second), Anomaly, 2.0)]
        };
        let (one, other) = ((run(1, "a"), of("p", "q")), (run(2, "b"), of("p", "r")));
        let error = pairs((&one.0, &one.1), (&other.0, &other.1)).unwrap_err();
        let expected =
            "runs 00000000 and 00000000 were not judged on the same test images (1 are in both, of 2 and 2)";
        assert!(error.to_string().starts_with(expected), "{error}");
        let more = [of("p", "q"), vec![score("3", Some("s"), Normal, 3.0)]].concat();
        let error = pairs((&one.0, &one.1), (&other.0, &more)).unwrap_err();
        assert!(
            matches!(error, Unpaired::OtherImages { shared: 2, images: [2, 3], .. }),
            "a part is not the same"
        );
        let swapped = [score("1", Some("p"), Anomaly, 1.0), score("2", Some("q"), Normal, 2.0)];
        let error = pairs((&one.0, &one.1), (&other.0, &swapped)).unwrap_err();
        assert!(matches!(error, Unpaired::OtherImages { shared: 0, .. }), "labels count");
    }

    #[test]
    fn stores_of_earlier_builds_know_images_by_name_within_a_dataset() {
        let of = |shift: f64| [score("1", None, Normal, 1.0 + shift), score("2", None, Anomaly, 2.0 + shift)];
        let (first, second) = (of(0.0), of(5.0));
        let found = pairs((&run(1, "a"), &first), (&run(2, "a"), &second)).unwrap();
        assert_eq!((found.normal, found.anomaly), (vec![(1.0, 6.0)], vec![(2.0, 7.0)]));
        let error = pairs((&run(1, "a"), &first), (&run(2, "b"), &second)).unwrap_err();
        assert!(matches!(error, Unpaired::Unknown { .. }), "{error}");
    }

    #[test]
    fn shared_trainings_stand_at_the_same_place() {
        let of_fit =
            |nth: u32, fit: u32| RunRow { fit_id: format!("{fit:032}").parse().unwrap(), ..run(nth, "a") };
        let scores =
            |shift: f64| [score("1", None, Normal, 1.0 + shift), score("2", None, Anomaly, 2.0 + shift)];
        let (one, other) = ([of_fit(1, 7), of_fit(2, 8)], [of_fit(3, 8), of_fit(4, 7)]);
        let (low, high) = (scores(0.0), scores(5.0));
        let both = OnTheSameImages::of(
            &[(&one[0], &low), (&one[1], &high)],
            &[(&other[0], &high), (&other[1], &low)],
        );
        let both = both.unwrap();
        assert_eq!(both.trainings, Trainings::Shared);
        assert_eq!(both.scores[0], both.scores[1]);
        let own = of_fit(5, 9);
        let both =
            OnTheSameImages::of(&[(&one[0], &low), (&one[1], &high)], &[(&other[0], &high), (&own, &low)]);
        assert_eq!(both.unwrap().trainings, Trainings::Own, "one of them is another");
    }
}
