//! New images, judged from the command line.

use std::collections::BTreeMap;

use super::project::{Project, Ran, fixture_bytes, sqlite};

/// Two seeds of a model that makes images and of one that makes none.
const SWEEP: &str = r#"
name = "quick"
dataset = { kind = "synthetic", scene = "casting", count = 24 }
[base]
image_size = 16
components = 4
holdout = 0.25
[grid]
model = ["pca", "brightness"]
seed = [0, 1]
"#;

fn done() -> Project {
    let project = Project::with_sweep(SWEEP);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
}

fn run_of(project: &Project, model: &str, seed: usize) -> String {
    project.sql(&format!("SELECT run_id FROM runs WHERE model = '{model}' AND seed = {seed}")).remove(0)
}

/// The scores of CSV by image, each row by column.
fn rows(out: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

fn names(rows: &[BTreeMap<String, String>]) -> Vec<&str> {
    rows.iter().map(|row| row["image"].as_str()).collect()
}

#[test]
fn bad_files_do_not_keep_others_from_being_judged() {
    let project = done();
    let run = run_of(&project, "pca", 0);
    project.write("good1.png", &fixture_bytes("gray.png"));
    project.write("bad.png", b"\n");
    project.write("half.jpg", &fixture_bytes("truncated.jpg"));
    project.write("good2.png", &fixture_bytes("rgb.png"));
    let images = ["good1.png", "bad.png", "half.jpg", "good2.png", "missing.png"];
    let ran = project.run(&[&["score", "--run", &run, "--format", "csv"], &images[..]].concat());
    ran.fails_with(
        1,
        "3 could not be judged: bad.png: cannot read image bad.png: its content is not that of a",
    );
    assert!(ran.err.contains("half.jpg: ") && ran.err.contains("missing.png: "), "{}", ran.err);
    let judged = rows(&ran.out);
    assert_eq!(names(&judged), ["good1.png", "good2.png"]);
    let threshold: f64 =
        project.sql(&format!("SELECT threshold FROM results WHERE run_id = '{run}'"))[0].parse().unwrap();
    for row in &judged {
        let alone = rows(&project.ok(&["score", "--run", &run, &row["image"], "--format", "csv"]));
        assert_eq!(alone, std::slice::from_ref(row), "no image's score depends on others");
        let (score, margin) = (number(row, "score"), number(row, "margin"));
        assert_eq!(number(row, "threshold"), threshold);
        assert!((margin - (score - threshold)).abs() < 1e-12, "{row:?}");
        assert_eq!(row["verdict"], if score > threshold { "anomaly" } else { "normal" });
    }
    let ran = project.run(&["score", "--run", &run, "bad.png"]);
    ran.fails_with(1, "0 images judged");
}

#[test]
fn folders_are_searched_and_what_is_passed_over_is_counted() {
    let project = done();
    let run = run_of(&project, "pca", 0);
    for (name, fixture) in [
        ("set/a.png", "gray.png"),
        ("set/deep/er/b.JPG", "rgb.jpg"),
        ("set/deep/a.png", "rgb.png"),
        ("set/.hidden.png", "gray.png"),
        ("set/__MACOSX/deep/._a.png", "gray.png"),
        ("set/notes.txt", "gray.png"),
        ("set/a_mask.png", "gray.png"),
    ] {
        project.write(name, &fixture_bytes(fixture));
    }
    project.write("set/deep/bad.png", b"no image");
    let among = ["score", "--run", &run, "set/a.png", "--maps", "set"];
    project.run(&among).fails_with(2, "holds images that are judged, and maps would lie among them");
    let whole = ["score", "--run", &run, "set", "--maps", "set"];
    project.run(&whole).fails_with(2, "holds images that are judged, and maps would lie among them");
    let command = ["score", "--run", &run, "set", "--maps", "set/maps", "--format", "jsonl"];
    let ran = project.run(&command);
    ran.fails_with(1, "1 could not be judged: set/deep/bad.png: ");
    assert!(ran.err.contains("passed over: 2 hidden, 1 mask, 1 .txt"), "{}", ran.err);
    let judged: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |column: &str| judged.iter().map(|row| row[column].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(of("image"), ["set/a.png", "set/deep/a.png", "set/deep/er/b.JPG"]);
    let maps = ["set/maps/a-residual.png", "set/maps/deep/a-residual.png", "set/maps/deep/er/b-residual.png"];
    assert_eq!(of("map"), maps);
    for (image, map) in of("image").into_iter().zip(maps) {
        let [image, map] = [image, map].map(|name| image::image_dimensions(project.path(name)).unwrap());
        assert!(
            map.0 > image.0 && map.1 >= image.1,
            "{map:?} has the image in its own size, {image:?}, and a bar"
        );
    }
    project.run(&command).fails_with(2, "is there already");
    let ran = project.run(&[&command[..], &["--force"]].concat());
    assert_eq!((ran.code, ran.out.lines().count()), (1, 3), "maps are not judged: {}", ran.out);
    assert!(ran.err.contains("2 hidden, 1 mask, 3 in the folder of the maps, 1 .txt"), "{}", ran.err);
    std::fs::create_dir(project.path("empty")).unwrap();
    project.run(&["score", "--run", &run, "empty", "set/a.png"]).fails_with(1, "empty: no images in empty");
}

#[test]
fn tables_have_four_digits_and_thresholds_can_be_given() {
    let project = done();
    let run = run_of(&project, "brightness", 0);
    project.write("a.png", &fixture_bytes("gray.png"));
    let exact = number(&rows(&project.ok(&["score", "--run", &run, "a.png", "--format", "csv"]))[0], "score");
    let verdict = |threshold: &str| -> Vec<String> {
        let out = project.ok(&["score", "--run", &run, "a.png", "--threshold", threshold]);
        let lines: Vec<Vec<String>> =
            out.lines().map(|line| line.split_whitespace().map(String::from).collect()).collect();
        assert_eq!(lines[0], ["image", "score", "threshold", "margin", "verdict"]);
        assert_eq!(lines.len(), 2);
        lines[1].clone()
    };
    let line = verdict("-12.3456");
    assert!(
        line[1].len() <= 6 && (line[1].parse::<f64>().unwrap() - exact).abs() < exact.abs() * 1e-3,
        "{line:?}"
    );
    assert_eq!((line[0].as_str(), line[2].as_str(), line[4].as_str()), ("a.png", "-12.35", "anomaly"));
    assert_eq!(verdict("1e9")[4], "normal");
    project.run(&["score", "--run", &run, "a.png", "--threshold", "nan"]).fails_with(2, "a number is meant");
}

#[test]
fn a_run_is_found_by_sweep_model_and_tag_only_where_one_alone_fits() {
    let project = done();
    project.write("a.png", &fixture_bytes("gray.png"));
    let [first, second] = [0, 1].map(|seed| run_of(&project, "pca", seed));
    let score = |choice: &[&str]| project.run(&[&["score", "a.png", "--format", "csv"], choice].concat());
    let several = score(&["--sweep", "quick", "--run", "pca"]);
    several.fails_with(2, "2 finished runs of the model `pca` of the sweep `quick` fit; name one");
    for (run, seed) in [(&first, 0), (&second, 1)] {
        // `×` is left out of what is said.
        several
            .fails_with(2, &format!("{} pca on synthetic casting, 16 16 1, seed {seed}, AUROC", &run[..8]));
    }
    assert!(several.out.is_empty(), "none is chosen");
    project.ok(&["runs", "tag", &second, "--add", "paper"]);
    let by_id = project.ok(&["score", "a.png", "--format", "csv", "--run", &second]);
    for choice in [
        &["--tag", "paper"][..],
        &["--tag", "paper", "--run", "pca"],
        &["--sweep", "quick", "--tag", "paper"],
        &["--sweep", "quick", "--run", &second[..8]],
    ] {
        let ran = score(choice);
        assert_eq!((ran.code, &ran.out), (0, &by_id), "{choice:?}: {}", ran.err);
        assert!(
            ran.err.contains(&format!("run {}: pca on synthetic casting, 16×16×1, seed 1", &second[..8]))
        );
    }
    score(&["--tag", "paper", "--run", "brightness"])
        .fails_with(2, "there is no finished run of the model `brightness` with the tag `paper`");
    score(&["--sweep", "other", "--run", "pca"])
        .fails_with(2, "no sweep is named `other`; the store has quick");
    score(&[]).fails_with(2, "--run");
}

#[test]
fn a_model_without_images_has_no_maps() {
    let project = done();
    project.write("a.png", &fixture_bytes("gray.png"));
    project.write("b.png", &fixture_bytes("rgb.png"));
    let run = run_of(&project, "brightness", 0);
    let ran = project.run(&["score", "--run", &run, "a.png", "b.png", "--maps", "maps", "--format", "csv"]);
    assert_eq!((ran.code, rows(&ran.out).len()), (0, 2));
    assert_eq!(ran.err.matches("no maps are written").count(), 1, "{}", ran.err);
    assert!(!project.path("maps").exists() && !ran.out.contains("map"), "{}", ran.out);
}

#[test]
fn inverted_and_collapsed_runs_warn() {
    let project = Project::new();
    project.even_images("set/train/good", &[90, 95, 100, 105]);
    project.even_images("set/test/good", &[92, 97, 102]);
    project.even_images("set/test/bad", &[190, 200]);
    let sweep = "name = \"s\"\ndataset = { kind = \"folder\", root = \"set\" }\n[base]\nmodel = \"brightness\"\n\
         image_size = 16\nholdout = 0.0\n[grid.brightness]\ndirection = [\"bright\", \"dark\"]\n";
    project.write("s.toml", sweep.as_bytes());
    project.ok(&["sweep", "run", "s.toml", "--device", "cpu"]);
    let judged_by = |area: &str| -> Ran {
        let sql = format!("SELECT run_id FROM results WHERE auroc = {area}");
        let run = project.sql(&sql).remove(0);
        project.run(&["score", "--run", &run, "set/test/bad/200.png"])
    };
    let (good, inverted) = (judged_by("1.0"), judged_by("0.0"));
    assert_eq!((good.code, inverted.code), (0, 0));
    assert!(!good.err.contains("warning"), "{}", good.err);
    assert!(
        inverted.err.contains("warning: this run is inverted: with an AUROC of 0.000"),
        "{}",
        inverted.err
    );
    assert!(good.err.contains("this run has no threshold") && good.out.contains('–'), "{}", good.err);
    sqlite(&project.path("store.db"), "UPDATE fits SET diversity = 0.1");
    let narrow = judged_by("1.0").err;
    assert!(narrow.contains("of this run's generator, its images are 10 % as diverse"), "{narrow}");
    assert!(narrow.contains("what its scores are worth, the AUROC tells") && !narrow.contains("mean little"));
    sqlite(&project.path("store.db"), "UPDATE fits SET diversity = 0.7, coverage = 0.1, novelty = 0.02");
    let remembered = judged_by("1.0").err;
    assert!(remembered.contains("its images cover 10 % of the held-out ones"), "{remembered}");
    assert!(remembered.contains("2 % as far from training images"), "{remembered}");
}

/// Lines are there before the last image can be read: it is a pipe that nobody has written to yet.
#[cfg(unix)]
#[test]
fn lines_come_as_images_are_judged() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let project = done();
    let run = run_of(&project, "pca", 0);
    // As many as are judged together at most.
    let images: Vec<String> = (0..64).map(|nth| format!("{nth}.png")).collect();
    for image in &images {
        project.write(image, &fixture_bytes("gray.png"));
    }
    assert!(Command::new("mkfifo").arg(project.path("late.png")).status().unwrap().success());
    for (format, head) in [("table", 1), ("csv", 1), ("jsonl", 0)] {
        let mut arguments = vec!["score", "--run", &run, "--device", "cpu", "--format", format];
        arguments.extend(images.iter().map(String::as_str));
        arguments.push("late.png");
        let mut child =
            project.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..head {
            lines.next().unwrap().unwrap();
        }
        for image in &images {
            let line = lines.next().unwrap().unwrap();
            assert!(line.contains(image), "{format}: {line}");
        }
        std::fs::write(project.path("late.png"), fixture_bytes("gray.png")).unwrap();
        assert!(lines.next().unwrap().unwrap().contains("late.png"), "{format}");
        assert_eq!((lines.next().is_none(), child.wait().unwrap().code()), (true, Some(0)));
    }
}
