//! What thresholds promise, and what leaked images make of results: from the sweep file to the report.

use super::project::Project;

fn number(project: &Project, query: &str) -> f64 {
    project.sql(query)[0].parse().unwrap()
}

/// Eight normal training images are held out: enough for 80 %, too few for 95 %.
#[test]
fn a_threshold_lets_pass_what_is_asked_and_says_where_it_cannot() {
    let sweep = "name = \"few\"\ndataset = { kind = \"folder\", root = \"images\" }\n[base]\nmodel = \"brightness\"\n\
                 image_size = 16\nholdout = 0.4\n[grid]\nthreshold_quantile = [0.8, 0.95]\n";
    let project = Project::with_sweep(sweep);
    let levels: Vec<u8> = (100..120).collect();
    project.even_images("images/train/good", &levels);
    project.even_images("images/test/good", &[99, 121, 122]);
    project.even_images("images/test/bad", &[150, 160]);
    let words = "8 held-out images are too few for a threshold that 5 % of normal images lie above: above theirs lie \
                 11.11 % on average; hold out 19 or more";
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains(words) && plan.matches("too few").count() == 1, "{plan}");
    let run = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert!(run.code == 0 && run.err.contains(words), "{}", run.err);
    assert_eq!(project.sql("SELECT count(*), count(DISTINCT fit_id) FROM runs"), ["2,1"], "one training");
    assert_eq!(project.sql("SELECT threshold_quantile FROM runs ORDER BY 1"), ["0.8", "0.95"]);
    // ⌈.8 × 9⌉ = 8 and ⌈.95 × 9⌉ = 9, of which there are 8: both are the largest.
    let thresholds = project.sql("SELECT threshold FROM results");
    let largest = number(&project, "SELECT max(score) FROM scores WHERE split = 'held_out'");
    assert!(
        thresholds.iter().all(|threshold| threshold.parse::<f64>().unwrap() == largest),
        "{thresholds:?}"
    );
    project.ok(&["report", "--out", "report"]);
    let page = std::fs::read_to_string(project.path("report/index.html")).unwrap();
    assert!(page.contains("too few for a threshold that 5 % of"), "the page warns");
    let table = std::fs::read_to_string(project.path("report/few/comparison.csv")).unwrap();
    assert!(table.starts_with("# 2 settings were tried."), "{table}");
    assert!(table.contains("threshold_quantile 0.8"), "{table}");

    // Half of the normal images pass: the ⌈.5 × 9⌉ = fifth of the eight.
    project.write("half.toml", sweep.replace("\"few\"", "\"half\"").replace("[0.8, 0.95]", "0.5").as_bytes());
    let plan = project.ok(&["sweep", "plan", "half.toml"]);
    assert!(plan.contains("1 new; fits to train: 0") && !plan.contains("too few"), "{plan}");
    project.ok(&["sweep", "run", "half.toml", "--device", "cpu"]);
    let of_half = "run_id IN (SELECT run_id FROM runs WHERE sweep = 'half')";
    let fifth = number(
        &project,
        &format!(
            "SELECT score FROM scores WHERE split = 'held_out' AND {of_half} ORDER BY score LIMIT 1 OFFSET 4"
        ),
    );
    assert_eq!(number(&project, &format!("SELECT threshold FROM results WHERE {of_half}")), fifth);
    let id = project.sql(&format!("SELECT run_id FROM runs WHERE {of_half}")).remove(0);
    project.write("again.toml", project.ok(&["runs", "show", &id, "--toml"]).as_bytes());
    assert!(project.ok(&["sweep", "plan", "again.toml"]).contains("1 done"), "it is found again");
    project.write("wrong.toml", sweep.replace("[0.8, 0.95]", "1.0").as_bytes());
    project
        .run(&["sweep", "plan", "wrong.toml"])
        .fails_with(2, "`threshold_quantile` is a share and must lie");
}

/// Two of five normal test images are training images: what is told without them is counted again in SQL.
#[test]
fn results_without_leaked_images_stand_beside_those_with_them() {
    let sweep = "name = \"leaky\"\ndataset = { kind = \"folder\", root = \"images\" }\n[base]\nmodel = \"nearest\"\n\
                 image_size = 16\nholdout = 0.4\n";
    let project = Project::with_sweep(sweep);
    let levels: Vec<u8> = (100..120).collect();
    project.even_images("images/train/good", &levels);
    project.even_images("images/test/good", &[105, 110, 140, 150, 160]);
    project.even_images("images/test/bad", &[145, 200, 210]);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(project.sql("SELECT n_normal, n_leaked FROM results"), ["5,2"]);
    let share = |what: &str, of: &str| {
        let from = "FROM scores JOIN results USING (run_id) WHERE split = 'test'";
        number(&project, &format!("SELECT avg({what}) {from} AND {of}"))
    };
    let clean = "(label = 'anomaly' OR leaked = 0)";
    for (column, what, of) in [
        ("false_positive_rate", "score > threshold", "label = 'normal'".to_string()),
        ("false_positive_rate_unleaked", "score > threshold", format!("label = 'normal' AND {clean}")),
        ("accuracy", "(score > threshold) = (label = 'anomaly')", "1".into()),
        ("accuracy_unleaked", "(score > threshold) = (label = 'anomaly')", clean.into()),
    ] {
        let found = number(&project, &format!("SELECT {column} FROM results"));
        assert!((found - share(what, &of)).abs() < 1e-12, "{column}: {found}");
    }
    let differ = "SELECT false_positive_rate < false_positive_rate_unleaked, accuracy > accuracy_unleaked, \
                  average_precision_unleaked IS NOT NULL FROM results";
    assert_eq!(project.sql(differ), ["1,1,1"]);
    project.ok(&["report", "--out", "report"]);
    let table = std::fs::read_to_string(project.path("report/leaky/comparison.csv")).unwrap();
    let (columns, _) = super::report::csv(&table);
    for name in ["AUROC", "average precision", "accuracy at threshold", "false positive rate"] {
        let place = columns.iter().position(|column| column == name).unwrap();
        assert_eq!(columns[place + 1], format!("{name} without leaked"), "side by side");
    }
}
