//! The store under several writers.

use std::collections::HashSet;

use anolab::id::{FitId, RunId};
use anolab::store::{FailedRun, Status, Store};

use super::invented_plan::{record, worker};

const FITS: usize = 40;

fn plan(store: &Store) {
    record(store, FITS, 1, false);
}

#[test]
fn every_fit_is_claimed_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    plan(&Store::open(&path).unwrap());
    let claimed: Vec<FitId> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|number| {
                let path = &path;
                scope.spawn(move || {
                    let store = Store::open(path).unwrap();
                    let mut mine = Vec::new();
                    while let Some(job) = store.claim("s", &self::worker(number)).unwrap() {
                        store.beat(&job.claim, 0.5, "testing").unwrap();
                        store.finish(&job.claim, Status::Done, None).unwrap();
                        mine.push(job.claim.fit_id);
                    }
                    mine
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(claimed.len(), FITS);
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), FITS);
}

#[test]
fn late_writes_of_the_dead_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    plan(&store);
    let job = store.claim("s", &worker(0xaa)).unwrap().unwrap();
    store.abandon(&worker(0xaa), "it crashed").unwrap();
    assert!(store.beat(&job.claim, 0.9, "late").is_err());
    assert!(store.finish(&job.claim, Status::Done, None).is_err());
    let again = store.claim("s", &worker(0xbb)).unwrap().unwrap();
    assert_eq!(again.claim.fit_id, job.claim.fit_id, "its work is there to take");
    store.finish(&again.claim, Status::Done, None).unwrap();
}

#[test]
fn a_fit_that_is_asked_to_stop_or_gets_further_is_not_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    plan(&store);
    let first: FitId = ("f".to_string() + &"0".repeat(31)).parse().unwrap();
    for attempt in 0..4 {
        let worker = worker(attempt);
        assert_eq!(store.claim("s", &worker).unwrap().unwrap().claim.fit_id, first);
        store.release(&worker).unwrap();
    }
    for attempt in 4..12 {
        let worker = worker(attempt);
        let job = store.claim("s", &worker).unwrap().unwrap();
        assert_eq!(job.claim.fit_id, first);
        if attempt % 2 == 0 {
            store.record_trained(&job.claim, "weights", Some("weights"), 1.0).unwrap();
        }
        store.abandon(&worker, "killed").unwrap();
    }
}

#[test]
fn work_that_kills_every_worker_fails_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    plan(&store);
    let first: FitId = ("f".to_string() + &"0".repeat(31)).parse().unwrap();
    for attempt in 0..3 {
        let worker = worker(attempt);
        let job = store.claim("s", &worker).unwrap().unwrap();
        assert_eq!(job.claim.fit_id, first);
        store.abandon(&worker, "out of memory").unwrap();
    }
    let errors = store.errors("s").unwrap();
    assert_eq!(errors, [FailedRun { run_id: RunId::default(), error: "out of memory".into() }]);
    assert_ne!(store.claim("s", &worker(0xcc)).unwrap().unwrap().claim.fit_id, first);
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.db");
    std::fs::write(&text, "these are my notes, long enough to be no empty database at all".repeat(20))
        .unwrap();
    assert!(Store::open(&text).err().unwrap().to_string().contains("not a SQLite database"));
    assert!(Store::open(folder.path()).is_err());
    assert!(
        Store::open_existing(&folder.path().join("none.db")).err().unwrap().to_string().contains("no store")
    );
}
