//! Figures 1 and 2 of the paper: the networks of a run, layer by layer, and where the losses attach.

mod anogan;
mod ganomaly;
mod pen;

use image::RgbImage;
use plotters::prelude::*;

use super::ReportError;
use super::canvas::{Area, Drawing, Figure, footer, text};
use super::select::{Group, ModelRuns};
use crate::spec::{GanTraining, Network, RunConfig, Scoring};

pub(super) fn caption(model: &str) -> String {
    format!(
        "the structure of {model} as it was trained: kernels, strides, sizes, channels, losses. The height of a \
         shape follows the side of its features (on a logarithmic scale)."
    )
}

pub(super) struct Structure<'a> {
    group: &'a Group,
    model: &'a ModelRuns,
    diagram: Option<Diagram>,
}

/// What is drawn.
enum Diagram {
    Anogan(anogan::Diagram),
    Ganomaly(ganomaly::Diagram),
}

/// A test image and what the model makes of it, where the store has one.
struct Example {
    actual: Option<RgbImage>,
    made: Option<RgbImage>,
}

impl<'a> Structure<'a> {
    pub fn new(group: &'a Group, model: &'a ModelRuns) -> Result<Self, ReportError> {
        let config: Option<RunConfig> = serde_json::from_str(&model.shown.config).ok();
        let diagram = match config.map(|config| (config.fit.network.clone(), config.scoring, config.fit)) {
            Some((Network::Anogan(training), Scoring::Anogan(search), fit)) => {
                Some(Diagram::Anogan(anogan::Diagram::new(&fit, training, search, Example::of(model)?)))
            }
            Some((Network::Ganomaly(training), Scoring::Ganomaly(pass), fit)) => {
                Some(Diagram::Ganomaly(ganomaly::Diagram::new(&fit, training, pass, Example::of(model)?)))
            }
            _ => None, // a run of an older build, whose settings stand elsewhere
        };
        Ok(Self { group, model, diagram })
    }
}

impl Example {
    fn of(model: &ModelRuns) -> Result<Self, ReportError> {
        let picture = model.pictures.iter().find(|one| one.label == "normal" && one.role == "median");
        let decoded = |png: &[u8]| image::load_from_memory(png).map(|image| image.into_rgb8());
        Ok(Self {
            actual: picture.map(|picture| decoded(&picture.actual)).transpose()?,
            made: picture.map(|picture| decoded(&picture.reconstruction)).transpose()?,
        })
    }
}

/// How the networks were trained, in words.
fn training(gan: &GanTraining) -> String {
    format!(
        "Training: Adam, learning rate {}, β₁ {}; {} epochs, batches of {}; weights drawn from N(0, 0.02).",
        gan.learning_rate, gan.beta1, gan.epochs, gan.batch_size
    )
}

impl Figure for Structure<'_> {
    fn size(&self) -> (u32, u32) {
        match &self.diagram {
            Some(Diagram::Anogan(diagram)) => diagram.size(),
            Some(Diagram::Ganomaly(diagram)) => diagram.size(),
            None => (700, 90),
        }
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        match &self.diagram {
            Some(Diagram::Anogan(diagram)) => diagram.draw(area)?,
            Some(Diagram::Ganomaly(diagram)) => diagram.draw(area)?,
            None => {
                let words =
                    "the configuration of this run is that of an older build: its layers are not known";
                area.draw(&Text::new(words, (20, 24), text(15, &BLACK)))?;
            }
        }
        footer(area, &self.group.origin(&[self.model]))
    }
}
