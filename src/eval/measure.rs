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
    /// How to read it; empty where another one's meaning says it.
    pub meaning: &'static str,
    /// Whether more is better; absent where neither is.
    pub higher_is_better: Option<bool>,
    /// Tuned on the test labels: no estimate of performance.
    pub tuned: bool,
    /// Over seeds the worst one is told, not the mean.
    pub worst_seed: bool,
    /// A column only where a run has it.
    pub rare: bool,
    /// The measure that it is without the leaked test images; such a column is shown only where images have leaked.
    pub unleaked_of: Option<&'static Measure>,
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
pub static MEASURES: [&Measure; 32] = [
    &AUROC,
    &AUROC_LOW,
    &AUROC_HIGH,
    &AUROC_UNLEAKED,
    &PARTIAL_AUROC,
    &TRUE_POSITIVE_RATE_AT_1,
    &TRUE_POSITIVE_RATE_AT_5,
    &FALSE_POSITIVE_RATE_AT_95,
    &PIXEL_AUROC,
    &PIXEL_AUROC_UNLEAKED,
    &PIXEL_AUROC_FULL,
    &PIXEL_AUROC_FULL_UNLEAKED,
    &PIXEL_AVERAGE_PRECISION,
    &PIXEL_AVERAGE_PRECISION_UNLEAKED,
    &AUPRO,
    &AUPRO_UNLEAKED,
    &LOST_MASKS,
    &AVERAGE_PRECISION,
    &AVERAGE_PRECISION_UNLEAKED,
    &BEST_ACCURACY,
    &BEST_ACCURACY_THRESHOLD,
    &BEST_F1,
    &BEST_F1_THRESHOLD,
    &THRESHOLD,
    &ACCURACY,
    &ACCURACY_UNLEAKED,
    &TRUE_POSITIVE_RATE,
    &FALSE_POSITIVE_RATE,
    &FALSE_POSITIVE_RATE_UNLEAKED,
    &DIVERSITY,
    &COVERAGE,
    &NOVELTY,
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
    unleaked_of: None,
    interval: None,
    source: Source::Scores,
    shown: Shown::Comparison,
};

/// Area under the ROC curve.
pub static AUROC: Measure = Measure {
    name: "auroc",
    title: "AUROC",
    meaning: "Mean ± standard deviation over seeds, or one run with its 95 % interval for other images. It is in \
              bold where one setting is clearly best: better than each other row of its dataset, over seeds and \
              images both (p < .05; it takes two seeds or more of each). Where none is bold, the data does not tell \
              which is best.",
    interval: Some([&AUROC_LOW, &AUROC_HIGH]),
    shown: Shown::RunList,
    ..USUAL
};

/// Lower end of the AUROC's interval.
pub static AUROC_LOW: Measure = Measure {
    name: "auroc_low",
    title: "AUROC, lower end",
    meaning: "Lower end of the AUROC’s 95 % interval for other images (DeLong’s variance, Wilson’s form).",
    shown: Shown::Export,
    ..USUAL
};

/// Upper end of the AUROC's interval.
pub static AUROC_HIGH: Measure = Measure {
    name: "auroc_high",
    title: "AUROC, upper end",
    meaning: "Upper end of the AUROC’s 95 % interval for other images (DeLong’s variance, Wilson’s form).",
    shown: Shown::Export,
    ..USUAL
};

/// AUROC without the leaked test images.
pub static AUROC_UNLEAKED: Measure = Measure {
    name: "auroc_unleaked",
    title: "AUROC without leaked",
    meaning: "Leaves out normal test images whose bytes stand in the training images, or that are nearer to one than \
              the dataset’s near_distance; so does every measure “without leaked”.",
    unleaked_of: Some(&AUROC),
    shown: Shown::RunTable,
    ..USUAL
};

/// AUROC of the part of the ROC curve with few false alarms.
pub static PARTIAL_AUROC: Measure = Measure {
    name: "partial_auroc",
    title: "partial AUROC",
    meaning: "Of the ROC curve up to a false positive rate of 10 % alone, brought to 0.5 for guessing and 1 for the \
              best (McClish).",
    shown: Shown::Page,
    ..USUAL
};

/// True positive rate where 1 % of the normal test images are called anomalous.
pub static TRUE_POSITIVE_RATE_AT_1: Measure = Measure {
    name: "true_positive_rate_at_1",
    title: "true positive rate at 1 % false positives",
    meaning: "A point of the test images’ ROC curve, the highest with at most that rate: of fewer than 100 normal \
              images none may lie above. No threshold that could have been set without test labels.",
    shown: Shown::Page,
    ..USUAL
};

/// True positive rate where 5 % of the normal test images are called anomalous.
pub static TRUE_POSITIVE_RATE_AT_5: Measure = Measure {
    name: "true_positive_rate_at_5",
    title: "true positive rate at 5 % false positives",
    meaning: "A point of the test images’ ROC curve, as the one at 1 %.",
    shown: Shown::Page,
    ..USUAL
};

