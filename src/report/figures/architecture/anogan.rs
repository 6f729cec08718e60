//! AnoGAN: a DCGAN, and the search of its latent space (Schlegl et al. 2017).

use super::pen::{Pen, Piece, Section};
use super::{Example, training};
use crate::spec::layers::{Layer, Shape};
use crate::spec::{AnoganTraining, FitConfig, Reduction, Residual, Search, SearchStart, Updates, Weighing};

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

    pub fn pen(&self) -> Pen<'_> {
        let encoder = self.encoder.as_ref().map(|layers| self.encoder(layers));
        let sections = [self.step_one()].into_iter().chain(encoder).chain([self.step_two()]).collect();
        Pen { sections, words: self.words(), image_size: self.image_size }
    }

    fn shape(&self) -> String {
        format!("{size}×{size}×{}", self.channels, size = self.image_size)
    }

    /// z → G → G(z) → D, and x → D.
    fn step_one(&self) -> Section<'_> {
        let target = 1.0 - self.training.label_smoothing;
        Section {
            heading: "Step 1. Train G and D on normal images".into(),
            flows: vec![
                vec![
                    Piece::Vector("z", self.training.gan.latent_size),
                    Piece::Network("G", &self.generator),
                    Piece::Image(None, "G(z)", self.shape()),
                ],
                vec![
                    Piece::Image(self.example.actual.as_ref(), "x or G(z)", self.shape()),
                    Piece::Network("D", &self.judge),
                    Piece::Words("logit"),
                ],
            ],
            formulas: vec![
                "z from N(0, 1); L_{G} = BCE(D(G(z)), 1)".into(),
                format!("L_{{D}} = BCE(D(x), {target}) + BCE(D(G(z)), 0)"),
            ],
        }
    }

    /// x → E → E(x) → G → G(E(x)).
    fn encoder<'d>(&'d self, layers: &'d [Layer]) -> Section<'d> {
        let is_judged = self.search.search_steps == 0;
        let image = self.example.made.as_ref().filter(|_| is_judged);
        Section {
            heading: "and an encoder beside them, through G as it is (f-AnoGAN, izi)".into(),
            flows: vec![vec![
                Piece::Image(self.example.actual.as_ref(), "x", self.shape()),
                Piece::Network("E", layers),
                Piece::Vector("E(x)", self.training.gan.latent_size),
                Piece::Compact("G", (1, self.image_size)),
                Piece::Image(image, "G(E(x))", self.shape()),
            ]],
            formulas: vec!["L_{E} = mean (x − G(E(x)))²".into()],
        }
    }

    /// z → G → G(z) → f(G(z)) and x → f(x), what compares them, and the way back to z.
    fn step_two(&self) -> Section<'_> {
        let searches = self.search.search_steps > 0;
        let way = if searches { "Find z_{γ} for each image" } else { "Take z_{γ} = E(x) for each image" };
        let reduced = match self.search.reduction {
            Reduction::Sum => "Σ",
            Reduction::Mean => "mean",
        };
        let lambda = self.search.lambda;
        let judge = || Piece::Compact("D", (self.image_size, 4));
        let mut formulas = vec![
            format!("L_{{R}} = {reduced} |x − G(z_{{γ}})|"),
            format!("L_{{D}} = {reduced} |f(x) − f(G(z_{{γ}}))|, f: D’s features before its last layer"),
            format!("L = {} · L_{{R}} + {lambda} · L_{{D}}", tidy(1.0 - lambda)),
        ];
        if searches {
            formulas.push(format!("Back to z_{{γ}} by {}", self.steps()));
        }
        Section {
            heading: format!("Step 2. {way}; G and D stay as they are"),
            flows: vec![
                vec![
                    Piece::Vector("z_{γ}", self.training.gan.latent_size),
                    Piece::Compact("G", (1, self.image_size)),
                    Piece::Image(self.example.made.as_ref(), "G(z_{γ})", self.shape()),
                    judge(),
                    Piece::Words("f(G(z_{γ}))"),
                ],
                vec![
                    Piece::Image(self.example.actual.as_ref(), "x", self.shape()),
                    judge(),
                    Piece::Words("f(x)"),
                ],
            ],
            formulas,
        }
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
        ]
    }
}

/// 1 − λ without the noise of its last bits.
fn tidy(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}
