//! Progress: bars, and how far a sweep is.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::draw_live;
use super::{Context, Failure};
use crate::id::{FitId, RunId};
use crate::spec::Varying;
use crate::store::{ListedRun, RunState, Status, Store, WorkRow};
use crate::sweep::{Estimate, Summary, about, time};
use crate::table::{Cell, printable};
use crate::words::counted as number_of;

/// A bar that counts images.
pub(super) fn images(context: &Context, total: usize, what: &'static str) -> ProgressBar {
    let bar = counted(context, what, "images");
    bar.set_length(total as u64);
    bar
}

/// A bar that counts `things`, at first of an unknown number.
pub(super) fn counted(context: &Context, what: &'static str, things: &str) -> ProgressBar {
    let target = if context.draws() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let template = format!("{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {things}, {{eta}} left ");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, target).with_style(style).with_message(what)
}

/// How often a line tells how far a sweep is, where no terminal shows it.
const A_LINE: Duration = Duration::from_secs(60);

/// How often the work that is left is counted.
const A_LOOK: Duration = Duration::from_secs(1);

/// Work of so many seconds tells how fast it goes; before that, past sweeps do.
const ENOUGH: f64 = 30.0;

/// Characters of the bar.
const BAR: usize = 20;

/// The progress of a sweep: lines at the end of a terminal; elsewhere a line for each run that ends, and one a minute.
pub(super) struct SweepProgress<'a> {
    context: &'a Context,
    store: &'a Store,
    sweep: &'a str,
    runs: Runs,
    estimate: Estimate,
    pace: Pace,
    begun: Instant,
    looked: Option<Instant>,
    told: Instant,
    /// Runs whose end has been told, or that had ended before.
    ended: HashSet<String>,
    count: usize,
    /// How far it is in all, 0 to 1.
    fraction: f64,
    left: Option<Duration>,
}

/// The runs of a sweep in words.
struct Runs {
    words: HashMap<String, String>,
    /// Of each fit one run, and how many more it has.
    of_fit: HashMap<FitId, (RunId, usize)>,
}

/// How fast work goes: multiplications a second of one fit.
struct Pace {
    jobs: usize,
    /// Of past sweeps.
    known: Option<f64>,
    /// Seconds of work of all workers together.
    busy: f64,
    /// What was left when it began.
    first: Option<f64>,
}

impl Pace {
    /// The time that is left; absent where nothing tells yet how fast it goes.
    fn left(&mut self, left: &[f64]) -> Option<Duration> {
        let sum: f64 = left.iter().sum();
        let done = *self.first.get_or_insert(sum) - sum;
        let seen = (done > 0.0 && self.busy > 0.0).then(|| done / self.busy);
        let speed = if self.busy < ENOUGH { self.known.or(seen) } else { seen.or(self.known) };
        speed.map(|speed| time(left, self.jobs, speed))
    }
}

impl Runs {
    fn of(listed: &[ListedRun]) -> Self {
        let varying = Varying::among(listed.iter().map(|run| run.config.as_str()));
        let several = listed.iter().any(|run| run.dataset_digest != listed[0].dataset_digest);
        let mut words = HashMap::new();
        let mut of_fit: HashMap<FitId, (RunId, usize)> = HashMap::new();
        for run in listed {
            let dataset = if several { format!("{} ", run.dataset) } else { String::new() };
            let said = format!("{} {dataset}{}", run.run_id.short(), varying.words(&run.config));
            words.insert(run.run_id.to_string(), said);
            of_fit
                .entry(run.fit_id.clone())
                .and_modify(|(_, more)| *more += 1)
                .or_insert_with(|| (run.run_id.clone(), 0));
        }
        Self { words, of_fit }
    }

    fn words<'a>(&'a self, run_id: &'a str) -> &'a str {
        self.words.get(run_id).map_or(run_id, String::as_str)
    }
}

impl<'a> SweepProgress<'a> {
    /// Of a sweep that so many workers work on. `speed` is what past sweeps say of one of them.
    pub fn new(
        context: &'a Context,
        store: &'a Store,
        sweep: &'a str,
        jobs: usize,
        speed: Option<f64>,
    ) -> Result<Self, Failure> {
        let listed = store.listed(sweep)?;
        let ended: HashSet<String> = ended(store, sweep).into_iter().map(|run| run.id).collect();
        Ok(Self {
            context,
            store,
            sweep,
            runs: Runs::of(&listed),
            estimate: Estimate::of(store, sweep)?,
            pace: Pace { jobs, known: speed, busy: 0.0, first: None },
            begun: Instant::now(),
            looked: None,
            told: Instant::now(),
            count: ended.len(),
            ended,
            fraction: 0.0,
            left: None,
        })
    }

    /// Shows how things are.
    pub fn show(&mut self, summary: &Summary, work: &[WorkRow]) {
        if self.context.quiet {
            return;
        }
        self.look(summary, work);
        let total = summary.status.values().sum();
        let over =
            summary.count(Status::Done) + summary.count(Status::Failed) + summary.count(Status::Diverged);
        let ends = if over > self.count { self.ends(total) } else { Vec::new() };
        let whole = self.whole(total);
        if self.context.draws() {
            let workers = work.iter().map(|fit| self.worker(fit));
            draw_live(&ends, &std::iter::once(whole).chain(workers).collect::<Vec<_>>());
            return;
        }
        ends.iter().for_each(|line| say!("{} {line}", clock()));
        if self.told.elapsed() >= A_LINE {
            self.told = Instant::now();
            say!("{} {whole}", clock());
        }
    }

