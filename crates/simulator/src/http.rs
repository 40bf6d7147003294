//! A request as every fake sees it, and the answer it gives: parsing that refuses what it does not know, links that
//! lead back through the door the request came by. Here so that the three doors differ nowhere else.
//!
//! How a fake reads a request: `ctx.query_value("limit")`, `ctx.unknown_parameter(&ctx.query, &["limit", "cursor"])`,
//! `ctx.form()` and `ctx.json()` (which refuse a wrong content type), `ctx.bearer()`, `ctx.basic()`; how it answers:
//! `Answer::json(200, &value)`, `Answer::empty(204)`, `Answer::redirect(url)`, each with `.header(name, value)`.

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::clouds::Clouds;

/// The door a request came through, which decides how links back are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In process or TLS: the vendor's own host names.
    Vendor,
    /// Plain HTTP: the vendor's host is the first path segment below this authority (`127.0.0.1:PORT`).
    Plain(String),
}

/// A request, taken apart once.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) method: Method,
    /// The vendor's host in its commercial cloud, by which fakes know it; empty when nobody answers at [`Self::sent_to`].
    pub(crate) host: &'static str,
    /// The host as it was sent, lower case, without port.
    pub(crate) sent_to: String,
    /// The path at that host, still percent-encoded; [`Context::segments`] decodes.
    pub(crate) path: String,
    /// The query, decoded, in order, with repetitions.
    pub(crate) query: Vec<(String, String)>,
    /// The query as it was sent.
    pub(crate) raw_query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) origin: Origin,
    /// Under which names the vendors answer.
    pub(crate) clouds: Clouds,
    /// The time at which the request came.
    pub(crate) now: Timestamp,
}

/// Why a body was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WrongBody {
    /// The content type is not the one this reading is for.
    ContentType,
    /// The bytes are not what the content type says.
    Malformed,
}

impl Context {
    /// Takes a request apart. Its host is the URI's authority or the `Host` header.
    pub(crate) fn new(request: Request<Bytes>, origin: Origin, clouds: Clouds, now: Timestamp) -> Self {
        let (parts, body) = request.into_parts();
        let header_host = parts.headers.get(::http::header::HOST).and_then(|value| value.to_str().ok());
        let authority = parts.uri.authority().map(|authority| authority.as_str()).or(header_host).unwrap_or_default();
        let sent_to = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default().to_ascii_lowercase();
        let raw_query = parts.uri.query().map(str::to_owned);
        Self {
            query: pairs(raw_query.as_deref().unwrap_or_default().as_bytes()),
            raw_query,
            path: parts.uri.path().to_owned(),
            method: parts.method,
            host: clouds.answers(&sent_to).map(|(_, first)| first).unwrap_or_default(),
            sent_to,
            headers: parts.headers,
            body,
            origin,
            clouds,
            now,
        }
    }

