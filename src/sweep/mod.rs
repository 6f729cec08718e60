//! Drives everything: plans a sweep, claims fits in worker processes, trains, judges, records.
//!
//! The parent process ([`run`]) only plans, starts workers and shows what the store says. Each
//! worker process ([`work`]) claims one fit after another, so that one that crashes or is killed
//! loses nothing but its own fit. On a cluster ([`submit`]) each task ([`run_task`]) is such a parent, with a store of
//! its own.

mod cluster;
mod cores;
mod device_check;
mod device_trial;
mod engine;
mod error;
mod estimate;
mod evaluate;
mod judge_files;
mod launch;
mod more_epochs;
mod overdue;
mod plan;
mod progress;
mod provenance;
mod regions;
mod residual;
mod run;
mod shared_searches;
mod sweep_file;
mod weights;
mod worker;

pub use cluster::{
    ClusterStatus, Collected, Submitted, Task, Wish, cancel, cluster_status, collect, preview, run_task,
    submit,
};
pub use device_check::{DeviceCheck, DeviceCheckError, check_device};
pub use device_trial::try_device;
pub use engine::slurm::SlurmError;
pub use error::SweepError;
pub use estimate::{Estimate, about, past_speed, seconds_left, time, tried_speed};
pub use judge_files::{FileJudge, JudgedFile, ResidualMap};
pub use launch::{Jobs, Launch, Ready, Room, Watcher, make_ready, room};
pub use more_epochs::{Shorter, shorter_fits};
pub use plan::{Overview, Planned, overview, plan, prepare};
pub use provenance::provenance;
pub use run::{Options, Summary, run};
pub use sweep_file::read;
pub use worker::{Worker, work};
