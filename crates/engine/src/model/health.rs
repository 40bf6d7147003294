//! How well a platform can be reached, as people see it beside its connection.

use jiff::Timestamp;
use serde::Serialize;

use super::Reason;

/// The one word for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// There is no connection.
    NotConnected,
    /// It answered when it was asked last.
    Well,
    /// Nobody answered, or only to say that the platform is unwell.
    Unreachable,
    /// It asked to slow down.
    Throttled,
    /// It refuses the connection's tokens.
    SignedOut,
    /// It has not been asked since the program started.
    #[default]
    Unknown,
}

/// What is known of a platform since the program started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct Health {
    /// In one word.
    pub state: HealthState,
    /// Whether it is unreachable because this computer's own network is: then no other platform is reachable either.
    pub offline: bool,
    /// When it last answered as it should.
    #[specta(type = Option<String>)]
    pub last_success: Option<Timestamp>,
    /// What went wrong last.
    pub last_failure: Option<Reason>,
    /// Until when nothing is sent, because it asked to slow down.
    #[specta(type = Option<String>)]
    pub throttled_until: Option<Timestamp>,
    /// The soonest end of a token that does not renew itself, where the platform says so.
    #[specta(type = Option<String>)]
    pub token_expires: Option<Timestamp>,
    /// When the sign-in itself ends if nobody uses it, where the platform says so. Known right after a start.
    #[specta(type = Option<String>)]
    pub sign_in_ends: Option<Timestamp>,
}
