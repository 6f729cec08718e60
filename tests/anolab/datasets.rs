//! Several datasets: runs over the same images are compared, others are told apart, and a sweep has a mean over them.

use super::project::{Project, sqlite};
use super::report::csv;

/// Even images named `000.png`, `001.png`, … whatever their gray levels.
fn images(project: &Project, folder: &str, levels: &[u8]) {
    std::fs::create_dir_all(project.path(folder)).unwrap();
    for (nth, level) in levels.iter().enumerate() {
        let image = image::GrayImage::from_pixel(20, 20, image::Luma([*level]));
        image.save(project.path(&format!("{folder}/{nth:03}.png"))).unwrap();
    }
}

fn sweep(name: &str, dataset: &str) -> String {
    format!(
        "name = \"{name}\"\ndataset = {dataset}\n[base]\nimage_size = 16\nholdout = 0.0\n\
         [grid]\nmodel = [\"nearest\", \"brightness\"]\n"
    )
}

fn folder(root: &str) -> String {
    format!("{{ kind = \"folder\", root = \"{root}\" }}")
}

/// Two datasets that are both called `part`, with the same file names and other images: `a/part` and `b/part`. The
/// images of `c/moved` are those of `a/part` under other names, but for one image of training.
fn project() -> Project {
    let project = Project::new();
    for (root, shift) in [("a/part", 0), ("b/part", 3)] {
        let shifted = |levels: [u8; 6]| levels.map(|level| level + shift);
        images(&project, &format!("{root}/train/good"), &shifted([10, 90, 100, 110, 120, 130]));
        images(&project, &format!("{root}/test/good"), &shifted([91, 102, 113, 121, 132, 168]));
        images(&project, &format!("{root}/test/bad"), &shifted([60, 105, 150, 160, 170, 180]));
    }
    images(&project, "c/moved/train/good", &[90, 100, 110, 120, 130]);
    images(&project, "c/moved/test/good", &[168, 132, 121, 113, 102, 91]);
    images(&project, "c/moved/test/bad", &[180, 60, 105, 170, 150, 160]);
    for (name, root) in [("a", "a/part"), ("b", "b/part"), ("c", "c/moved")] {
        project.write(&format!("{name}.toml"), sweep(name, &folder(root)).as_bytes());
        project.ok(&["sweep", "run", &format!("{name}.toml"), "--device", "cpu"]);
    }
    project
}

fn run_of(project: &Project, sweep: &str, model: &str) -> String {
    project.sql(&format!("SELECT run_id FROM runs WHERE sweep = '{sweep}' AND model = '{model}'")).remove(0)
}

