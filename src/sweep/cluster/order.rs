//! What tasks are told, in files that are written once: the order that is the same for all, and each one's runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::SweepError;
use super::super::engine::slurm::SlurmError;
use super::super::launch::Jobs;
use super::super::plan::Planned;
use crate::atomic_file::write_whole;
use crate::data::Dataset;
use crate::id::{FitId, RunId};
use crate::spec::identity::canonical_json;
use crate::spec::{Label, RunConfig, Split};
use crate::store::{ImageRow, Plan, PlannedDataset, PlannedRun};
use crate::train::DeviceChoice;

/// What all tasks of a submission have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    /// The store that gets the results, as nodes see it: its decoded images and its weights are read.
    pub store: PathBuf,
    /// Name of the sweep.
    pub sweep: String,
    /// Its file, as given.
    pub file: String,
    /// Its TOML.
    pub text: String,
    /// Its datasets.
    pub datasets: Vec<OrderedDataset>,
    /// Where to compute.
    #[serde(with = "as_text")]
    pub device: DeviceChoice,
    /// Fits at once in a task.
    #[serde(with = "as_text")]
    pub jobs: Jobs,
    /// Do not check first that a GPU computes what the CPU does.
    pub skip_trial: bool,
    /// The longest that one fit may take.
    pub time_limit: Option<Duration>,
    /// The command that the user typed.
    pub command_line: String,
}

/// A dataset of a submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OrderedDataset {
    digest: String,
    title: String,
    spec: String,
    masks: Option<String>,
    coloured: Option<bool>,
    images: Vec<OrderedImage>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct OrderedImage {
    name: String,
    #[serde(with = "as_text")]
    split: Split,
    #[serde(with = "as_text")]
    label: Label,
    leaked: bool,
    hash: String,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TaskOrder {
    /// Its runs, fit by fit.
    pub runs: Vec<OrderedRun>,
    /// Its fits that are trained already, with the digests of their weights.
    pub trained: Vec<(FitId, String)>,
    /// Stores that earlier tasks have brought, from which its fits go on.
    pub from: Vec<PathBuf>,
}

/// A run of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OrderedRun {
    run_id: RunId,
    fit_id: FitId,
    digest: String,
    run_config: String,
    fit_config: String,
}

impl OrderedDataset {
    /// As it was planned, with its description as JSON.
    pub fn new(dataset: &Dataset, spec: String, coloured: Option<bool>) -> Self {
        let images = dataset.items.iter().map(|item| OrderedImage {
            name: item.name.clone(),
            split: item.split,
            label: item.label,
            leaked: item.leaked,
            hash: item.hash.to_string(),
        });
        Self {
            digest: dataset.digest.clone(),
            title: dataset.title.clone(),
            spec,
            masks: dataset.masks.clone(),
            coloured,
            images: images.collect(),
        }
    }

    fn planned(&self) -> PlannedDataset<'_> {
        let image = |image: &OrderedImage| ImageRow {
            name: image.name.clone(),
            split: image.split,
            label: image.label,
            leaked: image.leaked,
            hash: image.hash.clone(),
        };
        PlannedDataset {
            digest: &self.digest,
            title: &self.title,
            spec: &self.spec,
            masks: self.masks.as_deref(),
            coloured: self.coloured,
            images: self.images.iter().map(image).collect(),
        }
    }
}

impl OrderedRun {
    /// A run of a planned sweep, by its place there.
    pub fn of(planned: &Planned, place: usize) -> Self {
        let (run, (fit_id, run_id)) = (&planned.runs[place], &planned.ids[place]);
        Self {
            run_id: run_id.clone(),
            fit_id: fit_id.clone(),
            digest: planned.dataset_of(place).digest.clone(),
            run_config: canonical_json(run, run.fit.model()),
            fit_config: canonical_json(&run.fit, run.fit.model()),
        }
    }

    /// Its configuration.
    ///
    /// # Errors
    /// One that this version cannot read.
    pub fn config(&self) -> Result<RunConfig, SweepError> {
        Ok(RunConfig::read(&self.run_config)?)
    }
}

impl TaskOrder {
    /// What a store of its own is to hold: its runs with the datasets that they need.
    pub fn plan<'a>(&'a self, order: &'a Order) -> Plan<'a> {
        let needed = |dataset: &&OrderedDataset| self.runs.iter().any(|run| run.digest == dataset.digest);
        let runs = self.runs.iter().map(|run| PlannedRun {
            run_id: run.run_id.clone(),
            fit_id: run.fit_id.clone(),
            digest: run.digest.clone(),
            run_config: run.run_config.clone(),
            fit_config: run.fit_config.clone(),
        });
        Plan {
            sweep: &order.sweep,
            file: &order.file,
            text: &order.text,
            datasets: order.datasets.iter().filter(needed).map(OrderedDataset::planned).collect(),
            runs: runs.collect(),
        }
    }
}

/// Writes a file of a submission, whole or not at all.
///
/// # Errors
/// Whatever the file system says.
pub(super) fn write<T: Serialize>(path: &Path, content: &T) -> Result<(), SweepError> {
    let damaged = |source| SlurmError::Damaged { path: path.into(), source };
    let text = serde_json::to_vec(content).map_err(damaged)?;
    write_whole(path, &[&text]).map_err(SweepError::io(format!("cannot write {}", path.display())))
}

/// Reads a file of a submission.
///
/// # Errors
/// It is not there, or not as it was written.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, SweepError> {
    let text = std::fs::read(path).map_err(SweepError::io(format!("cannot read {}", path.display())))?;
    let damaged = |source| SlurmError::Damaged { path: path.into(), source };
    Ok(serde_json::from_slice(&text).map_err(damaged)?)
}

/// Values that are written as what reads them.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
