//! A sweep file: parsed, checked and expanded into runs.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::config::RunConfig;
use super::dataset::{DatasetSpec, FolderSpec, IdxSpec, Leakage, SyntheticSpec};
use super::effect::{StandIn, stand_ins};
use super::error::{Complaint, SpecError};
use super::gan;
use super::grid::{Axis, Point, axes, product, size};
use super::model::Model;
use super::plain::suggest;
use super::settings::{COMMON_KEYS, Settings, all_keys, keys};
use super::slurm::SlurmSettings;
use super::unreached::unreached;

/// Runs that one file may ask for; more is taken for a mistake.
const MOST_RUNS: usize = 100_000;

/// A sweep file, read and expanded.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Its name in the store and in reports.
    pub name: String,
    /// Where its images come from: one or more, without duplicates. Every point of the grid is run on each.
    pub datasets: Vec<DatasetSpec>,
    /// Every point of the grid, without duplicates. Keys vary in alphabetical order, the first slowest.
    pub runs: Vec<RunConfig>,
    /// Points that make no run of their own, as they differ from one in settings without effect.
    pub stand_ins: Vec<StandIn>,
    /// Settings of the file that reach none of its models, a line for each.
    pub unreached: Vec<String>,
    /// What it asks of a cluster; no part of what its runs are.
    pub slurm: SlurmSettings,
    /// Whether the last checkpoint of each fit is kept: trainings of more epochs go on from it.
    pub keep_checkpoints: bool,
    /// The text of the file.
    pub text: String,
}

impl Sweep {
    /// Reads a sweep from TOML. `file` is only shown in errors.
    ///
    /// # Errors
    /// Whatever keeps the file from being run as it was meant, with its place in the text.
    pub fn parse(file: &str, text: &str) -> Result<Self, Box<SpecError>> {
        read(text).map_err(|complaint| Box::new(complaint.in_file(file, text)))
    }
}

fn read(text: &str) -> Result<Sweep, Complaint> {
    let document = DeTable::parse(text)?;
    let top = document.get_ref();
    let known = ["name", "dataset", "keep_checkpoints", "base", "grid", "slurm"];
    if let Some((key, _)) = top.iter().find(|(key, _)| !known.contains(&key.get_ref().as_ref())) {
        let name = key.get_ref();
        let help = if all_keys().contains(&name.as_ref()) {
            format!("`{name}` belongs into `[base]` or `[grid]`")
        } else {
            suggest(name, &known)
        };
        return Err(Complaint::new(key.span(), format!("unknown key `{name}`")).help(help));
    }
    let (runs, datasets) = (runs(top)?, datasets(top)?);
    if runs.len().saturating_mul(datasets.len()) > MOST_RUNS {
        return Err(too_many());
    }
    let keep_checkpoints = keep_checkpoints(top)?;
    let settings = [table(top, "base")?, table(top, "grid")?];
    let unreached = unreached(&settings.into_iter().flatten().collect::<Vec<_>>(), &models(&runs));
    let (runs, stand_ins) = stand_ins(runs);
    let (name, slurm, text) = (name(top)?, slurm(top)?, text.to_string());
    Ok(Sweep { name, datasets, runs, stand_ins, unreached, slurm, keep_checkpoints, text })
}

fn models(runs: &[RunConfig]) -> Vec<Model> {
    Model::ALL.into_iter().filter(|model| runs.iter().any(|run| run.fit.model() == *model)).collect()
}

fn slurm(top: &DeTable<'_>) -> Result<SlurmSettings, Complaint> {
    let Some(value) = top.get("slurm") else { return Ok(SlurmSettings::default()) };
    let table = table(top, "slurm")?.cloned().unwrap_or_default();
    let settings: SlurmSettings = typed(Spanned::new(value.span(), table.clone()))?;
    let place = |key: &str| table.get(key).map_or(value.span(), Spanned::span);
    settings.check().map_err(|(key, problem)| Complaint::new(place(key), problem))?;
    Ok(settings)
}

