//! Tests of the program as a whole, and of parts that need several rooms at once.

mod architecture;
mod baselines;
#[cfg(unix)]
mod browser;
mod claims;
#[cfg(unix)]
mod cluster;
mod contents;
mod datasets;
#[cfg(unix)]
mod documentation;
mod earlier_store;
mod export;
mod folders;
#[cfg(unix)]
mod full_disk;
mod fuzz;
mod hostile;
mod images;
#[cfg(unix)]
mod interruption;
mod invented_plan;
#[cfg(unix)]
mod invented_store;
mod marks;
mod mistakes;
mod more_epochs;
mod other_readers;
mod outputs;
mod pixels;
#[cfg(unix)]
mod progress;
mod project;
mod promises;
mod reading;
mod report;
mod results;
mod scoring;
#[cfg(unix)]
mod serve;
mod settings;
#[cfg(target_os = "linux")]
mod slurm;
mod starting;
mod store;
mod tiles;
mod training;
#[cfg(unix)]
mod trouble;
mod upkeep;
mod whole_job;
mod wrong_input;
