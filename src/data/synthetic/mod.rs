//! Images drawn by the program, so that it works with nothing to download: round castings with
//! drawn defects, and satellite tiles with clouds. Every image depends on its index alone.

mod casting;
mod cloud;
mod noise;

use std::sync::Arc;

use image::{DynamicImage, GrayImage};
use rayon::prelude::*;

use super::item::{Found, Source};
use crate::random::rng;
use crate::spec::{Label, Scene, Split, SyntheticSpec};

/// Side of the drawn images in pixels.
const SIZE: u32 = 128;

/// A drawn image, and where its defect is (white) if it has one.
struct Drawing {
    image: DynamicImage,
    mask: Option<GrayImage>,
}

/// `count` normal training images, half as many normal and as many anomalous test images.
pub(super) fn find(spec: &SyntheticSpec) -> Vec<Found> {
    let parts = [
        (Split::Train, Label::Normal, spec.count),
        (Split::Test, Label::Normal, spec.count / 2),
        (Split::Test, Label::Anomaly, spec.count / 2),
    ];
    let wanted: Vec<_> = parts
        .iter()
        .flat_map(|(split, label, count)| (0..*count).map(move |index| (*split, *label, index)))
        .collect();
    wanted.into_par_iter().map(|(split, label, index)| draw(spec.scene, split, label, index)).collect()
}

fn draw(scene: Scene, split: Split, label: Label, index: usize) -> Found {
    let purpose = format!("{} {} {}", scene.name(), split.name(), label.name());
    let mut rng = rng(0, &purpose, index as u64);
    let anomalous = label == Label::Anomaly;
    let drawing = match scene {
        Scene::Casting => casting::draw(&mut rng, anomalous),
        Scene::Cloud => cloud::draw(&mut rng, anomalous),
    };
    Found {
        name: format!("{}/{}/{index:05}", split.name(), label.name()),
        split,
        label,
        source: Source::Memory(Arc::new(drawing.image)),
        masks: drawing
            .mask
            .map(|mask| Source::Memory(Arc::new(DynamicImage::ImageLuma8(mask))))
            .into_iter()
            .collect(),
    }
}
