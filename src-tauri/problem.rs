//! A failed command as the page shows it: two sentences for people, and what a button beside them does.

use engine::model::{Act, PlatformId};
use engine::{Error, Kind};
use serde::Serialize;

/// A failed command.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct Problem {
    /// What sort of thing went wrong.
    pub kind: Kind,
    /// On which platform.
    pub platform: Option<PlatformId>,
    /// What happened.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// What a button beside it does.
    pub act: Option<Act>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind,
            platform: error.platform,
            message: error.message.clone(),
            remedy: error.next_step(),
            act: error.next_act(),
        }
    }
}

/// What commands answer.
pub(crate) type Answer<T> = Result<T, Problem>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_carries_sentences_and_never_the_details_meant_for_the_log() {
        let error = Error::invalid("connect", "That is wrong.", "Enter it again.").with("request", "log-only");
        let shown = serde_json::to_string(&Problem::from(error)).unwrap();
        assert!(shown.contains("That is wrong.") && shown.contains("Enter it again.") && !shown.contains("log-only"), "{shown}");
    }
}
