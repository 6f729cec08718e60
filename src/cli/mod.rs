//! The command line: one sub-command per file, each a thin call into the library.

#[macro_use]
mod output;
mod answer;
mod best;
mod data;
mod demo;
mod destination;
mod doctor;
mod export;
mod failure;
mod gc;
mod init;
mod live_lines;
mod progress;
mod report;
mod runs;
mod schema;
mod score;
mod serve;
mod shell;
mod signals;
mod slurm;
mod sql;
mod store;
mod sweep;
mod task;
mod values;
mod worker;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use failure::Failure;

/// Everything done.
const DONE: u8 = 0;
/// Some runs failed, or something in the store is missing or damaged.
const SOME_FAILED: u8 = 1;
/// The command or its input is wrong.
const WRONG: u8 = 2;
/// Interrupted by a signal.
const INTERRUPTED: u8 = 130;

/// Where runs are kept if nothing else is said.
const STORE: &str = "results/anolab.db";

const EXAMPLES: &str = "Examples:
  anolab demo                       the whole job on embedded images
  anolab init path/to/images        a sweep file for a folder of images
  anolab sweep plan images.toml     what would run, and about how long it takes
  anolab sweep run images.toml      train and judge; the same command resumes
  anolab best                       the best setting of each model
  anolab report                     figures, tables and a page

What a command writes is named on standard output, one path a line; words about it go to standard error. Relative paths
start where anolab is run.";

/// Experiment tracking and hyperparameter sweeps for GAN-based image anomaly detection.
#[derive(Parser)]
#[command(name = "anolab", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    /// The SQLite file that keeps runs, metrics and scores [default: results/anolab.db].
    #[arg(long, global = true, env = "ANOLAB_STORE", value_name = "PATH")]
    store: Option<PathBuf>,
    /// Say nothing but results, warnings and errors.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Say more; twice for everything.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The whole job on embedded images in about two minutes.
    Demo(demo::Demo),
    /// Look at a folder of images and write a sweep file for it.
    Init(init::Init),
    /// Plan, run and watch sweeps.
    #[command(subcommand)]
    Sweep(sweep::Sweep),
    /// Read past runs.
    #[command(subcommand)]
    Runs(runs::Runs),
    /// Tell the best setting of each model.
    Best(best::Best),
    /// Ask the store in SQL; read-only.
    Sql(sql::Sql),
    /// Draw figures, tables and a page from the store.
    #[command(
        after_help = "Examples:\n  anolab report\n  anolab report --sweep casting --out report --style paper"
    )]
    Report(report::Report),
    /// Show in a browser how sweeps go.
    Serve(serve::Serve),
    /// Write results and metrics for other programs.
    Export(export::Export),
    /// Judge new images with a past run.
    Score(score::Score),
    /// Look at datasets.
    #[command(subcommand)]
    Data(data::Data),
    /// Check, copy and join stores.
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Free what no run needs.
    Gc(gc::Gc),
    /// Tell which devices there are, train a few steps on each, and say what is missing.
    Doctor(doctor::Doctor),
    /// Print the JSON schema of sweep files, for editors.
    Schema(schema::Schema),
    /// Print completions for a shell.
    Completions(shell::Completions),
    /// Print the manual page.
    Man(shell::Manual),
    /// Work on a sweep; started by `sweep run`.
    #[command(hide = true)]
    Worker(worker::Worker),
    /// Do a task of a cluster; started by Slurm.
    #[command(hide = true)]
    Task(task::Task),
}

/// What every sub-command may ask.
struct Context {
    store: PathBuf,
    /// Whether the store was named, and is not the one by default.
    names_store: bool,
    quiet: bool,
    verbose: bool,
}

impl Context {
    /// Whether to draw bars: on a terminal, unless asked to be quiet.
    fn draws(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// A line for people, beside the results.
    fn say(&self, line: impl std::fmt::Display) {
        if !self.quiet {
            say!("{line}");
        }
    }
}

type Outcome = Result<u8, Failure>;

/// Runs the command line; the exit code is 0 (done), 1 (some runs failed), 2 (wrong command or
/// input) or 130 (interrupted).
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = match cli.verbose {
        // The reader of drawings warns of lines too short to be seen, the database of a busy machine.
        0 => "usvg=error,sqlx=error,warn",
        1 => "anolab=info,usvg=error,sqlx=error,warn",
        _ => "debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(|| output::Words)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .with_target(false)
        .init();
    let context = Context {
        names_store: cli.store.is_some(),
        store: cli.store.unwrap_or_else(|| STORE.into()),
        quiet: cli.quiet,
        verbose: cli.verbose > 0,
    };
    let outcome = match cli.command {
        Command::Demo(command) => command.run(&context),
        Command::Init(command) => command.run(&context),
        Command::Sweep(command) => command.run(&context),
        Command::Runs(command) => command.run(&context),
        Command::Best(command) => command.run(&context),
        Command::Sql(command) => command.run(&context),
        Command::Report(command) => command.run(&context),
        Command::Serve(command) => command.run(&context),
        Command::Export(command) => command.run(&context),
        Command::Score(command) => command.run(&context),
        Command::Data(command) => command.run(&context),
        Command::Store(command) => command.run(&context),
        Command::Gc(command) => command.run(&context),
        Command::Doctor(command) => command.run(&context),
        Command::Schema(command) => command.run(&context),
        Command::Completions(command) => command.run(&context),
        Command::Man(command) => command.run(&context),
        Command::Worker(command) => command.run(&context),
        Command::Task(command) => command.run(&context),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::fail(&failure);
            ExitCode::from(WRONG)
        }
    }
}
