//! Folders as people have them: every file is taken, or named as not taken.

use std::path::Path;

use anolab::data::{Dataset, Kind};
use anolab::spec::{DatasetSpec, FolderSpec, Label, Split};

use super::project::{Project, fixture_bytes};

const SWEEP: &str = r#"
name = "own"
dataset = { kind = "folder", root = "data" }

[base]
model = "pca"
components = 1
image_size = 16
"#;

/// Even images of levels that are those of no other folder.
fn fill(project: &Project, folder: &str, first: u8, count: u8) {
    project.even_images(folder, &(first..first + count).collect::<Vec<_>>());
}

/// 12 training images, 3 normal and 3 anomalous test images, as MVTec AD has them.
fn usual() -> Project {
    let project = Project::with_sweep(SWEEP);
    fill(&project, "data/train/good", 10, 12);
    fill(&project, "data/test/good", 40, 3);
    fill(&project, "data/test/spot", 200, 3);
    project
}

/// Normal and anomalous images beside each other: 10 and 4.
fn flat() -> Project {
    let project = Project::with_sweep(SWEEP);
    fill(&project, "data/good", 10, 10);
    fill(&project, "data/bad", 200, 4);
    project
}

fn root(project: &Project) -> FolderSpec {
    FolderSpec { root: Some(project.path("data")), ..FolderSpec::default() }
}

fn open(spec: FolderSpec) -> Dataset {
    Dataset::open(&DatasetSpec::Folder(spec)).unwrap_or_else(|error| panic!("{error}"))
}

fn counts(dataset: &Dataset) -> [usize; 3] {
    [
        dataset.count(Split::Train, Label::Normal),
        dataset.count(Split::Test, Label::Normal),
        dataset.count(Split::Test, Label::Anomaly),
    ]
}

fn of(dataset: &Dataset, kind: Kind) -> Vec<&str> {
    dataset.account.of(kind).map(|entry| entry.name.as_str()).collect()
}

fn masked(dataset: &Dataset) -> usize {
    dataset.items.iter().filter(|item| item.has_mask()).count()
}

/// Files in a folder and those in it, links among them.
fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| if entry.file_type().unwrap().is_dir() { files_in(&entry.path()) } else { 1 })
        .sum()
}

/// What `data inspect` says; its account must add up to the files that are there.
fn inspected(project: &Project) -> String {
    let said = project.run(&["data", "inspect", "data"]).out;
    let line = said.lines().find(|line| line.contains("files found: "));
    let line = line.unwrap_or_else(|| panic!("no account in: {said}"));
    let (total, parts) = line.trim().strip_prefix("files found: ").unwrap().split_once(" = ").unwrap();
    let number = |text: &str| text.split_whitespace().next().unwrap().parse::<usize>().unwrap();
    let sum: usize = parts.split(" + ").map(number).sum();
    assert_eq!((sum, number(total)), (number(total), files_in(&project.path("data"))), "{said}");
    said
}

fn copy(project: &Project, from: &str, to: &str) {
    project.write(to, &std::fs::read(project.path(from)).unwrap());
}

#[test]
fn hidden_files_and_what_systems_leave_are_passed_over() {
    let project = usual();
    for name in
        ["train/good/._000.png", "test/spot/._x.png", ".DS_Store", "__MACOSX/good/._0.png", "test/Thumbs.db"]
    {
        project.write(&format!("data/{name}"), b"\0\x05\x16\x07");
    }
    let dataset = open(root(&project));
    assert_eq!(counts(&dataset), [12, 3, 3]);
    assert_eq!(of(&dataset, Kind::Hidden).len(), 5);
    assert!(inspected(&project).contains("5 hidden files"));
    let flat = flat();
    flat.write("data/__MACOSX/bad/._0.png", b"\0\x05\x16\x07");
    assert_eq!(counts(&open(root(&flat))), [8, 2, 4]);
}