fn keep_checkpoints(top: &DeTable<'_>) -> Result<bool, Complaint> {
    let Some(value) = top.get("keep_checkpoints") else { return Ok(false) };
    value
        .get_ref()
        .as_bool()
        .ok_or_else(|| Complaint::new(value.span(), "`keep_checkpoints` must be true or false"))
}

fn name(top: &DeTable<'_>) -> Result<String, Complaint> {
    let help = "give the sweep a name, such as name = \"casting\"";
    let value = top.get("name").ok_or_else(|| Complaint::new(0..0, "`name` is missing").help(help))?;
    match value.get_ref().as_str() {
        Some(name) if is_name(name) => Ok(name.to_string()),
        Some(_) => Err(Complaint::new(value.span(), "this cannot be the name of a sweep").help(
            "its report gets a folder of that name: at most 100 letters, digits, `-`, `_` and `.`, with a letter \
             or digit at the beginning",
        )),
        None => Err(Complaint::new(value.span(), "`name` must be a text").help(help)),
    }
}

/// Letters of the longest name of a sweep.
pub const LONGEST_NAME: usize = 100;

/// Whether it can be the name of a sweep.
pub fn is_name(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric)
        && text.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
        && text.chars().count() <= LONGEST_NAME
        && text != "index.html" // the page beside the folders
}

const DATASET_HELP: &str = "such as dataset = { kind = \"folder\", root = \"data/casting\" }, or a list of \
                            such tables; \
                            the kinds are folder, idx and synthetic";

/// One table, or a list of them: an axis of the grid.
fn datasets(top: &DeTable<'_>) -> Result<Vec<DatasetSpec>, Complaint> {
    let value =
        top.get("dataset").ok_or_else(|| Complaint::new(0..0, "`dataset` is missing").help(DATASET_HELP))?;
    let tables: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    if tables.is_empty() {
        return Err(Complaint::new(value.span(), "`dataset` has no values").help(DATASET_HELP));
    }
    let mut datasets: Vec<DatasetSpec> = Vec::new();
    for table in tables {
        let found = dataset(table)?;
        if datasets.contains(&found) {
            continue;
        }
        if let Some(name) = found.name()
            && datasets.iter().any(|known| known.name() == Some(name))
        {
            return Err(Complaint::new(table.span(), format!("two datasets are named `{name}`")));
        }
        datasets.push(found);
    }
    Ok(datasets)
}

fn dataset(value: &Spanned<DeValue<'_>>) -> Result<DatasetSpec, Complaint> {
    let help = DATASET_HELP;
    let table = value
        .get_ref()
        .as_table()
        .ok_or_else(|| Complaint::new(value.span(), "`dataset` must be a table").help(help))?;
    if let Some(name) = table.get("name") {
        let is_name = |text: &str| !text.trim().is_empty() && !text.contains(char::is_control);
        if !name.get_ref().as_str().is_some_and(is_name) {
            let help = "a text of one line, such as name = \"bottle\"";
            return Err(Complaint::new(name.span(), "this cannot be the name of a dataset").help(help));
        }
    }
    let kind = table
        .get("kind")
        .ok_or_else(|| Complaint::new(value.span(), "the dataset's `kind` is missing").help(help))?;
    let mut rest = table.clone();
    rest.remove("kind");
    let rest = Spanned::new(value.span(), rest);
    match kind.get_ref().as_str() {
        Some("folder") => folder(rest).map(DatasetSpec::Folder),
        Some("idx") => idx(rest).map(DatasetSpec::Idx),
        Some("synthetic") => synthetic(rest).map(DatasetSpec::Synthetic),
        Some(other) => Err(Complaint::new(kind.span(), format!("unknown dataset kind `{other}`"))
            .help(suggest(other, &["folder", "idx", "synthetic"]))),
        None => Err(Complaint::new(kind.span(), "`kind` must be a text").help(help)),
    }
}

