//! A device's trial in a process of its own, which a crashing driver may take along.

use std::process::{Command, Stdio};

use crate::crash_message::crash_message;
use crate::train::{DeviceChoice, FoundDevice};

/// Trains on a device in a process of this program (`doctor --trial`): what it says, or why it failed and what the
/// device needs.
///
/// # Errors
/// The words of the process that failed.
pub fn try_device(device: &FoundDevice) -> Result<String, String> {
    let output = trial_command(device.choice)
        .and_then(|mut command| command.output())
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_string());
    }
    let said = crash_message(&String::from_utf8_lossy(&output.stderr));
    Err(format!("{said} ({}); {}", output.status, needs(device.choice)))
}

/// The command that tries a device in a process of its own.
pub(super) fn trial_command(device: DeviceChoice) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["doctor", "--trial", &device.to_string()])
        .env_remove("RUST_BACKTRACE") // what it says is to be why, not where
        .stdin(Stdio::null());
    Ok(command)
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