#[test]
fn what_programs_write_beside_the_images_is_no_defect() {
    for (folder, kind) in [
        ("mask", Kind::Mask),
        ("ground_truth", Kind::Mask),
        ("Masks", Kind::Mask),
        ("labels", Kind::Mask),
        ("maps", Kind::Aside),
        ("results", Kind::Aside),
        ("Heatmaps", Kind::Aside),
    ] {
        let project = flat();
        for level in 200..204 {
            copy(&project, &format!("data/bad/{level}.png"), &format!("data/{folder}/{level}.png"));
        }
        let dataset = open(root(&project));
        assert_eq!(counts(&dataset), [8, 2, 4], "{folder}");
        assert_eq!(of(&dataset, kind).len(), 4, "{folder}");
        assert_eq!(masked(&dataset), if kind == Kind::Mask { 4 } else { 0 }, "{folder}");
        assert!(inspected(&project).contains(kind.words()), "{folder}");
        if kind == Kind::Aside {
            let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
            assert!(plan.contains("not taken: 4 images") && plan.contains(&format!("{folder}/ 4")), "{plan}");
        }
    }
    // Said, it is what is meant.
    let project = Project::new();
    fill(&project, "data/good", 10, 10);
    fill(&project, "data/mask", 200, 4);
    let spec = FolderSpec { normal: Some("good".into()), anomaly: Some("mask".into()), ..root(&project) };
    assert_eq!(counts(&open(spec)), [8, 2, 4]);
}

#[test]
fn folders_without_images_are_told_and_passed_over() {
    let project = flat();
    project.write("data/reports/notes.txt", b"notes");
    project.write("data/empty/deep/notes.txt", b"notes");
    std::fs::create_dir_all(project.path("data/nothing")).unwrap();
    assert_eq!(counts(&open(root(&project))), [8, 2, 4]);
    let said = inspected(&project);
    assert!(said.contains("3 folders without images: empty/, nothing/, reports/"), "{said}");
    let project = usual();
    std::fs::create_dir_all(project.path("data/test/hole")).unwrap();
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains("1 folder without images: test/hole/"), "{plan}");
}

#[test]
fn every_extension_of_the_formats_that_are_read_is_and_the_others_are_counted() {
    let project = usual();
    for name in ["a.jfif", "b.jpe", "c.JPG", "d.jif"] {
        project.write(&format!("data/train/good/{name}"), &fixture_bytes("rgb.jpg"));
    }
    for name in ["a.gif", "b.gif", "c.pgm", "d.jp2", "e.avif", "noextension"] {
        project.write(&format!("data/train/good/{name}"), b"anything");
    }
    let dataset = open(root(&project));
    assert_eq!(counts(&dataset), [16, 3, 3]);
    let said = inspected(&project);
    assert!(said.contains("6 files of other kinds: .gif 2,"), "{said}");
    for kind in [".pgm 1", ".jp2 1", ".avif 1", "without extension 1"] {
        assert!(said.contains(kind), "{kind}: {said}");
    }
    let run = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert!(run.code == 0 && run.err.contains(".gif 2"), "{}", run.err);
    let project = Project::with_sweep(SWEEP);
    project.write("data/train/good/a.gif", b"GIF89a");
    project.run(&["sweep", "plan", "sweep.toml"]).fails_with(2, "found 1 .gif");
}

#[test]
fn images_in_subfolders_are_read() {
    let project = usual();
    fill(&project, "data/train/good/batch2", 60, 4);
    fill(&project, "data/train/good/a/b", 80, 1);
    fill(&project, "data/test/spot/second", 210, 2);
    fill(&project, "data/train/good/rejected", 90, 1);
    let dataset = open(root(&project));
    assert_eq!(counts(&dataset), [17, 3, 5]);
    assert!(dataset.items.iter().any(|item| item.name == "train/good/batch2/60.png"));
    assert_eq!(of(&dataset, Kind::Aside), ["train/good/rejected/90.png"]);
    assert!(inspected(&project).contains("train/good/rejected/ 1"));
}

