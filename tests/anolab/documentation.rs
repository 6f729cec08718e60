//! Every command in the README and in `docs` does what it says.

use std::path::{Path, PathBuf};

use super::project::{Project, Ran};

/// The sweep of `docs`, made small.
const MINE: &str = r#"
name = "mine"
dataset = { kind = "folder", root = "images" }

[base]
epochs = 1
image_size = 16
width = 4
latent_size = 8
batch_size = 4

[grid]
model = ["ganomaly", "pca"]
seed = 0

[grid.pca]
components = 1
"#;

/// Pages in the order in which they are read.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = ["README.md", "docs/images.md", "docs/sweeps.md", "docs/results.md", "docs/stores.md"];
    pages.map(|page| root.join(page)).to_vec()
}

/// The commands of this program in the blocks of a page.
fn commands(page: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let (mut commands, mut inside) = (Vec::new(), false);
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && line.starts_with("anolab ") {
            commands.push(line.split("  #").next().unwrap().trim().to_string());
        }
    }
    commands
}

#[test]
fn its_commands_run() {
    let project = Project::with_sweep(MINE);
    project.write("mine.toml", MINE.as_bytes());
    for (folder, first) in [("train/good", 200), ("test/good", 160), ("test/bad", 10)] {
        let levels: Vec<u8> = (first..first + 12).collect();
        project.even_images(&format!("images/{folder}"), &levels);
    }
    std::fs::copy(project.path("images/test/bad/10.png"), project.path("new.png")).unwrap();
    let mut count = 0;
    for page in pages() {
        for command in commands(&page) {
            if command.starts_with("anolab init") {
                std::fs::remove_file(project.path("images.toml")).ok();
            }
            let ids = if project.path("results/anolab.db").exists() { ids(&project) } else { Vec::new() };
            let command = match ids.as_slice() {
                [one, other, ..] => command.replace("1a2b3c4d", one).replace("5e6f7a8b", other),
                _ => command,
            };
            let ran = run(&project, &command);
            assert_eq!(ran.code, 0, "{}: {command}\n{}{}", page.display(), ran.out, ran.err);
            if command.starts_with("anolab init") {
                make_small(&project);
            }
            count += 1;
        }
    }
    assert!(count > 35, "{count} commands: are the blocks still read?");
}

fn run(project: &Project, command: &str) -> Ran {
    let programs = Path::new(env!("CARGO_BIN_EXE_anolab")).parent().unwrap().display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", command]).current_dir(project.path("")).env("PATH", path).env_remove("ANOLAB_STORE");
    Ran::from(shell.output().unwrap())
}

/// Two runs of the sweep `mine`; before it has run, of whatever there is.
fn ids(project: &Project) -> Vec<String> {
    let query = "SELECT run_id FROM runs ORDER BY sweep = 'mine' DESC, model";
    let answer = run(project, &format!("anolab sql \"{query}\" --format csv"));
    answer.out.lines().skip(1).map(|id| id[..10].to_string()).collect()
}

/// What `init` wrote trains for minutes.
fn make_small(project: &Project) {
    let text = std::fs::read_to_string(project.path("images.toml")).unwrap();
    let small = |line: &str| {
        let key = line.split('=').next().unwrap_or_default().trim();
        match key {
            "epochs" | "search_steps" => format!("{key} = 1"),
            "width" => "width = 4".into(),
            "components" => "components = 1".into(), // even images have no more
            "image_size" => "image_size = 16".into(),
            _ => line.to_string(),
        }
    };
    let lines: Vec<String> = text.lines().map(small).collect();
    project.write("images.toml", lines.join("\n").as_bytes());
}

/// Every command says by example how it is used, and every page of the manual is written.
#[test]
fn help_has_examples() {
    let project = Project::new();
    let written = project.ok(&["man", "--out", "man"]);
    let pages: Vec<&str> = written.lines().collect();
    assert!(pages.contains(&"man/anolab.1") && pages.contains(&"man/anolab-sweep-run.1"), "{written}");
    for page in &pages {
        let words: Vec<&str> =
            page.trim_start_matches("man/anolab").trim_end_matches(".1").split('-').collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let help = project.ok(&[&words[..], &["--help"]].concat());
        assert!(help.contains("Examples:") || help.contains("Commands:"), "{page}: {help}");
    }
    assert!(project.ok(&["man"]).contains(".TH"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let completions = project.ok(&["completions", shell]);
        assert!(completions.contains("skip-unreadable") && completions.contains("init"), "{shell}");
    }
}
