//! AnoGAN: a DCGAN, and the search of its latent space (Schlegl et al. 2017).

use image::RgbImage;
use plotters::prelude::*;

use super::pen::{Align, FAINT, GAP, INK, LINE, LOSS, Pen, SIDE, VECTOR, operations, width};
use super::{Example, training};
use crate::report::draw::figure::{Area, Drawing};
use crate::spec::layers::{Layer, Shape};
use crate::spec::{AnoganTraining, FitConfig, Reduction, Residual, Search, SearchStart, Updates, Weighing};

const LEFT: i32 = 40;
/// Middle of the row of G and D.
const ROW: i32 = 146;
/// From the middle of an image to the middle of the one below it.
const BELOW: i32 = SIDE + 62;
/// Height of a step's heading and its two rows.
const STEP: i32 = ROW + BELOW + SIDE / 2 + 40;
/// Room below the heading of the search for the way back to z.
const SEARCH: i32 = 28;
/// Lines of the legend, which has two columns.
const LEGEND_LINES: usize = 3;
/// Height of the encoder's part.
const ENCODER: i32 = 224;

pub(crate) struct Diagram {
    image_size: usize,
    channels: usize,
    generator: Vec<Layer>,
    judge: Vec<Layer>,
    encoder: Option<Vec<Layer>>,
    training: AnoganTraining,
    search: Search,
    example: Example,
}

impl Diagram {
    pub fn new(fit: &FitConfig, training: AnoganTraining, search: Search, example: Example) -> Self {
        let gan = &training.gan;
        Self {
            image_size: fit.image_size,
            channels: fit.channels,
            generator: Shape::of(fit, gan).decoder(),
            judge: Shape::of(fit, gan).discriminator(training.discriminator),
            encoder: training.encoder.then(|| Shape::of(fit, gan).encoder(gan.latent_size)),
            training,
            search,
            example,
        }
    }

    /// Top of the second step.
    fn second(&self) -> i32 {
        STEP + if self.encoder.is_some() { ENCODER } else { 0 }
    }

    fn words_top(&self) -> i32 {
        self.second() + SEARCH + STEP + 8
    }

    pub fn size(&self) -> (u32, u32) {
        let row = VECTOR + 5 * GAP + width(&self.generator) + SIDE + width(&self.judge) + 260;
        let lines = LEGEND_LINES as i32 + self.words().len() as i32;
        ((row + 2 * LEFT).max(1060) as u32, (self.words_top() + lines * LINE + 52) as u32)
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.generator.iter().chain(&self.judge).chain(self.encoder.iter().flatten())
    }

