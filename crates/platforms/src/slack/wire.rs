//! Slack's shapes, as far as we read or write them. Most flags of a user are absent more often than false.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The envelope of every answer.
#[derive(Deserialize)]
pub(super) struct Envelope {
    pub(super) ok: bool,
    pub(super) error: Option<String>,
    pub(super) needed: Option<String>,
}

/// Where a list goes on.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) next_cursor: Option<String>,
}

/// Whose token it is.
#[derive(Debug, Deserialize)]
pub(super) struct AuthTest {
    pub(super) team_id: String,
    pub(super) user_id: String,
    pub(super) team: Option<String>,
    pub(super) user: Option<String>,
    /// Only a bot has one.
    pub(super) bot_id: Option<String>,
    /// Seconds; only a rotating token names them.
    pub(super) expires_in: Option<i64>,
}

/// Where a socket would be opened. No `Debug`: the address holds a ticket.
#[derive(Deserialize)]
pub(super) struct Socket {
    pub(super) url: String,
}

/// What became of a token.
#[derive(Debug, Deserialize)]
pub(super) struct Revoked {
    pub(super) revoked: bool,
}

/// The workspace.
#[derive(Debug, Deserialize)]
pub(super) struct Team {
    pub(super) team: TeamName,
}

/// Its name.
#[derive(Debug, Deserialize)]
pub(super) struct TeamName {
    pub(super) name: Option<String>,
}

/// A page of members.
#[derive(Debug, Deserialize)]
pub(super) struct Users {
    pub(super) members: Vec<User>,
    pub(super) response_metadata: Option<Metadata>,
}

/// One member that was looked up.
#[derive(Debug, Deserialize)]
pub(super) struct FoundUser {
    pub(super) user: User,
}

/// A member, a bot, or somebody of another workspace.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) team_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) real_name: Option<String>,
    #[serde(default)]
    pub(super) deleted: bool,
    #[serde(default)]
    pub(super) is_bot: bool,
    #[serde(default)]
    pub(super) is_workflow_bot: bool,
    #[serde(default)]
    pub(super) is_stranger: bool,
    #[serde(default)]
    pub(super) is_restricted: bool,
    #[serde(default)]
    pub(super) is_ultra_restricted: bool,
    #[serde(default)]
    pub(super) is_invited_user: bool,
    pub(super) is_email_confirmed: Option<bool>,
    pub(super) enterprise_user: Option<serde::de::IgnoredAny>,
    pub(super) profile: Option<Profile>,
}

/// What a member says of themselves.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Profile {
    pub(super) real_name: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) image_72: Option<String>,
    pub(super) image_192: Option<String>,
}

/// Whom to open a direct conversation with.
#[derive(Debug, Serialize)]
pub(super) struct OpenDirect<'a> {
    pub(super) users: &'a str,
}

/// The conversation.
#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    pub(super) channel: Channel,
}

/// Its id.
#[derive(Debug, Deserialize)]
pub(super) struct Channel {
    pub(super) id: String,
}

/// A message to be posted, with our key where only apps look.
#[derive(Debug, Serialize)]
pub(super) struct NewPost<'a> {
    pub(super) channel: &'a str,
    pub(super) text: &'a str,
    pub(super) link_names: bool,
    pub(super) unfurl_links: bool,
    pub(super) unfurl_media: bool,
    pub(super) metadata: NewMetadata<'a>,
}

/// Our mark on a message.
#[derive(Debug, Serialize)]
pub(super) struct NewMetadata<'a> {
    pub(super) event_type: &'a str,
    pub(super) event_payload: BTreeMap<&'a str, &'a str>,
}

/// A message's new text.
#[derive(Debug, Serialize)]
pub(super) struct NewText<'a> {
    pub(super) channel: &'a str,
    pub(super) ts: &'a str,
    pub(super) text: &'a str,
    pub(super) link_names: bool,
}

/// A message as posted.
#[derive(Debug, Deserialize)]
pub(super) struct Posted {
    pub(super) channel: String,
    pub(super) ts: String,
}

/// A page of a conversation, newest first.
#[derive(Deserialize)]
pub(super) struct History {
    pub(super) messages: Vec<Message>,
    pub(super) response_metadata: Option<Metadata>,
}

/// A message. No `Debug`: it holds what somebody wrote.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) ts: String,
    pub(super) user: Option<String>,
    pub(super) bot_id: Option<String>,
    pub(super) subtype: Option<String>,
    pub(super) text: Option<String>,
    pub(super) metadata: Option<Mark>,
}

/// An app's mark on a message.
#[derive(Deserialize)]
pub(super) struct Mark {
    pub(super) event_type: Option<String>,
    pub(super) event_payload: Option<serde_json::Map<String, serde_json::Value>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deactivated_user_with_hardly_any_field_is_read() {
        let user: User = serde_json::from_str(r#"{"id":"U1","deleted":true}"#).unwrap();
        assert!(user.deleted && !user.is_bot && user.is_email_confirmed.is_none());
    }

    #[test]
    fn a_list_without_its_members_is_no_empty_list() {
        assert!(serde_json::from_str::<Users>(r#"{"ok":true}"#).is_err());
        assert!(serde_json::from_str::<History>(r#"{"ok":true}"#).is_err_and(|error| error.is_data()));
    }
}
