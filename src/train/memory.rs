use std::process::Command;

use super::DeviceChoice;
use crate::model::{Cost, Shape};
use crate::spec::{FitConfig, GanTraining, Network};

/// Bytes for each weight: itself, its gradient, Adam's two moments, and what an update makes.
const BYTES_OF_A_WEIGHT: u64 = 20;
/// Bytes for each number that a convolution puts out: what is kept of it until its gradient is
/// known, and what is made on the way.
const BYTES_OF_AN_OUTPUT: u64 = 10;
/// What a process holds before it trains: on a GPU, a context and its kernels.
const BYTES_OF_A_PROCESS: (u64, u64) = (30 << 20, 600 << 20);

/// Roughly the bytes that training this fit takes at its peak, on the CPU or on a GPU.
///
/// Measured on a CPU (GANomaly at 32×32 and 64×64, batch 64 and 256, width 64; AnoGAN at 64×64):
/// 4 to 19 % less than this.
pub fn needed_memory(config: &FitConfig, on_gpu: bool) -> u64 {
    let (on_cpu, gpu) = BYTES_OF_A_PROCESS;
    let process = if on_gpu { gpu } else { on_cpu };
    let Some(gan) = config.gan() else { return process };
    let (networks, passes) = costs(config, gan);
    let weights: u64 = networks.iter().map(|cost| cost.parameters).sum();
    let outputs: u64 = passes.iter().map(|cost| cost.outputs).sum();
    process + BYTES_OF_A_WEIGHT * weights + BYTES_OF_AN_OUTPUT * gan.batch_size as u64 * outputs
}

/// Multiplications of a training step for one image, forward and backward: a gradient of the weights
/// costs what a forward pass costs, and so does one of the input.
pub fn step_multiplications(config: &FitConfig) -> u64 {
    let Some(gan) = config.gan() else { return 0 };
    let (_, passes) = costs(config, gan);
    let discriminator = Cost::of_encoder(Shape::of(config, gan), 1).multiplications;
    // The generator's pass through the discriminator makes no gradient of the discriminator's weights.
    3 * passes.iter().map(|cost| cost.multiplications).sum::<u64>() - discriminator
}

/// The networks of a model, and the passes of one training step.
fn costs(config: &FitConfig, gan: &GanTraining) -> (Vec<Cost>, Vec<Cost>) {
    let shape = Shape::of(config, gan);
    let encoder = Cost::of_encoder(shape, shape.latent_size);
    let discriminator = Cost::of_encoder(shape, 1);
    let decoder = Cost::of_decoder(shape);
    let judged = [discriminator; 3]; // real images, made ones, and made ones for the generator's sake
    match &config.network {
        Network::Ganomaly(_) => {
            let networks = vec![encoder, decoder, encoder, discriminator];
            (networks, [&[encoder, decoder, encoder][..], &judged].concat())
        }
        Network::Anogan(training) if training.encoder => {
            let networks = vec![decoder, discriminator, encoder];
            (networks, [&[decoder, encoder, decoder][..], &judged].concat())
        }
        _ => (vec![decoder, discriminator], [&[decoder][..], &judged].concat()),
    }
}

/// Bytes that are free for training on a device; absent where it does not tell.
pub fn free_memory(device: DeviceChoice) -> Option<u64> {
    match device {
        DeviceChoice::Cuda(index) => free_on_nvidia(index),
        DeviceChoice::Cpu => {
            let mut system = sysinfo::System::new();
            system.refresh_memory();
            Some(system.available_memory()).filter(|bytes| *bytes > 0)
        }
        DeviceChoice::Wgpu(_) | DeviceChoice::Auto => None,
    }
}

/// What `nvidia-smi`, a part of NVIDIA's driver, says.
fn free_on_nvidia(index: usize) -> Option<u64> {
    let output = Command::new("nvidia-smi")
        .args(["--query-gpu=memory.free", "--format=csv,noheader,nounits", "-i", &index.to_string()])
        .output()
        .ok()?;
    let mebibytes: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().ok()?;
    Some(mebibytes << 20)
}
