//! A method's arguments: query, form or JSON body read as one map, refused where Slack refuses.

use serde_json::{Map, Value, json};

use super::methods::Method;
use super::wire::Trouble;
use crate::http::{Context, WrongBody};

/// Arguments that may be something else than text in a JSON body.
const UNTEXTUAL: &[&str] = &[
    "attachments",
    "blocks",
    "file_ids",
    "files",
    "include_all_metadata",
    "inclusive",
    "length",
    "limit",
    "link_names",
    "metadata",
    "mrkdwn",
    "prevent_creation",
    "reply_broadcast",
    "return_im",
    "unfurl_links",
    "unfurl_media",
    "view",
];

/// Arguments by name. Form values are text; JSON values keep their type.
pub(super) struct Args {
    map: Map<String, Value>,
}

impl Args {
    /// Reads the arguments, refusing names the method does not know.
    pub(super) fn read(context: &Context, method: &Method) -> Result<Self, Trouble> {
        let mut map: Map<String, Value> = context.query.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        if context.method == "POST" && !context.body.is_empty() {
            match context.content_type().as_deref() {
                Some("application/json") if method.json => match context.json().map_err(|_| Trouble::of("invalid_json"))? {
                    Value::Object(body) => map.extend(body),
                    _ => return Err(Trouble::of("json_not_object")),
                },
                Some("application/json") => return Err(Trouble::of("invalid_post_type")),
                Some("application/x-www-form-urlencoded") => {
                    let form = context.form().map_err(|wrong| {
                        Trouble::of(if wrong == WrongBody::Malformed { "invalid_charset" } else { "invalid_form_data" })
                    })?;
                    map.extend(form.into_iter().map(|(name, value)| (name, Value::from(value))));
                }
                Some("multipart/form-data") => return Err(Trouble::of("invalid_form_data")),
                Some(_) => return Err(Trouble::of("invalid_post_type")),
                None => return Err(Trouble::of("missing_post_type")),
            }
        }
        map.retain(|_, value| !value.is_null());
        if let Some((name, _)) = map.iter().find(|(name, value)| !value.is_string() && !UNTEXTUAL.contains(&name.as_str())) {
            return Err(Trouble::argument("must be a string", name));
        }
        match map.keys().find(|name| !method.args.contains(&name.as_str())) {
            Some(name) => Err(Trouble { messages: vec![format!("[ERROR] unknown argument: {name}")], ..Trouble::of("invalid_arg_name") }),
            None => Ok(Self { map }),
        }
    }

    /// Text, if given and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Text that must be there.
    pub(super) fn needed(&self, name: &str) -> Result<&str, Trouble> {
        match self.map.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(Value::String(_)) | None => Err(Trouble::argument("missing required field", name)),
            Some(_) => Err(Trouble::argument("must be a string", name)),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Trouble> {
        match self.map.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if matches!(text.as_str(), "true" | "1") => Ok(true),
            Some(Value::String(text)) if matches!(text.as_str(), "false" | "0" | "") => Ok(false),
            Some(_) => Err(Trouble::argument("must be a boolean", name)),
        }
    }

    /// A whole number from 1 to `most`.
    pub(super) fn count(&self, name: &str, most: usize) -> Result<Option<usize>, Trouble> {
        let number = match self.map.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        match number.and_then(|number| usize::try_from(number).ok()) {
            Some(0) | None => Err(Trouble::argument("must be an integer greater than 0", name)),
            Some(number) if number > most => Err(Trouble::argument(&format!("must be less than {}", most + 1), name)),
            Some(number) => Ok(Some(number)),
        }
    }

    /// A structure: JSON in a JSON body, JSON text in a form. `Err(wrong)` when it is neither.
    pub(super) fn structure(&self, name: &str, wrong: &'static str) -> Result<Option<Value>, Trouble> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| Trouble::of(wrong)),
            Some(value) => Ok(Some(value.clone())),
        }
    }
}

/// Client id and secret: HTTP Basic, or arguments. An empty secret is none: that is how Slack's Python client sends none.
pub(super) fn client(context: &Context, args: &Args) -> (Option<String>, Option<String>) {
    match context.basic() {
        Some((id, secret)) => (Some(id), Some(secret).filter(|secret| !secret.is_empty())),
        None => (args.text("client_id").map(str::to_owned), args.text("client_secret").map(str::to_owned)),
    }
}

/// Text as Slack keeps it, back to what people see: `&amp;` and links in angle brackets.
pub(super) fn as_seen(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>') else { break };
        seen.push_str(&rest[..start]);
        let inside = &rest[start + 1..start + end];
        match inside.split_once('|') {
            // Where a label hides the address, both are kept: a person can see where a link leads.
            Some((link, label)) if !label.is_empty() && label != link => seen.push_str(&format!("{label} ({link})")),
            Some((link, _)) => seen.push_str(link),
            None => seen.push_str(inside),
        }
        rest = &rest[start + end + 1..];
    }
    seen.push_str(rest);
    seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// A manifest: JSON as text, in a JSON body too.
pub(super) fn manifest(args: &Args) -> Result<Value, Trouble> {
    let wrong =
        |message: &str| Trouble { errors: Some(json!([{ "message": message, "pointer": "/" }])), ..Trouble::of("invalid_manifest") };
    match serde_json::from_str(args.needed("manifest")?) {
        Ok(manifest @ Value::Object(_)) => Ok(manifest),
        Ok(_) => Err(wrong("Expected an object")),
        Err(_) => Err(wrong("Unable to parse the manifest")),
    }
}
