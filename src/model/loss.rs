//! The losses, each a scalar of shape `[1]` unless it says otherwise.
//!
//! Logits are `[batch, 1]`; images `[batch, channels, size, size]` with values from −1 to 1; features
//! `[batch, width·size/8, 4, 4]`, f(x) of the discriminator; latent vectors `[batch, latent]`.

use burn::tensor::Tensor;
use burn::tensor::activation::log_sigmoid;

/// Binary cross-entropy of logits `[batch, 1]` that should say "real": mean −log σ(l).
///
/// Computed from the logit, so it stays finite where PyTorch clamps the logarithm at −100.
pub fn real(logits: Tensor<2>) -> Tensor<1> {
    log_sigmoid(logits).mean().neg()
}

/// Binary cross-entropy of logits `[batch, 1]` that should say "generated": mean −log(1 − σ(l)).
pub fn generated(logits: Tensor<2>) -> Tensor<1> {
    log_sigmoid(logits.neg()).mean().neg()
}

/// Binary cross-entropy of logits `[batch, 1]` whose target is 1 − `smoothing` (Salimans et al. 2016, one-sided
/// label smoothing).
pub fn smoothed_real(logits: Tensor<2>, smoothing: f64) -> Tensor<1> {
    if smoothing == 0.0 {
        return real(logits);
    }
    real(logits.clone()).mul_scalar(1.0 - smoothing) + generated(logits).mul_scalar(smoothing)
}

/// Mean (x − x̂)² of images `[batch, channels, size, size]`: what f-AnoGAN's encoder lowers (Schlegl et al.
/// 2019, equation 3, izi).
pub fn encoding(images: Tensor<4>, reconstructed: Tensor<4>) -> Tensor<1> {
    (images - reconstructed).square().mean()
}

/// How much made images `[batch, channels, size, size]` differ among themselves, against how much real ones
/// do: the root of the ratio of their variances over the batch, summed over pixels. About 1 where the generator makes
/// what the data holds, 0 where it makes a single image: a collapsed generator. One image alone tells
/// nothing: 1.
pub fn diversity(made: Tensor<4>, real: Tensor<4>) -> Tensor<1> {
    if real.dims()[0] < 2 {
        return Tensor::ones([1], &real.device());
    }
    let variance = |images: Tensor<4>| {
        let mean = images.clone().mean_dim(0);
        (images - mean).square().mean()
    };
    (variance(made) / variance(real).clamp_min(1e-12)).sqrt()
}

/// L_adv: mean (f(x) − f(x̂))² of features `[batch, width·size/8, 4, 4]` (Akcay et al. 2018, equation 1, as in
/// their code).
pub fn adversarial(features: Tensor<4>, reconstructed: Tensor<4>) -> Tensor<1> {
    (features - reconstructed).square().mean()
}

/// L_adv as the formula has it (Akcay et al. 2018, equation 1): mean (f(x) − E f(x̂))², with the mean of the features
/// of the batch's reconstructions.
pub fn adversarial_to_mean(features: Tensor<4>, reconstructed: Tensor<4>) -> Tensor<1> {
    (features - reconstructed.mean_dim(0)).square().mean()
}

/// L_con: mean |x − x̂| of images `[batch, channels, size, size]` (Akcay et al. 2018, equation 2).
pub fn contextual(images: Tensor<4>, reconstructed: Tensor<4>) -> Tensor<1> {
    (images - reconstructed).abs().mean()
}

/// L_enc: mean (z − ẑ)² of latent vectors `[batch, latent]` (Akcay et al. 2018, equation 3, as in their code).
pub fn encoder(latent: Tensor<2>, reconstructed: Tensor<2>) -> Tensor<1> {
    (latent - reconstructed).square().mean()
}

/// Sum over everything but the batch of |a − b|: twice `[batch, channels, height, width]` → `[batch]`. AnoGAN's
/// residual loss on images, its discrimination loss on features (Schlegl et al. 2017, equations 2 and 4).
pub fn absolute_sum(a: Tensor<4>, b: Tensor<4>) -> Tensor<1> {
    let batch = a.dims()[0];
    (a - b).abs().reshape([batch as i32, -1]).sum_dim(1).reshape([batch])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn close(found: Tensor<1>, expected: f64) {
        let found = found.into_scalar::<f64>();
        assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0), "{found} is not {expected}");
    }

    fn matrix(values: [[f32; 2]; 2]) -> Tensor<2> {
        Tensor::from_data(TensorData::from(values), &Device::flex())
    }

    fn images(values: [f32; 4]) -> Tensor<4> {
        Tensor::<1>::from_data(TensorData::from(values), &Device::flex()).reshape([2, 1, 1, 2])
    }

    #[test]
    fn cross_entropy_by_hand() {
        let logits = matrix([[0.0, 2.0], [-1.0, 0.5]]);
        let softplus = |x: f64| (1.0 + x.exp()).ln();
        let expected_real = (softplus(0.0) + softplus(-2.0) + softplus(1.0) + softplus(-0.5)) / 4.0;
        let expected_fake = (softplus(0.0) + softplus(2.0) + softplus(-1.0) + softplus(0.5)) / 4.0;
        close(real(logits.clone()), expected_real);
        close(generated(logits), expected_fake);
    }

    #[test]
    fn smoothed_target_by_hand() {
        let (l, s): (f64, f64) = (0.7, 0.1);
        let sigma = 1.0 / (1.0 + (-l).exp());
        let expected = -(1.0 - s) * sigma.ln() - s * (1.0 - sigma).ln();
        close(smoothed_real(matrix([[0.7, 0.7], [0.7, 0.7]]), s), expected);
    }

    #[test]
    fn diversity_of_one_image_is_none_and_of_the_data_is_one() {
        let data = images([1.0, 2.0, 3.0, 4.0]);
        close(diversity(data.clone(), data.clone()), 1.0);
        close(diversity(images([5.0, 2.0, 5.0, 2.0]), data.clone()), 0.0);
        close(diversity(data.clone().mul_scalar(0.5), data), 0.5);
        close(diversity(images([1.0, 2.0, 3.0, 4.0]), images([1.0, 1.0, 1.0, 1.0])), 1e6);
    }

    #[test]
    fn cross_entropy_stays_finite() {
        close(real(matrix([[-500.0, -500.0], [-500.0, -500.0]])), 500.0);
        close(generated(matrix([[-500.0, -500.0], [-500.0, -500.0]])), 0.0);
    }

    #[test]
    fn reconstruction_losses_by_hand() {
        let (a, b) = (images([1.0, 2.0, 3.0, 4.0]), images([0.0, 4.0, 3.0, 1.0]));
        close(adversarial(a.clone(), b.clone()), (1.0 + 4.0 + 0.0 + 9.0) / 4.0);
        close(contextual(a.clone(), b.clone()), (1.0 + 2.0 + 0.0 + 3.0) / 4.0);
        // The batch's mean is (½ · (0 + 3), ½ · (4 + 1)).
        close(adversarial_to_mean(a.clone(), b.clone()), (0.25 + 0.25 + 2.25 + 2.25) / 4.0);
        let sums: Vec<f32> = absolute_sum(a, b).into_data().try_to_vec().unwrap();
        assert_eq!(sums, [3.0, 3.0]);
        let (z, second) = (matrix([[1.0, -1.0], [0.0, 2.0]]), matrix([[0.0, 1.0], [0.0, 0.0]]));
        close(encoder(z, second), (1.0 + 4.0 + 0.0 + 4.0) / 4.0);
    }
}
