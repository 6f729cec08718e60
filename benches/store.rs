//! How long a store of 10,000 runs with 100 epochs of 8 metrics each takes to answer: `just bench-store`.
//!
//! Every question goes through the program, as people ask it. The median of several tries must be under
//! 0.2 s. The first argument names a folder to keep the store in, so that it is made once.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anolab::spec::Sweep;
use anolab::spec::identity::canonical_json;
use anolab::spec::{Label, Split};
use anolab::store::{ImageRow, Plan, PlannedDataset, PlannedRun, Store};
use sqlx::{Connection, SqliteConnection};

const RUNS: usize = 10_000;
const EPOCHS: usize = 100;
const METRICS: [(&str, &str); 8] = [
    ("train", "adversarial"),
    ("train", "contextual"),
    ("train", "discriminator"),
    ("train", "encoder"),
    ("train", "generator"),
    ("valid", "contextual"),
    ("valid", "diversity"),
    ("valid", "encoder"),
];

/// Images of the dataset; every hundredth run has their scores.
const IMAGES: usize = 200;
const LIMIT: Duration = Duration::from_millis(200);
const TRIES: usize = 7;

/// 10,000 runs that differ in three weights and the seed; each has a fit of its own.
const SWEEP: &str = r#"
name = "NAME"
dataset = { kind = "synthetic", scene = "casting", count = 24 }

[grid]
model = "ganomaly"
seed = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

[grid.ganomaly]
w_con = [1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0]
w_enc = [0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0]
w_adv = [0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0]
"#;

