//! The network: the one place where an HTTP client is built.
//!
//! Live requests go out by the system's proxy and trust store. Demo requests are the same code with two differences: every vendor
//! host resolves to the simulator's loopback port, and only the simulator's own certificate authority is trusted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use engine::error::Acted;
use engine::transport::{Realm, Response, Wire};
use engine::{Error, Kind, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a whole exchange may take; the slowest documented calls answer within half of it.
const EXCHANGE: Duration = Duration::from_secs(60);

/// HTTPS to the vendors, or to the simulator under the vendors' names.
pub struct Https {
    client: reqwest::Client,
    realm: Realm,
}

impl Https {
    /// To the vendors.
    pub fn live() -> Result<Self> {
        Ok(Self { client: build(common().https_only(true))?, realm: Realm::Live })
    }

    /// To a simulator's TLS door at `address`, whose certificate authority is `authority` (PEM).
    pub fn demo(address: SocketAddr, authority: &[u8]) -> Result<Self> {
        let certificate = reqwest::Certificate::from_pem(authority).map_err(|_| {
            Error::invalid("demo", "The simulator's certificate file cannot be read.", "Start the simulator again; it writes a new one.")
        })?;
        let client = common().https_only(true).no_proxy().tls_certs_only([certificate]).dns_resolver(Arc::new(OnlyThere(address)));
        Ok(Self { client: build(client)?, realm: Realm::Demo })
    }
}

/// A plain client for the simulator's control interface on this computer.
pub(crate) fn loopback() -> Result<reqwest::Client> {
    build(common().no_proxy())
}

fn common() -> reqwest::ClientBuilder {
    reqwest::Client::builder().connect_timeout(CONNECT).timeout(EXCHANGE).redirect(reqwest::redirect::Policy::none())
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(|error| {
        Error::new(Kind::Network, "start", format!("The secure connection could not be set up: {error}."))
            .ask_admin("Check that this computer's certificate store is readable.")
    })
}

/// Every name is the simulator: nothing in the demo can reach the real world.
struct OnlyThere(SocketAddr);

impl Resolve for OnlyThere {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(std::iter::once(self.0));
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

#[async_trait]
impl Wire for Https {
    fn realm(&self) -> Realm {
        self.realm
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let answer = self.client.request(parts.method, url).headers(parts.headers).body(body).send().await;
        let answer = answer.map_err(|error| failure(&host, &error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| failure(&host, &error))?;
        Ok(Response { status, headers, body })
    }
}

/// A failed exchange, without the address (it may carry people's data).
fn failure(host: &str, error: &reqwest::Error) -> Error {
    let (acted, message) = if error.is_connect() {
        (Acted::No, format!("{host} cannot be reached from this computer."))
    } else if error.is_timeout() {
        (Acted::Perhaps, format!("{host} did not answer in time."))
    } else {
        (Acted::Perhaps, format!("The connection to {host} broke before the answer was complete."))
    };
    Error::new(Kind::Network, "exchange", message).acted(acted)
}
