//! `anolab gc`: frees what no run needs.

use std::path::Path;
use std::time::SystemTime;

use serde::Serialize;

use super::answer::{Answer, print_json};
use super::{Context, DONE, Failure, Outcome};
use crate::store::{Artifact, Store, YOUNG, freeable};

/// Free what no run needs: weights without a fit, checkpoints of finished fits, decoded images of
/// datasets with nothing left to do, remains of killed processes. Files of the last hour stay.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  anolab gc --dry-run\n  anolab gc")]
pub(super) struct Gc {
    /// Only tell what would go.
    #[arg(long)]
    dry_run: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Answer,
}

#[derive(Serialize)]
struct Freed<'a> {
    path: &'a Path,
    bytes: u64,
    removed: bool,
}

impl Gc {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        let artifacts = store.list_artifacts()?;
        let needed = store.needed()?;
        let going = freeable(&artifacts, &needed, SystemTime::now());
        for artifact in &going {
            if self.format == Answer::Text {
                tell!("{:10.1} MB  {}", artifact.size as f64 / 1e6, artifact.path.display());
            }
            if !self.dry_run {
                remove(artifact)?;
            }
        }
        if self.format == Answer::Json {
            let removed = !self.dry_run;
            let freed =
                going.iter().map(|artifact| Freed { path: &artifact.path, bytes: artifact.size, removed });
            print_json(&freed.collect::<Vec<_>>())?;
        }
        let size: u64 = going.iter().map(|artifact| artifact.size).sum();
        let verb = if self.dry_run { "would be freed" } else { "freed" };
        let places = if going.len() == 1 { "1 place".into() } else { format!("{} places", going.len()) };
        let later = freeable(&artifacts, &needed, SystemTime::now() + YOUNG).len() - going.len();
        let later =
            if later > 0 { format!("; {later} more, of the last hour, stay for now") } else { String::new() };
        context.say(format!("{:.1} MB in {places} {verb}{later}", size as f64 / 1e6));
        Ok(DONE)
    }
}

fn remove(artifact: &Artifact) -> Result<(), Failure> {
    let removed = if artifact.path.is_dir() {
        std::fs::remove_dir_all(&artifact.path)
    } else {
        std::fs::remove_file(&artifact.path)
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("cannot remove {}: {error}", artifact.path.display())))
        }
        _ => Ok(()), // gone is gone
    }
}
