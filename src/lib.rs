//! anolab: experiment tracking and hyperparameter sweeps for GAN-based image anomaly detection.
//!
//! Data flows one way: [`spec`] reads a sweep file, [`data`] finds and decodes its images,
//! [`model`] and [`train`] fit the networks, [`score`] judges images, [`eval`] says what the
//! scores are worth, [`store`] keeps everything in one SQLite file, [`sweep`] drives it all, and
//! [`report`] draws it.
#![forbid(unsafe_code)]

pub mod cli;
pub mod data;
pub mod eval;
#[cfg(test)]
mod golden;
pub mod model;
mod random;
pub mod report;
pub mod score;
pub mod spec;
pub mod store;
pub mod sweep;
pub mod train;
