//! The measures of a run: the one list that the store, the tables, the page and the exports walk.

use std::collections::BTreeMap;

/// What is said of a run in one number.
#[derive(Debug)]
pub struct Measure {
    /// Its column in SQL.
    pub name: &'static str,
    /// What tables and the page call it.
    pub title: &'static str,
    /// Digits after the point; absent where they depend on its size.
    pub digits: Option<usize>,
    /// How to read it.
    pub meaning: &'static str,
    /// Whether more is better; absent where neither is.
    pub higher_is_better: Option<bool>,
    /// Tuned on the test labels: no estimate of performance.
    pub tuned: bool,
    /// Over seeds the worst one is told, not the mean.
    pub worst_seed: bool,
    /// A column only where a run has it.
    pub rare: bool,
    /// The ends of its 95 % interval.
    pub interval: Option<[&'static Measure; 2]>,
    /// What gives it.
    pub source: Source,
    /// Where it is shown.
    pub shown: Shown,
}

/// What gives a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The run's scores: a column of the table `evaluations`.
    Scores,
    /// Its training: a column of the view `runs`.
    Training,
}

/// Where a measure is shown. Each place shows what those after it show, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// Nowhere: it is kept in the table `evaluations`.
    Kept,
    /// The view `results` and the exports.
    Export,
    /// A run's part of the page.
    Page,
    /// The comparison of settings.
    Comparison,
    /// The report's list of all runs.
    RunTable,
    /// `anolab runs list`.
    RunList,
}

/// Whole numbers that stand beside the measures: test images.
pub const COUNTS: [&str; 3] = ["n_normal", "n_anomaly", "n_leaked"];

/// All measures, in the order in which they are shown.
pub static MEASURES: [&Measure; 17] = [
    &AUROC,
    &AUROC_LOW,
    &AUROC_HIGH,
    &AUROC_UNLEAKED,
    &PIXEL_AUROC,
    &PIXEL_AUROC_FULL,
    &LOST_MASKS,
    &AVERAGE_PRECISION,
    &BEST_ACCURACY,
    &BEST_ACCURACY_THRESHOLD,
    &BEST_F1,
    &BEST_F1_THRESHOLD,
    &THRESHOLD,
    &ACCURACY,
    &TRUE_POSITIVE_RATE,
    &FALSE_POSITIVE_RATE,
    &DIVERSITY,
];

/// What most measures are.
const USUAL: Measure = Measure {
    name: "",
    title: "",
    digits: Some(3),
    meaning: "",
    higher_is_better: Some(true),
    tuned: false,
    worst_seed: false,
    rare: false,
    interval: None,
    source: Source::Scores,
    shown: Shown::Comparison,
};

/// Area under the ROC curve.
pub static AUROC: Measure = Measure {
    name: "auroc",
    title: "AUROC",
    meaning: "Mean ± standard deviation over seeds, or one run with its 95 % interval (DeLong). It is in bold where \
              one setting is clearly best: its runs’ intervals lie above those of all other rows. Where none is \
              bold, the data does not tell which is best.",
    interval: Some([&AUROC_LOW, &AUROC_HIGH]),
    shown: Shown::RunList,
    ..USUAL
};

/// Lower end of the AUROC's interval.
pub static AUROC_LOW: Measure = Measure {
    name: "auroc_low",
    title: "AUROC, lower end",
    meaning: "Lower end of the AUROC’s 95 % interval (DeLong).",
    shown: Shown::Export,
    ..USUAL
};

/// Upper end of the AUROC's interval.
pub static AUROC_HIGH: Measure = Measure {
    name: "auroc_high",
    title: "AUROC, upper end",
    meaning: "Upper end of the AUROC’s 95 % interval (DeLong).",
    shown: Shown::Export,
    ..USUAL
};

/// AUROC without the leaked test images.
pub static AUROC_UNLEAKED: Measure = Measure {
    name: "auroc_unleaked",
    title: "AUROC without leaked",
    meaning: "Leaves out normal test images whose bytes stand in the training images, or that are nearer to one than \
              the dataset’s near_distance.",
    shown: Shown::RunTable,
    ..USUAL
};

/// AUROC of the residuals' pixels.
pub static PIXEL_AUROC: Measure = Measure {
    name: "pixel_auroc",
    title: "pixel AUROC",
    meaning: "AUROC of the residuals’ pixels against the masks of defects, both at the size of the images that the \
              model sees. Images whose mask has nothing left at that size are left out.",
    rare: true,
    ..USUAL
};

/// AUROC of the residuals' pixels, enlarged to the size of the masks.
pub static PIXEL_AUROC_FULL: Measure = Measure {
    name: "pixel_auroc_full",
    title: "pixel AUROC at the masks’ size",
    meaning: "AUROC of the residuals’ pixels, enlarged to the size that the masks of defects were drawn in: no mask \
              is lost in it, and sizes can be compared.",
    rare: true,
    ..USUAL
};

/// Masks of which nothing is left at the size of the images.
pub static LOST_MASKS: Measure = Measure {
    name: "lost_masks",
    title: "lost masks",
    digits: Some(0),
    meaning: "Masks of defects that are too small to be seen at the size of the images: their images are left out of \
              the pixel AUROC there.",
    higher_is_better: Some(false),
    rare: true,
    ..USUAL
};

/// Average precision.
pub static AVERAGE_PRECISION: Measure = Measure {
    name: "average_precision",
    title: "average precision",
    meaning: "Area under the precision–recall curve, by steps. By chance it is the share of anomalies.",
    shown: Shown::RunTable,
    ..USUAL
};

