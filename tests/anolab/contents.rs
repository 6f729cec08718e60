//! What is in image files: their values, their colours, their ends.

use std::io::Cursor;
use std::path::Path;

use anolab::data::{Dataset, decode_file, decode_in_range, to_pixels};
use anolab::spec::{DatasetSpec, FolderSpec, RunConfig};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage};
use tiff::encoder::{TiffEncoder, colortype};

use super::project::{Project, fixture_bytes};

const SWEEP: &str = r#"
name = "contents"
dataset = { kind = "folder", root = "data" }

[base]
model = "brightness"
image_size = 16
"#;

fn even16(path: &Path, level: u16) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let image: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_pixel(20, 20, Luma([level]));
    DynamicImage::ImageLuma16(image).save(path).unwrap();
}

/// 16-bit images of a camera that gives 12 bits.
fn twelve_bits(sweep: &str) -> Project {
    let project = Project::with_sweep(sweep);
    for (folder, first, count) in [("train/good", 1000, 8), ("test/good", 1020, 3), ("test/spot", 4000, 3)] {
        for nth in 0..count {
            even16(&project.path(&format!("data/{folder}/{nth}.png")), first + nth);
        }
    }
    project
}

#[test]
fn twelve_bits_in_sixteen_are_warned_of_and_spread_where_the_range_is_said() {
    let project = twelve_bits(SWEEP);
    let words = "14 images have 16 bits a value and none above 4002: they are read as nearly black; say what is white, \
                 such as `range = [0, 4095]`";
    let said = project.ok(&["data", "inspect", "data"]);
    assert!(said.contains(words), "{said}");
    assert!(said.contains("more than 8 bits a value: 14 images, values from 1000 to 4002"), "{said}");
    assert!(project.ok(&["sweep", "plan", "sweep.toml"]).contains(words));
    let run = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert!(run.code == 0 && run.err.contains(words), "{}", run.err);

    let ranged = twelve_bits(&SWEEP.replace("root = \"data\"", "root = \"data\", range = [0, 4095]"));
    let plan = ranged.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(!plan.contains("nearly black"), "{plan}");
    ranged.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let brightest = "SELECT max(score) FROM scores";
    let [dark, spread] = [&project, &ranged].map(|project| project.sql(brightest)[0].parse::<f64>().unwrap());
    assert_eq!((dark, spread), (16.0, 249.0), "4002 of 65535 and of 4095");
    assert_ne!(project.sql("SELECT run_id FROM runs"), ranged.sql("SELECT run_id FROM runs"), "other pixels");
    // New images are read as those that were trained on.
    let [dark, spread] = [&project, &ranged].map(|project| {
        even16(&project.path("new.png"), 4002);
        project.run(&["score", "--run", &project.sql("SELECT run_id FROM runs")[0], "new.png"])
    });
    assert_eq!((dark.code, spread.code), (0, 0), "{} {}", dark.err, spread.err);
    assert!(spread.out.contains("249") && !spread.err.contains("warning"), "{} {}", spread.out, spread.err);
    let words = "warning: 1 image with 16 bits a value and none above 4002: read as nearly black";
    assert!(dark.out.contains("16") && dark.err.contains(words), "{} {}", dark.out, dark.err);
}

#[test]
fn full_sixteen_bits_and_eight_are_not_warned_of() {
    let project = twelve_bits(SWEEP);
    even16(&project.path("data/test/spot/bright.png"), 60_000);
    let said = project.ok(&["data", "inspect", "data"]);
    assert!(said.contains("15 images have 16 bits a value, 14 of them none above 4002"), "{said}");
    for nth in 0..14 {
        even16(&project.path(&format!("data/test/spot/bright-{nth}.png")), 40_000 + nth);
    }
    assert!(!project.ok(&["data", "inspect", "data"]).contains("nearly black"), "most use what 16 bits hold");
    let project =
        Project::with_sweep(&SWEEP.replace("root = \"data\"", "root = \"data\", range = [0, 4095]"));
    for (folder, levels) in [("train/good", [1, 2, 3]), ("test/good", [4, 5, 6]), ("test/spot", [7, 8, 9])] {
        project.even_images(&format!("data/{folder}"), &levels);
    }
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(plan.contains("9 images have 8 bits a value: `range` says nothing of them"), "{plan}");
    let wrong = Project::with_sweep(&SWEEP.replace("root = \"data\"", "root = \"data\", range = [9, 4]"));
    wrong.run(&["sweep", "plan", "sweep.toml"]).fails_with(2, "`range` must be two numbers");
}

