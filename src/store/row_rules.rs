//! What the rows of every table must be: their types, UTF-8, JSON, ranges and names. SQLite keeps whatever it is given,
//! and a store that comes from elsewhere, or was damaged, may hold anything.

use rusqlite::types::ValueRef;

use super::run_data::Role;
use super::status::Status;
use crate::id::{FitId, RunId};
use crate::spec::{Label, Split, is_name};

/// What a row belongs to: a row that is wrong makes the whole of it wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Unit {
    Dataset,
    Fit,
    Run,
    Sweep,
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Fit => "fit",
            Self::Run => "run",
            Self::Sweep => "sweep",
        }
    }
}

/// What a column may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// 64 hexadecimal characters.
    Digest,
    RunId,
    FitId,
    SweepName,
    Text,
    Json,
    /// A whole number from 0 on.
    Count,
    /// 0 or 1.
    Flag,
    /// A finite number.
    Number,
    /// A finite number from 0 on.
    Amount,
    Blob,
    Status,
    Split,
    Label,
    Role,
}
use Kind::{Amount, Blob, Count, Flag, Json, Number, Text};

/// A column, what it may hold, and whether it may be empty.
pub(super) type Column = (&'static str, Kind, bool);

/// What the rows of a table must be.
pub(super) struct Rules {
    pub table: &'static str,
    /// Where the rows and what they belong to are found.
    pub from: &'static str,
    pub unit: Unit,
    /// The column that names the unit.
    pub owner: &'static str,
    pub columns: &'static [Column],
}

pub(super) const RULES: &[Rules] = &[
    Rules {
        table: "datasets",
        from: "datasets",
        unit: Unit::Dataset,
        owner: "digest",
        columns: &[
            ("digest", Kind::Digest, false),
            ("title", Text, false),
            ("spec", Json, false),
            ("coloured", Flag, true),
        ],
    },
    Rules {
        table: "images",
        from: "images",
        unit: Unit::Dataset,
        owner: "digest",
        columns: &[
            ("id", Count, false),
            ("digest", Kind::Digest, false),
            ("position", Count, false),
            ("name", Text, false),
            ("split", Kind::Split, false),
            ("label", Kind::Label, false),
            ("leaked", Flag, false),
            ("hash", Kind::Digest, true),
        ],
    },
    Rules {
        table: "fits",
        from: "fits",
        unit: Unit::Fit,
        owner: "fit_id",
        columns: &[
            ("fit_id", Kind::FitId, false),
            ("config", Json, false),
            ("digest", Kind::Digest, false),
            ("status", Kind::Status, false),
            ("lease_token", Text, true),
            ("lease_until", Number, true),
            ("attempts", Count, false),
            ("progress", Amount, false),
            ("stage", Text, true),
            ("device", Text, true),
            ("host", Text, true),
            ("git_commit", Text, true),
            ("git_dirty", Flag, true),
            ("version", Text, true),
            ("burn_version", Text, true),
            ("command_line", Text, true),
            ("started_at", Text, true),
            ("finished_at", Text, true),
            ("train_seconds", Amount, true),
            ("images_per_second", Amount, true),
            ("weights", Kind::Digest, true),
            ("error", Text, true),
            ("diversity", Number, true),
            ("coverage", Amount, true),
            ("novelty", Amount, true),
            ("worker", Text, true),
        ],
    },
    Rules {
        table: "runs_table",
        from: "runs_table",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[
            ("run_id", Kind::RunId, false),
            ("fit_id", Kind::FitId, false),
            ("config", Json, false),
            ("status", Kind::Status, false),
            ("queued_at", Text, false),
            ("started_at", Text, true),
            ("finished_at", Text, true),
            ("score_seconds", Amount, true),
            ("error", Text, true),
            ("judged_device", Text, true),
            ("judged_commit", Text, true),
            ("judged_command", Text, true),
        ],
    },
    Rules {
        table: "sweeps",
        from: "sweeps",
        unit: Unit::Sweep,
        owner: "name",
        columns: &[
            ("name", Kind::SweepName, false),
            ("file", Text, false),
            ("text", Text, false),
            ("digest", Kind::Digest, false),
            ("started_at", Text, false),
            ("datasets", Json, true),
            ("masks", Kind::Digest, true),
        ],
    },
    Rules {
        table: "sweep_runs",
        from: "sweep_runs",
        unit: Unit::Sweep,
        owner: "sweep",
        columns: &[
            ("sweep", Kind::SweepName, false),
            ("run_id", Kind::RunId, false),
            ("position", Count, false),
        ],
    },
    Rules {
        table: "score_values",
        from: "score_values",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[
            ("run_id", Kind::RunId, false),
            ("image_id", Count, false),
            ("held_out", Flag, false),
            ("score", Number, false),
            ("residual", Number, true),
            ("discrimination", Number, true),
            ("latent", Number, true),
            ("contextual", Number, true),
            ("conformal_p", Amount, true),
        ],
    },
    Rules {
        table: "evaluations",
        from: "evaluations",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[
            ("run_id", Kind::RunId, false),
            ("auroc", Amount, true),
            ("auroc_low", Amount, true),
            ("auroc_high", Amount, true),
            ("average_precision", Amount, true),
            ("best_accuracy", Amount, true),
            ("best_accuracy_threshold", Number, true),
            ("best_f1", Amount, true),
            ("best_f1_threshold", Number, true),
            ("threshold", Number, true),
            ("accuracy", Amount, true),
            ("true_positive_rate", Amount, true),
            ("false_positive_rate", Amount, true),
            ("n_normal", Count, false),
            ("n_anomaly", Count, false),
            ("auroc_unleaked", Amount, true),
            ("n_leaked", Count, false),
            ("pixel_auroc", Amount, true),
            ("masks", Kind::Digest, true),
            ("pixel_auroc_full", Amount, true),
            ("lost_masks", Amount, true),
            ("partial_auroc", Amount, true),
            ("true_positive_rate_at_1", Amount, true),
            ("true_positive_rate_at_5", Amount, true),
            ("false_positive_rate_at_95", Amount, true),
            ("average_precision_unleaked", Amount, true),
            ("accuracy_unleaked", Amount, true),
            ("false_positive_rate_unleaked", Amount, true),
            ("pixel_auroc_unleaked", Amount, true),
            ("pixel_auroc_full_unleaked", Amount, true),
            ("pixel_average_precision", Amount, true),
            ("pixel_average_precision_unleaked", Amount, true),
            ("aupro", Amount, true),
            ("aupro_unleaked", Amount, true),
        ],
    },
    Rules {
        table: "pixel_results",
        from: "pixel_results",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[
            ("run_id", Kind::RunId, false),
            ("masks", Kind::Digest, false),
            ("pixel_auroc", Amount, true),
            ("pixel_auroc_full", Amount, true),
            ("lost_masks", Amount, true),
            ("pixel_auroc_unleaked", Amount, true),
            ("pixel_auroc_full_unleaked", Amount, true),
            ("pixel_average_precision", Amount, true),
            ("pixel_average_precision_unleaked", Amount, true),
            ("aupro", Amount, true),
            ("aupro_unleaked", Amount, true),
        ],
    },
    Rules {
        table: "picture_masks",
        from: "picture_masks",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[
            ("run_id", Kind::RunId, false),
            ("image_id", Count, false),
            ("masks", Kind::Digest, false),
            ("mask", Blob, false),
        ],
    },
    Rules {
        table: "result_digests",
        from: "result_digests",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[("run_id", Kind::RunId, false), ("digest", Kind::Digest, false)],
    },
    Rules {
        table: "pictures",
        from: "pictures",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[
            ("run_id", Kind::RunId, false),
            ("image_id", Count, false),
            ("role", Kind::Role, false),
            ("rank", Count, false),
            ("actual", Blob, false),
            ("reconstruction", Blob, false),
            ("mask", Blob, true),
        ],
    },
    Rules {
        table: "calibrations",
        from: "calibrations",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[("run_id", Kind::RunId, false), ("calibration", Json, false)],
    },
    Rules {
        table: "run_tags",
        from: "run_tags",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[("run_id", Kind::RunId, false), ("tag", Text, false)],
    },
    Rules {
        table: "run_notes",
        from: "run_notes",
        unit: Unit::Run,
        owner: "run_id",
        columns: &[("run_id", Kind::RunId, false), ("note", Text, false)],
    },
    Rules {
        table: "metric_series",
        from: "metric_series",
        unit: Unit::Fit,
        owner: "fit_id",
        columns: &[
            ("id", Count, false),
            ("fit_id", Kind::FitId, false),
            ("split", Text, false),
            ("name", Text, false),
        ],
    },
    Rules {
        table: "metric_points",
        from: "metric_points JOIN metric_series ON metric_series.id = metric_points.series",
        unit: Unit::Fit,
        owner: "fit_id",
        columns: &[
            ("series", Count, false),
            ("epoch", Count, false),
            ("step", Count, false),
            ("value", Number, false),
        ],
    },
];

/// The tables that hold what people keep.
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rules| rules.table)
}

