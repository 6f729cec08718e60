//! What a report says of a sweep, against SQL over the same store.

use std::path::{Path, PathBuf};

use super::project::Project;

/// Both models over grids of two settings and two seeds; λ shares a fit, and so does the score.
const GRID: &str = r#"
name = "grid"
dataset = { kind = "synthetic", scene = "casting", count = 24 }

[base]
image_size = 16
width = 4
latent_size = 8
epochs = 2
batch_size = 8
holdout = 0.25

[grid]
model = ["ganomaly", "pca", "brightness"]
seed = [0, 1]

[grid.ganomaly]
w_con = [1.0, 50.0]
score = ["latent", "contextual"]

[grid.pca]
components = [2, 8]
"#;

#[test]
fn figures_and_tables_say_what_the_store_says() {
    let project = Project::with_sweep(GRID);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project.ok(&["report", "--out", "report"]);
    every_figure_is_on_the_page(&project);
    curves_name_means_over_seeds(&project);
    heat_maps_print_medians(&project);
    models_are_compared_in_pairs(&project);
    the_best_setting_runs(&project);
    what_each_setting_does_is_tabled(&project);
    intervals_are_tabled_and_no_leakage(&project);
    another_run_can_be_shown(&project);
    figures_are_made_for_print(&project);
}

/// What each way of choosing shows, and what captions and figures say of it.
fn another_run_can_be_shown(project: &Project) {
    let first = project.run(&["report", "--out", "report"]);
    assert_eq!(first.out, "report/index.html\n", "where it is");
    assert!(first.err.contains("--run ID, --tag, --where or --best choose another"), "{}", first.err);
    let best =
        project.sql("SELECT run_id FROM runs JOIN results USING (run_id) WHERE model = 'pca' ORDER BY auroc");
    let (run, short) = (&best[best.len() - 1], &best[best.len() - 1][..8]);
    let setting = project.sql(&format!("SELECT seed FROM runs WHERE run_id = '{run}'"))[0].clone();
    project.ok(&["runs", "tag", run, "--add", "shown"]);
    let ways: [(&[&str], String); 3] = [
        (&["--run", short], format!("chosen by --run {short}")),
        (&["--tag", "shown"], "chosen by --tag shown".into()),
        (&["--where", "tags = 'shown'"], "chosen by --where tags = &#x27;shown&#x27;".into()),
    ];
    for (way, words) in ways {
        let ran = project.run(&[&["report", "--out", "chosen"][..], way].concat());
        assert!(ran.code == 0 && !ran.err.contains("--best"), "{}", ran.err);
        let page = std::fs::read_to_string(project.path("chosen/index.html")).unwrap();
        assert!(page.contains(&words), "{words}");
        let texts = texts_of_figure(&project.path("chosen/grid/16x1-scatter"));
        let said = texts.join(" ");
        assert!(said.contains(&format!("run {short} (components")), "{said}");
        assert!(said.contains(&format!("seed {setting})")), "{said}");
    }
    project.ok(&["report", "--out", "chosen", "--best"]);
    let page = std::fs::read_to_string(project.path("chosen/index.html")).unwrap();
    assert!(page.contains("the setting with the highest mean test AUROC: what it reaches flatters"));
    let ran = project.run(&["report", "--out", "chosen", "--where", "seed = 99"]);
    ran.fails_with(2, "--where seed = 99 chooses no finished run of what is reported");
    project
        .run(&["report", "--out", "chosen", "--best", "--tag", "shown"])
        .fails_with(2, "cannot be used with");
}

