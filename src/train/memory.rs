//! What a fit asks of a device, from the layers of its networks.

use std::process::Command;

use super::device::DeviceChoice;
use crate::spec::layers::{Layer, Shape};
use crate::spec::{FitConfig, GanTraining, Network, RunConfig, Scoring};

/// Bytes for each weight, on the CPU and on a GPU: itself, its gradient, Adam's two moments, and what an update
/// makes; on the CPU also its transforms, which the kernels keep.
const BYTES_OF_A_WEIGHT: (u64, u64) = (36, 20);
/// Bytes for each number that a convolution puts out: what is kept of it until its gradient is
/// known, and what is made on the way.
const BYTES_OF_AN_OUTPUT: u64 = 10;
/// What a process holds before it trains: on a GPU, a context and its kernels.
const BYTES_OF_A_PROCESS: (u64, u64) = (30 << 20, 600 << 20);

/// Roughly the bytes that training this fit takes at its peak, on the CPU or on a GPU.
///
/// Measured on a CPU (GANomaly, batch 64, width 64): 256 MB at 32×32 and 818 MB at 64×64, 5 and 14 % less than this.
pub fn needed_memory(config: &FitConfig, on_gpu: bool) -> u64 {
    let of_device = |(on_cpu, on_a_gpu)| if on_gpu { on_a_gpu } else { on_cpu };
    let process: u64 = of_device(BYTES_OF_A_PROCESS);
    let Some(gan) = config.gan() else { return process };
    let (networks, passes) = layers(config, gan);
    let weights: u64 = networks.iter().map(weights).sum();
    let outputs: u64 = passes.iter().map(outputs).sum();
    process + of_device(BYTES_OF_A_WEIGHT) * weights + BYTES_OF_AN_OUTPUT * gan.batch_size as u64 * outputs
}

/// Multiplications of a training step for one image, forward and backward: a gradient of the weights
/// costs what a forward pass costs, and so does one of the input.
pub fn step_multiplications(config: &FitConfig) -> u64 {
    let Some(gan) = config.gan() else { return 0 };
    let (_, passes) = layers(config, gan);
    let judged: u64 = judge(config, gan).iter().map(multiplications).sum();
    // The generator's pass through the discriminator makes no gradient of the discriminator's weights.
    3 * passes.iter().map(multiplications).sum::<u64>() - judged
}

/// Multiplications of training a fit on so many images; those of baselines as far as they count.
pub fn training_multiplications(config: &FitConfig, trained_on: usize) -> f64 {
    let (images, pixels) = (trained_on as f64, pixels(config));
    match config.gan() {
        Some(gan) => step_multiplications(config) as f64 * (gan.steps(trained_on) * gan.batch_size) as f64,
        None if matches!(config.network, Network::Pca { .. }) => 4.0 * images * pixels * images.min(pixels),
        None => 0.0,
    }
}

/// Multiplications of judging one image with a fit that was trained on so many.
pub fn judging_multiplications(run: &RunConfig, trained_on: usize) -> f64 {
    let Some(gan) = run.fit.gan() else {
        return match run.fit.network {
            Network::Nearest => trained_on as f64 * pixels(&run.fit),
            Network::Pca { components } => 2.0 * components as f64 * pixels(&run.fit),
            _ => 0.0,
        };
    };
    let shape = Shape::of(&run.fit, gan);
    let of = |layers: Vec<Layer>| layers.iter().map(multiplications).sum::<u64>() as f64;
    let (encoder, judge, decoder) =
        (of(shape.encoder(gan.latent_size)), of(shape.encoder(1)), of(shape.decoder()));
    match &run.scoring {
        // Forward, and backward to the latent vector alone.
        Scoring::Anogan(search) => {
            2.0 * (decoder + judge) * (search.search_steps * search.restarts).max(1) as f64
        }
        _ => 2.0 * encoder + decoder,
    }
}

fn pixels(config: &FitConfig) -> f64 {
    (config.channels * config.image_size * config.image_size) as f64
}

/// The layers of a model's networks, and those that the passes of one training step go through.
fn layers(config: &FitConfig, gan: &GanTraining) -> (Vec<Layer>, Vec<Layer>) {
    let shape = Shape::of(config, gan);
    let (encoder, judge, decoder) = (shape.encoder(gan.latent_size), judge(config, gan), shape.decoder());
    let [e, j, d] = [&encoder[..], &judge, &decoder];
    // The discriminator sees real images, made ones, and made ones for the generator's sake.
    match &config.network {
        Network::Ganomaly(_) => ([e, d, e, j].concat(), [e, d, e, j, j, j].concat()),
        Network::Anogan(training) if training.encoder => ([d, j, e].concat(), [d, e, d, j, j, j].concat()),
        Network::Anogan(_) => ([d, j].concat(), [d, j, j, j].concat()),
        Network::Pca { .. } | Network::Nearest | Network::Brightness => (Vec::new(), Vec::new()),
    }
}

