//! The store under several writers.

use std::collections::HashSet;

use anolab::store::{ImageRow, Plan, PlannedRun, Store};

const FITS: usize = 40;

fn plan(store: &Store) {
    let runs = (0..FITS)
        .map(|nth| PlannedRun {
            run_id: format!("{nth:032x}"),
            fit_id: format!("f{nth:031x}"),
            run_config: r#"{"fit":{"seed":0},"scoring":{"model":"anogan"}}"#.into(),
            fit_config: "{}".into(),
        })
        .collect();
    let images = vec![ImageRow { name: "a".into(), split: "test", label: "normal", leaked: false }];
    let plan = Plan {
        sweep: "s",
        file: "s.toml",
        text: "",
        digest: "d",
        title: "t",
        dataset: "{}",
        masks: None,
        images,
        runs,
    };
    store.record_plan(&plan, false).unwrap();
}

#[test]
fn every_fit_is_claimed_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    plan(&Store::open(&path).unwrap());
    let claimed: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let path = &path;
                scope.spawn(move || {
                    let store = Store::open(path).unwrap();
                    let mut mine = Vec::new();
                    while let Some(job) =
                        store.claim("s", &format!("{worker:016x}{:08x}", mine.len())).unwrap()
                    {
                        store.beat(&job.claim, 0.5, "testing").unwrap();
                        store.finish(&job.claim, "done", None).unwrap();
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
    let job = store.claim("s", "00000000000000aa00000000").unwrap().unwrap();
    store.abandon("00000000000000aa", "it crashed").unwrap();
    assert!(store.beat(&job.claim, 0.9, "late").is_err());
    assert!(store.finish(&job.claim, "done", None).is_err());
    let again = store.claim("s", "00000000000000bb00000000").unwrap().unwrap();
    assert_eq!(again.claim.fit_id, job.claim.fit_id, "its work is there to take");
    store.finish(&again.claim, "done", None).unwrap();
}

#[test]
fn a_fit_that_is_asked_to_stop_or_gets_further_is_not_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    plan(&store);
    let first = "f".to_string() + &"0".repeat(31);
    for attempt in 0..4 {
        let token = format!("{attempt:016x}00000000");
        assert_eq!(store.claim("s", &token).unwrap().unwrap().claim.fit_id, first);
        store.release(&token[..16]).unwrap();
    }
    for attempt in 4..12 {
        let token = format!("{attempt:016x}00000000");
        let job = store.claim("s", &token).unwrap().unwrap();
        assert_eq!(job.claim.fit_id, first);
        if attempt % 2 == 0 {
            store.record_trained(&job.claim, "weights", Some("weights"), 1.0).unwrap();
        }
        store.abandon(&token[..16], "killed").unwrap();
    }
}

#[test]
fn work_that_kills_every_worker_fails_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    plan(&store);
    let first = "f".to_string() + &"0".repeat(31);
    for attempt in 0..3 {
        let token = format!("{attempt:016x}00000000");
        let job = store.claim("s", &token).unwrap().unwrap();
        assert_eq!(job.claim.fit_id, first);
        store.abandon(&token[..16], "out of memory").unwrap();
    }
    let errors = store.errors("s").unwrap();
    assert_eq!(errors, [("0".repeat(32), "out of memory".to_string())]);
    assert_ne!(store.claim("s", "00000000000000cc00000000").unwrap().unwrap().claim.fit_id, first);
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
