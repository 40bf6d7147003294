//! The words of `usersync audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use engine::model::{PlatformId, RunId};

/// `audit`
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Audit {
    /// What to do instead of listing it
    #[command(subcommand)]
    pub what: Option<AuditCommand>,
    /// Only about this person (e-mail or id)
    #[arg(long)]
    pub person: Option<String>,
    /// Only of this run
    #[arg(long)]
    pub run: Option<RunId>,
    /// Only on this platform
    #[arg(long)]
    pub platform: Option<PlatformId>,
    /// At most this many entries, the newest first
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Go on before this entry
    #[arg(long, value_name = "N")]
    pub before: Option<i64>,
}

/// Verification.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AuditCommand {
    /// Check that no entry was changed, removed or added: of this data folder, or of an exported file
    Verify {
        /// A file that was exported as JSON lines
        file: Option<PathBuf>,
        /// A hash that was noted earlier and must still stand in the log
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}
