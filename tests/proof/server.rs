//! The server as a process of this test, and the bare way to it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use engine::transport::{Realm, Response, Wire};
use engine::{Error, Kind, Result};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The name by which everybody knows it.
pub(crate) const HOST: &str = "login.proof.example";

/// A running server; it ends with this value.
pub(crate) struct Server {
    child: Child,
    // The server ends by itself when this closes, so that it cannot outlive a test that was ended from outside.
    _stdin: Option<ChildStdin>,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("proof/server");
        assert!(
            folder.join("node_modules/oidc-provider").is_dir(),
            "the server's packages are missing; fetch them with: cargo xtask setup"
        );
        let node = Command::new("node")
            .arg("server.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = node.expect("Node.js is needed for the proof");
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let Ok(port) = line.trim().parse() else {
            let mut words = String::new();
            child.stderr.as_mut().unwrap().read_to_string(&mut words).unwrap();
            panic!("the server did not start: {words}");
        };
        Self { child, _stdin: stdin, port }
    }

    /// Lets the server's time pass.
    pub(crate) async fn later(&self, seconds: u64) {
        let answer = exchange(self.port, "POST", HOST, "/later", &HeaderMap::new(), seconds.to_string().as_bytes()).await;
        assert_eq!(answer.unwrap().status, 204);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Either may fail only because it has ended already.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// One exchange with a port of this computer.
pub(crate) async fn exchange(
    port: u16,
    method: &str,
    host: &str,
    target: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    // The old version of the protocol: an answer ends with its connection.
    let mut text = format!("{method} {target} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        text.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(body);
    stream.write_all(&text).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    read(&answer).ok_or_else(|| std::io::Error::other("no answer of HTTP"))
}

fn read(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = StatusCode::from_bytes(lines.next()?.split(' ').nth(1)?.as_bytes()).ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some(Response { status, headers, body: Bytes::copy_from_slice(&answer[end + 4..]) })
}

/// The engine's network: every request goes to the server, as through a proxy that speaks HTTPS to the world.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// What was asked: the path, and the form of what was posted.
    pub(crate) asked: Mutex<Vec<(String, String)>>,
}

impl Proxy {
    /// How many requests to the token endpoint were of this grant type.
    pub(crate) fn grants(&self, grant_type: &str) -> usize {
        let wanted = format!("grant_type={}", url::form_urlencoded::byte_serialize(grant_type.as_bytes()).collect::<String>());
        self.asked.lock().unwrap().iter().filter(|(path, form)| path == "/token" && form.split('&').any(|pair| pair == wanted)).count()
    }
}

#[async_trait]
impl Wire for Proxy {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response> {
        let uri = request.uri().clone();
        assert_eq!((uri.scheme_str(), uri.host(), uri.port_u16()), (Some("https"), Some(HOST), None), "a request to somebody else");
        let form = String::from_utf8_lossy(request.body()).into_owned();
        self.asked.lock().unwrap().push((uri.path().to_owned(), form));
        let mut headers = request.headers().clone();
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let answer = exchange(self.port, request.method().as_str(), HOST, target, &headers, request.body()).await;
        answer.map_err(|error| Error::new(Kind::Network, "exchange", error.to_string()))
    }
}
