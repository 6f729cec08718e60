//! `anolab doctor`: devices and what is missing.

use std::process::{Command, Stdio};

use super::{Context, DONE, Outcome, WRONG};
use crate::crash_message::crash_message;
use crate::store::Store;
use crate::sweep::check_device;
use crate::train::{DeviceChoice, FoundDevice, devices};

/// Tell which devices there are, train a few steps on each, and say what is missing to use others.
#[derive(clap::Args)]
pub(super) struct Doctor {
    /// Try this device alone, in this process.
    #[arg(long, hide = true)]
    trial: Option<DeviceChoice>,
}

impl Doctor {
    pub fn run(self, context: &Context) -> Outcome {
        if let Some(choice) = self.trial {
            return trial(choice);
        }
        tell!(
            "anolab {}, burn {}",
            env!("CARGO_PKG_VERSION"),
            crate::sweep::provenance(String::new(), String::new()).burn_version
        );
        let found = devices();
        let mut works = true;
        for device in &found {
            tell!("device {}: {}", device.choice, device.name);
            match tried(device) {
                Ok(words) => tell!("  {words}"),
                Err(words) => {
                    works = false;
                    tell!("  does not work: {words}");
                }
            }
        }
        for choice in [DeviceChoice::Cuda(0), DeviceChoice::Wgpu(0)] {
            if !found.iter().any(|device| device.choice == choice)
                && let Err(error) = choice.find()
            {
                tell!("{error}");
            }
        }
        let store = &context.store;
        match Store::read(store) {
            Ok(opened) => {
                let sweeps = opened.sweeps().map(|sweeps| sweeps.len()).unwrap_or(0);
                tell!("store {}: fine, {sweeps} sweeps", store.display());
            }
            Err(error) => tell!("store: {error}"),
        }
        Ok(if works { DONE } else { WRONG })
    }
}

/// Trains on a device in this process.
fn trial(choice: DeviceChoice) -> Outcome {
    let found = choice.find()?;
    let result = check_device(&found)?;
    let memory = result.memory.map_or(String::new(), |bytes| format!(", {} MiB", bytes >> 20));
    tell!("GANomaly 32×32×1, width 16, batch 16: {:.0} images/s{memory}", result.images_per_second);
    Ok(DONE)
}

/// Trains on a device in a process of its own, which a crashing driver may take along: what it
/// says, or why it failed.
pub(super) fn tried(device: &FoundDevice) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args(["doctor", "--trial", &device.choice.to_string()])
        .env_remove("RUST_BACKTRACE") // what it says is to be why, not where
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_string());
    }
    let said = crash_message(&String::from_utf8_lossy(&output.stderr));
    Err(format!("{said} ({}); {}", output.status, needs(device.choice)))
}

fn needs(choice: DeviceChoice) -> &'static str {
    match choice {
        DeviceChoice::Cuda(_) if cfg!(feature = "cuda-nvrtc") => {
            "CUDA needs a driver that fits, NVRTC (libnvrtc) in the library path and the CUDA headers under CUDA_PATH"
        }
        DeviceChoice::Cuda(_) => "CUDA needs a driver that fits",
        DeviceChoice::Wgpu(_) => "WebGPU needs a working Vulkan, Metal or DirectX 12 driver",
        DeviceChoice::Auto | DeviceChoice::Cpu => "a CPU should always work",
    }
}