impl Kind {
    /// Whether it may stand there.
    pub fn holds(self, value: ValueRef<'_>) -> bool {
        let text = |is: &dyn Fn(&str) -> bool| value.as_str().is_ok_and(is);
        let number = match value {
            ValueRef::Integer(value) => Some(value as f64),
            ValueRef::Real(value) => Some(value).filter(|value| value.is_finite()),
            _ => None,
        };
        match self {
            Self::Digest => text(&|text| {
                text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            }),
            Self::RunId => text(&|text| text.parse::<RunId>().is_ok()),
            Self::FitId => text(&|text| text.parse::<FitId>().is_ok()),
            Self::SweepName => text(&is_name),
            Self::Text => text(&|_| true),
            Self::Json => text(&|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()),
            Self::Count => matches!(value, ValueRef::Integer(0..)),
            Self::Flag => matches!(value, ValueRef::Integer(0 | 1)),
            Self::Number => number.is_some(),
            Self::Amount => number.is_some_and(|number| number >= 0.0),
            Self::Blob => matches!(value, ValueRef::Blob(_)),
            Self::Status => text(&|text| text.parse::<Status>().is_ok()),
            Self::Split => text(&|text| text.parse::<Split>().is_ok()),
            Self::Label => text(&|text| text.parse::<Label>().is_ok()),
            Self::Role => text(&|text| text.parse::<Role>().is_ok()),
        }
    }

