//! GANomaly: encoder, decoder, encoder, and the discriminator (Akcay et al. 2018).

use super::pen::{Pen, Piece, Section};
use super::{Example, training};
use crate::spec::layers::{Layer, Shape};
use crate::spec::{FitConfig, GanomalyScore, GanomalyTraining, LatentEncoder, Pass, Residual};

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

    pub fn pen(&self) -> Pen<'_> {
        Pen {
            sections: vec![self.generator(), self.discriminator()],
            words: self.words(),
            image_size: self.image_size,
        }
    }

    /// x → G_E → z → G_D → x̂ → E → ẑ.
    fn generator(&self) -> Section<'_> {
        let size = self.image_size;
        let shape = format!("{size}×{size}×{}", self.down[0].input.channels);
        let latent = self.training.gan.latent_size;
        let second = if self.training.train_second_encoder { "E" } else { "E (not trained)" };
        Section {
            heading: "Generator G_{E}, G_{D}, and the second encoder E".into(),
            flows: vec![vec![
                Piece::Image(self.example.actual.as_ref(), "x", shape.clone()),
                Piece::Network("G_{E}", &self.down),
                Piece::Vector("z", latent),
                Piece::Network("G_{D}", &self.up),
                Piece::Image(self.example.made.as_ref(), "x̂", shape),
                Piece::Network(second, &self.down),
                Piece::Vector("ẑ", latent),
            ]],
            formulas: vec![
                "L_{con} = mean |x − x̂|".into(),
                "L_{enc} = mean (z − ẑ)²".into(),
                "L_{adv} = mean (f(x) − f(x̂))², f: D’s features before its last layer".into(),
            ],
        }
    }

    /// x or x̂ → D.
    fn discriminator(&self) -> Section<'_> {
        Section {
            heading: "Discriminator D".into(),
            flows: vec![vec![
                Piece::Words("x or x̂"),
                Piece::Network("D", &self.judge),
                Piece::Words("logit"),
            ]],
            formulas: vec!["L_{D} = ½ BCE(D(x), 1) + ½ BCE(D(x̂), 0)".into()],
        }
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
            training(gan),
            format!("Anomaly score: {}", score[0]),
        ];
        lines.extend(score[1..].iter().map(|line| format!("with {line}")));
        lines
    }
}
