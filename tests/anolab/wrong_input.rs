//! The mistakes that people make, each with an error that says what, where and what to do.

use super::project::{Project, TINY, fixture_bytes};

const SWEEP: &str = r#"
name = "own"
dataset = { kind = "folder", root = "images" }
[base]
model = "ganomaly"
image_size = 16
width = 4
latent_size = 8
epochs = 1
batch_size = 2
"#;

/// A project with images in the layout of MVTec AD.
fn own_images() -> Project {
    let project = Project::with_sweep(SWEEP);
    for nth in 0..6u8 {
        for folder in ["train/good", "test/good", "test/bad"] {
            let mut bytes = fixture_bytes("rgb.png");
            bytes.extend([nth, folder.len() as u8]);
            project.write(&format!("images/{folder}/{nth}.png"), &bytes);
        }
    }
    project
}

fn run(project: &Project) -> super::project::Ran {
    project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"])
}

#[test]
fn a_sweep_on_own_images_works() {
    let project = own_images();
    let ran = run(&project);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn images_that_are_not_there() {
    let project = Project::with_sweep(SWEEP);
    run(&project).fails_with(2, "dataset folder not found: images");
    assert!(!project.path("store.db").exists(), "nothing is written before the input is right");
    std::fs::create_dir_all(project.path("images")).unwrap();
    run(&project).fails_with(2, "cannot tell which folder holds the normal images");
    let project = own_images();
    std::fs::remove_dir_all(project.path("images/train/good")).unwrap();
    std::fs::create_dir_all(project.path("images/train/good")).unwrap();
    run(&project).fails_with(2, "no images in images/train/good");
    let project = own_images();
    std::fs::remove_dir_all(project.path("images/test/bad")).unwrap();
    let alone = run(&project);
    assert!(alone.code == 0 && alone.err.contains("there are no anomalous test images"), "{}", alone.err);
}

#[test]
fn images_that_cannot_be_read() {
    for (file, words) in
        [("text.png", "its content is not that of a JPEG"), ("truncated.jpg", "cannot read image")]
    {
        let project = own_images();
        project.write(&format!("images/train/good/broken-{file}"), &fixture_bytes(file));
        let ran = run(&project);
        ran.fails_with(2, words);
        ran.fails_with(2, &format!("broken-{file}"));
        let inspected = project.run(&["data", "inspect", "images"]);
        assert_eq!(inspected.code, 2);
        assert!(inspected.out.contains("unreadable: 1"), "{}", inspected.out);
    }
}

#[test]
fn sweep_files_that_are_wrong() {
    let project = Project::with_sweep(&TINY.replace("latent_size", "latent_sice"));
    run(&project).fails_with(2, "did you mean `latent_size`?");
    let project = Project::with_sweep(&TINY.replace("\"anogan\", ", "\"anogun\", "));
    run(&project).fails_with(2, "`model` cannot be `anogun`");
    let project = Project::with_sweep(&TINY.replace("width = 4", "width = 1000000"));
    run(&project).fails_with(2, "`width` must lie from 1 to 4096, not 1000000");
    for name in ["a/b", "..", "my sweep", "", "index.html"] {
        let project = Project::with_sweep(&TINY.replace("\"tiny\"", &format!("{name:?}")));
        run(&project).fails_with(2, "this cannot be the name of a sweep");
    }
    run(&Project::new()).fails_with(2, "cannot read the sweep file sweep.toml");
    let project = Project::with_sweep(&TINY.replace("batch_size = 8", "batch_size = 512"));
    run(&project).fails_with(2, "lower that, or `holdout`");
}

#[test]
fn devices_and_stores_that_are_not_there() {
    let project = Project::with_sweep(TINY);
    let ran = project.run(&["sweep", "run", "sweep.toml", "--device", "cuda:7"]);
    ran.fails_with(2, "device cuda:7 is not here");
    project.run(&["sweep", "run", "sweep.toml", "--device", "gpu"]).fails_with(2, "known devices");
    project.run(&["runs", "list"]).fails_with(2, "there is no store at store.db");
    project.write("notes.db", "no database ".repeat(200).as_bytes());
    let ran = project.run(&["--store", "notes.db", "sweep", "run", "sweep.toml"]);
    ran.fails_with(2, "not a SQLite database");
    let ran = project.run(&["--store", "/proc/none/store.db", "sweep", "run", "sweep.toml"]);
    ran.fails_with(2, "cannot open the store");
}

/// Training fails in the worker; the run says why, and the others go on.
#[test]
fn a_run_that_fails_leaves_the_others_alone() {
    let project = Project::with_sweep(
        &TINY.replace("[grid.ganomaly]", "[grid.ganomaly]\nlearning_rate = [1e30, 1e-3]"),
    );
    let ran = run(&project);
    ran.fails_with(1, "diverged");
    let status = project.sql("SELECT status, count(*) FROM runs GROUP BY status");
    assert_eq!(status, ["diverged,4", "done,14"]);
    let errors = project.sql("SELECT DISTINCT error LIKE '%loss%' FROM runs WHERE status = 'diverged'");
    assert_eq!(errors, ["1"]);
}
