//! What is to be said of a dataset's masks.

use rayon::prelude::*;

use super::dataset::Dataset;
use super::error::DataError;
use super::item::Item;
use super::mask::Lie;
use crate::spec::{Label, Split};

/// What is to be said of a dataset's masks, by the names of their images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaskSurvey {
    /// Anomalous test images.
    pub anomalies: usize,
    /// Those that have a mask which can be read.
    pub masked: usize,
    /// Masks of another size than the image's, which are stretched.
    pub stretched: Vec<String>,
    /// Masks that were drawn before the image was turned upright, and are turned like it.
    pub turned: Vec<String>,
    /// Masks of turned images whose sides do not tell whether they were drawn before; they are left as they are.
    pub either: Vec<String>,
    /// Masks in which nothing is marked.
    pub empty: Vec<String>,
    /// By side of the scaled image: masks of which nothing is left.
    pub vanished: Vec<(usize, Vec<String>)>,
    /// Masks that cannot be read, and why.
    pub unreadable: Vec<String>,
}

/// What one image's masks give rise to.
struct Found {
    lies: Vec<Lie>,
    empty: bool,
    vanished: Vec<bool>,
}

impl MaskSurvey {
    /// Reads every mask, and scales it to each of `sizes`.
    pub fn of(dataset: &Dataset, sizes: &[usize]) -> Self {
        let anomalies: Vec<&Item> = dataset.of(Split::Test, Label::Anomaly).collect();
        let found: Vec<Result<Option<Found>, DataError>> =
            anomalies.par_iter().map(|item| found(item, sizes)).collect();
        let mut survey = Self {
            anomalies: anomalies.len(),
            vanished: sizes.iter().map(|size| (*size, Vec::new())).collect(),
            ..Self::default()
        };
        for (item, found) in anomalies.into_iter().zip(found) {
            match found {
                Ok(Some(found)) => survey.add(item, &found),
                Ok(None) => {}
                Err(error) => survey.unreadable.push(error.to_string()),
            }
        }
        survey
    }

    fn add(&mut self, item: &Item, found: &Found) {
        self.masked += 1;
        let name = || item.name.clone();
        for (lie, names) in [
            (Lie::Stretched, &mut self.stretched),
            (Lie::Turned, &mut self.turned),
            (Lie::Either, &mut self.either),
        ] {
            names.extend(found.lies.contains(&lie).then(name));
        }
        self.empty.extend(found.empty.then(name));
        for ((_, names), vanished) in self.vanished.iter_mut().zip(&found.vanished) {
            names.extend(vanished.then(name));
        }
    }

    /// What is not plain, a line each.
    pub fn lines(&self) -> Vec<String> {
        let line = |names: &[String], words: &str| {
            (!names.is_empty()).then(|| format!("{} masks {words}: {}", names.len(), few(names)))
        };
        let vanished = self.vanished.iter().filter_map(|(size, names)| {
            let words = format!(
                "have nothing left at {size}×{size} pixels; their images are left out of the pixel measures at that \
                 size (not of those at the masks’ own)"
            );
            line(names, &words)
        });
        [
            line(&self.stretched, "have another size than their image and are stretched"),
            line(&self.turned, "were drawn before their image was turned upright (EXIF) and are turned like it"),
            line(
                &self.either,
                "belong to images that are turned (EXIF), and may have been drawn before that; they are left as \
                 they are",
            ),
            line(&self.empty, "mark nothing; their images are left out of pixel measures"),
            line(&self.unreadable, "cannot be read"),
        ]
        .into_iter()
        .flatten()
        .chain(vanished)
        .collect()
    }
}

fn found(item: &Item, sizes: &[usize]) -> Result<Option<Found>, DataError> {
    let Some(read) = item.read_mask()? else { return Ok(None) };
    let vanished = sizes.iter().map(|size| read.mask.vanishes(*size, item.fit)).collect();
    Ok(Some(Found { empty: read.mask.is_empty(), vanished, lies: read.lies }))
}

/// A few names of many.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(SHOWN)].join(", "))
}
