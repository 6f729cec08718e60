//! `anolab score`: new images under a past run.

use std::path::{Path, PathBuf};

use super::destination::{new_file, outside_store};
use super::progress::images;
use super::values::number;
use super::{Context, DONE, Failure, Outcome, SOME_FAILED};
use crate::data::image_files;
use crate::eval::measure::{AUROC, COVERAGE, DIVERSITY, NOVELTY};
use crate::eval::{Generated, INVERTED_AUROC};
use crate::report::{Overlays, overlay_paths};
use crate::store::{RunRow, Store, WantedRun};
use crate::sweep::{FileJudge, JudgedFile};
use crate::table::{Cell, Column, Format, Stream};
use crate::train::DeviceChoice;
use crate::words::counted;

/// Judge new images with a past run.
///
/// Each image has a line as soon as it is judged: its score, the threshold, the margin (score − threshold) and the
/// verdict. Files that cannot be judged are passed over and listed at the end; then the exit code is 1.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab score --run 1a2b3c4d new.png\n  anolab score --sweep casting --run pca folder \
                        --format csv\n  anolab score --run 1a2b3c4d folder --maps maps"
)]
pub(super) struct Score {
    /// The run's id, or the first characters of it; or, best with --sweep or --tag, its model. One finished run alone
    /// must fit: several are listed, and none is chosen.
    #[arg(long, value_name = "ID|MODEL", required_unless_present_any = ["sweep", "tag"])]
    run: Option<String>,
    /// The run is of this sweep.
    #[arg(long, value_name = "NAME")]
    sweep: Option<String>,
    /// The run has this tag.
    #[arg(long)]
    tag: Option<String>,
    /// Image files, and folders that are searched with all their subfolders.
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// Judge by this threshold instead of the run's own: higher scores are anomalies.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = number)]
    threshold: Option<f64>,
    /// Write the residual |x − x̂| of each image, in gray levels of 255, in colours over it, into this folder, as PNG.
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
    /// Replace maps that are there already.
    #[arg(long, requires = "maps")]
    force: bool,
    /// auto, cpu, cuda, cuda:N, wgpu or wgpu:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// How to print the scores: table, csv and jsonl line by line, the others at the end. Tables have four digits, all
    /// else has whole numbers.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Score {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        if let Some(folder) = &self.maps {
            outside_store(context, folder)?;
        }
        let (run, sweep, tag) = (self.run.as_deref(), self.sweep.as_deref(), self.tag.as_deref());
        let run_id = store.find_run(WantedRun { run, sweep, tag })?;
        let found = image_files(&self.images, self.maps.as_deref());
        let maps: Option<Vec<PathBuf>> = self.maps.as_ref().map(|folder| overlay_paths(folder, &found.files));
        if let Some(folder) = self.maps.as_deref().and_then(|folder| folder.canonicalize().ok())
            && (self.images.iter().any(|path| path.canonicalize().is_ok_and(|path| path == folder))
                || found.files.iter().any(|file| lies_in(&file.path, &folder)))
        {
            return Err(Failure::new(format!(
                "{} holds images that are judged, and maps would lie among them; name another folder",
                folder.display()
            )));
        }
        for map in maps.iter().flatten() {
            new_file(context, map, self.force)?;
        }
        let judge = FileJudge::open(&store, &run_id, self.device.find()?)?;
        if let Some(run) = store.finished_run(&run_id)? {
            introduce(context, &run);
        }
        if let Some(words) = found.passed_over() {
            context.say(format!("passed over: {words}"));
        }
        let threshold = self.threshold.or(judge.threshold());
        warn(context, &judge, threshold);
        let maps = maps.filter(|_| judge.makes_images());
        if self.maps.is_some() && maps.is_none() {
            say!("no maps are written: this model makes no images that could be compared");
        }
        let mut bad: Vec<(PathBuf, Failure)> =
            found.bad.into_iter().map(|(path, error)| (path, error.into())).collect();
        let files: Vec<PathBuf> = found.files.into_iter().map(|file| file.path).collect();
        let overlays = match &self.maps {
            Some(folder) if maps.is_some() => Some(Overlays::of_run(&store, &run_id, folder)?),
            _ => None,
        };
        let (mut stream, head) = Stream::begin(self.format, columns(&files, maps.is_some()));
        let bar = images(context, files.len(), "judging");
        bar.suspend(|| put!("{head}"));
        let (mut judged, mut anomalous, mut dark) = (0, 0, Vec::new());
        judge.judge(&files, |place, outcome| {
            let path = &files[place];
            let map = maps.as_ref().zip(overlays.as_ref()).map(|(maps, overlays)| (&maps[place], overlays));
            match outcome {
                Ok(file) => {
                    if let Some((map, overlays)) = map {
                        draw((overlays, &judge), map, path, &file)?;
                    }
                    judged += 1;
                    dark.extend(file.nearly_black);
                    anomalous += usize::from(threshold.is_some_and(|threshold| file.score > threshold));
                    let row = stream.row(row(path, file.score, threshold, map.map(|(map, _)| map.as_path())));
                    bar.suspend(|| put!("{row}"));
                }
                Err(error) => bad.push((path.clone(), error.into())),
            }
            bar.inc(1);
            Ok::<(), Failure>(())
        })?;
        bar.finish_and_clear();
        put!("{}", stream.end());
        warn_of_dark(&dark);
        Ok(conclude(context, judged, threshold.map(|_| anomalous), &bad))
    }
}

