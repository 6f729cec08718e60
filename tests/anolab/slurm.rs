//! A sweep through a real Slurm: `.ci/slurm` starts a cluster of one node, whose arrays have three tasks at most.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::project::{Project, TINY};

/// One fit of so many epochs, with this seed.
fn one_fit(name: &str, seed: &str, epochs: usize) -> String {
    let text = TINY
        .replace("\"tiny\"", &format!("\"{name}\""))
        .replace("[\"anogan\", \"ganomaly\"]", "\"ganomaly\"");
    let text = text.replace("image_size = 16", "image_size = 32").replace("width = 4", "width = 16");
    let text = text.replace("count = 24", "count = 96").replace("[0, 1]", seed);
    text.replace("epochs = 2", &format!("epochs = {epochs}"))
}

/// Seconds that an epoch of such a fit takes on this machine.
fn an_epoch() -> f64 {
    let project = Project::with_sweep(&one_fit("short", "0", 20));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu", "--jobs", "2"]);
    project.sql("SELECT DISTINCT train_seconds / 20 FROM runs")[0].parse().unwrap()
}

fn scores(project: &Project) -> Vec<String> {
    project.sql("SELECT run_id, image, score FROM scores ORDER BY 1, 2, 3")
}

fn metrics(project: &Project) -> Vec<String> {
    project.sql("SELECT fit_id, split, name, epoch, value FROM metrics ORDER BY 1, 2, 3, 4")
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(300), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] })
        .collect()
}

fn slurm(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output().unwrap();
    assert!(output.status.success(), "{command} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What all tasks of a sweep said.
fn words(project: &Project, sweep: &str) -> String {
    let logs = files(&project.path(&format!("store.artifacts/cluster/{sweep}/0001/logs")));
    logs.iter().map(|log| std::fs::read_to_string(log).unwrap()).collect()
}

#[test]
#[ignore = "needs a Slurm cluster; .ci/slurm starts one"]
fn sweeps_through_a_real_cluster_end_as_they_do_at_home() {
    let project = Project::with_sweep(TINY);
    let an_epoch = an_epoch();
    let epochs = |seconds: f64| (seconds / an_epoch) as usize;
    // The shortest limit that Slurm knows is a minute; notice is given a quarter of it before, and up to half a minute
    // earlier.
    let (long, killed) = (one_fit("long", "7", epochs(40.0)), one_fit("killed", "8", epochs(15.0)));
    project.write("long.toml", long.as_bytes());
    project.write("killed.toml", killed.as_bytes());
    std::fs::create_dir(project.path("disk")).unwrap();
    let submit = |file: &str, options: &[&str]| {
        let fixed = ["sweep", "run", file, "--device", "cpu", "--engine", "slurm", "--task-minutes", "0"];
        let mut command = project.command(&[&fixed[..], options].concat());
        let output = command.env("TMPDIR", project.path("disk")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said
    };
    let accounts = Command::new("sacct").output().is_ok_and(|output| output.status.success());
    println!("accounting: {accounts}");
    submit_is_checked(&project);
    let begun = Instant::now();

    // One task that is over its time limit, and one that is killed and queued again.
    submit("long.toml", &["--time", "1"]);
    let said = submit("killed.toml", &["--time", "5"]);
    let job = said.split("job ").nth(1).unwrap().split(';').next().unwrap().to_string();
    wait_for("checkpoints of the task that is killed", || {
        let told = words(&project, "killed");
        let disk = files(&project.path("disk"));
        told.contains("task 0 on")
            && disk.iter().filter(|path| path.extension().is_some_and(|end| end == "bpk")).count() > 3
    });
    let status = project.ok(&["sweep", "status", "killed"]);
    assert!(status.contains("0 pending, 1 running, 0 failed") && status.contains("left"), "{status}");
    slurm("scontrol", &["requeue", &format!("{job}_0")]);
    wait_for("what the killed task brings", || words(&project, "killed").contains("brought: 2 interrupted"));

    // An array that is longer than the cluster allows, and two tasks at once.
    let said = submit("sweep.toml", &["--max-parallel", "2", "--report", "report"]);
    assert!(said.contains("submitted 4 fits in 4 tasks: job ") && said.contains(", "), "{said}");
    let under_way = submit("sweep.toml", &[]);
    assert!(under_way.contains("nothing to submit"), "all of it waits or runs: {under_way}");

    // At home, meanwhile.
    let home = Project::with_sweep(TINY);
    home.write("long.toml", long.as_bytes());
    home.write("killed.toml", killed.as_bytes());
    for file in ["sweep.toml", "killed.toml", "long.toml"] {
        home.ok(&["sweep", "run", file, "--device", "cpu"]);
    }

    wait_for("the cluster", || slurm("squeue", &["--noheader"]).trim().is_empty());
    println!("on the cluster: {:.0} s", begun.elapsed().as_secs_f64());
    let (long, killed) = (words(&project, "long"), words(&project, "killed"));
    assert!(long.contains("its time is over: queued again"), "{long}");
    for told in [&long, &killed] {
        assert!(told.contains("going on from") && told.contains("brought: 2 done"), "{told}");
    }
    // The jobs behind the arrays have taken everything in.
    for sweep in ["tiny", "long", "killed"] {
        let status = project.ok(&["sweep", "status", sweep]);
        assert!(
            status.contains("0 pending, 0 running, 0 failed") && !status.contains("brought by"),
            "{status}"
        );
    }
    assert_eq!(project.sql("SELECT status, count(*) FROM runs GROUP BY status"), ["done,18"]);
    assert!(project.path("report/index.html").is_file());
    assert_eq!(scores(&project), scores(&home));
    assert_eq!(metrics(&project), metrics(&home));
    assert_eq!(project.ok(&["store", "check"]), "");
    assert_eq!(files(&project.path("disk")), Vec::<PathBuf>::new());

    project.write("ended.toml", one_fit("ended", "[9, 10, 11, 12]", epochs(600.0)).as_bytes());
    cancelled(&project, &submit, accounts);
}

/// What Slurm would refuse is refused before anything is submitted.
fn submit_is_checked(project: &Project) {
    let wrong = ["sweep", "run", "sweep.toml", "--engine", "slurm", "--device", "cpu", "--partition", "none"];
    project.run(&wrong).fails_with(2, "invalid partition specified: none");
    assert_eq!(slurm("squeue", &["--noheader"]).trim(), "");
}

/// Tasks that are cancelled bring what they have.
fn cancelled(project: &Project, submit: &dyn Fn(&str, &[&str]) -> String, accounts: bool) {
    submit("ended.toml", &["--time", "5"]);
    wait_for("tasks that run", || {
        let disk = files(&project.path("disk"));
        disk.iter().any(|path| path.extension().is_some_and(|end| end == "bpk"))
    });
    let ran = project.run(&["sweep", "cancel", "ended"]);
    assert!(ran.code == 0 && ran.err.contains("cancelled: 4 tasks"), "{}", ran.err);
    wait_for("the end", || slurm("squeue", &["--noheader"]).trim().is_empty());
    let status = project.ok(&["sweep", "status", "ended"]);
    assert!(status.contains("0 pending, 0 running") && status.contains("brought by"), "{status}");
    if accounts {
        // The accounts hear of it a moment later.
        wait_for("why they ended", || {
            project.ok(&["sweep", "status", "ended"]).contains("failed: cancelled")
        });
    }
    assert_eq!(project.sql("SELECT count(*) FROM runs WHERE sweep = 'ended' AND status = 'done'"), ["0"]);
}
