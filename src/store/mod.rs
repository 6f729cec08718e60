//! The SQLite file that keeps everything: sweeps, runs, metrics, scores, results and pictures.
//!
//! [`Store`] is blocking; sqlx and its runtime stay inside. Writers use WAL and one immediate
//! transaction per change, so that any number of processes may read and write at once. People query
//! the views of `views.sql`; tables are private.

mod adopt;
mod artifacts;
mod backup;
mod check;
mod checkpoint_files;
mod clock;
mod columns;
mod deletion;
mod effort;
mod error;
mod fit_record;
mod foreign;
mod lease;
mod merge;
mod network_disk;
mod open;
mod own_paths;
mod ownership;
mod planning;
mod query;
mod result_digest;
mod retention;
mod row_rules;
mod run_data;
mod run_id;
mod run_record;
mod runs;
mod shorter_fits;
mod status;
mod sweeps;
mod tags;
mod unknown_names;
mod validity;
mod views;
mod weights_file;

pub use artifacts::Artifacts;
pub use deletion::Deletion;
pub use error::{SqliteError, StoreError};
pub use fit_record::Provenance;
pub use lease::{Claim, Job, JobRun, LEASE_SECONDS};
pub use merge::{Merged, Taking};
pub use open::Store;
pub use own_paths::is_of_store;
pub use planning::{ImageRow, Plan, PlannedDataset, PlannedRun};
pub use query::QUERY_SECONDS;
pub use retention::{Artifact, Kind, Needed, YOUNG, freeable};
pub use run_data::{CurvePoint, PictureRow, Portion, Role, ScoreRow};
pub use run_id::{WantedRun, short_id};
pub use run_record::{Picture, RunResult, ScoreValue};
pub use runs::{PastRun, RunRow};
pub use shorter_fits::KnownFit;
pub use status::{Status, UnknownStatus};
pub use sweeps::{
    DatasetCount, FailedRun, GeneratorRow, ListedRun, LostRun, RunState, StatusCount, SweepRow, WorkRow,
};
