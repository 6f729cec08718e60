//! Residual maps, and what they are worth pixel by pixel.

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use rayon::prelude::*;

use crate::data::{DataError, Dataset, Item, Pixels, Window};
use crate::eval::auroc_of_counts;
use crate::score::Judged;
use crate::spec::{Fit, Label, Split};

/// |x − x̂| summed over channels, 0 to 255 times their number: one value per pixel.
pub(super) fn residual(actual: &[u8], made: &[u8], channels: usize) -> Vec<u16> {
    let plane = actual.len() / channels;
    let difference = |place: usize| u16::from(actual[place].abs_diff(made[place]));
    (0..plane).map(|place| (0..channels).map(|channel| difference(channel * plane + place)).sum()).collect()
}

/// What residuals are worth, pixel by pixel against the masks of the anomalous test images.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct PixelMeasures {
    /// AUROC at the size of the images. Absent where no mask is known.
    pub at_size: Option<f64>,
    /// AUROC at the masks' own size, with the residual enlarged to it.
    pub full: Option<f64>,
    /// Masks that mark something of which nothing is left at the size of the images. Absent as above.
    pub lost: Option<usize>,
}

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
) -> Result<PixelMeasures, DataError> {
    let wanted: Vec<(usize, &Item, &Vec<u8>)> = judged
        .scores
        .iter()
        .zip(&judged.reconstructions)
        .map(|(score, made)| (score.image, &dataset.items[score.image], made))
        .filter(|(_, item, _)| item.split == Split::Test && (item.label == Label::Normal || item.has_mask()))
        .collect();
    if !wanted.iter().any(|(_, item, _)| item.has_mask()) {
        return Ok(PixelMeasures::default());
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
    Ok(PixelMeasures { at_size: counts.at_size.auroc(), full: counts.full.auroc(), lost: Some(counts.lost) })
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
}

struct Counts {
    at_size: Histogram,
    full: Histogram,
    lost: usize,
    /// What a residual is multiplied by before it is enlarged, so that it takes all of 16 bits.
    scale: u16,
}

impl Counts {
    fn new(channels: usize) -> Self {
        let values = 255 * channels;
        Self {
            at_size: Histogram::new(values + 1),
            full: Histogram::new(1 << 16),
            lost: 0,
            scale: u16::MAX / values as u16,
        }
    }

    fn add(&mut self, item: &Item, residual: &[u16], side: usize) -> Result<(), DataError> {
        let mask = item.drawn_mask()?;
        let Some(mask) = mask else {
            self.at_size.add(residual, None);
            if let Some((width, height)) = item.size() {
                let size = (width as usize, height as usize);
                let (enlarged, _) = enlarged(residual, side, size, item.fit, self.scale);
                self.full.add(&enlarged, None);
            }
            return Ok(());
        };
        if mask.is_empty() {
            return Ok(());
        }
        let scaled = mask.scaled(side, item.fit);
        if scaled.contains(&true) {
            self.at_size.add(residual, Some(&scaled));
        } else {
            self.lost += 1;
        }
        let (enlarged, places) = enlarged(residual, side, (mask.width, mask.height), item.fit, self.scale);
        let defect: Vec<bool> = places.map(|place| mask.defect[place]).collect();
        self.full.add(&enlarged, Some(&defect));
        Ok(())
    }

    fn and(mut self, other: &Self) -> Self {
        self.at_size.and(&other.at_size);
        self.full.and(&other.full);
        self.lost += other.lost;
        self
    }
}

/// A residual in the size of a mask, bilinear, `scale` times as large: the values of the pixels that the model has
/// seen, and where those are.
fn enlarged(
    residual: &[u16],
    side: usize,
    (width, height): (usize, usize),
    fit: Fit,
    scale: u16,
) -> (Vec<u16>, impl Iterator<Item = usize>) {
    let window = Window::of(width, height, fit);
    let (wide, high) = window.map_or((width, height), |window| (window.side, window.side));
    let (left, top) = window.map_or((0, 0), |window| (window.left, window.top));
    let values = resized(residual, side, (wide, high), scale);
    let seen = move |begin: isize, length: usize, all: usize| {
        begin.max(0) as usize..(begin + length as isize).min(all as isize).max(0) as usize
    };
    let (across, down) = (seen(left, wide, width), seen(top, high, height));
    let inside = down.clone().flat_map(|y| {
        let row = (y as isize - top) as usize * wide;
        across.clone().map(move |x| row + (x as isize - left) as usize)
    });
    let values = inside.map(|place| values[place]).collect();
    (values, down.flat_map(move |y| across.clone().map(move |x| y * width + x)))
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
        let area =
            |made| pixel_measures(&judged(&dataset, made), &dataset, &pixels).unwrap().at_size.unwrap();
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
        let found = pixel_measures(&judged(&dataset, made), &dataset, &pixels).unwrap().full.unwrap();
        assert!(expected > 0.6 && expected < 0.99, "{expected}");
        assert!((found - expected).abs() < 1e-3, "{found}, not {expected}");
    }

    /// A wide residual is undone as it was made: padded rows are nobody's, cropped columns are not seen.
    #[test]
    fn fitted_residuals_lie_where_the_model_has_seen_them() {
        let residual: Vec<u16> = (0..16).collect();
        let (values, places) = enlarged(&residual, 4, (4, 2), Fit::Pad, 1);
        assert_eq!((values, places.collect::<Vec<_>>()), ((4..12).collect(), (0..8).collect()));
        let (values, places) = enlarged(&residual, 4, (6, 4), Fit::Crop, 1);
        let middle: Vec<usize> = (0..4).flat_map(|y| (1..5).map(move |x| 6 * y + x)).collect();
        assert_eq!((values, places.collect::<Vec<_>>()), (residual.clone(), middle));
        let (values, places) = enlarged(&residual, 4, (4, 4), Fit::Squeeze, 2);
        assert_eq!(values, residual.iter().map(|value| 2 * value).collect::<Vec<_>>());
        assert_eq!(places.collect::<Vec<_>>(), (0..16).collect::<Vec<_>>());
    }
}
