//! What is read of runs: configurations, results, provenance.

use std::collections::{HashMap, HashSet};

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::error::StoreError;
use super::open::Store;
use super::status::Status;
use crate::eval::Measured;
use crate::eval::measure::{MEASURES, OF_MASKS};
use crate::id::{FitId, RunId};

/// A finished run with its results.
#[derive(Debug, Clone, Default, FromRow)]
pub struct RunRow {
    /// Id of the run.
    pub run_id: RunId,
    /// Id of its fit.
    pub fit_id: FitId,
    /// The model as sweep files have it.
    pub model: String,
    /// Name of its dataset; where others have the same, the beginning of its digest stands behind it.
    #[sqlx(rename = "dataset_name")]
    pub dataset: String,
    /// Digest of its dataset.
    pub dataset_digest: String,
    /// Side of the images in pixels.
    pub image_size: i64,
    /// Channels of the images.
    pub channels: i64,
    /// Seed.
    pub seed: i64,
    /// Configuration as JSON.
    pub config: String,
    /// The device it was trained on.
    pub device: Option<String>,
    /// The commit it was trained at, `+` where there were changes.
    pub git_commit: Option<String>,
    /// Its tags, separated by commas.
    pub tags: Option<String>,
    /// What was noted on it.
    pub note: Option<String>,
    /// The machine it was trained on.
    pub host: Option<String>,
    /// Version of anolab that trained it.
    pub version: Option<String>,
    /// Version of burn that trained it.
    pub burn_version: Option<String>,
    /// The command that trained it, as typed.
    pub command_line: Option<String>,
    /// When its training was begun.
    pub trained_at: Option<String>,
    /// When it was begun to be judged.
    pub started_at: Option<String>,
    /// The device it was judged on.
    pub judged_device: Option<String>,
    /// The commit it was judged at, `+` where there were changes.
    pub judged_commit: Option<String>,
    /// The command that judged it, as typed.
    pub judged_command: Option<String>,
    /// When it was done.
    pub finished_at: Option<String>,
    /// Seconds of training.
    pub train_seconds: Option<f64>,
    /// Seconds of judging.
    pub score_seconds: Option<f64>,
    /// Normal test images.
    pub n_normal: i64,
    /// Anomalous test images.
    pub n_anomaly: i64,
    /// Leaked test images.
    pub n_leaked: i64,
    /// BLAKE3 over the mask files that its pixels were measured against, where there are any.
    pub masks: Option<String>,
    /// What it measured.
    #[sqlx(flatten)]
    pub measures: Measured,
}

impl FromRow<'_, SqliteRow> for Measured {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        MEASURES.into_iter().map(|measure| Ok((measure, row.try_get(measure.name)?))).collect()
    }
}

/// What judging with a past run needs.
#[derive(Debug, Clone, FromRow)]
pub struct PastRun {
    /// Configuration as JSON.
    pub config: String,
    /// BLAKE3 of its weights.
    pub weights: String,
    /// Threshold from held-out normal images.
    pub threshold: Option<f64>,
    /// What its scores were measured by (JSON), where they were.
    pub calibration: Option<String>,
    /// The description of its dataset as JSON.
    pub dataset: String,
    /// Whether some of the dataset's images have colours, where that was asked.
    pub coloured: Option<bool>,
}