/// Best accuracy over all thresholds.
pub static BEST_ACCURACY: Measure = Measure {
    name: "best_accuracy",
    title: "best accuracy",
    meaning: "Is tuned on the test labels and is no estimate of performance.",
    tuned: true,
    ..USUAL
};

/// The threshold of the best accuracy.
pub static BEST_ACCURACY_THRESHOLD: Measure = Measure {
    name: "best_accuracy_threshold",
    title: "threshold of the best accuracy",
    digits: None,
    meaning: "The threshold that gives the best accuracy.",
    higher_is_better: None,
    tuned: true,
    shown: Shown::Kept,
    ..USUAL
};

/// Best F1 over all thresholds.
pub static BEST_F1: Measure = Measure {
    name: "best_f1",
    title: "best F1",
    meaning: "Is tuned on the test labels and is no estimate of performance.",
    tuned: true,
    shown: Shown::Export,
    ..USUAL
};

/// The threshold of the best F1.
pub static BEST_F1_THRESHOLD: Measure = Measure {
    name: "best_f1_threshold",
    title: "threshold of the best F1",
    digits: None,
    meaning: "The threshold that gives the best F1.",
    higher_is_better: None,
    tuned: true,
    shown: Shown::Kept,
    ..USUAL
};

/// Threshold from held-out normal images; see [`held_out_threshold`](super::held_out_threshold).
pub static THRESHOLD: Measure = Measure {
    name: "threshold",
    title: "threshold",
    digits: None,
    meaning: "The ⌈0.95 (n + 1)⌉-th smallest score of n held-out normal images: it promises a false positive rate of \
              at most 5 % on average, if n is 19 or more. What follows from it uses no test label.",
    higher_is_better: None,
    shown: Shown::Page,
    ..USUAL
};

/// Accuracy at the threshold.
pub static ACCURACY: Measure = Measure {
    name: "accuracy",
    title: "accuracy at threshold",
    meaning: "Share of the test images that the threshold judges rightly.",
    ..USUAL
};

/// True positive rate at the threshold.
pub static TRUE_POSITIVE_RATE: Measure = Measure {
    name: "true_positive_rate",
    title: "true positive rate",
    meaning: "Share of the anomalous test images above the threshold.",
    ..USUAL
};

/// False positive rate at the threshold.
pub static FALSE_POSITIVE_RATE: Measure = Measure {
    name: "false_positive_rate",
    title: "false positive rate",
    meaning: "Share of the normal test images above the threshold.",
    higher_is_better: Some(false),
    ..USUAL
};

/// Diversity of what the trained generator makes, on held-out images; absent for baselines.
pub static DIVERSITY: Measure = Measure {
    name: "diversity",
    title: "diversity",
    digits: Some(2),
    meaning: "Of the generator’s images, against that of held-out ones, in the worst seed: about 1 is well, under 0.3 \
              it has collapsed.",
    worst_seed: true,
    source: Source::Training,
    shown: Shown::RunTable,
    ..USUAL
};

/// The measures that depend on masks.
pub const OF_MASKS: [&Measure; 3] = [&PIXEL_AUROC, &PIXEL_AUROC_FULL, &LOST_MASKS];

/// The measures that a place shows.
pub fn shown_in(place: Shown) -> impl Iterator<Item = &'static Measure> {
    MEASURES.into_iter().filter(move |measure| measure.shown >= place)
}

/// The measures that the scores of a run give.
pub fn of_scores() -> impl Iterator<Item = &'static Measure> {
    MEASURES.into_iter().filter(|measure| measure.source == Source::Scores)
}

impl Measure {
    /// Its title with what a reader must know of how it was chosen.
    pub fn full_title(&self) -> String {
        format!("{}{}", self.title, if self.tuned { " (tuned on the test set)" } else { "" })
    }

    /// The worse of two values.
    pub fn worse(&self, one: f64, other: f64) -> f64 {
        if self.higher_is_better == Some(false) { one.max(other) } else { one.min(other) }
    }
}

/// What a run measured. A measure that is undefined is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured(BTreeMap<&'static str, f64>);

impl Measured {
    /// A measure's value.
    pub fn get(&self, measure: &Measure) -> Option<f64> {
        self.0.get(measure.name).copied()
    }

    /// Replaces a measure's value.
    pub fn set(&mut self, measure: &Measure, value: Option<f64>) {
        match value {
            Some(value) => drop(self.0.insert(measure.name, value)),
            None => drop(self.0.remove(measure.name)),
        }
    }

    /// A measure's value with the ends of its interval.
    pub fn with_interval(&self, measure: &Measure) -> Option<[f64; 3]> {
        let [low, high] = measure.interval?;
        Some([self.get(measure)?, self.get(low)?, self.get(high)?])
    }
}

impl<const N: usize> From<[(&'static Measure, Option<f64>); N]> for Measured {
    fn from(values: [(&'static Measure, Option<f64>); N]) -> Self {
        values.into_iter().collect()
    }
}

impl FromIterator<(&'static Measure, Option<f64>)> for Measured {
    fn from_iter<T: IntoIterator<Item = (&'static Measure, Option<f64>)>>(values: T) -> Self {
        let mut all = Self::default();
        all.extend(values);
        all
    }
}

impl Extend<(&'static Measure, Option<f64>)> for Measured {
    fn extend<T: IntoIterator<Item = (&'static Measure, Option<f64>)>>(&mut self, values: T) {
        self.0.extend(values.into_iter().filter_map(|(measure, value)| Some((measure.name, value?))));
    }
}
