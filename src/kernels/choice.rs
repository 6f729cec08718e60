//! Which operations a network is made of: these kernels or burn's own.

use std::sync::LazyLock;

use burn::tensor::Device;

/// The environment variable that goes back to burn's operations where it says `burn`: for comparison.
pub const VARIABLE: &str = "ANOLAB_KERNELS";

static BURN: LazyLock<bool> =
    LazyLock::new(|| std::env::var_os(VARIABLE).is_some_and(|value| value == "burn"));

/// Whether tensors on a device go through these kernels.
pub fn chosen(device: &Device) -> bool {
    *device == Device::flex() && !*BURN
}

/// The name of what computes networks on a device, for provenance and checkpoints. A change that alters results in
/// their last digits raises the number.
pub fn name(device: &Device) -> &'static str {
    if chosen(device) { "kernels-2" } else { "burn" }
}
