//! Whether a store holds what it must: every row by its rules, names that are those of their configurations, numbers
//! that are those that were written.

use std::collections::{BTreeMap, HashSet};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error};

use super::result_digest;
use super::row_rules::{RULES, Rules, Unit};
use crate::spec::RunConfig;
use crate::spec::identity::{fit_id, run_id};

/// What is wrong, by what it is wrong with: the first reason of each. A name that is no text stands as a question mark.
pub(super) type Faults = BTreeMap<(Unit, String), String>;

/// Looks at every row.
///
/// # Errors
/// A file that SQLite cannot read.
pub(super) fn faults(connection: &Connection) -> Result<Faults, Error> {
    let mut faults = Faults::new();
    for rules in RULES {
        rows(connection, rules, &mut faults)?;
    }
    names(connection, &mut faults)?;
    results(connection, &mut faults)?;
    digests(connection, &mut faults)?;
    Ok(faults)
}

fn rows(connection: &Connection, rules: &Rules, faults: &mut Faults) -> Result<(), Error> {
    let columns: Vec<String> =
        rules.columns.iter().map(|(name, ..)| format!("{}.{name}", rules.table)).collect();
    let sql = format!("SELECT {}, {} FROM {}", columns.join(", "), rules.owner, rules.from);
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for (nth, (name, kind, optional)) in rules.columns.iter().enumerate() {
            let value = row.get_ref(nth)?;
            if *optional && value == ValueRef::Null || kind.holds(value) {
                continue;
            }
            let owner = row.get_ref(rules.columns.len())?.as_str().unwrap_or("?").to_string();
            let reason = || format!("has {} in {}.{name}, not {}", found(value), rules.table, kind.words());
            faults.entry((rules.unit, owner)).or_insert_with(reason);
        }
    }
    Ok(())
}

/// A value as an error shows it.
fn found(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "empty".into(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(text) => {
            let shown: String = String::from_utf8_lossy(text).chars().take(40).collect();
            format!("`{}`", shown.escape_debug())
        }
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// Ids are those of their configurations. Configurations of formats that this build cannot read are taken as they are.
fn names(connection: &Connection, faults: &mut Faults) -> Result<(), Error> {
    let mut statement = connection.prepare(
        "SELECT r.run_id, r.fit_id, r.config, f.digest FROM runs_table r JOIN fits f ON f.fit_id = r.fit_id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |index: usize| row.get_ref(index).ok().and_then(|value| value.as_str().ok());
        let (Some(run), Some(fit), Some(config), Some(digest)) = (text(0), text(1), text(2), text(3)) else {
            continue; // told of above
        };
        let Ok(config) = RunConfig::read(config) else { continue };
        if run_id(&config, digest).as_str() != run || fit_id(&config.fit, digest).as_str() != fit {
            let reason = || "has an id that is not that of its configuration".to_string();
            faults.entry((Unit::Run, run.into())).or_insert_with(reason);
        }
    }
    Ok(())
}

/// Finished runs have results, and they are of images of their own dataset.
fn results(connection: &Connection, faults: &mut Faults) -> Result<(), Error> {
    let of_other_images = |table: &str| {
        format!(
            "SELECT DISTINCT v.run_id FROM {table} v JOIN runs_table r USING (run_id) JOIN fits f USING (fit_id) \
             LEFT JOIN images i ON i.id = v.image_id WHERE i.digest IS NOT f.digest"
        )
    };
    let without = "SELECT run_id FROM runs_table WHERE status = 'done' AND (run_id NOT IN (SELECT run_id FROM \
                   evaluations) OR run_id NOT IN (SELECT run_id FROM score_values))";
    for (sql, why) in [
        (without.into(), "is done and has no results"),
        (of_other_images("score_values"), "has scores of images that are not those of its dataset"),
        (of_other_images("pictures"), "has pictures of images that are not those of its dataset"),
    ] {
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Ok(run_id) = row.get_ref(0)?.as_str() else { continue };
            faults.entry((Unit::Run, run_id.into())).or_insert_with(|| why.into());
        }
    }
    Ok(())
}

/// Scores and results are those that were written.
fn digests(connection: &Connection, faults: &mut Faults) -> Result<(), Error> {
    let mut statement = connection.prepare("SELECT run_id, digest FROM result_digests")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (Ok(run_id), Ok(digest)) = (row.get_ref(0)?.as_str(), row.get_ref(1)?.as_str()) else { continue };
        let key = (Unit::Run, run_id.to_string());
        if !faults.contains_key(&key) && result_digest::of_stored(connection, run_id)? != digest {
            faults.insert(key, "has scores or results that are not those that were written".into());
        }
    }
    Ok(())
}

/// Of all units of a kind, the names of those that are whole: a run with a faulty fit is not, nor is a fit with a
/// faulty dataset.
pub(super) fn whole(
    connection: &Connection,
    faults: &Faults,
) -> Result<BTreeMap<Unit, HashSet<String>>, Error> {
    let mut whole: BTreeMap<Unit, HashSet<String>> = BTreeMap::new();
    for (unit, sql, of) in [
        (Unit::Dataset, "SELECT digest, NULL FROM datasets", None),
        (Unit::Fit, "SELECT fit_id, digest FROM fits", Some(Unit::Dataset)),
        (Unit::Run, "SELECT run_id, fit_id FROM runs_table", Some(Unit::Fit)),
        (Unit::Sweep, "SELECT name, digest FROM sweeps", Some(Unit::Dataset)),
    ] {
        let mut found = HashSet::new();
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Ok(name) = row.get_ref(0)?.as_str() else { continue };
            let part_of_whole = match of {
                None => true,
                Some(of) => row.get_ref(1)?.as_str().is_ok_and(|of_name| whole[&of].contains(of_name)),
            };
            if part_of_whole && !faults.contains_key(&(unit, name.into())) {
                found.insert(name.to_string());
            }
        }
        whole.insert(unit, found);
    }
    Ok(whole)
}

/// Faults as people are told of them.
pub(super) fn told(faults: &Faults) -> Vec<String> {
    let line = |((unit, name), why): (&(Unit, String), &String)| {
        format!("{} {} {why}", unit.name(), name.escape_debug())
    };
    faults.iter().map(line).collect()
}
