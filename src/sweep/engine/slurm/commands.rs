//! Slurm's commands, run and asked.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use super::error::SlurmError;

/// What a command prints.
///
/// # Errors
/// It is not here, or it refuses: its words.
pub(in crate::sweep) fn ask<S: AsRef<str>>(
    command: &'static str,
    arguments: &[S],
) -> Result<String, SlurmError> {
    let words: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let output = Command::new(command).args(&words).stdin(Stdio::null()).output().map_err(|source| {
        match source.kind() {
            ErrorKind::NotFound => SlurmError::Missing(command),
            _ => SlurmError::Start { command, source },
        }
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        let said = if said.is_empty() { output.status.to_string() } else { said };
        return Err(SlurmError::Refused { command: format!("{command} {}", words.join(" ")), said });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Refuses a machine on which Slurm's commands are not, or have no controller that answers.
///
/// # Errors
/// What is missing.
pub(in crate::sweep) fn check() -> Result<(), SlurmError> {
    for command in ["sbatch", "squeue", "scancel", "scontrol"] {
        ask(command, &["--version"])?;
    }
    ask("scontrol", &["show", "config"]).map(drop)
}

/// The most tasks that an array may have here; Slurm's default where it does not say.
pub(in crate::sweep) fn most_tasks() -> usize {
    let config = ask("scontrol", &["show", "config"]).unwrap_or_default();
    array_limit(&config).unwrap_or(1001)
}

/// `MaxArraySize` is one more than the greatest index.
fn array_limit(config: &str) -> Option<usize> {
    let value = config.lines().find_map(|line| line.trim().strip_prefix("MaxArraySize"))?;
    value.trim_start().strip_prefix('=')?.trim().parse().ok().filter(|most| *most > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_arrays_is_read() {
        let config = "Configuration data as of today\nMaxArraySize            = 501\nMaxDBDMsgs = 20012\n";
        assert_eq!(array_limit(config), Some(501));
        for odd in ["", "MaxArraySize = 0", "MaxArraySize = (null)"] {
            assert_eq!(array_limit(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_command_that_is_not_here_is_named() {
        let said = ask("sbatch-of-no-cluster", &["--version"]).unwrap_err().to_string();
        assert!(said.starts_with("`sbatch-of-no-cluster` is not here: a sweep goes to a cluster"), "{said}");
        let said = ask("false", &[""; 0]).unwrap_err().to_string();
        assert!(said.starts_with("Slurm refused: `false "), "{said}");
    }
}
