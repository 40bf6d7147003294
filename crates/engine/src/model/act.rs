//! What a button beside a problem does: the next step as data, so that every surface can offer it in its own way.
//!
//! Sentences about problems stay free of it: they name no button and no command.

use serde::{Deserialize, Serialize};

use super::{PersonId, PlatformId};

/// The next step that the program itself can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum Act {
    /// Connect this platform, or connect it again.
    Connect {
        /// Which.
        platform: PlatformId,
    },
    /// Import this platform.
    Import {
        /// Which.
        platform: PlatformId,
    },
    /// Choose where this person works daily.
    ChoosePrimary {
        /// Whose.
        person: PersonId,
    },
    /// Decide who is whom.
    Conflicts,
    /// Let the reset of this person come to its end.
    FinishReset {
        /// Whose.
        person: PersonId,
    },
}

impl Act {
    /// Whether it is about one person, so that it is no next step for several at once.
    pub fn is_personal(self) -> bool {
        matches!(self, Self::ChoosePrimary { .. } | Self::FinishReset { .. })
    }
}
