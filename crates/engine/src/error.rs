//! One error type for every room. Kind and remedy decide what the program does next; the message is for people.
//!
//! An error never carries a body, a token or message text: `message` is written by us, `context` holds identifiers
//! (request ids, account ids, error words of the platform) that are safe in a log.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Act, PlatformId};

/// Short form used everywhere in the engine and the adapters.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A token is missing, expired or revoked.
    SignedOut,
    /// The token is good but may not do this (scope, role, policy).
    Forbidden,
    /// The platform, the store or the secret store does not have it.
    NotFound,
    /// It exists already, is ambiguous, or somebody else holds it.
    Conflict,
    /// The platform asks us to slow down.
    RateLimited,
    /// Nobody answered: name resolution, connection, time-out, cut-off answer.
    Network,
    /// The platform answered that it is unwell (5xx, an HTML page, a shape nobody documents).
    PlatformDown,
    /// The platform or the user's input refused for its content.
    Invalid,
    /// The platform cannot do this at all.
    Unsupported,
    /// The admin stopped it.
    Cancelled,
    /// Database or file system.
    Storage,
    /// The operating system's keychain.
    Keychain,
    /// A mistake of ours.
    Bug,
}

/// What makes it better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Do it again, not before `after` when the platform named a time.
    Retry {
        /// How long to wait at least.
        after: Option<Duration>,
    },
    /// Connect the platform again.
    SignInAgain,
    /// Only somebody can lift it: a full sentence that names the setting or the person.
    AskAdmin {
        /// The sentence.
        what: Cow<'static, str>,
    },
    /// The input must change: a full sentence that says how.
    FixInput {
        /// The sentence.
        what: Cow<'static, str>,
    },
    /// Install a newer User Sync.
    Update,
    /// Nothing can be done.
    None,
}

/// Whether the other side may have acted although the call failed.
///
/// Decides between "send again" and "look it up first" (the crash rule: what is uncertain is never repeated blindly).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acted {
    /// Certainly not: refused, rate-limited, never connected.
    #[default]
    No,
    /// Perhaps: time-out, connection lost after the request left, 5xx.
    Perhaps,
}

/// A failure, ready for the program (kind, remedy) and for people (message).
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Sort of failure.
    pub kind: Kind,
    /// Next step.
    pub remedy: Remedy,
    /// What was being done, in the program's words: `"send_direct"`, `"import"`.
    pub operation: &'static str,
    /// On which platform.
    pub platform: Option<PlatformId>,
    /// One sentence: what happened.
    pub message: String,
    /// Safe details for logs: platform error words, request ids.
    pub context: Vec<(&'static str, String)>,
    /// Whether the other side may have acted.
    pub acted: Acted,
    /// The next step as data, where the program itself can take it; boxed, because few errors have one.
    pub act: Option<Box<Act>>,
}

/// The detail that says where a cause lies.
const AT_HOME: (&str, &str) = ("where", "this computer");

impl Error {
    /// A failure with the kind's usual remedy.
    pub fn new(kind: Kind, operation: &'static str, message: impl Into<String>) -> Self {
        let remedy = match kind {
            Kind::SignedOut => Remedy::SignInAgain,
            Kind::RateLimited | Kind::Network | Kind::PlatformDown => Remedy::Retry { after: None },
            _ => Remedy::None,
        };
        let acted = match kind {
            Kind::PlatformDown => Acted::Perhaps,
            _ => Acted::No,
        };
        Self { kind, remedy, operation, platform: None, message: message.into(), context: Vec::new(), acted, act: None }
    }

    /// Bad input with the sentence that says how to mend it.
    pub fn invalid(operation: &'static str, message: impl Into<String>, what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Invalid, operation, message).remedy(Remedy::FixInput { what: what.into() })
    }

    /// Something that is not there, with the next step.
    pub fn not_found(operation: &'static str, message: impl Into<String>, what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::NotFound, operation, message).remedy(Remedy::FixInput { what: what.into() })
    }

    /// Replaces the remedy.
    #[must_use]
    pub fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedy = remedy;
        self
    }

    /// Replaces the remedy by a sentence that names the setting or the person who can lift it.
    #[must_use]
    pub fn ask_admin(self, what: impl Into<Cow<'static, str>>) -> Self {
        self.remedy(Remedy::AskAdmin { what: what.into() })
    }

    /// Names the platform.
    #[must_use]
    pub fn on(mut self, platform: PlatformId) -> Self {
        self.platform = Some(platform);
        self
    }

    /// Adds a safe detail.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.context.push((key, value.into()));
        self
    }

    /// Says that the cause lies with this computer's own network, whichever platform was asked.
    #[must_use]
    pub fn at_home(self) -> Self {
        self.with(AT_HOME.0, AT_HOME.1)
    }

    /// Whether the cause lies with this computer's own network.
    pub fn is_at_home(&self) -> bool {
        self.context.iter().any(|(key, value)| (*key, value.as_str()) == AT_HOME)
    }

    /// Says whether the other side may have acted.
    #[must_use]
    pub fn acted(mut self, acted: Acted) -> Self {
        self.acted = acted;
        self
    }

    /// Names the next step as data.
    #[must_use]
    pub fn act(mut self, act: Act) -> Self {
        self.act = Some(Box::new(act));
        self
    }

    /// The next step as data: the one that was named, else connecting again where the platform asks for it.
    pub fn next_act(&self) -> Option<Act> {
        match (&self.act, &self.remedy, self.platform) {
            (Some(act), _, _) => Some(**act),
            (None, Remedy::SignInAgain, Some(platform)) => Some(Act::Connect { platform }),
            _ => None,
        }
    }

    /// True when the same call can succeed later without anybody doing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self.kind, Kind::RateLimited | Kind::Network | Kind::PlatformDown)
    }

    /// The next step as one sentence. Never empty.
    pub fn next_step(&self) -> String {
        match &self.remedy {
            Remedy::Retry { after: Some(after) } => format!("Try again in {} seconds.", after.as_secs().max(1)),
            Remedy::Retry { after: None } => "Try again.".into(),
            Remedy::SignInAgain => "Connect the platform again.".into(),
            Remedy::AskAdmin { what } | Remedy::FixInput { what } => what.to_string(),
            Remedy::Update => "Install a newer version of User Sync.".into(),
            Remedy::None => match self.kind {
                Kind::Bug => "This is a mistake in User Sync: please report it with the log.".into(),
                Kind::Cancelled => "Start it again whenever you like; what was done is kept.".into(),
                _ => "Nothing more can be done here; see the message.".into(),
            },
        }
    }
}
