//! What this program was built from, as `build.rs` found it.

/// The commit; absent for sources without git.
pub const COMMIT: Option<&str> = option_env!("ANOLAB_COMMIT");
/// Whether the sources had changes that were in no commit.
pub const CHANGED: bool = option_env!("ANOLAB_CHANGED").is_some();

/// The first characters of the commit, with a `+` where there were changes.
pub fn short_commit() -> Option<String> {
    let changed = if CHANGED { "+" } else { "" };
    COMMIT.map(|commit| format!("{commit:.8}{changed}"))
}
