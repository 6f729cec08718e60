//! `anolab init`: a sweep file for a folder of images.

use std::path::{Path, PathBuf};

use super::destination::new_file;
use super::progress::images;
use super::{Context, DONE, Failure, Outcome};
use crate::data::{Dataset, Inspection, inspect};
use crate::spec::{DatasetSpec, FolderSpec, Label, Split, Sweep, is_name};
use crate::sweep::{SweepError, plan};
use crate::words::counted;

/// Look at a folder of images and write a sweep file for it, with comments. It is a start: every model with settings
/// that fit the images, three seeds each.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab init path/to/images\n  anolab init path/to/images --out mine.toml && anolab \
                        sweep plan mine.toml"
)]
pub(super) struct Init {
    /// The folder of images.
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
    /// The new file [default: the folder's name with .toml].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The folder of normal images, in DIR or in its `train`, where its name does not say so.
    #[arg(long, value_name = "NAME")]
    normal: Option<String>,
    /// The folder of anomalous images; all others beside the normal ones by default.
    #[arg(long, value_name = "NAME", requires = "normal")]
    anomaly: Option<String>,
    /// Replace a file that is there already.
    #[arg(long)]
    force: bool,
}

/// Gray levels below which a training and a test image are called nearly the same.
const NEAR: f64 = 4.0;

/// Images that a training should see in all: enough to learn something in minutes on a CPU.
const SEEN: usize = 30_000;

impl Init {
    pub fn run(self, context: &Context) -> Outcome {
        let folder = FolderSpec {
            root: Some(self.folder.clone()),
            normal: self.normal.clone(),
            anomaly: self.anomaly.clone(),
            ..FolderSpec::default()
        };
        let spec = DatasetSpec::Folder(folder.clone());
        let dataset = Dataset::look(&spec)?;
        dataset.check(&spec)?;
        let bar = images(context, dataset.items.len(), "reading");
        let found = inspect(&dataset, NEAR, &|| bar.inc(1));
        bar.finish_and_clear();
        let name = name_of(&self.folder);
        let out = self.out.unwrap_or_else(|| format!("{name}.toml").into());
        new_file(context, &out, self.force)?;
        let remarks = remarks(&dataset, &found);
        let text = sweep_file(&name, (&self.folder, &folder), &dataset, &found, &remarks)?;
        // What is written can be run.
        plan("", Sweep::parse(&out.display().to_string(), &text).map_err(SweepError::from)?)?;
        std::fs::write(&out, &text)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", out.display())))?;
        tell!("{}", out.display());
        remarks.iter().for_each(|line| context.say(line));
        let [train, normal, anomalous] = counts(&found);
        context.say(format!(
            "{} to train on, {normal} normal and {} to test; next: anolab sweep plan {}",
            counted(train, "image"),
            counted(anomalous, "anomalous image"),
            out.display()
        ));
        Ok(DONE)
    }
}

/// Readable images: to train on, normal and anomalous ones to test.
fn counts(found: &Inspection) -> [usize; 3] {
    let of = |split, label| {
        found.counts.iter().find(|(s, l, _)| (*s, *l) == (split, label)).map_or(0, |(.., n)| *n)
    };
    [of(Split::Train, Label::Normal), of(Split::Test, Label::Normal), of(Split::Test, Label::Anomaly)]
}

/// The folder's name, as a sweep can have it.
fn name_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let plain: String = plain.trim_start_matches(['-', '_', '.']).chars().take(40).collect();
    if is_name(&plain) { plain } else { "images".into() }
}

