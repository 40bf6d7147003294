//! The loopback redirect (RFC 8252 section 7.3): for the few minutes of a sign-in this computer listens on its own
//! loopback addresses until the admin's browser brings the answer.
//!
//! It takes exactly one valid answer: a GET on the redirect's path, under the redirect's own name, whose state is ours.
//! Whatever else arrives (icons, stray tabs, pages loaded ahead, names that lead here by a trick, connections that say
//! nothing, another page's guess) is answered and changes nothing. Dropping it closes the port. It knows nothing of tokens.
//! `iss` (RFC 9207) is not held against anything: a port serves one sign-in at one platform, so there is no second issuer.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures::future::{BoxFuture, select_all};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::authorize::{DENIED, redirect_uri, refused, same};
use super::landing::Landing;
use super::spec::{Ports, Redirect};
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::secrets::Secret;

const OPERATION: &str = "sign_in";
/// How long an admin has for the browser.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);
/// How long one connection may take to say what it wants.
const PER_CONNECTION: Duration = Duration::from_secs(10);
const AFTER_A_FAILURE: Duration = Duration::from_millis(200);
/// A request head that is longer is nobody's redirect.
const HEAD_LIMIT: usize = 64 * 1024;
/// How many connections are listened to at once; the oldest gives way to a new one, so that silent ones keep nobody out.
pub(super) const AT_ONCE: usize = 32;
/// How many free ports are tried before giving up on having the same one in both address families.
const ATTEMPTS: usize = 20;

/// The open ports.
pub(crate) struct Loopback {
    listeners: Vec<TcpListener>,
    redirect: String,
    expected: Expected,
}

/// Where a request has to be for it to count.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) path: &'static str,
    pub(crate) port: u16,
}

impl Loopback {
    /// Opens the redirect's port: on 127.0.0.1, and for `localhost` on ::1 too where this computer has it.
    pub(crate) async fn bind(redirect: &Redirect) -> Result<Self> {
        let tries: Vec<u16> = match redirect.ports {
            Ports::Any => vec![0; ATTEMPTS],
            Ports::Fixed(ports) => ports.to_vec(),
        };
        for port in tries {
            if let Some((listeners, port)) = bind_both(redirect.host, port).await {
                let path = if redirect.path.is_empty() { "/" } else { redirect.path };
                return Ok(Self { listeners, redirect: redirect_uri(redirect, port), expected: Expected { path, port } });
            }
        }
        let ports = match redirect.ports {
            Ports::Any => "a free port".to_owned(),
            Ports::Fixed(ports) => format!("one of the ports {}", ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")),
        };
        Err(Error::new(Kind::Conflict, OPERATION, format!("The sign-in needs {ports} of this computer, and none could be opened."))
            .ask_admin("Close the program that uses them (perhaps another User Sync that is signing in), then try again."))
    }

    /// The address to register with the authorization request.
    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect
    }

    /// Waits for the answer with this state and gives its code. `platform` is named on the page that the browser shows.
    pub(crate) async fn answer(self, state: &Secret, platform: &str, clock: &dyn Clock) -> Result<Secret> {
        let mut open: VecDeque<BoxFuture<'_, Option<Result<Secret>>>> = VecDeque::new();
        let mut time_up = clock.wait(PATIENCE);
        loop {
            let accepting = select_all(self.listeners.iter().map(|listener| Box::pin(listener.accept())));
            let is_served = !open.is_empty();
            // Made only when it is polled: nothing can be chosen from nobody.
            let serving = async { select_all(open.iter_mut()).await };
            tokio::select! {
                (accepted, _, _) = accepting => match accepted {
                    Ok((stream, _)) => {
                        if open.len() >= AT_ONCE {
                            open.pop_front();
                        }
                        open.push_back(Box::pin(serve(stream, self.expected, state, platform, clock)));
                    }
                    // A connection that died before it was taken, or no room for another one just now; the port itself lives on.
                    Err(error) => {
                        tracing::debug!(%error, "a connection to the sign-in port was not accepted");
                        clock.wait(AFTER_A_FAILURE).await;
                    }
                },
                (finished, at, _) = serving, if is_served => {
                    drop(open.remove(at));
                    if let Some(answer) = finished {
                        return answer;
                    }
                }
                () = &mut time_up => {
                    return Err(Error::new(Kind::Cancelled, OPERATION, "The browser did not come back within five minutes.")
                        .ask_admin("Start the sign-in again and finish it in the browser window that opens."));
                }
            }
        }
    }
}