fn figures_are_made_for_print(project: &Project) {
    let wide =
        ["report", "--out", "print", "--width", "8.5cm", "--dpi", "300", "--no-footer", "--style", "paper"];
    project.ok(&wide);
    let stem = project.path("print/grid/figure-5-16x1-scatter");
    let png = std::fs::File::open(stem.with_extension("png")).unwrap();
    let reader = png::Decoder::new(std::io::BufReader::new(png)).read_info().unwrap();
    let info = reader.info();
    assert_eq!(info.width, 1004, "8.5 cm at 300 dots an inch");
    assert_eq!(info.pixel_dims.unwrap().xppu, 11811, "dots a metre");
    assert!(
        info.utf8_text[0].get_text().unwrap().contains("grid · GANomaly run "),
        "what made it is in the file"
    );
    let svg = std::fs::read_to_string(stem.with_extension("svg")).unwrap();
    assert!(svg.contains("scaled to 0–1") && svg.contains("<desc>grid · GANomaly run "), "{svg}");
    assert_eq!(svg.matches("grid · GANomaly").count(), 1, "no footer");
    project.run(&["report", "--width", "8.5"]).fails_with(2, "8.5cm");
}

/// Names as long as they may be, in letters of one byte and of three.
#[test]
fn the_best_setting_of_a_long_name_runs() {
    for letter in ["n", "缺"] {
        let name = letter.repeat(100);
        let project = Project::with_sweep(&format!(
            "name = \"{name}\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 24 }}\n\
             [grid]\nmodel = \"pca\"\nimage_size = 16\nchannels = 1\n[grid.pca]\ncomponents = 3\n"
        ));
        project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
        project.ok(&["report", "--out", "report"]);
        let folder = std::fs::read_dir(project.path("report")).unwrap().map(|entry| entry.unwrap().path());
        let folder = folder.into_iter().find(|path| path.is_dir()).unwrap();
        let plan = project.ok(&["sweep", "plan", folder.join("best-pca.toml").to_str().unwrap()]);
        assert!(plan.contains("fits to train: 0"), "{plan}");
    }
}

/// Four anomalies: the two in the middle are the median, and neither the lowest nor the highest.
#[test]
fn columns_of_the_median_show_the_median() {
    let project = Project::with_sweep(
        "name = \"median\"\ndataset = { kind = \"folder\", root = \"data\" }\n[grid]\nmodel = \"pca\"\n\
         image_size = 16\nchannels = 1\n[grid.pca]\ncomponents = 3\n",
    );
    for (folder, levels) in [
        ("train/good", &[10, 20, 30, 40, 50, 60, 70, 80, 90, 100][..]),
        ("test/good", &[15, 25, 35]),
        ("test/spot", &[120, 150, 180, 210]),
    ] {
        std::fs::create_dir_all(project.path(&format!("data/{folder}"))).unwrap();
        for level in levels {
            let image = image::GrayImage::from_fn(16, 16, |x, y| {
                let spot = *level > 100 && (4..8).contains(&x) && (4..8).contains(&y);
                let ground = (u32::from(*level) * (x + 1) * (y + 3)) % 50;
                image::Luma([if spot { *level } else { 20 + ground as u8 }])
            });
            image.save(project.path(&format!("data/{folder}/{level}.png"))).unwrap();
            if *level > 100 {
                std::fs::create_dir_all(project.path("data/ground_truth/spot")).unwrap();
                let mask = image::GrayImage::from_fn(16, 16, |x, y| {
                    image::Luma([255 * u8::from((4..8).contains(&x) && (4..8).contains(&y))])
                });
                mask.save(project.path(&format!("data/ground_truth/spot/{level}_mask.png"))).unwrap();
            }
        }
    }
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project.ok(&["report", "--out", "report"]);
    let scores = project.sql("SELECT score FROM scores WHERE label = 'anomaly' ORDER BY score");
    assert_eq!(scores.len(), 4);
    let (columns, rows) =
        csv(&std::fs::read_to_string(project.path("report/median/16x1-maps-pca.csv")).unwrap());
    assert_eq!(columns, ["image", "score"]);
    let of = |head: &str| -> Vec<&String> {
        rows.iter().filter(|row| row[0] == head).map(|row| &row[1]).collect()
    };
    assert_eq!(of("median score"), [&scores[1], &scores[2]]);
    assert_eq!(of("lowest score"), [&scores[0], &scores[1]]);
}

fn read(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(&format!("report/grid/{name}"))).unwrap()
}

