//! Drives everything: plans a sweep, claims fits in worker processes, trains, judges, records.
//!
//! The parent process ([`run`]) only plans, starts workers and shows what the store says. Each
//! worker process ([`work`]) claims one fit after another, so that one that crashes or is killed
//! loses nothing but its own fit.

mod device_check;
mod device_trial;
mod error;
mod evaluate;
mod judge_files;
mod launch;
mod overdue;
mod plan;
mod progress;
mod provenance;
mod regions;
mod residual;
mod run;
mod weights;
mod worker;
mod worker_process;

pub use device_check::{DeviceCheck, DeviceCheckError, check_device};
pub use device_trial::try_device;
pub use error::SweepError;
pub use judge_files::{FileJudge, JudgedFile, ResidualMap};
pub use launch::{Jobs, Launch, Ready, Room, Watcher, make_ready};
pub use plan::{Overview, Planned, overview, plan, prepare, read};
pub use provenance::provenance;
pub use run::{Options, Summary, run};
pub use worker::{Worker, work};
