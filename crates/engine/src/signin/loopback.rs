//! The loopback redirect (RFC 8252 section 7.3): for the few minutes of a sign-in this computer listens on its own
//! loopback addresses until the admin's browser brings the answer.
//!
//! It takes exactly one valid answer: a GET on the redirect's path whose state is ours. Whatever else arrives (icons,
//! stray tabs, connections that say nothing, another page's guess) is answered and changes nothing. Dropping it closes
//! the port. It knows nothing of tokens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::authorize::{DENIED, redirect_uri, refused, same};
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
/// How many free ports are tried before giving up on having the same one in both address families.
const ATTEMPTS: usize = 20;

/// The open ports.
pub(crate) struct Loopback {
    listeners: Vec<TcpListener>,
    redirect: String,
    path: &'static str,
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
                return Ok(Self { listeners, redirect: redirect_uri(redirect, port), path });
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

    /// Waits for the answer with this state and gives its code.
    pub(crate) async fn answer(self, state: &Secret, clock: &dyn Clock) -> Result<Secret> {
        let mut open = FuturesUnordered::new();
        let mut time_up = clock.wait(PATIENCE);
        loop {
            let accepting = futures::future::select_all(self.listeners.iter().map(|listener| Box::pin(listener.accept())));
            tokio::select! {
                (accepted, _, _) = accepting => match accepted {
                    Ok((stream, _)) => open.push(serve(stream, self.path, state, clock)),
                    // A connection that died before it was taken, or no room for another one just now; the port itself lives on.
                    Err(error) => {
                        tracing::debug!(%error, "a connection to the sign-in port was not accepted");
                        clock.wait(AFTER_A_FAILURE).await;
                    }
                },
                finished = open.next(), if !open.is_empty() => {
                    if let Some(Some(answer)) = finished {
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
async fn serve(mut stream: TcpStream, path: &str, state: &Secret, clock: &dyn Clock) -> Option<Result<Secret>> {
    let head = tokio::select! {
        head = read_head(&mut stream) => head?,
        () = clock.wait(PER_CONNECTION) => return None,
    };
    let (status, title, text, answer) = match judge(&head, path, state) {
        Judged::Code(code) => ("200 OK", "You are signed in", "You can close this page and go back to User Sync.", Some(Ok(code))),
        Judged::Declined => ("200 OK", "You did not allow it", "Nothing was connected. You can close this page.", Some(Err(declined()))),
        Judged::Refused(error) => {
            ("200 OK", "The sign-in did not work", "User Sync says why and what to do. You can close this page.", Some(Err(error)))
        }
        Judged::Method => ("405 Method Not Allowed", "Not here", "This address takes the end of a sign-in only.", None),
        Judged::Path => ("404 Not Found", "Not here", "This address takes the end of a sign-in only.", None),
        Judged::State => (
            "400 Bad Request",
            "Not this sign-in",
            "This page belongs to another sign-in. Go back to the one that User Sync opened last.",
            None,
        ),
    };
    // The answer counts even when the browser is gone before it has read the page.
    let page = page(status, title, text);
    tokio::select! {
        _written = write_page(&mut stream, page.as_bytes()) => {},
        () = clock.wait(PER_CONNECTION) => {},
    }
    answer
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 && head.len() < HEAD_LIMIT => head.extend_from_slice(&piece[..count]),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}

async fn write_page(stream: &mut TcpStream, page: &[u8]) -> std::io::Result<()> {
    stream.write_all(page).await?;
    stream.shutdown().await
}

pub(crate) enum Judged {
    Code(Secret),
    Declined,
    Refused(Error),
    Method,
    Path,
    State,
}

/// What a request means. Pure.
pub(crate) fn judge(head: &str, path: &str, state: &Secret) -> Judged {
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method != "GET" {
        return Judged::Method;
    }
    let (asked, query) = target.split_once('?').unwrap_or((target, ""));
    if asked != path {
        return Judged::Path;
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if !value("state").is_some_and(|given| same(given, state.expose())) {
        return Judged::State;
    }
    match (value("error"), value("code")) {
        (Some(DENIED), _) => Judged::Declined,
        (Some(word), _) => Judged::Refused(refused(word, value("error_description"))),
        (None, Some(code)) if !code.is_empty() => Judged::Code(Secret::new(code)),
        _ => Judged::State,
    }
}

fn declined() -> Error {
    Error::new(Kind::Cancelled, OPERATION, "The sign-in was not allowed in the browser.")
        .ask_admin("Start the sign-in again and press the button that allows it.")
}

fn page(status: &str, title: &str, text: &str) -> String {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title} · User Sync</title>\
         <style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}}</style>\
         <h1>{title}</h1><p>{text}</p></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n{body}",
        body.len()
    )
}
