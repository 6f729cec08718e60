//! How much each setting says about AUROC.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::eval::{Importance, importance};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::stroke::{Stroke, THIN, line};
use crate::report::draw::text::{FAINT, HEADING, USUAL, placed, shortened, text, text_width};
use crate::report::draw::theme::colour_of_model;
use crate::report::draw::units::pt;
use crate::report::select::sweep_runs::{Trial, Trials};
use crate::table::{Cell, Table};

const ROW: i32 = pt(16);
const TOP: i32 = pt(34);
/// Room for what the bars are.
const FOOT: i32 = pt(20);
/// Fewer runs tell a forest too little.
const FEWEST_RUNS: usize = 20;
/// The name of the bar of what the settings do not explain.
const LUCK: &str = "luck of the seed";
/// A forest that explains less of the variance is not believed.
const LOWEST_R2: f64 = 0.3;

/// A setting and what shuffling it costs.
struct Bar {
    name: String,
    drop: f64,
    deviation: f64,
}

pub(crate) struct Importances<'a> {
    trials: &'a Trials,
    /// The forest's R².
    r2: f64,
    /// The longest first.
    bars: Vec<Bar>,
}

impl<'a> Importances<'a> {
    /// # Errors
    /// Why there are none.
    pub fn new(trials: &'a Trials) -> Result<Self, String> {
        let (r2, bars) = find(trials)?;
        Ok(Self { trials, r2, bars })
    }

    pub fn caption(&self) -> String {
        let model = self.trials.title();
        let luck = match self.bars.iter().any(|bar| bar.name == LUCK) {
            true => {
                "The gray bar is what the settings leave: the luck of the seed, and what the forest did not learn. "
            }
            false => "",
        };
        format!(
            "importance of the settings of {model}: a random forest learns AUROC from them, and each setting in turn \
             is shuffled among the runs; the bars show by how much R² falls for fits that the forest has not seen \
             (each tenth of them in turn), the lines one deviation over 20 shuffles. {luck}\
             The forest takes values in their order (numbers by size, words by alphabet). What it says holds for \
             the values in the grid and no others."
        )
    }
}

fn find(trials: &Trials) -> Result<(f64, Vec<Bar>), String> {
    let judged: Vec<_> = trials.judged().collect();
    if judged.len() < FEWEST_RUNS {
        return Err(format!(
            "{} runs have an AUROC: under {FEWEST_RUNS}, no forest is fitted.",
            judged.len()
        ));
    }
    let seeds_vary = judged.iter().any(|(trial, _)| trial.seed != judged[0].0.seed);
    let names: Vec<&str> = trials.factors.iter().map(|factor| factor.name.as_str()).collect();
    if names.len() < 2 {
        return Err("Fewer than two settings vary: there is nothing to weigh against each other.".into());
    }
    let rows: Vec<Vec<f64>> =
        judged.iter().map(|(trial, _)| trial.levels.iter().map(|level| *level as f64).collect()).collect();
    let fits = fits(judged.iter().map(|(trial, _)| *trial));
    let areas: Vec<f64> = judged.iter().map(|(_, auroc)| *auroc).collect();
    let Some(Importance { r2, drops }) = importance(&rows, &areas, &fits, 0) else {
        return Err(
            "Fewer than eight fits, or all with the same AUROC: no setting can be told to matter.".into()
        );
    };
    if r2 < LOWEST_R2 {
        return Err(format!(
            "The forest explains too little of the AUROC of {} runs (R² {r2:.2} for fits it has not seen, \
             under {LOWEST_R2}): \
             its importances would mislead.",
            judged.len()
        ));
    }
    let bars = names.iter().zip(drops);
    let mut bars: Vec<Bar> =
        bars.map(|(name, (drop, deviation))| Bar { name: name.to_string(), drop, deviation }).collect();
    if seeds_vary {
        bars.push(Bar { name: LUCK.into(), drop: 1.0 - r2, deviation: 0.0 });
    }
    bars.sort_by(|a, b| b.drop.total_cmp(&a.drop));
    Ok((r2, bars))
}

/// For each run the place of its fit: runs that share their training share its luck.
fn fits<'a>(runs: impl Iterator<Item = &'a Trial>) -> Vec<usize> {
    let mut known = Vec::new();
    runs.map(|trial| {
        let fit = trial.run.as_ref().map(|run| &run.fit_id);
        known.iter().position(|of| *of == fit).unwrap_or_else(|| {
            known.push(fit);
            known.len() - 1
        })
    })
    .collect()
}

