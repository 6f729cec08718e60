//! `anolab worker`: a process of a sweep.

use std::io::Read;

use burn::train::Interrupter;

use super::{Context, DONE, INTERRUPTED, Outcome, signals};
use crate::id::WorkerId;
use crate::sweep::work;
use crate::train::DeviceChoice;

/// Work on a sweep until nothing is left to claim.
#[derive(clap::Args)]
pub(super) struct Worker {
    /// Name of the sweep in the store.
    #[arg(long)]
    sweep: String,
    /// Where to compute.
    #[arg(long)]
    device: DeviceChoice,
    /// Name of this worker, 16 hexadecimal characters.
    #[arg(long)]
    id: WorkerId,
    /// Workers that share the processor with it.
    #[arg(long, default_value_t = 1)]
    beside: usize,
    /// Stop where standard input ends: a process of this machine that started it holds the other end.
    #[arg(long)]
    with_parent: bool,
    /// The command that the user typed.
    #[arg(long)]
    command_line: String,
}

impl Worker {
    pub fn run(self, context: &Context) -> Outcome {
        let interrupter = Interrupter::new();
        let stopped = interrupter.clone();
        signals::count(move |signals| {
            stopped.stop(Some("a signal"));
            if signals > 1 {
                std::process::exit(INTERRUPTED.into());
            }
        })?;
        if self.with_parent {
            let orphaned = interrupter.clone();
            std::thread::spawn(move || {
                // The parent never writes: the read ends when the parent does.
                std::io::stdin().read_to_end(&mut Vec::new()).ok();
                orphaned.stop(Some("the sweep has ended"));
            });
        }
        let worker = crate::sweep::Worker {
            store: context.store.clone(),
            sweep: self.sweep,
            device: self.device,
            id: self.id,
            beside: self.beside,
            command_line: self.command_line,
        };
        work(&worker, &interrupter)?;
        Ok(DONE)
    }
}
