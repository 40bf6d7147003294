//! Direct messages and representations, as the engine hands them to adapters and gets them back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whom a direct message is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The platform's account id.
    pub account: String,
    /// The account's address, where the platform addresses by e-mail.
    pub email: Option<String>,
    /// The account's adapter-owned attributes.
    #[serde(default)]
    pub attributes: std::collections::BTreeMap<String, String>,
}

/// A direct message that the platform accepted: enough to edit it and to find replies to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMessage {
    /// Where it lies.
    pub conversation: Conversation,
    /// The platform's message id, opaque.
    pub id: String,
    /// How often it was edited by us (some platforms limit edits).
    #[serde(default)]
    pub edits: u32,
}

/// A one-to-one conversation between the sender of a connection and a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conversation {
    /// The platform's id of the conversation (room, channel, chat) or of the other side.
    pub id: String,
    /// The account on the other side.
    pub with: String,
}

/// A message that somebody wrote in a conversation of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The platform's message id.
    pub id: String,
    /// The account that wrote it.
    pub from: String,
    /// What it says. Never logged.
    pub text: String,
    /// When, by the platform's clock.
    pub at: Timestamp,
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("id", &self.id).field("from", &self.from).field("at", &self.at).finish_non_exhaustive()
    }
}

/// A bot or a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RepresentationKind {
    /// The person's own account after a prompt.
    OwnAccount,
    /// A bot that carries the person's name.
    Bot,
    /// A guest account.
    Guest,
}

/// The person whom a bot or guest is to represent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Represented {
    /// Our stable key for the person on this installation; platforms may keep it.
    pub key: String,
    /// The person's name.
    pub name: String,
    /// The person's address, where one is known.
    pub email: Option<String>,
    /// A public picture.
    pub avatar: Option<String>,
    /// Name of the platform the person really uses, for people to read.
    pub primary: String,
}

/// How a person appears on a secondary platform without an account of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Representation {
    /// Bot or guest.
    pub kind: RepresentationKind,
    /// The platform's id of it.
    pub id: String,
    /// The name it shows.
    pub name: String,
    /// A finer state that people should know, for example that a guest has not redeemed yet.
    pub detail: Option<String>,
    /// Whether this call made it. Only what we made is ever deleted.
    pub created: bool,
}

/// Something that was about to be done, as it was written down before: the question behind `confirm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "intent")]
pub enum Intent {
    /// A direct message.
    Direct {
        /// Whom it was for.
        to: Recipient,
        /// What it said.
        text: String,
        /// Our idempotency key.
        key: String,
        /// When the first attempt began, by this computer's clock; nothing older can be it.
        since: Timestamp,
        /// The account that writes: what another one wrote cannot be looked up with this one.
        #[serde(default)]
        sender: Option<String>,
        /// The newest message of ours there that is known: neither it nor what is older can be this one.
        #[serde(default)]
        after: Option<String>,
    },
    /// A bot or guest.
    Represent {
        /// Whom it was to represent.
        person: Represented,
        /// Our idempotency key.
        key: String,
        /// When the first attempt began, by this computer's clock.
        since: Timestamp,
        /// When the last one began, where there were several.
        #[serde(default)]
        last: Option<Timestamp>,
    },
}

/// What `confirm` found of an [`Intent`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The message is there.
    Sent(SentMessage),
    /// The representation is there.
    Represented(Representation),
}
