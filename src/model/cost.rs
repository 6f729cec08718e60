use super::Shape;

/// What a network holds and what a forward pass of one image takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Trained numbers.
    pub parameters: u64,
    /// Numbers that the layers put out, BatchNorm's and the activations' not counted.
    pub outputs: u64,
    /// Multiplications of the convolutions.
    pub multiplications: u64,
}

impl Cost {
    /// Of an [`Encoder`](super::Encoder) with so many outputs.
    pub fn of_encoder(shape: Shape, outputs: usize) -> Self {
        let mut cost = Self::default();
        let mut side = shape.image_size / 2;
        let mut width = shape.width;
        cost.convolution(shape.channels, width, side, side);
        while side > 4 {
            side /= 2;
            cost.convolution(width, 2 * width, side, side);
            cost.batch_norm(2 * width);
            width *= 2;
        }
        cost.convolution(width, outputs, 1, 1);
        cost
    }

    /// Of a [`Decoder`](super::Decoder).
    pub fn of_decoder(shape: Shape) -> Self {
        let mut cost = Self::default();
        let mut side = 4;
        let mut width = shape.width * shape.image_size / 8;
        cost.convolution(shape.latent_size, width, 4, 1);
        cost.batch_norm(width);
        while side < shape.image_size / 2 {
            cost.convolution(width, width / 2, 2 * side, side);
            cost.batch_norm(width / 2);
            (side, width) = (2 * side, width / 2);
        }
        cost.convolution(width, shape.channels, shape.image_size, side);
        cost
    }

    /// A 4×4 convolution, transposed or not. Its kernel is applied `applied`² times: once an output
    /// pixel, or once an input pixel of a transposed one.
    fn convolution(&mut self, inputs: usize, outputs: usize, side: usize, applied: usize) {
        let weights = (16 * inputs * outputs) as u64;
        self.parameters += weights;
        self.outputs += (outputs * side * side) as u64;
        self.multiplications += weights * (applied * applied) as u64;
    }

    fn batch_norm(&mut self, channels: usize) {
        self.parameters += 2 * channels as u64;
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Device;

    use super::*;
    use crate::golden::shape;
    use crate::model::{Decoder, Encoder};
    use crate::random::rng;

    #[test]
    fn parameters_are_those_of_the_networks() {
        for (size, channels) in [(16, 1), (32, 3), (128, 1)] {
            let shape = shape(size, channels);
            let (mut rng, device) = (rng(0, "test", 0), Device::flex());
            let encoder = Encoder::new(shape, 5, &mut rng, &device);
            assert_eq!(Cost::of_encoder(shape, 5).parameters, encoder.num_params() as u64);
            let decoder = Decoder::new(shape, &mut rng, &device);
            assert_eq!(Cost::of_decoder(shape).parameters, decoder.num_params() as u64);
        }
    }

    /// By hand, for 16×16×1 with a first width of 4: 1→4 at 8×8, 4→8 at 4×4, 8→1.
    #[test]
    fn outputs_and_multiplications_are_counted() {
        let cost = Cost::of_encoder(shape(16, 1), 1);
        assert_eq!(cost.outputs, 4 * 64 + 8 * 16 + 1);
        assert_eq!(cost.multiplications, 16 * (4 * 64 + 4 * 8 * 16 + 8));
        let cost = Cost::of_decoder(shape(16, 1));
        assert_eq!(cost.outputs, 8 * 16 + 4 * 64 + 256);
        assert_eq!(cost.multiplications, 16 * (8 * 8 + 8 * 4 * 16 + 4 * 64));
    }
}
