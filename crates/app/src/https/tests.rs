//! Every way in which an exchange can fail is caused for real, on this computer.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use engine::error::{Acted, Remedy};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use reqwest::{Certificate, ClientBuilder, Proxy};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

const HOST: &str = "api.example";

/// Answers each connection in the same way, as long as the program runs.
fn server(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(serve));
    address
}

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Reads a request's head and says these bytes.
fn says(words: &'static str) -> impl Fn(TcpStream) + Send + 'static {
    move |mut stream| {
        let mut head = [0; 4096];
        // What was asked does not matter.
        let _ = stream.read(&mut head).and_then(|_| stream.write_all(words.as_bytes()));
    }
}

/// A company's certificate authority.
struct Company {
    issuer: Issuer<'static, KeyPair>,
    root: Certificate,
}

impl Company {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = root.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(root, key), root: Certificate::from_pem(pem.as_bytes()).unwrap() }
    }

    /// A server that shows a certificate for `name`, valid between two years, and says hello.
    fn server(&self, name: &str, years: (i32, i32)) -> SocketAddr {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
            .unwrap();
        let config = Arc::new(config);
        server(move |stream| {
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let mut head = [0; 4096];
            // A client that refuses the certificate ends the connection.
            if stream.read(&mut head).is_ok() {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello").unwrap();
            }
        })
    }
}

/// Names that nobody knows.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::ready(Err("no such name".into())))
    }
}

/// To `address` whatever the name.
fn direct(address: SocketAddr) -> ClientBuilder {
    common().no_proxy().dns_resolver(Arc::new(OnlyThere(address)))
}

fn via(proxy: &str) -> ClientBuilder {
    common().proxy(Proxy::all(proxy).unwrap())
}

async fn get(client: ClientBuilder, scheme: &str) -> Result<Response> {
    let https = Https { client: build(client).unwrap(), realm: Realm::Live, desktop: None };
    https.exchange(http::Request::get(format!("{scheme}://{HOST}/people?email=ada@secret.example")).body(Bytes::new()).unwrap()).await
}

/// The failure as its word; its sentences are checked on the way.
async fn fails(client: ClientBuilder, scheme: &str) -> (String, Acted) {
    let error = get(client, scheme).await.err().unwrap();
    assert_eq!(error.kind, Kind::Network);
    assert!(!format!("{error:?}").contains("ada"), "the address is in {error:?}");
    let word = error.context.iter().find(|(key, _)| *key == "cause").unwrap().1.clone();
    assert_eq!(matches!(error.remedy, Remedy::AskAdmin { .. }), !["no_answer", "broken"].contains(&word.as_str()), "{error:?}");
    let of_this_computer = ["name_not_found", "no_network", "proxy_unreachable"].contains(&word.as_str());
    assert_eq!(error.is_at_home(), of_this_computer, "{error:?}");
    (word, error.acted)
}

fn no(word: &str) -> (String, Acted) {
    (word.to_owned(), Acted::No)
}

#[tokio::test]
async fn what_keeps_a_connection_from_opening_is_told_apart() {
    let (company, stranger) = (Company::new(), Company::new());
    let trusting = |address: SocketAddr| direct(address).tls_certs_only([company.root.clone()]);
    let good = get(trusting(company.server(HOST, (2020, 2100))), "https").await.unwrap();
    assert_eq!((good.status.as_u16(), good.body.as_ref()), (200, b"hello".as_slice()));

    assert_eq!(fails(common().no_proxy().dns_resolver(Arc::new(NoNames)), "https").await, no("name_not_found"));
    assert_eq!(fails(direct(nobody()), "https").await, no("unreachable"));
    assert_eq!(fails(trusting(stranger.server(HOST, (2020, 2100))), "https").await, no("certificate_untrusted"));
    assert_eq!(fails(trusting(company.server(HOST, (2020, 2021))), "https").await, no("certificate_out_of_date"));
    assert_eq!(fails(trusting(company.server(HOST, (2099, 2100))), "https").await, no("certificate_out_of_date"));
    assert_eq!(fails(trusting(company.server("portal.example", (2020, 2100))), "https").await, no("certificate_of_another"));
    assert_eq!(fails(trusting(server(drop)), "https").await, no("handshake"));
    assert_eq!(fails(trusting(server(says("HTTP/1.1 400 Bad Request\r\n\r\n"))), "https").await, no("handshake"));
}

