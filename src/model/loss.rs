//! The losses, each a scalar of shape [1] unless it says otherwise.

use burn::tensor::Tensor;
use burn::tensor::activation::log_sigmoid;

/// Binary cross-entropy of logits that should say "real": mean −log σ(l).
///
/// Computed from the logit, so it stays finite where PyTorch clamps the logarithm at −100.
pub fn real(logits: Tensor<2>) -> Tensor<1> {
    log_sigmoid(logits).mean().neg()
}

/// Binary cross-entropy of logits that should say "generated": mean −log(1 − σ(l)).
pub fn generated(logits: Tensor<2>) -> Tensor<1> {
    log_sigmoid(logits.neg()).mean().neg()
}

/// L_adv: mean (f(x) − f(x̂))² (Akcay et al. 2018, equation 1, as in their code).
pub fn adversarial(features: Tensor<4>, reconstructed: Tensor<4>) -> Tensor<1> {
    (features - reconstructed).square().mean()
}

/// L_con: mean |x − x̂| (Akcay et al. 2018, equation 2).
pub fn contextual(images: Tensor<4>, reconstructed: Tensor<4>) -> Tensor<1> {
    (images - reconstructed).abs().mean()
}

/// L_enc: mean (z − ẑ)² (Akcay et al. 2018, equation 3, as in their code).
pub fn encoder(latent: Tensor<2>, reconstructed: Tensor<2>) -> Tensor<1> {
    (latent - reconstructed).square().mean()
}

/// Sum over everything but the batch of |a − b|: [batch, …] → [batch]. AnoGAN's residual loss on
/// images, its discrimination loss on features (Schlegl et al. 2017, equations 2 and 4).
pub fn absolute_sum(a: Tensor<4>, b: Tensor<4>) -> Tensor<1> {
    let batch = a.dims()[0];
    (a - b).abs().reshape([batch as i32, -1]).sum_dim(1).reshape([batch])
}
