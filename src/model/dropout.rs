//! Dropout whose masks are functions of a seed alone: a training that is resumed drops what it would have dropped.

use burn::tensor::{Tensor, TensorData};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::random::rng;

/// Drops features at random and scales the others, so that their mean stays (Srivastava et al. 2014, inverted).
pub struct Dropout {
    share: f64,
    rng: StdRng,
}

impl Dropout {
    /// Masks for one pass, drawn from `seed` layer after layer; `share` of the features is dropped, in 0..1.
    pub fn new(share: f64, seed: u64) -> Self {
        Self { share, rng: rng(seed, "dropout", 0) }
    }

    /// [batch, channels, height, width] → the same, with features of each image dropped.
    pub fn apply(&mut self, x: Tensor<4>) -> Tensor<4> {
        if self.share == 0.0 {
            return x;
        }
        let shape = x.dims();
        // A mask is drawn from 16 bits: the share is kept to 1/65,536.
        let limit = (self.share * 65_536.0) as u32;
        let kept = (1.0 / (1.0 - self.share)) as f32;
        let mask: Vec<f32> = (0..shape.iter().product())
            .map(|_| if u32::from(self.rng.random::<u16>()) < limit { 0.0 } else { kept })
            .collect();
        let mask = Tensor::from_data(TensorData::new(mask, shape), &x.device());
        x * mask
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn dropped(share: f64, seed: u64) -> Vec<f32> {
        let ones = Tensor::<4>::ones([4, 8, 32, 32], &Device::flex());
        Dropout::new(share, seed).apply(ones).into_data().try_to_vec().unwrap()
    }

    #[test]
    fn a_share_is_dropped_and_the_mean_stays() {
        let found = dropped(0.3, 1);
        let zeros = found.iter().filter(|value| **value == 0.0).count() as f64 / found.len() as f64;
        assert!((zeros - 0.3).abs() < 0.01, "{zeros} of 32,768 values");
        assert!(found.iter().all(|value| *value == 0.0 || (value - 1.0 / 0.7).abs() < 1e-6));
        let mean = found.iter().sum::<f32>() / found.len() as f32;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert_eq!(dropped(0.0, 1), vec![1.0; found.len()]);
    }

    #[test]
    fn masks_are_those_of_the_seed() {
        assert_eq!(dropped(0.5, 1), dropped(0.5, 1));
        assert_ne!(dropped(0.5, 1), dropped(0.5, 2));
        let mut pass = Dropout::new(0.5, 1);
        let ones = || Tensor::<4>::ones([1, 2, 16, 16], &Device::flex());
        let (first, second) = (pass.apply(ones()), pass.apply(ones()));
        assert_ne!(first.into_data(), second.into_data(), "each layer has its own");
    }

    /// What is dropped has no gradient, what is kept its scale.
    #[test]
    fn gradients_go_through_the_mask() {
        let device = Device::flex().autodiff();
        let x = Tensor::<4>::ones([1, 2, 8, 8], &device).require_grad();
        let made = Dropout::new(0.5, 3).apply(x.clone());
        let expected = made.clone().into_data();
        let gradient = x.grad(&made.sum().backward()).unwrap();
        assert_eq!(gradient.into_data(), expected);
    }
}
