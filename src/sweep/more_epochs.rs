//! More epochs go on from a finished fit of fewer: its last checkpoint and its metrics are those that the longer fit
//! would have come to, as no setting but the number of epochs decides when a training ends.

use std::path::Path;

use serde_json::Value;

use super::SweepError;
use super::plan::Planned;
use crate::spec::FitConfig;
use crate::spec::identity::canonical_json;
use crate::store::{Claim, KnownFit, Store};

/// Fits that are to be trained and have a finished one of fewer epochs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shorter {
    /// Those that go on from it.
    pub go_on: usize,
    /// Those that begin anew, as its checkpoint was not kept or is another device's.
    pub anew: usize,
}

/// Counts a plan's fits that have a finished one of fewer epochs, as they are trained on a device.
///
/// # Errors
/// Whatever the store says.
pub fn shorter_fits(planned: &Planned, store: &Store, device: &str) -> Result<Shorter, SweepError> {
    let (mut found, mut seen) = (Shorter::default(), std::collections::HashSet::new());
    for dataset in &planned.datasets {
        let known = store.fits_of(&dataset.digest)?;
        for (of, run, fit_id, _) in planned.points().filter(|(of, ..)| of.digest == dataset.digest) {
            let is_trained = known.iter().any(|fit| fit.fit_id == *fit_id && fit.trained);
            if is_trained || !seen.insert((of.digest.clone(), fit_id.clone())) {
                continue;
            }
            let shorter: Vec<&KnownFit> = shorter(&known, &run.fit).collect();
            if shorter.iter().any(|fit| can_be_gone_on_from(store, fit, device)) {
                found.go_on += 1;
            } else if !shorter.is_empty() {
                found.anew += 1;
            }
        }
    }
    Ok(found)
}

/// Lets a claimed fit without checkpoints begin where the longest finished one of fewer epochs ended, if its checkpoint
/// was kept.
pub(super) fn take_over(
    store: &Store,
    claim: &Claim,
    fit: &FitConfig,
    digest: &str,
    device: &str,
) -> Result<(), SweepError> {
    let own = store.artifacts().checkpoints(&claim.fit_id);
    if fit.gan().is_none() || own.exists() {
        return Ok(());
    }
    let known = store.fits_of(digest)?;
    let longest = shorter(&known, fit)
        .filter(|shorter| can_be_gone_on_from(store, shorter, device))
        .max_by_key(|shorter| epochs(&shorter.config));
    let Some(longest) = longest else { return Ok(()) };
    copy(&store.artifacts().checkpoints(&longest.fit_id), &own)
        .map_err(SweepError::io("cannot copy a checkpoint"))?;
    Ok(store.take_over_metrics(claim, &longest.fit_id)?)
}

/// Whether a fit that is not trained yet could go on from this one.
pub(super) fn is_waited_for(store: &Store, fit: &FitConfig, digest: &str) -> Result<bool, SweepError> {
    let own = KnownFit {
        fit_id: crate::spec::identity::fit_id(fit, digest),
        config: canonical_json(fit, fit.model()),
        device: None,
        trained: true,
    };
    let waits = |other: &KnownFit| {
        let longer = FitConfig::read(&other.config);
        !other.trained
            && longer.is_ok_and(|longer| shorter(std::slice::from_ref(&own), &longer).next().is_some())
    };
    Ok(store.fits_of(digest)?.iter().any(waits))
}

/// Removes all checkpoints of a fit but that of its last epoch.
pub(super) fn keep_last(folder: &Path, fit: &FitConfig) {
    let last = format!("-{}-", fit.gan().map_or(0, |gan| gan.epochs));
    let inner = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = inner.flat_map(|entry| std::fs::read_dir(entry.path()).into_iter().flatten().flatten());
    for file in files.filter(|file| !file.file_name().to_string_lossy().contains(&last)) {
        std::fs::remove_file(file.path()).ok(); // what is left here is only space
    }
}

/// The trained fits that differ from this one in fewer epochs alone.
fn shorter<'a>(known: &'a [KnownFit], fit: &FitConfig) -> impl Iterator<Item = &'a KnownFit> {
    let config = canonical_json(fit, fit.model());
    let (rest, most) = (without_epochs(&config), epochs(&config));
    known.iter().filter(move |other| {
        other.trained
            && epochs(&other.config) < most
            && rest.is_some()
            && without_epochs(&other.config) == rest
    })
}

fn can_be_gone_on_from(store: &Store, fit: &KnownFit, device: &str) -> bool {
    fit.device.as_deref() == Some(device) && store.artifacts().checkpoints(&fit.fit_id).is_dir()
}

fn epochs(config: &str) -> Option<u64> {
    serde_json::from_str::<Value>(config).ok()?.pointer("/network/epochs")?.as_u64()
}

/// Absent where epochs do not decide: a training by iterations ends within one.
fn without_epochs(config: &str) -> Option<Value> {
    let mut config: Value = serde_json::from_str(config).ok()?;
    if config.pointer("/network/iterations").and_then(Value::as_u64).is_some_and(|iterations| iterations > 0)
    {
        return None;
    }
    config.pointer_mut("/network")?.as_object_mut()?.remove("epochs")?;
    Some(config)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
