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
    let (columns, _) = super::report::csv(&table);
    for name in ["pixel AUROC", "pixel average precision", "AUPRO"] {
        assert!(columns.iter().any(|column| column == name), "{table}");
    }
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

/// Even images of 256×256; the anomalous ones have a bright dot of so many pixels' side.
fn dots(project: &Project, root: &str, sides: &[u32]) {
    for (folder, first, count) in [("train/good", 10u8, 8u8), ("test/good", 30, 3)] {
        std::fs::create_dir_all(project.path(&format!("{root}/{folder}"))).unwrap();
        for level in first..first + count {
            let image = image::GrayImage::from_pixel(256, 256, image::Luma([level]));
            image.save(project.path(&format!("{root}/{folder}/{level}.png"))).unwrap();
        }
    }
    for (nth, side) in sides.iter().enumerate() {
        let dot = |low: u8, high: u8| {
            image::GrayImage::from_fn(256, 256, |x, y| {
                let inside = |place: u32| (100..100 + side).contains(&place);
                image::Luma([if inside(x) && inside(y) { high } else { low }])
            })
        };
        for (folder, image) in [("test/dot", dot(20 + nth as u8, 250)), ("ground_truth/dot", dot(0, 255))] {
            std::fs::create_dir_all(project.path(&format!("{root}/{folder}"))).unwrap();
            image.save(project.path(&format!("{root}/{folder}/{nth:03}.png"))).unwrap();
        }
    }
}

/// Small defects have masks that vanish at small sizes: they are counted and told, and their bright pixels count
/// neither as normal there nor at all as such at the masks' own size.
#[test]
fn pixel_measures_do_not_depend_on_masks_that_vanish() {
    let sweep = r#"
name = "dots"
dataset = { kind = "folder", root = "images" }

[base]
model = "pca"
components = 1

[grid]
image_size = [16, 32, 64, 128]
"#;
    let measured = |sides: &[u32]| -> Vec<(f64, f64, f64)> {
        let project = Project::with_sweep(sweep);
        dots(&project, "images", sides);
        let run = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
        assert_eq!(run.code, 0, "{}", run.err);
        if sides.contains(&3) {
            let words = "2 masks have nothing left at 32×32 pixels";
            assert!(run.err.contains(words), "{}", run.err);
            assert!(project.ok(&["sweep", "plan", "sweep.toml"]).contains(words));
            assert!(project.ok(&["data", "inspect", "images"]).contains(words));
            project.ok(&["report", "--out", "report"]);
            let page = std::fs::read_to_string(project.path("report/index.html")).unwrap();
            assert!(page.contains("lost masks") && page.contains("pixel AUROC at the masks’ size"));
        }
        let rows = project.sql(
            "SELECT pixel_auroc, pixel_auroc_full, lost_masks FROM results JOIN runs USING (run_id) \
             ORDER BY image_size",
        );
        rows.iter()
            .map(|row| {
                let cells: Vec<f64> = row.split(',').map(|cell| cell.parse().unwrap()).collect();
                (cells[0], cells[1], cells[2])
            })
            .collect()
    };
    let (large, mixed) = (measured(&[60, 80]), measured(&[60, 80, 3, 3]));
    let lost: Vec<f64> = mixed.iter().map(|(.., lost)| *lost).collect();
    assert_eq!(lost, [2.0, 2.0, 2.0, 0.0], "3 of 256 pixels are half of one at 128 alone");
    for ((at_size, full, lost), (mixed_at_size, mixed_full, _)) in large.iter().zip(&mixed) {
        assert_eq!(*lost, 0.0);
        assert!(*at_size > 0.98 && *full > 0.98, "{large:?}");
        assert!((at_size - mixed_at_size).abs() < 0.01, "{large:?} {mixed:?}");
        assert!((full - mixed_full).abs() < 0.01, "{large:?} {mixed:?}");
    }
}

/// A defect that no mask of this size shows is no reason to call its pixels normal.
#[test]
fn an_image_whose_mask_vanishes_is_not_wholly_normal() {
    let project = Project::with_sweep(SWEEP);
    dots(&project, "images", &[3, 3, 3]);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let found = project.sql("SELECT pixel_auroc IS NULL, pixel_auroc_full > 0.5, lost_masks FROM results");
    assert_eq!(found, ["1,1,3"]);
}

#[test]
fn masks_of_classes_and_those_of_other_tools_mark_what_binary_ones_do() {
    let quarter = |high: u8, other: u8| {
        image::GrayImage::from_fn(40, 40, |x, y| {
            image::Luma([if x < 20 && y < 20 { if x < 10 { high } else { other } } else { 0 }])
        })
    };
    let expected: Vec<bool> = (0..256).map(|place| place % 16 < 8 && place / 16 < 8).collect();
    let project = project();
    let open = || {
        let spec = FolderSpec { root: Some(project.path("images")), ..FolderSpec::default() };
        Dataset::open(&DatasetSpec::Folder(spec)).unwrap()
    };
    let mask = || {
        let dataset = open();
        let item = dataset.items.iter().find(|item| item.name == "test/hole/001.png").unwrap();
        item.mask(16).unwrap().unwrap()
    };
    let path = project.path("images/ground_truth/hole/001.png");
    quarter(1, 3).save(&path).unwrap();
    assert_eq!(mask(), expected, "classes 1 and 3");
    image::RgbaImage::from_fn(40, 40, |x, y| {
        image::Rgba([255, 255, 255, if x < 20 && y < 20 { 255 } else { 0 }])
    })
    .save(&path)
    .unwrap();
    assert_eq!(mask(), expected, "white on transparent");
    image::RgbImage::from_fn(40, 40, |x, y| {
        image::Rgb(if x < 20 && y < 20 { if x < 10 { [0, 0, 128] } else { [128, 0, 0] } } else { [0; 3] })
    })
    .save(&path)
    .unwrap();
    assert_eq!(mask(), expected, "colours of classes");
    // Two masks, each with half of it.
    quarter(255, 0).save(&path).unwrap();
    quarter(0, 255).save(project.path("images/ground_truth/hole/001_mask_2.png")).unwrap();
    assert_eq!(mask(), expected, "several masks");
}

