//! Which workers are to be ended: those whose fit takes too long, and those that sleep on after their fit was taken
//! from them (a process that is stopped renews no lease, and does not notice).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::SweepError;
use super::engine::{Engine, Stop};
use crate::id::{FitId, WorkerId};
use crate::store::{LEASE_SECONDS, Store, WorkRow};

/// How long a worker that had a fit may be without one: the next is claimed at once, or the worker ends.
const BETWEEN_FITS: Duration = Duration::from_secs(LEASE_SECONDS as u64);

/// Since when workers have what they have.
pub(super) struct Overdue {
    /// The longest that a fit may take.
    limit: Option<Duration>,
    /// When fits were begun.
    begun: HashMap<(FitId, WorkerId), Instant>,
    /// Since when workers that had a fit have none.
    empty_handed: HashMap<WorkerId, Instant>,
}

impl Overdue {
    pub fn new(limit: Option<Duration>) -> Self {
        Self { limit, begun: HashMap::new(), empty_handed: HashMap::new() }
    }

    /// Ends those of the `workers` whose time is over; some of them do this `work`.
    pub fn end<E: Engine<Name = WorkerId>>(
        &mut self,
        store: &Store,
        engine: &mut E,
        workers: &[WorkerId],
        work: &[WorkRow],
    ) -> Result<(), SweepError> {
        self.note(work);
        for (fit_id, id) in self.too_long().into_iter().filter(|(_, id)| workers.contains(id)) {
            engine.stop(&id, Stop::AtOnce)?;
            let limit = self.limit.unwrap_or_default().as_secs_f64();
            store.fail(&id, &fit_id, &format!("took longer than the time limit of {limit} s"))?;
            store.abandon(&id, "its worker was ended")?; // it may just have claimed another one
        }
        for id in self.asleep() {
            if workers.contains(&id) {
                end_worker(store, engine, &id)?;
            }
            self.empty_handed.remove(&id);
        }
        Ok(())
    }

    fn note(&mut self, work: &[WorkRow]) {
        let now = Instant::now();
        let held = |id: &WorkerId| work.iter().any(|fit| fit.worker.as_ref() == Some(id));
        for (_, id) in self.begun.keys().filter(|(_, id)| !held(id)) {
            self.empty_handed.entry(id.clone()).or_insert(now);
        }
        self.empty_handed.retain(|id, _| !held(id));
        self.begun.retain(|(fit_id, id), _| {
            work.iter().any(|fit| fit.fit_id == *fit_id && fit.worker.as_ref() == Some(id))
        });
        for fit in work {
            let Some(id) = &fit.worker else { continue };
            self.begun.entry((fit.fit_id.clone(), id.clone())).or_insert(now);
        }
    }

    fn too_long(&self) -> Vec<(FitId, WorkerId)> {
        let over = |since: &Instant| self.limit.is_some_and(|limit| since.elapsed() > limit);
        self.begun.iter().filter(|(_, since)| over(since)).map(|(claim, _)| claim.clone()).collect()
    }

    fn asleep(&self) -> Vec<WorkerId> {
        let over = |since: &Instant| since.elapsed() > BETWEEN_FITS;
        self.empty_handed.iter().filter(|(_, since)| over(since)).map(|(id, _)| id.clone()).collect()
    }
}

/// Ends a worker, and takes back what it holds.
pub(super) fn end_worker<E: Engine<Name = WorkerId>>(
    store: &Store,
    engine: &mut E,
    id: &WorkerId,
) -> Result<(), SweepError> {
    engine.stop(id, Stop::AtOnce)?;
    store.abandon(id, "its worker was ended")?; // it may just have claimed another one
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_without_its_fit_is_told_from_one_that_goes_on() {
        let fit = |nth: u8| FitId::from_bytes([nth; 16]);
        let worker = |nth: u8| WorkerId::from_bytes([nth; 8]);
        let row = |fit_id: FitId, worker: WorkerId| WorkRow {
            fit_id,
            progress: 0.5,
            stage: None,
            worker: Some(worker),
        };
        let mut overdue = Overdue::new(None);
        overdue.note(&[row(fit(1), worker(1)), row(fit(2), worker(2))]);
        assert!(overdue.empty_handed.is_empty());
        // The first worker lost its fit to a third one; the second began another.
        overdue.note(&[row(fit(1), worker(3)), row(fit(4), worker(2))]);
        assert_eq!(overdue.empty_handed.keys().collect::<Vec<_>>(), [&worker(1)]);
        overdue.note(&[row(fit(1), worker(3)), row(fit(5), worker(1))]);
        assert_eq!(overdue.empty_handed.keys().collect::<Vec<_>>(), [&worker(2)]);
        assert_eq!(overdue.begun.len(), 2);
        assert!(overdue.asleep().is_empty() && overdue.too_long().is_empty());
    }
}