fn typed<T: DeserializeOwned>(table: Spanned<DeTable<'_>>) -> Result<T, Complaint> {
    let whole = table.span();
    // Where it is a value that is wrong, the key before it says which.
    let keys: Vec<(String, Range<usize>)> =
        table.get_ref().iter().map(|(key, value)| (key.get_ref().to_string(), value.span())).collect();
    T::deserialize(Deserializer::from(table)).map_err(|error| {
        let span = error.span().unwrap_or(whole);
        let key = keys.iter().find(|(_, value)| value.start <= span.start && span.end <= value.end);
        Complaint::plain(span, &error, key.map(|(key, _)| key.as_str()))
    })
}

fn folder(table: Spanned<DeTable<'_>>) -> Result<FolderSpec, Complaint> {
    let span = table.span();
    let spec: FolderSpec = typed(table)?;
    let ways = "give `root` (with or without `normal` and `anomaly`), \
                or `train` (with or without `test_normal` and `test_anomaly`)";
    let other_path = spec.test_normal.is_some() || spec.test_anomaly.is_some();
    if spec.root.is_some() == spec.train.is_some() || (other_path && spec.train.is_none()) {
        return Err(Complaint::new(span, "the folder dataset does not say where its images are").help(ways));
    }
    if spec.anomaly.is_some() && spec.normal.is_none() {
        return Err(Complaint::new(span, "`anomaly` is given without `normal`").help(ways));
    }
    leakage(span.clone(), spec.leakage, spec.near_distance)?;
    if let Some([black, white]) = spec.range
        && !(black.is_finite() && white.is_finite() && black < white)
    {
        return Err(Complaint::new(span, "`range` must be two numbers, that of black before that of white")
            .help("such as range = [0, 4095]"));
    }
    if let Some(tiles) = spec.tiles
        && !(1..=16).contains(&tiles)
    {
        return Err(Complaint::new(span, format!("`tiles` must lie in 1..=16, not {tiles}"))
            .help("`tiles = 4` cuts each image into 4×4 tiles of `image_size`"));
    }
    if let Some(share) = spec.test_share
        && !(share > 0.0 && share < 1.0)
    {
        return Err(Complaint::new(span, format!("`test_share` must lie between 0 and 1, not {share}")));
    }
    Ok(spec)
}

fn idx(table: Spanned<DeTable<'_>>) -> Result<IdxSpec, Complaint> {
    let span = table.span();
    let spec: IdxSpec = typed(table)?;
    if spec.normal_class.is_some() == spec.anomaly_class.is_some() {
        return Err(Complaint::new(span, "give one of `normal_class` and `anomaly_class`"));
    }
    leakage(span, spec.leakage, spec.near_distance)?;
    Ok(spec)
}

fn leakage(span: Range<usize>, leakage: Leakage, near: Option<f64>) -> Result<(), Complaint> {
    match near {
        None if leakage == Leakage::DropNear => {
            Err(Complaint::new(span, "`drop_near` needs `near_distance`")
                .help("`anolab data inspect` shows how far apart the images are"))
        }
        Some(distance) if !(distance > 0.0 && distance <= 255.0) => Err(Complaint::new(
            span,
            format!("`near_distance` must be above 0 and at most 255, not {distance}"),
        )),
        _ => Ok(()),
    }
}

fn synthetic(table: Spanned<DeTable<'_>>) -> Result<SyntheticSpec, Complaint> {
    let span = table.span();
    let spec: SyntheticSpec = typed(table)?;
    if !(4..=100_000).contains(&spec.count) {
        return Err(Complaint::new(span, format!("`count` must lie from 4 to 100000, not {}", spec.count)));
    }
    Ok(spec)
}

fn table<'t, 'i>(parent: &'t DeTable<'i>, key: &str) -> Result<Option<&'t DeTable<'i>>, Complaint> {
    match parent.get(key) {
        None => Ok(None),
        Some(value) => match value.get_ref() {
            DeValue::Table(table) => Ok(Some(table)),
            _ => Err(Complaint::new(value.span(), format!("`{key}` must be a table"))),
        },
    }
}

