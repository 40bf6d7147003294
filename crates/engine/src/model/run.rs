//! Runs: what sort of long operation one is, and how it stands.

use serde::{Deserialize, Serialize};

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Reads accounts.
    Import,
    /// Syncs people.
    Sync,
    /// Undoes everything of people.
    Reset,
    /// Undoes exactly the syncs that an earlier run made.
    Undo,
}

impl RunKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Import, Self::Sync, Self::Reset, Self::Undo];

    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Sync => "sync",
            Self::Reset => "reset",
            Self::Undo => "undo",
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Under way.
    Running,
    /// The admin stopped it for a while: nothing new of it is begun.
    Paused,
    /// Nothing of it is left that does not wait for a person.
    Done,
    /// It broke off, or parts of it did.
    Failed,
    /// The program ended in the middle of it.
    Interrupted,
    /// The admin stopped it.
    Cancelled,
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Running, Self::Paused, Self::Done, Self::Failed, Self::Interrupted, Self::Cancelled];

    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }
}

impl RunState {
    /// Whether it is not at its end.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Interrupted)
    }
}

/// Why a run that is open does not go on by itself just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RunWait {
    /// The admin paused it.
    Paused,
    /// All that is left of it waits for approval.
    Approval,
    /// A platform has signed the connection out.
    SignIn,
}
