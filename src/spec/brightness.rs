//! Mean brightness, the simplest baseline: its settings and their defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::added::Added;

/// The keys that brightness alone knows.
pub(super) const KEYS: &[&str] = &["direction"];

/// Settings that came after runs had been named without them: see [`Added`].
pub(super) const ADDED: &[Added] = &[];

/// Settings of mean brightness, as far as they are given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct BrightnessSettings {
    /// Brightness: what counts as anomalous.
    pub direction: Option<Direction>,
}

/// What brightness counts as anomalous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Dark images: minus the mean pixel.
    Dark,
    /// Bright images: the mean pixel.
    Bright,
}

impl BrightnessSettings {
    /// What counts as anomalous.
    pub(super) fn direction(&self) -> Direction {
        self.direction.unwrap_or(Direction::Bright)
    }
}
