//! Runs of a fit that share a latent search: they differ in how its end is weighed alone.

use crate::spec::{RunConfig, Search};

/// The runs of a fit, those of one search one after the other; else they stay in their order.
pub(super) fn together<T>(runs: Vec<(T, RunConfig)>) -> Vec<(T, RunConfig)> {
    let searches: Vec<Option<Search>> = runs.iter().map(|(_, run)| run.search()).collect();
    let first_alike = |nth: usize| match &searches[nth] {
        None => nth,
        search => searches.iter().position(|other| other == search).unwrap_or(nth),
    };
    let mut placed: Vec<_> = runs.into_iter().enumerate().map(|(nth, run)| (first_alike(nth), run)).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, run)| run).collect()
}

/// The part that each of these runs has in their judging: none where the one before has made its search.
pub(super) fn parts<T>(runs: &[(T, RunConfig)]) -> Vec<f64> {
    let searches: Vec<Option<Search>> = runs.iter().map(|(_, run)| run.search()).collect();
    let is_own = |nth: usize| nth == 0 || searches[nth].is_none() || searches[nth] != searches[nth - 1];
    let own = (0..runs.len()).filter(|nth| is_own(*nth)).count();
    (0..runs.len()).map(|nth| if is_own(nth) { 1.0 / own as f64 } else { 0.0 }).collect()
}

/// What judging with the runs of a fit takes: a search that several share counts once.
pub(super) fn work<'a>(runs: impl IntoIterator<Item = (&'a Option<Search>, f64)>) -> f64 {
    let mut searched: Vec<&Search> = Vec::new();
    let mut sum = 0.0;
    for (search, work) in runs {
        match search {
            Some(search) if searched.contains(&search) => {}
            Some(search) => {
                searched.push(search);
                sum += work;
            }
            None => sum += work,
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    #[test]
    fn what_the_search_does_not_depend_on_is_shared() {
        let text = "name = \"t\"\ndataset = { kind = \"synthetic\", scene = \"casting\", count = 8 }\n[grid]\n\
                    model = \"anogan\"\n[grid.anogan]\nlambda = [0.1, 0.2]\nresidual = [\"absolute\", \"squared\"]\n\
                    search_steps = [3, 5]\nweighing = [\"raw\", \"standard\"]\n";
        let runs = Sweep::parse("t.toml", text).unwrap().runs;
        assert_eq!(runs.len(), 16);
        let runs = together(runs.into_iter().enumerate().collect());
        let searches: Vec<Option<Search>> = runs.iter().map(|(_, run)| run.search()).collect();
        assert_eq!(searches.chunk_by(|one, other| one == other).map(<[_]>::len).collect::<Vec<_>>(), [4; 4]);
        assert!(runs.chunks(4).all(|group| group.is_sorted_by_key(|(place, _)| *place)));
        assert_eq!(parts(&runs), [0.25, 0.0, 0.0, 0.0].repeat(4));
        assert_eq!(work(searches.iter().map(|search| (search, 1.0))), 4.0);
        assert_eq!(work([(&None, 1.0), (&None, 1.0)]), 2.0, "without a search nothing is shared");
    }
}
