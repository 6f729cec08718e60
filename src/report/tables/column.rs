//! The columns of a comparison that tell what was measured.

use super::setting_rows::Setting;
use crate::eval::Measure;

/// What a column tells of a setting.
#[derive(Clone, Copy)]
pub(super) enum Column {
    /// A measure.
    Value(&'static Measure),
    /// The interval of its mean over seeds.
    MeanInterval(&'static Measure),
}

impl Column {
    pub fn title(&self) -> String {
        match self {
            Self::Value(measure) => {
                let worst = if measure.worst_seed { " (worst seed)" } else { "" };
                format!("{}{worst}", measure.full_title())
            }
            Self::MeanInterval(measure) => format!("{}, 95 % for other seeds alone", measure.title),
        }
    }
}

/// A measure, and where it has an interval and a setting several seeds that of its mean, too.
pub(super) fn columns_of(measure: &'static Measure, settings: &[Setting<'_>]) -> Vec<Column> {
    let several = measure.interval.is_some() && settings.iter().any(|setting| setting.runs.len() > 1);
    let interval = several.then_some(Column::MeanInterval(measure));
    std::iter::once(Column::Value(measure)).chain(interval).collect()
}