fn main() -> ExitCode {
    // `cargo bench` gives `--bench` along.
    let kept = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = kept.unwrap_or_else(|| folder.path().to_path_buf()).join("bench.db");
    if !store.is_file() {
        let started = Instant::now();
        make(&store).expect("a store of made-up runs");
        println!("made {} in {:.0} s", store.display(), started.elapsed().as_secs_f64());
    }
    let size = store.metadata().map_or(0, |metadata| metadata.len());
    println!(
        "{RUNS} runs × {EPOCHS} epochs × {} metrics, {} MB; time on the clock (median of {TRIES} tries) and of \
         the processor (mean)",
        METRICS.len(),
        size >> 20
    );
    let slow = questions(&store).into_iter().filter(|question| !is_fast(&store, question)).count();
    if slow == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What people ask.
fn questions(store: &Path) -> Vec<Vec<String>> {
    let (run, other, fit) = some_ids(store);
    let of = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<String>>();
    vec![
        of(&["--version"]),
        of(&["runs", "list", "--limit", "20"]),
        of(&[
            "runs",
            "list",
            "--where",
            "w_con > 10 and auroc > 0.9",
            "--sort",
            "auroc desc",
            "--limit",
            "20",
        ]),
        of(&["runs", "list", "--sweep", "many", "--sort", "train_seconds desc", "--limit", "20"]),
        of(&[
            "runs",
            "list",
            "--columns",
            "run_id, tags, note, diversity",
            "--sort",
            "diversity",
            "--limit",
            "20",
        ]),
        of(&["runs", "list", "--tag", "good", "--format", "csv"]),
        of(&[
            "runs",
            "list",
            "--where",
            "seed = 3 and w_adv = 1",
            "--columns",
            "run_id, w_con, auroc",
            "--format",
            "csv",
        ]),
        of(&["runs", "show", &run]),
        of(&["runs", "show", &run, "--toml"]),
        of(&["runs", "compare", &run, &other]),
        of(&["sweep", "status"]),
        of(&["sweep", "status", "many"]),
        of(&["sql", "SELECT * FROM leaderboard LIMIT 20"]),
        of(&[
            "sql",
            "SELECT model, w_con, seeds, auroc, auroc_deviation FROM leaderboard WHERE dataset LIKE '%casting%' \
             LIMIT 20",
        ]),
        of(&[
            "sql",
            &format!("SELECT epoch, name, value FROM metrics WHERE fit_id = '{fit}' AND split = 'train'"),
        ]),
        of(&[
            "sql",
            &format!(
                "SELECT name, min(value), avg(value) FROM metrics JOIN runs USING (fit_id) WHERE run_id = \
                 '{run}' GROUP BY name"
            ),
        ]),
        of(&["sql", &format!("SELECT * FROM scores WHERE run_id = '{run}'")]),
        of(&[
            "sql",
            "SELECT w_con, count(*), avg(auroc), max(auroc) FROM runs JOIN results USING (run_id) GROUP BY w_con",
        ]),
        of(&[
            "sql",
            "SELECT r.run_id, m.value FROM runs r JOIN metrics m USING (fit_id) \
             WHERE m.split = 'valid' AND m.name = 'contextual' AND m.epoch = 100 ORDER BY m.value LIMIT 20",
        ]),
        of(&[
            "sql",
            "SELECT r.run_id, min(m.value) FROM runs r JOIN metrics m USING (fit_id) \
             WHERE r.seed = 3 AND r.w_con = 50 AND m.split = 'valid' AND m.name = 'contextual' GROUP BY r.run_id",
        ]),
        of(&[
            "sql",
            "SELECT fit_id, min(value) FROM metrics WHERE split = 'valid' AND name = 'contextual' GROUP BY \
             fit_id ORDER BY 2 LIMIT 20",
        ]),
    ]
}

fn is_fast(store: &Path, question: &[String]) -> bool {
    let before = processor_time();
    let mut times: Vec<Duration> = (0..TRIES).map(|_| ask(store, question)).collect();
    times.sort();
    let median = times[TRIES / 2];
    let processor = (processor_time() - before) / TRIES as f64;
    let mark = if median <= LIMIT { "" } else { "  TOO SLOW" };
    println!(
        "{:7.1} ms  {processor:6.0} ms  {}{mark}",
        median.as_secs_f64() * 1e3,
        question.join(" ").replace("  ", "")
    );
    median <= LIMIT
}

/// Milliseconds that the processor has spent on the programs asked so far: beside the time on the clock it
/// tells how busy the machine is. 0 where there is no /proc.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, after)| after).split_whitespace();
    // cutime and cstime, in hundredths of a second
    fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

fn ask(store: &Path, question: &[String]) -> Duration {
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_anolab"))
        .arg("--store")
        .arg(store)
        .args(question)
        .stdin(Stdio::null())
        .output()
        .expect("the program begins");
    let taken = started.elapsed();
    assert!(output.status.success(), "{question:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(!output.stdout.is_empty(), "{question:?} has no answer");
    taken
}

/// Two runs with scores, and a fit.
fn some_ids(store: &Path) -> (String, String, String) {
    let store = Store::read(store).expect("the store just made");
    let sql = "SELECT run_id, fit_id FROM runs JOIN scores USING (run_id) GROUP BY run_id HAVING count(*) > 1 LIMIT 2";
    let rows = store.query(sql).expect("runs with scores").rows;
    (rows[0][0].to_string(), rows[1][0].to_string(), rows[0][1].to_string())
}

fn make(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::open(path)?;
    for (sweep, seeds) in [("many", "seed = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"), ("few", "seed = 0")] {
        let text = SWEEP.replace("NAME", sweep).replace("seed = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]", seeds);
        let parsed = Sweep::parse("bench.toml", &text).map_err(|error| error.to_string())?;
        let named = |what: &str| blake3::hash(what.as_bytes()).to_string()[..32].to_string();
        let runs = parsed.runs.iter().map(|run| {
            let (run_config, fit_config) = {
                let model = run.fit.model();
                (canonical_json(run, model), canonical_json(&run.fit, model))
            };
            PlannedRun {
                run_id: named(&run_config).parse().expect("an id"),
                fit_id: named(&fit_config).parse().expect("an id"),
                digest: "d".into(),
                run_config,
                fit_config,
            }
        });
        let image = |nth: usize| ImageRow {
            name: format!("test/{nth:04}.png"),
            split: Split::Test,
            label: if nth.is_multiple_of(2) { Label::Normal } else { Label::Anomaly },
            leaked: false,
            hash: format!("{nth:064x}"),
        };
        let spec = serde_json::to_string(&parsed.datasets[0])?;
        let plan = Plan {
            sweep,
            file: "bench.toml",
            text: &text,
            datasets: vec![PlannedDataset {
                digest: "d",
                title: "synthetic casting",
                spec: &spec,
                masks: None,
                coloured: None,
                images: (0..IMAGES).map(image).collect(),
            }],
            runs: runs.collect(),
        };
        store.record_plan(&plan, false)?;
    }
    drop(store);
    fill(path)?;
    drop(Store::open(path)?); // as at the end of a sweep: SQLite learns the sizes of its tables
    assert_eq!(Store::read(path)?.check()?.len(), RUNS, "all is well but for the weights, which are made up");
    Ok(())
}

/// Results, metrics and scores as they would be recorded, in bulk.
fn fill(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let metrics: Vec<String> = METRICS.iter().map(|(split, name)| format!("('{split}', '{name}')")).collect();
    let statements = format!(
        "PRAGMA synchronous = OFF; BEGIN; \
         UPDATE fits SET status = 'done', device = 'cpu: flex', host = 'bench', git_commit = 'abc', git_dirty = 0, \
           version = '0', burn_version = '0', command_line = 'bench', started_at = '2026-01-01T00:00:00Z', \
           finished_at = '2026-01-01T01:00:00Z', train_seconds = 60 + random() % 30, images_per_second = 100, \
           weights = fit_id; \
         UPDATE runs_table SET status = 'done', started_at = '2026-01-01T00:00:00Z', \
           finished_at = '2026-01-01T01:00:00Z', score_seconds = 5; \
         INSERT INTO evaluations (run_id, auroc, auroc_low, auroc_high, average_precision, best_accuracy, \
           best_accuracy_threshold, best_f1, best_f1_threshold, threshold, accuracy, true_positive_rate, \
           false_positive_rate, n_normal, n_anomaly, auroc_unleaked, n_leaked) \
           SELECT run_id, 0.5 + abs(random() % 1000) / 2000.0, 0.4, 1, 0.9, 0.9, 0.1, 0.9, 0.1, 0.1, \
           0.9, 0.8, 0.1, 100, 100, 0.8, 0 FROM runs_table; \
         WITH names (split, name) AS (VALUES {}) \
         INSERT INTO metric_series (fit_id, split, name) SELECT fit_id, split, name FROM fits, names ORDER BY 1, 2, 3; \
         WITH epochs (epoch) AS (SELECT 1 UNION ALL SELECT epoch + 1 FROM epochs WHERE epoch < {EPOCHS}) \
         INSERT INTO metric_points SELECT id, epoch, epoch * 10, 1.0 / epoch + abs(random() % 1000) / 1e4 \
           FROM metric_series, epochs ORDER BY 1, 2; \
         UPDATE fits SET diversity = (SELECT value FROM metrics m WHERE m.fit_id = fits.fit_id \
           AND split = 'valid' AND name = 'diversity' AND epoch = {EPOCHS}); \
         INSERT INTO score_values SELECT run_id, id, 0, abs(random() % 1000) / 1e3, NULL, NULL, 0.5, 0.5, NULL \
           FROM (SELECT run_id FROM runs_table WHERE rowid % 100 = 0), images; \
         INSERT INTO score_values SELECT run_id, 1, 0, 0.5, NULL, NULL, 0.5, 0.5, NULL FROM runs_table WHERE rowid % \
         100 <> 0; \
         INSERT INTO run_tags SELECT run_id, 'good' FROM runs_table WHERE rowid % 50 = 0; \
         INSERT INTO run_notes SELECT run_id, 'look at this' FROM runs_table WHERE rowid % 70 = 0; \
         COMMIT",
        metrics.join(", ")
    );
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    })
}
