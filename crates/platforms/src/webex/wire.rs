//! Webex's shapes, as far as we read or write them. What Webex may leave out is optional; what a list stands on is not.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// Every list.
#[derive(Debug, Deserialize)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
}

/// A person. `invitePending` and `loginEnabled` come to admins only, and as words.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub(super) id: String,
    #[serde(default)]
    pub(super) emails: Vec<String>,
    pub(super) display_name: Option<String>,
    pub(super) avatar: Option<String>,
    pub(super) org_id: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "flag")]
    pub(super) invite_pending: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    pub(super) login_enabled: Option<bool>,
}

/// An organisation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Organisation {
    pub(super) display_name: Option<String>,
}

/// A team.
#[derive(Debug, Deserialize)]
pub(super) struct Team {
    pub(super) id: String,
    pub(super) name: Option<String>,
}

/// Somebody's place in a team.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Membership {
    pub(super) person_id: String,
    pub(super) person_email: Option<String>,
    pub(super) person_display_name: Option<String>,
    pub(super) person_org_id: Option<String>,
}

/// A direct message to be sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewDirect<'a> {
    pub(super) to_person_id: &'a str,
    pub(super) text: &'a str,
}

/// A message's new text.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewText<'a> {
    pub(super) room_id: &'a str,
    pub(super) text: &'a str,
}

/// A message. No `Debug`: it holds what somebody wrote.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) room_id: String,
    pub(super) person_id: Option<String>,
    pub(super) text: Option<String>,
    pub(super) created: Timestamp,
}

/// A guest to be made; the same subject is always the same guest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewGuest<'a> {
    pub(super) subject: &'a str,
    pub(super) display_name: &'a str,
}

/// A guest. The answer holds the guest's token as well, which is not read: it can be asked for again with the same subject.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Guest {
    pub(super) id: String,
    pub(super) display_name: Option<String>,
}

/// A person's authorisation of an app.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authorization {
    pub(super) id: String,
    pub(super) client_id: Option<String>,
    pub(super) person_id: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) created: Option<String>,
}

/// A refusal. Its sentences are never shown; only words are.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) errors: Vec<RefusalDetail>,
    pub(super) tracking_id: Option<String>,
}

/// One reason of a refusal.
#[derive(Deserialize)]
pub(super) struct RefusalDetail {
    pub(super) description: Option<String>,
}

/// `true` or `"true"`: the specification says words, answers have been seen with both.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Bool(bool),
        Word(String),
    }
    Ok(Option::<Flag>::deserialize(deserializer)?.and_then(|flag| match flag {
        Flag::Bool(flag) => Some(flag),
        Flag::Word(word) => word.parse().ok(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_as_words_as_booleans_and_not_at_all() {
        let person = |flags: &str| serde_json::from_str::<Person>(&format!(r#"{{"id":"P1"{flags}}}"#)).unwrap();
        assert_eq!(person(r#","invitePending":"true","loginEnabled":"false""#).invite_pending, Some(true));
        assert_eq!(person(r#","invitePending":"true","loginEnabled":"false""#).login_enabled, Some(false));
        assert_eq!(person(r#","loginEnabled":true"#).login_enabled, Some(true));
        assert_eq!(person("").login_enabled, None);
    }

    #[test]
    fn a_list_without_its_items_is_no_empty_list() {
        assert!(serde_json::from_str::<Items<Person>>("{}").is_err());
    }
}
