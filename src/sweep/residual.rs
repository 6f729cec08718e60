//! Residual maps, and what they are worth pixel by pixel.

use crate::data::{DataError, Dataset, Pixels};
use crate::eval::auroc_of_counts;
use crate::score::Judged;
use crate::spec::{Label, Split};

/// |x − x̂| summed over channels, 0 to 255 times their number: one value per pixel.
pub(super) fn residual(actual: &[u8], made: &[u8], channels: usize) -> Vec<u16> {
    let plane = actual.len() / channels;
    let difference = |place: usize| u16::from(actual[place].abs_diff(made[place]));
    (0..plane).map(|place| (0..channels).map(|channel| difference(channel * plane + place)).sum()).collect()
}

/// AUROC of the residual, pixel by pixel against the masks of the anomalous test images; every pixel
/// of a normal test image is normal. Anomalous images without a mask are left out. Absent where no
/// mask is known.
///
/// Exact, however many images there are: a residual is one of few whole numbers, which are counted
/// and not kept.
///
/// # Errors
/// A mask that cannot be read.
pub(super) fn pixel_auroc(
    judged: &Judged,
    dataset: &Dataset,
    pixels: &Pixels,
) -> Result<Option<f64>, DataError> {
    let values = 255 * pixels.channels + 1;
    let (mut normal, mut anomaly) = (vec![0_u64; values], vec![0_u64; values]);
    for (score, made) in judged.scores.iter().zip(&judged.reconstructions) {
        let item = &dataset.items[score.image];
        if item.split != Split::Test || (item.label == Label::Anomaly && !item.has_mask()) {
            continue;
        }
        let mask = item.mask(pixels.size)?;
        let residual = residual(pixels.image(score.image), made, pixels.channels);
        for (place, value) in residual.into_iter().enumerate() {
            let defect = mask.as_ref().is_some_and(|mask| mask[place]);
            let counts = if defect { &mut anomaly } else { &mut normal };
            counts[usize::from(value)] += 1;
        }
    }
    Ok(auroc_of_counts(&normal, &anomaly))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::auroc;
    use crate::score::{Parts, Score};
    use crate::spec::{DatasetSpec, Scene, SyntheticSpec};

    fn judged(dataset: &Dataset, reconstructions: Vec<Vec<u8>>) -> Judged {
        let score = |image: usize| Score { image, score: 0.0, parts: Parts::None };
        Judged { scores: (0..dataset.items.len()).map(score).collect(), reconstructions, ..Judged::default() }
    }

    #[test]
    fn residuals_by_hand() {
        assert_eq!(residual(&[10, 0, 255], &[7, 4, 0], 1), [3, 4, 255]);
        assert_eq!(residual(&[10, 0, 20, 5], &[7, 4, 20, 255], 2), [3, 254], "planes are added");
    }

    /// Against the area of all pixels as single values, and two cases that can be told beforehand.
    #[test]
    fn areas_over_all_test_pixels() {
        let spec = DatasetSpec::Synthetic(SyntheticSpec { name: None, scene: Scene::Casting, count: 8 });
        let dataset = Dataset::open(&spec).unwrap();
        let (size, count) = (32, dataset.items.len());
        let pixels = Pixels::new(vec![100; 3 * size * size * count], size, 3);
        let mask = |image: usize| dataset.items[image].mask(size).unwrap();
        let with = |value: &dyn Fn(usize, usize, bool) -> u8| -> Vec<Vec<u8>> {
            let of = |image: usize, place: usize| {
                let place = place % (size * size);
                value(image, place, mask(image).is_some_and(|mask| mask[place]))
            };
            (0..count).map(|image| (0..3 * size * size).map(|place| of(image, place)).collect()).collect()
        };
        let area = |made| pixel_auroc(&judged(&dataset, made), &dataset, &pixels).unwrap().unwrap();
        assert_eq!(area(with(&|_, _, defect| if defect { 90 } else { 99 })), 1.0);
        assert_eq!(area(with(&|_, _, _| 90)), 0.5);

        let made = with(&|image, place, defect| {
            100 + ((image * 31 + place * 17) % 41) as u8 + if defect { 12 } else { 0 }
        });
        let (mut normal, mut anomaly) = (Vec::new(), Vec::new());
        for (image, item) in dataset.items.iter().enumerate().filter(|(_, item)| item.split == Split::Test) {
            let mask = mask(image);
            assert_eq!(mask.is_some(), item.label == Label::Anomaly);
            for place in 0..size * size {
                let value = f64::from(made[image][place]) - 100.0;
                let defect = mask.as_ref().is_some_and(|mask| mask[place]);
                if defect { anomaly.push(value) } else { normal.push(value) }
            }
        }
        let expected = auroc(&normal, &anomaly).unwrap().area;
        assert!(expected > 0.6 && expected < 0.9);
        assert!((area(made) - expected).abs() < 1e-12);
    }
}
