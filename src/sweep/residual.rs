//! Residual maps, and what they are worth pixel by pixel.

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use rayon::prelude::*;

use super::regions::regions;
use crate::data::{DataError, Dataset, Item, Pixels, Window};
use crate::eval::measure::{self, Measured};
use crate::eval::{Overlaps, auroc_of_counts, average_precision_of_counts};
use crate::score::Judged;
use crate::spec::{Fit, Label, Split};

/// |x − x̂| summed over channels, 0 to 255 times their number: one value per pixel.
pub(super) fn residual(actual: &[u8], made: &[u8], channels: usize) -> Vec<u16> {
    let plane = actual.len() / channels;
    let difference = |place: usize| u16::from(actual[place].abs_diff(made[place]));
    (0..plane).map(|place| (0..channels).map(|channel| difference(channel * plane + place)).sum()).collect()
}

/// What residuals are worth, pixel by pixel against the masks of the anomalous test images: the measures of masks, none
/// where no mask is known. At the masks' own size the residual is enlarged to it.
///
/// Every pixel of a normal test image is normal. Left out are anomalous images without a mask or with one that marks
/// nothing, and at the images' size those whose mask has nothing left there.
///
/// Exact, however many images there are: a residual is one of few whole numbers, which are counted
/// and not kept. Enlarged, it is rounded to 1/85 of a gray level or finer.
///
/// # Errors
/// A mask that cannot be read.
pub(super) fn pixel_measures(
    judged: &Judged,
    dataset: &Dataset,
    pixels: &Pixels,
) -> Result<Measured, DataError> {
    let wanted: Vec<(usize, &Item, &Vec<u8>)> = judged
        .scores
        .iter()
        .zip(&judged.reconstructions)
        .map(|(score, made)| (score.image, &dataset.items[score.image], made))
        .filter(|(_, item, _)| item.split == Split::Test && (item.label == Label::Normal || item.has_mask()))
        .collect();
    if !wanted.iter().any(|(_, item, _)| item.has_mask()) {
        return Ok(Measured::default());
    }
    let channels = pixels.channels;
    let counts = wanted
        .into_par_iter()
        .try_fold(
            || Counts::new(channels),
            |mut counts, (image, item, made)| {
                counts.add(item, &residual(pixels.image(image), made, channels), pixels.size)?;
                Ok(counts)
            },
        )
        .try_reduce(|| Counts::new(channels), |one, other| Ok(one.and(&other)))?;
    Ok(counts.measures())
}

/// How often each residual is that of a normal and of a defective pixel.
struct Histogram {
    normal: Vec<u64>,
    anomaly: Vec<u64>,
}

impl Histogram {
    fn new(values: usize) -> Self {
        Self { normal: vec![0; values], anomaly: vec![0; values] }
    }

    fn add(&mut self, residual: &[u16], defect: Option<&[bool]>) {
        for (place, value) in residual.iter().enumerate() {
            let counts =
                if defect.is_some_and(|defect| defect[place]) { &mut self.anomaly } else { &mut self.normal };
            counts[usize::from(*value)] += 1;
        }
    }

    fn and(&mut self, other: &Self) {
        for (ours, theirs) in [(&mut self.normal, &other.normal), (&mut self.anomaly, &other.anomaly)] {
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        }
    }

    fn auroc(&self) -> Option<f64> {
        auroc_of_counts(&self.normal, &self.anomaly)
    }

    fn average_precision(&self) -> Option<f64> {
        average_precision_of_counts(&self.normal, &self.anomaly)
    }
}

/// Residuals at both sizes.
struct Sizes {
    at_size: Histogram,
    full: Histogram,
}

impl Sizes {
    fn new(values: usize) -> Self {
        Self { at_size: Histogram::new(values), full: Histogram::new(1 << 16) }
    }

    fn and(&mut self, other: &Self) {
        self.at_size.and(&other.at_size);
        self.full.and(&other.full);
    }
}

struct Counts {
    /// Of images that have not leaked, the anomalous ones among them.
    clean: Sizes,
    /// Of leaked normal images.
    leaked: Sizes,
    /// Of each connected defect, at the masks' own size.
    overlaps: Overlaps,
    /// Masks that mark something of which nothing is left at the size of the images.
    lost: usize,
    /// What a residual is multiplied by before it is enlarged, so that it takes all of 16 bits.
    scale: u16,
}

