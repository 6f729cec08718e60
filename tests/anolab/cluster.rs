//! Sweeps on a cluster whose commands are invented: `sbatch` does the tasks at once, one after another. What Slurm
//! itself does is tested in `slurm.rs`.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::project::{Project, Ran, TINY};

/// Notes what it is asked for. Tasks named in `skip` are not done; with a file `limit` it takes so many jobs.
const SBATCH: &str = r#"#!/bin/bash
[ "$1" = --version ] && exit 0
here="$(dirname "$0")"
echo "sbatch $*" >> "$here/asked"
if [ "$1" = --test-only ]; then
    [ ! -e "$here/refuse" ] || { echo "sbatch: error: invalid partition specified: gpu" >&2; exit 1; }
    exit 0
fi
job=$(( $(cat "$here/job" 2>/dev/null || echo 100) + 1 ))
if [ -e "$here/limit" ] && [ "$job" -gt "$(cat "$here/limit")" ]; then
    echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy" >&2
    exit 1
fi
echo "$job" > "$here/job"
echo "$job;one"
exec >&2
for word in "$@"; do
    case "$word" in
        --array=*) array="${word#--array=0-}"; last="${array%%%*}" ;;
        --output=*) output="${word#--output=}" ;;
        --*) ;;
        *) script+=("$word") ;;
    esac
done
export SLURM_ARRAY_JOB_ID="$job"
if [ -z "${last:-}" ]; then
    [ -e "$here/later" ] || bash "${script[@]}" > "${output/\%j/$job}" 2>&1
    exit 0
fi
for index in $(seq 0 "$last"); do
    number=$(( script[1] + index ))
    grep -qx "$number" "$here/skip" 2>/dev/null && continue
    log="${output/\%A/$job}"
    SLURM_ARRAY_TASK_ID="$index" bash "${script[@]}" > "${log/\%a/$index}" 2>&1 || true
done
"#;

/// Says what a file of its name says.
const SAYS: &str = "#!/bin/bash\necho \"$(basename \"$0\") $*\" >> \"$(dirname \"$0\")/asked\"\n\
                    cat \"$(dirname \"$0\")/$(basename \"$0\").says\" 2>/dev/null || true\n";

struct Cluster {
    project: Project,
}