fn texts(project: &Project, name: &str) -> Vec<String> {
    texts_of_figure(&project.path(&format!("report/grid/{name}")))
}

/// Dots an inch of PNGs where none are asked for.
const DPI: f64 = 200.0;

/// The texts of a figure's SVG, beside which are a PNG and a PDF of the size that it says.
pub fn texts_of_figure(stem: &Path) -> Vec<String> {
    let svg = std::fs::read_to_string(stem.with_extension("svg")).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "svg");
    let size = ["width", "height"]
        .map(|side| root.attribute(side).unwrap().strip_suffix("pt").unwrap().parse::<f64>().unwrap());
    let png = image::open(stem.with_extension("png")).unwrap();
    for (pixels, points) in [png.width(), png.height()].into_iter().zip(size) {
        assert!((f64::from(pixels) - points / 72.0 * DPI).abs() < 1.5, "{}", stem.display());
    }
    assert!(std::fs::read(stem.with_extension("pdf")).unwrap().starts_with(b"%PDF"), "{}", stem.display());
    let words = document.descendants().filter(|node| node.has_tag_name("text"));
    words.filter_map(|node| Some(node.text()?.trim().to_string())).collect()
}

/// The header and the rows of a CSV file.
pub fn csv(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let texts = |record: &csv::StringRecord| record.iter().map(String::from).collect::<Vec<_>>();
    let header = texts(reader.headers().unwrap());
    (header, reader.records().map(|record| texts(&record.unwrap())).collect())
}

fn numbers(project: &Project, query: &str) -> Vec<f64> {
    project.sql(query).iter().map(|value| value.parse().unwrap()).collect()
}

fn every_figure_is_on_the_page(project: &Project) {
    let files = std::fs::read_dir(project.path("report/grid")).unwrap();
    let stems: Vec<PathBuf> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "png"))
        .map(|path| path.with_extension(""))
        .collect();
    for stem in &stems {
        let texts = texts_of_figure(stem);
        let is_titled = texts.iter().any(|text| ["GANomaly", "PCA"].iter().any(|title| text.contains(title)));
        assert!(is_titled, "{}: {texts:?}", stem.display());
    }
    let page = std::fs::read_to_string(project.path("report/index.html")).unwrap();
    assert_eq!(page.matches("<figure id=\"grid/figure-").count(), stems.len());
    for name in ["16x1-roc", "16x1-precision-recall", "16x1-densities", "16x1-calibration", "sweep-cost"] {
        let svg = texts(project, name);
        assert!(
            svg.iter().any(|text| text.contains("commit") || text.contains("cpu")),
            "{name} says its origin: {svg:?}"
        );
    }
}

/// The first setting's mean and deviation of AUROC in the legend of the ROC curves.
fn curves_name_means_over_seeds(project: &Project) {
    let areas = numbers(
        project,
        "SELECT auroc FROM runs JOIN results USING (run_id) WHERE model = 'pca' AND config LIKE '%\"components\":2,%' \
         OR model = 'pca' AND config LIKE '%\"components\":2}%'",
    );
    let [one, other] = areas[..] else { panic!("{areas:?}") };
    let expected =
        format!("PCA {:.3} ± {:.3} (2 seeds)", (one + other) / 2.0, (one - other).abs() / 2.0_f64.sqrt());
    let found = texts(project, "16x1-roc");
    assert!(found.contains(&expected), "{expected} is not in {found:?}");
}

fn heat_maps_print_medians(project: &Project) {
    let found = texts(project, "sweep-heatmap-ganomaly");
    for w_con in ["1.0", "50.0"] {
        for score in ["latent", "contextual"] {
            let areas = numbers(
                project,
                &format!(
                    "SELECT auroc FROM runs JOIN results USING (run_id) WHERE model = 'ganomaly' AND w_con = {w_con} \
                     AND score = '{score}'"
                ),
            );
            let [one, other] = areas[..] else { panic!("{areas:?}") };
            let expected = format!("{:.3}", (one + other) / 2.0);
            assert!(found.contains(&expected), "{expected} is not in {found:?}");
        }
    }
    assert_eq!(found.iter().filter(|text| *text == "(2)").count(), 4, "four cells of two runs: {found:?}");
}