fn floats(path: &Path, values: &[f32]) {
    let mut bytes = Cursor::new(Vec::new());
    TiffEncoder::new(&mut bytes)
        .unwrap()
        .write_image::<colortype::Gray32Float>(values.len() as u32, 1, values)
        .unwrap();
    std::fs::write(path, bytes.into_inner()).unwrap();
}

#[test]
fn floats_are_read_from_0_to_1_and_otherwise_refused_or_scaled() {
    let project = Project::new();
    let path = project.path("floats.tif");
    floats(&path, &[0.0, 0.5, 1.0]);
    assert_eq!(decode_file(&path).unwrap().into_luma8().into_raw(), [0, 128, 255]);
    floats(&path, &[0.0, 127.5, 255.0]);
    let refused = decode_file(&path).unwrap_err().to_string();
    assert!(refused.contains("floats from 0 to 255") && refused.contains("range = [0, 255]"), "{refused}");
    let scaled = decode_in_range(&path, Some([0.0, 255.0])).unwrap();
    assert_eq!(scaled.into_luma8().into_raw(), [0, 128, 255]);
    let rgb = image::Rgb32FImage::from_fn(2, 1, |x, _| Rgb([200.0 * x as f32, 0.0, 0.0]));
    DynamicImage::ImageRgb32F(rgb).save(&path).unwrap();
    assert!(decode_file(&path).unwrap_err().to_string().contains("floats from 0 to 200"));
    assert_eq!(
        decode_in_range(&path, Some([0.0, 200.0])).unwrap().into_rgb8().into_raw(),
        [0, 0, 0, 255, 0, 0]
    );
}

#[test]
fn big_tiffs_are_read_and_other_files_are_named_for_what_they_are() {
    let project = Project::new();
    let mut bytes = Cursor::new(Vec::new());
    TiffEncoder::new_big(&mut bytes).unwrap().write_image::<colortype::Gray8>(2, 1, &[7, 200]).unwrap();
    project.write("big.tif", bytes.get_ref());
    assert_eq!(decode_file(&project.path("big.tif")).unwrap().into_luma8().into_raw(), [7, 200]);
    let mut deep = Cursor::new(Vec::new());
    TiffEncoder::new(&mut deep).unwrap().write_image::<colortype::Gray32>(1, 1, &[7]).unwrap();
    for (bytes, words) in [
        (&b""[..], "the file is empty"),
        (b"GIF89a........", "of Gif; convert it to PNG"),
        (b"\0\0\0\x18ftypheic........", "of HEIC"),
        (b"\0\x05\x16\x07\0\x02\0\0", "AppleDouble"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"<!DOCTYPE html>", "HTML"),
        (deep.get_ref(), "Gray(32)"),
    ] {
        project.write("odd.png", bytes);
        let said = decode_file(&project.path("odd.png")).unwrap_err().to_string();
        assert!(said.contains(words) && said.contains("odd.png"), "{said}");
    }
}

#[test]
fn a_whole_jpeg_with_bytes_after_its_end_is_whole() {
    let project = Project::new();
    let whole = fixture_bytes("rgb.jpg");
    for after in [&b"trailer"[..], b"\xff\xda\0\0", b"MotionPhoto_Data\xff\xda\xff\xd8\xff"] {
        project.write("motion.jpg", &[&whole[..], after].concat());
        let read = decode_file(&project.path("motion.jpg")).unwrap();
        project.write("plain.jpg", &whole);
        assert_eq!(read, decode_file(&project.path("plain.jpg")).unwrap());
    }
    project.write("cut.jpg", &whole[..whole.len() - 20]);
    assert!(decode_file(&project.path("cut.jpg")).unwrap_err().to_string().contains("truncated"));
}