    pub fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let pen = Pen { area, image_size: self.image_size, operations: operations(self.layers()) };
        self.draw_training(&pen)?;
        if let Some(layers) = &self.encoder {
            self.draw_encoder(&pen, layers)?;
        }
        self.draw_search(&pen, self.second())?;
        let (top, words) = (self.words_top(), self.words());
        pen.legend((LEFT, top), LEGEND_LINES)?;
        pen.lines(&words, (LEFT, top + LEGEND_LINES as i32 * LINE + 14))
    }

    fn shape(&self) -> String {
        format!("{size}×{size}×{}", self.channels, size = self.image_size)
    }

    fn named_image<DB: DrawingBackend>(
        &self,
        pen: &Pen<'_, DB>,
        image: &Option<RgbImage>,
        name: &str,
        (x, y): (i32, i32),
    ) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        pen.image(image.as_ref(), name, (x, y))?;
        pen.words(&self.shape(), (x + SIDE / 2, y + SIDE / 2 + 6), 12, FAINT, Align::Centre)
    }

    /// z → G → G(z) → D, and x → D.
    fn draw_training<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        pen.words("Step 1. Train G and D on normal images", (LEFT, 14), 20, INK, Align::Left)?;
        pen.vector("z", self.training.gan.latent_size, (LEFT + 20, ROW))?;
        pen.words("N(0, 1)", (LEFT + 20 + VECTOR / 2, ROW + 54), 12, FAINT, Align::Centre)?;
        let x = pen.step(LEFT + 20 + VECTOR, ROW)?;
        let x = pen.network("G", &self.generator, (x, ROW))?;
        let made = pen.step(x, ROW)?;
        self.named_image(pen, &None, "G(z)", (made, ROW))?;
        let x = pen.step(made + SIDE, ROW)?;
        let end = pen.network("D", &self.judge, (x, ROW))?;
        let out = pen.step(end, ROW)?;
        pen.words("logit", (out + 4, ROW - 10), 16, INK, Align::Left)?;

        let lower = ROW + BELOW;
        self.named_image(pen, &self.example.actual, "x", (made, lower))?;
        let turn = made + SIDE + GAP / 2 - 4;
        let into = ROW + 30;
        pen.arrow(&[(made + SIDE + 4, lower), (turn, lower), (turn, into), (x - 4, into)], INK)?;

        let target = 1.0 - self.training.label_smoothing;
        pen.words("L_{G} = BCE(D(G(z)), 1)", (out + 4, ROW + 20), 15, LOSS, Align::Left)?;
        let judged = format!("L_{{D}} = BCE(D(x), {target}) + BCE(D(G(z)), 0)");
        pen.words(&judged, (out + 4, ROW + 46), 15, LOSS, Align::Left)
    }

    /// x → E → E(x) → G → G(E(x)).
    fn draw_encoder<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>, layers: &[Layer]) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let row = STEP + 126;
        let heading = "and an encoder beside them, through G as it is (f-AnoGAN, izi)";
        pen.words(heading, (LEFT, STEP), 17, INK, Align::Left)?;
        self.named_image(pen, &self.example.actual, "x", (LEFT, row))?;
        let x = pen.step(LEFT + SIDE, row)?;
        let x = pen.network("E", layers, (x, row))?;
        let latent = pen.step(x, row)?;
        pen.vector("E(x)", self.training.gan.latent_size, (latent, row))?;
        let x = pen.step(latent + VECTOR, row)?;
        pen.compact("G", (1, self.image_size), (x, row))?;
        let made = pen.step(x + 90, row)?;
        let is_judged = self.search.search_steps == 0;
        let image = if is_judged { &self.example.made } else { &None };
        self.named_image(pen, image, "G(E(x))", (made, row))?;
        pen.words("L_{E} = mean (x − G(E(x)))²", (made + SIDE + 20, row - 10), 16, LOSS, Align::Left)
    }

    /// z → G → G(z) → f(G(z)) over x → f(x), what compares them, and the way back to z.
    fn draw_search<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>, top: i32) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let (row, lower) = (top + SEARCH + ROW, top + SEARCH + ROW + BELOW);
        let searches = self.search.search_steps > 0;
        let way = if searches { "Find z for each image" } else { "Take z = E(x) for each image" };
        let heading = format!("Step 2. {way}; G and D stay as they are");
        pen.words(&heading, (LEFT, top + 14), 20, INK, Align::Left)?;
        let z = LEFT + 20;
        pen.vector("z_{γ}", self.training.gan.latent_size, (z, row))?;
        let x = pen.step(z + VECTOR, row)?;
        pen.compact("G", (1, self.image_size), (x, row))?;
        let image = pen.step(x + 90, row)?;
        self.named_image(pen, &self.example.made, "G(z_{γ})", (image, row))?;
        self.named_image(pen, &self.example.actual, "x", (image, lower))?;
        let far = image + SIDE + 2 * GAP;
        for y in [row, lower] {
            pen.arrow(&[(image + SIDE + 4, y), (far - 4, y)], INK)?;
            pen.compact("D", (self.image_size, 4), (far, y))?;
            pen.step(far + 90, y)?;
        }
        let features = far + 90 + GAP + 34;
        pen.words("f(G(z_{γ}))", (features - 30, row - 10), 17, INK, Align::Left)?;
        pen.words("f(x)", (features - 30, lower - 10), 17, INK, Align::Left)?;

        let reduced = match self.search.reduction {
            Reduction::Sum => "Σ",
            Reduction::Mean => "mean",
        };
        let middle = (row + lower) / 2;
        let (from, to) = (row + SIDE / 2 + 24, lower - SIDE / 2 - 30);
        let at = image + SIDE + 14;
        pen.words(&format!("L_{{R}} = {reduced} |x − G(z_{{γ}})|"), (at, middle - 6), 16, LOSS, Align::Left)?;
        compare(pen, image + SIDE + 4, (from - 20, to + 26))?;
        compare(pen, features, (row + 24, lower - 22))?;
        let words = format!("L_{{D}} = {reduced} |f(x) − f(G(z_{{γ}}))|");
        pen.words(&words, (features + 12, middle - 6), 16, LOSS, Align::Left)?;

        let lambda = self.search.lambda;
        let total = format!("L = {} · L_{{R}} + {lambda} · L_{{D}}", tidy(1.0 - lambda));
        let back = features + 130;
        pen.words(&total, (back + 14, row - 10), 16, LOSS, Align::Left)?;
        if !searches {
            return Ok(());
        }
        let over = row - SIDE / 2 - 46;
        let ways =
            [(back + 90, row - 16), (back + 90, over), (z + VECTOR / 2, over), (z + VECTOR / 2, row - 64)];
        pen.arrow(&ways, LOSS)?;
        pen.words(&self.steps(), (back + 80, over - 24), 14, LOSS, Align::Right)
    }

    fn steps(&self) -> String {
        let start = match self.search.start {
            SearchStart::Normal => "N(0, 1)",
            SearchStart::Uniform => "U(0, 1)",
            SearchStart::Encoder => "E(x)",
        };
        let Search { search_steps, search_learning_rate, restarts, .. } = self.search;
        let starts =
            if restarts == 1 { "one start".into() } else { format!("the best of {restarts} starts") };
        format!(
            "∂L/∂z: Adam, {search_steps} steps from {start}, learning rate {search_learning_rate}, {starts}"
        )
    }

    fn words(&self) -> Vec<String> {
        let lambda = self.search.lambda;
        let residual = match self.search.residual {
            Residual::Absolute => "",
            Residual::Squared => ", with (x − G(z))² in L_{R}",
            Residual::Weighted => {
                ", with ((x − G(z))/σ)² in L_{R}, σ of each pixel from held-out normal images"
            }
        };
        let updates = match self.training.updates {
            Updates::Simultaneous => "G and D learn from the same state.",
            Updates::Alternating => "D learns first, then G before the new D.",
        };
        let dropout = match self.training.dropout {
            0.0 => String::new(),
            share => format!(" Of D's features {share} are dropped at random in training."),
        };
        let weighing = match self.search.weighing {
            Weighing::Raw => "",
            Weighing::Standard => ", each standardised on held-out normal images",
        };
        vec![
            training(&self.training.gan),
            format!("{updates}{dropout}"),
            format!(
                "Anomaly score: A(x) = {} · L_{{R}} + {lambda} · L_{{D}} at the last z{residual}{weighing}",
                tidy(1.0 - lambda)
            ),
            "f: D's features before its last layer".into(),
        ]
    }
}

/// 1 − λ without the noise of its last bits.
fn tidy(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// A line with heads at both ends between two heights: what a loss compares.
fn compare<DB: DrawingBackend>(pen: &Pen<'_, DB>, x: i32, (top, bottom): (i32, i32)) -> Drawing<DB>
where
    DB::ErrorType: 'static,
{
    let middle = (top + bottom) / 2;
    pen.arrow(&[(x, middle), (x, top)], LOSS)?;
    pen.arrow(&[(x, middle), (x, bottom)], LOSS)
}