fn runs(top: &DeTable<'_>) -> Result<Vec<RunConfig>, Complaint> {
    let base = match table(top, "base")? {
        Some(base) => base_point(base, &all_keys())?,
        None => Point::new(),
    };
    let grid = table(top, "grid")?.cloned().unwrap_or_default();
    let mut common = grid.clone();
    for model in Model::ALL {
        if let Some(key) = own_key(&grid, model) {
            common.remove(key.as_str());
        }
    }
    misplaced(&common)?;
    let common = axes(&common, &[COMMON_KEYS, gan::KEYS].concat())?;
    let own: Vec<(Model, Vec<Axis>)> = Model::ALL
        .into_iter()
        .map(|model| {
            let own = own_key(&grid, model).map_or(Ok(None), |key| table(&grid, &key))?;
            let own = own.map_or(Ok(Vec::new()), |own| axes(own, &keys(model)));
            Ok((model, own?))
        })
        .collect::<Result<_, Complaint>>()?;

    // Before it is built: a few lists multiply to more than fits into memory.
    if own.iter().any(|(_, own)| size(own) > MOST_RUNS) || size(&common) > MOST_RUNS {
        return Err(too_many());
    }
    let mut runs: Vec<RunConfig> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for point in product(&common) {
        let point = overlay(&base, &point);
        let Some((model, own)) =
            own.iter().find(|(model, _)| point.get("model").is_some_and(|name| name == model.name()))
        else {
            return Err(Complaint::new(0..0, "no `model` is given")
                .help("add model = [\"anogan\", \"ganomaly\"] to `[grid]`"));
        };
        for choice in product(own) {
            let settings: Settings = serde_json::from_value(Value::Object(overlay(&point, &choice)))
                .map_err(|error| Complaint::new(0..0, error.to_string()))?;
            if settings.gan.preset.is_some_and(|preset| !model.takes(preset)) {
                let of = format!("this preset is another model's, and says nothing of {}", model.name());
                return Err(Complaint::new(place(top, *model, "preset"), of).help(
                    "give each model its own: `akcay2018` in `[grid.ganomaly]`, `schlegl2017` in \
                           `[grid.anogan]`, `ye2022` in either",
                ));
            }
            let run = RunConfig::resolve(&settings, *model);
            run.check().map_err(|(key, problem)| Complaint::new(place(top, *model, key), problem))?;
            if seen.insert(super::identity::canonical_json(&run, *model)) {
                runs.push(run);
            }
            if runs.len() > MOST_RUNS {
                return Err(too_many());
            }
        }
    }
    Ok(runs)
}

/// The key of a model's own part of the grid, in capitals or not.
fn own_key(grid: &DeTable<'_>, model: Model) -> Option<String> {
    let keys = grid.iter().map(|(key, _)| key.get_ref());
    keys.filter(|key| key.eq_ignore_ascii_case(model.name())).map(ToString::to_string).next()
}

fn too_many() -> Complaint {
    Complaint::new(0..0, format!("the grid has more than {MOST_RUNS} runs"))
}

/// Where a model's setting is given: in its own part of the grid, in the grid or in the base.
fn place(top: &DeTable<'_>, model: Model, key: &str) -> Range<usize> {
    let inside = |parent: Option<&DeTable<'_>>| parent?.get(key).map(Spanned::span);
    let grid = table(top, "grid").ok().flatten();
    let own = grid.and_then(|grid| table(grid, &own_key(grid, model)?).ok().flatten());
    let base = table(top, "base").ok().flatten();
    inside(own).or_else(|| inside(grid)).or_else(|| inside(base)).unwrap_or(0..0)
}

fn base_point(base: &DeTable<'_>, allowed: &[&str]) -> Result<Point, Complaint> {
    let several = |value: &DeValue<'_>| value.is_array() || value.is_table();
    if let Some((key, value)) = base.iter().find(|(_, value)| several(value.get_ref())) {
        return Err(Complaint::new(
            value.span(),
            format!("`{}` in `[base]` must be one value", key.get_ref()),
        )
        .help(if value.get_ref().is_array() {
            "move the list to `[grid]`"
        } else {
            "move the table to `[grid]`"
        }));
    }
    Ok(product(&axes(base, allowed)?).remove(0))
}

