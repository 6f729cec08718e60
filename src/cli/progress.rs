//! Progress bars.

use std::collections::HashSet;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Context;
use crate::store::{Status, Store, WorkRow, short_id};
use crate::sweep::Summary;
use crate::table::printable;

/// A bar that counts images.
pub(super) fn images(context: &Context, total: usize, what: &'static str) -> ProgressBar {
    let bar = counted(context, what, "images");
    bar.set_length(total as u64);
    bar
}

/// A bar that counts `things`, at first of an unknown number.
pub(super) fn counted(context: &Context, what: &'static str, things: &str) -> ProgressBar {
    let target = if context.draws() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let template = format!("{{msg}} {{bar:30}} {{human_pos}}/{{human_len}} {things}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, target).with_style(style).with_message(what)
}

/// Parts of one bar of work: a thousandth.
const PARTS: f64 = 1000.0;

/// The progress of a sweep: bars on a terminal, else a line for each run that ends.
pub(super) struct SweepProgress<'a> {
    context: &'a Context,
    store: &'a Store,
    sweep: &'a str,
    bars: MultiProgress,
    whole: ProgressBar,
    workers: Vec<ProgressBar>,
    ended: HashSet<String>,
    done: usize,
}

impl<'a> SweepProgress<'a> {
    pub fn new(context: &'a Context, store: &'a Store, sweep: &'a str) -> Self {
        let target =
            if context.draws() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        let style = ProgressStyle::with_template("{msg} {bar:30} {percent}%, {elapsed} gone, {eta} left");
        let whole =
            bars.add(ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())));
        let ended = ended(store, sweep).into_iter().map(|(id, _)| id).collect();
        Self { context, store, sweep, bars, whole, workers: Vec::new(), ended, done: 0 }
    }

    pub fn show(&mut self, summary: &Summary, work: &[WorkRow]) {
        let total: usize = summary.status.values().sum();
        let done =
            summary.count(Status::Done) + summary.count(Status::Failed) + summary.count(Status::Diverged);
        self.whole.set_length((total as f64 * PARTS) as u64);
        let running = summary.count(Status::Running) as f64 / work.len().max(1) as f64;
        let under_way: f64 = work.iter().map(|fit| fit.progress * running).sum();
        self.whole.set_position(((done as f64 + under_way) * PARTS) as u64);
        self.whole.set_message(printable(&format!("{}: {done} of {total} runs", self.sweep)));
        self.show_workers(work);
        if done != self.done {
            self.done = done;
            self.tell_ended(done, total);
        }
    }

    pub fn finish(self) {
        self.bars.clear().ok();
    }

    fn show_workers(&mut self, work: &[WorkRow]) {
        while self.workers.len() < work.len() {
            let style = ProgressStyle::with_template("  {msg:50} {bar:30} {percent}%");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            self.workers.push(self.bars.add(ProgressBar::new(PARTS as u64).with_style(style)));
        }
        for extra in self.workers.drain(work.len()..) {
            extra.finish_and_clear();
        }
        for (bar, fit) in self.workers.iter().zip(work) {
            let stage = fit.stage.as_deref().unwrap_or("starting");
            bar.set_message(format!("{} {stage}", fit.fit_id.short()));
            bar.set_position((fit.progress * PARTS) as u64);
        }
    }

    /// One line for each run that has ended since the last time.
    fn tell_ended(&mut self, done: usize, total: usize) {
        for (id, line) in ended(self.store, self.sweep) {
            if self.ended.insert(id) && !self.context.quiet {
                let line = printable(&format!("[{done}/{total}] {line}"));
                if self.context.draws() {
                    self.bars.println(line).ok().unwrap_or_default()
                } else {
                    say!("{line}")
                }
            }
        }
    }
}

/// Runs of a sweep that have ended: id and a line about each.
fn ended(store: &Store, sweep: &str) -> Vec<(String, String)> {
    let sql = "SELECT r.run_id, coalesce((SELECT name || ' ' FROM dataset_names \
         WHERE digest = r.dataset_digest AND w.datasets IS NOT NULL), '') || r.model || ' ' || \
         r.image_size || '×' || r.image_size || '×' || r.channels \
         || ' seed ' || r.seed || coalesce(' λ ' || r.lambda, '') || coalesce(' w_con ' || r.w_con, ''), \
         CASE WHEN r.status <> 'done' THEN r.status || ': ' || coalesce(r.error, '') \
         WHEN e.auroc IS NULL THEN 'done' ELSE printf('AUROC %.3f', e.auroc) END \
         FROM sweeps w JOIN sweep_runs s ON s.sweep = w.name JOIN runs r USING (run_id) \
         LEFT JOIN results e USING (run_id) WHERE w.name = ? AND r.status IN ('done', 'failed', 'diverged')";
    let rows = store.query_with(sql, &[sweep.to_string()]).map(|table| table.rows).unwrap_or_default();
    rows.into_iter()
        .filter_map(|row| {
            let [id, what, how] = row.as_slice() else { return None };
            let id = id.to_string();
            Some((id.clone(), format!("{} {what}: {how}", short_id(&id))))
        })
        .collect()
}
