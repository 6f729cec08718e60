//! Pixel level: masks of folders, and what is kept of them.

use anolab::data::Dataset;
use anolab::spec::{DatasetSpec, FolderSpec, Label};

use super::project::Project;

const SWEEP: &str = r#"
name = "masked"
dataset = { kind = "folder", root = "images" }

[base]
model = "pca"
components = 1
image_size = 16
"#;

/// Dark images; two anomalous ones have a bright square in the upper left quarter, one a cut nobody
/// marked.
fn project() -> Project {
    let project = Project::with_sweep(SWEEP);
    let levels: Vec<u8> = (1..=12).collect();
    project.even_images("images/train/good", &levels);
    project.even_images("images/test/good", &[20, 21]);
    let quarter = |low: u8, high: u8| {
        image::GrayImage::from_fn(40, 40, |x, y| image::Luma([if x < 20 && y < 20 { high } else { low }]))
    };
    for folder in ["test/hole", "test/cut", "ground_truth/hole"] {
        std::fs::create_dir_all(project.path(&format!("images/{folder}"))).unwrap();
    }
    let save =
        |image: image::GrayImage, name: &str| image.save(project.path(&format!("images/{name}"))).unwrap();
    save(quarter(20, 240), "test/hole/000.png");
    save(quarter(3, 255), "ground_truth/hole/000_mask.png"); // not quite black, as from a JPEG
    save(quarter(20, 250), "test/hole/001.png");
    save(quarter(0, 1), "ground_truth/hole/001.png"); // some tools write 1 for white
    save(quarter(20, 230), "test/cut/000.png");
    project
}

#[test]
fn masks_are_found_beside_their_images() {
    let project = project();
    let spec = FolderSpec { root: Some(project.path("images")), ..FolderSpec::default() };
    let dataset = Dataset::open(&DatasetSpec::Folder(spec)).unwrap();
    for item in &dataset.items {
        assert_eq!(item.has_mask(), item.name.starts_with("test/hole/"), "{}", item.name);
        assert!(item.label == Label::Anomaly || !item.has_mask());
        if let Some(mask) = item.mask(16).unwrap() {
            let expected: Vec<bool> = (0..256).map(|place| place % 16 < 8 && place / 16 < 8).collect();
            assert_eq!(mask, expected, "{}: whatever the mask's white is", item.name);
        }
    }
}

#[test]
fn pixel_level_is_kept_with_the_run() {
    let project = project();
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let area: f64 = project.sql("SELECT pixel_auroc FROM results")[0].parse().unwrap();
    assert!(area > 0.99, "a bright square on even images is easy: {area}");
    let masked = project.sql(
        "SELECT DISTINCT i.name FROM pictures p JOIN images i ON i.id = p.image_id WHERE p.mask IS NOT NULL ORDER BY 1",
    );
    assert_eq!(masked, ["test/hole/000.png", "test/hole/001.png"]);
    project.ok(&["report", "--out", "report"]);
    let table = std::fs::read_to_string(project.path("report/masked/comparison.csv")).unwrap();
    assert!(table.lines().next().unwrap().contains("pixel AUROC"), "{table}");
    assert!(project.path("report/masked/16x1-maps-pca.png").is_file());
}

/// The scores stay as they are, and nothing is trained for it.
#[test]
fn masks_that_come_later_are_taken_into_account() {
    let project = project();
    let run = ["sweep", "run", "sweep.toml", "--device", "cpu"];
    std::fs::rename(project.path("images/ground_truth"), project.path("masks")).unwrap();
    project.ok(&run);
    assert_eq!(project.sql("SELECT pixel_auroc IS NULL FROM results"), ["1"]);
    let scores = "SELECT run_id, image, scores.score FROM scores ORDER BY image";
    let (before, trained) = (project.sql(scores), project.sql("SELECT trained_at FROM runs"));
    std::fs::rename(project.path("masks"), project.path("images/ground_truth")).unwrap();
    project.ok(&run);
    assert_eq!(project.sql("SELECT pixel_auroc > 0.99 FROM results"), ["1"]);
    assert_eq!((project.sql(scores), project.sql("SELECT trained_at FROM runs")), (before, trained));
    assert_eq!(project.sql("SELECT DISTINCT status FROM runs"), ["done"]);
    let finished = project.sql("SELECT finished_at, started_at FROM runs");
    project.ok(&run);
    assert_eq!(project.sql("SELECT finished_at, started_at FROM runs"), finished, "once is enough");
}

/// Masks are needed last: it is told before hours of training.
#[test]
fn a_mask_that_cannot_be_read_is_named_before_anything_is_trained() {
    let project = project();
    project.write("images/ground_truth/hole/001.png", b"no image");
    project
        .run(&["sweep", "run", "sweep.toml", "--device", "cpu"])
        .fails_with(2, "ground_truth/hole/001.png");
    let inspected = project.run(&["data", "inspect", "images"]);
    assert!(inspected.out.contains("unreadable: 1"), "{}", inspected.out);
}
