//! Whom a command is about.

use clap::Args;
use engine::model::{PlatformId, Status};

/// Who of all people.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// Name or e-mail contains
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Has a sync with this status
    #[arg(long, value_parser = status)]
    pub status: Option<Status>,
    /// Has an account there, or with --status: a sync to there
    #[arg(long)]
    pub platform: Option<PlatformId>,
    /// Uses this platform as primary
    #[arg(long)]
    pub primary: Option<PlatformId>,
}

/// Everybody whom the filter finds.
#[derive(Clone, Debug, Default, Args)]
pub struct AllMatching {
    /// Everybody whom the following filters find
    #[arg(long)]
    pub all_matching: bool,
    /// What they have in common
    #[command(flatten)]
    pub filter: Filter,
}

/// People and a secondary platform.
#[derive(Clone, Debug, Args)]
pub struct Selection {
    /// E-mails or ids
    #[arg(required_unless_present = "all_matching", conflicts_with = "all_matching")]
    pub people: Vec<String>,
    /// Or everybody who matches
    #[command(flatten)]
    pub all: AllMatching,
    /// The secondary platform
    #[arg(long)]
    pub to: PlatformId,
}

/// One of the four statuses, by its word.
pub(super) fn status(word: &str) -> Result<Status, String> {
    Status::ALL.into_iter().find(|status| status.as_str() == word).ok_or_else(|| {
        let known: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        format!("choose one of: {}", known.join(", "))
    })
}