#[test]
fn folders_of_images_themselves_and_in_capitals() {
    let project = Project::with_sweep(SWEEP);
    fill(&project, "data/train", 10, 8);
    fill(&project, "data/train/batch2", 30, 2);
    fill(&project, "data/test/good", 40, 3);
    fill(&project, "data/test/spot", 200, 3);
    assert_eq!(counts(&open(root(&project))), [10, 3, 3]);
    project.ok(&["sweep", "plan", "sweep.toml"]);
    let project = Project::with_sweep(SWEEP);
    fill(&project, "data/Train/Good", 10, 8);
    fill(&project, "data/TEST/good", 40, 3);
    fill(&project, "data/TEST/Spot", 200, 3);
    fill(&project, "data/TEST", 220, 1);
    let dataset = open(root(&project));
    assert_eq!(counts(&dataset), [8, 3, 3]);
    assert_eq!(of(&dataset, Kind::Aside), ["TEST/220.png"], "it has no label");
    inspected(&project);
}

#[test]
fn layouts_that_can_be_understood_in_more_than_one_way_are_refused() {
    let refused = |folders: &[(&str, u8)], words: &str| {
        let project = Project::with_sweep(SWEEP);
        for (folder, first) in folders {
            fill(&project, &format!("data/{folder}"), *first, 3);
        }
        project.run(&["sweep", "plan", "sweep.toml"]).fails_with(2, words);
    };
    refused(
        &[("bottle/train/good", 10), ("bottle/test/good", 20), ("cable/train/good", 30)],
        "dataset of its own",
    );
    refused(
        &[("bottle/train/good", 10), ("bottle/test/good", 20), ("bottle/test/hole", 30)],
        "dataset of its own",
    );
    refused(&[("bad", 10)], "cannot tell which folder holds the normal images");
    refused(
        &[("train/good", 10), ("test/good", 20), ("test/ok", 30), ("test/hole", 40)],
        "may hold normal images, too",
    );
    refused(&[("train/good", 10), ("test/hole", 40)], "no folder of normal test images");
    refused(&[("normal/train", 10), ("normal/test", 20), ("bad/test", 30)], "dataset of its own");
    refused(&[("test/good", 10), ("test/hole", 20)], "there is `test` and no `train`");
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_and_names_that_are_no_text_are_read_or_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let project = usual();
    let good = project.path("data/train/good");
    symlink("gone.png", good.join("dangling.png")).unwrap();
    symlink("..", good.join("circle")).unwrap();
    fill(&project, "elsewhere", 70, 2);
    symlink(project.path("elsewhere/70.png"), good.join("linked.png")).unwrap();
    for name in [b"a\xff.png", b"a\xfe.png"] {
        let level = name[1];
        std::fs::write(
            good.join(OsStr::from_bytes(name)),
            [&fixture_bytes("rgb.png")[..], &[level]].concat(),
        )
        .unwrap();
    }
    let dataset = open(root(&project));
    assert_eq!(counts(&dataset), [15, 3, 3]);
    let names: std::collections::BTreeSet<&str> =
        dataset.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names.len(), dataset.items.len(), "no two have one name");
    assert!(names.contains("train/good/a\\xff.png"), "{names:?}");
    assert_eq!(of(&dataset, Kind::Broken), ["train/good/circle", "train/good/dangling.png"]);
    let said = inspected(&project);
    assert!(said.contains("dangling.png (a link to gone.png, which cannot be read)"), "{said}");
    assert!(said.contains("circle (a link that leads in a circle)"), "{said}");
    let run = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn test_images_that_are_trained_on_are_told_in_plan_run_and_report() {
    let project = Project::with_sweep(&SWEEP.replace(
        "root = \"data\"",
        "train = \"data/train/good\", test_normal = \"data/train/good\", test_anomaly = \"data/test/spot\"",
    ));
    fill(&project, "data/train/good", 10, 12);
    fill(&project, "data/test/spot", 200, 3);
    let words = "12 of 12 normal test images are training images, too";
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains(words), "{plan}");
    let run = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert!(run.code == 0 && run.err.contains(words), "{}", run.err);
    project.ok(&["report", "--out", "report"]);
    let page = std::fs::read_to_string(project.path("report/index.html")).unwrap();
    assert!(page.contains(words), "the page says nothing");
    // Most of them, in folders of their own.
    let project = usual();
    for (from, to) in [("10", "0"), ("11", "1")] {
        std::fs::remove_file(project.path(&format!("data/test/good/4{to}.png"))).unwrap();
        copy(&project, &format!("data/train/good/{from}.png"), &format!("data/test/good/copy{to}.png"));
    }
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains("2 of 3 normal test images are training images, too"), "{plan}");
}

