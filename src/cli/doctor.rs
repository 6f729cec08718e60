//! `anolab doctor`: devices and what is missing.

use serde::Serialize;

use super::answer::{Answer, print_json};
use super::{Context, DONE, Outcome, WRONG};
use crate::store::Store;
use crate::sweep::{check_device, try_device};
use crate::train::{DeviceChoice, devices};
use crate::words::counted;

/// Tell which devices there are, train a few steps on each, and say what is missing to use others.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  anolab doctor\n  anolab doctor --format json")]
pub(super) struct Doctor {
    /// Try this device alone, in this process.
    #[arg(long, hide = true)]
    trial: Option<DeviceChoice>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Answer,
}

#[derive(Serialize)]
struct Told {
    version: &'static str,
    burn_version: String,
    devices: Vec<Device>,
    missing: Vec<String>,
    store: String,
    /// Absent where the store cannot be read.
    sweeps: Option<usize>,
    store_error: Option<String>,
}

#[derive(Serialize)]
struct Device {
    device: String,
    name: String,
    works: bool,
    said: String,
}

#[derive(Serialize)]
struct Trial {
    images_per_second: f64,
    multiplications_per_second: f64,
    memory_bytes: Option<u64>,
}

impl Doctor {
    pub fn run(self, context: &Context) -> Outcome {
        if let Some(choice) = self.trial {
            return trial(choice, self.format);
        }
        let told = look(context);
        if self.format == Answer::Json {
            print_json(&told)?
        } else {
            print(&told)
        }
        Ok(if told.devices.iter().all(|device| device.works) { DONE } else { WRONG })
    }
}

fn look(context: &Context) -> Told {
    let found = devices();
    let tried = found.iter().map(|device| {
        let outcome = try_device(device);
        let works = outcome.is_ok();
        let said = outcome.unwrap_or_else(|why| why);
        Device { device: device.choice.to_string(), name: device.name.clone(), works, said }
    });
    let others = [DeviceChoice::Cuda(0), DeviceChoice::Wgpu(0)].into_iter();
    let others = others.filter(|choice| !found.iter().any(|device| device.choice == *choice));
    let store = Store::read(&context.store);
    Told {
        version: env!("CARGO_PKG_VERSION"),
        burn_version: crate::sweep::provenance(String::new(), String::new()).burn_version,
        devices: tried.collect(),
        missing: others.filter_map(|choice| choice.find().err()).map(|error| error.to_string()).collect(),
        store: context.store.display().to_string(),
        sweeps: store.as_ref().ok().map(|store| store.sweeps().map_or(0, |sweeps| sweeps.len())),
        store_error: store.err().map(|error| error.to_string()),
    }
}

fn print(told: &Told) {
    tell!("anolab {}, burn {}", told.version, told.burn_version);
    for device in &told.devices {
        tell!("device {}: {}", device.device, device.name);
        tell!("  {}{}", if device.works { "" } else { "does not work: " }, device.said);
    }
    told.missing.iter().for_each(|why| tell!("{why}"));
    match (&told.store_error, told.sweeps) {
        (Some(error), _) => tell!("store: {error}"),
        (None, sweeps) => tell!("store {}: fine, {}", told.store, counted(sweeps.unwrap_or(0), "sweep")),
    }
}

/// Trains on a device in this process.
fn trial(choice: DeviceChoice, format: Answer) -> Outcome {
    let found = choice.find()?;
    let result = check_device(&found)?;
    if format == Answer::Json {
        print_json(&Trial {
            images_per_second: result.images_per_second,
            multiplications_per_second: result.multiplications_per_second,
            memory_bytes: result.memory,
        })?;
        return Ok(DONE);
    }
    let memory = result.memory.map_or(String::new(), |bytes| format!(", {} MiB", bytes >> 20));
    tell!("GANomaly 32×32×1, width 16, batch 16: {:.0} images/s{memory}", result.images_per_second);
    Ok(DONE)
}