    /// What must stand there.
    pub fn words(self) -> &'static str {
        match self {
            Self::Digest => "a digest of 64 hexadecimal characters",
            Self::RunId | Self::FitId => "an id of 32 hexadecimal characters",
            Self::SweepName => "the name of a sweep",
            Self::Text => "a text in UTF-8",
            Self::Json => "JSON",
            Self::Count => "a whole number from 0 on",
            Self::Flag => "0 or 1",
            Self::Number => "a finite number",
            Self::Amount => "a finite number from 0 on",
            Self::Blob => "bytes",
            Self::Status => "a status",
            Self::Split => "train or test",
            Self::Label => "normal or anomaly",
            Self::Role => "lowest, median or highest",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rusqlite::Connection;

    use super::*;
    use crate::store::Store;

    /// A table or a column that is added needs its rule.
    #[test]
    fn every_column_has_its_rule() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        drop(Store::open(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        let texts = |sql: &str| -> BTreeSet<String> {
            let mut statement = connection.prepare(sql).unwrap();
            let found = statement.query_map([], |row| row.get(0)).unwrap();
            found.collect::<Result<_, _>>().unwrap()
        };
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                      AND name NOT IN ('_sqlx_migrations', 'views_digest')";
        assert_eq!(texts(tables), self::tables().map(String::from).collect());
        for rules in RULES {
            let columns = texts(&format!("SELECT name FROM pragma_table_info('{}')", rules.table));
            assert_eq!(columns, rules.columns.iter().map(|(name, ..)| (*name).to_string()).collect());
        }
    }
}
