//! A person in front of a browser: follows redirects, keeps cookies, fills in the server's own forms, and allows or refuses.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread::JoinHandle;

use async_trait::async_trait;
use engine::Result;
use engine::clock::Browser;
use engine::transport::Response;
use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::server::{HOST, exchange};

/// What the person does on the page that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Allow,
    Refuse,
}

/// Where following pages ended.
#[derive(Debug)]
pub(crate) enum End {
    /// A redirect to this computer, not visited yet.
    Back(Url),
    /// A page of the server that asks for nothing more.
    Page { status: u16, text: String },
}

impl End {
    pub(crate) fn back(self) -> Url {
        match self {
            Self::Back(url) => url,
            Self::Page { status, text } => panic!("the browser stayed on a page (HTTP {status}): {text}"),
        }
    }
}

struct Cookie {
    name: String,
    value: String,
    path: String,
}

/// Somebody with a browser of their own.
pub(crate) struct Person {
    name: &'static str,
    port: u16,
    cookies: Mutex<Vec<Cookie>>,
}

impl Person {
    pub(crate) fn new(name: &'static str, port: u16) -> Self {
        Self { name, port, cookies: Mutex::default() }
    }

    /// Opens a link and does what its pages ask for, up to the address on which they end.
    pub(crate) async fn follow(&self, link: &Url, does: Does) -> End {
        let (mut method, mut url, mut form) = ("GET", link.clone(), String::new());
        for _ in 0..30 {
            let answer = self.load(method, &url, &form).await;
            (method, form) = ("GET", String::new());
            if answer.status.is_redirection() {
                url = url.join(answer.header("location").unwrap()).unwrap();
                if url.host_str() != Some(HOST) {
                    return End::Back(url);
                }
                continue;
            }
            let text = String::from_utf8(answer.body.to_vec()).unwrap();
            // A form to enter another code in is no question about this one.
            let Some((action, mut fields)) = first_form(&text).filter(|_| !text.contains("op.deviceInputForm")) else {
                return End::Page { status: answer.status.as_u16(), text };
            };
            let asks = fields.iter().find(|(name, _)| name == "prompt").map(|(_, value)| value.as_str());
            url = url.join(&action).unwrap();
            if does == Does::Refuse && asks == Some("consent") {
                url = url.join(between(&text, "<a href=\"", "\">[ Cancel ]").unwrap()).unwrap();
                continue;
            }
            if asks == Some("login") {
                fields.extend([("login".to_owned(), self.name.to_owned()), ("password".to_owned(), "any".to_owned())]);
            }
            if does == Does::Refuse && text.contains("name=\"abort\"") {
                fields.push(("abort".to_owned(), "yes".to_owned()));
            }
            method = "POST";
            form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        }
        panic!("the server's pages lead on and on; the last was {url}");
    }

    async fn load(&self, method: &str, url: &Url, form: &str) -> Response {
        assert_eq!((url.scheme(), url.host_str()), ("https", Some(HOST)), "the server sent the browser away");
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let sent = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .filter(|cookie| url.path().starts_with(&cookie.path))
            .fold(String::new(), |all, cookie| format!("{all}{}={}; ", cookie.name, cookie.value));
        headers.insert("cookie", HeaderValue::from_str(sent.trim_end_matches("; ")).unwrap());
        if method == "POST" {
            headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        }
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let answer = exchange(self.port, method, HOST, &target, &headers, form.as_bytes()).await.unwrap();
        for set in answer.headers.get_all("set-cookie") {
            self.keep(set.to_str().unwrap());
        }
        answer
    }

    fn keep(&self, set: &str) {
        assert!(set.to_ascii_lowercase().contains("secure"), "behind a proxy that speaks HTTPS a cookie is secure: {set}");
        let mut parts = set.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let path = parts.find_map(|part| part.strip_prefix("path=")).unwrap_or("/").to_owned();
        let mut cookies = self.cookies.lock().unwrap();
        cookies.retain(|cookie| (cookie.name.as_str(), &cookie.path) != (name, &path));
        if !value.is_empty() {
            cookies.push(Cookie { name: name.to_owned(), value: value.to_owned(), path });
        }
    }
}

/// Loads an address of this computer as a browser does; `None` when nobody listens there.
pub(crate) fn visit(address: &Url) -> Option<u16> {
    let (host, port) = (address.host_str().unwrap(), address.port().unwrap());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let target = format!("{}?{}", address.path(), address.query().unwrap_or_default());
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    Some(answer.split(' ').nth(1).unwrap().parse().unwrap())
}

/// The action and the fields of the first form.
fn first_form(text: &str) -> Option<(String, Vec<(String, String)>)> {
    let form = between(text, "<form", "</form>")?;
    let action = attribute(form, "action")?;
    let inputs = form.split("<input").skip(1).filter(|input| attribute(input, "type").as_deref() == Some("hidden"));
    let fields = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)));
    Some((action, fields.collect()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    between(tag, &format!(" {name}=\""), "\"").map(|value| value.replace("&amp;", "&"))
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(begin)? + begin.len()..];
    let rest = &rest[..rest.find(end)?];
    // The nearest beginning before the end, where the beginning repeats.
    Some(rest.rsplit(begin).next().unwrap_or(rest))
}

/// Addresses that a browser loads one after the other while the program goes on: the handle tells what each answered.
pub(crate) struct Tabs(Mutex<Option<JoinHandle<Vec<Option<u16>>>>>);

impl Tabs {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn load(&self, addresses: Vec<Url>) {
        // A thread, because a sign-in that has its answer waits for no browser.
        let loading = std::thread::spawn(move || addresses.iter().map(visit).collect());
        *self.0.lock().unwrap() = Some(loading);
    }

    /// The status of each; `None` where nobody listened.
    pub(crate) fn loaded(&self) -> Vec<Option<u16>> {
        self.0.lock().unwrap().take().unwrap().join().unwrap()
    }
}

/// The admin's browser: the person follows the link, and what it ends on is loaded.
pub(crate) struct Opens<'a> {
    pub(crate) person: &'a Person,
    pub(crate) does: Does,
    pub(crate) tabs: Tabs,
    pub(crate) ended_on: Mutex<Option<Url>>,
}

impl<'a> Opens<'a> {
    pub(crate) fn new(person: &'a Person, does: Does) -> Self {
        Self { person, does, tabs: Tabs::new(), ended_on: Mutex::new(None) }
    }
}

#[async_trait]
impl Browser for Opens<'_> {
    async fn open(&self, url: &Url) -> Result<()> {
        let address = self.person.follow(url, self.does).await.back();
        *self.ended_on.lock().unwrap() = Some(address.clone());
        self.tabs.load(vec![address]);
        Ok(())
    }
}
