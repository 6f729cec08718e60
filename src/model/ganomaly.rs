//! GANomaly's networks (Akcay et al. 2018).

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand::rngs::StdRng;

use super::{Decoder, Encoder, Shape};

/// GANomaly (Akcay et al. 2018): G = decoder ∘ encoder, a second encoder E, a discriminator D.
#[derive(Module, Debug)]
pub struct Ganomaly {
    /// G_E.
    pub encoder: Encoder,
    /// G_D.
    pub decoder: Decoder,
    /// E: the structure of G_E, weights of its own.
    pub second_encoder: Encoder,
    /// D, one logit.
    pub discriminator: Encoder,
}

/// What the generator and the second encoder make of images.
#[derive(Debug, Clone)]
pub struct Reconstruction {
    /// z = G_E(x), [batch, latent].
    pub latent: Tensor<2>,
    /// x̂ = G_D(z), [batch, channels, size, size].
    pub images: Tensor<4>,
    /// ẑ = E(x̂), [batch, latent].
    pub second_latent: Tensor<2>,
}

impl Ganomaly {
    /// A network with fresh weights, drawn from `rng`.
    pub fn new(shape: Shape, rng: &mut StdRng, device: &Device) -> Self {
        Self {
            encoder: Encoder::new(shape, shape.latent_size, rng, device),
            decoder: Decoder::new(shape, rng, device),
            second_encoder: Encoder::new(shape, shape.latent_size, rng, device),
            discriminator: Encoder::new(shape, 1, rng, device),
        }
    }

    /// Encodes, decodes and encodes again. `images` is [batch, channels, size, size], −1 to 1.
    pub fn reconstruct(&self, images: Tensor<4>) -> Reconstruction {
        let latent = self.encoder.forward(images);
        let images = self.decoder.forward(latent.clone());
        let second_latent = self.second_encoder.forward(images.clone());
        Reconstruction { latent, images, second_latent }
    }
}