impl Counts {
    fn new(channels: usize) -> Self {
        let values = 255 * channels;
        Self {
            clean: Sizes::new(values + 1),
            leaked: Sizes::new(values + 1),
            overlaps: Overlaps::new(1 << 16),
            lost: 0,
            scale: u16::MAX / values as u16,
        }
    }

    fn add(&mut self, item: &Item, residual: &[u16], side: usize) -> Result<(), DataError> {
        let mask = item.drawn_mask()?;
        let Some(mask) = mask else {
            let counts = if item.leaked { &mut self.leaked } else { &mut self.clean };
            counts.at_size.add(residual, None);
            if let Some((width, height)) = item.size() {
                let size = (width as usize, height as usize);
                counts.full.add(&enlarged(residual, side, size, item.fit, self.scale).values, None);
            }
            return Ok(());
        };
        if mask.is_empty() {
            return Ok(());
        }
        let scaled = mask.scaled(side, item.fit);
        if scaled.contains(&true) {
            self.clean.at_size.add(residual, Some(&scaled));
        } else {
            self.lost += 1;
        }
        let Enlarged { values, places, width } =
            enlarged(residual, side, (mask.width, mask.height), item.fit, self.scale);
        let defect: Vec<bool> = places.into_iter().map(|place| mask.defect[place]).collect();
        self.clean.full.add(&values, Some(&defect));
        for region in regions(&defect, width) {
            self.overlaps.add(&region.into_iter().map(|place| values[place]).collect::<Vec<_>>());
        }
        Ok(())
    }

    fn and(mut self, other: &Self) -> Self {
        self.clean.and(&other.clean);
        self.leaked.and(&other.leaked);
        self.overlaps.and(&other.overlaps);
        self.lost += other.lost;
        self
    }

    fn measures(self) -> Measured {
        let Self { clean, leaked: mut all, overlaps, lost, .. } = self;
        all.and(&clean);
        Measured::from([
            (&measure::PIXEL_AUROC, all.at_size.auroc()),
            (&measure::PIXEL_AUROC_UNLEAKED, clean.at_size.auroc()),
            (&measure::PIXEL_AUROC_FULL, all.full.auroc()),
            (&measure::PIXEL_AUROC_FULL_UNLEAKED, clean.full.auroc()),
            (&measure::PIXEL_AVERAGE_PRECISION, all.full.average_precision()),
            (&measure::PIXEL_AVERAGE_PRECISION_UNLEAKED, clean.full.average_precision()),
            (&measure::AUPRO, overlaps.aupro(&all.full.normal)),
            (&measure::AUPRO_UNLEAKED, overlaps.aupro(&clean.full.normal)),
            (&measure::LOST_MASKS, Some(lost as f64)),
        ])
    }
}

/// What the model has seen of an image, in the size of its mask.
struct Enlarged {
    values: Vec<u16>,
    /// Where these pixels are in the mask: a rectangle, row by row.
    places: Vec<usize>,
    /// Width of the rectangle.
    width: usize,
}

/// A residual in the size of a mask, bilinear, `scale` times as large.
fn enlarged(
    residual: &[u16],
    side: usize,
    (width, height): (usize, usize),
    fit: Fit,
    scale: u16,
) -> Enlarged {
    let window = Window::of(width, height, fit);
    let (wide, high) = window.map_or((width, height), |window| (window.side, window.side));
    let (left, top) = window.map_or((0, 0), |window| (window.left, window.top));
    let values = resized(residual, side, (wide, high), scale);
    let seen = |begin: isize, length: usize, all: usize| {
        begin.max(0) as usize..(begin + length as isize).min(all as isize).max(0) as usize
    };
    let (across, down) = (seen(left, wide, width), seen(top, high, height));
    let pixels = || down.clone().flat_map(|y| across.clone().map(move |x| (x, y)));
    let inside = |(x, y): (usize, usize)| (y as isize - top) as usize * wide + (x as isize - left) as usize;
    Enlarged {
        values: pixels().map(|pixel| values[inside(pixel)]).collect(),
        places: pixels().map(|(x, y)| y * width + x).collect(),
        width: across.len(),
    }
}

