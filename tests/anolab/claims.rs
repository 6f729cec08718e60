//! Claims and leases under random orders of events, with two to eight workers that each have their own
//! connections: first in one thread against a model, then in processes that are killed.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anolab::eval::EpochMetric;
use anolab::id::{FitId, WorkerId};
use anolab::store::{Claim, Job, Status, Store, StoreError};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};

use super::invented_plan::{record, worker as worker_of};
use super::project::sqlite;

/// Times that a fit is begun in vain before it has failed.
const MOST_ATTEMPTS: i64 = 3;

/// Two runs per fit.
fn plan(store: &Store, fits: usize) {
    record(store, fits, 2, false);
}

fn retry(store: &Store, fits: usize) {
    record(store, fits, 2, true);
}

fn metric(epoch: usize) -> [EpochMetric; 1] {
    [EpochMetric { split: "train".into(), name: "loss".into(), epoch, step: epoch, value: 1.0 }]
}

/// Its siblings go on, and it is tried again where that is asked for.
#[test]
fn a_run_that_cannot_be_judged_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Store::open(&path).unwrap();
    plan(&store, 1);
    let Job { claim, runs, .. } = store.claim("s", &worker_of(0)).unwrap().unwrap();
    store.record_failure(&claim, &runs[0].run_id, "a score is NaN").unwrap();
    store.finish(&claim, Status::Interrupted, None).unwrap();
    let ends = || -> Vec<String> {
        let table = store.query("SELECT status || coalesce(': ' || error, '') FROM runs ORDER BY 1").unwrap();
        table.rows.iter().map(|row| row[0].to_string()).collect()
    };
    assert_eq!(ends(), ["failed: a score is NaN", "interrupted"]);
    let again = store.claim("s", &worker_of(1)).unwrap().unwrap();
    assert_eq!(again.runs.len(), 1);
    assert!(matches!(store.record_failure(&claim, &runs[1].run_id, "late"), Err(StoreError::LeaseLost)));
    store.finish(&again.claim, Status::Interrupted, None).unwrap();
    retry(&store, 1);
    assert_eq!(ends(), ["interrupted", "queued"]);
    assert_eq!(store.claim("s", &worker_of(2)).unwrap().unwrap().runs.len(), 2);
}

/// Something that happens to one of the workers.
#[derive(Debug, Clone, Copy)]
enum Event {
    Claim,
    Beat,
    /// It gets an epoch further than the fit ever was.
    Metrics,
    Finish(Status),
    /// Its process is killed; nobody notices.
    Die,
    /// So long passes that its lease is over.
    Expire,
    /// Its parent finds it dead.
    Abandon,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Claim),
        2 => Just(Event::Beat),
        1 => Just(Event::Metrics),
        2 => prop::sample::select(vec![Status::Done, Status::Failed, Status::Interrupted, Status::Diverged])
            .prop_map(Event::Finish),
        2 => Just(Event::Die),
        3 => Just(Event::Expire),
        1 => Just(Event::Abandon),
    ]
}

/// What a fit should be.
#[derive(Debug, Clone, Default, PartialEq)]
struct Fit {
    /// The token of its lease, and whether that is over.
    lease: Option<(String, bool)>,
    attempts: i64,
    epochs: usize,
    /// Nothing more is to be done: done, failed or diverged.
    end: Option<Status>,
}

#[derive(Default)]
struct Model {
    fits: BTreeMap<FitId, Fit>,
}

impl Model {
    fn new(fits: usize) -> Self {
        Self {
            fits: (0..fits).map(|nth| (format!("f{nth:031x}").parse().unwrap(), Fit::default())).collect(),
        }
    }

    fn of(&mut self, token: &str) -> Option<&mut Fit> {
        self.fits.values_mut().find(|fit| fit.lease.as_ref().is_some_and(|(own, _)| own == token))
    }

