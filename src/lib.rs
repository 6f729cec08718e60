//! anolab: experiment tracking and hyperparameter sweeps for GAN-based image anomaly detection.
//!
//! Data flows one way: [`spec`] reads a sweep file, [`data`] finds and decodes its images,
//! [`model`] and [`train`] fit the networks, [`score`] judges images, [`eval`] says what the
//! scores are worth, [`store`] keeps everything in one SQLite file, [`sweep`] drives it all, and
//! [`report`] draws it, and [`export`] hands it to other programs.
#![forbid(unsafe_code)]

mod atomic_file;
mod build_info;
pub mod cli;
mod crash_message;
pub mod data;
pub mod eval;
pub mod export;
#[cfg(test)]
mod golden;
pub mod model;
mod random;
pub mod report;
pub mod score;
pub mod spec;
pub mod store;
pub mod sweep;
pub mod table;
pub mod train;
