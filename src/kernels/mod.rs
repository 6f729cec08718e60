//! Fast kernels of the networks' layers for CPUs: pure functions over slices of 32-bit numbers.
//!
//! Maps are channels-last, [batch, height, width, channels]; weights come and their gradients go in the
//! networks' own layout, [small, large, 4, 4]. Every loop is compiled for AVX-512, AVX2, NEON and plain
//! processors, and the one that fits is picked at run time; matrix products are `faer`'s. Work is split
//! by shape alone and sums are taken in a fixed order, so results are the same bits for any number of
//! threads, and with AVX2 as with AVX-512: what `faer` would sum in the width of vectors, `product` sums.

mod adam;
mod choice;
mod convolution;
mod direct;
mod head;
mod lanes;
mod minimal;
mod norm;
mod optimizer;
#[cfg(test)]
mod path;
mod pool;
mod product;
#[cfg(test)]
mod reference;
mod repeated;
mod reuse;
mod scratch;
mod strided;
mod tensors;
mod weights;
mod winograd;

pub use adam::Adam;
pub use choice::{VARIABLE, chosen, name};
pub use convolution::{Filters, Method, double, halve, weight_gradient};
pub use head::Head;
pub use norm::{Gradients, Normalisation, Statistics, leaky, leaky_back};
pub use strided::Strided;
pub use tensors::{Normalised, Settings, Window, convolve, convolve_transposed, normalise, normalise_batch};
