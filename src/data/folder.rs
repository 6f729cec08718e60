//! Datasets in folders.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rand::seq::SliceRandom;

use super::error::DataError;
use super::item::{Found, Source};
use crate::random::rng;
use crate::spec::{FolderSpec, Label, Split};

pub(super) const EXTENSIONS: &[&str] = &["jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp"];

/// Folder names that mean "normal" where the sweep file does not say.
const NORMAL_NAMES: &[&str] = &["good", "normal", "ok", "ok_front", "noncloud", "non_cloud", "non-cloud"];

/// Where masks are, in folders named as those of the anomalous images (MVTec AD).
const MASKS: &str = "ground_truth";

/// Share of flat normal images that becomes test images.
const TEST_SHARE: f64 = 0.2;

/// Finds the images of a folder dataset.
pub(super) fn find(spec: &FolderSpec) -> Result<Vec<Found>, DataError> {
    if let (Some(train), Some(test_normal), Some(test_anomaly)) =
        (&spec.train, &spec.test_normal, &spec.test_anomaly)
    {
        let mut found = images(train, Path::new("train"), Split::Train, Label::Normal)?;
        found.extend(images(test_normal, Path::new("test/normal"), Split::Test, Label::Normal)?);
        found.extend(images(test_anomaly, Path::new("test/anomaly"), Split::Test, Label::Anomaly)?);
        return Ok(found);
    }
    let root = spec.root.as_deref().unwrap_or(Path::new("."));
    if !root.is_dir() {
        return Err(DataError::NotFound { what: "dataset folder", path: root.into() });
    }
    if root.join("train").is_dir() { with_split(root, spec) } else { flat(root, spec) }
}

/// `train/<normal>`, `test/<normal>`, `test/<anomaly>` (all other folders of `test` by default).
fn with_split(root: &Path, spec: &FolderSpec) -> Result<Vec<Found>, DataError> {
    let (train, test) = (root.join("train"), root.join("test"));
    let normal = match &spec.normal {
        Some(name) => name.clone(),
        None => normal_name(root, &folders(&train)?)?,
    };
    let anomalies = anomaly_names(root, spec, folders(&test)?, &normal)?;
    let mut found =
        images(&train.join(&normal), &Path::new("train").join(&normal), Split::Train, Label::Normal)?;
    found.extend(images(&test.join(&normal), &Path::new("test").join(&normal), Split::Test, Label::Normal)?);
    for name in anomalies {
        let shown = Path::new("test").join(&name);
        let anomalous = images(&test.join(&name), &shown, Split::Test, Label::Anomaly)?;
        found.extend(masked(anomalous, &root.join(MASKS).join(&name))?);
    }
    Ok(found)
}

/// `<normal>` and `<anomaly>` beside each other: a seeded share of the normal images is tested.
fn flat(root: &Path, spec: &FolderSpec) -> Result<Vec<Found>, DataError> {
    let here = folders(root)?;
    let normal = match &spec.normal {
        Some(name) => name.clone(),
        None => normal_name(root, &here)?,
    };
    let anomalies = anomaly_names(root, spec, here, &normal)?;
    let mut found = images(&root.join(&normal), Path::new(&normal), Split::Train, Label::Normal)?;
    found.shuffle(&mut rng(spec.split_seed, "test split", 0));
    let tests = (found.len() as f64 * spec.test_share.unwrap_or(TEST_SHARE)).round() as usize;
    for item in found.iter_mut().take(tests) {
        item.split = Split::Test;
    }
    for name in anomalies {
        let anomalous = images(&root.join(&name), Path::new(&name), Split::Test, Label::Anomaly)?;
        found.extend(masked(anomalous, &root.join(MASKS).join(&name))?);
    }
    Ok(found)
}

fn normal_name(root: &Path, folders: &BTreeSet<String>) -> Result<String, DataError> {
    let known: Vec<&String> =
        folders.iter().filter(|name| NORMAL_NAMES.contains(&name.to_lowercase().as_str())).collect();
    match (known.as_slice(), folders.len()) {
        ([name], _) => Ok(name.to_string()),
        ([], 1) => Ok(folders.iter().next().cloned().unwrap_or_default()),
        _ => Err(DataError::Layout {
            path: root.into(),
            problem: format!(
                "cannot tell which folder holds the normal images (found: {}); name it with `normal = \"…\"`",
                if folders.is_empty() {
                    "no folders".into()
                } else {
                    folders.iter().cloned().collect::<Vec<_>>().join(", ")
                }
            ),
        }),
    }
}

fn anomaly_names(
    root: &Path,
    spec: &FolderSpec,
    mut folders: BTreeSet<String>,
    normal: &str,
) -> Result<Vec<String>, DataError> {
    if let Some(name) = &spec.anomaly {
        return Ok(vec![name.clone()]);
    }
    folders.remove(normal);
    folders.remove(MASKS);
    if folders.is_empty() {
        return Err(DataError::Layout {
            path: root.into(),
            problem: format!(
                "no folder of anomalous test images beside `{normal}`; a few are needed to judge a model"
            ),
        });
    }
    Ok(folders.into_iter().collect())
}

fn folders(path: &Path) -> Result<BTreeSet<String>, DataError> {
    if !path.is_dir() {
        return Err(DataError::NotFound { what: "dataset folder", path: path.into() });
    }
    Ok(entries(path)?
        .into_iter()
        .filter(|entry| entry.is_dir())
        .filter_map(|entry| Some(entry.file_name()?.to_str()?.to_string()))
        .filter(|name| !name.starts_with('.'))
        .collect())
}

fn images(folder: &Path, shown: &Path, split: Split, label: Label) -> Result<Vec<Found>, DataError> {
    if !folder.is_dir() {
        return Err(DataError::NotFound { what: "image folder", path: folder.into() });
    }
    let found: Vec<Found> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_file() && has_image_extension(path))
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{}/{name}", shown.display()).replace('\\', "/");
            Found { name, split, label, source: Source::File(path), mask: None }
        })
        .collect();
    if found.is_empty() {
        return Err(DataError::NoImages { path: folder.into(), extensions: EXTENSIONS.join(", ") });
    }
    Ok(found)
}

/// Gives images their masks where `folder` has them: `NAME_mask` or `NAME` for the image `NAME`.
fn masked(mut found: Vec<Found>, folder: &Path) -> Result<Vec<Found>, DataError> {
    if !folder.is_dir() {
        return Ok(found);
    }
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let masks: HashMap<String, PathBuf> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_file() && has_image_extension(path))
        .map(|path| (stem(&path), path))
        .collect();
    for item in &mut found {
        let name = stem(Path::new(&item.name));
        item.mask =
            masks.get(&format!("{name}_mask")).or_else(|| masks.get(&name)).cloned().map(Source::File);
    }
    Ok(found)
}

pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut paths = std::fs::read_dir(folder)
        .map_err(DataError::io(folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(DataError::io(folder))?;
    paths.sort();
    Ok(paths)
}

pub(super) fn has_image_extension(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| EXTENSIONS.contains(&extension.to_lowercase().as_str()))
}
