//! Batch scripts: what a site wants first, what the sweep asks for, one command.

use std::path::Path;

use super::time::seconds;
use crate::spec::SlurmSettings;

/// How long before its limit a task is told, in seconds: it finishes its step, and brings what it has.
const NOTICE: f64 = 120.0;

/// The node's own disk: that which the site gives the job, else what the node has under the name of the login node's.
const DISK: &str = "export TMPDIR=\"${SLURM_TMPDIR:-${TMPDIR:-/tmp}}\"\n[ -d \"$TMPDIR\" ] || TMPDIR=/tmp";

/// What all scripts of a submission begin with.
pub(in crate::sweep) struct Head<'a> {
    /// The first lines that the site wants: `#SBATCH --account=…`, what loads modules.
    pub site: &'a str,
    /// What the sweep asks for.
    pub settings: &'a SlurmSettings,
}

impl Head<'_> {
    /// A task of an array: `command` is given the number of its first task, and its own in the array.
    pub fn array(&self, command: &[&str]) -> String {
        let limit = self.settings.time.as_deref().and_then(seconds);
        // Where the limit is short, a notice at its beginning would be none.
        let notice = limit.map_or(NOTICE, |limit| (limit / 4.0).min(NOTICE)).max(1.0);
        let own = [
            self.settings.gres.as_ref().map(|gres| format!("--gres={gres}")),
            Some("--requeue".into()),
            Some(format!("--signal=B:USR1@{notice:.0}")),
        ];
        let number = "\"$(( $1 + SLURM_ARRAY_TASK_ID ))\"";
        self.script(own.into_iter().flatten().collect(), &format!("{} {number}", quoted(command)))
    }

    /// A job that computes nothing, behind the tasks.
    pub fn after(&self, command: &[&str]) -> String {
        self.script(vec!["--requeue".into()], &quoted(command))
    }

    fn script(&self, own: Vec<String>, command: &str) -> String {
        let is_option = |line: &&str| line.trim_start().starts_with("#SBATCH");
        let first = self.site.lines().filter(is_option).map(String::from);
        let partition = self.settings.partition.as_ref().map(|name| format!("--partition={name}"));
        let time = self.settings.time.as_ref().map(|time| format!("--time={time}"));
        let asked =
            partition.into_iter().chain(time).chain(own).chain(self.settings.sbatch_args.iter().cloned());
        let options = first.chain(asked.map(|option| format!("#SBATCH {option}")));
        let site = self.site.lines().filter(|line| !is_option(line) && !line.starts_with("#!"));
        let lines = ["#!/bin/bash".to_string()]
            .into_iter()
            .chain(options)
            .chain(site.map(String::from))
            .chain([DISK.to_string()])
            // In place of the shell, so that it is told of signals.
            .chain([format!("exec {command}")]);
        lines.map(|line| line + "\n").collect()
    }
}

/// Options of `sbatch` that hold paths, which in a script would have to be quoted in Slurm's own way.
pub(in crate::sweep) fn paths(name: &str, folder: &Path, log: &Path) -> Vec<String> {
    vec![
        format!("--job-name={name}"),
        format!("--chdir={}", folder.display()),
        format!("--output={}", log.display()),
        "--open-mode=append".into(),
    ]
}

/// Words as a shell takes them.
fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
pub(in crate::sweep) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,%+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "#!/bin/sh\n#SBATCH --account=vision\nmodule load cuda/12.8\n";

    fn settings() -> SlurmSettings {
        SlurmSettings {
            partition: Some("gpu".into()),
            gres: Some("gpu:1".into()),
            time: Some("4:00:00".into()),
            sbatch_args: vec!["--cpus-per-task=4".into()],
            ..SlurmSettings::default()
        }
    }

    #[test]
    fn scripts_are_what_slurm_takes() {
        let settings = settings();
        let head = Head { site: SITE, settings: &settings };
        assert_eq!(
            head.array(&["/opt/anolab", "--store", "/data/it's mine.db", "task"]),
            "#!/bin/bash\n#SBATCH --account=vision\n#SBATCH --partition=gpu\n#SBATCH --time=4:00:00\n\
             #SBATCH --gres=gpu:1\n#SBATCH --requeue\n#SBATCH --signal=B:USR1@120\n#SBATCH --cpus-per-task=4\n\
             module load cuda/12.8\nexport TMPDIR=\"${SLURM_TMPDIR:-${TMPDIR:-/tmp}}\"\n\
             [ -d \"$TMPDIR\" ] || TMPDIR=/tmp\n\
             exec /opt/anolab --store '/data/it'\\''s mine.db' task \"$(( $1 + SLURM_ARRAY_TASK_ID ))\"\n"
        );
        let after = head.after(&["a", "sweep", "merge"]);
        assert!(after.ends_with("\nexec a sweep merge\n"), "{after}");
        assert!(!after.contains("gres") && after.contains("--account=vision"), "{after}");
    }

    #[test]
    fn a_short_limit_has_a_short_notice() {
        for (time, expected) in
            [("2:00", "@30\n"), ("1", "@15\n"), ("1-0", "@120\n"), ("UNLIMITED", "@120\n")]
        {
            let settings = SlurmSettings { time: Some(time.into()), ..SlurmSettings::default() };
            let script = Head { site: "", settings: &settings }.array(&["a"]);
            assert!(script.contains(expected), "{time}: {script}");
        }
    }
}
