//! Images cut into tiles: small defects of large images.

use std::path::Path;

use image::{GrayImage, Luma};

use super::project::Project;

/// Where the defect is: in the third column and second row of 4×4 tiles of 16 pixels.
const DEFECT: (std::ops::Range<u32>, std::ops::Range<u32>) = (36..44, 20..28);

fn sweep(tiles: &str) -> String {
    format!(
        "name = \"tiled\"\ndataset = {{ kind = \"folder\", root = \"images\"{tiles} }}\n[base]\nmodel = \"pca\"\n\
         components = 1\nimage_size = 16\nholdout = 0.25\n"
    )
}

/// Even images of 64×64; in the bad ones a square of 8×8 is a little brighter.
fn project(tiles: &str) -> Project {
    let project = Project::with_sweep(&sweep(tiles));
    let save = |folder: &str, name: u8, of: &dyn Fn(u32, u32) -> u8| {
        let path = project.path(&format!("images/{folder}"));
        std::fs::create_dir_all(&path).unwrap();
        GrayImage::from_fn(64, 64, |x, y| Luma([of(x, y)]))
            .save(path.join(format!("{name:03}.png")))
            .unwrap();
    };
    let is_defect = |x: u32, y: u32| DEFECT.0.contains(&x) && DEFECT.1.contains(&y);
    (60..72).for_each(|level| save("train/good", level, &|_, _| level));
    (80..84).for_each(|level| save("test/good", level, &|_, _| level));
    for level in 70..74 {
        save("test/bad", level, &|x, y| if is_defect(x, y) { level + 30 } else { level });
        save("ground_truth/bad", level, &|x, y| if is_defect(x, y) { 255 } else { 0 });
    }
    project
}

const RUN: [&str; 5] = ["sweep", "run", "sweep.toml", "--device", "cpu"];

#[test]
fn a_defect_of_one_tile_is_found_and_drawn_where_it_is() {
    let project = project(", tiles = 4");
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains("each image is cut into 16 tiles"), "{plan}");
    project.ok(&RUN);
    assert_eq!(project.sql("SELECT auroc, n_normal, n_anomaly FROM results"), ["1,4,4"]);
    let held_out = project.sql("SELECT split, count(*) FROM scores GROUP BY split ORDER BY split");
    assert_eq!(held_out, ["held_out,3", "test,8", "train,9"], "a score an image, not one a tile");
    // Residuals put together lie on the masks at once, and at the masks' own size.
    for measure in ["pixel_auroc", "pixel_auroc_full"] {
        let area: f64 = project.sql(&format!("SELECT {measure} FROM results"))[0].parse().unwrap();
        assert!(area > 0.999, "{measure}: {area}");
    }
    // Width and height of the kept pictures: whole images.
    let sizes =
        "SELECT DISTINCT hex(substr(actual, 17, 8)), hex(substr(reconstruction, 17, 8)) FROM pictures";
    assert_eq!(project.sql(sizes), ["0000004000000040,0000004000000040"]);
    project.ok(&["report", "--out", "report"]);
    assert!(project.path("report/tiled/16x1-maps-pca.png").is_file());

    let run = project.sql("SELECT run_id FROM runs").remove(0);
    let image = "images/test/bad/071.png";
    let judged = project.ok(&["score", "--run", &run, image, "--maps", "maps", "--format", "csv"]);
    let fields: Vec<&str> = judged.lines().nth(1).unwrap().split(',').collect();
    let stored: f64 =
        project.sql("SELECT score FROM scores WHERE image = 'test/bad/071.png'")[0].parse().unwrap();
    let score: f64 = fields[1].parse().unwrap();
    assert!((score - stored).abs() < 1e-9, "{score} now, {stored} then");
    assert_eq!(fields[4], "anomaly", "{judged}");
    overlay_shows_the_defect(&project.path("maps/071-residual.png"));
}

/// What is drawn over the image has colours on the defect and none elsewhere.
fn overlay_shows_the_defect(path: &Path) {
    let drawn = image::open(path).unwrap().into_rgb8();
    let enlarged = drawn.height() / 64;
    let is_coloured = |x: u32, y: u32| {
        let [red, _, blue] = drawn.get_pixel(x * enlarged, y * enlarged).0;
        red.abs_diff(blue) > 20
    };
    assert!(is_coloured(40, 24), "the middle of the defect");
    for (x, y) in [(8, 8), (24, 40), (40, 56), (24, 24), (56, 24), (40, 8)] {
        assert!(!is_coloured(x, y), "({x}, {y}) is in another tile");
    }
}

#[test]
fn tiles_are_part_of_the_identity_where_they_are_given() {
    let ids = |tiles: &str| {
        let project = project(tiles);
        project.ok(&RUN);
        (
            project.sql("SELECT run_id, fit_id, dataset_digest FROM runs"),
            project.sql("SELECT score FROM scores"),
        )
    };
    let (whole, one, four) = (ids(""), ids(", tiles = 1"), ids(", tiles = 4"));
    assert_eq!(whole, one, "one tile is the image");
    assert_ne!(whole.0, four.0);
    assert_ne!(whole.1, four.1);
    let refused = Project::with_sweep(&sweep(", tiles = 17"));
    refused.run(&["sweep", "plan", "sweep.toml"]).fails_with(2, "`tiles` must lie in 1..=16, not 17");
}

/// Both networks train on tiles; more of them than images fill a batch.
#[test]
fn networks_learn_from_tiles() {
    let project = project(", tiles = 2");
    let text = "name = \"nets\"\ndataset = { kind = \"folder\", root = \"images\", tiles = 2 }\n[base]\n\
                image_size = 16\nwidth = 4\nlatent_size = 8\nepochs = 1\nbatch_size = 32\nholdout = 0.25\n\
                search_steps = 2\n[grid]\nmodel = [\"anogan\", \"ganomaly\", \"nearest\"]\n";
    project.write("nets.toml", text.as_bytes());
    project.ok(&["sweep", "run", "nets.toml", "--device", "cpu"]);
    assert_eq!(
        project.sql("SELECT DISTINCT status, n_normal FROM runs JOIN results USING (run_id)"),
        ["done,4"]
    );
    let steps = project.sql("SELECT DISTINCT max(step) FROM metrics WHERE split = 'train' GROUP BY fit_id");
    assert_eq!(steps, ["1"], "9 images of 4 tiles fill one batch of 32");
}