    pub fn finish(self) {
        if self.context.draws() {
            draw_live(&[], &[]);
        }
    }

    /// Counts the work that is left.
    fn look(&mut self, summary: &Summary, work: &[WorkRow]) {
        let now = Instant::now();
        let since = self.looked.map_or(A_LOOK, |looked| now - looked);
        if since < A_LOOK {
            return;
        }
        if self.looked.is_some() {
            self.pace.busy += since.as_secs_f64() * work.len() as f64;
        }
        self.looked = Some(now);
        let Ok(states) = self.store.states(self.sweep) else { return }; // the next look is a second away
        let states: HashMap<RunId, RunState> =
            states.into_iter().map(|state| (state.run_id.clone(), state)).collect();
        let left = self.estimate.left(&states);
        self.left = self.pace.left(&left);
        let (total, runs): (f64, usize) = (self.estimate.total(), summary.status.values().sum());
        let of_runs = self.count as f64 / runs.max(1) as f64;
        let fraction = if total > 0.0 { 1.0 - left.iter().sum::<f64>() / total } else { of_runs };
        self.fraction = self.fraction.max(fraction); // what is judged anew counts nothing back
    }

    /// How far the whole sweep is.
    fn whole(&self, total: usize) -> String {
        let bar = if self.context.draws() { format!("{} ", bar(self.fraction)) } else { String::new() };
        let left = self.left.map_or(String::new(), |left| format!(", {} left", about(left)));
        printable(&format!(
            "{} {bar}{:.0} %, {} of {}, {} gone{left}",
            self.sweep,
            (self.fraction * 100.0).floor(),
            self.count,
            number_of(total, "run"),
            gone(self.begun.elapsed()),
        ))
    }

    /// What a worker does.
    fn worker(&self, fit: &WorkRow) -> String {
        let stage = fit.stage.as_deref().unwrap_or("starting");
        let run = self.runs.of_fit.get(&fit.fit_id);
        let words = run.map_or("", |(run_id, _)| self.runs.words(run_id.as_str()));
        let more = match run {
            Some((_, more @ 1..)) => format!(" and {}", number_of(*more, "run")),
            _ => String::new(),
        };
        printable(&format!("  {words}{more}: {stage}, {:.0} %", (fit.progress * 100.0).floor()))
    }

    /// One line for each run that has ended since the last time.
    fn ends(&mut self, total: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for run in ended(self.store, self.sweep) {
            if self.ended.insert(run.id.clone()) {
                self.count += 1;
                let words = self.runs.words(&run.id);
                lines.push(printable(&format!("[{}/{total}] {words}: {}", self.count, run.how)));
            }
        }
        lines
    }
}

/// A run that has ended, and how.
struct Ended {
    id: String,
    how: String,
}

/// Runs of a sweep that have ended, in the order in which they did.
fn ended(store: &Store, sweep: &str) -> Vec<Ended> {
    let sql = "SELECT r.run_id, \
         CASE WHEN r.status <> 'done' THEN r.status || ': ' || coalesce(r.error, '') \
         WHEN e.auroc IS NULL THEN 'done' ELSE printf('AUROC %.3f', e.auroc) END \
         FROM sweep_runs s JOIN runs r USING (run_id) LEFT JOIN results e USING (run_id) \
         WHERE s.sweep = ? AND r.status IN ('done', 'failed', 'diverged') ORDER BY r.finished_at, s.position";
    let rows = store.query_with(sql, &[sweep.to_string()]).map(|table| table.rows).unwrap_or_default();
    let ended = |row: Vec<Cell>| match row.as_slice() {
        [id, how] => Some(Ended { id: id.to_string(), how: how.to_string() }),
        _ => None,
    };
    rows.into_iter().filter_map(ended).collect()
}

fn bar(fraction: f64) -> String {
    let full = (fraction.clamp(0.0, 1.0) * BAR as f64).floor() as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))
}

/// A time that has gone by.
fn gone(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ ..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The time of day in UTC.
fn clock() -> String {
    jiff::Timestamp::now().strftime("%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_times() {
        assert_eq!(bar(0.0), "░".repeat(20));
        assert_eq!(bar(0.26), format!("{}{}", "█".repeat(5), "░".repeat(15)));
        assert_eq!(bar(1.5), "█".repeat(20));
        assert_eq!(
            [5, 65, 7_265].map(|seconds| gone(Duration::from_secs(seconds))),
            ["5 s", "1 min", "2 h 1 min"]
        );
    }

    #[test]
    fn the_pace_is_that_of_the_past_until_it_is_seen() {
        let mut pace = Pace { jobs: 1, known: Some(10.0), busy: 0.0, first: None };
        assert_eq!(pace.left(&[100.0]), Some(Duration::from_secs(10)));
        pace.busy = 1.0;
        assert_eq!(pace.left(&[80.0]), Some(Duration::from_secs(8)), "a second says little");
        pace.busy = 40.0;
        assert_eq!(pace.left(&[60.0]), Some(Duration::from_secs(60)), "40 in 40 s");
        let mut unknown = Pace { jobs: 2, known: None, busy: 0.0, first: None };
        assert_eq!(unknown.left(&[4.0, 4.0]), None);
    }
}
