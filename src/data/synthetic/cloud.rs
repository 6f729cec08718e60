//! Drawn satellite tiles, with clouds as anomalies.

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use rand::RngExt;
use rand::rngs::StdRng;

use super::noise::Noise;
use super::{Drawing, SIZE};

/// A satellite tile: woods, fields and often a river; anomalous ones are partly under clouds.
pub(super) fn draw(rng: &mut StdRng, anomalous: bool) -> Drawing {
    let (land, cover) = (Noise::new(rng), Noise::new(rng));
    let dryness = rng.random_range(0.25..0.6);
    let river =
        rng.random_bool(0.4).then(|| (rng.random_range(0.2..0.8_f32), rng.random_range(0.02..0.05_f32)));
    let haze = rng.random_range(0.0..0.12_f32);
    let clear_share = rng.random_range(0.35..0.55_f32);
    let mut image = RgbImage::new(SIZE, SIZE);
    let mut mask = anomalous.then(|| GrayImage::new(SIZE, SIZE));
    for (column, row, pixel) in image.enumerate_pixels_mut() {
        let (x, y) = (column as f32 / SIZE as f32, row as f32 / SIZE as f32);
        let field = ((land.at(x, y, 4.0, 4) - dryness) * 5.0 + 0.5).clamp(0.0, 1.0);
        let shade = 0.75 + 0.5 * land.at(y, x, 12.0, 3);
        let mut colour = mix([44.0, 74.0, 42.0], [128.0, 116.0, 82.0], field).map(|value| value * shade);
        if let Some((centre, width)) = river {
            let bend = centre + 0.3 * (land.at(0.3, y, 2.0, 2) - 0.5);
            let bank = 1.0 - ((x - bend).abs() / width).powi(4);
            colour = mix(colour, [38.0, 56.0, 74.0], bank.clamp(0.0, 1.0));
        }
        colour = mix(colour, [196.0, 202.0, 208.0], haze);
        if let Some(mask) = &mut mask {
            let density = ((cover.at(x, y, 2.5, 5) - clear_share) * 6.0).clamp(0.0, 0.97);
            colour = mix(colour, [236.0, 240.0, 244.0], density);
            if density > 0.3 {
                mask.put_pixel(column, row, Luma([255]));
            }
        }
        let grain = (rng.random::<f32>() - 0.5) * 8.0;
        *pixel = Rgb(colour.map(|value| (value + grain).clamp(0.0, 255.0) as u8));
    }
    Drawing { image: DynamicImage::ImageRgb8(image), mask }
}

fn mix(from: [f32; 3], to: [f32; 3], share: f32) -> [f32; 3] {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * share)
}
