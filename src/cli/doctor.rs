//! `anolab doctor`: devices and what is missing.

use super::{Context, DONE, Outcome, WRONG};
use crate::store::Store;
use crate::sweep::{check_device, try_device};
use crate::train::{DeviceChoice, devices};

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
            match try_device(device) {
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
