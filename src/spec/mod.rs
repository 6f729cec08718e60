//! The sweep file: TOML in, a validated list of runs out.
//!
//! Nothing here touches images, tensors or SQL. [`Sweep::parse`] turns the text of a sweep file
//! into [`RunConfig`]s; [`identity`] names fits and runs by their content.

mod config;
mod dataset;
mod error;
mod grid;
pub mod identity;
pub mod layers;
mod reproduce;
mod schema;
mod settings;
mod sweep;

pub use config::{
    AnoganTraining, FitConfig, GanTraining, GanomalyTraining, Network, Pass, RunConfig, Scoring, Search,
};
pub use dataset::{DatasetSpec, FolderSpec, IdxSpec, Label, Leakage, Scene, Split, SyntheticSpec, TestHalf};
pub use error::SpecError;
pub use reproduce::sweep_file;
pub use schema::json_schema;
pub use settings::{
    Augment, BatchNormMode, Direction, GanomalyScore, LatentEncoder, Model, Precision, Preset, Reduction,
    Residual, SearchStart, Settings, Updates,
};
pub use sweep::Sweep;
