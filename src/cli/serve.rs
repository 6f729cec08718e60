//! `anolab serve`: the store as it grows, in a browser.

use super::{Context, DONE, Outcome, signals};
use crate::serve::Server;
use crate::store::Store;

/// Show in a browser on this machine how sweeps go: progress, losses, the best so far, and the report.
///
/// The page reads the store and changes nothing. Only who knows its address, which is new each time, can see it; it
/// ends with Ctrl-C. From another machine: `ssh -L 8642:127.0.0.1:8642 HOST`, and the same address there.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  anolab serve\n  anolab serve --sweep casting --port 0")]
pub(super) struct Serve {
    /// The port of 127.0.0.1 to listen on; 0 is any free one.
    #[arg(long, default_value_t = 8642)]
    port: u16,
    /// Only this sweep.
    #[arg(long)]
    sweep: Option<String>,
}

impl Serve {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        if let Some(sweep) = &self.sweep {
            store.sweep(sweep)?;
        }
        let (stop, stopped) = std::sync::mpsc::channel();
        signals::count(move |_| stop.send(()).unwrap_or_default())?;
        let server = Server::bind(self.port)?;
        tell!("{}", server.url());
        context.say("open this address in a browser; Ctrl-C ends it");
        server.serve(&store, self.sweep.as_deref(), &stopped)?;
        Ok(DONE)
    }
}
