use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
#[cfg(feature = "cuda")]
use burn::tensor::{DeviceIndex, DeviceType};

/// What `--device` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU that is there, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of this index.
    Cuda(usize),
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
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", index)) => {
                index.parse().map(Self::Cuda).map_err(|_| format!("`{index}` is no device number"))
            }
            _ => Err("known devices: auto, cpu, cuda, cuda:N".into()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Cpu => write!(f, "cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl DeviceChoice {
    /// The device that this choice means here and now.
    ///
    /// # Errors
    /// It is not there: the message says what is missing.
    pub fn find(self) -> Result<FoundDevice, DeviceError> {
        let devices = devices();
        let found = match self {
            Self::Auto => devices.first(),
            _ => devices.iter().find(|found| found.choice == self),
        };
        found.cloned().ok_or_else(|| DeviceError { message: missing(self, &devices) })
    }
}

/// All devices that are there, GPUs first. Nothing is guessed from compiled features.
pub fn devices() -> Vec<FoundDevice> {
    let mut found = cuda_devices();
    found.push(FoundDevice { choice: DeviceChoice::Cpu, device: Device::flex(), name: cpu_name() });
    found
}

#[cfg(feature = "cuda")]
fn cuda_devices() -> Vec<FoundDevice> {
    let count = Device::enumerate(DeviceType::Cuda).into_vec().len();
    (0..count)
        .map(|index| {
            let device = Device::cuda(DeviceIndex::new(index));
            FoundDevice { choice: DeviceChoice::Cuda(index), device, name: cuda_name(index) }
        })
        .collect()
}

#[cfg(not(feature = "cuda"))]
fn cuda_devices() -> Vec<FoundDevice> {
    Vec::new()
}

/// The GPU's name as the driver's own tool gives it.
#[cfg(feature = "cuda")]
fn cuda_name(index: usize) -> String {
    let asked = std::process::Command::new("nvidia-smi")
        .args(["--query-gpu=name", "--format=csv,noheader", "-i", &index.to_string()])
        .output();
    match asked {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_string(),
        _ => "NVIDIA GPU".into(),
    }
}

fn cpu_name() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_string())
    });
    format!("{}, {threads} threads", model.unwrap_or_else(|| std::env::consts::ARCH.into()))
}

fn missing(choice: DeviceChoice, devices: &[FoundDevice]) -> String {
    let here = devices.iter().map(|found| found.choice.to_string()).collect::<Vec<_>>().join(", ");
    let why = match choice {
        DeviceChoice::Cuda(_) if !cfg!(feature = "cuda") => {
            "this binary was built without CUDA; build it with `--features cuda`"
        }
        DeviceChoice::Cuda(_) => "no such CUDA device was found; is the NVIDIA driver installed?",
        _ => "it was not found",
    };
    format!("device {choice} is not here: {why} (here: {here})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for choice in [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda(3)] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert!("gpu".parse::<DeviceChoice>().is_err());
        assert!("cuda:x".parse::<DeviceChoice>().is_err());
    }

    #[test]
    fn the_cpu_is_always_there() {
        assert_eq!(DeviceChoice::Cpu.find().unwrap().choice, DeviceChoice::Cpu);
    }
}
