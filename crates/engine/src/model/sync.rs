//! The four statuses and the reason behind a refusal or failure.

use serde::{Deserialize, Serialize};

use crate::error::Error;

use super::Act;

/// The four statuses that an admin sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No sync exists.
    NotSynced,
    /// Prompted or being provisioned.
    Pending,
    /// The person can exchange direct messages across platforms.
    Synced,
    /// With a reason and a next step.
    Failed,
}

impl Status {
    /// All four, in the order of the legend.
    pub const ALL: [Self; 4] = [Self::Synced, Self::Pending, Self::Failed, Self::NotSynced];

    /// The word in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSynced => "not_synced",
            Self::Pending => "pending",
            Self::Synced => "synced",
            Self::Failed => "failed",
        }
    }
}

/// Why something is blocked or failed, and what to do: both are sentences for people, `kind` is for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Reason {
    /// A stable word, for example `own_domain` or `signed_out`.
    pub kind: String,
    /// The next step.
    pub remedy: String,
    /// What happened.
    pub message: String,
    /// What a button beside it does. Reasons that older versions stored have none.
    pub act: Option<Act>,
    /// Where a person can look it up, when the platform will not say whether it happened.
    #[serde(default)]
    pub link: Option<String>,
}

impl From<&Error> for Reason {
    fn from(error: &Error) -> Self {
        let kind = serde_json::to_value(error.kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
        Self { kind, remedy: error.next_step(), message: error.message.clone(), act: error.next_act(), link: None }
    }
}

/// How many have the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct ReasonCount {
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u64,
}
