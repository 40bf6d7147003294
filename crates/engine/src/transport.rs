//! How an adapter reaches its platform: a request leaves unsigned, comes back answered, and no adapter sees a token.
//!
//! An adapter builds a [`Request`] with a production URL and says which credential signs it ([`Sign`]). Beneath,
//! `pace` waits for the rate limits, signs, sends, renews a token that died, and turns refusals into errors with the
//! adapter's own `read_error`. So an adapter only ever sees successful answers.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::{Error, Kind, Result};
use crate::model::{GrantId, PlatformId};

/// Whether the other side is the real world or the simulator. The engine refuses a mixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Realm {
    /// The vendors.
    Live,
    /// The built-in simulator.
    Demo,
}

impl Realm {
    /// The word that the database file records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Demo => "demo",
        }
    }
}

/// Whose credentials sign a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The connection that the admin authorised.
    Connection,
    /// An employee's own grant.
    Grant(GrantId),
}

/// Who is waiting for the answer; a smaller lane goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A person looks at the screen.
    Waiting,
    /// A prompt to an employee, or their sign-in.
    Prompt,
    /// Bulk work.
    Bulk,
    /// Import.
    Import,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Not at all.
    Nobody,
    /// `Authorization: Bearer`, with the token of this slot of `info().slots` (a grant has only one token: its own).
    Bearer(&'static str),
    /// The grant's access token as this form field, and the client as it shows itself: revocation endpoints.
    GrantInForm {
        /// Whose token.
        grant: GrantId,
        /// The form field's name.
        field: &'static str,
        /// How the client authenticates.
        client: crate::signin::Client,
    },
    /// The same with the access token of a slot.
    SlotInForm {
        /// Whose token.
        slot: &'static str,
        /// The form field's name.
        field: &'static str,
        /// How the client authenticates.
        client: crate::signin::Client,
    },
}

/// Whether a lost answer may be answered by asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Reads and idempotent writes: the transport retries passing failures by itself.
    Safe,
    /// The platform would do it twice: only refusals before any effect (429) are retried; doubt is reported with
    /// [`crate::error::Acted::Perhaps`] and settled by `confirm`.
    Once,
}

/// One request to a platform.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET, POST …
    pub method: Method,
    /// A production URL on one of the hosts in `info().hosts`.
    pub url: Url,
    /// Extra headers. Authorization is the transport's.
    pub headers: HeaderMap,
    /// The body, its content type being among the headers.
    pub body: Bytes,
    /// Who signs.
    pub sign: Sign,
    /// Rate class, a name from `info().rates`.
    pub class: &'static str,
    /// The channel that a per-channel limit counts, where one applies.
    pub channel: Option<String>,
    /// Whether it may be repeated.
    pub repeat: Repeat,
    /// Whether the answer is the same whoever asks, so that one request may answer all who ask at the same time.
    pub same_for_all: bool,
    /// The operation's name for errors and logs.
    pub operation: &'static str,
}

impl Request {
    /// A read: `Repeat::Safe`.
    pub fn get(url: Url, sign: Sign, class: &'static str, operation: &'static str) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            sign,
            class,
            channel: None,
            repeat: Repeat::Safe,
            same_for_all: false,
            operation,
        }
    }

    /// A write without a body yet: `Repeat::Once`.
    pub fn write(method: Method, url: Url, sign: Sign, class: &'static str, operation: &'static str) -> Self {
        Self { method, repeat: Repeat::Once, ..Self::get(url, sign, class, operation) }
    }

    /// Puts a JSON body in.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self> {
        self.body = serde_json::to_vec(body)
            .map_err(|error| Error::new(Kind::Bug, self.operation, format!("a request could not be written as JSON: {error}")))?
            .into();
        self.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self)
    }

    /// Puts a form body in.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into();
        self.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self
    }

    /// Names the channel that a per-channel limit counts.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Declares that the platform does it once however often it is asked.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self
    }

    /// Declares that the answer is the same whoever asks.
    #[must_use]
    pub fn same_for_all(mut self) -> Self {
        self.same_for_all = true;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// A platform's answer.
#[derive(Clone)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body. Never logged.
    pub body: Bytes,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response").field("status", &self.status).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl Response {
    /// Reads the body as JSON; a shape that nobody documents is the platform's fault.
    pub fn json<T: DeserializeOwned>(&self, operation: &'static str) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Error::new(Kind::PlatformDown, operation, "The platform answered in a shape that User Sync does not understand.")
                .with("shape", format!("{:?} at column {}", error.classify(), error.column()))
        })
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends a request on behalf of somebody. Implemented by `pace` (limits, signing, retries) over a [`Wire`].
#[async_trait]
pub trait Transport: Send + Sync {
    /// Live or demo.
    fn realm(&self) -> Realm;
    /// Sends; every refusal has become an error by the platform's own `read_error`.
    async fn send(&self, platform: PlatformId, request: Request, subject: Subject, lane: Lane) -> Result<Response>;
}

/// The bare network: takes a signed HTTP request, gives the answer whatever its status.
///
/// Errors: `Kind::Network` with `Acted::No` when nothing can have arrived (name, connect, TLS), `Acted::Perhaps` otherwise.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Live or demo.
    fn realm(&self) -> Realm;
    /// One exchange.
    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response>;
}

/// What an adapter's connection holds: the transport, bound to its platform, subject and lane.
#[derive(Clone)]
pub struct Http {
    transport: Arc<dyn Transport>,
    platform: PlatformId,
    subject: Subject,
    lane: Lane,
}

impl Http {
    /// Binds.
    pub fn new(transport: Arc<dyn Transport>, platform: PlatformId, subject: Subject, lane: Lane) -> Self {
        Self { transport, platform, subject, lane }
    }

    /// Whose credentials sign: an adapter names the connection's sender, but an employee only as "me".
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// Sends.
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.transport.send(self.platform, request, self.subject, self.lane).await
    }

    /// Sends and reads the answer as JSON.
    pub async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        let operation = request.operation;
        self.send(request).await?.json(operation).map_err(|error| error.on(self.platform))
    }
}
