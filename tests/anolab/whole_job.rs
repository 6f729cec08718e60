//! From a sweep file to a report, as a user would do it.

use std::collections::BTreeSet;

use anolab::eval::measure::THRESHOLD;
use anolab::store::Store;

use super::project::{Project, TINY};
use super::report::{csv, texts_of_figure};

#[test]
fn a_sweep_runs_once_and_shares_its_fits() {
    let project = Project::with_sweep(TINY);
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains("14 runs that need 4 fits"), "{plan}");
    assert!(plan.contains("14 new; fits to train: 4"), "{plan}");

    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu", "--jobs", "2"]);
    assert_eq!(project.sql("SELECT status, count(*) FROM runs GROUP BY status"), ["done,14"]);
    assert_eq!(
        project.sql("SELECT model, count(DISTINCT fit_id) FROM runs GROUP BY model"),
        ["anogan,2", "ganomaly,2"],
        "five λ and two scores train one network per seed"
    );
    // Two epochs of every loss, once.
    let epochs = project.sql("SELECT DISTINCT count(*) FROM metrics GROUP BY fit_id, split, name");
    assert_eq!(epochs, ["2"]);
    // A training sample of 18, 6 held out, 12 + 12 test images.
    let kinds =
        project.sql("SELECT DISTINCT split, label, count(*) FROM scores GROUP BY run_id, split, label");
    assert_eq!(kinds, ["held_out,normal,6", "test,anomaly,12", "test,normal,12", "train,normal,18"]);
    let bad = project
        .sql("SELECT count(*) FROM results WHERE auroc IS NULL OR threshold IS NULL OR pixel_auroc IS NULL");
    assert_eq!(bad, ["0"]);
    let scaled =
        project.sql("SELECT DISTINCT min(score_scaled), max(score_scaled) FROM scores GROUP BY run_id");
    assert_eq!(scaled, ["0,1"]);
    let by_hand = "WITH ends AS (SELECT run_id, min(score) AS low, max(score) AS high FROM scores \
                   WHERE split = 'test' GROUP BY run_id) SELECT count(*) FROM scores s JOIN ends USING (run_id) \
                   WHERE CASE WHEN split = 'test' THEN abs(score_scaled - (score - low) / (high - low)) > 1e-12 \
                   ELSE score_scaled IS NOT NULL END";
    assert_eq!(project.sql(by_hand), ["0"], "over the test images, and of no others");

    leaderboard(&project);
    let before = project.sql("SELECT run_id, finished_at FROM runs ORDER BY run_id");
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(
        project.sql("SELECT run_id, finished_at FROM runs ORDER BY run_id"),
        before,
        "nothing runs twice"
    );
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains("14 done; fits to train: 0"), "{plan}");

    report(&project);
    reading(&project);
    judging(&project);
    more_lambdas(&project);
}

/// Mean and deviation over seeds, against the formula over the runs themselves.
fn leaderboard(project: &Project) {
    let rows =
        project.sql("SELECT lambda, seeds, auroc, auroc_deviation FROM leaderboard WHERE model = 'anogan'");
    assert_eq!(rows.len(), 5);
    for row in rows {
        let values: Vec<f64> = row.split(',').map(|value| value.parse().unwrap()).collect();
        let [lambda, seeds, mean, deviation] = values[..] else { panic!("{row}") };
        let query = format!(
            "SELECT auroc FROM runs JOIN results USING (run_id) WHERE model = 'anogan' AND lambda = {lambda}"
        );
        let areas: Vec<f64> = project.sql(&query).iter().map(|area| area.parse().unwrap()).collect();
        assert_eq!((seeds, areas.len()), (2.0, 2));
        assert!((mean - (areas[0] + areas[1]) / 2.0).abs() < 1e-12);
        assert!((deviation - (areas[0] - areas[1]).abs() / 2.0_f64.sqrt()).abs() < 1e-7, "{row}: {areas:?}");
    }
}

fn report(project: &Project) {
    project.ok(&["report", "--out", "report"]);
    let scatter = texts_of_figure(&project.path("report/tiny/16x1-scatter"));
    for title in ["AnoGAN", "GANomaly"] {
        assert!(scatter.iter().any(|text| text.contains(title)), "{title} is not in {scatter:?}");
    }
    tables(project);
    assert!(project.ok(&["doctor"]).contains("images/s"), "the CPU is tried");
    let page = std::fs::read_to_string(project.path("report/index.html")).unwrap();
    assert!(!page.contains("://"), "the page needs no network");
    assert_eq!(page.matches("<details class=\"run\">").count(), 14);
    let drawn = || project.path("report/tiny/16x1-scatter.png").metadata().unwrap().modified().unwrap();
    let before = drawn();
    project.ok(&["report", "--out", "report"]);
    assert_eq!(drawn(), before, "nothing changed");
    project.ok(&["report", "--out", "report", "--style", "paper"]);
    assert!(project.path("report/tiny/figure-5-16x1-scatter.png").is_file(), "named as in the paper");
    assert!(!project.path("report/tiny/16x1-scatter.pdf").exists(), "the other style's file is gone");
}

