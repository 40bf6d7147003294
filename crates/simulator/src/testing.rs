//! What the fakes' unit tests share: a small company and one-line requests. `call` runs through the in-process door.

use ::http::{HeaderMap, Request};
use bytes::Bytes;
use serde_json::Value;

use crate::{Options, Simulator};

/// A company of 100 with limits on and tests' time.
pub(crate) fn simulator() -> Simulator {
    Simulator::new(Options { people: 100, ..Options::default() }).unwrap()
}

/// One answer, its body read as JSON where it is JSON.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// Sends `METHOD url` with the given headers (`("authorization", "Bearer …")`) and body.
pub(crate) async fn call(sim: &Simulator, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Got {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sim.handle(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()).await.unwrap();
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    Got {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        json: serde_json::from_str(&text).unwrap_or_default(),
        text,
    }
}

/// `call` with a bearer token and a JSON body (`Value::Null`: no body).
pub(crate) async fn with_json(sim: &Simulator, method: &str, url: &str, token: &str, body: &Value) -> Got {
    let bearer = format!("Bearer {token}");
    if body.is_null() {
        return call(sim, method, url, &[("authorization", &bearer)], "").await;
    }
    call(sim, method, url, &[("authorization", &bearer), ("content-type", "application/json")], &body.to_string()).await
}

/// `call` with a form body.
pub(crate) async fn with_form(sim: &Simulator, url: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Got {
    let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/x-www-form-urlencoded")]).collect();
    call(sim, "POST", url, &headers, &crate::http::encode(form)).await
}

/// Opens an authorize address, presses Allow or Deny as `account`, and gives the redirect target (or the form page's text).
pub(crate) async fn consent(sim: &Simulator, url: &str, account: &str, decision: &str) -> Got {
    let page = call(sim, "GET", url, &[], "").await;
    let id = page
        .text
        .split("name=\"request\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_else(|| panic!("no consent page: {} {}", page.status, page.text));
    let host = url::Url::parse(url).unwrap().host_str().unwrap().to_owned();
    with_form(
        sim,
        &format!("https://{host}{}", crate::oauth::CONSENT_PATH),
        &[],
        &[("request", id), ("account", account), ("decision", decision)],
    )
    .await
}
