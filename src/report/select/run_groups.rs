//! Finished runs by image size and channels, then by model: what the figures of scores and images show.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, chosen};
use super::doubt::{counted, doubt};
use super::pairs::Judged;
use super::settings::{settings, varying, without_seed};
use crate::eval::measure::AUROC;
use crate::eval::quantile;
use crate::report::ReportError;
use crate::report::files::file_name;
use crate::spec::{Label, Model, RunConfig};
use crate::store::{CurvePoint, LostRun, PictureRow, Portion, Role, RunRow, ScoreRow, Store};

/// The runs of a sweep on one dataset with one image size and channel count.
pub(crate) struct Group {
    pub sweep: String,
    /// Where the sweep has several.
    pub dataset: Option<String>,
    pub image_size: i64,
    pub channels: i64,
    pub models: Vec<ModelRuns>,
}

/// The runs of one model in a group, and what the figures show of them.
pub(crate) struct ModelRuns {
    /// It stands for the model in the figures of single images: the first run of the sweep, or the one that was chosen.
    pub shown: RunRow,
    /// What the shown run has other than the sweep's other runs of the model: "w_con 50".
    pub setting: String,
    /// How the shown run was chosen.
    pub how: String,
    /// The runs with the shown run's settings and their scores, one per seed, the shown one first.
    pub seeds: Vec<SeedRun>,
    pub pictures: Vec<PictureRow>,
    /// One curve per seed, of the fits with the shown run's settings, by seed; those that failed or
    /// diverged are among them.
    pub curves: Vec<Curve>,
}

/// A run and the scores of its images.
pub(crate) struct SeedRun {
    pub run: RunRow,
    pub scores: Vec<ScoreRow>,
}

/// The metrics of one fit by epoch.
pub(crate) struct Curve {
    pub seed: i64,
    /// `failed` or `diverged`, and the run, where it was not trained to its end.
    pub lost: Option<String>,
    pub points: Vec<CurvePoint>,
}

/// Sorts a sweep's finished runs by dataset, image size and channels, then by model, and reads what their
/// figures need.
pub(crate) fn groups(
    store: &Store,
    sweep: &str,
    runs: Vec<RunRow>,
    choice: &Choice,
) -> Result<Vec<Group>, ReportError> {
    let mut datasets: Vec<String> = Vec::new();
    let mut sorted: BTreeMap<(usize, i64, i64), Vec<RunRow>> = BTreeMap::new();
    for run in runs {
        let known = datasets.iter().position(|digest| *digest == run.dataset_digest);
        let place = known.unwrap_or_else(|| {
            datasets.push(run.dataset_digest.clone());
            datasets.len() - 1
        });
        sorted.entry((place, run.image_size, run.channels)).or_default().push(run);
    }
    let lost = store.lost(sweep)?;
    sorted
        .into_iter()
        .map(|((_, image_size, channels), runs)| {
            let dataset = (datasets.len() > 1).then(|| runs[0].dataset.clone());
            let models = by_model(runs)
                .into_iter()
                .map(|runs| model_runs(store, runs, &lost, choice))
                .collect::<Result<_, _>>()?;
            Ok(Group { sweep: sweep.into(), dataset, image_size, channels, models })
        })
        .collect()
}

/// Runs sorted by model, in the order of [`Model::ALL`].
pub(crate) fn by_model(runs: Vec<RunRow>) -> Vec<Vec<RunRow>> {
    let mut sorted: BTreeMap<(usize, String), Vec<RunRow>> = BTreeMap::new();
    for run in runs {
        let place = Model::ALL.iter().position(|model| model.name() == run.model);
        sorted.entry((place.unwrap_or(Model::ALL.len()), run.model.clone())).or_default().push(run);
    }
    sorted.into_values().collect()
}

