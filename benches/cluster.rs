//! What 10,000 fits on a cluster come to: jobs, files, bytes, and how long their stores take to be merged in how much
//! memory. `just bench-cluster`; the first argument is another number of fits, at most 10,000.
//!
//! Nothing is trained and no cluster is there: `sbatch` is a script that counts, and every task's store is made up, as
//! one is brought (one fit, 50 epochs of 10 losses, the scores of 320 images, 12 pairs of pictures, weights of 64 KiB).
//! They are submitted, looked at and merged by the program.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anolab::id::WorkerId;
use anolab::spec::Sweep;
use anolab::spec::identity::canonical_json;
use anolab::store::{Status, Store};
use anolab::sweep::{Planned, plan, prepare, provenance};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::{Connection, params};

#[allow(dead_code, reason = "the store of many runs is for others")]
#[path = "../tests/anolab/invented_store.rs"]
mod invented_store;

type Failed = Box<dyn std::error::Error>;

/// All stores are to be merged by then.
const LIMIT: Duration = Duration::from_secs(600);
/// The most memory that the merge may take, in MB.
const MEMORY: u64 = 500;
const WEIGHTS: usize = 64 << 10;

/// As many fits as it has points.
const SWEEP: &str = r#"
name = "many"
dataset = { kind = "synthetic", scene = "casting", count = 200 }
[base]
image_size = 32
epochs = 50
[grid]
model = "ganomaly"
seed = SEEDS
[grid.ganomaly]
w_con = [1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0]
w_enc = [0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0]
w_adv = [0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0]
"#;

/// Counts jobs.
const SBATCH: &str = "#!/bin/sh\ncase \"$1\" in --parsable) ;; *) exit 0 ;; esac\n\
                      n=$(( $(cat \"$0.jobs\" 2>/dev/null || echo 0) + 1 )); echo $n > \"$0.jobs\"; echo $n\n";

