//! Golden values from PyTorch, made by `tests/parity/golden.py`, and how near a device must come to them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;

use crate::data::Batch;
use crate::model::Shape;
use crate::spec::Precision;

/// Image sizes and channels of the golden networks.
pub(crate) const CASES: [(usize, usize); 4] = [(16, 1), (16, 3), (32, 1), (32, 3)];

/// Where golden values are compared, and how near they must be found.
pub(crate) struct Place {
    pub device: Device,
    /// Of the golden networks: every other one costs a GPU a minute of compiling.
    pub cases: &'static [(usize, usize)],
    /// Relative, of losses.
    pub losses: f32,
    /// Relative to the largest value, of gradients and weights.
    pub tensors: f32,
    /// Relative, of scores.
    pub scores: f32,
    /// Of losses and tensors with convolutions in bfloat16; absent where a device need not have it.
    pub bf16: Option<(f32, f32)>,
}

/// The CPU.
pub(crate) fn cpu() -> Place {
    let bf16 = Some((1e-3, 1e-2));
    Place { device: Device::flex(), cases: &CASES, losses: 1e-5, tensors: 1e-4, scores: 1e-5, bf16 }
}

/// The shape of a golden network.
pub(crate) fn shape(image_size: usize, channels: usize) -> Shape {
    Shape { image_size, channels, width: 4, latent_size: 8, leaky_slope: 0.2, precision: Precision::F32 }
}

/// The weights that a golden network starts from.
pub(crate) fn weights(case: &str) -> PathBuf {
    path(case, "weights")
}

/// Named tensors of one golden file.
pub(crate) struct Golden(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

/// Cargo tells running tests where the project is; so can whoever compares on another machine.
fn path(case: &str, kind: &str) -> PathBuf {
    let project = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(project).join(format!("tests/parity/{case}-{kind}.safetensors"))
}

impl Golden {
    pub fn read(case: &str) -> Self {
        Self::of_kind(case, "golden")
    }

    /// The first step with convolutions in bfloat16.
    pub fn bf16(case: &str) -> Self {
        Self::of_kind(case, "bf16")
    }

    fn of_kind(case: &str, kind: &str) -> Self {
        let bytes = std::fs::read(path(case, kind)).unwrap();
        let read = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = read.iter().map(|(name, view)| {
            let values = view.data().chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()));
            (name.to_string(), (view.shape().to_vec(), values.collect()))
        });
        Self(tensors.collect())
    }

    pub fn values(&self, name: &str) -> &[f32] {
        &self.0.get(name).unwrap_or_else(|| panic!("no golden `{name}`")).1
    }

    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.0.get(name).map(|(_, values)| values.as_slice())
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// The tensor of one step, of those that are stacked by step.
    pub fn step(&self, name: &str, step: usize) -> TensorData {
        let (shape, values) = &self.0[name];
        let count = values.len() / shape[0];
        TensorData::new(values[step * count..(step + 1) * count].to_vec(), shape[1..].to_vec())
    }

    pub fn batch(&self, step: usize, device: &Device) -> Batch {
        Batch {
            images: Tensor::from_data(self.step("images", step), device),
            noise: Tensor::from_data(self.step("noise", step), device),
            draw: step as u64,
            last_of_epoch: true, // so that every step's losses are seen
        }
    }
}

/// The largest difference of two tensors, relative to the largest golden value.
pub(crate) fn assert_close(found: &[f32], golden: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), golden.len(), "{what}");
    let largest = golden.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    let difference = found.iter().zip(golden).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(difference <= tolerance * largest, "{what}: differs by {difference}, largest is {largest}");
}
