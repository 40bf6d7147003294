//! A person at a browser: opens an authorization link, allows or denies on the page, follows redirects, and ends
//! somewhere. Uses the same pages a real browser would see; knows nothing of any one vendor.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use ::http::Request;
use bytes::Bytes;
use url::Url;

use crate::clouds::Clouds;
use crate::http::{Answer, Context, Origin, encode};
use crate::oauth::CONSENT_PATH;
use crate::{Account, Simulator};

/// Where a browser ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The address in the address bar.
    pub(crate) url: String,
    /// What was posted there, when the outcome travels as a form.
    form: Option<Vec<(String, String)>>,
}

/// Opens `url` as the person behind `account` and allows or denies. `Err` says in words what the page said.
pub(crate) fn open(sim: &Simulator, account: &Account, url: &str, allow: bool) -> Result<Ended, String> {
    let mut next = Ended { url: url.to_owned(), form: None };
    // No sign-in has more than a few redirects; more would be a circle.
    for _ in 0..8 {
        let Some((origin, vendor_url)) = vendor(&sim.clouds(), &next.url) else { return Ok(next) };
        if vendor_url.host_str().and_then(|host| sim.clouds().answers(host)).map(|(platform, _)| platform) != Some(account.platform) {
            return Err(format!("{} is not at {}", next.url, account.platform.slug()));
        }
        let answer = sim.exchange(&context(sim, origin.clone(), "GET", &vendor_url, ""));
        next = match page_request(&answer) {
            Some(id) => {
                let decision = if allow { "allow" } else { "deny" };
                let mut form_url = vendor_url.clone();
                form_url.set_path(CONSENT_PATH);
                form_url.set_query(None);
                let body = encode(&[("request", &id), ("account", &account.id), ("decision", decision)]);
                let answer = sim.exchange(&context(sim, origin, "POST", &form_url, &body));
                destination(&answer)?
            }
            None => destination(&answer)?,
        };
        if next.form.is_some() {
            return Ok(next);
        }
    }
    Err("the redirects go in a circle".to_owned())
}

/// Loads the page on which a browser ended, if it is on this computer without TLS. Nobody listening there is fine.
pub(crate) async fn arrive(ended: &Ended) {
    let Ok(url) = Url::parse(&ended.url) else { return };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() != "http" || !local {
        return;
    }
    let form = ended.form.clone();
    // Blocking, off the runtime: tokio's paused time must not cut a real connection short.
    let visit = tokio::task::spawn_blocking(move || load(&url, form.as_deref()));
    if let Ok(Err(error)) = visit.await {
        tracing::debug!(%error, "nobody answered the browser");
    }
}

