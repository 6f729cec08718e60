//! Files as people have them: formats, colours, orientation, layouts.

use anolab::data::{Dataset, Partition, decode_file, inspect, to_pixels};
use anolab::spec::{DatasetSpec, FolderSpec, IdxSpec, Label, Leakage, Scene, Split, SyntheticSpec, TestHalf};

use super::project::{Project, fixture, fixture_bytes};

const RED: [u8; 3] = [200, 30, 30];
const GREEN: [u8; 3] = [30, 200, 30];
const BLUE: [u8; 3] = [30, 30, 200];

fn close(found: [u8; 3], expected: [u8; 3], tolerance: u8) -> bool {
    found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= tolerance)
}

/// Every encoding of the same picture: thirds of red, green and blue, 24×16.
#[test]
fn formats_show_the_same_picture() {
    for (name, tolerance) in [
        ("rgb.png", 0),
        ("rgb.bmp", 0),
        ("rgb.tif", 0),
        ("rgb.webp", 0),
        ("rgb.jpg", 6),
        ("palette.png", 2),
        ("cmyk.jpg", 12),
        ("turned.jpg", 8),
    ] {
        let image = decode_file(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((image.width(), image.height()), (24, 16), "{name}");
        let image = image.into_rgb8();
        for (x, expected) in [(4, RED), (12, GREEN), (20, BLUE)] {
            let found = image.get_pixel(x, 8).0;
            assert!(close(found, expected, tolerance), "{name} at {x}: {found:?}, not {expected:?}");
        }
    }
}

#[test]
fn gray_is_one_channel_and_three_equal_ones() {
    let eight = to_pixels(&decode_file(&fixture("gray.png")).unwrap(), 16, 1);
    let sixteen = to_pixels(&decode_file(&fixture("gray16.png")).unwrap(), 16, 1);
    assert_eq!(eight.len(), 256);
    assert_eq!(eight, sixteen);
    let three = to_pixels(&decode_file(&fixture("gray.png")).unwrap(), 16, 3);
    assert_eq!(three, [eight.clone(), eight.clone(), eight].concat());
}

#[test]
fn transparent_pixels_are_white() {
    let pixels = to_pixels(&decode_file(&fixture("alpha.png")).unwrap(), 16, 3);
    let at = |x: usize| [pixels[8 * 16 + x], pixels[256 + 8 * 16 + x], pixels[512 + 8 * 16 + x]];
    assert!(close(at(1), [255, 255, 255], 1), "{:?}", at(1));
    assert!(close(at(14), BLUE, 1), "{:?}", at(14));
}

/// Golden values: the same file scaled by Pillow 12, `resize((16, 16), BILINEAR)`.
#[test]
fn scaling_agrees_with_pillow() {
    let ours = to_pixels(&decode_file(&fixture("noise.png")).unwrap(), 16, 1);
    let theirs = decode_file(&fixture("noise-16.png")).unwrap().into_luma8().into_raw();
    let worst = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(1), "{worst:?}");
}