    /// Takes back the leases of which `is_dead` is true.
    fn take_back(&mut self, is_dead: impl Fn(&(String, bool)) -> bool) {
        for fit in self.fits.values_mut().filter(|fit| fit.lease.as_ref().is_some_and(&is_dead)) {
            fit.lease = None;
            fit.end = (fit.attempts >= MOST_ATTEMPTS).then_some(Status::Failed);
        }
    }

    /// The status that the views must show for each fit's runs.
    fn status(&self) -> Vec<&'static str> {
        let of = |fit: &Fit| match (&fit.lease, fit.end) {
            (_, Some(end)) => end.name(),
            (Some((_, false)), None) => "running",
            (Some((_, true)), None) if fit.attempts >= MOST_ATTEMPTS => "failed",
            _ => "waiting",
        };
        self.fits.values().map(of).collect()
    }
}

struct Arena {
    folder: tempfile::TempDir,
    workers: Vec<(Store, Option<Claim>)>,
    model: Model,
}

impl Arena {
    fn new(workers: usize, fits: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        plan(&Store::open(&path).unwrap(), fits);
        let workers = (0..workers).map(|_| (Store::open(&path).unwrap(), None)).collect();
        Self { folder, workers, model: Model::new(fits) }
    }

    fn happen(&mut self, worker: usize, event: Event) {
        let (store, own) = &mut self.workers[worker];
        match (event, own.clone()) {
            (Event::Claim, None) => {
                self.model.take_back(|(_, over)| *over);
                let expected =
                    self.model.fits.iter_mut().find(|(_, fit)| fit.lease.is_none() && fit.end.is_none());
                match (store.claim("s", &worker_of(worker)).unwrap(), expected) {
                    (Some(job), Some((fit_id, fit))) => {
                        assert_eq!(job.claim.fit_id, *fit_id);
                        assert_eq!(job.runs.len(), 2, "both runs are to be done");
                        fit.lease = Some((job.claim.token.clone(), false));
                        fit.attempts += 1;
                        *own = Some(job.claim);
                    }
                    (None, None) => (),
                    (found, expected) => panic!("{found:?} instead of {expected:?}"),
                }
            }
            (Event::Beat, Some(claim)) => {
                let beaten = store.beat(&claim, 0.5, "working");
                expect(
                    beaten,
                    self.model.of(&claim.token).map(|fit| fit.lease = Some((claim.token.clone(), false))),
                );
            }
            (Event::Metrics, Some(claim)) => {
                let further = self.model.fits[&claim.fit_id].epochs + 1;
                let kept = store.record_metrics(&claim, &metric(further), 0.0);
                expect(
                    kept,
                    self.model.of(&claim.token).map(|fit| (fit.attempts, fit.epochs) = (0, further)),
                );
            }
            (Event::Finish(status), Some(claim)) => {
                let finished = store.finish(&claim, status, None);
                let fit = self.model.of(&claim.token).map(|fit| {
                    fit.lease = None;
                    fit.end = (status != Status::Interrupted).then_some(status);
                    if matches!(status, Status::Done | Status::Interrupted) {
                        fit.attempts = 0;
                    }
                });
                expect(finished, fit);
                *own = None;
            }
            (Event::Die, Some(_)) => *own = None,
            (Event::Expire, Some(claim)) => {
                let sql = format!("UPDATE fits SET lease_until = 1 WHERE lease_token = '{}'", claim.token);
                sqlite(&self.folder.path().join("store.db"), &sql);
                if let Some(Fit { lease: Some((_, over)), .. }) = self.model.of(&claim.token) {
                    *over = true;
                }
            }
            (Event::Abandon, _) => {
                // The parent knows that it is dead: it can do nothing more.
                store.abandon(&worker_of(worker), "killed").unwrap();
                let id = worker_of(worker);
                self.model.take_back(|(token, _)| token.starts_with(id.as_str()));
                *own = None;
            }
            _ => (), // nothing in hand, or the hands full
        }
    }

