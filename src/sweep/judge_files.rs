//! New images, judged with a past run.

use std::collections::HashSet;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use burn::tensor::Device;
use image::{GrayImage, ImageFormat};

use super::residual::residual;
use super::{SweepError, weights};
use crate::atomic_file::{remove_abandoned, write_whole};
use crate::data::{Partition, Pixels, decode_in_range, to_pixels_in};
use crate::id::RunId;
use crate::score::{self, Calibration, judge};
use crate::spec::{BatchNormMode, DatasetSpec, Gray, RunConfig, Scoring};
use crate::store::{Store, StoreError};
use crate::table::{Cell, Table};
use crate::train::load;

/// One file's score under a past run.
#[derive(Debug, Clone)]
pub struct JudgedFile {
    /// The file.
    pub path: PathBuf,
    /// Its raw score.
    pub score: f64,
    /// Whether it lies above the run's threshold; absent where the run has none.
    pub anomalous: Option<bool>,
    /// Its residual map, where one was asked for.
    pub map: Option<PathBuf>,
}

impl JudgedFile {
    /// The scores as a table.
    pub fn table(files: &[Self]) -> Table {
        let row = |file: &Self| {
            let verdict = match file.anomalous {
                Some(true) => Cell::Text("anomaly".into()),
                Some(false) => Cell::Text("normal".into()),
                None => Cell::Null,
            };
            let map = file.map.as_ref().map(|path| Cell::Text(path.display().to_string()));
            let image = Cell::Text(file.path.display().to_string());
            [image, Cell::Real(file.score), verdict].into_iter().chain(map).collect()
        };
        let has_maps = files.iter().any(|file| file.map.is_some());
        let columns = ["image", "score", "verdict"].into_iter().chain(has_maps.then_some("map"));
        Table { columns: columns.map(String::from).collect(), rows: files.iter().map(row).collect() }
    }
}

/// Judges image files with a past run; with `maps`, writes the residual map of each there.
///
/// # Errors
/// A run that is not done, images that cannot be read or judged, weights that are gone or damaged, a
/// map that cannot be written.
pub fn judge_files(
    store: &Store,
    run_id: &RunId,
    files: &[PathBuf],
    maps: Option<&Path>,
    device: &Device,
) -> Result<Vec<JudgedFile>, SweepError> {
    let past = store.past_run(run_id)?.ok_or_else(|| StoreError::NotDone(run_id.clone()))?;
    let config = RunConfig::read(&past.config)?;
    let path = store.artifacts().weights(&past.weights);
    weights::verify(&path, &past.weights)?;
    let trained = load(&config.fit, &path, device)?;
    let (size, channels) = (config.fit.image_size, config.fit.channels);
    // As the images that it was trained on. Where those had no colours, there is no older gray to keep to.
    let dataset: DatasetSpec = serde_json::from_str(&past.dataset)?;
    let (range, fit) = (dataset.range(), dataset.fit());
    let gray = if past.coloured == Some(false) { Gray::Rec601 } else { config.fit.gray };
    let images = files
        .iter()
        .map(|file| Ok(to_pixels_in(&decode_in_range(file, range)?, size, channels, (gray, fit))))
        .collect::<Result<Vec<_>, SweepError>>()?;
    let pixels = Pixels::new(images.concat(), size, channels);
    let indices: Vec<usize> = (0..files.len()).collect();
    let calibration: Option<Calibration> =
        past.calibration.map(|text| serde_json::from_str(&text)).transpose()?;
    let images = score::Images { pixels: &pixels, partition: &Partition::none(), indices: &indices };
    let judged =
        judge(&config, &trained, images, calibration.as_ref(), device, &|_| ControlFlow::Continue(()))
            .ok_or(SweepError::Interrupted)?;
    if let Some(score) = judged.scores.iter().find(|score| !score.score.is_finite()) {
        let image = files[score.image].display().to_string();
        return Err(SweepError::NotFinite { image, score: score.score });
    }
    let paths: Vec<Option<PathBuf>> = match maps {
        Some(folder) => {
            remove_abandoned(folder, SystemTime::now());
            map_paths(folder, files).into_iter().map(Some).collect()
        }
        None => vec![None; files.len()],
    };
    for (index, path) in paths.iter().enumerate() {
        if let Some(path) = path {
            write_map(path, pixels.image(index), &judged.reconstructions[index], &pixels)?;
        }
    }
    let by_batch =
        matches!(&config.scoring, Scoring::Ganomaly(pass) if pass.batch_norm == BatchNormMode::Batch);
    if by_batch {
        tracing::warn!(
            "this run scores with the statistics of the images that are judged together (batch_norm = \
             \"batch\"): these \
             scores depend on each other, and its threshold is not for them"
        );
    }
    let threshold = past.threshold.filter(|_| !by_batch);
    let anomalous = |score: f64| threshold.map(|threshold| score > threshold);
    Ok(files
        .iter()
        .zip(&judged.scores)
        .zip(paths)
        .map(|((path, score), map)| JudgedFile {
            path: path.clone(),
            score: score.score,
            anomalous: anomalous(score.score),
            map,
        })
        .collect())
}

/// Where maps of `files` are written: each is named as its image; images of the same name in other folders are counted.
pub fn map_paths(folder: &Path, files: &[PathBuf]) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    let path = |file: &PathBuf| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let numbered = |nth: u32| if nth == 1 { name.to_string() } else { format!("{name}-{nth}") };
        let mut names = (1..).map(|nth| format!("{}-residual.png", numbered(nth)));
        let name = names.find(|name| taken.insert(name.clone())).unwrap_or_default();
        folder.join(name)
    };
    files.iter().map(path).collect()
}

fn write_map(path: &Path, actual: &[u8], made: &[u8], pixels: &Pixels) -> Result<(), SweepError> {
    let residual = residual(actual, made, pixels.channels);
    let mean = |sum: u16| (f64::from(sum) / pixels.channels as f64).round() as u8;
    let bytes = residual.into_iter().map(mean).collect();
    let side = pixels.size as u32;
    let map = GrayImage::from_raw(side, side, bytes).expect("one value per pixel");
    let mut png = Cursor::new(Vec::new());
    map.write_to(&mut png, ImageFormat::Png)
        .map_err(std::io::Error::other)
        .and_then(|()| write_whole(path, &[png.get_ref()]))
        .map_err(SweepError::io(format!("cannot write {}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_images_of_one_name_are_kept_apart() {
        let files = ["a/1.png", "b/1.png", "b/1-2.png", "c/1.jpg"].map(PathBuf::from);
        let names: Vec<PathBuf> = map_paths(Path::new("maps"), &files);
        let expected = ["1-residual", "1-2-residual", "1-2-2-residual", "1-3-residual"];
        assert_eq!(names, expected.map(|name| Path::new("maps").join(format!("{name}.png"))));
    }
}