/// The photograph is turned by EXIF; whoever drew its mask did not see it turned.
#[test]
fn a_mask_drawn_on_raw_pixels_is_turned_with_its_image() {
    let project = project();
    project.write("images/test/hole/turned.jpg", &super::project::fixture_bytes("turned.jpg"));
    let spec =
        || DatasetSpec::Folder(FolderSpec { root: Some(project.path("images")), ..FolderSpec::default() });
    let mask = |width: u32, height: u32, marks: &dyn Fn(u32, u32) -> bool| {
        let mask =
            image::GrayImage::from_fn(width, height, |x, y| image::Luma([255 * u8::from(marks(x, y))]));
        mask.save(project.path("images/ground_truth/hole/turned.png")).unwrap();
        let dataset = Dataset::open(&spec()).unwrap();
        let item = dataset.items.iter().find(|item| item.name.ends_with("turned.jpg")).unwrap().clone();
        let said = project.run(&["data", "inspect", "images"]).out;
        (item.size().unwrap(), item.drawn_mask().unwrap().unwrap(), said)
    };
    // The fixture is 24×16 when it stands upright, in thirds of red, green and blue.
    let (size, upright, said) = mask(24, 16, &|x, _| x < 8);
    assert_eq!((size, upright.width, upright.height), ((24, 16), 24, 16));
    assert!(!said.contains("drawn before"), "{said}");
    // Where red is in the raw pixels: the mask that is turned must mark it in the upright image.
    let raw = image::load_from_memory(&super::project::fixture_bytes("turned.jpg")).unwrap().into_rgb8();
    assert_eq!((raw.width(), raw.height()), (16, 24));
    let (_, turned, said) = mask(16, 24, &|x, y| raw.get_pixel(x, y).0[0] > 128);
    assert_eq!((turned.width, turned.height), (24, 16));
    let wrong = turned.defect.iter().zip(&upright.defect).filter(|(one, other)| one != other).count();
    assert!(wrong <= 32, "{wrong} pixels of 384");
    assert!(said.contains("1 masks were drawn before their image was turned upright"), "{said}");
    let (.., said) = mask(12, 9, &|x, _| x < 4);
    assert!(said.contains("1 masks have another size than their image"), "{said}");
}

/// Each sweep has the pixel results of its own masks, in whatever order they are run.
#[test]
fn two_sweeps_with_other_masks_over_the_same_images_keep_their_results() {
    let project = project();
    let other =
        SWEEP.replace("masked", "other").replace("root = \"images\"", "root = \"images\", masks = \"drawn\"");
    project.write("other.toml", other.as_bytes());
    std::fs::create_dir_all(project.path("drawn")).unwrap();
    let wrong = image::GrayImage::from_fn(40, 40, |x, y| image::Luma([255 * u8::from(x >= 20 && y >= 20)]));
    for name in ["000", "001"] {
        wrong.save(project.path(&format!("drawn/{name}.png"))).unwrap();
    }
    std::fs::remove_file(project.path("images/test/cut/000.png")).unwrap();
    let run = |file: &str| project.ok(&["sweep", "run", file, "--device", "cpu"]);
    run("sweep.toml");
    let ids = project.sql("SELECT run_id, trained_at FROM runs");
    run("other.toml");
    assert_eq!(project.sql("SELECT run_id, trained_at FROM runs"), ids, "one run, trained once");
    run("sweep.toml");
    let results = project.sql("SELECT pixel_auroc > 0.9 FROM pixel_results ORDER BY 1");
    assert_eq!(results, ["0", "1"]);
    let started = project.sql("SELECT started_at FROM runs");
    project.ok(&["report", "--out", "report"]);
    let area = |sweep: &str| -> f64 {
        let text = std::fs::read_to_string(project.path(&format!("report/{sweep}/comparison.csv"))).unwrap();
        let (head, rows) = super::report::csv(&text);
        let place = head.iter().position(|name| name == "pixel AUROC").unwrap();
        rows[0][place].parse().unwrap()
    };
    let measured = project.sql("SELECT round(pixel_auroc, 3) FROM pixel_results ORDER BY 1");
    assert_eq!(measured, [area("other").to_string(), area("masked").to_string()], "each its own");
    run("other.toml");
    run("sweep.toml");
    assert_eq!(project.sql("SELECT started_at FROM runs"), started, "nothing is judged again");
}

/// Users of MVTec AD look at each defect by itself.
#[test]
fn the_report_has_results_by_defect() {
    let project = project();
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project.ok(&["report", "--out", "report"]);
    let table = std::fs::read_to_string(project.path("report/masked/defects.csv")).unwrap();
    let (_, rows) = super::report::csv(&table);
    let defects: Vec<(&str, &str)> = rows.iter().map(|row| (row[4].as_str(), row[5].as_str())).collect();
    assert_eq!(defects, [("cut", "1"), ("hole", "2")], "{table}");
    for row in &rows {
        let [area, low, high] = [6, 7, 8].map(|column| row[column].parse::<f64>().unwrap());
        assert!(area == 1.0 && high == 1.0 && low < 0.9, "few images tell little: {table}");
    }
}
