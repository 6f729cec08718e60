//! Smooth noise for drawn images.

use rand::RngExt;
use rand::rngs::StdRng;

/// Smooth noise: random values on a grid, cosine-interpolated, several octaves added.
pub(super) struct Noise {
    lattice: Vec<f32>,
}

const SIDE: usize = 64;

impl Noise {
    pub fn new(rng: &mut StdRng) -> Self {
        Self { lattice: (0..SIDE * SIDE).map(|_| rng.random::<f32>()).collect() }
    }

    /// About 0 to 1, at a point of the unit square; `frequency` cells a side in the first octave.
    pub fn at(&self, x: f32, y: f32, frequency: f32, octaves: u32) -> f32 {
        let (mut sum, mut weight, mut total) = (0.0, 1.0, 0.0);
        for octave in 0..octaves {
            let scale = frequency * 2_f32.powi(octave as i32);
            sum += weight * self.smooth(x * scale + 7.3 * octave as f32, y * scale);
            total += weight;
            weight *= 0.55;
        }
        sum / total
    }

    fn smooth(&self, x: f32, y: f32) -> f32 {
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (tx, ty) = (ease(x.fract()), ease(y.fract()));
        let (column, row) = (x.floor() as usize, y.floor() as usize);
        let value = |dx: usize, dy: usize| self.lattice[(row + dy) % SIDE * SIDE + (column + dx) % SIDE];
        let top = value(0, 0) + (value(1, 0) - value(0, 0)) * tx;
        let bottom = value(0, 1) + (value(1, 1) - value(0, 1)) * tx;
        top + (bottom - top) * ty
    }
}
