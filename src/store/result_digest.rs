//! A digest over a run's scores and results: numbers that change later are found by it.
//!
//! Hashed are the scores by the position of their image, then the results by name, each number by its bits, with −0 as
//! 0. What is absent is left out, so that a measure that is added later changes no digest.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

/// The parts of a score, as the table has them.
const PARTS: [&str; 6] = ["score", "residual", "discrimination", "latent", "contextual", "conformal_p"];

/// Columns of a run's evaluation that are no result.
const NO_RESULTS: [&str; 2] = ["run_id", "masks"];

/// The digest while it is made.
#[derive(Default)]
pub(super) struct ResultDigest(blake3::Hasher);

impl ResultDigest {
    fn number(&mut self, name: &str, value: Option<f64>) {
        let Some(value) = value.filter(|value| !value.is_nan()) else { return }; // SQLite keeps NaN as NULL
        self.0.update(name.as_bytes()).update(&[0]).update(&(value + 0.0).to_bits().to_le_bytes());
    }

    /// A score and its parts, in the order of the images' positions.
    pub fn score(&mut self, position: i64, held_out: bool, parts: [Option<f64>; 6]) {
        self.0.update(&position.to_le_bytes()).update(&[u8::from(held_out)]);
        PARTS.iter().zip(parts).for_each(|(name, value)| self.number(name, value));
    }

    /// The results by name, after all scores.
    pub fn results(&mut self, results: &BTreeMap<String, f64>) {
        results.iter().for_each(|(name, value)| self.number(name, Some(*value)));
    }

    pub fn text(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// Of what is written.
pub(super) fn of_stored(connection: &Connection, run_id: &str) -> Result<String, rusqlite::Error> {
    let mut digest = ResultDigest::default();
    let mut scores = connection.prepare_cached(
        "SELECT i.position, v.held_out, v.score, v.residual, v.discrimination, v.latent, v.contextual, \
         v.conformal_p FROM score_values v JOIN images i ON i.id = v.image_id WHERE v.run_id = ? ORDER BY i.position",
    )?;
    let mut rows = scores.query([run_id])?;
    while let Some(row) = rows.next()? {
        let mut parts = [None; 6];
        for (nth, part) in parts.iter_mut().enumerate() {
            *part = number(row, nth + 2)?;
        }
        digest.score(row.get(0)?, row.get(1)?, parts);
    }
    let mut evaluation = connection.prepare_cached("SELECT * FROM evaluations WHERE run_id = ?")?;
    let columns: Vec<String> = evaluation.column_names().into_iter().map(String::from).collect();
    let mut rows = evaluation.query([run_id])?;
    let mut results = BTreeMap::new();
    if let Some(row) = rows.next()? {
        for (nth, name) in columns.iter().enumerate().filter(|(_, name)| !NO_RESULTS.contains(&name.as_str()))
        {
            results.extend(number(row, nth)?.map(|value| (name.clone(), value)));
        }
    }
    digest.results(&results);
    Ok(digest.text())
}

fn number(row: &Row<'_>, index: usize) -> Result<Option<f64>, rusqlite::Error> {
    Ok(match row.get_ref(index)? {
        ValueRef::Integer(value) => Some(value as f64),
        ValueRef::Real(value) => Some(value),
        _ => None,
    })
}