    /// The name in this run of a vendor host.
    pub(crate) fn named<'a>(&self, host: &'a str) -> &'a str {
        self.clouds.here(host)
    }

    /// A link to `path_and_query` at a vendor host, for the cloud and the door this request came through.
    pub(crate) fn absolute(&self, host: &str, path_and_query: &str) -> String {
        self.link(self.named(host), path_and_query)
    }

    fn link(&self, host: &str, path_and_query: &str) -> String {
        match &self.origin {
            Origin::Vendor => format!("https://{host}{path_and_query}"),
            Origin::Plain(authority) => format!("http://{authority}/{host}{path_and_query}"),
        }
    }

    /// The same for a web socket.
    pub(crate) fn absolute_socket(&self, host: &str, path_and_query: &str) -> String {
        let host = self.named(host);
        match &self.origin {
            Origin::Vendor => format!("wss://{host}{path_and_query}"),
            Origin::Plain(authority) => format!("ws://{authority}/{host}{path_and_query}"),
        }
    }

    /// The address of this request, as its sender wrote it.
    pub(crate) fn url(&self) -> String {
        let query = self.raw_query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        self.link(&self.sent_to, &format!("{}{query}", self.path))
    }

    /// The path's segments, percent-decoded, without the empty one before the first slash.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.trim_start_matches('/').split('/').map(percent_decode).collect()
    }

    /// A query parameter's first value.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    /// The first of `given` whose name is not among `known`.
    pub(crate) fn unknown_parameter<'a>(&self, given: &'a [(String, String)], known: &[&str]) -> Option<&'a str> {
        given.iter().map(|(name, _)| name.as_str()).find(|name| !known.contains(name))
    }

    /// A header's value, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The content type without its parameters, lower case.
    pub(crate) fn content_type(&self) -> Option<String> {
        self.header("content-type").map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// The body as form fields.
    pub(crate) fn form(&self) -> Result<Vec<(String, String)>, WrongBody> {
        if self.content_type().as_deref() != Some("application/x-www-form-urlencoded") {
            return Err(WrongBody::ContentType);
        }
        std::str::from_utf8(&self.body).map_err(|_| WrongBody::Malformed)?;
        Ok(pairs(&self.body))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, WrongBody> {
        if self.content_type().as_deref() != Some("application/json") {
            return Err(WrongBody::ContentType);
        }
        serde_json::from_slice(&self.body).map_err(|_| WrongBody::Malformed)
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// Name and password of HTTP Basic.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let (scheme, code) = self.header("authorization")?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(code.trim()).ok()?).ok()?;
        let (name, password) = text.split_once(':')?;
        Some((percent_decode(name), percent_decode(password)))
    }
}

/// The first value of `name` among pairs.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Pairs of a query or form body, decoded.
pub(crate) fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// One path segment, decoded (a plus sign stays a plus sign).
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = if bytes[at] == b'%' {
            bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok())
        } else {
            None
        };
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Pairs as a query or form body.
pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Text made safe for HTML, in content and in attributes.
pub(crate) fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What a fake answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Boxed, so that an answer is small enough to be an error.
    pub(crate) headers: Box<HeaderMap>,
    pub(crate) body: Bytes,
}

impl Answer {
    fn new(status: u16, content_type: Option<&'static str>, body: Bytes) -> Self {
        let mut headers = Box::<HeaderMap>::default();
        if let Some(content_type) = content_type {
            headers.insert(::http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Self { status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), headers, body }
    }

    /// A JSON document.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, Some("application/json; charset=utf-8"), Bytes::from(value.to_string()))
    }

    /// A page.
    pub(crate) fn html(status: u16, page: String) -> Self {
        Self::new(status, Some("text/html; charset=utf-8"), Bytes::from(page))
    }

    /// Plain text.
    pub(crate) fn text(status: u16, text: String) -> Self {
        Self::new(status, Some("text/plain; charset=utf-8"), Bytes::from(text))
    }

    /// No body and no content type.
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, None, Bytes::new())
    }

    /// 302 to `url`.
    pub(crate) fn redirect(url: &str) -> Self {
        Self::empty(302).header("location", url)
    }

    /// The same answer with one header more (a value that is no header text is left out, and logged).
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.insert(HeaderName::from_static(name), value);
            }
            Err(error) => tracing::error!(name, %error, "the simulator made a header that is none"),
        }
        self
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = *self.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(uri: &str, origin: Origin) -> Context {
        let request =
            Request::builder().uri(uri).header("authorization", "Basic YTpiJTNE").header("content-type", "application/json; charset=utf-8");
        Context::new(request.body(Bytes::from_static(b"{\"a\":1}")).unwrap(), origin, Clouds::new(&[]), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_request_is_taken_apart() {
        let context = context("https://Slack.com:443/api/a%20b?x=1%2B&y=&x=2", Origin::Vendor);
        assert_eq!((context.host, context.segments().as_slice()), ("slack.com", ["api".to_owned(), "a b".to_owned()].as_slice()));
        assert_eq!(context.query_value("x"), Some("1+"));
        assert_eq!(context.unknown_parameter(&context.query, &["x"]), Some("y"));
        assert_eq!(context.basic(), Some(("a".to_owned(), "b=".to_owned())));
        assert_eq!(context.form(), Err(WrongBody::ContentType));
        assert_eq!(context.json().unwrap()["a"], 1);
        assert_eq!(context.bearer(), None);
    }

    #[test]
    fn links_lead_back_through_the_same_door() {
        assert_eq!(context("https://a.b/c?d", Origin::Vendor).url(), "https://a.b/c?d");
        let plain = context("https://a.b/c", Origin::Plain("127.0.0.1:9".into()));
        assert_eq!(plain.absolute("x.y", "/z?q=1"), "http://127.0.0.1:9/x.y/z?q=1");
        assert_eq!(plain.absolute_socket("x.y", "/z"), "ws://127.0.0.1:9/x.y/z");
    }
}
