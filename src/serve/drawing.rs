//! The report, drawn anew when there are more results.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::report::{Choice, Look, Request, write};
use crate::store::{Status, Store, StoreError};

/// What the report shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Drawn {
    /// Finished runs in it; none before it is drawn for the first time.
    pub runs: i64,
    /// Why it could not be drawn.
    pub failed: Option<String>,
}

/// The report's folder, and what is in it.
pub(super) struct Drawing<'a> {
    store: &'a Store,
    sweep: Option<&'a str>,
    folder: &'a Path,
    drawn: Mutex<Drawn>,
}

impl<'a> Drawing<'a> {
    pub fn new(store: &'a Store, sweep: Option<&'a str>, folder: &'a Path) -> Self {
        Self { store, sweep, folder, drawn: Mutex::default() }
    }

    pub fn drawn(&self) -> Drawn {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Draws the report where there are other results than it shows.
    pub fn renew(&self) {
        let before = self.drawn();
        let runs = match self.finished() {
            Ok(runs) if runs == 0 || runs == before.runs => return,
            Ok(runs) => runs,
            Err(error) => return self.tell(Drawn { failed: Some(error.to_string()), ..before }),
        };
        let request =
            Request { sweep: self.sweep, choice: &Choice::First, out: self.folder, look: Look::default() };
        self.tell(match write(self.store, request, &|_, _| ()) {
            Ok(_) => Drawn { runs, failed: None },
            Err(error) => Drawn { failed: Some(error.to_string()), ..before },
        });
    }

    fn tell(&self, drawn: Drawn) {
        *self.drawn.lock().unwrap_or_else(PoisonError::into_inner) = drawn;
    }

    fn finished(&self) -> Result<i64, StoreError> {
        let sweeps = match self.sweep {
            Some(name) => vec![name.to_string()],
            None => self.store.sweeps()?.into_iter().map(|sweep| sweep.name).collect(),
        };
        let mut runs = 0;
        for sweep in sweeps {
            let counts = self.store.status(&sweep)?;
            runs += counts
                .iter()
                .filter(|count| count.status == Status::Done)
                .map(|count| count.runs)
                .sum::<i64>();
        }
        Ok(runs)
    }
}