/// Values of Pillow 12: `Image.new("RGB", (1, 1), colour).convert("L")`.
#[test]
fn gray_is_that_of_pillow() {
    for (colour, gray) in [
        ([255, 0, 0], 76),
        ([0, 255, 0], 150),
        ([0, 0, 255], 29),
        ([200, 30, 30], 81),
        ([10, 20, 30], 18),
        ([77, 77, 77], 77),
        ([255, 255, 255], 255),
    ] {
        let image = DynamicImage::ImageRgb8(RgbImage::from_pixel(16, 16, Rgb(colour)));
        assert_eq!(to_pixels(&image, 16, 1), [gray; 256], "{colour:?}");
    }
}

fn coloured(project: &Project) {
    for (folder, first, count) in [("train/good", 10u8, 8u8), ("test/good", 40, 3), ("test/spot", 200, 3)] {
        std::fs::create_dir_all(project.path(&format!("data/{folder}"))).unwrap();
        for level in first..first + count {
            let path = project.path(&format!("data/{folder}/{level}.png"));
            RgbImage::from_pixel(20, 20, Rgb([level, 0, 0])).save(path).unwrap();
        }
    }
}

/// Other gray values are another experiment; where nothing changes, neither do the names.
#[test]
fn only_gray_runs_on_colours_have_new_names() {
    let planned = |project: &Project, sweep: &str| -> Vec<(String, RunConfig)> {
        let sweep = anolab::spec::Sweep::parse(
            "t.toml",
            &sweep.replace(
                "root = \"data\"",
                &format!("root = {:?}", project.path("data").display().to_string()),
            ),
        )
        .unwrap();
        let planned = anolab::sweep::plan("t.toml", sweep).unwrap();
        let ids = planned.ids.iter().map(|(_, run_id)| run_id.to_string());
        ids.zip(planned.runs.clone()).collect()
    };
    let sweep = format!("{SWEEP}channels = CHANNELS\n");
    let (gray, colour) = (sweep.replace("CHANNELS", "1"), sweep.replace("CHANNELS", "3"));
    let first_gray = |sweep: &str| sweep.replace("root = \"data\"", "root = \"data\", gray = \"rec709\"");
    let project = Project::new();
    coloured(&project);
    assert_ne!(planned(&project, &gray), planned(&project, &first_gray(&gray)));
    assert_eq!(planned(&project, &colour), planned(&project, &first_gray(&colour)));
    let (_, run) = &planned(&project, &gray)[0];
    assert!(serde_json::to_string(run).unwrap().contains("\"gray\":\"rec601\""));
    let project = Project::new();
    for (folder, first) in [("train/good", 10), ("test/good", 40), ("test/spot", 200)] {
        project.even_images(&format!("data/{folder}"), &[first, first + 1, first + 2]);
    }
    assert_eq!(planned(&project, &gray), planned(&project, &first_gray(&gray)));
}

/// A run of an earlier build goes on judging as it did.
#[test]
fn new_images_become_gray_as_those_that_were_trained_on() {
    let score = |dataset: &str| {
        let project = Project::with_sweep(&SWEEP.replace("root = \"data\"", dataset));
        coloured(&project);
        project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
        let run_id = project.sql("SELECT run_id FROM runs")[0].clone();
        let known =
            project.sql("SELECT round(score, 4) FROM scores WHERE image = 'test/spot/201.png'")[0].clone();
        let table = project.ok(&["score", "--run", &run_id, "data/test/spot/201.png", "--format", "csv"]);
        let row = table.lines().find(|line| line.contains("201.png")).unwrap().to_string();
        let scored: f64 = row.split(',').find_map(|cell| cell.parse().ok()).unwrap();
        assert!((scored - known.parse::<f64>().unwrap()).abs() < 2e-4, "{row}, not {known}");
        // A run as a sweep file names its gray.
        let again = project.ok(&["runs", "show", &run_id, "--toml"]);
        project.write("again.toml", again.as_bytes());
        let plan = project.ok(&["sweep", "plan", "again.toml"]);
        assert!(plan.contains("1 done"), "{again}\n{plan}");
        scored
    };
    let (now, before) = (score("root = \"data\""), score("root = \"data\", gray = \"rec709\""));
    assert!((now - before).abs() > 1e-3, "{now} {before}");
}

