//! Where a command may write: never over its store, and over other files only when it is told to.

use std::path::Path;

use super::{Context, Failure};
use crate::store::is_of_store;

/// Refuses a path that belongs to the store.
pub(super) fn outside_store(context: &Context, out: &Path) -> Result<(), Failure> {
    if is_of_store(&context.store, out) {
        let (out, store) = (out.display(), context.store.display());
        return Err(Failure::new(format!("{out} belongs to the store {store}; name another place")));
    }
    Ok(())
}

/// Refuses the store's own paths, and files that are there already unless they may be replaced.
pub(super) fn new_file(context: &Context, out: &Path, force: bool) -> Result<(), Failure> {
    outside_store(context, out)?;
    let is_there = out.symlink_metadata().is_ok();
    if is_there && !out.is_file() && !out.is_dir() {
        let out = out.display();
        return Err(Failure::new(format!("{out} is a device, a pipe or a link to nothing; name a file")));
    }
    if out.is_file() && !force {
        let out = out.display();
        return Err(Failure::new(format!(
            "{out} is there already; name another file, or replace it with --force"
        )));
    }
    Ok(())
}
