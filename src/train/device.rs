//! The devices that are there, and which one is meant.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
use burn::tensor::DeviceType;
use sysinfo::{CpuRefreshKind, RefreshKind, System};

use crate::kernels;

/// What `--device` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU that is there, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of this index.
    Cuda(usize),
    /// The WebGPU device of this index.
    Wgpu(usize),
}

/// A device that is there.
#[derive(Debug, Clone)]
pub struct FoundDevice {
    /// What chooses it.
    pub choice: DeviceChoice,
    /// The device itself.
    pub device: Device,
    /// Its name, in words.
    pub name: String,
    /// It is a card of its own, not the CPU in another guise.
    pub is_gpu: bool,
}

/// A device that was asked for and is not there.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DeviceError {
    message: String,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, index) = match text.split_once(':') {
            Some((kind, index)) => {
                (kind, index.parse().map_err(|_| format!("`{index}` is no device number"))?)
            }
            None => (text, 0),
        };
        match kind {
            "auto" | "cpu" if text.contains(':') => Err(format!("`{kind}` takes no number")),
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(index)),
            "wgpu" => Ok(Self::Wgpu(index)),
            _ => Err("known devices: auto, cpu, cuda, cuda:N, wgpu, wgpu:N".into()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Cpu => write!(f, "cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
            Self::Wgpu(index) => write!(f, "wgpu:{index}"),
        }
    }
}

impl DeviceChoice {
    /// The device that this choice means here and now.
    ///
    /// # Errors
    /// It is not there: the message says what is missing.
    pub fn find(self) -> Result<FoundDevice, DeviceError> {
        let found = match self {
            Self::Cpu => Some(cpu()),
            Self::Cuda(_) => cuda_devices().into_iter().find(|found| found.choice == self),
            Self::Wgpu(_) => wgpu_devices().into_iter().find(|found| found.choice == self),
            Self::Auto => devices().into_iter().find(|found| found.is_gpu || found.choice == Self::Cpu),
        };
        found.ok_or_else(|| DeviceError { message: missing(self) })
    }
}

/// All devices that are there, GPUs first. Nothing is guessed from compiled features.
pub fn devices() -> Vec<FoundDevice> {
    let mut found = cuda_devices();
    found.extend(wgpu_devices());
    found.push(cpu());
    found
}

fn cpu() -> FoundDevice {
    let device = Device::flex();
    let name = format!("{}, {}", cpu_name(), kernels::name(&device));
    FoundDevice { choice: DeviceChoice::Cpu, device, name, is_gpu: false }
}

#[cfg(feature = "cuda")]
fn cuda_devices() -> Vec<FoundDevice> {
    of_kind(DeviceType::Cuda, DeviceChoice::Cuda)
}

#[cfg(not(feature = "cuda"))]
fn cuda_devices() -> Vec<FoundDevice> {
    Vec::new()
}

#[cfg(feature = "wgpu")]
fn wgpu_devices() -> Vec<FoundDevice> {
    of_kind(DeviceType::Wgpu, DeviceChoice::Wgpu)
}

#[cfg(not(feature = "wgpu"))]
fn wgpu_devices() -> Vec<FoundDevice> {
    Vec::new()
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn of_kind(kind: DeviceType, choice: fn(usize) -> DeviceChoice) -> Vec<FoundDevice> {
    let devices = Device::enumerate(kind).into_vec().into_iter().enumerate();
    devices
        .map(|(index, device)| {
            let identity = device.identity();
            let is_gpu = identity.as_ref().is_some_and(|identity| identity.physical.is_some());
            let name = identity.map_or_else(|| "unnamed device".into(), |identity| identity.name);
            let name = if is_gpu { name } else { format!("{name} (software)") };
            FoundDevice { choice: choice(index), device, name, is_gpu }
        })
        .collect()
}

fn cpu_name() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let system = System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()));
    let model = system.cpus().first().map_or("", |cpu| cpu.brand().trim());
    format!("{}, {threads} threads", if model.is_empty() { std::env::consts::ARCH } else { model })
}

fn missing(choice: DeviceChoice) -> String {
    let here = devices().iter().map(|found| found.choice.to_string()).collect::<Vec<_>>().join(", ");
    let why = match choice {
        DeviceChoice::Cuda(_) if !cfg!(feature = "cuda") => {
            "this binary was built without CUDA; build it with `--features cuda`"
        }
        DeviceChoice::Wgpu(_) if !cfg!(feature = "wgpu") => {
            "this binary was built without WebGPU; build it with `--features wgpu`"
        }
        DeviceChoice::Cuda(_) => "no such CUDA device was found; is the NVIDIA driver installed?",
        DeviceChoice::Wgpu(_) => {
            "no such device was found; is a Vulkan, Metal or DirectX 12 driver installed?"
        }
        _ => "it was not found",
    };
    format!("device {choice} is not here: {why} (here: {here})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for choice in [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda(3), DeviceChoice::Wgpu(1)] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert!("gpu".parse::<DeviceChoice>().is_err());
        assert_eq!("wgpu".parse(), Ok(DeviceChoice::Wgpu(0)));
        assert!("cuda:x".parse::<DeviceChoice>().is_err());
        assert!("cpu:1".parse::<DeviceChoice>().is_err());
    }

    #[test]
    fn the_cpu_is_always_there() {
        assert_eq!(DeviceChoice::Cpu.find().unwrap().choice, DeviceChoice::Cpu);
    }
}
