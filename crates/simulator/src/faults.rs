//! Planted faults: what a network and a service do on a bad day, on demand. Knows no vendor; a fault that stands for a
//! vendor's own error carries that vendor's body and headers from whoever plants it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::http::{Answer, Context};

/// One planted fault, as the control interface takes it.
///
/// With `status` the platform does not act, unless it says `acts`; with `drop` it acts and the connection then closes without an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The vendor host, as it is called in this run's cloud.
    pub host: String,
    /// The path, exact or ending in `*`.
    pub path: String,
    /// The status to answer with, in place of the platform's own answer.
    #[serde(default)]
    pub status: Option<u16>,
    /// How many requests it meets.
    #[serde(default = "once")]
    pub times: u32,
    /// How many requests pass before the first that it meets.
    #[serde(default)]
    pub skip: u32,
    /// Headers of the answer.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Body of the answer: text as it is, anything else as JSON.
    #[serde(default)]
    pub body: Option<Value>,
    /// How long the answer is held back.
    #[serde(default)]
    pub delay_ms: Option<u64>,
    /// Act all the same, behind the planted answer.
    #[serde(default)]
    pub acts: bool,
    /// Act, then close the connection without an answer.
    #[serde(default)]
    pub drop: bool,
}

fn once() -> u32 {
    1
}

impl Fault {
    fn meets(&self, context: &Context) -> bool {
        let path = match self.path.strip_suffix('*') {
            Some(start) => context.path.starts_with(start),
            None => context.path == self.path,
        };
        self.host == context.sent_to && path
    }

    /// How long the answer is held back.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(0))
    }

    /// The answer in place of the platform's own, if the fault has one.
    pub(crate) fn answer(&self) -> Option<Answer> {
        let mut answer = match &self.body {
            Some(Value::String(text)) if text.trim_start().starts_with('<') => Answer::html(self.status?, text.clone()),
            Some(Value::String(text)) => Answer { body: text.clone().into(), ..Answer::json(self.status?, &Value::Null) },
            Some(body) => Answer::json(self.status?, body),
            None => Answer::empty(self.status?),
        };
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (::http::HeaderName::from_bytes(name.as_bytes()), ::http::HeaderValue::from_str(value)) {
                answer.headers.insert(name, value);
            }
        }
        Some(answer)
    }
}

#[derive(Default)]
pub(crate) struct Faults {
    planted: Vec<Fault>,
}

impl Faults {
    pub(crate) fn plant(&mut self, fault: Fault) {
        self.planted.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.planted.clear();
    }

    /// The fault this request meets, oldest first; it has one time less afterwards.
    pub(crate) fn meet(&mut self, context: &Context) -> Option<Fault> {
        let index = self.planted.iter().position(|fault| fault.times > 0 && fault.meets(context))?;
        let fault = &mut self.planted[index];
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        let met = fault.clone();
        self.planted.retain(|fault| fault.times > 0);
        Some(met)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::testing::{call, simulator};
    use crate::{Dropped, Fault};

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_meets_as_many_requests_as_planted_and_no_other_path() {
        let sim = simulator();
        sim.plant(fault(r#"{"host":"slack.com","path":"/api/users.*","status":503,"times":2,"headers":{"Retry-After":"7"},"body":"<h1>busy</h1>","delay_ms":400}"#));
        let before = sim.clock().now();
        let got = call(&sim, "GET", "https://slack.com/api/users.list", &[], "").await;
        assert_eq!((got.status, got.headers["retry-after"].to_str().unwrap(), got.text.as_str()), (503, "7", "<h1>busy</h1>"));
        assert_eq!(sim.clock().now().duration_since(before).as_millis(), 400);
        assert_eq!(call(&sim, "POST", "https://slack.com/api/auth.test", &[], "").await.status, 200);
        assert_eq!(call(&sim, "GET", "https://slack.com/api/users.info", &[], "").await.status, 503);
        assert_eq!(call(&sim, "GET", "https://slack.com/api/users.list", &[], "").await.status, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_can_let_the_first_requests_pass() {
        let sim = simulator();
        sim.plant(fault(r#"{"host":"slack.com","path":"/api/auth.test","status":503,"skip":2}"#));
        let mut met = Vec::new();
        for _ in 0..4 {
            met.push(call(&sim, "POST", "https://slack.com/api/auth.test", &[], "").await.status);
        }
        assert_eq!(met, [200, 200, 503, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_planted_answer_may_hide_that_the_platform_acted() {
        let sim = simulator();
        for (acts, seen) in [("", 0), (r#","acts":true"#, 1)] {
            let before = sim.unknown_requests();
            sim.plant(fault(&format!(r#"{{"host":"nowhere.example","path":"/x","status":500{acts}}}"#)));
            assert_eq!(call(&sim, "GET", "https://nowhere.example/x", &[], "").await.status, 500);
            assert_eq!(sim.unknown_requests() - before, seen);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_request_was_acted_upon() {
        let sim = simulator();
        sim.plant(fault(r#"{"host":"nowhere.example","path":"/x","drop":true,"delay_ms":10}"#));
        let request = ::http::Request::builder().uri("https://nowhere.example/x").body(bytes::Bytes::new()).unwrap();
        let before = tokio::time::Instant::now();
        assert_eq!(sim.handle(request).await.unwrap_err(), Dropped);
        assert_eq!((sim.unknown_requests(), before.elapsed()), (1, Duration::from_millis(10)));
    }
}
