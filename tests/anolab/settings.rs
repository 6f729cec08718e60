//! What settings and presets do to a sweep: which cells make a run, and how long a training is.

use super::project::Project;

const RUN: [&str; 5] = ["sweep", "run", "sweep.toml", "--device", "cpu"];

fn sweep(rest: &str) -> String {
    format!(
        "name = \"s\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 24 }}\n[base]\nimage_size = 16\n\
         width = 4\nlatent_size = 8\nbatch_size = 8\nholdout = 0.25\nsearch_steps = 2\n{rest}"
    )
}

#[test]
fn plan_and_run_say_which_cells_a_run_stands_for() {
    let grid = "epochs = 1\n[grid]\nmodel = \"ganomaly\"\nseed = [0, 1]\n[grid.ganomaly]\n\
                score = [\"latent\", \"contextual\"]\nresidual = [\"weighted\", \"absolute\"]\n";
    let project = Project::with_sweep(&sweep(grid));
    let told = [
        "sweep s: 6 runs that need 2 fits",
        "2 more cells of the grid make no run of their own, as they differ from one in settings without effect:",
        "ganomaly: runs with residual = absolute stand for 2 with residual = weighted (the latent scores leave the \
         residual out)",
    ];
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    let ran = project.run(&RUN);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for words in told {
        assert!(plan.contains(words), "{plan}");
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    let found =
        project.sql("SELECT score, residual, count(*) FROM runs GROUP BY score, residual ORDER BY 1, 2");
    assert_eq!(found, ["contextual,absolute,2", "contextual,weighted,2", "latent,absolute,2"]);

    // The run that stands for others is the one that its own cell asks for.
    let standing = project.sql("SELECT run_id FROM runs WHERE score = 'latent' AND seed = 0");
    let alone = Project::with_sweep(&sweep("epochs = 1\nmodel = \"ganomaly\"\n"));
    alone.ok(&RUN);
    assert_eq!(alone.sql("SELECT run_id FROM runs"), standing);
}

/// 18 training images are two batches of 8 a pass: five iterations take three passes, the last one cut short.
#[test]
fn iterations_cut_the_last_pass_short() {
    let project = Project::with_sweep(&sweep("model = \"ganomaly\"\n[grid]\niterations = [5, 4]\n"));
    project.ok(&RUN);
    let steps = "SELECT r.epochs, max(m.epoch), max(m.step), config ->> '$.fit.network.iterations' FROM runs r \
                 JOIN metrics m USING (fit_id) WHERE m.split = 'train' GROUP BY fit_id ORDER BY 4";
    assert_eq!(project.sql(steps), ["2,2,4,4", "3,3,5,5"]);
    project.ok(&["store", "check"]); // which misses epochs that are not told of
    let run = project.sql("SELECT run_id FROM runs WHERE epochs = 3").remove(0);
    let again = Project::with_sweep(&project.ok(&["runs", "show", &run, "--toml"]));
    again.ok(&RUN);
    assert_eq!(again.sql("SELECT run_id FROM runs"), [run]);
}

/// Each preset with what makes it what it is; the settings that tests make small aside.
#[test]
fn presets_are_what_they_say() {
    let of = |model: &str, preset: &str, wanted: &[&str]| -> Vec<String> {
        let text = format!(
            "name = \"p\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 200 }}\n[base]\n\
             model = \"{model}\"\npreset = \"{preset}\"\nholdout = 0.0\n"
        );
        let sweep = anolab::spec::Sweep::parse("p.toml", &text).unwrap();
        let run = serde_json::to_value(&sweep.runs[0]).unwrap();
        let find = |key: &&str| {
            let of = |part: &str| run.pointer(&format!("{part}/{key}")).cloned();
            of("/fit/network").or_else(|| of("/scoring")).unwrap_or_default().to_string().replace('"', "")
        };
        wanted.iter().map(find).collect()
    };
    let training = ["iterations", "epochs", "batch_size", "learning_rate", "beta1", "width", "white_level"];
    let anogan = ["updates", "discriminator", "dropout", "start", "search_steps"];
    let ganomaly =
        ["feature_matching", "train_second_encoder", "latent_encoder", "score", "batch_norm", "leaky_slope"];
    for (model, preset, of_training, own) in [
        ("anogan", "schlegl2017", "0 15 64 0.0002 0.5 64 255.0", "simultaneous trunk 0.0 normal 500"),
        ("anogan", "schlegl2017_dcgan", "0 20 128 0.0002 0.5 64 255.0", "alternating trunk 0.0 normal 500"),
        ("anogan", "ye2022", "0 100 32 0.0001 0.5 64 255.0", "simultaneous trunk 0.0 uniform 200"),
        ("anogan", "ye2022_casting", "0 100 32 0.0001 0.9 64 255.0", "simultaneous plain 0.3 uniform 200"),
        ("anogan", "ye2022_cloud", "0 50 50 0.0001 0.9 128 63.0", "simultaneous plain 0.3 uniform 200"),
        ("ganomaly", "akcay2018", "0 15 64 0.0002 0.5 64 255.0", "image true second latent running 0.2"),
        ("ganomaly", "akcay2018_code", "0 15 64 0.0002 0.5 64 255.0", "image true second latent batch 0.2"),
        ("ganomaly", "ye2022", "0 11 32 0.001 0.5 64 255.0", "image false first latent running 0.3"),
        (
            "ganomaly",
            "ye2022_casting",
            "1000 15 32 0.001 0.9 64 255.0",
            "mean false first latent_l1 running 0.3",
        ),
        (
            "ganomaly",
            "ye2022_cloud",
            "1000 15 50 0.001 0.9 128 63.0",
            "mean false first latent_l1 running 0.3",
        ),
    ] {
        let keys = if model == "anogan" { &anogan[..] } else { &ganomaly };
        assert_eq!(of(model, preset, &training).join(" "), of_training, "{preset} of {model}");
        assert_eq!(of(model, preset, keys).join(" "), own, "{preset} of {model}");
    }
}