fn lies_in(file: &Path, folder: &Path) -> bool {
    file.canonicalize().is_ok_and(|file| file.parent() == Some(folder))
}

/// Says which run judges, and warns of one whose scores mean little.
fn introduce(context: &Context, run: &RunRow) {
    let auroc = run.measures.get(&AUROC);
    let area = auroc.map_or(String::new(), |auroc| format!(", AUROC {auroc:.3} on its test images"));
    context.say(format!(
        "run {}: {} on {}, {3}×{3}×{4}, seed {5}{area}",
        run.run_id.short(),
        run.model,
        run.dataset,
        run.image_size,
        run.channels,
        run.seed,
    ));
    if let Some(auroc) = auroc.filter(|auroc| *auroc < INVERTED_AUROC) {
        say!(
            "warning: this run is inverted: with an AUROC of {auroc:.3} its normal test images have higher scores than \
             its anomalous ones, and verdicts are worse than chance"
        );
    }
    let of = |measure| run.measures.get(measure);
    let generated = Generated { diversity: of(&DIVERSITY), coverage: of(&COVERAGE), novelty: of(&NOVELTY) };
    if let Some(warning) = generated.warning() {
        say!("warning: of this run's generator, {warning}");
    }
}

fn warn(context: &Context, judge: &FileJudge, threshold: Option<f64>) {
    if judge.judges_by_batch() {
        say!(
            "warning: this run scores with the statistics of the images that are judged together (batch_norm = \
             \"batch\"): these scores depend on each other, and its threshold is not for them"
        );
    } else if threshold.is_none() {
        context.say(
            "this run has no threshold (no images were held out for it: `holdout`), so there are no verdicts; \
             --threshold gives one",
        );
    }
}

/// Warns of images whose 16 bits hold less: `dark` are the largest values of those.
fn warn_of_dark(dark: &[f64]) {
    let Some(highest) = dark.iter().copied().reduce(f64::max) else { return };
    say!(
        "warning: {} with 16 bits a value and none above {highest}: read as nearly black, for the dataset of this run \
         has no `range` that says what is white; where the images that it was trained on are not as dark, convert \
         these to 8 bits first",
        counted(dark.len(), "image")
    );
}

/// The columns of the scores.
fn columns(files: &[PathBuf], has_maps: bool) -> Vec<Column> {
    let longest = files.iter().map(|file| file.display().to_string().chars().count()).max().unwrap_or(0);
    let number = |name| Column { name, width: 10, is_numeric: true };
    let text = |name, width| Column { name, width, is_numeric: false };
    let columns = [
        text("image", longest.clamp(5, 60)),
        number("score"),
        number("threshold"),
        number("margin"),
        text("verdict", 7),
    ];
    columns.into_iter().chain(has_maps.then(|| text("map", 3))).collect()
}

fn row(path: &Path, score: f64, threshold: Option<f64>, map: Option<&Path>) -> Vec<Cell> {
    let text = |path: &Path| Cell::Text(path.display().to_string());
    let real = |value: Option<f64>| value.map_or(Cell::Null, Cell::Real);
    let verdict = threshold.map(|threshold| if score > threshold { "anomaly" } else { "normal" });
    let cells = [
        text(path),
        Cell::Real(score),
        real(threshold),
        real(threshold.map(|threshold| score - threshold)),
        verdict.map_or(Cell::Null, |verdict| Cell::Text(verdict.into())),
    ];
    cells.into_iter().chain(map.map(text)).collect()
}

fn draw(
    (overlays, judge): (&Overlays, &FileJudge),
    map: &Path,
    image: &Path,
    file: &JudgedFile,
) -> Result<(), Failure> {
    if let Some(residual) = &file.residual {
        overlays.write(map, &judge.seen(image)?, &residual.values, residual.size)?;
    }
    Ok(())
}

/// Says how many were judged, and which could not be.
fn conclude(context: &Context, judged: usize, anomalous: Option<usize>, bad: &[(PathBuf, Failure)]) -> u8 {
    let verdicts =
        anomalous.map(|anomalous| format!(": {anomalous} anomalous, {} normal", judged - anomalous));
    context.say(format!("{} judged{}", counted(judged, "image"), verdicts.unwrap_or_default()));
    if bad.is_empty() {
        return DONE;
    }
    say!("{} could not be judged:", bad.len());
    for (path, why) in bad {
        say!("  {}: {}", path.display(), why.in_a_line());
    }
    SOME_FAILED
}
