//! Parallel coordinates: one line per run through its settings to its AUROC.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::draw::colour_bar::Scale;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::text::{shortened, text};
use crate::report::select::sweep_runs::{Trial, Trials};

const TOP: i32 = 70;
const AXIS: i32 = 330;
const LEFT: i32 = 90;
const STEP: i32 = 170;
const RIGHT: i32 = 110;

pub(crate) fn caption(model: &str) -> String {
    format!(
        "parallel coordinates of {model}: one line per run, from value to value of the settings that vary, to its \
         AUROC at the right, which colours it. Runs that failed or diverged have no line. Within a value the \
         lines are spread in the order of their AUROC."
    )
}

pub(crate) struct Parallel<'a> {
    trials: &'a Trials,
    /// The runs that have an AUROC, the lowest first, so that the best lie on top.
    judged: Vec<(&'a Trial, f64)>,
    scale: Scale,
}

impl<'a> Parallel<'a> {
    /// Absent where fewer than two settings vary or no run has an AUROC.
    pub fn new(trials: &'a Trials) -> Option<Self> {
        let (low, high) = trials.extremes()?;
        if trials.factors.len() < 2 {
            return None;
        }
        let mut judged: Vec<(&Trial, f64)> = trials.judged().collect();
        judged.sort_by(|a, b| a.1.total_cmp(&b.1));
        Some(Self { trials, judged, scale: Scale { low, high } })
    }

    fn width(&self) -> u32 {
        (LEFT + STEP * self.trials.factors.len() as i32 + RIGHT).max(700) as u32
    }

    /// Pixels between axes.
    fn step(&self) -> i32 {
        (self.width() as i32 - LEFT - RIGHT) / self.trials.factors.len().max(1) as i32
    }

    fn x(&self, axis: usize) -> i32 {
        LEFT + self.step() * axis as i32
    }

    /// Where the `nth` of the runs, by AUROC, passes a factor's axis: spread over three quarters of its value's
    /// share of the axis.
    fn y(&self, nth: usize, trial: &Trial, factor: usize) -> i32 {
        let share = f64::from(AXIS) / self.trials.factors[factor].levels.len() as f64;
        let spread = (nth as f64 + 0.5) / self.judged.len() as f64 - 0.5;
        bottom() - (share * (trial.levels[factor] as f64 + 0.5 + 0.75 * spread)) as i32
    }

    fn y_of_auroc(&self, auroc: f64) -> i32 {
        let range = self.scale.high - self.scale.low;
        let share = if range > 0.0 { (auroc - self.scale.low) / range } else { 0.5 };
        bottom() - (f64::from(AXIS) * share) as i32
    }

    fn draw_axes<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB> {
        let beside = text(12, &BLACK).pos(Pos::new(HPos::Right, VPos::Center));
        let above = text(14, &BLACK).pos(Pos::new(HPos::Center, VPos::Bottom));
        for (nth, factor) in self.trials.factors.iter().enumerate() {
            let x = self.x(nth);
            area.draw(&PathElement::new([(x, TOP), (x, bottom())], BLACK.stroke_width(1)))?;
            // Neighbouring names stand at two heights, so that long ones do not meet.
            let (name, y) = (shortened(&factor.name, 30), TOP - 12 - 20 * (nth as i32 % 2));
            area.draw(&Text::new(name, (x, y), above.clone()))?;
            let share = f64::from(AXIS) / factor.levels.len() as f64;
            for (level, value) in factor.levels.iter().enumerate() {
                let y = bottom() - (share * (level as f64 + 0.5)) as i32;
                let half = (share * 0.375) as i32;
                area.draw(&PathElement::new([(x - 3, y - half), (x - 3, y + half)], BLACK.stroke_width(3)))?;
                let value = shortened(value, 14);
                // A white ground, so that the lines do not cross the letters.
                let ground = [(x - 14 - 7 * value.chars().count() as i32, y - 8), (x - 6, y + 8)];
                area.draw(&Rectangle::new(ground, WHITE.mix(0.8).filled()))?;
                area.draw(&Text::new(value, (x - 9, y), beside.clone()))?;
            }
        }
        let x = self.x(self.trials.factors.len());
        area.draw(&Text::new("AUROC", (x, TOP - 12), above))?;
        area.draw(&PathElement::new([(x, TOP), (x, bottom())], BLACK.stroke_width(1)))?;
        let right = text(12, &BLACK).pos(Pos::new(HPos::Left, VPos::Center));
        for nth in 0..=4 {
            let auroc = self.scale.low + (self.scale.high - self.scale.low) * f64::from(nth) / 4.0;
            let y = self.y_of_auroc(auroc);
            area.draw(&PathElement::new([(x, y), (x + 5, y)], BLACK.stroke_width(1)))?;
            area.draw(&Text::new(format!("{auroc:.3}"), (x + 10, y), right.clone()))?;
        }
        Ok(())
    }
}

fn bottom() -> i32 {
    TOP + AXIS
}

impl Figure for Parallel<'_> {
    fn size(&self) -> (u32, u32) {
        (self.width(), (bottom() + 24) as u32)
    }

    fn origin(&self) -> String {
        self.trials.origin()
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        for (nth, (trial, auroc)) in self.judged.iter().enumerate() {
            let factors = 0..self.trials.factors.len();
            let mut line: Vec<(i32, i32)> =
                factors.map(|factor| (self.x(factor), self.y(nth, trial, factor))).collect();
            line.push((self.x(self.trials.factors.len()), self.y_of_auroc(*auroc)));
            area.draw(&PathElement::new(line, self.scale.colour(*auroc).mix(0.8).stroke_width(2)))?;
        }
        self.draw_axes(area)
    }
}