/// A model's own key in `[grid]` is a common slip: say where it belongs.
fn misplaced(common: &DeTable<'_>) -> Result<(), Complaint> {
    for (key, _) in common.iter() {
        let name = key.get_ref();
        if let Some(model) = Model::ALL.into_iter().find(|model| model.own_keys().contains(&name.as_ref())) {
            let model = model.name();
            return Err(Complaint::new(key.span(), format!("`{name}` is a setting of {model} alone"))
                .help(format!("move it to `[grid.{model}]`")));
        }
    }
    Ok(())
}

fn overlay(under: &Point, over: &Point) -> Point {
    under.clone().into_iter().chain(over.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{FitId, RunId};
    use crate::spec::identity::{fit_id, run_id};
    use crate::spec::{Network, Scoring};
    use std::collections::HashSet;

    const DATASET: &str = "dataset = { kind = \"synthetic\", scene = \"casting\", count = 8 }";

    fn sweep(rest: &str) -> Sweep {
        let text = format!("name = \"t\"\n{DATASET}\n{rest}");
        Sweep::parse("t.toml", &text).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(*error)))
    }

    fn complaint(rest: &str) -> String {
        let text = format!("name = \"t\"\n{DATASET}\n{rest}");
        format!("{:?}", miette::Report::new(*Sweep::parse("t.toml", &text).unwrap_err()))
    }

    /// Where runs are computed is no part of what they are.
    #[test]
    fn a_cluster_changes_no_name() {
        let grid = "[grid]\nmodel = \"anogan\"\n";
        let plain = sweep(grid);
        let asked = sweep(&format!(
            "{grid}[slurm]\npartition = \"gpu\"\ngres = \"gpu:1\"\ntime = \"4:00:00\"\nmax_parallel = 16\n\
             sbatch_args = [\"--cpus-per-task=4\"]\nsite = \"site.sh\"\ntask_minutes = 10\n"
        ));
        assert_eq!(plain.slurm, SlurmSettings::default());
        assert_eq!((asked.slurm.partition.as_deref(), asked.slurm.max_parallel), (Some("gpu"), Some(16)));
        assert_eq!((asked.slurm.task_minutes, asked.slurm.sbatch_args.len()), (Some(10.0), 1));
        assert_eq!(run_id(&plain.runs[0], "d"), run_id(&asked.runs[0], "d"));
        for (wrong, expected) in [
            ("partitions = \"gpu\"", "unknown key `partitions`"),
            ("max_parallel = 0", "`max_parallel` must be 1 or more"),
            ("max_parallel = \"many\"", "`max_parallel` must be a whole number of 0 or more"),
            ("task_minutes = -1.0", "`task_minutes` must be 0 or more"),
            ("sbatch_args = [\"a\\nb\"]", "every argument must be a text of one line"),
            ("time = \"\"", "`time` must be a text of one line"),
        ] {
            let said = complaint(&format!("{grid}[slurm]\n{wrong}\n"));
            assert!(said.contains(expected), "{wrong}: {said}");
        }
        assert!(complaint(&format!("slurm = 1\n{grid}")).contains("`slurm` must be a table"));
    }

    /// 10⁸ points, which would take gigabytes.
    #[test]
    fn a_huge_grid_is_refused_before_it_is_built() {
        let list = |numbers: std::ops::Range<u32>| format!("{:?}", numbers.collect::<Vec<_>>());
        let (seeds, epochs) = (list(0..10_000), list(1..10_001));
        let begun = std::time::Instant::now();
        let said = complaint(&format!("[grid]\nmodel = \"ganomaly\"\nseed = {seeds}\nepochs = {epochs}\n"));
        assert!(said.contains("the grid has more than 100000 runs"), "{said}");
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    #[test]
    fn a_preset_of_another_model_is_refused() {
        let said = complaint("[base]\npreset = \"akcay2018\"\n[grid]\nmodel = [\"ganomaly\", \"anogan\"]\n");
        assert!(said.contains("says nothing of anogan") && said.contains("`schlegl2017` in"), "{said}");
        let said = complaint("[grid]\nmodel = \"ganomaly\"\n[grid.ganomaly]\npreset = \"schlegl2017\"\n");
        assert!(said.contains("says nothing of ganomaly"), "{said}");
        let fine = "[base]\npreset = \"ye2022\"\n[grid]\nmodel = [\"ganomaly\", \"anogan\", \"pca\"]\n";
        assert_eq!(sweep(fine).runs.len(), 3);
    }

    #[test]
    fn expands_every_combination_once() {
        let found = sweep(
            "[grid]\nmodel = [\"anogan\", \"ganomaly\"]\nimage_size = [32, 64, 32]\nseed = [0, 1, 2]\n\
             [grid.ganomaly]\nw_con = [10, 50.0]\n[grid.anogan]\nlambda = [0.0, 0.1, 0.2, 0.5, 1.0]\n",
        );
        assert_eq!(found.runs.len(), 2 * 3 * 2 + 2 * 3 * 5);
        let fits: HashSet<FitId> = found.runs.iter().map(|run| fit_id(&run.fit, "digest")).collect();
        assert_eq!(fits.len(), 2 * 3 * 2 + 2 * 3, "λ shares a fit, w_con does not");
        let runs: HashSet<RunId> = found.runs.iter().map(|run| run_id(run, "digest")).collect();
        assert_eq!(runs.len(), found.runs.len());
    }

    #[test]
    fn scoring_choices_share_a_fit() {
        let found = sweep(
            "[grid]\nmodel = \"ganomaly\"\n[grid.ganomaly]\nscore = [\"latent\", \"contextual\"]\n\
             batch_norm = [\"running\", \"batch\"]\n",
        );
        assert_eq!(found.runs.len(), 4);
        assert!(found.runs.iter().all(|run| fit_id(&run.fit, "d") == fit_id(&found.runs[0].fit, "d")));
    }

    #[test]
    fn identities_ignore_order_defaults_and_float_spelling() {
        let one = sweep(
            "[base]\nepochs = 3\nwidth = 8\n[grid]\nmodel = \"ganomaly\"\n[grid.ganomaly]\nw_con = 50.0\n",
        );
        let two = sweep(
            "[grid]\nmodel = [\"ganomaly\"]\nimage_size = 32\n[base]\nw_con = 50\nwidth = 8\nepochs = 3\n",
        );
        assert_eq!(run_id(&one.runs[0], "d"), run_id(&two.runs[0], "d"));
        assert_ne!(run_id(&one.runs[0], "d"), run_id(&one.runs[0], "e"), "the images count");
        let zero = sweep("[grid]\nmodel = \"anogan\"\n[grid.anogan]\nlambda = 0.0\n");
        let minus = sweep("[grid]\nmodel = \"anogan\"\n[grid.anogan]\nlambda = -0.0\n");
        assert_eq!(run_id(&zero.runs[0], "d"), run_id(&minus.runs[0], "d"));
    }

    /// A name that changes makes every old result unreachable: change it only with the format.
    #[test]
    fn identities_stay() {
        let found = sweep("[grid]\nmodel = [\"anogan\", \"ganomaly\"]\n");
        let names: Vec<String> = found.runs.iter().map(|run| run_id(run, "digest").to_string()).collect();
        insta::assert_debug_snapshot!(names);
    }

    #[test]
    fn model_grids_override_the_base() {
        let found = sweep(
            "[base]\nepochs = 3\nw_adv = 2\n[grid]\nmodel = [\"anogan\", \"ganomaly\"]\n[grid.anogan]\nepochs = 9\n",
        );
        let epochs: Vec<usize> = found.runs.iter().filter_map(|run| Some(run.fit.gan()?.epochs)).collect();
        assert_eq!(epochs, [9, 3]);
        assert!(matches!(&found.runs[1].fit.network, Network::Ganomaly(weights) if weights.w_adv == 2.0));
        assert!(matches!(&found.runs[0].scoring, Scoring::Anogan(search) if search.lambda == 0.1));
    }

    /// A dataset is no part of a configuration: a list of one asks for the same runs as the table itself.
    #[test]
    fn datasets_are_an_axis() {
        let read = |datasets: &str| {
            let text =
                format!("name = \"t\"\ndataset = {datasets}\n[grid]\nmodel = \"pca\"\nseed = [0, 1]\n");
            Sweep::parse("t.toml", &text).map_err(|error| format!("{:?}", miette::Report::new(*error)))
        };
        let one = "{ kind = \"folder\", root = \"a/part\" }";
        let (table, list) = (read(one).unwrap(), read(&format!("[{one}, {one}]")).unwrap());
        assert_eq!((&table.datasets, &table.runs), (&list.datasets, &list.runs), "doubles are one");
        let two =
            read(&format!("[{one}, {{ kind = \"folder\", root = \"b/part\", name = \"other\" }}]")).unwrap();
        let titles: Vec<String> = two.datasets.iter().map(DatasetSpec::title).collect();
        assert_eq!(titles, ["part", "other"]);
        assert_eq!(two.runs, table.runs);
        let described = serde_json::to_string(&table.datasets[0]).unwrap();
        assert!(!described.contains("name"), "described as before: {described}");
        for (datasets, expected) in [
            ("[]".to_string(), "`dataset` has no values"),
            (format!("[{one}, 3]"), "`dataset` must be a table"),
            ("{ kind = \"folder\", root = \"a\", name = \" \" }".into(), "cannot be the name of a dataset"),
            (
                "[{ kind = \"folder\", root = \"a\", name = \"x\" }, { kind = \"folder\", root = \"b\", name = \"x\" }]"
                    .into(),
                "two datasets are named `x`",
            ),
        ] {
            let shown = read(&datasets).unwrap_err();
            assert!(shown.contains(expected), "{datasets}\n{shown}");
        }
        let many: Vec<String> =
            (0..101).map(|nth| format!("{{ kind = \"folder\", root = \"{nth}\" }}")).collect();
        let (many, seeds) = (many.join(", "), (0..1000).collect::<Vec<u32>>());
        let text = format!("name = \"t\"\ndataset = [{many}]\n[grid]\nmodel = \"pca\"\nseed = {seeds:?}\n");
        let error = Sweep::parse("t.toml", &text).unwrap_err();
        assert!(error.to_string().contains("more than 100000 runs"), "datasets multiply the grid");
    }

    #[test]
    fn complaints_show_the_place_and_the_cure() {
        for (rest, expected) in [
            ("[grid]\nmodel = \"ganomaly\"\nimgae_size = 32", "did you mean `image_size`?"),
            ("[grid]\nmodel = \"gan\"", "`model` cannot be `gan`"),
            ("[grid]\nmodel = \"anogan\"\nimage_size = [32, 48]", "power of two"),
            ("[grid]\nmodel = \"anogan\"\nimage_size = 512", "power of two from 16 to 256"),
            ("[grid]\nmodel = \"anogan\"\nseed = []", "`seed` has no values"),
            ("[grid]\nmodel = \"anogan\"\nchannels = 2", "must be 1 (gray) or 3 (RGB)"),
            ("[grid]\nmodel = \"anogan\"\n[grid.anogan]\nlambda = 1.5", "must lie from 0 to 1"),
            ("[grid]\nmodel = \"ganomaly\"\n[grid.ganomaly]\nw_con = -1", "cannot be -1"),
            ("[grid]\nmodel = \"ganomaly\"\nw_con = 1", "move it to `[grid.ganomaly]`"),
            ("[grid]\nmodel = \"ganomaly\"\n[grid.ganomaly]\nlambda = 0.1", "unknown key `lambda`"),
            (
                "[grid]\nmodel = \"anogan\"\nepochs = \"ten\"",
                "must be a whole number of 0 or more, not the text",
            ),
            ("[base]\nmodel = \"anogan\"\nseed = [1, 2]", "move the list to `[grid]`"),
            ("[base]\nepochs = 1", "no `model` is given"),
            ("[grid]\nmodel = \"anogan\"\nlearning_rate = nan", "positive number"),
            ("epochs = 3", "belongs into `[base]` or `[grid]`"),
            ("[grid\nmodel = 1", "t.toml:3"),
        ] {
            let shown = complaint(rest).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(shown.contains(expected), "{rest}\n{shown}");
            assert!(shown.contains("t.toml:"), "no place in:\n{shown}");
        }
    }

    #[test]
    fn datasets_say_what_is_missing() {
        for (dataset, expected) in [
            ("{ kind = \"folder\" }", "does not say where its images are"),
            ("{ kind = \"folder\", root = \"a\", train = \"b\" }", "does not say where its images are"),
            ("{ kind = \"folders\", root = \"a\" }", "did you mean `folder`?"),
            ("{ root = \"a\" }", "`kind` is missing"),
            ("{ kind = \"folder\", rooot = \"a\" }", "did you mean `root`?"),
            ("{ kind = \"idx\", root = \"a\" }", "one of `normal_class` and `anomaly_class`"),
            ("{ kind = \"synthetic\", scene = \"casting\", count = 0 }", "must lie from 4"),
        ] {
            let text = format!("name = \"t\"\ndataset = {dataset}\n[base]\nmodel = \"anogan\"\n");
            let shown = format!("{:?}", miette::Report::new(*Sweep::parse("t.toml", &text).unwrap_err()));
            let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(shown.contains(expected), "{dataset}\n{shown}");
        }
    }

    #[test]
    fn a_range_of_seeds_is_the_list_of_them() {
        let grid = |seed: &str| format!("[grid]\nmodel = \"pca\"\nseed = {seed}\n");
        let (range, list) = (sweep(&grid("{ from = 3, to = 6 }")), sweep(&grid("[3, 4, 5, 6]")));
        assert_eq!(range.runs, list.runs);
        let own = "[grid]\nmodel = \"ganomaly\"\n[grid.ganomaly]\nseed = { from = 1, to = 1 }\n";
        assert_eq!(sweep(own).runs.len(), 1);
        for (seed, expected) in [
            ("{ from = 3 }", "the seeds' `to` is missing"),
            ("{ from = 3, to = 1 }", "no seed lies from 3 to 1"),
            ("{ from = 0, to = 100000 }", "100001 seeds are more than 100000"),
            ("{ from = -1, to = 1 }", "a whole number of 0 or more"),
            ("{ from = 0, to = 1, step = 2 }", "unknown key `step`"),
        ] {
            assert!(complaint(&grid(seed)).contains(expected), "{seed}: {}", complaint(&grid(seed)));
        }
        let in_base = complaint("[base]\nmodel = \"pca\"\nseed = { from = 0, to = 1 }\n");
        assert!(in_base.contains("move the table to `[grid]`"), "{in_base}");
    }

    #[test]
    fn models_are_known_in_capitals() {
        let capitals = sweep("[grid]\nmodel = [\"GANomaly\", \"PCA\"]\n[grid.GANomaly]\nw_con = [1, 2]\n");
        let small = sweep("[grid]\nmodel = [\"ganomaly\", \"pca\"]\n[grid.ganomaly]\nw_con = [1, 2]\n");
        assert_eq!(capitals.runs, small.runs);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in concat!(
            "(name|dataset|\\[grid\\]|\\[base\\]|model|seed|=|",
            "\"[a-z]{0,6}\"|[-0-9.e]{1,4}|\\{|\\}|\\[|\\]|,|\n| ){0,40}"
        )) {
            Sweep::parse("t.toml", &text).ok();
        }
    }
}