/// Three models: three pairs, over both seeds of each.
fn models_are_compared_in_pairs(project: &Project) {
    let (columns, rows) = csv(&read(project, "pairwise.csv"));
    assert_eq!(rows.len(), 3, "{rows:?}");
    for row in rows {
        let number = |name: &str| -> f64 {
            row[columns.iter().position(|column| column == name).unwrap()].parse().unwrap()
        };
        assert_eq!((number("seeds"), number("other seeds")), (2.0, 2.0));
        let difference = number("AUROC") - number("other AUROC");
        assert!((difference - number("difference")).abs() < 2e-3, "{row:?}");
        let (low, high, p) = (number("low"), number("high"), number("p"));
        assert!(low <= difference + 1e-3 && difference <= high + 1e-3, "{row:?}");
        assert!((p < 0.05) == (low > 0.0 || high < 0.0) || low.abs().min(high.abs()) < 1e-3, "{row:?}");
        let adjusted = number("p (Holm)");
        assert!(p <= adjusted && adjusted <= (3.0 * p + 0.001).min(1.0), "{row:?}");
    }
    let told = read(project, "pairwise.md");
    assert!(told.contains("for other seeds and other images"), "{told}");
}

/// The file is one setting of the sweep with the seeds it was tried with: nothing is left to train.
fn the_best_setting_runs(project: &Project) {
    let path = project.path("report/grid/best-pca.toml");
    let plan = project.ok(&["sweep", "plan", path.to_str().unwrap()]);
    assert!(plan.contains("2 done; fits to train: 0"), "{plan}");
    let text = std::fs::read_to_string(&path).unwrap();
    let best = numbers(project, "SELECT max(auroc) FROM leaderboard WHERE model = 'pca'")[0];
    assert!(text.contains(&format!("{best:.4} over seeds 0, 1")) && text.contains("no estimate"), "{text}");
}

/// Each setting against the same with one value changed, as means over seeds tell it.
fn what_each_setting_does_is_tabled(project: &Project) {
    let (columns, rows) = csv(&read(project, "changes.csv"));
    let mean = |of: &str| {
        let from = "runs JOIN results USING (run_id)";
        numbers(project, &format!("SELECT avg(auroc) FROM {from} WHERE {of}"))[0]
    };
    let [weight, score] = ["w_con = 1 AND score = 'latent'", "w_con = 50 AND score = 'latent'"].map(mean);
    let contextual = mean("w_con = 1 AND score = 'contextual'");
    let components = |count: usize| mean(&format!("config ->> '$.fit.network.components' = {count}"));
    let expected = [
        ("ganomaly", ["score", "contextual", "latent"], contextual - weight),
        ("ganomaly", ["w_con", "50", "1"], score - weight),
        ("pca", ["components", "8", "2"], components(8) - components(2)),
    ];
    assert_eq!(columns[1..5], ["model", "setting", "value", "in place of"]);
    let place = columns.iter().position(|name| name == "difference").unwrap();
    let mut found: Vec<(&str, [&str; 3], f64)> = rows
        .iter()
        .map(|row| (row[1].as_str(), [2, 3, 4].map(|at| row[at].as_str()), row[place].parse().unwrap()))
        .collect();
    found.sort_by_key(|(model, words, _)| (*model, *words));
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((found.0, found.1), (expected.0, expected.1));
        assert!((found.2 - expected.2).abs() < 1e-4, "{found:?}: {expected:?}");
    }
}

fn intervals_are_tabled_and_no_leakage(project: &Project) {
    let (_, rows) = csv(&read(project, "intervals.csv"));
    assert_eq!(rows.len(), 3 * 2, "one row per model and seed: {rows:?}");
    assert!(!project.path("report/grid/leakage.csv").exists());
    let page = std::fs::read_to_string(project.path("report/index.html")).unwrap();
    assert!(page.contains("leakage: no test image stands in the training images"));
}
