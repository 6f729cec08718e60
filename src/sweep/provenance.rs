//! Where, when and by what a computation was made.

use crate::build_info::{CHANGED, COMMIT};
use crate::store::Provenance;

/// Version of burn that this program is built with.
const BURN: &str = "0.22.1";

/// Where, when and by what work is done: `device` in words, `command_line` as typed.
pub fn provenance(device: String, command_line: String) -> Provenance {
    Provenance {
        device,
        host: host(),
        git_commit: COMMIT.map(String::from),
        git_dirty: COMMIT.map(|_| CHANGED),
        version: env!("CARGO_PKG_VERSION").into(),
        burn_version: BURN.into(),
        command_line,
    }
}

/// This machine's name.
pub(super) fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map_or_else(|| "unknown".into(), |name| name.trim().to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn burn_version_is_that_of_the_manifest() {
        assert!(
            include_str!("../../Cargo.toml").contains(&format!("burn = {{ version = \"={}\"", super::BURN))
        );
    }
}