fn load(url: &Url, form: Option<&[(String, String)]>) -> std::io::Result<()> {
    let limit = Duration::from_secs(3);
    let port = url.port_or_known_default().unwrap_or(80);
    let addresses: Vec<SocketAddr> = (url.host_str().unwrap_or("localhost").trim_matches(['[', ']']), port).to_socket_addrs()?.collect();
    let mut stream = Err(std::io::Error::from(std::io::ErrorKind::AddrNotAvailable));
    for address in addresses {
        stream = TcpStream::connect_timeout(&address, limit);
        if stream.is_ok() {
            break;
        }
    }
    let mut stream = stream?;
    stream.set_read_timeout(Some(limit))?;
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = format!("{}:{port}", url.host_str().unwrap_or("localhost"));
    let request = match form {
        None => format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: text/html\r\n\r\n"),
        Some(form) => {
            let pairs: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let body = encode(&pairs);
            format!(
                "POST {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }
    };
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map(|_| ())
}

/// A vendor's address as it is behind the plain door or at the vendor's own name; `None` for any other address.
fn vendor(clouds: &Clouds, url: &str) -> Option<(Origin, Url)> {
    let url = Url::parse(url).ok()?;
    if url.scheme() == "https" && url.host_str().is_some_and(|host| clouds.answers(host).is_some()) {
        return Some((Origin::Vendor, url));
    }
    let (host, rest) = url.path().strip_prefix('/')?.split_once('/')?;
    clouds.answers(host)?;
    let authority = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some((Origin::Plain(authority), Url::parse(&format!("https://{host}/{rest}{query}")).ok()?))
}

fn context(sim: &Simulator, origin: Origin, method: &str, url: &Url, body: &str) -> Context {
    let mut request = Request::new(Bytes::copy_from_slice(body.as_bytes()));
    *request.method_mut() = if method == "POST" { ::http::Method::POST } else { ::http::Method::GET };
    *request.uri_mut() = url.as_str().parse().unwrap_or_default();
    request.headers_mut().insert("accept", ::http::HeaderValue::from_static("text/html"));
    if method == "POST" {
        request.headers_mut().insert("content-type", ::http::HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    Context::new(request, origin, sim.clouds(), sim.clock().now())
}

/// The consent page's request id, if the answer is a consent page that can still be decided.
fn page_request(answer: &Answer) -> Option<String> {
    let page = std::str::from_utf8(&answer.body).ok()?;
    attribute_after(page, "name=\"request\" value=\"")
}

/// Where an answer sends the browser: a redirect, or a page whose form posts on.
fn destination(answer: &Answer) -> Result<Ended, String> {
    if let Some(location) = answer.headers.get("location").and_then(|value| value.to_str().ok()) {
        return Ok(Ended { url: location.to_owned(), form: None });
    }
    let page = String::from_utf8_lossy(&answer.body);
    if page.contains("name=\"hiddenform\"") {
        let url = attribute_after(&page, "action=\"").ok_or("a form without an address")?;
        let form = page.split("<input type=\"hidden\" name=\"").skip(1).filter_map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"")?;
            Some((unescape(name), unescape(rest.split_once('"')?.0)))
        });
        return Ok(Ended { url, form: Some(form.collect()) });
    }
    let words: String = page.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ");
    Err(format!("the page says: {}", words.split_whitespace().collect::<Vec<_>>().join(" ")))
}

fn attribute_after(page: &str, start: &str) -> Option<String> {
    page.split_once(start)?.1.split_once('"').map(|(value, _)| unescape(value))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_address_is_known_at_both_kinds_of_door() {
        let clouds = Clouds::new(&[]);
        assert_eq!(
            vendor(&clouds, "https://slack.com/oauth/v2/authorize?x=1").unwrap().1.as_str(),
            "https://slack.com/oauth/v2/authorize?x=1"
        );
        let (origin, url) = vendor(&clouds, "http://127.0.0.1:99/zoom.us/oauth/authorize?x=1").unwrap();
        assert_eq!((origin, url.as_str()), (Origin::Plain("127.0.0.1:99".into()), "https://zoom.us/oauth/authorize?x=1"));
        assert!(vendor(&clouds, "http://localhost:43117/slack?code=1").is_none());
    }

    #[test]
    fn a_form_page_is_posted_on() {
        let page = Answer::html(200, "<form method=\"POST\" name=\"hiddenform\" action=\"http://localhost:1/a?b&amp;c\"><input type=\"hidden\" name=\"code\" value=\"x&quot;\"></form>".into());
        let ended = destination(&page).unwrap();
        assert_eq!((ended.url.as_str(), ended.form), ("http://localhost:1/a?b&c", Some(vec![("code".into(), "x\"".into())])));
    }

    #[tokio::test]
    async fn the_browser_loads_a_page_on_this_computer() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}/done?code=1", listener.local_addr().unwrap().port());
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut start = [0; 21];
            stream.read_exact(&mut start).unwrap();
            String::from_utf8(start.to_vec()).unwrap()
        });
        arrive(&Ended { url, form: None }).await;
        assert_eq!(heard.join().unwrap(), "GET /done?code=1 HTTP");
    }
}
