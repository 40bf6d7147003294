//! A company's proxy: takes CONNECT, shows certificates of the company's own authority instead of the real ones, and looks at what
//! goes through before it passes it on. Here the other end is the simulator's TLS door.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The running proxy. Dropping it closes every connection.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// The company's root certificate, as PEM.
    pub(crate) root: String,
    seen: Arc<Seen>,
    limit: watch::Sender<usize>,
    /// Last, so that it ends last.
    _runtime: Runtime,
}

/// What went through.
#[derive(Default)]
struct Seen {
    hosts: Mutex<BTreeSet<String>>,
    /// How many pieces of requests were passed on, or wait.
    pieces: AtomicUsize,
    waiting: AtomicUsize,
}

#[derive(Clone)]
struct Office {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    vendors: SocketAddr,
    /// `Basic …`, where the proxy lets in only those who have a password.
    password: Option<String>,
    seen: Arc<Seen>,
    limit: watch::Receiver<usize>,
}

impl Proxy {
    /// Before the simulator's door at `vendors`, whose authority is in the file `authority`.
    pub(crate) fn start(vendors: SocketAddr, authority: &Path, password: Option<String>) -> Self {
        let (server, root) = certificates();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (limit, passing) = watch::channel(usize::MAX);
        let seen = Arc::new(Seen::default());
        let office = Office {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
            vendors,
            password,
            seen: seen.clone(),
            limit: passing,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(serve(stream, office.clone()));
            }
        });
        Self { address, root, seen, limit, _runtime: runtime }
    }

    /// The vendors' hosts that were asked for.
    pub(crate) fn hosts(&self) -> BTreeSet<String> {
        self.seen.hosts.lock().unwrap().clone()
    }

    /// After so many further pieces of requests everything waits.
    pub(crate) fn stop_after(&self, pieces: usize) {
        self.limit.send_replace(self.seen.pieces.load(Ordering::SeqCst) + pieces);
    }

    /// Whether a request waits.
    pub(crate) fn has_waiting(&self) -> bool {
        self.seen.waiting.load(Ordering::SeqCst) > 0
    }

    /// All who wait go on.
    pub(crate) fn go_on(&self) {
        self.limit.send_replace(usize::MAX);
    }
}

/// One connection; how it ends matters to nobody but its client.
async fn serve(mut stream: TcpStream, office: Office) -> io::Result<()> {
    let head = head(&mut stream).await?;
    let allowed = office.password.as_ref().is_none_or(|password| head.to_lowercase().contains(&password.to_lowercase()));
    if !allowed {
        let refusal =
            b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"office\"\r\ncontent-length: 0\r\n\r\n";
        return stream.write_all(refusal).await;
    }
    let host = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(':').next()).unwrap_or_default().to_owned();
    office.seen.hosts.lock().unwrap().insert(host.clone());
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let inside = office.acceptor.accept(stream).await?;
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    let outside = office.connector.connect(name, TcpStream::connect(office.vendors).await?).await?;
    let (mut from_client, mut to_client) = tokio::io::split(inside);
    let (mut from_vendor, mut to_vendor) = tokio::io::split(outside);
    let (seen, mut limit) = (office.seen, office.limit);
    let up = async {
        let mut piece = vec![0; 64 * 1024];
        loop {
            let length = from_client.read(&mut piece).await?;
            if length == 0 {
                return to_vendor.shutdown().await;
            }
            let number = seen.pieces.fetch_add(1, Ordering::SeqCst) + 1;
            seen.waiting.fetch_add(1, Ordering::SeqCst);
            // The sender lives as long as this runtime.
            let passes = limit.wait_for(|limit| number <= *limit).await.is_ok();
            seen.waiting.fetch_sub(1, Ordering::SeqCst);
            if !passes {
                return Ok(());
            }
            to_vendor.write_all(&piece[..length]).await?;
            to_vendor.flush().await?;
        }
    };
    let down = tokio::io::copy(&mut from_vendor, &mut to_client);
    tokio::select! {
        ended = up => ended,
        ended = down => ended.map(|_| ()),
    }
}

async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// The company's authority, and one certificate in the names of all vendors.
fn certificates() -> (ServerConfig, String) {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(DnType::CommonName, "Harbor & Pine inspection");
    let pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = platforms::all().iter().flat_map(|platform| platform.info().hosts).map(|host| (*host).to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
        .unwrap();
    (config, pem)
}
