//! The baselines beside the models, on images whose scores are known.

use super::project::Project;

/// Even images: brightness and distances can be told by their names.
fn even() -> Project {
    let project = Project::with_sweep(
        r#"
name = "even"
dataset = { kind = "folder", root = "set", normal = "good", anomaly = "bad" }

[base]
image_size = 16
holdout = 0.0

[grid]
model = ["pca", "nearest", "brightness"]
epochs = [1, 2] # of no concern to a baseline

[grid.pca]
components = 1

[grid.brightness]
direction = ["bright", "dark"]
"#,
    );
    project.even_images("set/train/good", &[100, 104, 108, 112, 116, 120]);
    project.even_images("set/test/good", &[105, 112, 130]);
    project.even_images("set/test/bad", &[10, 122, 250]);
    project
}

#[test]
fn baselines_score_as_told() {
    let project = even();
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains("4 runs that need 3 fits"), "{plan}");
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let scores = |condition: &str| {
        project.sql(&format!(
            "SELECT image, scores.score FROM scores JOIN runs USING (run_id) WHERE split = 'test' AND {condition} \
             ORDER BY label DESC, length(image), image"
        ))
    };
    let names = [
        "test/good/105.png",
        "test/good/112.png",
        "test/good/130.png",
        "test/bad/10.png",
        "test/bad/122.png",
        "test/bad/250.png",
    ];
    let with = |values: [f64; 6]| -> Vec<String> {
        names.iter().zip(values).map(|(name, value)| format!("{name},{value}")).collect()
    };
    assert_eq!(scores("model = 'nearest'"), with([1.0, 0.0, 10.0, 90.0, 2.0, 130.0]));
    let bright = "model = 'brightness' AND config ->> '$.scoring.direction' = 'bright'";
    assert_eq!(scores(bright), with([105.0, 112.0, 130.0, 10.0, 122.0, 250.0]));
    // One component makes every even image.
    let worst =
        project.sql("SELECT max(abs(scores.score)) FROM scores JOIN runs USING (run_id) WHERE model = 'pca'");
    assert!(worst[0].parse::<f64>().unwrap() < 1e-9, "{worst:?}");
    // An image of the training set is near to another one, not to itself.
    let trained = project.sql(
        "SELECT DISTINCT scores.score FROM scores JOIN runs USING (run_id) WHERE model = 'nearest' AND split = 'train'",
    );
    assert_eq!(trained, ["4"]);
    // 8 of 9 pairs are in order for the distance: 2 lies under 10.
    let area = project.sql("SELECT auroc FROM results JOIN runs USING (run_id) WHERE model = 'nearest'");
    assert!((area[0].parse::<f64>().unwrap() - 8.0 / 9.0).abs() < 1e-12, "{area:?}");
    project.ok(&["report", "--out", "report"]);
    assert!(project.path("report/even/16x1-scatter.png").is_file());
    assert!(!project.path("report/even/16x1-losses-pca.png").exists(), "a baseline has no losses");
}

/// What a run has learnt from held-out images judges a new image as it judged its own.
#[test]
fn calibrated_scores_judge_new_images_alike() {
    let project = even();
    let sweep = std::fs::read_to_string(project.path("sweep.toml")).unwrap();
    let sweep = &sweep[..sweep.find("[base]").unwrap()];
    let models = r#"
[base]
image_size = 16
width = 4
latent_size = 4
batch_size = 2
epochs = 1
holdout = 0.5
residual = "weighted"
encoder = true
start = "encoder"
search_steps = 0
score = "combined"
components = 1

[grid]
model = ["anogan", "ganomaly", "pca", "nearest", "brightness"]
"#;
    project.write("models.toml", format!("{sweep}{models}").as_bytes());
    project.ok(&["sweep", "run", "models.toml", "--device", "cpu"]);
    let runs = project.sql(
        "SELECT run_id, model, scores.score FROM scores JOIN runs USING (run_id) WHERE image = 'test/bad/250.png'",
    );
    assert_eq!(runs.len(), 5);
    for run in runs {
        let [id, model, score] = run.split(',').collect::<Vec<_>>()[..] else { panic!("{run}") };
        let again = project.ok(&["score", "--run", id, "set/test/bad/250.png", "--format", "csv"]);
        let again: f64 = again.lines().nth(1).unwrap().split(',').nth(1).unwrap().parse().unwrap();
        let score: f64 = score.parse().unwrap();
        assert!((again - score).abs() <= 1e-5 * score.abs(), "{model}: {score} in its run, {again} alone");
    }
}

#[test]
fn settings_that_do_not_fit_together_are_told() {
    for (settings, words) in [
        ("model = \"anogan\"\nstart = \"encoder\"", "only with `encoder = true`"),
        ("model = \"anogan\"\nsearch_steps = 0", "no search at all needs"),
        ("model = \"ganomaly\"\nresidual = \"weighted\"\nholdout = 0.0", "`weighted` needs held-out images"),
        ("model = \"ganomaly\"\nscore = \"combined\"\nholdout = 0.0", "`combined` needs held-out images"),
        ("model = \"pca\"\nimage_size = 16\ncomponents = 257", "an image has only 256 values"),
        ("model = \"ganomaly\"\nwhite_level = 300.0", "must lie from 1 to 255"),
        ("model = \"anogan\"\nlabel_smoothing = 0.7", "must be 0 or more and below 0.5"),
    ] {
        let project = even();
        let dataset = "dataset = { kind = \"folder\", root = \"set\" }";
        project.write("sweep.toml", format!("name = \"x\"\n{dataset}\n[base]\n{settings}\n").as_bytes());
        project.run(&["sweep", "plan", "sweep.toml"]).fails_with(2, words);
    }
    let project = even();
    let sweep = "name = \"x\"\ndataset = { kind = \"folder\", root = \"set\", leakage = \"drop_near\" \
     }\n[base]\nmodel = \"pca\"\n";
    project.write("sweep.toml", sweep.as_bytes());
    project.run(&["sweep", "plan", "sweep.toml"]).fails_with(2, "`drop_near` needs `near_distance`");
    let many = "name = \"x\"\ndataset = { kind = \"folder\", root = \"set\" }\n[base]\nmodel = \
     \"pca\"\ncomponents = 6\n";
    project.write("sweep.toml", many.as_bytes());
    project.run(&["sweep", "plan", "sweep.toml"]).fails_with(2, "lower");
}