/// False positive rate where 95 % of the anomalous test images are found.
pub static FALSE_POSITIVE_RATE_AT_95: Measure = Measure {
    name: "false_positive_rate_at_95",
    title: "false positive rate at 95 % true positives",
    meaning: "What finding nearly all anomalies costs: a point of the test images’ ROC curve, the lowest with at \
              least that rate.",
    higher_is_better: Some(false),
    shown: Shown::Page,
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

/// AUROC of the residuals' pixels without the leaked test images.
pub static PIXEL_AUROC_UNLEAKED: Measure = Measure {
    name: "pixel_auroc_unleaked",
    title: "pixel AUROC without leaked",
    rare: true,
    unleaked_of: Some(&PIXEL_AUROC),
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

/// AUROC of the residuals' pixels at the size of the masks without the leaked test images.
pub static PIXEL_AUROC_FULL_UNLEAKED: Measure = Measure {
    name: "pixel_auroc_full_unleaked",
    title: "pixel AUROC at the masks’ size without leaked",
    rare: true,
    unleaked_of: Some(&PIXEL_AUROC_FULL),
    ..USUAL
};

/// Average precision of the residuals' pixels, enlarged to the size of the masks.
pub static PIXEL_AVERAGE_PRECISION: Measure = Measure {
    name: "pixel_average_precision",
    title: "pixel average precision",
    meaning: "Area under the precision–recall curve of the residuals’ pixels, by steps, at the size that the masks of \
              defects were drawn in. By chance it is the share of defective pixels.",
    rare: true,
    ..USUAL
};

/// Average precision of the residuals' pixels without the leaked test images.
pub static PIXEL_AVERAGE_PRECISION_UNLEAKED: Measure = Measure {
    name: "pixel_average_precision_unleaked",
    title: "pixel average precision without leaked",
    rare: true,
    unleaked_of: Some(&PIXEL_AVERAGE_PRECISION),
    ..USUAL
};

/// Area under the curve of per-region overlap.
pub static AUPRO: Measure = Measure {
    name: "aupro",
    title: "AUPRO",
    meaning: "How much of each connected defect is found, each weighing alike whatever its size, averaged over false \
              positive rates of pixels up to 30 % (as MVTec AD defines it), at the size of the masks.",
    rare: true,
    ..USUAL
};

/// AUPRO without the leaked test images.
pub static AUPRO_UNLEAKED: Measure = Measure {
    name: "aupro_unleaked",
    title: "AUPRO without leaked",
    rare: true,
    unleaked_of: Some(&AUPRO),
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

/// Average precision without the leaked test images.
pub static AVERAGE_PRECISION_UNLEAKED: Measure = Measure {
    name: "average_precision_unleaked",
    title: "average precision without leaked",
    unleaked_of: Some(&AVERAGE_PRECISION),
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
    meaning: "The ⌈q (n + 1)⌉-th smallest score of n held-out normal images, q being threshold_quantile (0.95, unless \
              said otherwise): it promises a false positive rate of at most 1 − q on average, if n is q / (1 − q) \
              (19) or more. What follows from it uses no test label.",
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

/// Accuracy at the threshold without the leaked test images.
pub static ACCURACY_UNLEAKED: Measure = Measure {
    name: "accuracy_unleaked",
    title: "accuracy at threshold without leaked",
    unleaked_of: Some(&ACCURACY),
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

/// False positive rate at the threshold without the leaked test images.
pub static FALSE_POSITIVE_RATE_UNLEAKED: Measure = Measure {
    name: "false_positive_rate_unleaked",
    title: "false positive rate without leaked",
    higher_is_better: Some(false),
    unleaked_of: Some(&FALSE_POSITIVE_RATE),
    ..USUAL
};

/// Diversity of what the trained generator makes, on held-out images; absent for baselines.
pub static DIVERSITY: Measure = Measure {
    name: "diversity",
    title: "diversity",
    digits: Some(2),
    meaning: "Of the generator’s images, against that of held-out ones, in the worst seed: about 1 is well, under 0.3 \
              it has collapsed. It says what is made, not what scores are worth: that says the AUROC.",
    worst_seed: true,
    source: Source::Training,
    shown: Shown::RunTable,
    ..USUAL
};

/// Coverage of held-out images by what the trained generator makes; absent for baselines.
pub static COVERAGE: Measure = Measure {
    name: "coverage",
    title: "coverage",
    digits: Some(2),
    meaning: "Share of the held-out images that have a made one nearer than their fifth nearest held-out one (Naeem et \
              al. 2020), by their pixels at 32×32, in the worst seed: .97 is as good as the data itself, under 0.2 a \
              few kinds are made over and over, or, where the novelty is far over 1, images like no real one.",
    worst_seed: true,
    source: Source::Training,
    shown: Shown::Page,
    ..USUAL
};

/// How far made images are from training images, against how far held-out ones are; absent for baselines.
pub static NOVELTY: Measure = Measure {
    name: "novelty",
    title: "novelty",
    digits: Some(2),
    meaning: "Distance of the made images to their nearest training image, against that of held-out ones, in the worst \
              seed: about 1 is well, under 0.3 training images are remembered, well over 1 images are made that are \
              like none.",
    higher_is_better: None,
    worst_seed: true,
    source: Source::Training,
    shown: Shown::Page,
    ..USUAL
};

/// The measures that depend on masks.
pub static OF_MASKS: [&Measure; 9] = [
    &PIXEL_AUROC,
    &PIXEL_AUROC_UNLEAKED,
    &PIXEL_AUROC_FULL,
    &PIXEL_AUROC_FULL_UNLEAKED,
    &PIXEL_AVERAGE_PRECISION,
    &PIXEL_AVERAGE_PRECISION_UNLEAKED,
    &AUPRO,
    &AUPRO_UNLEAKED,
    &LOST_MASKS,
];

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

    /// Adds what another one measured.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
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
