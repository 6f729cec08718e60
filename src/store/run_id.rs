//! Ids of runs: shown short, found by any unique prefix, or by what is known of the run.

use sqlx::FromRow;

use super::error::StoreError;
use super::open::Store;
use crate::id::RunId;
use crate::spec::Model;

/// Runs that are listed where several fit.
const LISTED: usize = 12;

/// The first characters of an id, as people see it.
pub fn short_id(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// What is known of a finished run. Exactly one run must fit all of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedRun<'a> {
    /// The first characters of its id, or its model.
    pub run: Option<&'a str>,
    /// A sweep that it belongs to.
    pub sweep: Option<&'a str>,
    /// A tag that it has.
    pub tag: Option<&'a str>,
}

/// Runs of a fit that an error names.
const SHOWN: usize = 9;

/// A finished run in a few words.
#[derive(FromRow)]
struct Candidate {
    run_id: RunId,
    words: String,
}

impl Store {
    /// The full id of the one run whose id starts with `prefix`.
    ///
    /// # Errors
    /// None, or several, fit.
    pub fn resolve_run(&self, prefix: &str) -> Result<RunId, StoreError> {
        let prefix = prefix.to_lowercase();
        let last = format!("{prefix}g"); // ids are hexadecimal: every id with the prefix is below
        let starting = |sql: &'static str| -> Result<Vec<RunId>, StoreError> {
            Ok(self.block_on(sqlx::query_scalar(sql).bind(&prefix).bind(&last).fetch_all(&self.pool))?)
        };
        let found =
            starting("SELECT run_id FROM runs_table WHERE run_id >= ? AND run_id < ? ORDER BY run_id")?;
        match found.as_slice() {
            [only] => Ok(only.clone()),
            [] => {
                let of_fit = starting(
                    "SELECT run_id FROM runs_table WHERE fit_id >= ?1 AND fit_id < ?2 AND (SELECT \
                     count(DISTINCT fit_id) FROM runs_table WHERE fit_id >= ?1 AND fit_id < ?2) = 1 ORDER BY run_id",
                )?;
                let shown: Vec<&str> = of_fit.iter().take(SHOWN).map(RunId::short).collect();
                let more = if of_fit.len() > SHOWN { ", …" } else { "" };
                Err(match shown.as_slice() {
                    [] => StoreError::NoSuchRun(prefix),
                    runs => StoreError::IsFit { runs: runs.join(", ") + more, prefix },
                })
            }
            several => Err(StoreError::Ambiguous {
                prefix: prefix.clone(),
                count: several.len(),
                examples: several.iter().take(3).map(|id| &id.as_str()[..12]).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// The one finished run that is meant. Where several fit, none is chosen: which of them is better is for people to
    /// say.
    ///
    /// # Errors
    /// None, or several, fit: the error lists those. A sweep that is not in the store.
    pub fn find_run(&self, wanted: WantedRun<'_>) -> Result<RunId, StoreError> {
        let model = wanted.run.and_then(Model::named);
        if let (Some(prefix), None, None, None) = (wanted.run, model, wanted.sweep, wanted.tag) {
            return self.resolve_run(prefix);
        }
        if let Some(sweep) = wanted.sweep {
            self.sweep(sweep)?;
        }
        let prefix = wanted.run.filter(|_| model.is_none());
        let found: Vec<Candidate> = self.block_on(
            sqlx::query_as(
                "SELECT r.run_id, r.model || ' on ' || n.name || ', ' || r.image_size || '×' || r.image_size || '×' || \
                   r.channels || coalesce(', w_con ' || r.w_con, '') || coalesce(', λ ' || r.lambda, '') || \
                   coalesce(', ' || r.score || ' score', '') || ', seed ' || r.seed || \
                   iif(e.auroc IS NULL, '', printf(', AUROC %.3f', e.auroc)) AS words \
                 FROM runs r JOIN results e USING (run_id) JOIN dataset_names n ON n.digest = r.dataset_digest \
                 WHERE r.status = 'done' AND (?1 IS NULL OR r.model = ?1) AND (?2 IS NULL OR r.run_id GLOB ?2 || '*') \
                   AND (?3 IS NULL OR r.run_id IN (SELECT run_id FROM sweep_runs WHERE sweep = ?3)) \
                   AND (?4 IS NULL OR r.run_id IN (SELECT run_id FROM run_tags WHERE tag = ?4)) \
                 ORDER BY r.model, n.name, r.image_size, r.channels, r.w_con, r.lambda, r.seed, r.run_id",
            )
            .bind(model.map(Model::name))
            .bind(prefix.map(|prefix| prefix.replace(['*', '?', '['], "-"))) // no id has them
            .bind(wanted.sweep)
            .bind(wanted.tag)
            .fetch_all(&self.pool),
        )?;
        let what = || {
            let of = |words: &str, name: Option<&str>| name.map(|name| format!(" {words} `{name}`"));
            let sweep = of("of the sweep", wanted.sweep);
            let model = of("of the model", model.map(Model::name)).or(of("with the id", prefix));
            [model, sweep, of("with the tag", wanted.tag)].into_iter().flatten().collect::<String>()
        };
        match found.as_slice() {
            [only] => Ok(only.run_id.clone()),
            [] => Err(StoreError::NoneFits(what())),
            several => {
                let line = |run: &Candidate| format!("\n  {}  {}", run.run_id.short(), run.words);
                let mut list: String = several.iter().take(LISTED).map(line).collect();
                if several.len() > LISTED {
                    list.push_str(&format!("\n  … and {} more: `anolab runs list`", several.len() - LISTED));
                }
                Err(StoreError::SeveralFit { count: several.len(), what: what(), list })
            }
        }
    }
}