/// The text of a sweep file for the images in a folder, and how that is understood.
fn sweep_file(
    name: &str,
    (folder, spec): (&Path, &FolderSpec),
    dataset: &Dataset,
    found: &Inspection,
    remarks: &[String],
) -> Result<String, Failure> {
    let [train, ..] = counts(found);
    let holdout = if train >= 200 { 0.1 } else { 0.2 };
    let trained_on = train - (train as f64 * holdout).round() as usize;
    if trained_on < 2 {
        return Err(Failure::new(format!(
            "{} to train on: two are the least, and some hundreds are needed to learn anything",
            counted(trained_on, "image")
        )));
    }
    let batch_size = [64, 32, 16, 8, 4, 2].into_iter().find(|size| *size <= trained_on / 4).unwrap_or(2);
    let epochs = (SEEN / train.max(1)).clamp(15, 100);
    let side = typical_side(found);
    let image_size = if side >= 96 { 64 } else { 32 };
    let (channels, colours) =
        if dataset.is_coloured() { (3, "in colour; 1 makes them gray") } else { (1, "gray") };
    let components = (trained_on - 1).saturating_sub(found.train_copies).clamp(1, 32);
    let root = toml::Value::from(folder.to_str().ok_or_else(|| {
        Failure::new(format!("the path {} is no text, and no sweep file can name it", folder.display()))
    })?);
    let named = [("normal", &spec.normal), ("anomaly", &spec.anomaly)];
    let mut named: String = (named.iter())
        .filter_map(|(key, name)| Some(format!(", {key} = {}", toml::Value::from(name.as_deref()?))))
        .collect();
    if !found.unreadable.is_empty() {
        named.push_str(", skip_unreadable = true");
    }
    let remarks: String = remarks.iter().map(|line| format!("# {line}\n")).collect();
    Ok(format!(
        "# A sweep over the images in {folder}, written by `anolab init`.\n\
         # What would run, and how long it takes: anolab sweep plan FILE. Train and judge: anolab sweep run FILE.\n\
         # Every setting with its meaning: anolab schema.\n\
         {remarks}\
         name = \"{name}\"\n\
         # Relative paths start where anolab is run.\n\
         dataset = {{ kind = \"folder\", root = {root}{named} }}\n\n\
         [base]                  # one value each\n\
         image_size = {image_size:<10} # 16, 32, 64, 128 or 256: the images, mostly {side} pixels, are shrunk to it\n\
         channels = {channels:<12} # the images are {colours}\n\
         holdout = {holdout:<13} # share of the normal images kept from training: the threshold is set by them\n\n\
         [grid]                  # lists: every combination is run\n\
         # The last three are arithmetic that the others must beat.\n\
         model = [\"ganomaly\", \"anogan\", \"pca\", \"nearest\", \"brightness\"]\n\
         seed = {{ from = 0, to = 2 }}   # three trainings of each: one says little\n\n\
         [grid.ganomaly]         # only where model = \"ganomaly\"\n\
         epochs = {epochs:<14} # passes over {trained_on} images\n\
         batch_size = {batch_size}\n\
         width = 32              # channels of the first convolution: more learn more, and take longer\n\
         w_con = [10.0, 50.0]    # weight of the reconstruction\n\n\
         [grid.anogan]\n\
         epochs = {epochs}\n\
         batch_size = {batch_size}\n\
         width = 32\n\
         lambda = [0.1, 0.5]     # these share one training\n\
         search_steps = 100      # of the latent search, image by image: it takes most of the time\n\
         search_learning_rate = 0.05\n\n\
         [grid.pca]\n\
         components = {components}\n",
        folder = comment(&folder.display().to_string()),
    ))
}

/// The smaller side of most images.
fn typical_side(found: &Inspection) -> u32 {
    let mut sides: Vec<(u32, usize)> =
        found.sizes.iter().map(|((width, height), count)| (*width.min(height), *count)).collect();
    sides.sort_unstable();
    let half = sides.iter().map(|(_, count)| count).sum::<usize>() / 2;
    let mut seen = 0;
    let middle = sides.iter().find(|(_, count)| {
        seen += count;
        seen > half
    });
    middle.map_or(32, |(side, _)| *side)
}

/// What should be known of the images before their results are believed.
fn remarks(dataset: &Dataset, found: &Inspection) -> Vec<String> {
    let mut lines = dataset.not_taken();
    lines.extend(dataset.warnings(&found.deep));
    if !found.unreadable.is_empty() {
        lines.push(format!(
            "{} cannot be read and left out: anolab data inspect",
            counted(found.unreadable.len(), "file")
        ));
    }
    if !found.leaked.is_empty() {
        lines.push(format!(
            "{} in train and test alike; leakage = \"drop_identical\" in the dataset trains without them",
            counted(found.leaked.len(), "image")
        ));
    }
    let masks = &found.masks;
    if masks.masked > 0 {
        lines.push(format!("masks of defects: {} of {} anomalous images", masks.masked, masks.anomalies));
    }
    lines.iter().map(|line| comment(line)).collect()
}

/// The text as a comment in TOML can have it: names of files hold whatever they like.
fn comment(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