/// Difference and p of the second run against the first, and what is said.
fn compared(project: &Project, one: &str, other: &str) -> (String, String, String) {
    let ran = project.run(&["runs", "compare", one, other, "--format", "markdown"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let last = ran.out.lines().last().unwrap();
    let cells: Vec<&str> = last.trim_matches('|').split('|').map(str::trim).collect();
    (cells[4].into(), cells[5].into(), ran.err)
}

#[test]
fn runs_are_paired_by_what_their_images_hold() {
    let project = project();
    let [a_bright, a_near] = ["brightness", "nearest"].map(|model| run_of(&project, "a", model));
    let (b_near, c_near) = (run_of(&project, "b", "nearest"), run_of(&project, "c", "nearest"));
    let not_paired = |one: &str, other: &str, words: &str| {
        let (difference, p, said) = compared(&project, one, other);
        assert_eq!((difference.as_str(), p.as_str()), ("not paired", ""), "{said}");
        assert!(said.contains(words), "{said}");
    };
    not_paired(&a_bright, &b_near, "were not judged on the same test images (0 are in both, of 12 and 12)");
    let (expected, p, said) = compared(&project, &a_bright, &a_near);
    assert!(expected.contains('[') && !p.is_empty() && !said.contains("not paired"), "{expected} {p} {said}");
    // The training image that c lacks is near to no test image: c's scores are a's.
    let (moved, p_moved, said) = compared(&project, &a_bright, &c_near);
    assert_eq!((moved, p_moved), (expected.clone(), p), "the same images under other names: {said}");

    let hash = project.sql(
        "SELECT DISTINCT image_hash FROM scores JOIN runs USING (run_id) WHERE sweep = 'a' \
         AND image = 'test/good/000.png'",
    );
    let bytes = std::fs::read(project.path("a/part/test/good/000.png")).unwrap();
    assert_eq!(hash, [blake3::hash(&bytes).to_string()]);

    // A store of an earlier build has no hashes: names say the same within a dataset alone.
    sqlite(&project.path("store.db"), "UPDATE images SET hash = NULL");
    assert_eq!(compared(&project, &a_bright, &a_near).0, expected);
    not_paired(&a_bright, &c_near, "an earlier build did not keep which images are the same");
    for name in ["a", "c"] {
        project.ok(&["sweep", "run", &format!("{name}.toml"), "--device", "cpu"]);
    }
    assert_eq!(compared(&project, &a_bright, &c_near).0, expected, "the sweep, run again, has added them");
    not_paired(&a_bright, &b_near, "an earlier build did not keep");
}

#[test]
fn hashes_come_along_with_merged_runs() {
    let project = project();
    let missing = "SELECT count(*) FROM scores WHERE image_hash IS NULL";
    project.ok(&["store", "backup", "copy.db"]);
    sqlite(&project.path("store.db"), "UPDATE images SET hash = NULL WHERE split = 'test'");
    assert_ne!(project.sql(missing), ["0"]);
    project.ok(&["store", "merge", "copy.db"]);
    assert_eq!(project.sql(missing), ["0"]);
}

#[test]
fn datasets_of_one_name_are_told_apart() {
    let project = project();
    let boards = project
        .sql("SELECT dataset, count(*), count(DISTINCT dataset_digest) FROM leaderboard GROUP BY dataset");
    assert_eq!(boards, ["moved,2,1", "part,4,2"]);
    let digests = project
        .sql("SELECT DISTINCT substr(dataset_digest, 1, 8) FROM runs WHERE dataset = 'part' ORDER BY 1");
    let mut listed: Vec<String> = csv(&project.ok(&["runs", "list", "--format", "csv"]))
        .1
        .into_iter()
        .map(|row| row[3].clone())
        .collect();
    listed.sort();
    listed.dedup();
    assert_eq!(listed, ["moved".to_string(), format!("part {}", digests[0]), format!("part {}", digests[1])]);
    let status = project.ok(&["sweep", "status", "a"]);
    assert!(status.starts_with("a (part ") && status.contains(": 2 done"), "{status}");
}

#[test]
fn a_sweep_over_several_datasets_has_a_mean() {
    let project = project();
    let both = format!(
        "[{}, {{ kind = \"folder\", root = \"c/moved\", name = \"moved parts\" }}]",
        folder("a/part")
    );
    project.write("both.toml", sweep("both", &both).as_bytes());
    let plan = project.ok(&["sweep", "plan", "both.toml"]);
    assert!(plan.contains("sweep both: 4 runs that need 4 fits, over 2 datasets"), "{plan}");
    assert!(
        plan.contains("images: part (6 train,") && plan.contains("images: moved parts (5 train,"),
        "{plan}"
    );
    assert!(plan.contains("4 done; fits to train: 0"), "they are the runs of each dataset alone: {plan}");
    let images_c = project.path("c/moved/train/good/new.png");
    std::fs::copy(project.path("c/moved/train/good/000.png"), &images_c).unwrap();
    let changed = project.ok(&["sweep", "plan", "both.toml"]);
    assert!(changed.contains("2 done") && changed.contains("2 new"), "{changed}");
    std::fs::remove_file(images_c).unwrap();
    project.ok(&["sweep", "run", "both.toml", "--device", "cpu", "--jobs", "2"]);
    assert_eq!(
        project.sql("SELECT count(*), count(DISTINCT fit_id) FROM runs"),
        ["6,6"],
        "nothing is trained again"
    );
    let status = project.ok(&["sweep", "status", "both"]);
    let lines: Vec<&str> = status.lines().collect();
    assert_eq!(lines.len(), 3, "{status}");
    assert!(lines[0].starts_with("both (part ") && lines[0].ends_with(", moved parts): 4 done"), "{status}");
    assert!(lines[1].starts_with("  part ") && lines[1].ends_with(": 2 done"), "{status}");
    assert_eq!(lines[2], "  moved parts: 2 done");

    project.ok(&["report", "--sweep", "both", "--out", "report"]);
    let read = |name: &str| std::fs::read_to_string(project.path(&format!("report/{name}"))).unwrap();
    let (header, rows) = csv(&read("both/comparison.csv"));
    assert_eq!(header[..6], ["dataset", "model", "size", "settings", "seeds", "AUROC"]);
    assert_eq!(rows.len(), 4 + 2, "each setting on each dataset, and its mean");
    let areas = |model: &str| -> Vec<f64> {
        let of = format!(
            "FROM runs JOIN results USING (run_id) JOIN sweep_runs s USING (run_id) WHERE model = '{model}'"
        );
        let rows = project.sql(&format!("SELECT auroc {of} AND s.sweep = 'both'"));
        rows.iter().map(|area| area.parse().unwrap()).collect()
    };
    for row in &rows[4..] {
        let areas = areas(&row[1]);
        assert_eq!((row[0].as_str(), areas.len()), ("mean of 2", 2));
        assert_eq!(row[5], format!("{:.3}", (areas[0] + areas[1]) / 2.0));
    }
    let datasets: Vec<&str> = rows[..4].iter().map(|row| row[0].as_str()).collect();
    assert!(
        datasets[0].starts_with("part ")
            && datasets[..2] == [datasets[0]; 2]
            && datasets[2..] == ["moved parts"; 2]
    );
    let page = read("index.html");
    assert!(
        page.contains("mean of 2") && page.contains("moved parts nearest 16×16×1"),
        "rows name their dataset"
    );
    assert_eq!(page.matches("<details class=\"run\">").count(), 4, "a mean is no run");
    assert!(project.path("report/both/moved-parts-16x1-scatter.png").is_file());
    let pairs = csv(&read("both/pairwise.csv")).1;
    assert_eq!(pairs.len(), 2, "the models on each dataset: {pairs:?}");
    let best = read("both/best-nearest.toml");
    assert!(best.contains("over seeds 0 and 2 datasets"), "{best}");
    project.write("best.toml", best.as_bytes());
    let plan = project.ok(&["sweep", "plan", "best.toml"]);
    assert!(plan.contains("2 runs that need 2 fits, over 2 datasets") && plan.contains("2 done"), "{plan}");
    let inspected = project.ok(&["data", "inspect", "both.toml"]);
    assert!(inspected.contains("part, digest") && inspected.contains("moved parts, digest"), "{inspected}");

    // Another store learns of the sweep with all its datasets.
    project.write("one.toml", sweep("one", &folder("a/part")).as_bytes());
    project.ok(&["--store", "other.db", "sweep", "run", "one.toml", "--device", "cpu"]);
    project.ok(&["--store", "other.db", "store", "merge", "store.db"]);
    assert_eq!(project.ok(&["--store", "other.db", "sweep", "status", "both"]), status);
}

#[test]
fn the_same_images_twice_are_no_two_datasets() {
    let project = Project::new();
    images(&project, "a/train/good", &[90, 100]);
    images(&project, "a/test/good", &[91]);
    images(&project, "a/test/bad", &[200]);
    let twice = format!("[{}, {{ kind = \"folder\", root = \"./a\", name = \"again\" }}]", folder("a"));
    project.write("twice.toml", sweep("twice", &twice).as_bytes());
    let ran = project.run(&["sweep", "plan", "twice.toml"]);
    ran.fails_with(2, "the datasets `a` and `again` hold the same images");
}
