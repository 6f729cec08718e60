//! How far a sweep is: in the log of a machine that nobody watches, and on terminals that become narrow.

use std::process::Command;
use std::time::{Duration, Instant};

use super::project::{Project, TINY};

#[test]
fn a_log_has_times_and_counts_up() {
    let project = Project::with_sweep(TINY);
    let ran = project.run(&["sweep", "run", "sweep.toml", "--device", "cpu", "--jobs", "2"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "store.db\n"), "{}", ran.err);
    let ids = project.sql("SELECT substr(run_id, 1, 8) FROM runs");
    let ends: Vec<&str> = ran.err.lines().filter(|line| line.contains("/14] ")).collect();
    assert_eq!(ends.len(), 14, "{}", ran.err);
    for (nth, line) in ends.iter().enumerate() {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.len() == 9 && time.ends_with('Z') && time.matches(':').count() == 2, "{line}");
        assert!(rest.starts_with(&format!("[{}/14] ", nth + 1)), "{line}");
        let id = rest.split_whitespace().nth(1).unwrap();
        assert!(ids.iter().any(|known| known == id), "ids are those of runs: {line}");
        assert!(line.contains(" seed ") && (line.contains("λ ") || line.contains("score ")), "{line}");
        assert!(line.contains("AUROC 0.") || line.contains("AUROC 1."), "{line}");
    }
    assert!(!ran.err.contains('█') && !ran.err.contains('\u{1b}'), "{}", ran.err);
    let quiet = project.run(&["-q", "sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(quiet.out, "store.db\n");
    assert!(quiet.err.lines().all(|line| line.starts_with("warning: ")), "{}", quiet.err);
}

/// A terminal of its own, in which a command runs.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// Absent where tmux is not installed.
    fn start(project: &Project, columns: u16, command: &str) -> Option<Self> {
        Command::new("tmux").arg("-V").output().ok()?;
        let terminal = Self { socket: project.path("tmux").display().to_string() };
        let (folder, columns) = (project.path("").display().to_string(), columns.to_string());
        let size = ["-x", &columns, "-y", "24"];
        terminal
            .tmux(&[&["-f", "/dev/null", "new-session", "-d", "-c", &folder][..], &size, &["sh"]].concat());
        terminal.tmux(&["send-keys", command, "Enter"]);
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.args(["-S", &self.socket]).args(arguments).env("LC_ALL", "C.UTF-8").env_remove("TMUX");
        let output = tmux.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// All that it shows and has shown, wrapped lines joined.
    fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    fn rows(&self) -> Vec<String> {
        self.tmux(&["capture-pane", "-p"]).lines().map(String::from).collect()
    }

    fn wait_for(&self, words: &str) {
        let begun = Instant::now();
        while !self.text().contains(words) {
            assert!(begun.elapsed() < Duration::from_secs(120), "`{words}` does not come:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        Command::new("tmux").args(["-S", &self.socket, "kill-server"]).output().ok();
    }
}

/// Digits as they change from time to time.
fn without_numbers(rows: &[String]) -> String {
    let row = |row: &String| {
        let words = row.trim_end().split(' ').map(|word| {
            let is_id = word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            let plain: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            if is_id { "1a2b3c4d".to_string() } else { plain }
        });
        words.collect::<Vec<_>>().join(" ").replace('█', "░")
    };
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn narrow_and_resized_terminals_show_no_junk() {
    let slow = TINY.replace("epochs = 2", "epochs = 400").replace("count = 24", "count = 48");
    let project = Project::with_sweep(&slow);
    let program = env!("CARGO_BIN_EXE_anolab");
    let command =
        format!("clear; {program} --store store.db sweep run sweep.toml --device cpu --jobs 2; echo en''ded");
    let Some(terminal) = Terminal::start(&project, 100, &command) else { return };
    terminal.wait_for("training, epoch");
    let shown = without_numbers(&terminal.rows());
    let line =
        |words: &str| shown.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{shown}"));
    let whole = line("░");
    assert!(whole.starts_with("tiny ░░░░░░░░░░░░░░░░░░░░ 0"), "{shown}");
    assert!(whole.contains(" %, 0 of 00 runs, 0 s gone"), "{shown}");
    let worker = line(": training, epoch 0");
    assert!(worker.starts_with("  1a2b3c4d ") && worker.contains(" seed 0 and 0 run"), "{shown}");
    assert!(worker.ends_with(" %"), "{shown}");
    for columns in ["40", "120", "25", "60"] {
        terminal.tmux(&["resize-window", "-x", columns]);
        std::thread::sleep(Duration::from_millis(700));
        let bars = terminal.text().lines().filter(|line| line.contains('░') || line.contains('█')).count();
        assert!(bars <= 1, "at {columns}:\n{}", terminal.text());
    }
    terminal.wait_for("ended");
    terminal.tmux(&["resize-window", "-x", "120"]);
    std::thread::sleep(Duration::from_millis(300));
    let text = terminal.text();
    assert!(!text.contains('░') && !text.contains('█') && !text.contains(": training, epoch"), "{text}");
    let counted: Vec<usize> =
        text.lines().filter_map(|line| line.strip_prefix('[')?.split_once('/')?.0.parse().ok()).collect();
    assert_eq!(counted, (1..=14).collect::<Vec<usize>>(), "{text}");
    assert!(text.contains("next: anolab --store store.db report --sweep tiny"), "{text}");
}

#[test]
fn a_sweep_is_watched_until_its_end() {
    let slow = TINY.replace("epochs = 2", "epochs = 400").replace("count = 24", "count = 48");
    let project = Project::with_sweep(&slow);
    let program = env!("CARGO_BIN_EXE_anolab");
    let run = format!("{program} -q --store store.db sweep run sweep.toml --device cpu --jobs 2 2>log >log");
    let watch =
        format!("clear; echo watched; {program} --store store.db sweep status tiny --watch; echo en''ded");
    let command =
        format!("{run} & while ! {program} --store store.db sweep status 2>log >log; do :; done; {watch}");
    let Some(terminal) = Terminal::start(&project, 100, &command) else { return };
    terminal.wait_for("training, epoch");
    let shown = without_numbers(&terminal.rows());
    assert!(shown.lines().any(|line| line.contains(" seed 0 and 0 more: training, epoch 0")), "{shown}");
    terminal.wait_for("ended");
    let text = terminal.text();
    let heads =
        text.lines().filter(|line| line.starts_with("tiny (synthetic casting): ")).collect::<Vec<_>>();
    assert_eq!(heads, ["tiny (synthetic casting): 14 done"], "each look in the place of the last: {text}");
    assert!(!text.contains("training, epoch"), "{text}");
    let watched = project.run(&["sweep", "status", "--watch"]);
    assert_eq!(
        (watched.code, watched.out.as_str()),
        (0, "tiny (synthetic casting): 14 done\n"),
        "{}",
        watched.err
    );
}
