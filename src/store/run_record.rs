//! What is written of a run: scores, results, pictures.

use sqlx::{Sqlite, Transaction};

use super::clock::now;
use super::error::StoreError;
use super::fit_record::Provenance;
use super::lease::{Claim, held};
use super::open::Store;
use super::result_digest::ResultDigest;
use super::run_data::Role;
use crate::eval::Measured;
use crate::eval::measure::{COUNTS, OF_MASKS, of_scores};
use crate::id::RunId;

/// One image's score.
#[derive(Debug, Clone, Default)]
pub struct ScoreValue {
    /// Index of the image in the dataset.
    pub position: usize,
    /// A normal training image that training did not see.
    pub held_out: bool,
    /// The raw score.
    pub score: f64,
    /// AnoGAN's parts.
    pub residual: Option<f64>,
    /// AnoGAN's parts.
    pub discrimination: Option<f64>,
    /// GANomaly's parts.
    pub latent: Option<f64>,
    /// GANomaly's parts.
    pub contextual: Option<f64>,
    /// Of a test image: the chance that a normal image scores as high, as held-out ones tell it.
    pub conformal_p: Option<f64>,
}

/// An image, its reconstruction and its mask, all as PNG.
pub struct Picture {
    /// Index of the image in the dataset.
    pub position: usize,
    /// Which of its label's scores it has.
    pub role: Role,
    /// Order within the role.
    pub rank: usize,
    /// The image as the network saw it.
    pub actual: Vec<u8>,
    /// What the network made of it.
    pub reconstruction: Vec<u8>,
    /// Which of its pixels are defect (white), where that is known.
    pub mask: Option<Vec<u8>>,
}

/// Everything that scoring one run gives.
pub struct RunResult {
    /// Scores of the training sample, the held-out and the test images.
    pub scores: Vec<ScoreValue>,
    /// What they are worth.
    pub measures: Measured,
    /// Normal test images.
    pub n_normal: usize,
    /// Anomalous test images.
    pub n_anomaly: usize,
    /// Leaked test images.
    pub n_leaked: usize,
    /// BLAKE3 over the mask files, where there are any.
    pub masks: Option<String>,
    /// Pictures for the figures.
    pub pictures: Vec<Picture>,
    /// What the scores were measured by (JSON), where they were.
    pub calibration: Option<String>,
    /// Time that judging took.
    pub seconds: f64,
}

impl Store {
    /// Notes that a run's images are being judged, and by whom.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_run_start(&self, claim: &Claim, run_id: &RunId, by: &Provenance) -> Result<(), StoreError> {
        let changed = if by.git_dirty == Some(true) { "+" } else { "" };
        let query = sqlx::query(
            "UPDATE runs_table SET started_at = ?, judged_device = ?, judged_commit = ?, judged_command = ? \
             WHERE run_id = ? AND EXISTS (SELECT 1 FROM fits WHERE fit_id = ? AND lease_token = ?)",
        )
        .bind(now())
        .bind(&by.device)
        .bind(by.git_commit.as_ref().map(|commit| format!("{commit}{changed}")))
        .bind(&by.command_line)
        .bind(run_id)
        .bind(&claim.fit_id)
        .bind(&claim.token);
        self.under_lease(query)
    }

    /// Ends a run that cannot be judged; the other runs of its fit go on.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_failure(&self, claim: &Claim, run_id: &RunId, error: &str) -> Result<(), StoreError> {
        let query = sqlx::query(
            "UPDATE runs_table SET status = 'failed', finished_at = ?, error = ? WHERE run_id = ? \
             AND EXISTS (SELECT 1 FROM fits WHERE fit_id = ? AND lease_token = ?)",
        )
        .bind(now())
        .bind(error)
        .bind(run_id)
        .bind(&claim.fit_id)
        .bind(&claim.token);
        self.under_lease(query)
    }

    /// Keeps a run's scores, results and pictures, and marks it as done: all or nothing. It is progress:
    /// tries are counted anew.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or whatever SQLite says.
    pub fn record_result(&self, claim: &Claim, run_id: &RunId, result: &RunResult) -> Result<(), StoreError> {
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let done = sqlx::query(
                "UPDATE runs_table SET status = 'done', finished_at = ?, score_seconds = ?, error = NULL \
                 WHERE run_id = ? AND EXISTS (SELECT 1 FROM fits WHERE fit_id = ? AND lease_token = ?)",
            )
            .bind(now())
            .bind(result.seconds)
            .bind(run_id)
            .bind(&claim.fit_id)
            .bind(&claim.token)
            .execute(&mut *tx)
            .await?;
            held(&done)?;
            sqlx::query("UPDATE fits SET attempts = 0 WHERE fit_id = ?")
                .bind(&claim.fit_id)
                .execute(&mut *tx)
                .await?;
            record_scores(&mut tx, claim, run_id, result).await?;
            record_evaluation(&mut tx, run_id, result).await?;
            record_pictures(&mut tx, claim, run_id, result).await?;
            if let Some(calibration) = &result.calibration {
                sqlx::query("INSERT OR REPLACE INTO calibrations VALUES (?, ?)")
                    .bind(run_id)
                    .bind(calibration)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(())
        })
    }
}