/// The layers of the discriminator.
fn judge(config: &FitConfig, gan: &GanTraining) -> Vec<Layer> {
    let shape = Shape::of(config, gan);
    match &config.network {
        Network::Anogan(training) => shape.discriminator(training.discriminator),
        _ => shape.encoder(1),
    }
}

fn weights(layer: &Layer) -> u64 {
    let Layer { kernel, input, output, .. } = layer;
    let batch_norm = if layer.batch_norm { 2 * output.channels } else { 0 };
    (kernel * kernel * input.channels * output.channels + batch_norm) as u64
}

fn outputs(layer: &Layer) -> u64 {
    (layer.output.channels * layer.output.side * layer.output.side) as u64
}

/// A kernel is applied once an output pixel, or once an input pixel where it is transposed.
fn multiplications(layer: &Layer) -> u64 {
    let Layer { kernel, input, output, .. } = layer;
    let side = if layer.transposed { input.side } else { output.side };
    (kernel * kernel * input.channels * output.channels * side * side) as u64
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
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
    let output = Command::new("nvidia-smi")
        .args(["--query-gpu=memory.free", "--format=csv,noheader,nounits", "-i"])
        .arg(nvidia_name(visible.as_deref(), index)?)
        .output()
        .ok()?;
    let mebibytes: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().ok()?;
    Some(mebibytes << 20)
}

/// What `nvidia-smi` calls the CUDA device `index`: CUDA counts those alone that are made visible.
fn nvidia_name(visible: Option<&str>, index: usize) -> Option<String> {
    match visible {
        Some(list) => list.split(',').nth(index).map(|name| name.trim().to_string()),
        None => Some(index.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use burn::module::{Module, ModuleVisitor, Param};
    use burn::tensor::{Device, Tensor};

    use super::*;
    use crate::model::{Ganomaly, Shape};
    use crate::random::rng;
    use crate::spec::Sweep;

    fn ganomaly(image_size: usize) -> FitConfig {
        let text = format!(
            "name = \"t\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 8 }}\n[base]\n\
             model = \"ganomaly\"\nimage_size = {image_size}\nwidth = 4\nlatent_size = 8\n"
        );
        Sweep::parse("t.toml", &text).unwrap().runs.remove(0).fit
    }

    /// Counts what is trained: BatchNorm's running statistics are not.
    #[derive(Default)]
    struct Trained(u64);

    impl ModuleVisitor for Trained {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if param.is_require_grad() {
                self.0 += param.shape().num_elements() as u64;
            }
        }
    }

    #[test]
    fn weights_are_those_of_the_networks() {
        for size in [16, 64] {
            let config = ganomaly(size);
            let gan = config.gan().unwrap();
            let device = Device::flex().autodiff();
            let network = Ganomaly::new(Shape::of(&config, gan), &mut rng(0, "test", 0), &device);
            let mut trained = Trained::default();
            network.visit(&mut trained);
            assert_eq!(layers(&config, gan).0.iter().map(weights).sum::<u64>(), trained.0);
        }
    }

    #[test]
    fn hidden_devices_are_not_counted() {
        assert_eq!(nvidia_name(None, 1).as_deref(), Some("1"));
        assert_eq!(nvidia_name(Some("3, GPU-8f2a"), 0).as_deref(), Some("3"));
        assert_eq!(nvidia_name(Some("3, GPU-8f2a"), 1).as_deref(), Some("GPU-8f2a"));
        assert_eq!(nvidia_name(Some("3"), 1), None);
    }

    /// By hand, for 16×16×1 with a first width of 4: an encoder is 1→4 at 8×8, 4→8 at 4×4, 8→outputs;
    /// a decoder 8→8, 8→4 from 4×4, 4→1 from 8×8.
    #[test]
    fn multiplications_are_counted() {
        let encoder = |outputs: u64| 16 * (4 * 64 + 4 * 8 * 16 + 8 * outputs);
        let decoder = 16 * (8 * 8 + 8 * 4 * 16 + 4 * 64);
        let expected = 3 * (2 * encoder(8) + decoder + 3 * encoder(1)) - encoder(1);
        assert_eq!(step_multiplications(&ganomaly(16)), expected);
        let mut config = ganomaly(16);
        let Network::Ganomaly(training) = &mut config.network else { panic!("a GANomaly") };
        (training.gan.epochs, training.gan.batch_size) = (3, 8);
        assert_eq!(
            training_multiplications(&config, 20),
            (3 * 16 * expected) as f64,
            "two whole batches, three times"
        );
    }
}
