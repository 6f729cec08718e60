//! Drawn castings: a round plate with a hub and bolts, and chips, cracks and holes as defects.

use std::f32::consts::TAU;

use image::{DynamicImage, GrayImage, Luma};
use rand::RngExt;
use rand::rngs::StdRng;

use super::noise::Noise;
use super::{Drawing, SIZE};

/// A casting seen from above. Lengths are shares of the image's side.
struct Casting {
    centre: (f32, f32),
    radius: f32,
    turn: f32,
    light: f32,
    metal: f32,
    texture: Noise,
}

/// A drawn defect.
enum Defect {
    /// Small dark holes: centre and radius.
    Blowholes(Vec<(f32, f32, f32)>),
    /// A line from one point to another, with its half-width.
    Scratch((f32, f32), (f32, f32), f32),
    /// A piece missing at the rim: centre and radius.
    Chip(f32, f32, f32),
}

pub(super) fn draw(rng: &mut StdRng, anomalous: bool) -> Drawing {
    let casting = Casting::random(rng);
    let defect = anomalous.then(|| Defect::random(rng, &casting));
    let mut image = GrayImage::new(SIZE, SIZE);
    let mut mask = defect.is_some().then(|| GrayImage::new(SIZE, SIZE));
    for (column, row, pixel) in image.enumerate_pixels_mut() {
        let (x, y) = ((column as f32 + 0.5) / SIZE as f32, (row as f32 + 0.5) / SIZE as f32);
        let plain = casting.brightness(x, y);
        let covered = defect.as_ref().map_or(0.0, |defect| defect.coverage(x, y));
        let tone = defect.as_ref().map_or(plain, |defect| defect.tone(plain));
        let grain = (rng.random::<f32>() - 0.5) * 12.0;
        let value = plain + (tone - plain) * covered + grain;
        *pixel = Luma([value.clamp(0.0, 255.0) as u8]);
        if let (Some(mask), Some(defect)) = (&mut mask, &defect)
            && defect.is_seen(covered, casting.part(x, y))
        {
            mask.put_pixel(column, row, Luma([255]));
        }
    }
    Drawing { image: DynamicImage::ImageLuma8(image), mask }
}

impl Casting {
    fn random(rng: &mut StdRng) -> Self {
        Self {
            centre: (rng.random_range(0.48..0.52), rng.random_range(0.48..0.52)),
            radius: rng.random_range(0.41..0.44),
            turn: rng.random_range(-0.05..0.05),
            light: rng.random_range(0.0..TAU),
            metal: rng.random_range(150.0..175.0),
            texture: Noise::new(rng),
        }
    }

    fn brightness(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.centre.0, y - self.centre.1);
        let distance = dx.hypot(dy) / self.radius;
        let background = 55.0 + 18.0 * y + 10.0 * self.texture.at(x, y, 3.0, 2);
        let light = 26.0 * (dx * self.light.cos() + dy * self.light.sin()) / self.radius;
        let groove = |at: f32, width: f32| (1.0 - ((distance - at) / width).abs()).max(0.0);
        let mut metal = self.metal + light + 22.0 * (self.texture.at(x, y, 8.0, 3) - 0.5);
        metal -= 45.0 * groove(0.88, 0.05) + 40.0 * groove(0.52, 0.06) - 22.0 * groove(0.7, 0.1);
        metal -= 95.0 * self.bolts(dx, dy);
        let hub = edge(0.25 - distance, 0.03);
        metal += (48.0 - metal) * hub;
        background + (metal - background) * self.part(x, y)
    }

    /// How much of the point is the part and not the background: 0 to 1.
    fn part(&self, x: f32, y: f32) -> f32 {
        edge(1.0 - (x - self.centre.0).hypot(y - self.centre.1) / self.radius, 0.03)
    }

    /// Six holes on a circle: 1 inside one of them.
    fn bolts(&self, dx: f32, dy: f32) -> f32 {
        (0..6)
            .map(|nth| {
                let angle = self.turn + TAU * nth as f32 / 6.0;
                let (bx, by) = (angle.cos() * 0.7 * self.radius, angle.sin() * 0.7 * self.radius);
                edge(0.028 - (dx - bx).hypot(dy - by), 0.008)
            })
            .fold(0.0, f32::max)
    }

    /// A point on the metal, between hub and rim.
    fn point(&self, rng: &mut StdRng) -> (f32, f32) {
        let angle = rng.random_range(0.0..TAU);
        let distance = self.radius * rng.random_range(0.35..0.85);
        (self.centre.0 + distance * angle.cos(), self.centre.1 + distance * angle.sin())
    }
}

impl Defect {
    fn random(rng: &mut StdRng, casting: &Casting) -> Self {
        match rng.random_range(0..3) {
            0 => {
                let count = rng.random_range(2..6);
                let hole = |_| {
                    let (x, y) = casting.point(rng);
                    (x, y, rng.random_range(0.025..0.06))
                };
                Self::Blowholes((0..count).map(hole).collect())
            }
            1 => {
                let from = casting.point(rng);
                let angle = rng.random_range(0.0..TAU);
                let length = rng.random_range(0.2..0.4);
                let to = (from.0 + length * angle.cos(), from.1 + length * angle.sin());
                Self::Scratch(from, to, rng.random_range(0.014..0.026))
            }
            _ => {
                let angle = rng.random_range(0.0..TAU);
                let (x, y) = (casting.radius * angle.cos(), casting.radius * angle.sin());
                Self::Chip(casting.centre.0 + x, casting.centre.1 + y, rng.random_range(0.09..0.16))
            }
        }
    }

    /// How much of the point is defect: 0 to 1.
    fn coverage(&self, x: f32, y: f32) -> f32 {
        match self {
            Self::Blowholes(holes) => holes
                .iter()
                .map(|(hx, hy, radius)| edge(radius - (x - hx).hypot(y - hy), 0.008))
                .fold(0.0, f32::max),
            Self::Scratch(from, to, width) => edge(width - distance_to_segment((x, y), *from, *to), 0.006),
            Self::Chip(cx, cy, radius) => edge(radius - (x - cx).hypot(y - cy), 0.012),
        }
    }

    /// Whether a point that is so much covered belongs to the mask: a chip takes nothing away beside the
    /// `part`.
    fn is_seen(&self, covered: f32, part: f32) -> bool {
        match self {
            Self::Chip(..) => covered.min(part) > 0.5,
            _ => covered > 0.5,
        }
    }

    fn tone(&self, plain: f32) -> f32 {
        match self {
            Self::Blowholes(_) => 45.0,
            Self::Scratch(..) => plain + 75.0,
            Self::Chip(..) => 66.0,
        }
    }
}

/// 0 outside, 1 inside, with a soft edge of the given width.
fn edge(depth: f32, width: f32) -> f32 {
    (depth / width + 0.5).clamp(0.0, 1.0)
}

fn distance_to_segment(point: (f32, f32), from: (f32, f32), to: (f32, f32)) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let along = ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / (dx * dx + dy * dy);
    let along = along.clamp(0.0, 1.0);
    (point.0 - from.0 - along * dx).hypot(point.1 - from.1 - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_is_seen_on_the_part_alone() {
        let chip = Defect::Chip(0.9, 0.5, 0.1);
        assert!(chip.is_seen(1.0, 1.0) && !chip.is_seen(1.0, 0.0));
        let scratch = Defect::Scratch((0.8, 0.5), (1.0, 0.5), 0.02);
        assert!(scratch.is_seen(1.0, 0.0), "it shines on the background, too");
    }
}
