//! The network: the one place where an HTTP client is built.
//!
//! Live requests trust what the operating system trusts (its certificate store, so that a company's own root certificate counts), and
//! go out by the proxy that the environment names (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), else by the system's: on macOS and Windows
//! the fixed proxy of the settings (no automatic configuration file, none per protocol on Windows), on Linux whatever the desktop
//! answers for the host (`https/desktop.rs`). Demo requests are the same code with three differences: every vendor host resolves to the
//! simulator's loopback port, only the simulator's own certificate authority is trusted, and no proxy is asked.

mod desktop;
mod failure;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use engine::transport::{Realm, Response, Wire};
use engine::{Error, Kind, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use desktop::Desktop;

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a whole exchange may take; the slowest documented calls answer within half of it.
const EXCHANGE: Duration = Duration::from_secs(60);

/// HTTPS to the vendors, or to the simulator under the vendors' names.
pub struct Https {
    client: reqwest::Client,
    realm: Realm,
    /// Whom to ask for a host's proxy, where the client cannot know it by itself.
    desktop: Option<Desktop>,
}

impl Https {
    /// To the vendors.
    pub fn live() -> Result<Self> {
        let desktop = Desktop::where_it_decides();
        let client = match &desktop {
            Some(desktop) => common().proxy(desktop.proxy()),
            None => common(),
        };
        Ok(Self { client: build(client.https_only(true))?, realm: Realm::Live, desktop })
    }

    /// To a simulator's TLS door at `address`, whose certificate authority is `authority` (PEM). Its answers are waited for as long as
    /// the vendors' are, unless it says another time.
    pub fn demo(address: SocketAddr, authority: &[u8], patience: Option<Duration>) -> Result<Self> {
        let certificate = reqwest::Certificate::from_pem(authority).map_err(|_| {
            Error::invalid("demo", "The simulator's certificate file cannot be read.", "Start the simulator again; it writes a new one.")
        })?;
        let client = common()
            .https_only(true)
            .no_proxy()
            .tls_certs_only([certificate])
            .dns_resolver(Arc::new(OnlyThere(address)))
            .timeout(patience.unwrap_or(EXCHANGE));
        Ok(Self { client: build(client)?, realm: Realm::Demo, desktop: None })
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
        Error::new(Kind::Network, "start", "Secure connections cannot be set up: this computer's trusted certificates cannot be read.")
            .ask_admin("Check that this computer's certificate store is there and readable (on Linux, the package ca-certificates).")
            .with("cause", error.to_string())
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
        if let Some(desktop) = &self.desktop {
            desktop.look_up(&host).await;
        }
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let answer = self.client.request(parts.method, url).headers(parts.headers).body(body).send().await;
        let answer = answer.map_err(|error| self.failure(&host, &error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| self.failure(&host, &error))?;
        Ok(Response { status, headers, body })
    }
}

impl Https {
    fn failure(&self, host: &str, error: &reqwest::Error) -> Error {
        if let (Some(desktop), true) = (&self.desktop, error.is_connect()) {
            desktop.failed(host);
        }
        failure::explain(host, error)
    }
}

#[cfg(test)]
mod tests;
