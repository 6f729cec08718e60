//! `anolab schema`: the JSON schema of sweep files.

use super::{Context, DONE, Outcome};

/// Print the JSON schema of sweep files.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  anolab schema > sweep.schema.json")]
pub(super) struct Schema {}

impl Schema {
    pub fn run(self, _: &Context) -> Outcome {
        tell!("{}", serde_json::to_string_pretty(&crate::spec::json_schema())?);
        Ok(DONE)
    }
}
