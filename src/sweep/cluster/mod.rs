//! Sweeps on a cluster: which fits are missing, how they become tasks, what the tasks bring, and what became of them.
//!
//! No two processes share a SQLite file over a network. A task has a store of its own on its node's disk, and brings it
//! to the shared folder whole: when it ends, when it is interrupted, and every few minutes in between. A submission is
//! a folder beside the store (`ARTIFACTS/cluster/SWEEP/0001`), written once and read by its tasks.

mod arrays;
mod bring;
mod collect;
mod cost;
mod folder;
mod jobs;
mod missing;
mod order;
mod share;
mod status;
mod submit;
mod task;
mod visible;

pub use collect::{Collected, collect};
pub use status::{ClusterStatus, cluster_status};
pub use submit::{Submitted, Wish, preview, submit};
pub use task::{Task, run_task};

pub use jobs::cancel;
