//! From judged images to what the store keeps of a run.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::residual::pixel_measures;
use crate::data::{DataError, Dataset, Partition, Pixels};
use crate::eval::measure::THRESHOLD;
use crate::eval::{conformal_p, evaluate, evaluate_unleaked};
use crate::score::{Calibration, Judged, Parts, Score};
use crate::spec::{Label, Split};
use crate::store::{Picture, Role, RunResult, ScoreValue};

/// Pictures kept of each role and label.
const PICTURES: usize = 4;

/// Evaluates the judged images of one run, whose threshold is to let pass a share of `quantile` of normal images.
///
/// # Errors
/// A mask that cannot be read.
pub(super) fn run_result(
    judged: &Judged,
    dataset: &Dataset,
    pixels: &Pixels,
    partition: &Partition,
    quantile: f64,
    seconds: f64,
) -> Result<RunResult, DataError> {
    let test = |label: Label, keep: &dyn Fn(&Score) -> bool| -> Vec<f64> {
        judged
            .scores
            .iter()
            .filter(|score| {
                let item = &dataset.items[score.image];
                item.split == Split::Test && item.label == label && keep(score)
            })
            .map(|score| score.score)
            .collect()
    };
    let unleaked = |score: &Score| !dataset.items[score.image].leaked;
    let normal = test(Label::Normal, &|_| true);
    let anomaly = test(Label::Anomaly, &|_| true);
    let clean = test(Label::Normal, &unleaked);
    let is_held_out = |image: usize| partition.held_out.binary_search(&image).is_ok();
    let held_out: Vec<f64> =
        judged.scores.iter().filter(|score| is_held_out(score.image)).map(|score| score.score).collect();
    let mut measures = evaluate(&normal, &anomaly, &held_out, quantile);
    measures.join(evaluate_unleaked(&clean, &anomaly, measures.get(&THRESHOLD)));
    measures.join(pixel_measures(judged, dataset, pixels)?);
    let p_of = |score: &Score| {
        let is_test = dataset.items[score.image].split == Split::Test;
        is_test.then(|| conformal_p(&held_out, score.score)).flatten()
    };
    let kept = |score: &Score| ScoreValue {
        held_out: is_held_out(score.image),
        conformal_p: p_of(score),
        ..score_value(score)
    };
    Ok(RunResult {
        scores: judged.scores.iter().map(kept).collect(),
        measures,
        n_normal: normal.len(),
        n_anomaly: anomaly.len(),
        n_leaked: normal.len() - clean.len(),
        masks: dataset.masks.clone(),
        pictures: pictures(judged, dataset, pixels)?,
        calibration: (judged.calibration != Calibration::default())
            .then(|| serde_json::to_string(&judged.calibration).expect("numbers and lists alone")),
        seconds,
    })
}

/// A score with its parts.
fn score_value(score: &Score) -> ScoreValue {
    let (mut residual, mut discrimination, mut latent, mut contextual) = (None, None, None, None);
    match score.parts {
        Parts::Anogan { residual: r, discrimination: d } => (residual, discrimination) = (Some(r), Some(d)),
        Parts::Ganomaly { latent: l, contextual: c } => (latent, contextual) = (Some(l), Some(c)),
        Parts::None => {}
    }
    ScoreValue {
        position: score.image,
        score: score.score,
        residual,
        discrimination,
        latent,
        contextual,
        ..ScoreValue::default()
    }
}

/// Test images of each label with the lowest, the middle and the highest scores.
fn pictures(judged: &Judged, dataset: &Dataset, pixels: &Pixels) -> Result<Vec<Picture>, DataError> {
    [Label::Normal, Label::Anomaly]
        .into_iter()
        .flat_map(|label| {
            let mut places: Vec<usize> = (0..judged.scores.len())
                .filter(|place| {
                    let item = &dataset.items[judged.scores[*place].image];
                    item.split == Split::Test && item.label == label
                })
                .collect();
            places.sort_by(|a, b| judged.scores[*a].score.total_cmp(&judged.scores[*b].score));
            let count = places.len().min(PICTURES);
            let middle = (places.len() - count) / 2;
            let lowest = places[..count].to_vec();
            let median = places[middle..middle + count].to_vec();
            let highest = places.iter().rev().take(count).copied().collect();
            [(Role::Lowest, lowest), (Role::Median, median), (Role::Highest, highest)]
        })
        .flat_map(|(role, places)| {
            places.into_iter().enumerate().map(move |(rank, place)| (role, rank, place))
        })
        .map(|(role, rank, place)| {
            let position = judged.scores[place].image;
            let mask = dataset.items[position].mask(pixels.size)?;
            Ok(Picture {
                position,
                role,
                rank,
                actual: png(pixels.image(position), pixels.size, pixels.channels),
                reconstruction: png(&judged.reconstructions[place], pixels.size, pixels.channels),
                mask: mask.map(|mask| {
                    let bytes: Vec<u8> = mask.into_iter().map(|defect| 255 * u8::from(defect)).collect();
                    png(&bytes, pixels.size, 1)
                }),
            })
        })
        .collect()
}

/// Encodes planar bytes as PNG.
fn png(planar: &[u8], size: usize, channels: usize) -> Vec<u8> {
    let plane = size * size;
    let interleaved: Vec<u8> = (0..plane)
        .flat_map(|place| (0..channels).map(move |channel| planar[channel * plane + place]))
        .collect();
    let colour = if channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&interleaved, size as u32, size as u32, colour)
        .expect("writing to memory with a buffer of the right length");
    bytes
}
