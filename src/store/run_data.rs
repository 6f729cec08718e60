//! What is read of one run: scores, metrics, pictures.

use std::fmt;
use std::str::FromStr;

use sqlx::FromRow;

use super::error::StoreError;
use super::open::Store;
use crate::id::{FitId, RunId};
use crate::spec::Label;

/// What training had of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Portion {
    /// It was trained on.
    Train,
    /// A normal training image that was kept out of training, for the threshold.
    HeldOut,
    /// A test image.
    Test,
}

/// Which of its label's scores a picture has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The lowest ones.
    Lowest,
    /// Those in the middle.
    Median,
    /// The highest ones.
    Highest,
}

/// A text that names no portion of the images and no role of a picture.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` names neither a portion of the images nor a role of a picture")]
pub struct UnknownWord(String);

impl Portion {
    /// Its name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::HeldOut => "held_out",
            Self::Test => "test",
        }
    }
}

impl Role {
    /// Its name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lowest => "lowest",
            Self::Median => "median",
            Self::Highest => "highest",
        }
    }
}

impl fmt::Display for Portion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Portion {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let known = [Self::Train, Self::HeldOut, Self::Test].into_iter().find(|known| known.name() == text);
        known.ok_or_else(|| UnknownWord(text.escape_debug().to_string()))
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let known =
            [Self::Lowest, Self::Median, Self::Highest].into_iter().find(|known| known.name() == text);
        known.ok_or_else(|| UnknownWord(text.escape_debug().to_string()))
    }
}

/// One image's score in a run.
#[derive(Debug, Clone, FromRow)]
pub struct ScoreRow {
    /// The image's name.
    pub image: String,
    /// What training had of it.
    pub split: Portion,
    /// Normal or anomaly.
    pub label: Label,
    /// The raw score.
    pub score: f64,
    /// BLAKE3 of the image's content; absent in stores of earlier builds.
    pub hash: Option<String>,
}

/// One epoch of one metric.
#[derive(Debug, Clone, FromRow)]
pub struct CurvePoint {
    /// `train` or `valid`.
    pub split: String,
    /// The metric.
    pub name: String,
    /// Counted from 1.
    pub epoch: i64,
    /// Its mean over the epoch.
    pub value: f64,
}

/// An image with its reconstruction.
#[derive(Debug, Clone, FromRow)]
pub struct PictureRow {
    /// The image's name.
    pub image: String,
    /// Normal or anomaly.
    pub label: Label,
    /// Which of its label's scores it has.
    pub role: Role,
    /// The raw score.
    pub score: f64,
    /// PNG.
    pub actual: Vec<u8>,
    /// PNG.
    pub reconstruction: Vec<u8>,
    /// PNG, white where the defect is; absent where that is not known.
    pub mask: Option<Vec<u8>>,
}

impl Store {
    /// The scores of a run, in the order of the dataset: training, normal, anomalous images.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn scores(&self, run_id: &RunId) -> Result<Vec<ScoreRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT image, split, label, score, image_hash AS hash FROM scores WHERE run_id = ? \
                 ORDER BY split = 'test', label = 'anomaly', image",
            )
            .bind(run_id)
            .fetch_all(&self.pool),
        )?)
    }

    /// The metrics of a fit, by epoch.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn curve(&self, fit_id: &FitId) -> Result<Vec<CurvePoint>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT split, name, epoch, value FROM metrics WHERE fit_id = ? ORDER BY split, name, epoch",
            )
            .bind(fit_id)
            .fetch_all(&self.pool),
        )?)
    }

    /// The pictures of a run, with what these masks mark in them.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn pictures(&self, run_id: &RunId, masks: Option<&str>) -> Result<Vec<PictureRow>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as(
                "SELECT i.name AS image, i.label, p.role, v.score, p.actual, p.reconstruction, \
                 coalesce((SELECT m.mask FROM picture_masks m WHERE m.run_id = p.run_id AND m.image_id = p.image_id \
                 AND m.masks = ?2), CASE WHEN ?2 IS e.masks THEN p.mask END) AS mask FROM pictures p \
                 JOIN images i ON i.id = p.image_id JOIN score_values v USING (run_id, image_id) \
                 LEFT JOIN evaluations e ON e.run_id = p.run_id WHERE p.run_id = ?1 \
                 ORDER BY i.label DESC, p.role, p.rank",
            )
            .bind(run_id)
            .bind(masks)
            .fetch_all(&self.pool),
        )?)
    }
}
