//! GANomaly: encoder, decoder, encoder, and the discriminator (Akcay et al. 2018).

use plotters::prelude::*;

use super::pen::{Align, FAINT, GAP, INK, LINE, LOSS, Pen, SIDE, VECTOR, operations, width};
use super::{Example, training};
use crate::report::draw::figure::{Area, Drawing};
use crate::spec::layers::{Layer, Shape};
use crate::spec::{FitConfig, GanomalyScore, GanomalyTraining, LatentEncoder, Pass, Residual};

const LEFT: i32 = 40;
/// Middle of the generator's row.
const ROW: i32 = 168;
/// Middle of the discriminator's row.
const SECOND_ROW: i32 = ROW + 264;
/// Top of the words.
const WORDS: i32 = SECOND_ROW + 150;

pub(crate) struct Diagram {
    image_size: usize,
    down: Vec<Layer>,
    up: Vec<Layer>,
    judge: Vec<Layer>,
    training: GanomalyTraining,
    pass: Pass,
    example: Example,
}

impl Diagram {
    pub fn new(fit: &FitConfig, training: GanomalyTraining, pass: Pass, example: Example) -> Self {
        let gan = &training.gan;
        Self {
            image_size: fit.image_size,
            down: Shape::of(fit, gan).encoder(gan.latent_size),
            up: Shape::of(fit, gan).decoder(),
            judge: Shape::of(fit, gan).encoder(1),
            training,
            pass,
            example,
        }
    }

    pub fn size(&self) -> (u32, u32) {
        let row = 2 * width(&self.down) + width(&self.up) + 2 * SIDE + 2 * VECTOR + 6 * GAP;
        ((row + 2 * LEFT) as u32, (WORDS + self.words().len() as i32 * LINE + 36) as u32)
    }

    pub fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let operations = operations(self.down.iter().chain(&self.up).chain(&self.judge));
        let pen = Pen { area, image_size: self.image_size, operations };
        self.draw_generator(&pen)?;
        self.draw_discriminator(&pen)?;
        pen.lines(&self.words(), (LEFT, WORDS))
    }

    /// x → G_E → z → G_D → x̂ → E → ẑ.
    fn draw_generator<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let size = self.image_size;
        let channels = self.down[0].input.channels;
        let latent = self.training.gan.latent_size;
        let shape = format!("{size}×{size}×{channels}");
        let below = ROW + SIDE / 2 + 6;

        let image = LEFT;
        pen.image(self.example.actual.as_ref(), "x", (image, ROW))?;
        pen.words(&shape, (image + SIDE / 2, below), 12, FAINT, Align::Centre)?;
        let x = pen.step(image + SIDE, ROW)?;
        let x = pen.network("G_{E}", &self.down, (x, ROW))?;
        let z = pen.step(x, ROW)?;
        pen.vector("z", latent, (z, ROW))?;
        let x = pen.step(z + VECTOR, ROW)?;
        let x = pen.network("G_{D}", &self.up, (x, ROW))?;
        let made = pen.step(x, ROW)?;
        pen.image(self.example.made.as_ref(), "x̂", (made, ROW))?;
        pen.words(&shape, (made + SIDE / 2, below), 12, FAINT, Align::Centre)?;
        let x = pen.step(made + SIDE, ROW)?;
        let name = if self.training.train_second_encoder { "E" } else { "E (not trained)" };
        let x = pen.network(name, &self.down, (x, ROW))?;
        let second = pen.step(x, ROW)?;
        pen.vector("ẑ", latent, (second, ROW))?;

        let above = ROW - SIDE / 2 - 62;
        let (from, to) = (image + SIDE / 2, made + SIDE / 2);
        let down = above + 26;
        bracket(pen, [(from, down), (from, above), (to, above), (to, down)])?;
        pen.words("L_{con} = mean |x − x̂|", ((from + to) / 2, above - 26), 16, LOSS, Align::Centre)?;
        let (from, to) = (z + VECTOR / 2, second + VECTOR / 2);
        let (up, under) = (ROW + 60, ROW + SIDE / 2 + 58);
        bracket(pen, [(from, up), (from, under), (to, under), (to, up)])?;
        pen.words("L_{enc} = mean (z − ẑ)²", ((from + to) / 2, under + 8), 16, LOSS, Align::Centre)
    }

    /// x or x̂ → D, its features f before the last layer, its logit; the letters beside it.
    fn draw_discriminator<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        pen.words("x or x̂", (LEFT, SECOND_ROW - 10), 17, INK, Align::Left)?;
        let start = LEFT + 62;
        let x = pen.step(start, SECOND_ROW)?;
        let end = pen.network("D", &self.judge, (x, SECOND_ROW))?;
        let features = x + width(&self.judge[..self.judge.len() - 1]) + 3;
        let top = SECOND_ROW - SIDE / 2 - 4;
        pen.arrow(&[(features, SECOND_ROW - 34), (features, top)], LOSS)?;
        pen.words("f", (features, top - 24), 16, LOSS, Align::Centre)?;
        pen.words("L_{adv} = mean (f(x) − f(x̂))²", (features + 16, top - 24), 16, LOSS, Align::Left)?;
        let out = pen.step(end, SECOND_ROW)?;
        pen.words("logit", (out + 4, SECOND_ROW - 10), 16, INK, Align::Left)?;
        pen.words("L_{D}", (out + 4, SECOND_ROW + 12), 16, LOSS, Align::Left)?;
        pen.legend((out + 90, SECOND_ROW - 40), self.judge.len().max(6))
    }

    fn words(&self) -> Vec<String> {
        let GanomalyTraining { gan, w_adv, w_con, w_enc, .. } = &self.training;
        let second = match self.pass.latent_encoder {
            LatentEncoder::Second => "ẑ = E(x̂)",
            LatentEncoder::First => "ẑ = G_{E}(x̂)",
        };
        let contextual = match self.pass.residual {
            Residual::Absolute => "mean |x − x̂|",
            Residual::Squared => "mean (x − x̂)²",
            Residual::Weighted => "mean ((x − x̂)/σ)², σ of each pixel from held-out normal images",
        };
        let score = match self.pass.score {
            GanomalyScore::Latent => vec![format!("A(x) = mean (z − ẑ)², {second}")],
            GanomalyScore::LatentL1 => vec![format!("A(x) = Σ |z − ẑ|, {second}")],
            GanomalyScore::Contextual => vec![format!("A(x) = {contextual}")],
            GanomalyScore::Combined => vec![
                "A(x) = a + b, each standardised on held-out normal images".into(),
                format!("a = mean (z − ẑ)², {second}"),
                format!("b = {contextual}"),
            ],
        };
        let mut lines = vec![
            format!("Generator and E: L = {w_adv} · L_{{adv}} + {w_con} · L_{{con}} + {w_enc} · L_{{enc}}"),
            "Discriminator: L_{D} = ½ BCE(D(x), 1) + ½ BCE(D(x̂), 0)".into(),
            training(gan),
            format!("Anomaly score: {}", score[0]),
        ];
        lines.extend(score[1..].iter().map(|line| format!("with {line}")));
        lines
    }
}

/// A line over four points with heads at both ends: what a loss compares.
fn bracket<DB: DrawingBackend>(pen: &Pen<'_, DB>, [a, b, c, d]: [(i32, i32); 4]) -> Drawing<DB>
where
    DB::ErrorType: 'static,
{
    pen.arrow(&[b, a], LOSS)?;
    pen.arrow(&[b, c, d], LOSS)
}
