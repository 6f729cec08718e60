//! Figures 1 and 2 of the paper: the networks of a run, layer by layer, and what the losses compare.

mod anogan;
mod ganomaly;
mod pen;

use image::RgbImage;

use crate::report::ReportError;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::spec::{GanTraining, Label, Network, RunConfig, Scoring};
use crate::store::Role;
use pen::Pen;

pub(crate) fn caption(model: &str) -> String {
    format!(
        "the structure of {model} as it was trained: kernels, strides, sizes, channels, losses. Below each layer \
         stand side and channels of its features; the height of a shape follows that side (on a logarithmic scale)."
    )
}

pub(crate) struct Structure<'a> {
    group: &'a Group,
    model: &'a ModelRuns,
    diagram: Diagram,
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
    /// Absent for baselines, and for a run of an older build, whose settings stand elsewhere.
    pub fn new(group: &'a Group, model: &'a ModelRuns) -> Result<Option<Self>, ReportError> {
        let Ok(RunConfig { scoring, fit, .. }) = RunConfig::read(&model.shown.config) else {
            return Ok(None);
        };
        let diagram = match (fit.network.clone(), scoring) {
            (Network::Anogan(training), Scoring::Anogan(search)) => {
                Diagram::Anogan(anogan::Diagram::new(&fit, training, search, Example::of(model)?))
            }
            (Network::Ganomaly(training), Scoring::Ganomaly(pass)) => {
                Diagram::Ganomaly(ganomaly::Diagram::new(&fit, training, pass, Example::of(model)?))
            }
            (
                Network::Anogan(_)
                | Network::Ganomaly(_)
                | Network::Pca { .. }
                | Network::Nearest
                | Network::Brightness,
                _,
            ) => return Ok(None),
        };
        Ok(Some(Self { group, model, diagram }))
    }
}

impl Diagram {
    fn pen(&self) -> Pen<'_> {
        match self {
            Self::Anogan(diagram) => diagram.pen(),
            Self::Ganomaly(diagram) => diagram.pen(),
        }
    }
}

impl Example {
    fn of(model: &ModelRuns) -> Result<Self, ReportError> {
        let picture = model.pictures_of(Label::Normal, Role::Median, 1).into_iter().next();
        let decoded = |png: &[u8]| image::load_from_memory(png).map(|image| image.into_rgb8());
        Ok(Self {
            actual: picture.map(|picture| decoded(&picture.actual)).transpose()?,
            made: picture.map(|picture| decoded(&picture.reconstruction)).transpose()?,
        })
    }
}

/// How the networks were trained, in words.
fn training(gan: &GanTraining) -> String {
    let length = match gan.iterations {
        0 => format!("{} epochs", gan.epochs),
        steps => format!("{steps} iterations"),
    };
    format!(
        "Training: Adam, learning rate {}, β₁ {}; {length}, batches of {}; weights drawn from N(0, 0.02).",
        gan.learning_rate, gan.beta1, gan.batch_size
    )
}

impl Figure for Structure<'_> {
    fn height(&self, width: i32) -> i32 {
        self.diagram.pen().height(width)
    }

    fn origin(&self) -> String {
        self.group.origin(&[self.model])
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        self.diagram.pen().draw(area)
    }
}

#[cfg(test)]
mod tests {
    use plotters::prelude::*;

    use super::*;
    use crate::report::draw::text::text_width;
    use crate::report::draw::units::pt;
    use crate::spec::Sweep;

    /// Words in a figure: what they say, and the box that they fill.
    struct Words {
        text: String,
        left: f64,
        top: f64,
        right: f64,
        bottom: f64,
    }

    impl Words {
        /// From `<text x="…" y="…" … font-size="…" …>` and the line after it.
        fn read(element: &str) -> Self {
            let number = |name: &str| -> f64 {
                let value = element.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap();
                value.parse().unwrap()
            };
            let text = element.split('>').nth(1).unwrap().split('<').next().unwrap().trim().to_string();
            let size = number("font-size");
            let width = f64::from(text_width(&text, size / f64::from(pt(1))));
            let shift = if element.contains("text-anchor=\"middle\"") { width / 2.0 } else { 0.0 };
            let up = if element.contains("0.5ex") { 0.5 * size } else { 0.0 };
            let (left, top) = (number("x") - shift, number("y") - up);
            Self { text, left, top, right: left + width, bottom: top + size }
        }