fn model_runs(
    store: &Store,
    mut runs: Vec<RunRow>,
    lost: &[LostRun],
    choice: &Choice,
) -> Result<ModelRuns, ReportError> {
    let (place, how) = chosen(choice, &runs);
    let setting = own_settings(&runs, place);
    // The shown run is the first of its seeds.
    runs[..=place].rotate_right(1);
    let shown = runs[0].clone();
    let settings = without_seed(&shown.config);
    let seeds = runs
        .into_iter()
        .filter(|run| without_seed(&run.config) == settings)
        .map(|run| Ok(SeedRun { scores: store.scores(&run.run_id)?, run }))
        .collect::<Result<Vec<_>, ReportError>>()?;
    let trained = seeds.iter().map(|seed| (seed.run.seed, &seed.run.fit_id, None));
    let lost = lost
        .iter()
        .filter(|run| run.dataset_digest == shown.dataset_digest && without_seed(&run.config) == settings);
    let mut curves = trained
        .chain(lost.map(|run| {
            let words = format!("{} ({})", run.status, run.run_id.short());
            (run.seed, &run.fit_id, (!run.trained).then_some(words))
        }))
        .map(|(seed, fit_id, lost)| Ok(Curve { seed, lost, points: store.curve(fit_id)? }))
        .collect::<Result<Vec<_>, ReportError>>()?;
    curves.sort_by_key(|curve| curve.seed);
    let pictures = store.pictures(&shown.run_id, shown.masks.as_deref())?;
    Ok(ModelRuns { shown, setting, how, seeds, pictures, curves })
}

/// So many of the pictures of a label and role. The store has several around the median: the nearest to it stand for
/// it, in the order of their scores.
pub(crate) fn pictures_of(
    pictures: &[PictureRow],
    label: Label,
    role: Role,
    count: usize,
    median: Option<f64>,
) -> Vec<&PictureRow> {
    let mut found: Vec<&PictureRow> =
        pictures.iter().filter(|picture| picture.label == label && picture.role == role).collect();
    if let (Role::Median, Some(median)) = (role, median) {
        let far = |picture: &PictureRow| (picture.score - median).abs();
        found.sort_by(|one, other| far(one).total_cmp(&far(other)));
        found.truncate(count);
        found.sort_by(|one, other| one.score.total_cmp(&other.score));
    }
    found.truncate(count);
    found
}