    fn agree(&self) {
        let store = &self.workers[0].0;
        let column = |sql: &str| -> Vec<String> {
            store.query(sql).unwrap().rows.iter().map(|row| row[0].to_string()).collect()
        };
        let status = column(
            "SELECT group_concat(DISTINCT CASE WHEN status IN ('queued', 'interrupted') THEN 'waiting' ELSE \
             status END) \
             FROM runs GROUP BY fit_id ORDER BY fit_id",
        );
        assert_eq!(status, self.model.status());
        let attempts = column("SELECT attempts FROM fits ORDER BY fit_id");
        let expected: Vec<i64> = self.model.fits.values().map(|fit| fit.attempts).collect();
        assert_eq!(attempts, expected.iter().map(i64::to_string).collect::<Vec<_>>());
        assert!(expected.iter().all(|attempts| *attempts <= MOST_ATTEMPTS));
        let epochs = column(
            "SELECT count(m.epoch) FROM fits f LEFT JOIN metrics m USING (fit_id) GROUP BY f.fit_id ORDER BY f.fit_id",
        );
        let expected: Vec<String> = self.model.fits.values().map(|fit| fit.epochs.to_string()).collect();
        assert_eq!(epochs, expected, "no write came late, none is lost");
    }
}

/// A write goes through where the lease is the worker's own, and is refused else.
fn expect(done: Result<(), StoreError>, lease: Option<()>) {
    match (done, lease) {
        (Ok(()), Some(())) | (Err(StoreError::LeaseLost), None) => (),
        (done, lease) => panic!("{done:?} with lease {lease:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn leases_follow_their_model(
        workers in 2_usize..=8,
        fits in 1_usize..=5,
        events in prop::collection::vec((0_usize..8, event()), 1..60),
    ) {
        let mut arena = Arena::new(workers, fits);
        for (worker, event) in events {
            arena.happen(worker % workers, event);
            arena.agree();
        }
        // All die; a last worker finds all that is left, and does it.
        for worker in 0..workers {
            arena.happen(worker, Event::Expire);
            arena.happen(worker, Event::Die);
        }
        sqlite(&arena.folder.path().join("store.db"), "UPDATE fits SET lease_until = 1 WHERE lease_token IS NOT NULL");
        arena.model.fits.values_mut().filter_map(|fit| fit.lease.as_mut()).for_each(|lease| lease.1 = true);
        loop {
            arena.happen(0, Event::Claim);
            if arena.workers[0].1.is_none() {
                break;
            }
            arena.happen(0, Event::Finish(Status::Done));
        }
        arena.agree();
        prop_assert!(arena.model.fits.values().all(|fit| fit.end.is_some() && fit.lease.is_none()));
    }
}

const CONTENDERS_STORE: &str = "ANOLAB_TEST_CONTENDERS_STORE";
const CONTENDER: &str = "ANOLAB_TEST_CONTENDER";

/// Not a test of its own: what each process of the test below does.
#[test]
#[ignore = "a part of `processes_that_are_killed_lose_and_double_nothing`"]
fn contender() {
    let (Ok(path), Ok(id)) = (std::env::var(CONTENDERS_STORE), std::env::var(CONTENDER)) else { return };
    let path = Path::new(&path);
    let store = Store::open_existing(path).unwrap();
    let mut log =
        std::fs::File::options().append(true).create(true).open(path.with_extension("log")).unwrap();
    let mut rng = rand::rngs::StdRng::seed_from_u64(u64::from_str_radix(&id, 16).unwrap());
    let worker: WorkerId = id.parse().unwrap();
    while let Some(job) = store.claim("s", &worker).unwrap() {
        for beat in 0..rng.random_range(1..4) {
            store.beat(&job.claim, f64::from(beat) / 4.0, "working").unwrap();
            std::thread::sleep(Duration::from_millis(rng.random_range(0..4)));
        }
        store.finish(&job.claim, Status::Done, None).unwrap();
        log.write_all(format!("{}\n", job.claim.fit_id).as_bytes()).unwrap();
    }
}

fn start_contender(path: &Path, id: u64) -> (String, Child) {
    let id = format!("{id:016x}");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "claims::contender", "--ignored", "--quiet"])
        .env(CONTENDERS_STORE, path)
        .env(CONTENDER, &id)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    (id, child)
}

