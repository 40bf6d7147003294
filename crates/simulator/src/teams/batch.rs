//! `POST /$batch`: up to twenty requests in one. Each is performed, limited and refused by itself.

use std::collections::{HashMap, HashSet};

use ::http::{HeaderName, HeaderValue, Request};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::graph::{self, Call, Outcome, Refusal, only};
use crate::http::{Answer, Context};

const MOST: usize = 20;

/// `POST /$batch`.
pub(super) fn run(call: &Call<'_>, _ids: &[String]) -> Outcome {
    let body = call.body(&["requests"])?;
    let wrong = |message: String| Refusal::new(400, "BadRequest", message);
    let items =
        body["requests"].as_array().filter(|items| !items.is_empty()).ok_or_else(|| wrong("Invalid batch payload format.".to_owned()))?;
    if items.len() > MOST {
        return Err(wrong(format!("Number of batch request steps exceeds the maximum value of {MOST}.")));
    }
    let mut ids: HashSet<&str> = HashSet::new();
    let mut requests = Vec::with_capacity(items.len());
    for item in items {
        // Microsoft's Python client writes `depends_on`, which Graph lets pass. UNCONFIRMED whether it means anything: here it does not.
        only(item, &["id", "method", "url", "headers", "body", "dependsOn", "depends_on"], "a batch request")?;
        let id = item["id"]
            .as_str()
            .filter(|id| !id.is_empty() && ids.insert(id))
            .ok_or_else(|| wrong("The id of a batch request is missing or not unique.".to_owned()))?;
        requests.push((id, item, inner(call, item).ok_or_else(|| wrong(format!("Invalid batch request with id '{id}'.")))?));
    }
    let mut statuses: HashMap<&str, u16> = HashMap::new();
    let mut responses = Vec::with_capacity(requests.len());
    for (id, item, context) in &requests {
        let first = item["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str);
        // What it waits for must stand before it and have gone well.
        let failed = first.into_iter().any(|name| statuses.get(name).is_none_or(|status| *status >= 400));
        let answer = if failed { dependency_failed() } else { graph::route(call.sim, context) };
        statuses.insert(id, answer.status.as_u16());
        responses.push(response(id, &answer));
    }
    // Answers come in any order: the last first, so that nobody relies on it.
    responses.reverse();
    Ok(Answer::json(200, &json!({ "responses": responses })))
}

/// A request of the batch as one of its own. No batches inside.
fn inner(call: &Call<'_>, item: &Value) -> Option<Context> {
    let outer = call.context;
    let url = item["url"].as_str()?.trim_start_matches('/');
    let method = item["method"].as_str().filter(|method| ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(method))?;
    if url.is_empty() || url.contains("://") || url.starts_with("$batch") || (!item["body"].is_null() && !item["headers"].is_object()) {
        return None;
    }
    let body = if item["body"].is_null() { Bytes::new() } else { Bytes::from(item["body"].to_string()) };
    let address = format!("https://{}/v1.0/{}", outer.sent_to, url.replace(' ', "%20"));
    let mut request = Request::builder().method(method).uri(address).body(body).ok()?;
    request.headers_mut().insert("authorization", outer.headers.get("authorization")?.clone());
    for (name, value) in item["headers"].as_object().into_iter().flatten() {
        request.headers_mut().insert(HeaderName::try_from(name.as_str()).ok()?, HeaderValue::from_str(value.as_str()?).ok()?);
    }
    Some(Context::new(request, outer.origin.clone(), outer.clouds, outer.now))
}

fn dependency_failed() -> Answer {
    Answer::json(424, &json!({ "error": { "code": "FailedDependency", "message": "A request that this one depends on has failed." } }))
}

fn response(id: &str, answer: &Answer) -> Value {
    let headers: Map<String, Value> =
        answer.headers.iter().filter_map(|(name, value)| Some((capitals(name.as_str()), json!(value.to_str().ok()?)))).collect();
    let mut shown = json!({ "id": id, "status": answer.status.as_u16(), "headers": headers });
    if !answer.body.is_empty() {
        shown["body"] = serde_json::from_slice(&answer.body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&answer.body)));
    }
    shown
}

/// `retry-after` as `Retry-After`: inside a batch headers are JSON names, and these are Graph's.
fn capitals(name: &str) -> String {
    let parts: Vec<String> = name
        .split('-')
        .map(|part| part.chars().enumerate().map(|(at, letter)| if at == 0 { letter.to_ascii_uppercase() } else { letter }).collect())
        .collect();
    parts.join("-")
}
