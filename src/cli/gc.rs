//! `anolab gc`: frees what no run needs.

use std::time::SystemTime;

use super::{Context, DONE, Failure, Outcome};
use crate::store::{Store, freeable};

/// Free what no run needs: weights without a fit, checkpoints of finished fits, decoded images of
/// datasets with nothing left to do, remains of killed processes. Files of the last hour stay.
#[derive(clap::Args)]
pub(super) struct Gc {
    /// Only tell what would go.
    #[arg(long)]
    dry_run: bool,
}

impl Gc {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        let artifacts = store.list_artifacts()?;
        let going = freeable(&artifacts, &store.needed()?, SystemTime::now());
        for artifact in &going {
            tell!("{:10.1} MB  {}", artifact.size as f64 / 1e6, artifact.path.display());
            if !self.dry_run {
                let removed = if artifact.path.is_dir() {
                    std::fs::remove_dir_all(&artifact.path)
                } else {
                    std::fs::remove_file(&artifact.path)
                };
                match removed {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Failure::new(format!(
                            "cannot remove {}: {error}",
                            artifact.path.display()
                        )));
                    }
                    _ => (), // gone is gone
                }
            }
        }
        let size: u64 = going.iter().map(|artifact| artifact.size).sum();
        let verb = if self.dry_run { "would be freed" } else { "freed" };
        context.say(format!("{:.1} MB in {} places {verb}", size as f64 / 1e6, going.len()));
        Ok(DONE)
    }
}
