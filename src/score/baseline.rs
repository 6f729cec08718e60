//! The baselines: arithmetic that a model must beat.

use super::{Calibration, Images, Judged, Parts, Score};
use crate::data::Nearest;
use crate::model::Pca;
use crate::spec::{Direction, Residual};

/// Error of the reconstruction from principal components.
pub(super) fn pca(pca: &Pca, residual: Residual, images: Images<'_>, known: Option<&Calibration>) -> Judged {
    let actual: Vec<Vec<f32>> = images.indices.iter().map(|index| images.pixels.scaled(&[*index])).collect();
    let made = pca.reconstruct(&actual);
    let mean_error = |error: fn(f64) -> f64| -> Vec<f64> {
        let of = |(image, made): (&Vec<f32>, &Vec<f32>)| {
            let errors = image.iter().zip(made).map(|(a, b)| error(f64::from(a - b)));
            errors.sum::<f64>() / image.len() as f64
        };
        actual.iter().zip(&made).map(of).collect()
    };
    let bytes: Vec<Vec<u8>> =
        made.iter().map(|image| image.iter().map(|value| images.pixels.to_byte(*value)).collect()).collect();
    let calibration = images.calibration(known, residual, &bytes);
    // Its errors may be smaller than a byte can tell: only weighted ones are measured on bytes.
    let errors = match residual {
        Residual::Squared => mean_error(|error| error * error),
        Residual::Absolute => mean_error(f64::abs),
        Residual::Weighted => images.residuals(residual, Vec::new(), &bytes, &calibration),
    };
    Judged { calibration, ..judged(images, errors, bytes) }
}

/// Distance to the nearest training image, other than the image itself; the reconstruction is that
/// training image.
pub(super) fn nearest(nearest: &Nearest, images: Images<'_>) -> Judged {
    let wanted: Vec<_> = images
        .indices
        .iter()
        .map(|index| (images.pixels.image(*index), images.partition.train.binary_search(index).ok()))
        .collect();
    let found = nearest.neighbours(&wanted);
    // One training image alone has no other to be near to: it is then its own nearest.
    let distances = found.iter().map(|neighbour| neighbour.map_or(0.0, |neighbour| neighbour.distance));
    let made = found.iter().map(|neighbour| nearest.image(neighbour.map_or(0, |n| n.place)).to_vec());
    judged(images, distances.collect(), made.collect())
}

/// The mean pixel in gray levels, or minus it; the reconstruction is an even image of that level.
pub(super) fn brightness(direction: Direction, images: Images<'_>) -> Judged {
    let sign = match direction {
        Direction::Bright => 1.0,
        Direction::Dark => -1.0,
    };
    let means = images.indices.iter().map(|index| {
        let pixels = images.pixels.image(*index);
        pixels.iter().map(|byte| f64::from(*byte)).sum::<f64>() / pixels.len() as f64
    });
    let means: Vec<f64> = means.collect();
    let length = images.pixels.channels * images.pixels.size * images.pixels.size;
    let even = means.iter().map(|mean| vec![mean.round() as u8; length]).collect();
    judged(images, means.iter().map(|mean| sign * mean).collect(), even)
}

fn judged(images: Images<'_>, scores: Vec<f64>, reconstructions: Vec<Vec<u8>>) -> Judged {
    let scores = images
        .indices
        .iter()
        .zip(scores)
        .map(|(image, score)| Score { image: *image, score, parts: Parts::None })
        .collect();
    Judged { scores, reconstructions, ..Judged::default() }
}
