//! A pretended transport for the adapters' own tests: plays answers back in order and keeps the requests it was given.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use engine::error::{Error, Kind, Result};
use engine::model::PlatformId;
use engine::platform::{Cloud, Connection, ConnectionFacts, Platform};
use engine::transport::{Http, Lane, Realm, Request, Response, Subject, Transport};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

/// A JSON answer.
pub(crate) fn answer(status: u16, body: &str) -> Response {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))]);
    Response { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

/// A JSON answer with one more header.
pub(crate) fn answer_with(status: u16, header: (&'static str, &str), body: &str) -> Response {
    let mut response = answer(status, body);
    response.headers.insert(HeaderName::from_static(header.0), header.1.parse().unwrap());
    response
}

/// A page for people.
pub(crate) fn html(status: u16) -> Response {
    answer_with(status, ("content-type", "text/html"), "<html></html>")
}

/// Answers in order; what the platform's `read_error` calls an error comes back as one, as from `pace`.
pub(crate) struct Script {
    platform: &'static dyn Platform,
    cloud: &'static Cloud,
    answers: Mutex<VecDeque<Response>>,
    requests: Mutex<Vec<Request>>,
}

impl Script {
    /// A connection that will hear these answers.
    pub(crate) fn connection(
        platform: &'static dyn Platform,
        facts: ConnectionFacts,
        answers: Vec<Response>,
    ) -> (Box<dyn Connection>, Arc<Self>) {
        Self::connection_as(platform, Subject::Connection, facts, answers)
    }

    /// The same, with somebody's credentials.
    pub(crate) fn connection_as(
        platform: &'static dyn Platform,
        subject: Subject,
        facts: ConnectionFacts,
        answers: Vec<Response>,
    ) -> (Box<dyn Connection>, Arc<Self>) {
        let cloud = platform.info().cloud(&facts).unwrap();
        let script = Arc::new(Self { platform, cloud, answers: Mutex::new(answers.into()), requests: Mutex::default() });
        let http = Http::new(script.clone(), platform.info().id, subject, Lane::Bulk);
        (platform.connect(facts, http), script)
    }

    /// What was sent: method, address, body; each with a line of its own.
    pub(crate) fn sent(&self) -> String {
        let requests = self.requests.lock().unwrap();
        let lines = requests.iter().map(|request| {
            let body = String::from_utf8_lossy(&request.body);
            format!("{} {} {body}", request.method, request.url).trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The requests themselves.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Script {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn send(&self, platform: PlatformId, request: Request, _subject: Subject, _lane: Lane) -> Result<Response> {
        let info = self.platform.info();
        assert_eq!(platform, info.id);
        // Adapters write commercial addresses, and follow links of the connection's own cloud.
        let host = request.url.host_str().unwrap();
        assert!(info.hosts.contains(&host) || info.is_host_of(self.cloud, host), "{} is not among the hosts", request.url);
        assert!(info.rates.iter().any(|rate| rate.counts(request.class)), "rate class {} is not declared", request.class);
        let operation = request.operation;
        self.requests.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.ok_or_else(|| Error::new(Kind::Bug, operation, format!("the script is at its end; sent:\n{}", self.sent())))?;
        match self.platform.read_error(&answer, operation) {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }
}
