//! How a command that changes something is confirmed, or only looked at.

use clap::Args;

/// Whether it is confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Confirm {
    /// Confirm what would be shown otherwise
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// What to do with it
    #[command(flatten)]
    pub dry: Dry,
}

/// Whether it is only looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Dry {
    /// Show what would happen; send nothing, change nothing
    #[arg(long = "dry-run", id = "dry_run")]
    pub run: bool,
}