#[test]
fn damaged_files_are_named() {
    for name in ["text.png", "truncated.jpg"] {
        let error = decode_file(&fixture(name)).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

fn folder(spec: FolderSpec) -> Dataset {
    Dataset::open(&DatasetSpec::Folder(spec)).unwrap()
}

fn counts(dataset: &Dataset) -> [usize; 3] {
    [
        dataset.count(Split::Train, Label::Normal),
        dataset.count(Split::Test, Label::Normal),
        dataset.count(Split::Test, Label::Anomaly),
    ]
}

/// Copies of a fixture that differ in a trailing byte, which decoders skip.
fn fill(project: &Project, folder: &str, count: usize) {
    for nth in 0..count {
        let mut bytes = fixture_bytes("rgb.png");
        bytes.extend(format!("{folder}{nth}").bytes());
        project.write(&format!("{folder}/{nth}.png"), &bytes);
    }
}

#[test]
fn layouts_are_recognised() {
    let project = Project::new();
    for (folder, count) in [
        ("casting/train/ok_front", 5),
        ("casting/train/def_front", 9),
        ("casting/test/ok_front", 3),
        ("casting/test/def_front", 2),
        ("mvtec/train/good", 4),
        ("mvtec/test/good", 2),
        ("mvtec/test/crack", 3),
        ("mvtec/test/hole", 1),
        ("mvtec/ground_truth/crack", 3),
        ("flat/ok", 10),
        ("flat/broken", 4),
    ] {
        fill(&project, folder, count);
    }
    let root = |name: &str| FolderSpec { root: Some(project.path(name)), ..FolderSpec::default() };
    assert_eq!(counts(&folder(root("casting"))), [5, 3, 2]);
    assert_eq!(counts(&folder(root("mvtec"))), [4, 2, 4]);
    let flat = folder(root("flat"));
    assert_eq!(counts(&flat), [8, 2, 4]);
    assert_eq!(flat.digest, folder(root("flat")).digest);
    let other = folder(FolderSpec { split_seed: 1, ..root("flat") });
    assert_ne!(flat.digest, other.digest, "another seed splits otherwise");
    let paths = FolderSpec {
        train: Some(project.path("flat/ok")),
        test_normal: Some(project.path("mvtec/test/good")),
        test_anomaly: Some(project.path("flat/broken")),
        ..FolderSpec::default()
    };
    assert_eq!(counts(&folder(paths)), [10, 2, 4]);
}

#[test]
fn identical_images_are_found_and_dropped() {
    let project = Project::new();
    fill(&project, "set/train/good", 4);
    fill(&project, "set/test/good", 2);
    fill(&project, "set/test/bad", 2);
    std::fs::copy(project.path("set/train/good/2.png"), project.path("set/test/good/copy.png")).unwrap();
    let spec = |leakage| FolderSpec { root: Some(project.path("set")), leakage, ..FolderSpec::default() };
    let kept = folder(spec(Leakage::Keep));
    assert_eq!(counts(&kept), [4, 3, 2]);
    let found = inspect(&kept, 4.0, &|| ());
    assert_eq!(found.leaked, [("train/good/2.png".to_string(), "test/good/copy.png".to_string())]);
    let dropped = folder(spec(Leakage::DropIdentical));
    assert_eq!((counts(&dropped), dropped.dropped), ([3, 3, 2], 1));
    assert_ne!(kept.digest, dropped.digest);
}

/// An image that is two gray levels brighter is another file, and still leaks.
#[test]
fn near_images_are_found_marked_and_dropped() {
    let project = Project::new();
    project.even_images("set/train/good", &[10, 60, 110, 160]);
    project.even_images("set/test/good", &[35, 85, 112]);
    project.even_images("set/test/bad", &[61, 230]);
    let spec = |leakage, near_distance| FolderSpec {
        root: Some(project.path("set")),
        leakage,
        near_distance,
        ..FolderSpec::default()
    };
    let leaked = |dataset: &Dataset| -> Vec<String> {
        dataset.items.iter().filter(|item| item.leaked).map(|item| item.name.clone()).collect()
    };
    let kept = folder(spec(Leakage::Keep, Some(3.0)));
    assert_eq!(leaked(&kept), ["test/good/112.png"]);
    assert_eq!(leaked(&folder(spec(Leakage::Keep, None))), [""; 0]);
    assert_eq!(leaked(&folder(spec(Leakage::Keep, Some(1.0)))), [""; 0]);

    let found = inspect(&kept, 3.0, &|| ());
    assert_eq!(found.leaked, [], "no bytes are the same");
    let [pair] = found.near[..] else { panic!("{:?}", found.near) };
    assert_eq!(kept.items[pair.train].name, "train/good/110.png");
    assert_eq!(kept.items[pair.test].name, "test/good/112.png");
    assert_eq!(pair.distance, 2.0);
    let distances = found.distances.unwrap();
    assert_eq!((distances.test, distances.train), (vec![2.0, 25.0, 25.0], vec![50.0; 4]));

    let dropped = folder(spec(Leakage::DropNear, Some(3.0)));
    assert_eq!((counts(&dropped), dropped.dropped), ([3, 3, 2], 1));
    assert_eq!(leaked(&dropped), [""; 0]);
}

#[test]
fn the_halves_of_the_test_images_share_nothing_and_miss_nothing() {
    let project = Project::new();
    fill(&project, "set/train/good", 4);
    fill(&project, "set/test/good", 20);
    fill(&project, "set/test/bad", 20);
    let names = |test_half| -> Vec<String> {
        let spec = FolderSpec { root: Some(project.path("set")), test_half, ..FolderSpec::default() };
        let dataset = folder(spec);
        assert_eq!(dataset.count(Split::Train, Label::Normal), 4);
        dataset.items.iter().filter(|item| item.split == Split::Test).map(|item| item.name.clone()).collect()
    };
    let (one, other) = (names(Some(TestHalf::Development)), names(Some(TestHalf::Report)));
    assert!(one.iter().all(|name| !other.contains(name)));
    let mut both = [one, other].concat();
    let mut all = names(None);
    both.sort();
    all.sort();
    assert_eq!(both, all);
}

fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

#[test]
fn idx_files_split_by_class() {
    let project = Project::new();
    for (prefix, labels) in [("train", [0u8, 1, 1, 2]), ("t10k", [1, 0, 2, 1])] {
        let pixels: Vec<u8> = (0..4 * 6).map(|n| n as u8 + labels[3]).collect();
        project.write(&format!("idx/{prefix}-images-idx3-ubyte"), &idx(&[4, 2, 3], &pixels));
        project.write(&format!("idx/{prefix}-labels-idx1-ubyte"), &idx(&[4], &labels));
    }
    let spec = |normal_class, anomaly_class| {
        DatasetSpec::Idx(IdxSpec {
            name: None,
            root: project.path("idx"),
            normal_class,
            anomaly_class,
            leakage: Leakage::Keep,
            near_distance: None,
            test_half: None,
        })
    };
    assert_eq!(counts(&Dataset::open(&spec(Some(1), None)).unwrap()), [2, 2, 2]);
    assert_eq!(counts(&Dataset::open(&spec(None, Some(1))).unwrap()), [2, 2, 2]);
    assert_eq!(counts(&Dataset::open(&spec(None, Some(0))).unwrap()), [3, 3, 1]);
}

#[test]
fn drawn_images_repeat_and_have_masks() {
    for scene in [Scene::Casting, Scene::Cloud] {
        let open =
            || Dataset::open(&DatasetSpec::Synthetic(SyntheticSpec { name: None, scene, count: 8 })).unwrap();
        let dataset = open();
        assert_eq!(dataset.digest, open().digest);
        assert_eq!(counts(&dataset), [8, 4, 4]);
        for item in &dataset.items {
            assert_eq!(item.has_mask(), item.label == Label::Anomaly);
            if let Some(mask) = item.mask(32).unwrap() {
                assert!(mask.contains(&true), "{} has no defect", item.name);
            }
        }
    }
}

#[test]
fn partitions_are_disjoint_and_seeded() {
    let spec = DatasetSpec::Synthetic(SyntheticSpec { name: None, scene: Scene::Casting, count: 40 });
    let dataset = Dataset::open(&spec).unwrap();
    let part = |seed| Partition::new(&dataset, seed, 0.1, 8).unwrap();
    let one = part(0);
    assert_eq!((one.train.len(), one.held_out.len(), one.test.len()), (36, 4, 40));
    assert!(one.held_out.iter().all(|index| !one.train.contains(index)));
    assert!(one.train_sample.iter().all(|index| one.train.contains(index)));
    assert_eq!(one, part(0));
    assert_ne!(one.held_out, part(1).held_out);
    assert!(Partition::new(&dataset, 0, 0.1, 64).unwrap_err().to_string().contains("batch_size"));
}
