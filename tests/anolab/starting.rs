//! `anolab init`: a sweep file for any folder of images.

use image::{Rgb, RgbImage};

use super::project::Project;

#[test]
fn a_sweep_file_is_written_that_plans() {
    let project = Project::new();
    for (folder, first) in [("good", 10u8), ("bad", 200)] {
        project.even_images(&format!("my parts/{folder}"), &(first..first + 30).collect::<Vec<_>>());
    }
    let ran = project.run(&["init", "my parts"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "my-parts.toml\n"), "{}", ran.err);
    assert!(
        ran.err.contains("24 images to train on, 6 normal and 30 anomalous images to test"),
        "{}",
        ran.err
    );
    let text = std::fs::read_to_string(project.path("my-parts.toml")).unwrap();
    insta::assert_snapshot!(text);
    let plan = project.ok(&["sweep", "plan", "my-parts.toml"]);
    assert!(plan.starts_with("sweep my-parts: 21 runs that need 18 fits"), "{plan}");
    project.run(&["init", "my parts"]).fails_with(2, "my-parts.toml is there already");
    project.ok(&["init", "my parts", "--force"]);
}

#[test]
fn it_looks_at_the_images() {
    let project = Project::new();
    for (folder, first) in [("train/good", 10u8), ("test/good", 60), ("test/bad", 200)] {
        std::fs::create_dir_all(project.path(&format!("data/{folder}"))).unwrap();
        for level in first..first + 8 {
            let path = project.path(&format!("data/{folder}/{level}.png"));
            RgbImage::from_pixel(200, 150, Rgb([level, 0, 0])).save(path).unwrap();
        }
    }
    std::fs::copy(project.path("data/train/good/10.png"), project.path("data/test/good/10.png")).unwrap();
    project.write("data/train/good/broken.png", b"no image");
    project.ok(&["init", "data", "--out", "sweep.toml"]);
    let text = std::fs::read_to_string(project.path("sweep.toml")).unwrap();
    for words in
        ["channels = 3", "image_size = 64", "skip_unreadable = true", "1 image in train and test alike"]
    {
        assert!(text.contains(words), "`{words}` is not in:\n{text}");
    }
    project.ok(&["sweep", "plan", "sweep.toml"]);
    project.write("few/good/1.txt", b"no image");
    project.run(&["init", "few"]).fails_with(2, "no images");
}