#[tokio::test]
async fn what_goes_wrong_at_a_proxy_is_told_apart() {
    for scheme in ["http", "socks5h"] {
        assert_eq!(fails(via(&format!("{scheme}://{}", nobody())), "https").await, no("proxy_unreachable"), "{scheme}");
    }
    let nameless = via("http://proxy.example:8080").dns_resolver(Arc::new(NoNames));
    assert_eq!(fails(nameless, "https").await, no("proxy_unreachable"));
    let wants_password = server(says("HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n"));
    assert_eq!(fails(via(&format!("http://{wants_password}")), "https").await, no("proxy_password"));
    let forbids = server(says("HTTP/1.1 403 Forbidden\r\n\r\n"));
    assert_eq!(fails(via(&format!("http://{forbids}")), "https").await, no("proxy_refused"));
    assert_eq!(fails(via(&format!("http://{}", server(drop))), "https").await, no("proxy_refused"));
    // A SOCKS proxy that lets in nobody without a password that it was not given.
    let choosy = server(|mut stream| {
        let mut greeting = [0; 16];
        let _ = stream.read(&mut greeting).and_then(|_| stream.write_all(&[5, 0xff]));
    });
    assert_eq!(fails(via(&format!("socks5h://{choosy}")), "https").await, no("proxy_refused"));
}

#[tokio::test]
async fn a_proxy_gets_the_name_and_the_password_of_its_address_and_nobody_else_does() {
    let (tell, told) = mpsc::channel();
    let proxy = server(move |mut stream| {
        let mut head = [0; 4096];
        let length = stream.read(&mut head).unwrap();
        tell.send(String::from_utf8_lossy(&head[..length]).to_lowercase()).unwrap();
    });
    fails(via(&format!("http://name:word@{proxy}")), "https").await;
    let head = told.recv().unwrap();
    assert!(head.starts_with(&format!("connect {HOST}:443 ")), "{head}");
    assert!(head.contains("proxy-authorization: basic bmftztp3b3jk"), "{head}");
}

#[tokio::test]
async fn a_connection_that_was_open_may_have_carried_the_request() {
    let cut = server(says("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    assert_eq!(fails(direct(cut), "http").await, ("broken".to_owned(), Acted::Perhaps));
    let (held, hold) = mpsc::channel();
    let silent = server(move |stream| held.send(stream).unwrap());
    let impatient = direct(silent).timeout(Duration::from_millis(100));
    assert_eq!(fails(impatient, "http").await, ("no_answer".to_owned(), Acted::Perhaps));
    drop(hold);
}

#[test]
fn who_trusts_nobody_is_told_where_to_look() {
    let error = build(common().tls_certs_only([Certificate::from_der(b"nonsense").unwrap()])).err().unwrap();
    assert_eq!(error.kind, Kind::Network);
    assert!(error.message.contains("certificates") && error.next_step().contains("certificate store"), "{error:?}");
}

#[tokio::test]
async fn a_name_is_looked_up_at_the_desktop_before_the_client_needs_it() {
    let (tell, told) = mpsc::channel();
    let proxy = server(move |mut stream| {
        let mut head = [0; 4096];
        let length = stream.read(&mut head).unwrap();
        tell.send(String::from_utf8_lossy(&head[..length]).into_owned()).unwrap();
    });
    let desktop = Desktop::new(move |_| Some(vec![format!("http://{proxy}")]));
    let client = build(direct(nobody()).proxy(desktop.proxy())).unwrap();
    let https = Https { client, realm: Realm::Live, desktop: Some(desktop) };
    let request = http::Request::get(format!("https://{HOST}/")).body(Bytes::new()).unwrap();
    assert!(https.exchange(request).await.is_err());
    assert!(told.recv().unwrap().starts_with("CONNECT api.example:443 "));
}
