//! How long a report takes, drawn for the first time and again: `just bench-report`.

use anolab::report::{Choice, Look, Request, write};
use divan::Bencher;

#[path = "../tests/anolab/invented_store.rs"]
mod invented_store;

fn main() {
    divan::main();
}

/// All figures, tables and the page of so many runs.
#[divan::bench(args = [100, 1000], sample_count = 3)]
fn first(bencher: Bencher, runs: usize) {
    report(bencher, runs, false);
}

/// The same when nothing changed since the last time.
#[divan::bench(args = [100, 1000], sample_count = 3)]
fn again(bencher: Bencher, runs: usize) {
    report(bencher, runs, true);
}

fn report(bencher: Bencher, runs: usize, again: bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = invented_store::invented_store(&folder.path().join("store.db"), runs / 4);
    let out = folder.path().join("report");
    let draw = || {
        let request = Request { sweep: None, choice: &Choice::First, out: &out, look: Look::default() };
        write(&store, request, &|_, _| ()).expect("a report")
    };
    draw();
    let page = std::fs::metadata(out.join("index.html")).expect("a page").len();
    println!("{runs} runs: the page has {:.1} MB", page as f64 / 1e6);
    bencher
        .with_inputs(|| {
            if !again {
                std::fs::remove_dir_all(&out).ok();
            }
        })
        .bench_local_values(|()| draw());
}
