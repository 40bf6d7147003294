//! The traffic, written as JSON lines so that it can be held against the vendors' specifications. Not redacted: the
//! tokens in it are made up. What no vendor did is left out: answers of planted faults, and the pretend consent forms.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use ::http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::Platform;
use crate::http::{Answer, Context};

/// An open record.
pub(crate) struct Record {
    file: File,
}

impl Record {
    pub(crate) fn create(path: &Path) -> std::io::Result<Self> {
        File::create(path).map(|file| Self { file })
    }

    /// One request and its answer.
    pub(crate) fn exchange(&mut self, platform: Platform, context: &Context, answer: &Answer) {
        if context.path.starts_with("/_") {
            return;
        }
        self.write(&json!({
            "platform": slug(platform),
            "method": context.method.as_str(),
            "url": context.url(),
            "request_headers": headers(&context.headers),
            "request_body": String::from_utf8_lossy(&context.body),
            "status": answer.status.as_u16(),
            "response_headers": headers(&answer.headers),
            "response_body": String::from_utf8_lossy(&answer.body),
        }));
    }

    /// One frame of a web socket; `direction` is `received` or `sent`, as the app sees it.
    pub(crate) fn frame(&mut self, platform: Platform, direction: &str, frame: &str) {
        let frame: Value = serde_json::from_str(frame).unwrap_or_else(|_| Value::String(frame.to_owned()));
        self.write(&json!({ "platform": slug(platform), "direction": direction, "frame": frame }));
    }

    fn write(&mut self, line: &Value) {
        if let Err(error) = self.file.write_all(format!("{line}\n").as_bytes()) {
            tracing::error!(%error, "the traffic record could not be written");
        }
    }
}

fn slug(platform: Platform) -> &'static str {
    match platform {
        Platform::Teams => "microsoft",
        other => other.slug(),
    }
}

fn headers(headers: &HeaderMap) -> Value {
    let pairs =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), Value::from(String::from_utf8_lossy(value.as_bytes()).into_owned())));
    Value::Object(pairs.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use crate::testing::call;
    use crate::{Options, Simulator};
    use serde_json::Value;

    #[tokio::test]
    async fn each_exchange_is_one_line() {
        let path = std::env::temp_dir().join(format!("simulator-record-{}.jsonl", uuid::Uuid::new_v4()));
        let sim = Simulator::new(Options { people: 100, record: Some(path.clone()), ..Options::default() }).unwrap();
        call(&sim, "GET", "https://slack.com/api/users.list?limit=2", &[("authorization", "Bearer wrong")], "").await;
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["url"], "https://slack.com/api/users.list?limit=2");
        assert_eq!(
            (lines[0]["platform"].as_str(), lines[0]["request_headers"]["authorization"].as_str()),
            (Some("slack"), Some("Bearer wrong"))
        );
        assert!(lines[0]["response_body"].as_str().unwrap().contains("invalid_auth"));
    }
}
