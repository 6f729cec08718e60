use super::{Context, DONE, Outcome};
use crate::store::Store;
use crate::train::{DeviceChoice, devices};

/// Tell which devices there are, and what is missing.
#[derive(clap::Args)]
pub(super) struct Doctor {}

impl Doctor {
    pub fn run(self, context: &Context) -> Outcome {
        println!(
            "anolab {}, burn {}",
            env!("CARGO_PKG_VERSION"),
            crate::sweep::provenance(String::new(), String::new()).burn_version
        );
        let found = devices();
        for device in &found {
            println!("device {}: {}", device.choice, device.name);
        }
        if !found.iter().any(|device| matches!(device.choice, DeviceChoice::Cuda(_))) {
            let why = match DeviceChoice::Cuda(0).find() {
                Err(error) => error.to_string(),
                Ok(_) => String::new(),
            };
            println!("no GPU: {why}");
        }
        let store = &context.store;
        match Store::open_existing(store) {
            Ok(opened) => {
                let sweeps = opened.sweeps().map(|sweeps| sweeps.len()).unwrap_or(0);
                println!("store {}: fine, {sweeps} sweeps", store.display());
            }
            Err(error) => println!("store: {error}"),
        }
        Ok(DONE)
    }
}
