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
    /// Undoes syncs.
    Reset,
}

impl RunKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Import, Self::Sync, Self::Reset];

    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Sync => "sync",
            Self::Reset => "reset",
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Under way.
    Running,
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
    pub const ALL: [Self; 5] = [Self::Running, Self::Done, Self::Failed, Self::Interrupted, Self::Cancelled];

    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }
}
