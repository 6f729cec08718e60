//! `anolab completions` and `anolab man`: what shells and manuals want.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, Context, DONE, Failure, Outcome};

/// Print completions for a shell.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab completions bash > ~/.local/share/bash-completion/completions/anolab\n  anolab \
                        completions zsh > ~/.zfunc/_anolab\n  anolab completions fish > \
                        ~/.config/fish/completions/anolab.fish"
)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

/// Print the manual page; with --out a page for each command.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  anolab man | man -l -\n  anolab man --out ~/.local/share/man/man1")]
pub(super) struct Manual {
    /// Write anolab.1, anolab-sweep.1 and so on into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Completions {
    pub fn run(self, _: &Context) -> Outcome {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "anolab", &mut text);
        put!("{}", String::from_utf8_lossy(&text));
        Ok(DONE)
    }
}

impl Manual {
    pub fn run(self, _: &Context) -> Outcome {
        let command = Cli::command();
        let Some(out) = self.out else {
            let mut text = Vec::new();
            Man::new(command).render(&mut text)?;
            put!("{}", String::from_utf8_lossy(&text));
            return Ok(DONE);
        };
        std::fs::create_dir_all(&out)
            .and_then(|()| clap_mangen::generate_to(command.clone(), &out))
            .map_err(|error| {
                Failure::new(format!("cannot write manual pages to {}: {error}", out.display()))
            })?;
        for name in pages(&command, command.get_name()) {
            tell!("{}", out.join(format!("{name}.1")).display());
        }
        Ok(DONE)
    }
}

/// The pages of a command and of those below it.
fn pages(command: &clap::Command, name: &str) -> Vec<String> {
    let shown = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    let below = shown.flat_map(|inner| pages(inner, &format!("{name}-{}", inner.get_name())));
    std::iter::once(name.to_string()).chain(below).collect()
}