        fn overlaps(&self, other: &Self) -> bool {
            let apart = |a: (f64, f64), b: (f64, f64)| a.1 - 10.0 <= b.0 || b.1 - 10.0 <= a.0;
            !apart((self.left, self.right), (other.left, other.right))
                && !apart((self.top, self.bottom), (other.top, other.bottom))
        }
    }

    /// The words of a model's diagram, and the figure's height.
    fn words(model: &str, settings: &str, width: i32) -> (Vec<Words>, i32) {
        let dataset = "dataset = { kind = \"synthetic\", scene = \"casting\", count = 8 }";
        let sweep = format!("name = \"t\"\n{dataset}\n[base]\nmodel = \"{model}\"\n{settings}");
        let run = Sweep::parse("t.toml", &sweep).unwrap().runs.remove(0);
        let example = Example { actual: None, made: None };
        let diagram = match (run.fit.network.clone(), run.scoring) {
            (Network::Anogan(training), Scoring::Anogan(search)) => {
                Diagram::Anogan(anogan::Diagram::new(&run.fit, training, search, example))
            }
            (Network::Ganomaly(training), Scoring::Ganomaly(pass)) => {
                Diagram::Ganomaly(ganomaly::Diagram::new(&run.fit, training, pass, example))
            }
            _ => panic!("{model} has no diagram"),
        };
        let pen = diagram.pen();
        let height = pen.height(width);
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, (width as u32, height as u32)).into_drawing_area();
            pen.draw(&area).unwrap();
            area.present().unwrap();
        }
        (svg.split("<text").skip(1).map(Words::read).collect(), height)
    }

    const SETTINGS: [(&str, &str); 6] = [
        ("ganomaly", ""),
        ("ganomaly", "train_second_encoder = false\nscore = \"combined\"\nresidual = \"weighted\"\n"),
        ("anogan", ""),
        ("anogan", "encoder = true\nrestarts = 3\nreduction = \"mean\"\nlabel_smoothing = 0.1\n"),
        ("anogan", "encoder = true\nstart = \"encoder\"\nsearch_steps = 0\nresidual = \"weighted\"\n"),
        ("anogan", "start = \"uniform\"\nupdates = \"alternating\"\n"),
    ];

    #[test]
    fn words_neither_overlap_nor_leave_the_figure() {
        for (model, settings) in SETTINGS {
            for (size, width) in
                [16, 32, 64, 128, 256].into_iter().flat_map(|size| [(size, 2409), (size, 4961)])
            {
                let (words, height) = words(model, &format!("{settings}image_size = {size}\n"), width);
                assert!(words.len() > 40);
                for (nth, one) in words.iter().enumerate() {
                    let inside =
                        one.left >= 0.0 && one.right <= f64::from(width) && one.bottom <= f64::from(height);
                    assert!(inside, "{model} {settings}{size} at {width}: `{}` leaves the figure", one.text);
                    // A circumflex stands over the letter before it.
                    for other in words[nth + 1..].iter().filter(|other| other.text != "\u{2c6}") {
                        let (a, b) = (&one.text, &other.text);
                        assert!(
                            a == "\u{2c6}" || !one.overlaps(other),
                            "{model} {settings}{size} at {width}: `{a}` and `{b}`"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn diagrams_say_what_they_said() {
        for (model, settings) in
            [("ganomaly", "image_size = 32\n"), ("anogan", "image_size = 16\nencoder = true\n")]
        {
            let (words, _) = words(model, settings, 4961);
            let said: Vec<String> = words.into_iter().map(|words| words.text).collect();
            insta::assert_snapshot!(format!("structure-{model}"), said.join("\n"));
        }
    }
}
