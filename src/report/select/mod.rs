//! What a report shows of a store: its runs, sorted by what the figures and tables compare.

pub(crate) mod choice;
pub(crate) mod doubt;
pub(crate) mod highest;
pub(crate) mod pairs;
pub(crate) mod run_groups;
pub(crate) mod settings;
pub(crate) mod sweep_runs;
