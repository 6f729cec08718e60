//! PCA, the linear baseline: its settings, their defaults and what they may be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::added::Added;
use super::gan::Residual;
use super::range::count;

/// The keys that PCA alone knows.
pub(super) const KEYS: &[&str] = &["components"];

/// Settings that came after runs had been named without them: see [`Added`].
pub(super) const ADDED: &[Added] = &[];

/// Settings of PCA, as far as they are given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PcaSettings {
    /// PCA: number of principal components.
    pub components: Option<usize>,
}

impl PcaSettings {
    /// Number of principal components.
    pub(super) fn components(&self) -> usize {
        self.components.unwrap_or(32)
    }

    /// How the error of a reconstruction is measured.
    pub(super) fn residual(residual: Option<Residual>) -> Residual {
        residual.unwrap_or(Residual::Squared)
    }

    /// Checks the range of every value that is given.
    pub(super) fn check(&self) -> Result<(), String> {
        count("components", self.components, 65_536)
    }
}

/// Checks the number of components against that of an image's values.
pub(super) fn check(components: usize, values: usize) -> Result<(), (&'static str, String)> {
    if components > values {
        return Err(("components", format!("an image has only {values} values")));
    }
    Ok(())
}