/// SQL for the id of a fit's image from its position.
const IMAGE_ID: &str =
    "(SELECT i.id FROM images i JOIN fits f ON f.digest = i.digest WHERE f.fit_id = ? AND i.position = ?)";

async fn record_scores(
    tx: &mut Transaction<'_, Sqlite>,
    claim: &Claim,
    run_id: &RunId,
    result: &RunResult,
) -> Result<(), sqlx::Error> {
    let insert = format!("INSERT OR REPLACE INTO score_values VALUES (?, {IMAGE_ID}, ?, ?, ?, ?, ?, ?, ?)");
    for score in &result.scores {
        sqlx::query(sqlx::AssertSqlSafe(insert.clone()))
            .bind(run_id)
            .bind(&claim.fit_id)
            .bind(score.position as i64)
            .bind(score.held_out)
            .bind(score.score)
            .bind(score.residual)
            .bind(score.discrimination)
            .bind(score.latent)
            .bind(score.contextual)
            .bind(score.conformal_p)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn record_evaluation(
    tx: &mut Transaction<'_, Sqlite>,
    run_id: &RunId,
    result: &RunResult,
) -> Result<(), sqlx::Error> {
    let names: Vec<&str> = COUNTS.into_iter().chain(of_scores().map(|measure| measure.name)).collect();
    let insert = format!(
        "INSERT OR REPLACE INTO evaluations (run_id, masks, {}) VALUES (?, ?{})",
        names.join(", "),
        ", ?".repeat(names.len())
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(insert)).bind(run_id).bind(&result.masks);
    for count in [result.n_normal, result.n_anomaly, result.n_leaked] {
        query = query.bind(count as i64);
    }
    for measure in of_scores() {
        query = query.bind(result.measures.get(measure));
    }
    query.execute(&mut **tx).await?;
    if let Some(masks) = &result.masks {
        let names = OF_MASKS.map(|measure| measure.name).join(", ");
        let values = ", ?".repeat(OF_MASKS.len());
        let insert =
            format!("INSERT OR REPLACE INTO pixel_results (run_id, masks, {names}) VALUES (?, ?{values})");
        let mut query = sqlx::query(sqlx::AssertSqlSafe(insert)).bind(run_id).bind(masks);
        for measure in OF_MASKS {
            query = query.bind(result.measures.get(measure));
        }
        query.execute(&mut **tx).await?;
    }
    sqlx::query("INSERT OR REPLACE INTO result_digests VALUES (?, ?)")
        .bind(run_id)
        .bind(digest(result))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// By which changes of a run's scores and results are found.
fn digest(result: &RunResult) -> String {
    let mut digest = ResultDigest::default();
    let mut scores: Vec<_> = result.scores.iter().collect();
    scores.sort_by_key(|score| score.position);
    for score in scores {
        let parts = [
            Some(score.score),
            score.residual,
            score.discrimination,
            score.latent,
            score.contextual,
            score.conformal_p,
        ];
        digest.score(score.position as i64, score.held_out, parts);
    }
    let counts = COUNTS.into_iter().zip([result.n_normal, result.n_anomaly, result.n_leaked]);
    let counts = counts.map(|(name, count)| (name.to_string(), count as f64));
    let measured =
        of_scores().filter_map(|measure| Some((measure.name.into(), result.measures.get(measure)?)));
    digest.results(&counts.chain(measured).collect());
    digest.text()
}

async fn record_pictures(
    tx: &mut Transaction<'_, Sqlite>,
    claim: &Claim,
    run_id: &RunId,
    result: &RunResult,
) -> Result<(), sqlx::Error> {
    let insert = format!("INSERT OR REPLACE INTO pictures VALUES (?, {IMAGE_ID}, ?, ?, ?, ?, ?)");
    for picture in &result.pictures {
        sqlx::query(sqlx::AssertSqlSafe(insert.clone()))
            .bind(run_id)
            .bind(&claim.fit_id)
            .bind(picture.position as i64)
            .bind(picture.role)
            .bind(picture.rank as i64)
            .bind(&picture.actual)
            .bind(&picture.reconstruction)
            .bind(&picture.mask)
            .execute(&mut **tx)
            .await?;
        if let (Some(masks), Some(mask)) = (&result.masks, &picture.mask) {
            let insert = format!("INSERT OR REPLACE INTO picture_masks VALUES (?, {IMAGE_ID}, ?, ?)");
            sqlx::query(sqlx::AssertSqlSafe(insert))
                .bind(run_id)
                .bind(&claim.fit_id)
                .bind(picture.position as i64)
                .bind(masks)
                .bind(mask)
                .execute(&mut **tx)
                .await?;
        }
    }
    Ok(())
}