async fn bind_both(host: &str, port: u16) -> Option<(Vec<TcpListener>, u16)> {
    let four = TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await.ok()?;
    let port = four.local_addr().ok()?.port();
    if host != "localhost" {
        return Some((vec![four], port));
    }
    match TcpListener::bind(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)).await {
        Ok(six) => Some((vec![four, six], port)),
        // Somebody else would get the browser there: another port, then.
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => None,
        Err(_no_such_family) => Some((vec![four], port)),
    }
}

/// Reads one request and answers it. `Some` only for the answer that ends the sign-in.
async fn serve(mut stream: TcpStream, expected: Expected, state: &Secret, platform: &str, clock: &dyn Clock) -> Option<Result<Secret>> {
    let head = tokio::select! {
        head = read_head(&mut stream) => head,
        () = clock.wait(PER_CONNECTION) => return None,
    };
    let (landing, answer) = match head {
        Head::Gone => return None,
        Head::TooLong => (Landing::TooLong, None),
        Head::Whole(head) => match judge(&head, expected, state) {
            Judged::Code(code) => (Landing::SignedIn, Some(Ok(code))),
            Judged::Declined => (Landing::Declined, Some(Err(declined()))),
            Judged::Refused(error) => (Landing::Refused, Some(Err(error))),
            Judged::Nothing(landing) => (landing, None),
        },
    };
    // The answer counts even when the browser is gone before it has read the page.
    let page = landing.answer(platform);
    tokio::select! {
        _written = write_page(&mut stream, page.as_bytes()) => {},
        () = clock.wait(PER_CONNECTION) => {},
    }
    answer
}

enum Head {
    Whole(String),
    TooLong,
    Gone,
}

async fn read_head(stream: &mut TcpStream) -> Head {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 && head.len() + count <= HEAD_LIMIT => head.extend_from_slice(&piece[..count]),
            Ok(count) if count > 0 => return Head::TooLong,
            _ => return Head::Gone,
        }
    }
    String::from_utf8(head).map_or(Head::Gone, Head::Whole)
}

async fn write_page(stream: &mut TcpStream, page: &[u8]) -> std::io::Result<()> {
    stream.write_all(page).await?;
    stream.shutdown().await
}

pub(crate) enum Judged {
    Code(Secret),
    Declined,
    Refused(Error),
    /// It changes nothing.
    Nothing(Landing),
}

/// What a request means. Pure.
pub(crate) fn judge(head: &str, expected: Expected, state: &Secret) -> Judged {
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let headers: Vec<(&str, &str)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim())).collect();
    if method != "GET" {
        return Judged::Nothing(Landing::Method);
    }
    if !is_own_name(&headers, expected.port) {
        return Judged::Nothing(Landing::OtherName);
    }
    let (asked, query) = target.split_once('?').unwrap_or((target, ""));
    if asked != expected.path {
        return Judged::Nothing(Landing::NotHere);
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    // Two of one name: nobody knows which of them was checked by whom.
    let value = |name: &str| {
        let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        (values.next(), values.next().is_some())
    };
    let ((given, two_states), (code, two_codes), (error, two_errors)) = (value("state"), value("code"), value("error"));
    if two_states || two_codes || two_errors || !given.is_some_and(|given| same(given, state.expose())) {
        return Judged::Nothing(Landing::OtherSignIn);
    }
    if is_ahead(&headers) {
        return Judged::Nothing(Landing::Ahead);
    }
    match (error, code) {
        (Some(DENIED), _) => Judged::Declined,
        (Some(word), _) => Judged::Refused(refused(word, value("error_description").0)),
        (None, Some(code)) if !code.is_empty() => Judged::Code(Secret::new(code)),
        _ => Judged::Nothing(Landing::OtherSignIn),
    }
}

/// Whether the browser asked for this computer by one of its own names: a name of the internet that was made to lead here would
/// bring another site's page along.
fn is_own_name(headers: &[(&str, &str)], port: u16) -> bool {
    let mut hosts = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, value)| *value);
    let (host, more) = (hosts.next().unwrap_or_default(), hosts.next().is_some());
    let own = ["localhost", "127.0.0.1", "[::1]"];
    !more && own.iter().any(|name| host.to_ascii_lowercase().strip_prefix(name) == Some(format!(":{port}").as_str()))
}

/// Whether a browser loads the page before anybody went there.
fn is_ahead(headers: &[(&str, &str)]) -> bool {
    let says = |(name, value): &(&str, &str)| {
        ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|known| name.eq_ignore_ascii_case(known))
            && ["prefetch", "prerender", "preview"].iter().any(|word| value.to_ascii_lowercase().contains(word))
    };
    headers.iter().any(says)
}

fn declined() -> Error {
    Error::new(Kind::Cancelled, OPERATION, "The sign-in was not allowed in the browser.")
        .ask_admin("Start the sign-in again and press the button that allows it.")
}

#[cfg(test)]
mod tests;