#[test]
fn files_of_several_pictures_are_told() {
    let project = Project::new();
    for (folder, first) in [("train/good", 10), ("test/good", 40), ("test/spot", 200)] {
        project.even_images(&format!("data/{folder}"), &[first, first + 1, first + 2]);
    }
    let mut bytes = Cursor::new(Vec::new());
    {
        let mut pages = TiffEncoder::new(&mut bytes).unwrap();
        for level in [5, 250] {
            pages.write_image::<colortype::Gray8>(2, 1, &[level; 2]).unwrap();
        }
    }
    project.write("data/train/good/pages.tif", bytes.get_ref());
    let said = project.ok(&["data", "inspect", "data"]);
    assert!(said.contains("1 file holds several pictures; the first of them is taken"), "{said}");
    assert_eq!(
        decode_file(&project.path("data/train/good/pages.tif")).unwrap().into_luma8().into_raw(),
        [5, 5]
    );
}

/// Eight threads at images of 48 MB each: slower, but whole.
#[test]
fn large_images_are_decoded_one_after_the_other() {
    let project = Project::new();
    for (folder, count) in [("train/good", 4), ("test/good", 2), ("test/spot", 2)] {
        for nth in 0..count {
            let image = RgbImage::from_pixel(4000, 4000, Rgb([nth, 10, 20]));
            let mut bytes = Cursor::new(Vec::new());
            DynamicImage::ImageRgb8(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
            project.write(&format!("data/{folder}/{nth}.png"), bytes.get_ref());
        }
    }
    let spec = FolderSpec { root: Some(project.path("data")), ..FolderSpec::default() };
    let dataset = Dataset::open(&DatasetSpec::Folder(spec)).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let gray = anolab::spec::Gray::Rec601;
    let pixels = anolab::data::pixels(&dataset, 16, 3, gray, cache.path(), &|| ()).unwrap();
    assert_eq!(pixels.image(0)[256], 10);
}

/// Wide images with a bright square at their left edge, which the middle does not show.
#[test]
fn images_that_are_not_square_are_squeezed_padded_or_cropped() {
    let run = |fit: &str| {
        let project =
            Project::with_sweep(&SWEEP.replace("root = \"data\"", &format!("root = \"data\"{fit}")));
        let wide = |low: u8, high: u8| {
            image::GrayImage::from_fn(80, 40, |x, y| Luma([if x < 20 && y < 20 { high } else { low }]))
        };
        for (folder, first, count) in [("train/good", 10u8, 8u8), ("test/good", 40, 3), ("test/spot", 60, 3)]
        {
            std::fs::create_dir_all(project.path(&format!("data/{folder}"))).unwrap();
            for level in first..first + count {
                let high = if folder == "test/spot" { 255 } else { level };
                wide(level, high).save(project.path(&format!("data/{folder}/{level}.png"))).unwrap();
            }
        }
        std::fs::create_dir_all(project.path("data/ground_truth/spot")).unwrap();
        for level in 60..63 {
            wide(0, 255).save(project.path(&format!("data/ground_truth/spot/{level}.png"))).unwrap();
        }
        project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
        let run_id = project.sql("SELECT run_id FROM runs")[0].clone();
        let score: f64 =
            project.sql("SELECT score FROM scores WHERE image = 'test/spot/60.png'")[0].parse().unwrap();
        let table = project.ok(&["score", "--run", &run_id, "data/test/spot/60.png", "--format", "csv"]);
        let row = table.lines().find(|line| line.contains("60.png")).unwrap();
        let scored: f64 = row.split(',').find_map(|cell| cell.parse().ok()).unwrap();
        assert!((scored - score).abs() < 1e-3, "new images are fitted alike: {row}, {score}");
        let lost = project.sql("SELECT lost_masks FROM results")[0].clone();
        (project.sql("SELECT dataset_digest FROM runs")[0].clone(), score, lost)
    };
    let (squeezed, padded, cropped) = (run(""), run(", fit = \"pad\""), run(", fit = \"crop\""));
    assert_eq!(squeezed.0, run(", fit = \"squeeze\"").0);
    assert!(squeezed.0 != padded.0 && padded.0 != cropped.0);
    // An eighth of the image is 255, the rest 60; half of the padded square is black; the middle has no bright pixel.
    for ((_, score, _), expected) in [(&squeezed, 84.4), (&padded, 42.2), (&cropped, 60.0)] {
        assert!((score - expected).abs() < 2.0, "{score}, not {expected}");
    }
    assert_eq!([&squeezed.2, &padded.2, &cropped.2], ["0", "0", "3"], "the middle does not show them");
}
