//! Slack's envelope: `ok`, `error`, what was needed and provided, warnings about arguments.

use serde_json::{Value, json};

use crate::http::Answer;

/// A refusal in Slack's words.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Trouble {
    pub(super) error: &'static str,
    pub(super) needed: Option<String>,
    pub(super) provided: Option<String>,
    pub(super) messages: Vec<String>,
    /// A manifest's faults.
    pub(super) errors: Option<Value>,
}

impl Trouble {
    pub(super) fn of(error: &'static str) -> Self {
        Self { error, ..Self::default() }
    }

    /// `invalid_arguments`, with what is wrong about one argument.
    pub(super) fn argument(what: &str, name: &str) -> Self {
        Self { messages: vec![format!("[ERROR] {what} [json-pointer:/{name}]")], ..Self::of("invalid_arguments") }
    }

    pub(super) fn scope(needed: &str, provided: &[String]) -> Self {
        Self { needed: Some(needed.to_owned()), provided: Some(provided.join(",")), ..Self::of("missing_scope") }
    }
}

impl From<Trouble> for Answer {
    fn from(trouble: Trouble) -> Self {
        let mut body = json!({ "ok": false, "error": trouble.error });
        if let Some(needed) = trouble.needed {
            body["needed"] = needed.into();
        }
        if let Some(provided) = trouble.provided {
            body["provided"] = provided.into();
        }
        if !trouble.messages.is_empty() {
            body["response_metadata"] = json!({ "messages": trouble.messages });
        }
        if let Some(errors) = trouble.errors {
            body["errors"] = errors;
        }
        Self::json(200, &body)
    }
}

/// A success with these fields.
pub(super) fn ok(mut fields: Value) -> Value {
    fields["ok"] = true.into();
    fields
}
