use burn::module::Module;
use burn::tensor::Device;

use super::{Decoder, Encoder, Shape};

/// AnoGAN's DCGAN: a generator of images from noise and a discriminator (Schlegl et al. 2017).
#[derive(Module, Debug)]
pub struct Dcgan {
    /// G.
    pub generator: Decoder,
    /// D, one logit.
    pub discriminator: Encoder,
}

impl Dcgan {
    /// A network with fresh weights, drawn from the device's random state.
    pub fn new(shape: Shape, device: &Device) -> Self {
        Self { generator: Decoder::new(shape, device), discriminator: Encoder::new(shape, 1, device) }
    }
}
