//! What a person should know of a dataset before its numbers are believed.

use std::collections::HashMap;

use rayon::prelude::*;

use super::account::Kind;
use super::dataset::Dataset;
use super::item::Item;
use super::levels::is_dark;
use super::mask_survey::MaskSurvey;
use crate::spec::{Label, Split};

/// The kinds of files that are told of: all but masks that belong somewhere, and what was asked to be left out.
const TOLD: [Kind; 6] =
    [Kind::StrayMask, Kind::Aside, Kind::Unreadable, Kind::NotRead, Kind::Hidden, Kind::Broken];

impl Dataset {
    /// What was not taken, and what is not plain of what was; the masks at each of `sizes`.
    pub fn remarks(&self, sizes: &[usize]) -> Vec<String> {
        let mut lines = self.not_taken();
        let masks = MaskSurvey::of(self, sizes);
        if masks.masked > 0 {
            lines.push(format!("masks: {} of {} anomalous images", masks.masked, masks.anomalies));
        }
        lines.extend(masks.lines());
        lines.extend(self.warnings(&deep_values(&self.items)));
        lines
    }

    /// Anomalies whose bytes are those of a normal image: one of the two labels is wrong.
    fn of_both_labels(&self) -> Option<String> {
        let normal: HashMap<_, &Item> = self
            .items
            .iter()
            .filter(|item| item.label == Label::Normal)
            .map(|item| (item.hash, item))
            .collect();
        let mut both = self
            .items
            .iter()
            .filter(|item| item.label == Label::Anomaly)
            .filter_map(|item| Some((item, *normal.get(&item.hash)?)));
        let (anomaly, same) = both.next()?;
        let more = match both.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        Some(format!(
            "the same image is normal and anomalous ({} = {}{more}): one of its two labels is wrong",
            same.name, anomaly.name
        ))
    }

    /// What was not taken as an image.
    pub fn not_taken(&self) -> Vec<String> {
        self.account.lines(&TOLD).into_iter().map(|line| format!("not taken: {line}")).collect()
    }

    /// What makes results mean less than they seem to. `deep` are the values of images of more than 8 bits.
    pub fn warnings(&self, deep: &[[f64; 2]]) -> Vec<String> {
        let normal: Vec<&Item> = self.of(Split::Test, Label::Normal).collect();
        let leaked = normal.iter().filter(|item| item.leaked).count();
        let anomalies = self.count(Split::Test, Label::Anomaly);
        let ranged = self.items.first().is_some_and(|item| item.range.is_some());
        let dark: Vec<f64> = deep.iter().map(|[_, high]| *high).filter(|high| is_dark(*high)).collect();
        let dark = (!ranged && 2 * dark.len() > deep.len()).then(|| {
            let highest = dark.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let white = (highest + 1.0).log2().ceil().exp2() - 1.0;
            let (which, rest) = match deep.len() - dark.len() {
                0 => (" and none".to_string(), ""),
                _ => (format!(", {} of them none", dark.len()), "; what is brighter in the others turns white"),
            };
            format!(
                "{} images have 16 bits a value{which} above {highest}: they are read as nearly black; say what is \
                 white, such as `range = [0, {white}]` in the dataset{rest}",
                deep.len()
            )
        });
        let several =
            self.items.iter().filter(|item| item.header.is_some_and(|header| header.several)).count();
        let several = (several > 0).then(|| match several {
            1 => "1 file holds several pictures; the first of them is taken".into(),
            files => format!("{files} files hold several pictures; the first of each is taken"),
        });
        let shallow = self.items.iter().filter(|item| item.header.is_some_and(|header| !header.deep)).count();
        let shallow = (ranged && shallow > 0).then(|| {
            format!(
                "{shallow} images have 8 bits a value: `range` says nothing of them, they stay as they are"
            )
        });
        test_warnings(normal.len(), leaked, anomalies)
            .into_iter()
            .chain([self.of_both_labels(), dark, shallow, several].into_iter().flatten())
            .map(|line| format!("warning: {line}"))
            .collect()
    }
}

/// What makes test results mean less than they seem to: `leaked` of `normal` test images stand in the training images,
/// and there are so many `anomalies`.
pub fn test_warnings(normal: usize, leaked: usize, anomalies: usize) -> Vec<String> {
    let trained_on = (2 * leaked > normal).then(|| {
        format!(
            "{leaked} of {normal} normal test images are training images, too: what is measured on them says little of \
             new images"
        )
    });
    let alone = (anomalies == 0).then(|| {
        "there are no anomalous test images: models are trained, given their threshold and judge; AUROC and whatever \
         else needs anomalies is left out"
            .to_string()
    });
    [trained_on, alone].into_iter().flatten().collect()
}

/// The smallest and largest values of the images of more than 8 bits that can be read.
pub(super) fn deep_values(items: &[Item]) -> Vec<[f64; 2]> {
    items
        .par_iter()
        .filter(|item| item.header.is_some_and(|header| header.deep))
        .filter_map(|item| item.examine().ok().flatten())
        .collect()
}
