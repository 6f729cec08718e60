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
    std::fs::copy(project.path("data/train/good/11.png"), project.path("data/test/bad/11.png")).unwrap();
    std::fs::create_dir_all(project.path("data/ot\u{1b}her")).unwrap();
    std::fs::copy(project.path("data/train/good/12.png"), project.path("data/ot\u{1b}her/12.png")).unwrap();
    let said = project.run(&["init", "data", "--out", "sweep.toml"]).err;
    for words in [
        "2 images in train and test alike",
        "1 file cannot be read and left out",
        "not taken: 1 image in a folder that is not used: ot her/ 1",
        "the same image is normal and anomalous (train/good/11.png = test/bad/11.png)",
    ] {
        assert!(said.contains(words), "`{words}` is not in:\n{said}");
    }
    let text = std::fs::read_to_string(project.path("sweep.toml")).unwrap();
    for words in
        ["channels = 3", "image_size = 64", "skip_unreadable = true", "2 images in train and test alike"]
    {
        assert!(text.contains(words), "`{words}` is not in:\n{text}");
    }
    project.ok(&["sweep", "plan", "sweep.toml"]);
    let run = project.run(&["sweep", "plan", "sweep.toml"]);
    assert!(run.out.contains("one of its two labels is wrong"), "{}{}", run.out, run.err);
    project.write("few/good/1.txt", b"no image");
    project.run(&["init", "few"]).fails_with(2, "no images");
}

#[test]
fn folders_of_any_name_can_be_named() {
    let project = Project::new();
    project.even_images("parts/iO", &(10..30).collect::<Vec<_>>());
    project.even_images("parts/niO", &(200..210).collect::<Vec<_>>());
    project.run(&["init", "parts"]).fails_with(2, "--normal");
    project.run(&["init", "parts", "--anomaly", "niO"]).fails_with(2, "--normal <NAME>");
    let said = project.run(&["init", "parts", "--normal", "iO", "--anomaly", "niO"]).err;
    assert!(said.contains("16 images to train on, 4 normal and 10 anomalous images to test"), "{said}");
    project.ok(&["sweep", "plan", "parts.toml"]);
}

/// As many components as there are different images, less one, whatever is held out.
#[test]
fn what_is_written_for_copied_images_runs() {
    let project = Project::new();
    project.even_images("parts/bad", &[200, 210]);
    std::fs::create_dir_all(project.path("parts/good")).unwrap();
    for nth in 0..10 {
        let gray = |x: u32, y: u32| image::Luma([((x / 4 + 3 * nth) * (y / 4 + nth) % 200) as u8]);
        for copy in ["", "-copy"] {
            let path = project.path(&format!("parts/good/{nth}{copy}.png"));
            image::GrayImage::from_fn(40, 40, gray).save(path).unwrap();
        }
        project.write(&format!("parts/good/broken-{nth}.png"), format!("no image {nth}").as_bytes());
    }
    project.ok(&["init", "parts"]);
    let only = ["--set", "model=pca", "--set", "seed=[0,1,2]", "--device", "cpu"];
    project.ok(&[&["sweep", "run", "parts.toml"][..], &only].concat());
}
