use std::collections::BTreeMap;

use super::ReportError;
use crate::spec::Model;
use crate::store::{CurvePoint, PictureRow, RunRow, ScoreRow, Store};

/// The runs of a sweep with one image size and channel count.
pub(super) struct Group {
    pub sweep: String,
    pub image_size: i64,
    pub channels: i64,
    pub models: Vec<ModelRuns>,
}

/// The runs of one model in a group, and what the figures show of them.
pub(super) struct ModelRuns {
    /// The first run of the sweep: it stands for the model in the figures of single images.
    pub shown: RunRow,
    pub scores: Vec<ScoreRow>,
    pub pictures: Vec<PictureRow>,
    /// One curve a seed, of the fits with the shown run's settings.
    pub curves: Vec<(i64, Vec<CurvePoint>)>,
}

/// Sorts a sweep's finished runs by image size and channels, then by model, and reads what their
/// figures need.
pub(super) fn groups(store: &Store, sweep: &str, runs: Vec<RunRow>) -> Result<Vec<Group>, ReportError> {
    let mut sorted: BTreeMap<(i64, i64), Vec<RunRow>> = BTreeMap::new();
    for run in runs {
        sorted.entry((run.image_size, run.channels)).or_default().push(run);
    }
    sorted
        .into_iter()
        .map(|((image_size, channels), runs)| {
            let mut by_model: BTreeMap<(usize, String), Vec<RunRow>> = BTreeMap::new();
            for run in runs {
                let place = Model::ALL.iter().position(|model| model.name() == run.model);
                let place = place.unwrap_or(Model::ALL.len());
                by_model.entry((place, run.model.clone())).or_default().push(run);
            }
            let models =
                by_model.into_values().map(|runs| model_runs(store, runs)).collect::<Result<_, _>>()?;
            Ok(Group { sweep: sweep.into(), image_size, channels, models })
        })
        .collect()
}

fn model_runs(store: &Store, mut runs: Vec<RunRow>) -> Result<ModelRuns, ReportError> {
    let alike = |run: &RunRow| super::table::without_seed(&run.config);
    let settings = alike(&runs[0]);
    let curves = runs
        .iter()
        .filter(|run| alike(run) == settings)
        .map(|run| Ok((run.seed, store.curve(&run.fit_id)?)))
        .collect::<Result<_, ReportError>>()?;
    let shown = runs.swap_remove(0);
    let (scores, pictures) = (store.scores(&shown.run_id)?, store.pictures(&shown.run_id)?);
    Ok(ModelRuns { shown, scores, pictures, curves })
}

impl Group {
    /// Start of the names of its files.
    pub fn file_stem(&self) -> String {
        format!("{}x{}", self.image_size, self.channels)
    }

    /// What it holds, in words.
    pub fn title(&self) -> String {
        format!("{}×{}×{}", self.image_size, self.image_size, self.channels)
    }

    /// The models that make images.
    pub fn making_images(&self) -> Vec<&ModelRuns> {
        self.models.iter().filter(|model| model.makes_images()).collect()
    }

    /// Where a figure is from: sweep, runs, commit, device.
    pub fn origin(&self, models: &[&ModelRuns]) -> String {
        let runs: Vec<String> = models
            .iter()
            .map(|model| {
                format!("{} run {} seed {}", model.title(), &model.shown.run_id[..8], model.shown.seed)
            })
            .collect();
        let mut makers: Vec<String> = models.iter().map(|model| model.maker()).collect();
        makers.dedup();
        format!("{} · {} · {}", self.sweep, runs.join(" · "), makers.join(" · "))
    }
}

impl ModelRuns {
    /// The model as the store names it.
    pub fn name(&self) -> &str {
        &self.shown.model
    }

    /// The model as its authors write it.
    pub fn title(&self) -> &str {
        self.model().map_or(self.name(), |model| model.title())
    }

    fn model(&self) -> Option<Model> {
        Model::named(&self.shown.model)
    }

    /// Whether it learns by epochs, unlike the baselines.
    pub fn has_epochs(&self) -> bool {
        matches!(self.model(), Some(Model::Anogan | Model::Ganomaly))
    }

    /// Whether it reconstructs images, unlike mean brightness.
    pub fn makes_images(&self) -> bool {
        self.model() != Some(Model::Brightness)
    }

    fn maker(&self) -> String {
        let commit = self.shown.git_commit.as_deref().map_or("no commit".into(), |commit| {
            let changed = if commit.ends_with('+') { "+" } else { "" };
            format!("commit {}{changed}", &commit[..commit.len().min(8)])
        });
        format!("{commit}, {}", self.shown.device.as_deref().unwrap_or("unknown device"))
    }

    /// Raw scores of one split and label.
    pub fn scores_of(&self, split: &str, label: &str) -> Vec<f64> {
        self.scores
            .iter()
            .filter(|score| score.split == split && score.label == label)
            .map(|score| score.score)
            .collect()
    }

    /// "(a) AnoGAN: AUROC 0.68 [0.61, 0.74]".
    pub fn heading(&self, nth: usize) -> String {
        let letter = char::from(b'a' + nth as u8);
        match (self.shown.auroc, self.shown.auroc_low, self.shown.auroc_high) {
            (Some(auroc), Some(low), Some(high)) => {
                format!("({letter}) {}: AUROC {auroc:.3} [{low:.3}, {high:.3}]", self.title())
            }
            _ => format!("({letter}) {}", self.title()),
        }
    }
}
