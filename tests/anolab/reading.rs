//! What commands tell programs, and what they tell people beside it.

use serde_json::Value;

use super::project::{Project, sqlite};

const SWEEP: &str = r#"
name = "small"
dataset = { kind = "synthetic", scene = "casting", count = 24 }
[base]
image_size = 16
[grid]
model = ["brightness", "pca"]
seed = { from = 0, to = 1 }
[grid.pca]
components = [2, 4]
"#;

fn done() -> Project {
    let project = Project::with_sweep(SWEEP);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
}

fn json(project: &Project, arguments: &[&str]) -> Value {
    let out = project.ok(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{out}"))
}

#[test]
fn every_reading_command_speaks_json() {
    let project = done();
    let id = project.sql("SELECT run_id FROM runs ORDER BY run_id").remove(0);
    let other = project.sql("SELECT run_id FROM runs ORDER BY run_id").remove(1);
    let list = json(&project, &["runs", "list"]);
    let first = &list.as_array().unwrap()[0];
    assert_eq!((list.as_array().unwrap().len(), first["run_id"].as_str().unwrap().len()), (6, 32));
    assert!(first["seed"].is_i64() && first["auroc"].is_f64() && first["w_con"].is_null());
    let show = json(&project, &["runs", "show", &id]);
    assert_eq!(show["run_id"], id.as_str());
    assert!(show["config"]["fit"]["image_size"].is_i64(), "{show}");
    let compared = json(&project, &["runs", "compare", &id, &other]);
    assert!(compared[1]["run_id"] == other.as_str() && compared[1]["auroc"].is_f64(), "{compared}");
    assert!(compared[0]["p"].is_null() && compared[1]["difference"].is_f64(), "{compared}");
    let status = json(&project, &["sweep", "status"]);
    assert_eq!(status[0]["status"]["done"], 6);
    let plan = json(&project, &["sweep", "plan", "sweep.toml"]);
    assert_eq!((&plan["run_count"], plan["runs"].as_array().unwrap().len()), (&Value::from(6), 6));
    assert_eq!((&plan["estimated_seconds"], &plan["fits_to_train"]), (&Value::from(0.0), &Value::from(0)));
    let best = json(&project, &["best"]);
    assert!(best[0]["run_ids"][0].as_str().unwrap().len() == 32 && best[0]["seeds"][1] == 1, "{best}");
    assert_eq!(json(&project, &["store", "check"]), Value::Array(Vec::new()));
    assert!(json(&project, &["gc", "--dry-run"]).is_array());
    let doctor = json(&project, &["doctor"]);
    assert!(doctor["devices"][0]["works"] == true && doctor["sweeps"] == 1, "{doctor}");
    for level in [("good", 10), ("bad", 200)] {
        project
            .even_images(&format!("images/{}", level.0), &[level.1, level.1 + 1, level.1 + 2, level.1 + 3]);
    }
    let inspected = json(&project, &["data", "inspect", "images"]);
    assert_eq!(inspected[0]["digest"].as_str().unwrap().len(), 64);
    let scores = json(&project, &["score", "--run", &id, "images/bad/200.png"]);
    assert!(scores[0]["score"].is_f64(), "{scores}");
    let twice = json(&project, &["sql", "SELECT run_id AS a, seed AS a FROM runs LIMIT 1"]);
    assert!(twice[0]["a"].is_string() && twice[0]["a_2"].is_i64(), "{twice}");
}

#[test]
fn keys_stand_in_the_order_of_columns() {
    let project = done();
    let out = project.ok(&["sql", "SELECT seed, model, run_id FROM runs LIMIT 1", "--format", "json"]);
    let place = |key: &str| out.find(&format!("\"{key}\"")).unwrap();
    assert!(place("seed") < place("model") && place("model") < place("run_id"), "{out}");
}

#[test]
fn people_see_what_varies() {
    let project = done();
    let list = project.ok(&["runs", "list", "--sweep", "small", "--sort", "-auroc"]);
    let head = list.lines().nth(1).unwrap();
    for column in ["run", "model", "components", "seed", "auroc"] {
        assert!(head.contains(column), "{head}");
    }
    assert!(!head.contains("w_con") && !head.contains("channels") && !head.contains("error"), "{head}");
    let sorted = project.ok(&["runs", "list", "--sort", "-auroc", "--columns", "auroc", "--format", "csv"]);
    let areas: Vec<f64> = sorted.lines().skip(1).map(|line| line.parse().unwrap()).collect();
    assert!(areas.len() == 6 && areas.is_sorted_by(|one, next| one >= next), "{areas:?}");
    let plan = project.ok(&["sweep", "plan", "sweep.toml", "-v"]);
    assert!(plan.contains("done        pca components 4 seed 1"), "{plan}");
}

#[test]
fn marks_are_confirmed_and_one_is_one() {
    let project = done();
    let ids = project.sql("SELECT run_id FROM runs ORDER BY run_id");
    let said = |arguments: &[&str]| project.run(arguments).err;
    assert_eq!(
        said(&["runs", "tag", &ids[0], "--add", "paper", "--remove", "old"]),
        "1 run tagged paper, no longer old\n"
    );
    assert_eq!(said(&["runs", "tag", &ids[0], &ids[1], "--add", "paper"]), "2 runs tagged paper\n");
    assert_eq!(said(&["runs", "note", &ids[0], "look"]), format!("run {} has its note\n", &ids[0][..8]));
    assert_eq!(said(&["runs", "note", &ids[0], ""]), format!("run {} has no note any more\n", &ids[0][..8]));
    assert_eq!(said(&["-q", "runs", "note", &ids[0], "look"]), "", "results, warnings and errors alone");
    project.write(
        "one.toml",
        SWEEP
            .replace("[\"brightness\", \"pca\"]", "\"brightness\"")
            .replace("to = 1", "to = 0")
            .replace("small", "one")
            .as_bytes(),
    );
    let plan = project.ok(&["sweep", "plan", "one.toml"]);
    assert!(plan.starts_with("sweep one: 1 run that needs 1 fit\n"), "{plan}");
    assert_eq!(project.run(&["-q", "sweep", "run", "one.toml", "--device", "cpu"]).err, "");
}

/// What is written is named on standard output, and nothing else is.
#[test]
fn paths_of_results_are_results() {
    let project = done();
    let again = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(again.out, "store.db\n");
    assert!(
        again.err.contains("best setting of each model") && again.err.contains("pca        "),
        "{}",
        again.err
    );
    assert!(again.err.contains("next: anolab --store store.db report --sweep small"), "{}", again.err);
    assert_eq!(project.ok(&["export", "--format", "csv", "--out", "runs.csv"]), "runs.csv\n");
    assert_eq!(project.ok(&["store", "backup", "copy.db"]), "copy.db\n");
}

#[test]
fn the_best_is_never_one_that_went_wrong() {
    let project = done();
    let (bad, good) = ("'$.fit.network.components') = 2", "'$.fit.network.components') = 4");
    let of =
        |which: &str| format!("run_id IN (SELECT run_id FROM runs_table WHERE json_extract(config, {which})");
    sqlite(
        &project.path("store.db"),
        &format!(
            "UPDATE evaluations SET auroc = 0.99 WHERE {}; UPDATE evaluations SET auroc = 0.7 WHERE {}; \
             UPDATE fits SET diversity = 0.01 WHERE fit_id IN \
             (SELECT fit_id FROM runs_table WHERE json_extract(config, {bad})",
            of(bad),
            of(good)
        ),
    );
    let best = json(&project, &["best", "--model", "PCA"]);
    assert_eq!((&best[0]["setting"], &best[0]["auroc"]), (&Value::from("components 4"), &Value::from(0.7)));
    let file = project.ok(&["best", "--model", "pca", "--format", "toml"]);
    project.write("best.toml", file.as_bytes());
    let plan = project.ok(&["sweep", "plan", "best.toml"]);
    assert!(plan.contains("2 done"), "{plan}");
    project.run(&["best", "--model", "anogan"]).fails_with(2, "no run of anogan is done");
    let low = "UPDATE evaluations SET auroc = 0.2 WHERE run_id IN (SELECT run_id FROM runs WHERE model = 'brightness')";
    sqlite(&project.path("store.db"), low);
    let said = project.run(&["best"]).err;
    assert!(said.contains("no setting of brightness counts: "), "{said}");
    sqlite(&project.path("store.db"), "UPDATE evaluations SET auroc = 0.2");
    project.run(&["best"]).fails_with(2, "no setting can be called the best");
    project
        .run(&["best", "--model", "brightness"])
        .fails_with(2, "no setting of brightness counts: 2 inverted");
}

#[test]
fn what_is_deleted_is_gone_and_nothing_else() {
    let project = done();
    let tables = || {
        ["runs_table", "fits", "evaluations", "score_values", "sweep_runs", "images", "datasets"]
            .map(|table| project.sql(&format!("SELECT count(*) FROM {table}")).remove(0))
    };
    let before = tables();
    let ids = project.sql("SELECT run_id FROM runs ORDER BY model, seed");
    let fit = &project.sql("SELECT fit_id FROM runs ORDER BY model, seed")[0][..8];
    project
        .run(&["runs", "show", fit])
        .fails_with(2, &format!("is a fit, and no run has an id that starts so; its runs: {}", &ids[0][..8]));
    project.ok(&["runs", "tag", &ids[0], "--add", "gone"]);
    project
        .run(&["runs", "delete", &ids[0]])
        .fails_with(2, "would delete 1 run and 1 fit; nothing is deleted without --yes");
    assert_eq!(tables(), before);
    let ran = project.run(&["runs", "delete", &ids[0], "--yes"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "deleted: 1 run and 1 fit; `anolab gc` frees their files, an hour after they were written\n")
    );
    assert_eq!(project.sql("SELECT count(*) FROM runs"), ["5"]);
    assert_eq!(project.ok(&["store", "check"]), "");
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(tables(), before, "it is computed anew");
    // Another sweep shares the runs of one seed.
    project.write("half.toml", SWEEP.replace("small", "half").replace("to = 1", "to = 0").as_bytes());
    project.ok(&["sweep", "run", "half.toml", "--device", "cpu"]);
    let ran = project.run(&["sweep", "delete", "small", "--yes"]);
    assert!(ran.code == 0 && ran.err.contains("3 runs of it stay: other sweeps have them"), "{}", ran.err);
    assert!(ran.err.contains("deleted: the sweep `small` with 3 runs and 3 fits"), "{}", ran.err);
    assert_eq!(project.sql("SELECT sweep, count(*) FROM runs GROUP BY sweep"), ["half,3"]);
    assert_eq!(project.ok(&["store", "check"]), "");
    sqlite(&project.path("store.db"), "UPDATE fits SET lease_token = 'x', lease_until = unixepoch() + 10");
    project
        .run(&["sweep", "delete", "half", "--yes"])
        .fails_with(2, "is being worked on; stop its sweep first");
}

#[test]
fn a_sweep_that_goes_on_keeps_its_start() {
    let project = done();
    sqlite(&project.path("store.db"), "UPDATE sweeps SET started_at = '2020-01-01T00:00:00Z'");
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(json(&project, &["sweep", "status"])[0]["started_at"], "2020-01-01T00:00:00Z");
    project.write("sweep.toml", SWEEP.replace("image_size = 16", "image_size = 32").as_bytes());
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_ne!(
        json(&project, &["sweep", "status"])[0]["started_at"],
        "2020-01-01T00:00:00Z",
        "other runs: another sweep"
    );
}

#[test]
fn settings_are_given_on_the_command_line() {
    let project = Project::with_sweep(SWEEP);
    let arguments =
        ["sweep", "run", "sweep.toml", "--device", "cpu", "--set", "name=quick", "--set", "seed=7"];
    project.ok(&[&arguments[..], &["--set", "components=3"]].concat());
    let found = project.sql("SELECT sweep, model, seed FROM runs ORDER BY model");
    assert_eq!(found, ["quick,brightness,7", "quick,pca,7"]);
    let text = project.sql("SELECT text FROM sweeps");
    assert!(text.iter().any(|line| line.contains("components = 3")), "what ran is kept: {text:?}");
}

#[test]
fn a_store_that_is_not_there_is_told_from_one_that_is() {
    let project = done();
    let folder = project.path("results/demo");
    std::fs::create_dir_all(&folder).unwrap();
    project.ok(&["store", "backup", "results/demo/anolab.db"]);
    let mut command = project.command(&["runs", "list"]);
    let ran = super::project::Ran::from(command.env_remove("ANOLAB_STORE").output().unwrap());
    ran.fails_with(
        2,
        "there is no store at results/anolab.db; run a sweep first, or name another with --store (there is",
    );
    assert!(ran.err.replace('\n', " ").contains("--store results/demo/anolab.db"), "{}", ran.err);
}