impl Cluster {
    fn with_sweep(text: &str) -> Self {
        let project = Project::with_sweep(text);
        for (name, text) in
            [("sbatch", SBATCH), ("squeue", SAYS), ("sacct", SAYS), ("scancel", SAYS), ("scontrol", SAYS)]
        {
            let path = project.path(&format!("bin/{name}"));
            project.write(&format!("bin/{name}"), text.as_bytes());
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        Self { project }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.project.command(arguments);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.project.path("bin").display()));
        command.env("XDG_CONFIG_HOME", self.project.path("config"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Submits `sweep.toml` with these options.
    fn submit(&self, options: &[&str]) -> Ran {
        let fixed =
            ["sweep", "run", "sweep.toml", "--device", "cpu", "--engine", "slurm", "--task-minutes", "0"];
        self.run(&[&fixed[..], options].concat())
    }

    fn says(&self, command: &str, words: &str) {
        self.project.write(&format!("bin/{command}.says"), words.as_bytes());
    }

    fn asked(&self) -> String {
        std::fs::read_to_string(self.project.path("bin/asked")).unwrap_or_default()
    }

    fn forget(&self, name: &str) {
        std::fs::remove_file(self.project.path(&format!("bin/{name}"))).unwrap();
    }
}

/// Every score, to the bit.
fn scores(project: &Project) -> Vec<String> {
    project.sql("SELECT run_id, image, score FROM scores ORDER BY 1, 2, 3")
}

/// Every loss, to the bit.
fn metrics(project: &Project) -> Vec<String> {
    project.sql("SELECT fit_id, split, name, epoch, value FROM metrics ORDER BY 1, 2, 3, 4")
}

fn at_home() -> Project {
    let project = Project::with_sweep(TINY);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
}

#[test]
fn a_cluster_gives_what_this_machine_gives() {
    let cluster = Cluster::with_sweep(TINY);
    cluster.says("scontrol", "MaxArraySize            = 3\n");
    let ran = cluster.submit(&[
        "--partition",
        "gpu",
        "--time",
        "1:00:00",
        "--max-parallel",
        "2",
        "--report",
        "report",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("submitted 4 fits in 4 tasks: job 101, 102"), "{}", ran.err);
    assert!(ran.err.contains("warning: the store"), "it lies in /tmp: {}", ran.err);
    let asked = cluster.asked();
    for expected in
        ["--array=0-1%1 ", "array.sh 0\n", "array.sh 2\n", "--dependency=afterany:101:102 ", "--chdir="]
    {
        assert!(asked.contains(expected), "{expected} is not in\n{asked}");
    }
    let home = at_home();
    assert_eq!(scores(&cluster.project), scores(&home));
    assert_eq!(metrics(&cluster.project), metrics(&home));
    assert!(cluster.project.path("report/index.html").is_file());
    assert_eq!(cluster.project.ok(&["store", "check"]), "");
    let stores = cluster.project.path("store.artifacts/cluster/tiny/0001/stores");
    assert_eq!(std::fs::read_dir(stores).unwrap().count(), 0, "what is here is there no more");
    let by = cluster.project.sql("SELECT DISTINCT command_line FROM runs");
    assert!(by.len() == 1 && by[0].contains("--engine slurm"), "the command that was typed: {by:?}");

    let again = cluster.submit(&[]);
    assert!(again.code == 0 && again.err.contains("nothing to submit"), "{}", again.err);
    // More runs of fits that are trained: they are judged, and not trained again.
    cluster.project.write("sweep.toml", TINY.replace("0.5, 1.0]", "0.5, 0.7, 1.0]").as_bytes());
    let more = cluster.submit(&[]);
    assert!(more.err.contains("submitted 2 fits in 2 tasks"), "{}", more.err);
    assert_eq!(cluster.project.sql("SELECT count(*) FROM runs WHERE status = 'done'"), ["16"]);
    assert_eq!(metrics(&cluster.project), metrics(&home));
    assert_eq!(cluster.project.ok(&["store", "check"]), "");
}

#[test]
fn only_what_is_missing_is_submitted_again() {
    let cluster = Cluster::with_sweep(TINY);
    cluster.project.write("bin/skip", b"1\n2\n");
    cluster.submit(&[]);
    let left = cluster.project.sql("SELECT count(*) FROM runs WHERE status = 'queued'");
    assert_ne!(left, ["0"]);
    // One of the two waits still.
    cluster.says("squeue", "101|1|PENDING|1:00:00||Resources\n");
    cluster.says("sacct", "101_0|COMPLETED|0:0|n1\n101_2|NODE_FAIL|0:0|n2\n");
    let status = cluster.run(&["sweep", "status", "tiny"]).out;
    for expected in [
        "cluster: 4 tasks: 1 pending, 0 running, 1 failed",
        "1 pending: Resources",
        "1 failed: the node failed on n2",
    ] {
        assert!(status.contains(expected), "{expected}: {status}");
    }
    cluster.forget("skip");
    let ran = cluster.submit(&[]);
    assert!(ran.err.contains("waiting or running on the cluster since before: 1 fit"), "{}", ran.err);
    assert!(ran.err.contains("submitted 1 fit in 1 task"), "{}", ran.err);
    cluster.says("squeue", "");
    cluster.submit(&[]);
    assert_eq!(scores(&cluster.project), scores(&at_home()));
}

#[test]
fn what_slurm_refuses_is_told() {
    let cluster = Cluster::with_sweep(TINY);
    cluster.project.write("bin/refuse", b"");
    cluster.submit(&["--partition", "gpu"]).fails_with(2, "invalid partition specified: gpu");
    let folder = cluster.project.path("store.artifacts/cluster/tiny");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing is left of it");
    cluster.forget("refuse");

    // A limit of jobs lets the first array in, and nothing behind it.
    cluster.says("scontrol", "MaxArraySize = 1\n");
    cluster.project.write("bin/limit", b"102");
    let ran = cluster.submit(&[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("not submitted: 2 tasks: Slurm refused"), "{}", ran.err);
    assert!(ran.err.contains("`anolab sweep merge tiny` does"), "{}", ran.err);
    let status = cluster.run(&["sweep", "status", "tiny"]).out;
    assert!(status.contains("brought by 2 tasks"), "{status}");
    let merged = cluster.run(&["sweep", "merge", "tiny"]);
    assert!(merged.code == 0 && merged.err.contains("taken in from 2 tasks"), "{}", merged.err);
    cluster.forget("limit");
    cluster.submit(&[]);
    assert_eq!(cluster.project.sql("SELECT count(*) FROM runs WHERE status <> 'done'"), ["0"]);
}

#[test]
fn a_machine_without_a_cluster_says_so() {
    let project = Project::with_sweep(TINY);
    let mut command = project.command(&["sweep", "run", "sweep.toml", "--engine", "slurm"]);
    let ran = Ran::from(command.env("PATH", "/nonexistent").output().unwrap());
    ran.fails_with(2, "`sbatch` is not here: a sweep goes to a cluster from where Slurm's commands are");
    assert!(!project.path("store.db").exists());
    let ran = project.run(&["sweep", "run", "sweep.toml", "--gres", "gpu:1"]);
    ran.fails_with(2, "add --engine slurm");
    let ran = project.run(&["sweep", "run", "sweep.toml", "--engine", "slurm", "--fail-fast"]);
    ran.fails_with(2, "tasks of a cluster cannot count each other's failures");
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
        .run(&["sweep", "cancel", "tiny"])
        .fails_with(2, "no part of the sweep `tiny` was given to a cluster");
    let ran = project.run(&["sweep", "merge", "tiny"]);
    assert!(ran.code == 0 && ran.err.contains("no task has brought anything"), "{}", ran.err);
}

#[test]
fn what_would_be_submitted_is_shown() {
    let slurm = "[slurm]\npartition = \"gpu\"\ngres = \"gpu:1\"\nsbatch_args = [\"--cpus-per-task=4\"]\n";
    let project = Project::with_sweep(&format!("{TINY}\n{slurm}"));
    project.write("site.sh", b"#SBATCH --account=vision\nmodule load cuda\n");
    let out = project.ok(&[
        "sweep",
        "run",
        "sweep.toml",
        "--engine",
        "slurm",
        "--print",
        "--time",
        "2:00:00",
        "--site",
        "site.sh",
        "--partition",
        "big",
        "--report",
        "out",
        "--sbatch-arg=--mem=8G",
    ]);
    for expected in [
        "#!/bin/bash\n#SBATCH --account=vision\n#SBATCH --partition=big\n#SBATCH --time=2:00:00\n",
        "\n#SBATCH --gres=gpu:1\n#SBATCH --requeue\n#SBATCH --signal=B:USR1@120\n#SBATCH --cpus-per-task=4\n",
        "\n#SBATCH --mem=8G\nmodule load cuda\n",
        "sweep merge tiny --report out\n",
        "sbatch --job-name=anolab-tiny",
        "--array=0-0",
        "--dependency=afterany:JOBS",
    ] {
        assert!(out.contains(expected), "{expected} is not in\n{out}");
    }
    assert!(!project.path("store.db").exists() && !project.path("store.artifacts").exists());
    let ran =
        project.run(&["sweep", "run", "sweep.toml", "--engine", "slurm", "--print", "--site", "none.sh"]);
    ran.fails_with(2, "cannot read the site file none.sh");
}

/// A fit that fails in a task counts as failed here, and is tried again only when that is asked for.
#[test]
fn failures_come_home() {
    let text = TINY.replace("[\"anogan\", \"ganomaly\"]", "\"ganomaly\"").replace("[0, 1]", "0");
    let cluster = Cluster::with_sweep(&text.replace("epochs = 2", "epochs = 200000"));
    let ran = cluster.submit(&["--time-limit", "1s"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let errors = cluster.project.sql("SELECT status, error FROM runs");
    assert_eq!(errors, vec!["failed,took longer than the time limit of 1 s"; 2]);
    assert!(cluster.submit(&[]).err.contains("nothing to submit"));
    let again = cluster.submit(&["--retry-failed", "--time-limit", "1s"]);
    assert!(again.err.contains("submitted 1 fit in 1 task"), "{}", again.err);
}

/// A task that is told that its time is over goes on, in its next life, from where it was.
#[test]
fn a_task_goes_on_where_it_was_told_to_end() {
    let text = TINY.replace("epochs = 2", "epochs = 2000").replace("[0, 1]", "0");
    let cluster = Cluster::with_sweep(&text);
    cluster.project.write("bin/skip", b"0\n1\n");
    cluster.project.write("bin/later", b"");
    cluster.submit(&[]);
    let folder = cluster.project.path("store.artifacts/cluster/tiny/0001");
    let task = |number: &str| {
        let mut command =
            cluster.command(&["task", "--folder", folder.to_str().unwrap(), "--number", number]);
        command.env("SLURM_JOB_ID", "7").env("TMPDIR", cluster.project.path("disk"));
        command
    };
    std::fs::create_dir(cluster.project.path("disk")).unwrap();
    for number in ["0", "1"] {
        let child = task(number).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let checkpoint = || {
            let mut found = Vec::new();
            files(&cluster.project.path("disk"), &mut found);
            found.iter().any(|path| path.extension().is_some_and(|end| end == "bpk"))
        };
        let begun = std::time::Instant::now();
        while !checkpoint() {
            assert!(begun.elapsed().as_secs() < 120, "no checkpoint");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Command::new("kill").args(["-s", "USR1", &child.id().to_string()]).status().unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 130, "{}", ran.err);
        assert!(ran.err.contains("its time is over: queued again"), "{}", ran.err);
        assert!(folder.join(format!("stores/00000{number}.0/store.db")).is_file());
        assert_eq!(
            std::fs::read_dir(cluster.project.path("disk")).unwrap().count(),
            0,
            "the node's disk is left clean"
        );
    }
    assert!(cluster.asked().contains("scontrol requeue 7\n"), "{}", cluster.asked());
    let merged = cluster.run(&["sweep", "merge", "tiny"]);
    assert_eq!(merged.code, 0, "{}", merged.err);
    assert!(folder.join("stores/000000.0").is_dir(), "it is not complete and stays");
    // One goes on as the same task, the other as a new one.
    let ran = Ran::from(task("0").output().unwrap());
    assert!(ran.code == 0 && ran.err.contains("going on from"), "{}", ran.err);
    assert!(!folder.join("stores/000000.0").exists() && folder.join("stores/000000.1/store.db").is_file());
    cluster.forget("skip");
    cluster.forget("later");
    let ran = cluster.submit(&[]);
    assert!(ran.err.contains("submitted 1 fit in 1 task"), "{}", ran.err);
    let log = cluster.project.path("store.artifacts/cluster/tiny/0002/logs");
    let words: String = std::fs::read_dir(log)
        .unwrap()
        .map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap())
        .collect();
    assert!(words.contains("going on from"), "{words}");

    let home = Project::with_sweep(&text);
    home.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(scores(&cluster.project), scores(&home));
    assert_eq!(metrics(&cluster.project), metrics(&home));
    assert_eq!(cluster.project.ok(&["store", "check"]), "");
}

fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { files(&entry.path(), found) } else { found.push(entry.path()) }
    }
}

/// A worker that no process of this machine has started does not end where its standard input does.
#[test]
fn a_worker_of_a_cluster_needs_no_standard_input() {
    let text = TINY.replace("[\"anogan\", \"ganomaly\"]", "\"brightness\"").replace("[0, 1]", "0");
    let project = Project::with_sweep(text.split("[grid.anogan]").next().unwrap());
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    super::project::sqlite(
        &project.path("store.db"),
        "UPDATE runs_table SET status = 'queued'; UPDATE fits SET weights = NULL, status = 'queued'",
    );
    let id = "0123456789abcdef";
    let mut worker =
        project.command(&["worker", "--sweep", "tiny", "--device", "cpu", "--id", id, "--command-line", "x"]);
    assert!(worker.stdin(std::process::Stdio::null()).status().unwrap().success());
    assert_eq!(project.sql("SELECT DISTINCT status FROM runs"), ["done"]);
}
