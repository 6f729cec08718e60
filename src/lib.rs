//! anolab: experiment tracking and hyperparameter sweeps for GAN-based image anomaly detection.
//!
//! Data flows one way: [`spec`] reads a sweep file, [`data`] finds and decodes its images,
//! [`model`] and [`train`] fit the networks, [`score`] judges images, [`eval`] says what the
//! scores are worth, [`store`] keeps everything in one SQLite file, [`sweep`] drives it all,
//! [`report`] draws it, and [`export`] hands it to other programs. Which room may know which is told
//! in `ARCHITECTURE.md`.
//!
//! The command line starts a process per fit. A sweep can also be run from code, in one's own process:
//!
//! ```
//! use anolab::eval::measure::AUROC;
//! use anolab::spec::Sweep;
//! use anolab::store::Store;
//! use anolab::sweep::{Worker, plan, prepare, work};
//! use anolab::train::DeviceChoice;
//! use burn::train::Interrupter;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = r#"
//!     name = "example"
//!     dataset = { kind = "synthetic", scene = "casting", count = 16 }
//!     [base]
//!     image_size = 16
//!     [grid]
//!     model = ["nearest", "brightness"] # baselines: they need no training
//! "#;
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(&folder.path().join("example.db"))?;
//!
//! let planned = plan("example.toml", Sweep::parse("example.toml", text)?)?;
//! prepare(&planned, &store, false, &|| ())?;
//! let worker = Worker {
//!     store: store.path().into(),
//!     sweep: "example".into(),
//!     device: DeviceChoice::Cpu,
//!     id: "0123456789abcdef".parse()?,
//!     beside: 1,
//!     command_line: "an example".into(),
//! };
//! work(&worker, &Interrupter::new())?;
//!
//! for run in store.finished(Some("example"))? {
//!     println!("{}: AUROC {:?}", run.model, run.measures.get(&AUROC));
//! }
//! # assert_eq!(store.finished(Some("example"))?.len(), 2);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod atomic_file;
mod build_info;
pub mod cli;
mod crash_message;
pub mod data;
pub mod eval;
pub mod export;
mod file_name;
#[cfg(any(test, feature = "parity"))]
mod golden;
pub mod id;
pub mod kernels;
pub mod model;
#[cfg(any(test, feature = "parity"))]
pub mod parity;
mod random;
pub mod report;
pub mod score;
pub mod serve;
pub mod spec;
pub mod store;
pub mod sweep;
pub mod table;
pub mod train;
mod words;
