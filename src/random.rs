//! Random numbers that depend on a seed, a purpose and a position alone.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};

/// A generator for one purpose, so that no draw depends on how many were made before it: resuming
/// needs no saved state, and every device sees the same numbers.
pub fn rng(seed: u64, purpose: &str, index: u64) -> StdRng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).update(&index.to_le_bytes()).update(purpose.as_bytes());
    StdRng::from_seed(*hasher.finalize().as_bytes())
}

/// `count` draws from N(0, 1).
pub fn normal_noise(rng: &mut StdRng, count: usize) -> Vec<f32> {
    StandardNormal.sample_iter(rng).take(count).collect()
}