/// One row per setting in the comparison, in every format, and one per run in the list of runs.
fn tables(project: &Project) {
    let read = |name: &str| std::fs::read_to_string(project.path(&format!("report/tiny/{name}"))).unwrap();
    let settings = 5 + 2;
    let (header, rows) = csv(&read("comparison.csv"));
    assert_eq!(header[..5], ["model", "size", "settings", "seeds", "AUROC"]);
    assert_eq!(rows.len(), settings, "{rows:?}");
    assert!(rows.iter().all(|row| row[3] == "2"), "two seeds of each: {rows:?}");
    let lines = |name, has: fn(&str) -> bool| read(name).lines().filter(|line| has(line)).count();
    assert_eq!(
        lines("comparison.md", |line| line.starts_with('|')),
        2 + settings,
        "with a rule below the header"
    );
    assert_eq!(lines("comparison.tex", |line| line.ends_with("\\\\")), 1 + settings);
    assert_eq!(lines("comparison.html", |line| line.starts_with("<tr>")), 1 + settings);
    let (header, rows) = csv(&read("runs.csv"));
    assert_eq!(header[..4], ["run", "model", "seed", "settings"]);
    let listed: BTreeSet<&String> = rows.iter().map(|row| &row[0]).collect();
    let known = project.sql("SELECT run_id FROM runs");
    assert_eq!(listed, known.iter().collect(), "every run, once");
    assert_eq!(rows.len(), known.len());
}

fn reading(project: &Project) {
    let id = project.sql("SELECT run_id FROM runs LIMIT 1").remove(0);
    let shown = project.ok(&["runs", "show", &id[..10]]);
    assert!(shown.contains(&id) && shown.contains("sweep run sweep.toml"), "{shown}");
    project.write("again.toml", project.ok(&["runs", "show", &id, "--toml"]).as_bytes());
    let again = project.ok(&["sweep", "plan", "again.toml"]);
    assert!(again.contains("1 run that needs 1 fit") && again.contains("1 done"), "{again}");
    let list = project.ok(&["runs", "list", "--format", "json"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&list).unwrap().as_array().unwrap().len(), 14);
    assert!(project.ok(&["sweep", "status"]).contains("14 done"));
    let two = project.sql("SELECT run_id FROM runs ORDER BY run_id LIMIT 2");
    let compared = project.ok(&["runs", "compare", &two[0], &two[1], "--format", "csv"]);
    assert!(
        compared.lines().next().unwrap().ends_with(",difference,difference_low,difference_high,p"),
        "{compared}"
    );
    let cells: Vec<&str> = compared.lines().nth(2).unwrap().rsplit(',').take(4).collect();
    let numbers: Vec<f64> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
    assert!(numbers.len() == 4 && numbers[2] <= numbers[1], "a difference with its interval: {compared}");
    let shown = project.ok(&["runs", "compare", &two[0], &two[1]]);
    assert!(shown.contains('['), "{shown}");
    project.run(&["runs", "show", "zzz"]).fails_with(2, "no run has an id");
    project.run(&["runs", "show", ""]).fails_with(2, "fits 14 runs");
    project
        .run(&["report", "--sweep", "other"])
        .fails_with(2, "no sweep is named `other`; the store has tiny");
    for write in
        ["DELETE FROM runs_table", "SELECT 1; DROP TABLE fits", "VACUUM INTO 'x.db'", "ATTACH 'x.db' AS x"]
    {
        project.run(&["sql", write]).fails_with(2, "only reading is allowed");
    }
    project
        .run(&["sql", "WITH x AS (SELECT 1) DELETE FROM fits"])
        .fails_with(2, "only reading is allowed here");
    project.run(&["sql", "SELECT missing FROM runs"]).fails_with(2, "no such column");
    assert_eq!(project.sql("SELECT count(*) FROM runs"), ["14"]);
    assert!(!project.path("x.db").exists());
}

/// New images get the score that the same image got in the run.
fn judging(project: &Project) {
    let run_id = project.sql("SELECT run_id FROM runs WHERE model = 'ganomaly' LIMIT 1").remove(0);
    let fixture = super::project::fixture("rgb.png");
    let image = fixture.to_str().unwrap();
    let scores = project.ok(&["score", "--run", &run_id, image, "--maps", "maps", "--format", "csv"]);
    let cells: Vec<&str> = scores.lines().nth(1).unwrap().split(',').collect();
    assert!(["anomaly", "normal"].contains(&cells[4]), "{scores}");
    assert!(project.path(cells[5]).is_file(), "{scores}");

    let store = Store::read(&project.path("store.db")).unwrap();
    let runs = store.finished(None).unwrap();
    let run = runs.iter().find(|run| run.run_id.as_str() == run_id).unwrap();
    for picture in store.pictures(&run.run_id, run.masks.as_deref()).unwrap() {
        project.write("seen.png", &picture.actual);
        let answer = project.ok(&["score", "--run", &run_id, "seen.png", "--format", "csv"]);
        let cells: Vec<&str> = answer.lines().nth(1).unwrap().split(',').collect();
        let score: f64 = cells[1].parse().unwrap();
        assert!(
            (score - picture.score).abs() <= 1e-5 * picture.score.abs(),
            "{answer} was {}",
            picture.score
        );
        let is_above = picture.score > run.measures.get(&THRESHOLD).unwrap();
        assert_eq!(cells[4], if is_above { "anomaly" } else { "normal" }, "{answer}");
    }
}

/// A λ more is judged with the network that is there.
fn more_lambdas(project: &Project) {
    let trained = project.sql("SELECT fit_id, train_seconds FROM runs GROUP BY fit_id ORDER BY fit_id");
    project
        .write("more.toml", TINY.replace("\"tiny\"", "\"more\"").replace("0.3, 0.5", "0.3, 0.4").as_bytes());
    project.ok(&["sweep", "run", "more.toml", "--device", "cpu"]);
    assert_eq!(
        project.sql("SELECT fit_id, train_seconds FROM runs GROUP BY fit_id ORDER BY fit_id"),
        trained
    );
    assert_eq!(project.sql("SELECT status, count(*) FROM runs GROUP BY status"), ["done,16"]);
    assert_eq!(project.sql("SELECT count(*) FROM runs WHERE sweep = 'more, tiny'"), ["12"]);
}