fn main() -> ExitCode {
    let fits = std::env::args().skip(1).find_map(|argument| argument.parse::<usize>().ok()).unwrap_or(10_000);
    match simulate(fits.clamp(1, 10_000)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn simulate(fits: usize) -> Result<bool, Failed> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let seeds: Vec<usize> = (0..fits.div_ceil(1000)).collect();
    std::fs::write(at("many.toml"), SWEEP.replace("SEEDS", &format!("{seeds:?}")))?;
    for (name, text) in [
        ("sbatch", SBATCH),
        ("squeue", "#!/bin/sh\n"),
        ("sacct", "#!/bin/sh\n"),
        ("scancel", "#!/bin/sh\n"),
        ("scontrol", "#!/bin/sh\n"),
    ] {
        std::fs::create_dir_all(at("bin"))?;
        std::fs::write(at("bin").join(name), text)?;
        std::fs::set_permissions(at("bin").join(name), PermissionsExt::from_mode(0o755))?;
    }

    let submitted =
        run(folder.path(), &["sweep", "run", "many.toml", "--engine", "slurm", "--task-minutes", "0"])?;
    let jobs = std::fs::read_to_string(at("bin/sbatch.jobs"))?;
    let submission = at("store.artifacts/cluster/many/0001");
    let (files, bytes) = size(&submission);
    println!("submitting: {submitted}, {} jobs, {files} files, {:.1} MB", jobs.trim(), bytes as f64 / 1e6);

    let started = Instant::now();
    let stores =
        make(&at("template.db"), &std::fs::read_to_string(at("many.toml"))?, &submission.join("stores"))?;
    let (files, bytes) = size(&submission.join("stores"));
    println!(
        "(made {stores} stores in {:.0} s) brought: {files} files, {:.1} MB, {:.0} kB a task",
        started.elapsed().as_secs_f64(),
        bytes as f64 / 1e6,
        bytes as f64 / 1e3 / stores as f64
    );

    println!("status: {}", run(folder.path(), &["sweep", "status", "many"])?);
    let merged = run(folder.path(), &["--quiet", "sweep", "merge", "many"])?;
    println!("merging: {merged}, {:.1} ms a store", merged.seconds * 1e3 / stores as f64);
    println!("merging again: {}", run(folder.path(), &["sweep", "merge", "many"])?);
    println!("status: {}", run(folder.path(), &["sweep", "status", "many"])?);
    println!("the store: {:.1} MB", std::fs::metadata(at("store.db"))?.len() as f64 / 1e6);
    let store = Store::read(&at("store.db"))?;
    let done =
        store.status("many")?.into_iter().find(|row| row.status == Status::Done).map_or(0, |row| row.runs);
    println!("{done} runs are done");
    Ok(done as usize == stores && merged.seconds < LIMIT.as_secs_f64() && merged.memory < MEMORY)
}

/// How long a command took, and the most memory that it held.
struct Taken {
    seconds: f64,
    memory: u64,
}

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} s, {} MB of memory", self.seconds, self.memory)
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Result<Taken, Failed> {
    let started = Instant::now();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut child = Command::new(env!("CARGO_BIN_EXE_anolab"))
        .args(arguments)
        .current_dir(folder)
        .env("ANOLAB_STORE", "store.db")
        .env("PATH", format!("{}:{path}", folder.join("bin").display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut memory = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        memory = memory.max(peak.unwrap_or_default() >> 10);
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                return Err(format!("{arguments:?}: {status}").into());
            }
            return Ok(Taken { seconds: started.elapsed().as_secs_f64(), memory });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Stores as the tasks of a sweep would bring them; gives back how many.
fn make(template: &Path, text: &str, stores: &Path) -> Result<usize, Failed> {
    let parsed = Sweep::parse("many.toml", text).map_err(|error| error.to_string())?;
    let planned = plan("many.toml", parsed)?;
    let resting = trained(template, &planned)?;
    for (nth, (run, (fit_id, run_id))) in planned.runs.iter().zip(&planned.ids).enumerate() {
        let folder = stores.join(format!("{nth:06}.0"));
        std::fs::create_dir_all(&folder)?;
        std::fs::copy(&resting, folder.join("store.db"))?;
        let mut weights = vec![0; WEIGHTS];
        weights[..8].copy_from_slice(&(nth as u64).to_le_bytes());
        let digest = blake3::hash(&weights).to_string();
        let named = folder.join(format!("store.artifacts/weights/{digest}.safetensors"));
        std::fs::create_dir_all(named.parent().unwrap_or(&folder))?;
        std::fs::write(named, &weights)?;
        std::fs::write(folder.join("content.json"), "{\"runs\":{\"done\":1},\"host\":\"node\"}")?;
        let connection = Connection::open(folder.join("store.db"))?;
        connection.execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA foreign_keys = OFF; BEGIN",
        )?;
        let (run_id, fit_id) = (run_id.as_str(), fit_id.as_str());
        let fit = params![fit_id, canonical_json(&run.fit, run.fit.model()), digest];
        connection.execute("UPDATE fits SET fit_id = ?, config = ?, weights = ?", fit)?;
        connection.execute("UPDATE metric_series SET fit_id = ?", [fit_id])?;
        let of_run = params![run_id, fit_id, canonical_json(run, run.fit.model())];
        connection.execute("UPDATE runs_table SET run_id = ?, fit_id = ?, config = ?", of_run)?;
        for table in ["sweep_runs", "score_values", "evaluations", "result_digests", "pictures"] {
            connection.execute(&format!("UPDATE {table} SET run_id = ?"), [run_id])?;
        }
        connection.execute("UPDATE sweeps SET text = ?", [text])?;
        connection.execute_batch("COMMIT")?;
    }
    Ok(planned.runs.len())
}

/// A store with the first fit of a sweep, done, as it is brought.
fn trained(path: &Path, planned: &Planned) -> Result<PathBuf, Failed> {
    let text = SWEEP.replace("SEEDS", "0");
    let text = text.lines().filter(|line| !line.starts_with("w_")).collect::<Vec<_>>().join("\n");
    let one = plan("many.toml", Sweep::parse("many.toml", &text).map_err(|error| error.to_string())?)?;
    let store = Store::open(path)?;
    prepare(&one, &store, false, &|| ())?;
    let by = provenance("cpu: invented".into(), "anolab sweep run many.toml".into());
    let job = store.claim("many", &WorkerId::default())?.ok_or("nothing to claim")?;
    let mut random = StdRng::seed_from_u64(0);
    store.record_start(&job.claim, &by)?;
    store.record_metrics(&job.claim, &invented_store::losses(&mut random), 60.0)?;
    store.record_trained(&job.claim, &"0".repeat(64), None, 1000.0)?;
    invented_store::record_run(&store, &by, &job.claim, &job.runs[0], planned, &mut random);
    store.finish(&job.claim, Status::Done, None)?;
    let resting = path.with_file_name("resting.db");
    store.carry(&resting)?;
    Ok(resting)
}

/// Files in a folder, and their bytes.
fn size(folder: &Path) -> (usize, u64) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.fold((0, 0), |(files, bytes), entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let (inside, size) = size(&entry.path());
            (files + inside, bytes + size)
        }
        Ok(metadata) => (files + 1, bytes + metadata.len()),
        Err(_) => (files, bytes),
    })
}
