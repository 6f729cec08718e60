//! A planned sweep whose fits nobody can train: tests of claims and leases use it.

use anolab::id::WorkerId;
use anolab::spec::{Label, Split};
use anolab::store::{ImageRow, Plan, PlannedDataset, PlannedRun, Store};

/// Plans the sweep `s` with so many fits and runs of each; with `retry`, failed ones are queued again.
pub fn record(store: &Store, fits: usize, runs_per_fit: usize, retry: bool) {
    let runs = (0..runs_per_fit * fits)
        .map(|nth| PlannedRun {
            run_id: format!("{nth:032x}").parse().unwrap(),
            fit_id: format!("f{:031x}", nth / runs_per_fit).parse().unwrap(),
            digest: "d".into(),
            run_config: r#"{"fit":{"seed":0},"scoring":{"model":"anogan"}}"#.into(),
            fit_config: "{}".into(),
        })
        .collect();
    let images = vec![ImageRow {
        name: "a".into(),
        split: Split::Test,
        label: Label::Normal,
        leaked: false,
        hash: String::new(),
    }];
    let plan = Plan {
        sweep: "s",
        file: "s.toml",
        text: "",
        datasets: vec![PlannedDataset {
            digest: "d",
            title: "t",
            spec: "{}",
            masks: None,
            coloured: None,
            images,
        }],
        runs,
    };
    store.record_plan(&plan, retry).unwrap();
}

/// The worker of a number.
pub fn worker(number: usize) -> WorkerId {
    WorkerId::from_bytes((number as u64).to_be_bytes())
}
