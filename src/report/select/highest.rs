//! The rule by which a setting is the best of several.

use super::doubt::doubt;
use crate::eval::mean;
use crate::eval::measure::AUROC;
use crate::store::RunRow;

/// The setting with the highest mean AUROC over its runs, the first of equals, by its place, and that mean. A setting
/// that has lost runs which others finished is not compared, whole or not: its mean is that of the lucky ones. Neither
/// is one with a run that is in doubt.
pub(crate) fn highest(settings: &[Vec<&RunRow>], is_whole: impl Fn(usize) -> bool) -> Option<(usize, f64)> {
    let areas = |runs: &Vec<&RunRow>| runs.iter().filter_map(|run| run.measures.get(&AUROC)).collect();
    let areas: Vec<Vec<f64>> = settings.iter().map(areas).collect();
    let most = areas.iter().map(Vec::len).max()?;
    (0..settings.len())
        .filter(|place| is_whole(*place) && areas[*place].len() == most)
        .filter(|place| settings[*place].iter().all(|run| doubt(run).is_none()))
        .filter_map(|place| Some((place, mean(&areas[place])?)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
}
