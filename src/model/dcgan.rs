//! AnoGAN's networks (Schlegl et al. 2017).

use burn::module::Module;
use burn::tensor::Device;
use rand::rngs::StdRng;

use super::{Decoder, Encoder, Shape};
use crate::spec::Discriminator;

/// AnoGAN's DCGAN: a generator of images from noise and a discriminator (Schlegl et al. 2017).
#[derive(Module, Debug)]
pub struct Dcgan {
    /// G.
    pub generator: Decoder,
    /// D, one logit.
    pub discriminator: Encoder,
    /// E, from images to latent vectors (Schlegl et al. 2019, f-AnoGAN), where it is trained.
    pub encoder: Option<Encoder>,
}

impl Dcgan {
    /// A network with fresh weights, drawn from `rng`.
    pub fn new(
        shape: Shape,
        discriminator: Discriminator,
        encoder: bool,
        rng: &mut StdRng,
        device: &Device,
    ) -> Self {
        Self {
            generator: Decoder::new(shape, rng, device),
            discriminator: Encoder::discriminator(shape, discriminator, rng, device),
            encoder: encoder.then(|| Encoder::new(shape, shape.latent_size, rng, device)),
        }
    }
}
