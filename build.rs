//! Tells the program which commit it is built from, so that the commit in a run's provenance is that
//! of the code, wherever the program runs. Sources without git have none.

use std::process::Command;

fn main() {
    for path in ["src", "migrations", "Cargo.toml", "Cargo.lock", ".git/HEAD", ".git/logs/HEAD"] {
        if std::path::Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    if let Some(commit) = git(&["rev-parse", "HEAD"]) {
        println!("cargo::rustc-env=ANOLAB_COMMIT={commit}");
        // From the top of the repository: `tests/cuda/build` builds a copy in a folder that git ignores.
        let code = [":/src", ":/migrations", ":/Cargo.toml", ":/Cargo.lock", ":/build.rs"];
        let changes = git(&[&["status", "--porcelain", "--"], &code[..]].concat());
        if changes.is_some_and(|changes| !changes.is_empty()) {
            println!("cargo::rustc-env=ANOLAB_CHANGED=1");
        }
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}
