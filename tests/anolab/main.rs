//! Tests of the program as a whole, and of parts that need several rooms at once.

mod baselines;
mod images;
#[cfg(unix)]
mod interruption;
mod pixels;
mod project;
mod store;
mod training;
mod upkeep;
mod whole_job;
mod wrong_input;