/// Every change of a lease is written down by SQLite itself.
const WITNESS: &str = "CREATE TABLE witness (at INTEGER PRIMARY KEY, fit_id TEXT, before TEXT, after TEXT); \
    CREATE TRIGGER lease_changes AFTER UPDATE OF lease_token ON fits WHEN OLD.lease_token IS NOT NEW.lease_token \
    BEGIN INSERT INTO witness (fit_id, before, after) VALUES (NEW.fit_id, OLD.lease_token, NEW.lease_token); END";

#[test]
fn processes_that_are_killed_lose_and_double_nothing() {
    const FITS: usize = 150;
    const KILLS: usize = 25;
    for (processes, seed) in [(2, 1), (8, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let store = Store::open(&path).unwrap();
        plan(&store, FITS);
        sqlite(&path, WITNESS);
        let mut rng = rand::rngs::StdRng::seed_from_u64(seed);
        let mut next = 0..;
        let mut start = || start_contender(&path, next.next().unwrap());
        let mut running: Vec<_> = (0..processes).map(|_| start()).collect();
        let mut kills = 0;
        while store.claimable("s").unwrap() > 0 || !running.is_empty() {
            std::thread::sleep(Duration::from_millis(rng.random_range(5..30)));
            if kills < KILLS && !running.is_empty() {
                let place = rng.random_range(0..running.len());
                running[place].1.kill().unwrap();
                kills += 1;
            }
            let (mut still, mut ended) = (Vec::new(), 0);
            for (id, mut child) in running {
                match child.try_wait().unwrap() {
                    None => still.push((id, child)),
                    Some(status) => {
                        assert!(status.success() || status.code().is_none(), "a contender failed: {status}");
                        store.abandon(&id.parse().unwrap(), "killed").unwrap();
                        ended += 1;
                    }
                }
            }
            running = still;
            if store.claimable("s").unwrap() > 0 {
                running.extend((0..ended).map(|_| start()));
            }
        }
        let lines = |sql: &str| store.query(sql).unwrap().rows;
        let status: HashMap<String, String> = lines("SELECT fit_id, status FROM runs")
            .iter()
            .map(|row| (row[0].to_string(), row[1].to_string()))
            .collect();
        assert_eq!(status.len(), FITS);
        assert!(status.values().all(|status| status == "done" || status == "failed"), "{status:?}");
        let log = std::fs::read_to_string(path.with_extension("log")).unwrap();
        let mut done: HashMap<&str, usize> = HashMap::new();
        log.lines().for_each(|fit| *done.entry(fit).or_default() += 1);
        assert!(done.iter().all(|(fit, times)| *times == 1 && status[*fit] == "done"), "{done:?}");
        // A killed process may have finished a fit and not yet said so.
        let said = status.values().filter(|status| *status == "done").count() - done.len();
        assert!(said <= kills, "{said} fits are done and nobody did them");
        // Each lease begins where none is, and ends before the next begins.
        let mut holder: HashMap<String, String> = HashMap::new();
        for row in lines("SELECT fit_id, coalesce(before, ''), coalesce(after, '') FROM witness ORDER BY at")
        {
            let [fit, before, after] = [0, 1, 2].map(|place| row[place].to_string());
            assert_eq!(*holder.get(&fit).unwrap_or(&String::new()), before);
            assert!(before.is_empty() != after.is_empty(), "{fit} went from {before} to {after}");
            holder.insert(fit, after);
        }
        assert!(holder.len() == FITS && holder.values().all(String::is_empty));
        assert!(kills > 5, "{kills} kills");
        let failed = lines("SELECT attempts FROM fits WHERE status = 'failed'");
        assert!(failed.iter().all(|row| row[0].to_string() == MOST_ATTEMPTS.to_string()));
    }
}