#[test]
fn paths_of_their_own_share_no_file() {
    let project = Project::new();
    fill(&project, "data/part", 10, 8);
    fill(&project, "data/part/defects", 200, 3);
    fill(&project, "data/part/fine", 40, 3);
    let spec = FolderSpec {
        train: Some(project.path("data/part")),
        test_normal: Some(project.path("data/part/fine")),
        test_anomaly: Some(project.path("data/part/defects")),
        ..FolderSpec::default()
    };
    let dataset = open(spec);
    assert_eq!(counts(&dataset), [8, 3, 3]);
    assert_eq!(dataset.files(), 14);
}

/// Writes masks of the images in `test/spot` under other names.
fn with_masks(masks: &[(&str, &str)]) -> Project {
    let project = usual();
    for (image, mask) in masks {
        copy(&project, &format!("data/test/spot/{image}.png"), &format!("data/{mask}"));
    }
    project
}

#[test]
fn masks_are_found_in_every_layout() {
    for (what, masks) in [
        (
            "MVTec AD",
            [
                "ground_truth/spot/200_mask.png",
                "ground_truth/spot/201_mask.png",
                "ground_truth/spot/202_mask.png",
            ],
        ),
        (
            "MVTec LOCO",
            [
                "ground_truth/spot/200/000.png",
                "ground_truth/spot/201/000.png",
                "ground_truth/spot/202/000.png",
            ],
        ),
        (
            "KolektorSDD2",
            ["ground_truth/spot/200_GT.png", "ground_truth/spot/201_GT.png", "ground_truth/spot/202_gt.png"],
        ),
        ("beside the images", ["test/spot/200_mask.png", "test/spot/201_GT.png", "test/spot/202_mask.png"]),
        (
            "below the images",
            ["test/spot/masks/200.png", "test/spot/masks/201.png", "test/spot/masks/202.png"],
        ),
        (
            "in test",
            [
                "test/ground_truth/spot/200.png",
                "test/ground_truth/spot/201.png",
                "test/ground_truth/spot/202.png",
            ],
        ),
        ("in one folder", ["Masks/200.png", "Masks/201_mask.png", "Masks/mask_202.png"]),
        ("by split", ["gt/test/spot/200.bmp", "gt/test/spot/201.png", "gt/test/spot/202.png"]),
    ] {
        let images = ["200", "201", "202"];
        let project = with_masks(&images.into_iter().zip(masks).collect::<Vec<_>>());
        let dataset = open(root(&project));
        assert_eq!((counts(&dataset), masked(&dataset)), ([12, 3, 3], 3), "{what}");
        assert_eq!(of(&dataset, Kind::Mask).len(), 3, "{what}");
        let said = inspected(&project);
        assert!(said.contains("masks: 3 of 3 anomalous images"), "{what}: {said}");
    }
}

#[test]
fn masks_in_a_folder_of_ones_own_choice() {
    let project = with_masks(&[("200", "drawn/spot/200.png"), ("201", "drawn/201_mask.png")]);
    fill(&project, "data/ground_truth/spot", 202, 1);
    let spec = FolderSpec { masks: Some("drawn".into()), ..root(&project) };
    let dataset = open(spec);
    assert_eq!((counts(&dataset), masked(&dataset)), ([12, 3, 3], 2));
    assert_eq!(of(&dataset, Kind::Aside), ["ground_truth/spot/202.png"], "another place was named");

    let project = usual();
    for level in 200..203 {
        copy(&project, &format!("data/test/spot/{level}.png"), &format!("masks/{level}_mask.png"));
    }
    let paths = |masks| FolderSpec {
        train: Some(project.path("data/train/good")),
        test_normal: Some(project.path("data/test/good")),
        test_anomaly: Some(project.path("data/test/spot")),
        masks,
        ..FolderSpec::default()
    };
    let dataset = open(paths(Some(project.path("masks"))));
    assert_eq!((counts(&dataset), masked(&dataset), dataset.files()), ([12, 3, 3], 3, 21));
    assert_eq!(masked(&open(paths(None))), 0);
    let gone = Dataset::open(&DatasetSpec::Folder(paths(Some(project.path("gone"))))).unwrap_err();
    assert!(gone.to_string().contains("folder of masks not found"), "{gone}");
}

