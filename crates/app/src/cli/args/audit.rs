//! The words of `usersync audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use engine::model::{PlatformId, RunId};

use crate::export::AuditFormat;

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

/// Export and verification.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AuditCommand {
    /// Save the whole log as a file
    Export {
        /// How
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
        /// Where to, `-` is standard output (default: a new file in Downloads)
        #[arg(long, value_name = "FILE|-")]
        out: Option<PathBuf>,
    },
    /// Check that no entry was changed, removed or added: of this data folder, or of an exported file
    Verify {
        /// A file that was exported as JSON lines
        file: Option<PathBuf>,
        /// A hash that was noted earlier and must still stand in the log
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For spreadsheets
    Csv,
    /// One JSON object per line; this can be verified later
    Jsonl,
}

impl From<Format> for AuditFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Jsonl => Self::Jsonl,
        }
    }
}
