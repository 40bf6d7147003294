//! The two TCP doors: plain HTTP with the vendor's host as first path segment (browsers, other clients, control), and
//! TLS under the vendors' own names with a certificate authority made for this run. Knows no vendor.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Waker, Poll};
use std::time::Duration;

use ::http::{Request, Response, Uri};
use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::Connected;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::serve::{IncomingStream, Listener};
use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use crate::clouds::Clouds;
use crate::http::{Context, Origin};
use crate::sockets::{Frame, Socket};
use crate::{Dropped, Simulator};

/// The largest body taken: Webex's 100 MB for a file, and a little.
const LARGEST_BODY: usize = 110 * 1024 * 1024;
/// Slack's own client wants a ping at least every 30 seconds.
const PING_EVERY: Duration = Duration::from_secs(10);

/// Both doors, open. Dropping it closes them at once; [`Served::stop`] lets open requests end first.
pub struct Served {
    /// The plain door: `http://127.0.0.1:PORT`.
    pub http_url: String,
    /// The TLS door.
    pub tls_addr: SocketAddr,
    /// The certificate authority that signed every vendor host, as PEM.
    pub ca_pem: String,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Served {
    /// Takes no new request, lets open ones end (at most two seconds), and closes.
    pub async fn stop(mut self) {
        // Without receivers every task has ended already.
        let _ = self.stop.send(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(2), ended).await.is_err() {
            tracing::warn!("the simulator closed with requests still open");
        }
    }
}

/// Opens both doors on `listen` (port 0: a free one); the TLS door takes a free port of the same address.
pub async fn serve(simulator: Simulator, listen: SocketAddr) -> io::Result<Served> {
    let (config, ca_pem) = certificates(listen.ip(), &simulator.clouds()).map_err(io::Error::other)?;
    let plain = TcpListener::bind(listen).await?;
    let tls = TcpListener::bind(SocketAddr::new(listen.ip(), 0)).await?;
    let http_url = format!("http://{}", plain.local_addr()?);
    let tls_addr = tls.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(open(Door::new(plain, None), DoorKind::Plain, simulator.clone(), stopped.clone()));
    tasks.spawn(open(Door::new(tls, Some(TlsAcceptor::from(Arc::new(config)))), DoorKind::Vendor, simulator.clone(), stopped.clone()));
    tasks.spawn(keep_time(simulator, stopped));
    Ok(Served { http_url, tls_addr, ca_pem, stop, tasks })
}

#[derive(Clone, Copy, PartialEq)]
enum DoorKind {
    Plain,
    Vendor,
}

async fn open(door: Door, kind: DoorKind, simulator: Simulator, mut stopped: watch::Receiver<bool>) {
    let service = Router::new().fallback(answer).with_state((simulator, kind)).into_make_service_with_connect_info::<Cut>();
    let stop = async move {
        // An error means that `Served` is gone: stop too.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(door, service).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "a door of the simulator failed");
    }
}

/// What is due happens even when nobody sends a request.
async fn keep_time(simulator: Simulator, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = simulator.wait_and_tick() => {}
        }
    }
}

async fn answer(
    State((simulator, kind)): State<(Simulator, DoorKind)>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request<Body>,
) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let upgrade =
        if parts.headers.contains_key("upgrade") { WebSocketUpgrade::from_request_parts(&mut parts, &()).await.ok() } else { None };
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else { return text(413, "the body is too large, or broke off") };
    let mut request = Request::from_parts(parts, body);
    let mut origin = Origin::Vendor;
    if kind == DoorKind::Plain {
        if request.uri().path().starts_with("/_control/") {
            return simulator.control(request).await.map(Body::from);
        }
        let authority = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
        let Some(uri) = vendor_uri(request.uri()) else {
            return text(404, "the first path segment is the vendor's host, as in /slack.com/api/users.list");
        };
        *request.uri_mut() = uri;
        origin = Origin::Plain(authority);
    }
    if let Some(upgrade) = upgrade {
        return match simulator.socket(&Context::new(request, origin, simulator.clouds(), simulator.clock().now())) {
            Ok(socket) => upgrade.on_upgrade(|stream| pump(stream, socket)),
            Err(answer) => answer.into_response().map(Body::from),
        };
    }
    match simulator.handle_from(request, origin).await {
        Ok(response) => response.map(Body::from),
        Err(Dropped) => {
            cut.0.store(true, Ordering::Relaxed);
            text(500, "never sent")
        }
    }
}