/// The settings of a run that vary among all, the seed aside.
fn own_settings(runs: &[RunRow], place: usize) -> String {
    let mut names = varying(runs);
    names.remove("seed");
    let run = &runs[place];
    let own = settings(&run.config, &run.dataset).into_iter().filter(|(name, _)| names.contains(name));
    own.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// What trained a run: commit and device.
pub(crate) fn maker(run: &RunRow) -> String {
    let commit = run
        .git_commit
        .as_deref()
        .map_or("no commit".into(), |commit| format!("commit {}", short_commit(commit)));
    format!("{commit}, {}", run.device.as_deref().unwrap_or("unknown device"))
}

/// Eight characters of a commit, and the `+` of uncommitted changes.
pub(crate) fn short_commit(commit: &str) -> String {
    let changed = if commit.ends_with('+') { "+" } else { "" };
    format!("{commit:.8}{changed}")
}

impl Group {
    /// Start of the names of its files.
    pub fn file_stem(&self) -> String {
        let dataset = self.dataset.as_ref().map(|name| format!("{}-", file_name(name)));
        format!("{}{}x{}", dataset.unwrap_or_default(), self.image_size, self.channels)
    }

    /// What it holds, in words.
    pub fn title(&self) -> String {
        let dataset = self.dataset.as_ref().map(|name| format!("{name}, "));
        format!("{}{}×{}×{}", dataset.unwrap_or_default(), self.image_size, self.image_size, self.channels)
    }

    /// The sweep, and the dataset where it has several.
    fn sweep_in_words(&self) -> String {
        match &self.dataset {
            Some(dataset) => format!("{} on {dataset}", self.sweep),
            None => self.sweep.clone(),
        }
    }

    /// Which settings the models have in the figures, and why these: what captions say.
    pub fn shown_in_words(&self) -> String {
        let shown = self
            .models
            .iter()
            .map(|model| format!("{} {}: {}", model.title(), model.run_in_words(), model.how));
        shown.collect::<Vec<_>>().join("; ")
    }

    /// The models with their AUROCs: what alternative texts say.
    pub fn results_in_words(&self) -> String {
        let model = |model: &ModelRuns| match model.shown.measures.get(&AUROC) {
            Some(auroc) => format!("{} AUROC {auroc:.3}", model.title()),
            None => format!("{} without AUROC", model.title()),
        };
        self.models.iter().map(model).collect::<Vec<_>>().join(", ")
    }

    /// Whether its dataset is one of clouds, as the paper's first.
    pub fn is_of_clouds(&self) -> bool {
        self.models.first().is_some_and(|model| model.shown.dataset.to_lowercase().contains("cloud"))
    }

    /// The models that make images.
    pub fn making_images(&self) -> Vec<&ModelRuns> {
        self.models.iter().filter(|model| model.makes_images()).collect()
    }

    /// Where a figure of all seeds is from: sweep, runs, commits, devices.
    pub fn origin_of_seeds(&self, models: &[&ModelRuns]) -> String {
        let runs: Vec<String> = models.iter().map(|model| model.seeds_in_words()).collect();
        let makers: BTreeSet<String> =
            models.iter().flat_map(|model| model.seeds.iter().map(|seed| maker(&seed.run))).collect();
        let makers: Vec<String> = makers.into_iter().collect();
        format!("{} · {} · {}", self.sweep_in_words(), runs.join(" · "), makers.join(" · "))
    }

    /// Where a figure is from: sweep, runs, commit, device.
    pub fn origin(&self, models: &[&ModelRuns]) -> String {
        let runs: Vec<String> =
            models.iter().map(|model| format!("{} {}", model.title(), model.run_in_words())).collect();
        let mut makers: Vec<String> = models.iter().map(|model| maker(&model.shown)).collect();
        makers.dedup();
        format!("{} · {} · {}", self.sweep_in_words(), runs.join(" · "), makers.join(" · "))
    }
}

impl SeedRun {
    /// Raw scores of one portion of the images and label.
    pub fn scores_of(&self, portion: Portion, label: Label) -> Vec<f64> {
        self.scores
            .iter()
            .filter(|score| score.split == portion && score.label == label)
            .map(|score| score.score)
            .collect()
    }

    /// Raw scores of the normal and of the anomalous test images.
    pub fn test_scores(&self) -> (Vec<f64>, Vec<f64>) {
        (self.scores_of(Portion::Test, Label::Normal), self.scores_of(Portion::Test, Label::Anomaly))
    }
}

impl ModelRuns {
    /// The runs of all seeds with their scores.
    pub fn judged(&self) -> Vec<Judged<'_>> {
        self.seeds.iter().map(|seed| (&seed.run, seed.scores.as_slice())).collect()
    }

    /// The model as the store names it.
    pub fn name(&self) -> &str {
        &self.shown.model
    }

    /// The model as its authors write it; of an AnoGAN that judges by its encoder alone, without a search, that one.
    pub fn title(&self) -> &str {
        let without_search =
            || RunConfig::read(&self.shown.config).is_ok_and(|config| config.search().is_none());
        match self.model() {
            Some(Model::Anogan) if without_search() => "AnoGAN’s encoder",
            model => model.map_or(self.name(), |model| model.title()),
        }
    }

    fn model(&self) -> Option<Model> {
        Model::named(&self.shown.model)
    }

    /// Whether it learns by epochs, unlike the baselines.
    pub fn has_epochs(&self) -> bool {
        self.model().is_some_and(Model::has_epochs)
    }

    /// Whether it reconstructs images, unlike mean brightness.
    pub fn makes_images(&self) -> bool {
        self.model().is_none_or(Model::makes_images)
    }

    /// Raw scores of one portion of the images and label.
    pub fn scores_of(&self, portion: Portion, label: Label) -> Vec<f64> {
        self.seeds.first().map_or_else(Vec::new, |seed| seed.scores_of(portion, label))
    }

    /// Pictures of a role, so many; those of the median are the nearest to it.
    pub fn pictures_of(&self, label: Label, role: Role, count: usize) -> Vec<&PictureRow> {
        let median = quantile(&self.scores_of(Portion::Test, label), 0.5);
        pictures_of(&self.pictures, label, role, count, median)
    }

    /// The runs of all seeds: "GANomaly w_con 50 seed 0 1a2b3c4d, seed 1 5e6f7a8b".
    pub fn seeds_in_words(&self) -> String {
        let runs =
            self.seeds.iter().map(|seed| format!("seed {} {}", seed.run.seed, seed.run.run_id.short()));
        let setting = if self.setting.is_empty() { String::new() } else { format!("{} ", self.setting) };
        format!("{} {setting}{}", self.title(), runs.collect::<Vec<_>>().join(", "))
    }

    /// The shown run: "run 1a2b3c4d (w_con 50, seed 0)".
    pub fn run_in_words(&self) -> String {
        let comma = if self.setting.is_empty() { "" } else { ", " };
        format!("run {} ({}{comma}seed {})", self.shown.run_id.short(), self.setting, self.shown.seed)
    }

    /// What is wrong with the shown run, if anything.
    pub fn doubt(&self) -> Option<String> {
        doubt(&self.shown).map(|doubt| doubt.to_string())
    }

    /// What is wrong with how many seeds: "2 collapsed"; empty where nothing is.
    pub fn doubts_of_seeds(&self) -> String {
        counted(self.seeds.iter().filter_map(|seed| doubt(&seed.run)).map(|doubt| doubt.to_string()))
    }

    /// "(a) AnoGAN: AUROC 0.68 [0.61, 0.74]", and what is wrong with the run.
    pub fn heading(&self, nth: usize) -> String {
        let letter = char::from(b'a' + nth as u8);
        let doubt = self.doubt().map_or(String::new(), |doubt| format!(", {doubt}"));
        match self.shown.measures.with_interval(&AUROC) {
            Some([auroc, low, high]) => {
                format!("({letter}) {}: AUROC {auroc:.3} [{low:.3}, {high:.3}]{doubt}", self.title())
            }
            None => format!("({letter}) {}{doubt}", self.title()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    #[test]
    fn an_anogan_without_a_search_is_its_encoder() {
        const GRID: &str = "name = \"t\"\ndataset = { kind = \"synthetic\", scene = \"casting\", count = 8 }\n[grid]\n\
            model = \"anogan\"\n[grid.anogan]\nencoder = true\nstart = \"encoder\"\nsearch_steps = [50, 0]\n";
        let sweep = Sweep::parse("t.toml", GRID).unwrap();
        let title = |config: &RunConfig| {
            let config = serde_json::to_string(config).unwrap();
            let model = ModelRuns {
                shown: RunRow { model: "anogan".into(), config, ..RunRow::default() },
                setting: String::new(),
                how: String::new(),
                seeds: Vec::new(),
                pictures: Vec::new(),
                curves: Vec::new(),
            };
            model.title().to_string()
        };
        let titles: Vec<String> = sweep.runs.iter().map(title).collect();
        assert_eq!(titles, ["AnoGAN", "AnoGAN’s encoder"]);
    }

    /// The store has four around the median, which may be the lowest and the highest too.
    #[test]
    fn the_median_is_between_the_lowest_and_the_highest() {
        let picture = |role, score: f64| PictureRow {
            image: format!("{score}"),
            label: Label::Anomaly,
            role,
            score,
            actual: Vec::new(),
            reconstruction: Vec::new(),
            mask: None,
        };
        let pictures: Vec<PictureRow> =
            [1.0, 2.0, 3.0, 9.0].into_iter().map(|score| picture(Role::Median, score)).collect();
        let of = |count, median| -> Vec<f64> {
            let found = pictures_of(&pictures, Label::Anomaly, Role::Median, count, median);
            found.iter().map(|picture| picture.score).collect()
        };
        assert_eq!(of(2, Some(2.5)), [2.0, 3.0]);
        assert_eq!(of(1, Some(3.0)), [3.0]);
        assert_eq!(of(2, None), [1.0, 2.0]);
        assert!(pictures_of(&pictures, Label::Normal, Role::Median, 2, None).is_empty());
    }
}
