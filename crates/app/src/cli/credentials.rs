//! Reads the credentials that an admin hands over as JSON: nested members become dotted field names.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use engine::platform::PlatformInfo;
use engine::secrets::Secret;
use engine::{Error, Kind, Result};
use serde_json::Value;

/// What was handed over: one platform's fields, or an object with a member per platform.
pub struct Credentials(Value);

impl Credentials {
    /// From a file, or from standard input when the path is `-`.
    pub fn read(path: &Path) -> Result<Self> {
        let mut text = Vec::new();
        let read = if path == Path::new("-") {
            std::io::stdin().read_to_end(&mut text)
        } else {
            std::fs::read(path).map(|bytes| text = bytes).map(|()| 0)
        };
        read.map_err(|error| {
            Error::not_found(
                "connect",
                format!("The credentials in {} cannot be read: {error}.", path.display()),
                "Name a readable file, or `-` for standard input.",
            )
        })?;
        let value: Value = serde_json::from_slice(&text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::invalid(
                "connect",
                format!("The credentials in {} are no JSON ({place}).", path.display()),
                "Write an object such as {\"client_id\": \"…\"}.",
            )
        })?;
        Ok(Self::new(value))
    }

    /// From JSON; a simulator's ready file is understood as well.
    pub fn new(value: Value) -> Self {
        match value {
            Value::Object(mut members) if members.get("credentials").is_some_and(Value::is_object) => {
                Self(members.remove("credentials").unwrap_or_default())
            }
            other => Self(other),
        }
    }

    /// The fields of one platform. `only_known` leaves out what the platform has no field for (a simulator hands out more than is needed).
    pub fn of(&self, info: &PlatformInfo, only_known: bool) -> Result<BTreeMap<String, Secret>> {
        let own = self.0.get(info.id.as_str()).unwrap_or(&self.0);
        let mut fields = BTreeMap::new();
        flatten("", own, &mut fields)?;
        if only_known {
            fields.retain(|name, _| info.fields.iter().any(|field| field.name == name));
        }
        Ok(fields)
    }
}

fn flatten(prefix: &str, value: &Value, fields: &mut BTreeMap<String, Secret>) -> Result<()> {
    let wrong = || {
        let place = if prefix.is_empty() { "The credentials".to_owned() } else { format!("The field `{prefix}`") };
        Error::new(Kind::Invalid, "connect", format!("{place} must be text."))
            .remedy(engine::Remedy::FixInput { what: "Write every field as a JSON string.".into() })
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, fields)?;
            }
            Ok(())
        }
        Value::String(text) if !prefix.is_empty() => {
            fields.insert(prefix.to_owned(), Secret::new(text.as_str()));
            Ok(())
        }
        Value::Null if !prefix.is_empty() => Ok(()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn info() -> &'static PlatformInfo {
        platforms::all()
            .iter()
            .map(|platform| platform.info())
            .find(|info| info.fields.iter().any(|field| field.name.contains('.')))
            .unwrap()
    }

    #[test]
    fn nested_members_are_dotted_fields_and_a_ready_file_is_understood() {
        let own = json!({ "client_id": "a", "employee": { "client_id": "b" }, "unheard_of": "c", "absent": null });
        for value in [
            own.clone(),
            json!({ info().id.as_str(): own }),
            json!({ "http": "http://127.0.0.1:1", "credentials": { info().id.as_str(): own } }),
        ] {
            let fields = Credentials::new(value).of(info(), false).unwrap();
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            assert_eq!(names, ["client_id", "employee.client_id", "unheard_of"]);
        }
        assert!(!Credentials::new(own).of(info(), true).unwrap().contains_key("unheard_of"));
    }

    #[test]
    fn a_field_that_is_no_text_is_refused_by_name_without_its_value() {
        let error = Credentials::new(json!({ "client_secret": ["very-secret"] })).of(info(), false).unwrap_err();
        assert!(error.message.contains("client_secret") && !error.message.contains("very-secret"));
    }
}
