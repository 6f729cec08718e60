//! What a sweep asks of a Slurm cluster: where its runs are computed, and no part of any name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Defaults of `anolab sweep run --engine slurm`; its options win.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SlurmSettings {
    /// The partition, as `sbatch --partition` takes it.
    pub partition: Option<String>,
    /// What a task needs beside cores, as `sbatch --gres` takes it, such as `gpu:1`.
    pub gres: Option<String>,
    /// The longest that a task may take, as `sbatch --time` takes it, such as `4:00:00`.
    pub time: Option<String>,
    /// The most tasks at once.
    #[schemars(range(min = 1))]
    pub max_parallel: Option<usize>,
    /// Further arguments of `sbatch`, such as `--cpus-per-task=4`.
    pub sbatch_args: Vec<String>,
    /// A file with the first lines of every batch script: `#SBATCH --account=…` and what loads modules.
    pub site: Option<String>,
    /// Fits that are expected to take less share a task, in minutes; 0 gives each a task of its own. 5 by default.
    #[schemars(range(min = 0.0))]
    pub task_minutes: Option<f64>,
}

impl SlurmSettings {
    /// What is wrong with a value, and the key that it has.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let texts = [
            ("partition", &self.partition),
            ("gres", &self.gres),
            ("time", &self.time),
            ("site", &self.site),
        ];
        let one_line = |text: &str| !text.trim().is_empty() && !text.contains(char::is_control);
        for (key, text) in texts {
            if text.as_ref().is_some_and(|text| !one_line(text)) {
                return Err((key, format!("`{key}` must be a text of one line")));
            }
        }
        if !self.sbatch_args.iter().all(|argument| one_line(argument)) {
            return Err(("sbatch_args", "every argument must be a text of one line".into()));
        }
        if self.max_parallel == Some(0) {
            return Err(("max_parallel", "`max_parallel` must be 1 or more".into()));
        }
        if self.task_minutes.is_some_and(|minutes| !(minutes >= 0.0 && minutes.is_finite())) {
            return Err(("task_minutes", "`task_minutes` must be 0 or more".into()));
        }
        Ok(())
    }
}
