use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use image::GrayImage;

use super::residual::residual;
use super::{SweepError, weights};
use crate::data::{Partition, Pixels, decode_file, to_pixels};
use crate::score::{self, Calibration, judge};
use crate::spec::RunConfig;
use crate::store::{Cell, Store, StoreError, Table};
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
            vec![Cell::Text(file.path.display().to_string()), Cell::Real(file.score), verdict]
        };
        Table {
            columns: vec!["image".into(), "score".into(), "verdict".into()],
            rows: files.iter().map(row).collect(),
        }
    }
}

/// Judges image files with a past run; with `maps`, writes the residual map of each there.
///
/// # Errors
/// A run that is not done, images that cannot be read, weights that are gone or damaged.
pub fn judge_files(
    store: &Store,
    run_id: &str,
    files: &[PathBuf],
    maps: Option<&Path>,
    device: &Device,
) -> Result<Vec<JudgedFile>, SweepError> {
    let past = store.past_run(run_id)?.ok_or_else(|| StoreError::NotDone(run_id.into()))?;
    let config: RunConfig = serde_json::from_str(&past.config)?;
    let path = store.weights_file(&past.weights);
    weights::verify(&path, &past.weights)?;
    let trained = load(&config.fit, &path, device)?;
    let (size, channels) = (config.fit.image_size, config.fit.channels);
    let images = files
        .iter()
        .map(|file| Ok(to_pixels(&decode_file(file)?, size, channels)))
        .collect::<Result<Vec<_>, SweepError>>()?;
    let pixels = Pixels::new(images.concat(), size, channels);
    let indices: Vec<usize> = (0..files.len()).collect();
    let calibration: Option<Calibration> =
        past.calibration.map(|text| serde_json::from_str(&text)).transpose()?;
    let images = score::Images { pixels: &pixels, partition: &Partition::none(), indices: &indices };
    let judged =
        judge(&config, &trained, images, calibration.as_ref(), device, &|_| ControlFlow::Continue(()))
            .ok_or(SweepError::Interrupted)?;
    if let Some(folder) = maps {
        for (index, made) in judged.reconstructions.iter().enumerate() {
            write_map(folder, &files[index], pixels.image(index), made, &pixels)?;
        }
    }
    let anomalous = |score: f64| past.threshold.map(|threshold| score > threshold);
    Ok(files
        .iter()
        .zip(&judged.scores)
        .map(|(path, score)| JudgedFile {
            path: path.clone(),
            score: score.score,
            anomalous: anomalous(score.score),
        })
        .collect())
}

fn write_map(
    folder: &Path,
    file: &Path,
    actual: &[u8],
    made: &[u8],
    pixels: &Pixels,
) -> Result<(), SweepError> {
    let residual = residual(actual, made, pixels.channels);
    let mean = |sum: u16| (f64::from(sum) / pixels.channels as f64).round() as u8;
    let bytes = residual.into_iter().map(mean).collect();
    let side = pixels.size as u32;
    let map = GrayImage::from_raw(side, side, bytes).expect("one value a pixel");
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let path = folder.join(format!("{name}-residual.png"));
    std::fs::create_dir_all(folder)
        .and_then(|()| map.save(&path).map_err(std::io::Error::other))
        .map_err(SweepError::io(format!("cannot write {}", path.display())))
}
