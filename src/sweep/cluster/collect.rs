//! What tasks have brought, taken into the store of the sweep: as often as one likes, while others still run.

use std::time::SystemTime;

use super::super::SweepError;
use super::bring::content;
use super::folder::{STORE, Submission};
use crate::atomic_file::remove_abandoned;
use crate::store::{Store, StoreError, Taking};

/// What was taken in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Stores of tasks that were looked at.
    pub stores: usize,
    /// Finished runs that are new.
    pub runs: usize,
    /// What stays out, and why.
    pub left_out: Vec<String>,
}

/// Takes in what the tasks of a sweep have brought. What is done is removed there once it is here.
///
/// # Errors
/// A sweep that runs on this store, or whatever the store says. What was taken in before that is here.
pub fn collect(store: &Store, sweep: &str) -> Result<Collected, SweepError> {
    let mut collected = Collected::default();
    for submission in Submission::all(&store.artifacts(), sweep) {
        remove_abandoned(&submission.stores(), SystemTime::now());
        for brought in submission.brought() {
            let complete = content(&brought).is_some_and(|content| content.is_complete());
            let taking = Taking { failures: true, removed: complete, ..Taking::default() };
            let file = brought.folder.join(STORE);
            let merged = match store.take(&file, taking) {
                Ok(merged) => merged,
                Err(_) if !file.exists() => continue, // its task has just brought a newer one
                Err(error @ (StoreError::Busy | StoreError::ReadOnly { .. })) => return Err(error.into()),
                Err(error) => {
                    collected.left_out.push(error.to_string());
                    continue;
                }
            };
            collected.stores += 1;
            collected.runs += merged.runs;
            let whole = merged.left_out.is_empty() && merged.missing == 0 && merged.other_weights == 0;
            if merged.other_weights > 0 {
                let (runs, folder) = (merged.other_weights, brought.folder.display());
                let why = "their fits were trained here too, to other weights";
                collected.left_out.push(format!("{runs} finished runs stay in {folder}: {why}"));
            }
            collected.left_out.extend(merged.left_out);
            if complete && whole {
                std::fs::remove_dir_all(&brought.folder).ok(); // all of it is here
            }
        }
    }
    Ok(collected)
}