impl Store {
    /// What judging with a finished run needs; absent where it is not done.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn past_run(&self, run_id: &RunId) -> Result<Option<PastRun>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.config, f.weights, e.threshold, c.calibration, d.spec AS dataset, d.coloured \
                 FROM runs_table r JOIN fits f USING (fit_id) JOIN datasets d USING (digest) \
                 JOIN evaluations e USING (run_id) LEFT JOIN calibrations c USING (run_id) \
                 WHERE r.run_id = ? AND r.status = 'done' AND f.weights IS NOT NULL",
            )
            .bind(run_id)
            .fetch_optional(&self.pool),
        )?)
    }

    /// A run's configuration and its dataset's description, both JSON.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn configuration(&self, run_id: &RunId) -> Result<(String, String), StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.config, d.spec FROM runs_table r JOIN fits f USING (fit_id) JOIN datasets d USING (digest) \
                 WHERE r.run_id = ?",
            )
            .bind(run_id)
            .fetch_one(&self.pool),
        )?)
    }

    /// The status of every run in the store.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn statuses(&self) -> Result<HashMap<RunId, Status>, StoreError> {
        let known: Vec<(RunId, Status)> =
            self.block_on(sqlx::query_as("SELECT run_id, status FROM runs").fetch_all(&self.pool))?;
        Ok(known.into_iter().collect())
    }

    /// The fits whose weights are in the store.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn trained_fits(&self) -> Result<HashSet<FitId>, StoreError> {
        let trained: Vec<FitId> = self.block_on(
            sqlx::query_scalar("SELECT fit_id FROM fits WHERE weights IS NOT NULL").fetch_all(&self.pool),
        )?;
        Ok(trained.into_iter().collect())
    }

    /// The trained fits whose weights are not in the store's folder.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn fits_without_weights(&self) -> Result<HashSet<FitId>, StoreError> {
        let trained: Vec<(FitId, String)> = self.block_on(
            sqlx::query_as("SELECT fit_id, weights FROM fits WHERE weights IS NOT NULL")
                .fetch_all(&self.pool),
        )?;
        let is_lost = |digest: &str| !self.artifacts().weights(digest).is_file();
        Ok(trained.into_iter().filter(|(_, digest)| is_lost(digest)).map(|(fit_id, _)| fit_id).collect())
    }

    /// The dataset of a digest: title and description (JSON).
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn dataset(&self, digest: &str) -> Result<(String, String), StoreError> {
        Ok(self.block_on(
            sqlx::query_as("SELECT title, spec FROM datasets WHERE digest = ?")
                .bind(digest)
                .fetch_one(&self.pool),
        )?)
    }

    /// How many normal training images the dataset of a digest has, the held-out ones among them.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn normal_training_images(&self, digest: &str) -> Result<usize, StoreError> {
        let count: i64 = self.block_on(
            sqlx::query_scalar(
                "SELECT count(*) FROM images WHERE digest = ? AND split = 'train' AND label = 'normal'",
            )
            .bind(digest)
            .fetch_one(&self.pool),
        )?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Finished runs with their results, of one sweep or of all, in the order of the sweep.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn finished(&self, sweep: Option<&str>) -> Result<Vec<RunRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.*, e.*, n.name AS dataset_name FROM runs r JOIN evaluations e USING (run_id) \
                 JOIN dataset_names n ON n.digest = r.dataset_digest \
                 LEFT JOIN sweep_runs s ON s.run_id = r.run_id AND s.sweep = ?1 \
                 WHERE r.status = 'done' AND (?1 IS NULL OR s.sweep IS NOT NULL) ORDER BY s.position, r.run_id",
            )
            .bind(sweep)
            .fetch_all(&self.pool),
        )?)
    }

    /// Finished runs of a sweep, in its order, with the pixel measures against the masks of this sweep: another one
    /// may have others for the same images.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn finished_in(&self, sweep: &str) -> Result<Vec<RunRow>, StoreError> {
        let mut runs = self.finished(Some(sweep))?;
        let masks: Option<String> = self
            .block_on(
                sqlx::query_scalar("SELECT masks FROM sweeps WHERE name = ?")
                    .bind(sweep)
                    .fetch_optional(&self.pool),
            )?
            .flatten();
        for run in runs.iter_mut().filter(|run| masks.is_some() && run.masks != masks) {
            let measured: Option<SqliteRow> = self.block_on(
                sqlx::query("SELECT * FROM pixel_results WHERE run_id = ? AND masks = ?")
                    .bind(&run.run_id)
                    .bind(&masks)
                    .fetch_optional(&self.pool),
            )?;
            let Some(row) = measured else { continue };
            for measure in OF_MASKS {
                run.measures.set(measure, row.try_get(measure.name)?);
            }
            run.masks.clone_from(&masks);
        }
        Ok(runs)
    }

    /// A finished run with its results; absent where it is not done.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn finished_run(&self, run_id: &RunId) -> Result<Option<RunRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT r.*, e.*, n.name AS dataset_name FROM runs r JOIN evaluations e USING (run_id) \
                 JOIN dataset_names n ON n.digest = r.dataset_digest WHERE r.status = 'done' AND r.run_id = ?",
            )
            .bind(run_id)
            .fetch_optional(&self.pool),
        )?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::eval::Measure;
    use crate::eval::measure::{COUNTS, Shown, Source, of_scores, shown_in};

    #[test]
    fn the_list_of_measures_and_the_store_agree() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("a.db").as_path()).unwrap();
        let columns = |of: &str| -> BTreeSet<String> {
            let table = store.query(&format!("SELECT * FROM {of}")).unwrap();
            table.columns.into_iter().collect()
        };
        let with = |others: &[&str], names: &mut dyn Iterator<Item = &'static Measure>| -> BTreeSet<String> {
            let names = names.map(|measure| measure.name);
            COUNTS.into_iter().chain(others.iter().copied()).chain(names).map(String::from).collect()
        };
        assert_eq!(columns("evaluations"), with(&["run_id", "masks"], &mut of_scores()));
        let mut exported = shown_in(Shown::Export).filter(|measure| measure.source == Source::Scores);
        assert_eq!(columns("results"), with(&["run_id"], &mut exported));
        let trained = MEASURES.into_iter().filter(|measure| measure.source == Source::Training);
        let runs = columns("runs");
        assert!(trained.into_iter().all(|measure| runs.contains(measure.name)));
    }
}