#[test]
fn names_of_masks_are_compared_composed() {
    let project = usual();
    copy(&project, "data/test/good/40.png", "data/test/f\u{e9}l/e\u{301}.png");
    copy(&project, "data/test/good/40.png", "data/ground_truth/fe\u{301}l/\u{e9}_mask.png");
    assert_eq!(masked(&open(root(&project))), 1);
}

#[test]
fn why_no_image_has_a_mask() {
    let said = project_says(&usual());
    assert!(said.contains("masks: 0 of 3 anomalous images (no folder `ground_truth`"), "{said}");
    let said = project_says(&with_masks(&[
        ("200", "ground_truth/spot/x1.png"),
        ("201", "ground_truth/spot/x2.png"),
    ]));
    assert!(said.contains("masks: 0 of 3 anomalous images (2 files lie among masks"), "{said}");
    assert!(said.contains("ground_truth/spot/x1.png (no image has that name)"), "{said}");
}

fn project_says(project: &Project) -> String {
    project.run(&["data", "inspect", "data"]).out
}

#[test]
fn inspect_counts_images_by_defect_and_lists_few_sizes() {
    let project = usual();
    fill(&project, "data/test/crack", 220, 2);
    for side in 20..50 {
        let image = image::GrayImage::from_pixel(side, 20, image::Luma([side as u8]));
        image.save(project.path(&format!("data/train/good/wide{side}.png"))).unwrap();
    }
    let said = project_says(&project);
    let line =
        |words: &str| said.lines().any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") == words);
    assert!(line("test anomaly 5") && line("spot 3") && line("crack 2"), "{said}");
    assert_eq!(
        said.lines().filter(|line| line.contains("×") && line.contains("pixels:")).count(),
        10,
        "{said}"
    );
    assert!(said.contains("other sizes"), "{said}");
}

/// Everything at once: nothing is counted twice or not at all.
#[cfg(unix)]
#[test]
fn the_account_of_a_folder_of_every_oddity_adds_up() {
    use std::os::unix::fs::symlink;
    let project = usual();
    for (from, to) in [
        ("test/spot/200.png", "ground_truth/spot/200_mask.png"),
        ("test/spot/201.png", "ground_truth/spot/201/000.png"),
        ("test/spot/201.png", "ground_truth/spot/201/001.png"),
        ("test/spot/202.png", "test/spot/202_GT.png"),
        ("test/good/40.png", "ground_truth/good/40.png"),
        ("test/good/40.png", "ground_truth/spot/nobody.png"),
        ("test/good/40.png", "results/maps/1.png"),
        ("test/good/40.png", "test/unlabelled.png"),
        ("test/good/40.png", "loose.png"),
        ("test/good/40.png", "train/bad/1.png"),
        ("test/good/40.png", "val/good/1.png"),
    ] {
        copy(&project, &format!("data/{from}"), &format!("data/{to}"));
    }
    for name in
        ["train/good/._0.png", ".git/config", "__MACOSX/x.png", "readme.txt", "train/good/x.gif", "license"]
    {
        project.write(&format!("data/{name}"), b"text");
    }
    project.write("data/train/good/empty.png", b"");
    project.write("data/test/spot/broken.png", b"no image");
    symlink("gone", project.path("data/train/good/dangling.png")).unwrap();
    symlink("..", project.path("data/test/circle")).unwrap();
    fill(&project, "data/train/good/nested/deep", 90, 2);
    std::fs::create_dir_all(project.path("data/test/nothing")).unwrap();
    let said = inspected(&project);
    for words in [
        "20 images",
        "2 that cannot be read",
        "4 masks of anomalous test images",
        "1 mask of a normal image",
        "1 file among masks that belongs to no image",
        "5 images in folders that are not used",
        "3 files of other kinds",
        "3 hidden files",
        "2 links and files that lead to nothing",
        "masks: 3 of 4",
        "unreadable: 2",
        "empty.png: the file is empty",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]).fails_with(2, "2 images cannot be read");
    let run = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu", "--skip-unreadable"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for words in ["empty.png (the file is empty)", "broken.png", "masks: 3 of 3", "hidden files"] {
        assert!(run.err.contains(words), "{words}: {}", run.err);
    }
    assert_eq!(project.sql("SELECT pixel_auroc IS NOT NULL FROM results"), ["1"]);
}