impl Importances<'_> {
    fn draw_bars(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let widest = self.bars.iter().map(|bar| text_width(&bar.name, USUAL)).max().unwrap_or(0);
        let left = pt(12) + widest.min(width * 2 / 5);
        let right = width - pt(34);
        let longest = self.bars.iter().map(|bar| bar.drop + bar.deviation).fold(1e-9, f64::max);
        let x = |drop: f64| left + (f64::from(right - left) * drop.max(0.0) / longest) as i32;
        let beside = placed(USUAL, &BLACK, HPos::Right, VPos::Center);
        let after = placed(USUAL, &BLACK, HPos::Left, VPos::Center);
        for (nth, bar) in self.bars.iter().enumerate() {
            let y = TOP + ROW * nth as i32 + ROW / 2;
            let colour =
                if bar.name == LUCK { RGBColor(150, 150, 150) } else { colour_of_model(&self.trials.model) };
            let name = shortened(&bar.name, USUAL, left - pt(12));
            area.draw(&Text::new(name, (left - pt(4), y), beside.clone()))?;
            let corners = [(left, y - ROW / 4), (x(bar.drop), y + ROW / 4)];
            area.draw(&Rectangle::new(corners, colour.mix(0.7).filled()))?;
            let whisker = [(x(bar.drop - bar.deviation), y), (x(bar.drop + bar.deviation), y)];
            line(area, &whisker, Stroke::whole(BLACK, THIN))?;
            let words = format!("{:.3}", bar.drop);
            area.draw(&Text::new(words, (x(bar.drop + bar.deviation) + pt(3), y), after.clone()))?;
        }
        let bottom = TOP + ROW * self.bars.len() as i32;
        area.draw(&PathElement::new([(left, TOP), (left, bottom)], BLACK.stroke_width(THIN)))?;
        let words = "fall of R² where the setting is shuffled; of luck, 1 − R²";
        let words = shortened(words, USUAL, width - pt(12));
        area.draw(&Text::new(words, (pt(6), bottom + pt(5)), text(USUAL, &BLACK)))
    }
}

impl Figure for Importances<'_> {
    fn height(&self, _: i32) -> i32 {
        TOP + ROW * self.bars.len() as i32 + FOOT
    }

    fn origin(&self) -> String {
        self.trials.origin()
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let title = format!("{}: importance of the settings", self.trials.title());
        area.draw(&Text::new(title, (pt(6), pt(5)), text(HEADING, &BLACK)))?;
        let runs = self.trials.judged().count();
        let words = format!("random forests on {runs} runs, R² {:.2} for fits not seen", self.r2);
        area.draw(&Text::new(words, (pt(6), pt(18)), text(USUAL, &FAINT)))?;
        self.draw_bars(area)
    }

    fn data(&self) -> Option<Table> {
        let columns = ["setting", "fall of R²", "deviation"].map(String::from).to_vec();
        let row =
            |bar: &Bar| vec![Cell::Text(bar.name.clone()), Cell::Real(bar.drop), Cell::Real(bar.deviation)];
        Some(Table { columns, rows: self.bars.iter().map(row).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::select::sweep_runs::tests::made_of;

    /// AUROC hangs on `a` alone.
    #[test]
    fn the_setting_that_decides_comes_first() {
        let runs: Vec<(&str, &str, i64, Option<f64>)> = (0..4)
            .flat_map(|seed| {
                ["1", "2", "3"].into_iter().flat_map(move |a| {
                    ["x", "y"]
                        .map(|b| (a, b, seed, Some(a.parse::<f64>().unwrap() / 4.0 + 0.001 * seed as f64)))
                })
            })
            .collect();
        let (r2, bars) = find(&made_of(&runs)).unwrap();
        assert!(r2 > 0.8 && bars[0].name == "a, c" && bars[0].drop > 5.0 * bars[1].drop.abs(), "{r2}");
        assert_eq!(bars.len(), 3, "b and the luck of the seed too");
        let luck = bars.iter().find(|bar| bar.name == LUCK).unwrap();
        assert!((luck.drop - (1.0 - r2)).abs() < 1e-12);
        assert!(find(&made_of(&runs[..19])).is_err(), "too few runs");
    }

    #[test]
    fn a_forest_that_explains_nothing_is_not_shown() {
        let mut rng = crate::random::rng(5, "test", 0);
        let noise = crate::random::normal_noise(&mut rng, 32);
        let names = ["1", "2", "3", "4"];
        let runs: Vec<(&str, &str, i64, Option<f64>)> = (0..32_usize)
            .map(|nth| (names[nth % 4], names[nth / 4 % 4], 0, Some(0.7 + 0.01 * f64::from(noise[nth]))))
            .collect();
        assert!(find(&made_of(&runs)).err().unwrap().contains("explains too little"));
    }
}