/// `/slack.com/api/x?y` as `https://slack.com/api/x?y`.
fn vendor_uri(uri: &Uri) -> Option<Uri> {
    let (host, rest) = uri.path().strip_prefix('/')?.split_once('/').unwrap_or((uri.path().strip_prefix('/')?, ""));
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if host.is_empty() {
        return None;
    }
    format!("https://{host}/{rest}{query}").parse().ok()
}

fn text(status: u16, text: &'static str) -> Response<Body> {
    crate::http::Answer::text(status, text.to_owned()).into_response().map(Body::from)
}

/// Frames to and fro until one side closes.
async fn pump(mut stream: WebSocket, mut socket: Socket) {
    let mut pings = tokio::time::interval(PING_EVERY);
    loop {
        let sent = tokio::select! {
            frame = socket.next() => match frame {
                Some(Frame::Text(text)) => stream.send(Message::Text(text.into())).await,
                Some(Frame::Close) | None => stream.send(Message::Close(None)).await.and(Err(axum::Error::new(io::Error::from(io::ErrorKind::ConnectionAborted)))),
            },
            message = stream.recv() => match message {
                Some(Ok(Message::Text(text))) => { socket.send(&text); Ok(()) }
                Some(Ok(Message::Close(_))) | None => return,
                Some(other) => other.map(|_| ()),
            },
            _ = pings.tick() => stream.send(Message::Ping(Bytes::from_static(b"simulator"))).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Set when a planted fault demands that the connection closes without an answer.
#[derive(Clone, Default)]
struct Cut(Arc<AtomicBool>);

impl Connected<IncomingStream<'_, Door>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().cut.clone()
    }
}

/// A listener that makes TLS out of TCP where it has an acceptor, without letting one slow handshake hold up the rest.
struct Door {
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    handshakes: JoinSet<io::Result<(Stream, SocketAddr)>>,
}

impl Door {
    fn new(listener: TcpListener, acceptor: Option<TlsAcceptor>) -> Self {
        Self { listener, acceptor, handshakes: JoinSet::new() }
    }
}

impl Listener for Door {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        loop {
            tokio::select! {
                accepted = Listener::accept(&mut self.listener) => {
                    let (tcp, address) = accepted;
                    let acceptor = self.acceptor.clone();
                    self.handshakes.spawn(async move {
                        tcp.set_nodelay(true)?;
                        let inner = match acceptor {
                            Some(acceptor) => Inner::Tls(Box::new(acceptor.accept(tcp).await?)),
                            None => Inner::Plain(tcp),
                        };
                        Ok((Stream { inner, cut: Cut::default() }, address))
                    });
                }
                Some(Ok(made)) = self.handshakes.join_next() => match made {
                    Ok(connection) => return connection,
                    Err(error) => tracing::debug!(%error, "a handshake failed"),
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

struct Stream {
    inner: Inner,
    cut: Cut,
}

enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, waker: &mut Waker<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(waker, buffer),
            Inner::Tls(stream) => Pin::new(stream).poll_read(waker, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, waker: &mut Waker<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.cut.0.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(waker, bytes),
            Inner::Tls(stream) => Pin::new(stream).poll_write(waker, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(waker),
            Inner::Tls(stream) => Pin::new(stream).poll_flush(waker),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(waker),
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(waker),
        }
    }
}

/// A certificate authority of this run, and one certificate for every vendor host and the address itself.
fn certificates(address: IpAddr, clouds: &Clouds) -> Result<(ServerConfig, String), Box<dyn std::error::Error + Send + Sync>> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "User Sync simulator");
    let ca_pem = ca.self_signed(&ca_key)?.pem();
    let issuer = Issuer::new(ca, ca_key);
    let names: Vec<String> = clouds.names().into_iter().chain([address.to_string(), "localhost".to_owned()]).collect();
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, ca_pem))
}

#[cfg(test)]
mod tests;
