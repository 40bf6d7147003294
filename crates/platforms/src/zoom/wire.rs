//! Zoom's shapes, as far as we read or write them. What Zoom may leave out is optional; what a list stands on is not.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A page of users; an empty token ends the list.
#[derive(Deserialize)]
pub(super) struct Users {
    pub(super) users: Vec<User>,
    pub(super) next_page_token: Option<String>,
}

/// A user. The invited who have not joined come without an id.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: Option<String>,
    pub(super) email: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) verified: Option<u8>,
    pub(super) pic_url: Option<String>,
    pub(super) jid: Option<String>,
    pub(super) account_id: Option<String>,
    pub(super) company: Option<String>,
}

/// A direct message to be sent, or its new text.
#[derive(Serialize)]
pub(super) struct NewMessage<'a> {
    pub(super) message: &'a str,
    pub(super) to_contact: &'a str,
}

/// The answer to a message.
#[derive(Deserialize)]
pub(super) struct Sent {
    pub(super) id: String,
}

/// A page of messages.
#[derive(Deserialize)]
pub(super) struct Messages {
    pub(super) messages: Vec<Message>,
    pub(super) next_page_token: Option<String>,
}

/// A message. `sender` is an address, and empty for somebody of another account. No `Debug`: it holds what somebody wrote.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) sender: String,
    pub(super) date_time: Timestamp,
    /// Milliseconds; finer than `date_time`.
    pub(super) timestamp: Option<i64>,
}

impl Message {
    pub(super) fn at(&self) -> Timestamp {
        self.timestamp.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()).unwrap_or(self.date_time)
    }
}

/// A refusal of the API (`code`, `message`) or of the sign-in endpoints (`error`, `reason`). Sentences are never shown; from
/// `message` only the names of missing scopes are read.
#[derive(Deserialize, Default)]
pub(super) struct Refusal {
    pub(super) code: Option<i64>,
    pub(super) message: Option<String>,
    pub(super) error: Option<String>,
    pub(super) reason: Option<String>,
    #[serde(rename = "errorCode")]
    pub(super) error_code: Option<i64>,
}
