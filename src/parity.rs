//! All that is compared with PyTorch, for a machine that has neither cargo nor the sources.

use std::panic::{UnwindSafe, catch_unwind};

use crate::golden::{CASES, Place, cpu};
use crate::score::searches;
use crate::train::{DeviceChoice, FoundDevice, bfloat16_trains, dcgan_trains, ganomaly_trains};

type Comparison = (&'static str, fn(&Place));

const COMPARISONS: [Comparison; 4] = [
    ("DCGAN trains as in PyTorch", dcgan_trains),
    ("GANomaly trains as in PyTorch", ganomaly_trains),
    ("bfloat16 is that of PyTorch", bfloat16_trains),
    ("the latent search ends as in PyTorch", searches),
];

/// Compares losses, gradients, weights and scores on a device with the golden values in `tests/parity` of the folder
/// that `CARGO_MANIFEST_DIR` names, and prints how each comparison ended. Whether all went well.
pub fn compare(found: &FoundDevice) -> bool {
    let ended = COMPARISONS.map(|(name, comparison)| ends_well(name, || comparison(&place(found))));
    ended.into_iter().all(|well| well)
}

/// A comparison panics, and tells what differs, where something does.
fn ends_well(name: &str, comparison: impl FnOnce() + UnwindSafe) -> bool {
    let well = catch_unwind(comparison).is_ok();
    println!("{name}: {}", if well { "yes" } else { "NO" });
    well
}

/// How near a device must come. Where CUDA takes tensor cores it multiplies in TF32, which keeps ten bits.
fn place(found: &FoundDevice) -> Place {
    let (device, cases) = (found.device.clone(), &CASES[..1]);
    match found.choice {
        DeviceChoice::Cuda(_) => {
            let bf16 = Some((5e-3, 3e-2));
            Place { device, cases, losses: 5e-3, tensors: 3e-2, scores: 2e-2, bf16 }
        }
        DeviceChoice::Wgpu(_) => {
            Place { device, cases, losses: 1e-3, tensors: 1e-2, scores: 1e-2, bf16: None }
        }
        DeviceChoice::Auto | DeviceChoice::Cpu => cpu(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told() {
        assert!(ends_well("the same", || ()));
        assert!(!ends_well("another", || assert_eq!(1, 2)));
    }

    /// On the first WebGPU device, real or not: Mesa's software driver will do.
    #[cfg(feature = "wgpu")]
    #[test]
    fn wgpu_is_as_pytorch() {
        let found = DeviceChoice::Wgpu(0).find();
        assert!(compare(&found.expect("no WebGPU device; on Debian, install mesa-vulkan-drivers")));
    }

    #[cfg(feature = "cuda")]
    #[test]
    fn cuda_is_as_pytorch() {
        assert!(compare(&DeviceChoice::Cuda(0).find().expect("no CUDA device")));
    }
}