#[test]
fn unreadable_images_are_skipped_where_that_is_asked_for() {
    let project = usual();
    project.write("data/train/good/broken.png", b"no image");
    project.write("data/test/spot/cut.jpg", &fixture_bytes("truncated.jpg"));
    project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]).fails_with(2, "2 images cannot be read");
    project.write(
        "sweep.toml",
        SWEEP.replace("root = \"data\"", "root = \"data\", skip_unreadable = true").as_bytes(),
    );
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains("12 train, 3 normal and 3 anomalous"), "{plan}");
    assert!(
        plan.contains("2 images that cannot be read") && plan.contains("train/good/broken.png ("),
        "{plan}"
    );
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let whole = usual();
    whole.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let ids = "SELECT run_id FROM runs";
    assert_eq!(project.sql(ids), whole.sql(ids), "the images that are used are the same");
    project.ok(&["data", "inspect", "data", "--skip-unreadable"]);
}

/// Users of MVTec AD: the names, their order and so the digest are as ever.
#[test]
fn a_category_of_mvtec_ad_is_what_it_was() {
    let project =
        with_masks(&[("200", "ground_truth/spot/200_mask.png"), ("201", "ground_truth/spot/201_mask.png")]);
    let dataset = open(root(&project));
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"anolab images 1");
    for (split, label, folder, first, count) in [
        ("train", "normal", "train/good", 10, 12),
        ("test", "normal", "test/good", 40, 3),
        ("test", "anomaly", "test/spot", 200, 3),
    ] {
        for level in first..first + count {
            let name = format!("{folder}/{level}.png");
            let hash = blake3::hash(&std::fs::read(project.path("data").join(&name)).unwrap());
            hasher.update(format!("\n{split}\t{label}\t{hash}\t{name}").as_bytes());
        }
    }
    assert_eq!(dataset.digest, hasher.finalize().to_string());
    assert_eq!(masked(&dataset), 2);
}

#[test]
fn normal_images_alone_are_trained_on_given_a_threshold_and_judged() {
    let sweep = SWEEP.replace("components = 1", "components = 1\nholdout = 0.25");
    let layouts: [&[(&str, u8, u8)]; 4] = [
        &[("data/train/good", 10, 20), ("data/test/good", 40, 4)],
        &[("data/train/good", 10, 24)],
        &[("data/good", 10, 24)],
        &[("data", 10, 24)],
    ];
    for layout in layouts {
        let project = Project::with_sweep(&sweep);
        layout.iter().for_each(|(folder, first, count)| fill(&project, folder, *first, *count));
        let words = "there are no anomalous test images";
        let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
        assert!(plan.contains(words), "{plan}");
        let run = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
        assert!(run.code == 0 && run.err.contains(words), "{}", run.err);
        let results = project.sql(
            "SELECT auroc IS NULL, threshold IS NOT NULL, false_positive_rate IS NOT NULL, n_anomaly FROM results",
        );
        assert_eq!(results, ["1,1,1,0"], "{layout:?}");
        assert!(project.ok(&["data", "inspect", "data"]).contains(words));
        project.ok(&["runs", "list"]);
        project.ok(&["report", "--out", "report"]);
        let page = std::fs::read_to_string(project.path("report/index.html")).unwrap();
        assert!(page.contains(words), "the page says nothing");
        let run_id = &project.sql("SELECT run_id FROM runs")[0];
        let file = if project.path("data/10.png").exists() { "data/10.png" } else { "data/x.png" };
        if file == "data/x.png" {
            project.write(file, &fixture_bytes("rgb.png"));
        }
        let scored = project.ok(&["score", "--run", run_id, file]);
        assert!(scored.contains("normal") || scored.contains("anomaly"), "{scored}");
    }
}