fn resized(residual: &[u16], side: usize, (width, height): (usize, usize), scale: u16) -> Vec<u16> {
    let bytes = residual.iter().flat_map(|value| (value * scale).to_ne_bytes()).collect();
    let source = Image::from_vec_u8(side as u32, side as u32, bytes, PixelType::U16)
        .expect("one value for each pixel");
    let mut target = Image::new(width as u32, height as u32, PixelType::U16);
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
    Resizer::new()
        .resize(&source, &mut target, &options)
        .expect("source and target have the same pixel type");
    let bytes = target.buffer();
    bytes.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect()
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

    fn measured(dataset: &Dataset, made: Vec<Vec<u8>>, pixels: &Pixels) -> Measured {
        pixel_measures(&judged(dataset, made), dataset, pixels).unwrap()
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
        let masks: Vec<_> = dataset.items.iter().map(|item| item.mask(size).unwrap()).collect();
        let mask = |image: usize| masks[image].as_ref();
        let with = |value: &dyn Fn(usize, usize, bool) -> u8| -> Vec<Vec<u8>> {
            let of = |image: usize, place: usize| {
                let place = place % (size * size);
                value(image, place, mask(image).is_some_and(|mask| mask[place]))
            };
            (0..count).map(|image| (0..3 * size * size).map(|place| of(image, place)).collect()).collect()
        };
        let area = |made| measured(&dataset, made, &pixels).get(&measure::PIXEL_AUROC).unwrap();
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

    /// At the size of the masks, against every pixel enlarged by itself.
    #[test]
    fn enlarged_residuals_are_judged_by_the_drawn_masks() {
        let spec = DatasetSpec::Synthetic(SyntheticSpec { name: None, scene: Scene::Casting, count: 8 });
        let dataset = Dataset::open(&spec).unwrap();
        let (side, count) = (16, dataset.items.len());
        let pixels = Pixels::new(vec![100; side * side * count], side, 1);
        let made: Vec<Vec<u8>> = (0..count)
            .map(|image| {
                let mask = dataset.items[image].mask(side).unwrap();
                let defect = |place: usize| mask.as_ref().is_some_and(|mask| mask[place]);
                let noise = |place: usize| ((image * 31 + place * 17) % 41) as u8;
                (0..side * side)
                    .map(|place| 100 + noise(place) + if defect(place) { 60 } else { 0 })
                    .collect()
            })
            .collect();
        let (mut normal, mut anomaly) = (Vec::new(), Vec::new());
        for (item, made) in dataset.items.iter().zip(&made).filter(|(item, _)| item.split == Split::Test) {
            let (width, height) = item.size().unwrap();
            let mask = item.drawn_mask().unwrap();
            for y in 0..height as usize {
                for x in 0..width as usize {
                    let at = |at: usize, length: u32| {
                        let place = (at as f64 + 0.5) * side as f64 / f64::from(length) - 0.5;
                        place.clamp(0.0, side as f64 - 1.0)
                    };
                    let (across, down) = (at(x, width), at(y, height));
                    let value = |x: f64, y: f64| f64::from(made[y as usize * side + x as usize]) - 100.0;
                    let (left, top) = (across.floor(), down.floor());
                    let (right, bottom) = (across.ceil(), down.ceil());
                    let (u, v) = (across - left, down - top);
                    let value = (value(left, top) * (1.0 - u) + value(right, top) * u) * (1.0 - v)
                        + (value(left, bottom) * (1.0 - u) + value(right, bottom) * u) * v;
                    let defect = mask.as_ref().is_some_and(|mask| mask.defect[y * width as usize + x]);
                    if defect { anomaly.push(value) } else { normal.push(value) }
                }
            }
        }
        let expected = auroc(&normal, &anomaly).unwrap().area;
        let found = measured(&dataset, made, &pixels).get(&measure::PIXEL_AUROC_FULL).unwrap();
        assert!(expected > 0.6 && expected < 0.99, "{expected}");
        assert!((found - expected).abs() < 1e-3, "{found}, not {expected}");
    }

    /// A wide residual is undone as it was made: padded rows are nobody's, cropped columns are not seen.
    #[test]
    fn fitted_residuals_lie_where_the_model_has_seen_them() {
        let residual: Vec<u16> = (0..16).collect();
        let of = |size, fit, scale| {
            let Enlarged { values, places, width } = enlarged(&residual, 4, size, fit, scale);
            (values, places, width)
        };
        assert_eq!(of((4, 2), Fit::Pad, 1), ((4..12).collect(), (0..8).collect(), 4));
        let middle: Vec<usize> = (0..4).flat_map(|y| (1..5).map(move |x| 6 * y + x)).collect();
        assert_eq!(of((6, 4), Fit::Crop, 1), (residual.clone(), middle, 4));
        let doubled = residual.iter().map(|value| 2 * value).collect();
        assert_eq!(of((4, 4), Fit::Squeeze, 2), (doubled, (0..16).collect(), 4));
    }

    /// Leaked normal images count in the measures with them alone.
    #[test]
    fn leaked_images_are_told_apart() {
        let spec = DatasetSpec::Synthetic(SyntheticSpec { name: None, scene: Scene::Casting, count: 8 });
        let mut dataset = Dataset::open(&spec).unwrap();
        let (size, count) = (32, dataset.items.len());
        let pixels = Pixels::new(vec![100; size * size * count], size, 1);
        let is_normal = |item: &Item| item.split == Split::Test && item.label == Label::Normal;
        let leaked = dataset.items.iter().position(is_normal).unwrap();
        dataset.items[leaked].leaked = true;
        // Noise everywhere but in the leaked image, which the model knows by heart.
        let noise = |image: usize, place: usize| ((image * 31 + place * 17) % 41) as u8;
        let made: Vec<Vec<u8>> = (0..count)
            .map(|image| {
                let known = image == leaked;
                (0..size * size).map(|place| 100 + if known { 0 } else { noise(image, place) }).collect()
            })
            .collect();
        let with = measured(&dataset, made.clone(), &pixels);
        let mut without = dataset.clone();
        without.items[leaked].split = Split::Train;
        let without = measured(&without, made, &pixels);
        for measure in measure::OF_MASKS {
            let Some(of) = measure.unleaked_of else { continue };
            assert_eq!(with.get(measure), without.get(of), "{}", measure.name);
            assert_eq!(without.get(measure), without.get(of), "nothing is leaked there");
            // Normal pixels that score lowest do not raise an average precision.
            if of.name != measure::PIXEL_AVERAGE_PRECISION.name {
                assert!(with.get(of).unwrap() > with.get(measure).unwrap(), "{} flatters", of.name);
            }
        }
    }

    /// With how near they must be found: the program's false positive rates are 32-bit floats.
    const EXPECTED: [(f64, f64); 3] =
        [(0.419_689_253_013_132_8, 1e-6), (0.486_928_155_542_106_4, 1e-12), (0.744_654_605_263_158, 1e-12)];

    /// Three maps of 12×10 pixels, two of them with defects that touch by their corners. Expected: `compute_pro` and
    /// `trapezoid` of MVTec AD's evaluation program (integration limit .3), `average_precision_score` and
    /// `roc_auc_score` of scikit-learn 1.9.1 over all pixels.
    #[test]
    fn as_mvtec_and_scikit_learn_have_them() {
        let (width, height) = (12, 10);
        let (mut counts, mut overlaps) = (Histogram::new(64), Overlaps::new(64));
        for image in 0..3_usize {
            let is_defect = |place: usize| {
                let (x, y) = (place % width, place / width);
                image > 0 && (x / 2 + 3 * (y / 2) + image) % 4 == 0
            };
            let defect: Vec<bool> = (0..width * height).map(is_defect).collect();
            let value = |place: usize| (image * 31 + place * 17) % 41 + if defect[place] { 12 } else { 0 };
            let values: Vec<u16> = (0..width * height).map(|place| value(place) as u16).collect();
            counts.add(&values, Some(&defect));
            for region in regions(&defect, width) {
                overlaps.add(&region.into_iter().map(|place| values[place]).collect::<Vec<_>>());
            }
        }
        let found = [overlaps.aupro(&counts.normal), counts.average_precision(), counts.auroc()];
        for (found, (expected, within)) in found.into_iter().zip(EXPECTED) {
            assert!((found.unwrap() - expected).abs() < within, "{found:?} {expected}");
        }
    }
}
