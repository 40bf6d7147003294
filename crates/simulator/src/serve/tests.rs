use std::net::SocketAddr;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message as Text;

use super::*;
use crate::Platform;
use crate::testing::simulator;

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// One request over an open stream; the body of the answer, or nothing when the connection just closes.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), host: &str, line: &str, headers: &str, body: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A cut connection may end in a reset.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

async fn plain(served: &Served, line: &str, headers: &str, body: &str) -> String {
    let address = served.http_url.trim_start_matches("http://");
    ask(&mut TcpStream::connect(address).await.unwrap(), address, line, headers, body).await
}

fn bearer(sim: &Simulator, name: &str) -> String {
    format!("Authorization: Bearer {}\r\n", sim.credentials()["slack"][name].as_str().unwrap())
}

fn connector(served: &Served) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(served.ca_pem.as_bytes()).unwrap()).unwrap();
    let config =
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider())).with_safe_default_protocol_versions().unwrap();
    TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[tokio::test]
async fn the_plain_door_takes_the_host_from_the_path_and_links_back_to_itself() {
    let sim = simulator();
    let served = serve(sim.clone(), LOOPBACK).await.unwrap();
    let body = plain(&served, "POST /slack.com/api/apps.connections.open", &bearer(&sim, "app_token"), "").await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    let expected = format!("{}/wss-primary.slack.com/link/?ticket=", served.http_url.replace("http", "ws"));
    assert!(answer["url"].as_str().unwrap().starts_with(&expected), "{answer}");
    assert!(plain(&served, "GET /nowhere.example/x", "", "").await.contains("no operation GET https://nowhere.example/x"));
    let world: Value = serde_json::from_str(&plain(&served, "GET /_control/world", "", "").await).unwrap();
    assert!(world["people"].as_array().unwrap().len() >= 100);
    served.stop().await;
}

#[tokio::test]
async fn the_tls_door_speaks_under_the_vendors_names() {
    let sim = simulator();
    let served = serve(sim.clone(), LOOPBACK).await.unwrap();
    let connector = connector(&served);
    for host in ["slack.com", "graph.microsoft.com", "webexapis.com", "api.zoom.us"] {
        let tcp = TcpStream::connect(served.tls_addr).await.unwrap();
        let mut stream = connector.connect(ServerName::try_from(host).unwrap(), tcp).await.unwrap();
        let body = ask(&mut stream, host, "GET /no/such/path", "", "").await;
        assert!(!body.is_empty(), "{host}");
    }
    let tcp = TcpStream::connect(served.tls_addr).await.unwrap();
    let mut stream = connector.connect(ServerName::try_from("slack.com").unwrap(), tcp).await.unwrap();
    let body = ask(&mut stream, "slack.com", "POST /api/auth.test", &bearer(&sim, "bot_token"), "").await;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["ok"], true);
    served.stop().await;
}

#[tokio::test]
async fn both_doors_speak_under_the_names_of_another_cloud() {
    let clouds = vec!["slack=govslack".parse().unwrap()];
    let sim = Simulator::new(crate::Options { people: 100, clouds, ..crate::Options::default() }).unwrap();
    let served = serve(sim.clone(), LOOPBACK).await.unwrap();
    let connector = connector(&served);
    for (host, known) in [("slack-gov.com", true), ("slack.com", false)] {
        let tcp = TcpStream::connect(served.tls_addr).await.unwrap();
        let mut stream = connector.connect(ServerName::try_from(host).unwrap(), tcp).await.unwrap();
        let body = ask(&mut stream, host, "POST /api/auth.test", &bearer(&sim, "bot_token"), "").await;
        assert_eq!(body.contains("https://harborpine.slack-gov.com/"), known, "{host} {body}");
        let body = plain(&served, &format!("POST /{host}/api/auth.test"), &bearer(&sim, "bot_token"), "").await;
        assert_eq!(body.contains("\"ok\":true"), known, "{host} {body}");
    }
    let body = plain(&served, "POST /slack-gov.com/api/apps.connections.open", &bearer(&sim, "app_token"), "").await;
    assert!(body.contains(&format!("{}/wss-primary.slack-gov.com/link/", served.http_url.replace("http", "ws"))), "{body}");
    served.stop().await;
}

#[tokio::test]
async fn a_dropped_request_closes_the_connection_without_a_byte() {
    let sim = simulator();
    let served = serve(sim.clone(), LOOPBACK).await.unwrap();
    plain(&served, "POST /_control/faults", "", &json!({ "host": "slack.com", "path": "/api/auth.test", "drop": true }).to_string()).await;
    assert_eq!(plain(&served, "POST /slack.com/api/auth.test", &bearer(&sim, "bot_token"), "").await, "");
    assert!(plain(&served, "POST /slack.com/api/auth.test", &bearer(&sim, "bot_token"), "").await.contains("\"ok\":true"));
    served.stop().await;
}

#[tokio::test]
async fn a_web_socket_carries_frames_both_ways() {
    let sim = simulator();
    let served = serve(sim.clone(), LOOPBACK).await.unwrap();
    let body = plain(&served, "POST /slack.com/api/apps.connections.open", &bearer(&sim, "app_token"), "").await;
    let url = serde_json::from_str::<Value>(&body).unwrap()["url"].as_str().unwrap().to_owned();
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut texts = async || loop {
        match socket.next().await.unwrap().unwrap() {
            Text::Text(text) => return serde_json::from_str::<Value>(&text).unwrap(),
            Text::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(texts().await["type"], "hello");
    sim.speak(sim.world().admin(Platform::Slack), "User Sync", "hi").unwrap();
    let event = texts().await;
    assert_eq!(event["payload"]["event"]["text"], "hi");
    socket.send(Text::text(json!({ "envelope_id": event["envelope_id"] }).to_string())).await.unwrap();
    served.stop().await;
}
