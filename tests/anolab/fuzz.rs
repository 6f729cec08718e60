//! Whatever a file holds, reading it ends in a value or an error, never in a panic.

use std::io::Write;
use std::path::Path;

use anolab::data::{Dataset, decode_file, to_pixels};
use anolab::spec::{DatasetSpec, IdxSpec, Sweep};
use anolab::store::Store;
use proptest::prelude::*;
use proptest::sample::Index;

use super::project::{Project, TINY, fixture_bytes};

/// A change of a file.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize),
    Insert(Index, Vec<u8>),
    Cut(Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let place = any::<Index>;
    let change = prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        4 => (place(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        2 => (place(), 1_usize..40).prop_map(|(at, length)| Change::Remove(at, length)),
        2 => (place(), 1_usize..40).prop_map(|(at, length)| Change::Repeat(at, length)),
        2 => (place(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => place().prop_map(Change::Cut),
    ];
    prop::collection::vec(change, 1..6)
}

/// `early` keeps the changes within the first bytes, where headers are.
fn changed(bytes: &[u8], changes: &[Change], early: bool) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let within = if early { bytes.len().min(120) } else { bytes.len() };
        let place = |at: &Index| at.index(within);
        let span = |at: &Index, length: usize| place(at)..(place(at) + length).min(bytes.len());
        match change {
            Change::Set(at, byte) => bytes[at.index(within)] = *byte,
            Change::Flip(at, bit) => bytes[at.index(within)] ^= 1 << bit,
            Change::Remove(at, length) => drop(bytes.drain(span(at, *length))),
            Change::Repeat(at, length) => {
                let again = bytes[span(at, *length)].to_vec();
                let here = place(at);
                bytes.splice(here..here, again);
            }
            Change::Insert(at, new) => {
                let here = place(at);
                bytes.splice(here..here, new.iter().copied());
            }
            Change::Cut(at) => bytes.truncate(place(at)),
        }
    }
    bytes
}

/// What a person is told about a sweep file, whole.
fn parse(text: &str) {
    if let Err(error) = Sweep::parse("some/sweep.toml", text) {
        let said = format!("{:?}", miette::Report::new(*error));
        assert!(said.contains("sweep.toml"), "no file is named: {said}");
    }
}

const SWEEPS: [&str; 4] = [
    TINY,
    include_str!("../../experiments/rich-casting.toml"),
    include_str!("../../experiments/best-casting.toml"),
    include_str!("../../experiments/paper-cloud.toml"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn sweep_files(which in 0..SWEEPS.len(), changes in changes()) {
        parse(&String::from_utf8_lossy(&changed(SWEEPS[which].as_bytes(), &changes, false)));
    }

    #[test]
    fn sweep_files_with_other_values(
        which in 0..SWEEPS.len(),
        line in any::<Index>(),
        value in concat!(
            r#"-?[0-9]{1,25}(\.[0-9]{1,3})?(e-?[0-9]{1,3})?|"[a-zé\\]{0,6}"|true|nan|-?inf|"#,
            r#"\[\]|\[\[1\]\]|\{\}|\[-?[0-9]{1,20}, "a"\]"#,
        ),
    ) {
        let mut lines: Vec<String> = SWEEPS[which].lines().map(String::from).collect();
        let line = line.index(lines.len());
        if let Some((key, _)) = lines[line].split_once('=') {
            lines[line] = format!("{key}= {value}");
        }
        parse(&lines.join("\n"));
    }

    #[test]
    fn texts_that_are_no_sweep_files(text in any::<String>()) {
        parse(&text);
    }
}

const IMAGES: [&str; 9] = [
    "rgb.png",
    "palette.png",
    "alpha.png",
    "gray16.png",
    "rgb.jpg",
    "cmyk.jpg",
    "rgb.bmp",
    "rgb.tif",
    "rgb.webp",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 700, ..ProptestConfig::default() })]

    #[test]
    fn image_files(which in 0..IMAGES.len(), changes in changes(), early in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image");
        std::fs::write(&path, changed(&fixture_bytes(IMAGES[which]), &changes, early)).unwrap();
        match decode_file(&path) {
            Ok(image) => for channels in [1, 3] {
                prop_assert_eq!(to_pixels(&image, 16, channels).len(), 256 * channels);
            },
            Err(error) => prop_assert!(error.to_string().contains("image"), "{}", error),
        }
    }
}

