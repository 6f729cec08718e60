//! The sweep file: TOML in, a validated list of runs out.
//!
//! Nothing here touches images, tensors or SQL. [`Sweep::parse`] turns the text of a sweep file
//! into [`RunConfig`]s; [`identity`] names fits and runs by their content.

mod added;
mod anogan;
mod assign;
mod brightness;
mod config;
mod dataset;
mod effect;
mod error;
mod gan;
mod ganomaly;
mod grid;
pub mod identity;
pub mod layers;
mod model;
mod pca;
mod plain;
mod preset;
mod range;
mod reproduce;
mod schema;
mod seed_range;
mod settings;
mod slurm;
mod sweep;
mod unreached;
mod varying;

pub use anogan::{
    AnoganSettings, AnoganTraining, Discriminator, Reduction, Search, SearchStart, Updates, Weighing,
};
pub use assign::{AssignError, assign};
pub use brightness::{BrightnessSettings, Direction};
pub use config::{FitConfig, Network, RunConfig, Scoring};
pub use dataset::{
    DatasetSpec, Fit, FolderSpec, Gray, IdxSpec, Label, Leakage, Scene, Split, SyntheticSpec, TestHalf,
    UnknownName,
};
pub use effect::StandIn;
pub(crate) use effect::without_effect;
pub use error::SpecError;
pub use gan::{Augment, GanSettings, GanTraining, Precision, Residual};
pub use ganomaly::{
    BatchNormMode, FeatureMatching, GanomalyScore, GanomalySettings, GanomalyTraining, LatentEncoder, Pass,
};
pub use model::Model;
pub use pca::PcaSettings;
pub(crate) use plain::suggest;
pub use preset::Preset;
pub use reproduce::sweep_file;
pub use schema::json_schema;
pub use settings::Settings;
pub use slurm::SlurmSettings;
pub use sweep::{LONGEST_NAME, Sweep, is_name};
pub use varying::Varying;
