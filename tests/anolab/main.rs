//! Tests of the program as a whole, and of parts that need several rooms at once.

mod baselines;
#[cfg(unix)]
mod browser;
mod images;
#[cfg(unix)]
mod interruption;
#[cfg(unix)]
mod invented_store;
mod project;
mod store;
mod training;
mod upkeep;
mod whole_job;
mod wrong_input;