/// A header that promises more than there is must not be believed.
#[test]
fn images_that_claim_to_be_huge() {
    let folder = tempfile::tempdir().unwrap();
    // Where each format has its width and height, and how it writes them.
    let huge = 60_000_u32;
    for (name, places, big_endian) in
        [("rgb.png", [16, 20], true), ("rgb.bmp", [18, 22], false), ("rgb.jpg", [0, 0], true)]
    {
        let mut bytes = fixture_bytes(name);
        if name.ends_with("jpg") {
            let frame = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap() + 5;
            bytes[frame..frame + 4].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]); // 60,000 twice
        } else {
            for place in places {
                let number = if big_endian { huge.to_be_bytes() } else { huge.to_le_bytes() };
                bytes[place..place + 4].copy_from_slice(&number);
            }
        }
        if name.ends_with("png") {
            let mut crc = flate2::Crc::new();
            crc.update(&bytes[12..29]);
            bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        }
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let error = decode_file(&path).unwrap_err().to_string();
        assert!(error.to_lowercase().contains("limit") || error.contains("emory"), "{name}: {error}");
    }
}

/// Ten images of 5×4 pixels with their labels, twice.
fn idx_files() -> [(&'static str, Vec<u8>); 4] {
    let images = |count: u8| {
        [&[0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 5, 0, 0, 0, 4][..], &vec![7; 20 * usize::from(count)]]
            .concat()
    };
    let labels = |count: u8| -> Vec<u8> {
        [0, 0, 8, 1, 0, 0, 0, count].into_iter().chain((0..count).map(|nth| nth % 2)).collect()
    };
    [
        ("train-images-idx3-ubyte", images(10)),
        ("train-labels-idx1-ubyte", labels(10)),
        ("t10k-images-idx3-ubyte", images(6)),
        ("t10k-labels-idx1-ubyte", labels(6)),
    ]
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(bytes).unwrap();
    zipped.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn idx_files_of_all_sorts(
        which in 0_usize..4,
        changes in changes(),
        early in any::<bool>(),
        zipped in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (nth, (name, bytes)) in idx_files().into_iter().enumerate() {
            let (name, bytes) = match (nth == which, zipped) {
                (false, _) => (name.to_string(), bytes),
                (true, false) => (name.to_string(), changed(&bytes, &changes, early)),
                (true, true) => (format!("{name}.gz"), changed(&zip(&bytes), &changes, early)),
            };
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let spec = IdxSpec { root: folder.path().into(), normal_class: Some(0), ..IdxSpec::default() };
        if let Ok(dataset) = Dataset::open(&DatasetSpec::Idx(spec)) {
            for item in &dataset.items {
                to_pixels(&item.decode().unwrap(), 16, 1);
            }
        }
    }
}

/// Everything that commands read of a store.
fn read_all(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::read(path)?;
    let _ = store.check();
    let _ = store.resolve_run("");
    let _ = store.resolve_run("0");
    for view in ["runs", "results", "metrics", "scores", "leaderboard", "tags"] {
        let _ = store.query(&format!("SELECT * FROM {view}"));
    }
    for sweep in store.sweeps()? {
        let _ = (store.status(&sweep.name), store.work(&sweep.name), store.errors(&sweep.name));
    }
    for run in store.finished(None)? {
        let _ = (
            store.scores(&run.run_id),
            store.curve(&run.fit_id),
            store.pictures(&run.run_id, run.masks.as_deref()),
        );
    }
    Ok(())
}

#[test]
fn stores_that_are_damaged() {
    let project = Project::with_sweep(&TINY.replace("[0, 1]", "[0]"));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let whole = std::fs::read(project.path("store.db")).unwrap();
    read_all(&project.path("store.db")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("store.db");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 150,
        max_shrink_iters: 20,
        ..ProptestConfig::default()
    });
    let mut readable = 0;
    let spread = (changes(), any::<bool>(), prop::collection::vec((any::<Index>(), any::<u8>()), 0..300));
    runner
        .run(&spread, |(changes, early, noise)| {
            let mut bytes = changed(&whole, &changes, early);
            if !bytes.is_empty() {
                let length = bytes.len();
                noise.iter().for_each(|(at, byte)| bytes[at.index(length)] = *byte);
            }
            let _ = std::fs::remove_dir_all(folder.path().join("store.artifacts"));
            for left in ["store.db-wal", "store.db-shm"] {
                let _ = std::fs::remove_file(folder.path().join(left));
            }
            std::fs::write(&damaged, bytes).unwrap();
            let _ = read_all(&damaged);
            Ok(())
        })
        .unwrap();
    // The command line has slices of ids and formats of its own.
    for nth in 0..12_usize {
        let mut bytes = whole.clone();
        for step in 0..400 {
            let place = (step * 7919 + nth * 104_729) % bytes.len();
            bytes[place] = (step * 31 + nth) as u8;
        }
        if nth % 2 == 0 {
            bytes[..100].copy_from_slice(&whole[..100]);
        }
        project.write("damaged.db", &bytes);
        for command in
            [&["runs", "list"][..], &["sweep", "status"], &["store", "check"], &["runs", "show", "0"]]
        {
            let ran = project.run(&[&["--store", "damaged.db"], command].concat());
            assert!(!ran.err.contains("panicked") && (0..=2).contains(&ran.code), "{command:?}: {}", ran.err);
            readable += usize::from(ran.code == 0);
        }
    }
    assert!(readable < 48, "nothing was damaged");
}
