//! What a failed exchange means, found by the first cause in the chain of errors, and what to do about it.
//!
//! Each cause has a word (`cause` in the error's context) that programs can rely on. Never the address: it may carry people's data.
//! The client's library has no public types for what goes wrong at a proxy; its fixed words are compared, and the tests cause them.

use std::error::Error as StdError;
use std::io;

use engine::error::Acted;
use engine::{Error, Kind};
use tokio_rustls::rustls::{self, CertificateError};

/// Why an exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Nobody knows the host's name: no network, or no name server.
    NameNotFound,
    /// There is no way out of this computer.
    NoNetwork,
    /// The host, or something before it, refuses connections.
    Unreachable,
    ProxyUnreachable,
    ProxyPassword,
    ProxyRefused,
    /// Signed by somebody whom this computer does not trust.
    Untrusted,
    /// Not valid any more, or not yet.
    OutOfDate,
    /// A good certificate, of somebody else.
    OfAnother,
    /// No secure connection came about.
    Handshake,
    NoAnswer,
    Broken,
}

impl Cause {
    const fn word(self) -> &'static str {
        match self {
            Self::NameNotFound => "name_not_found",
            Self::NoNetwork => "no_network",
            Self::Unreachable => "unreachable",
            Self::ProxyUnreachable => "proxy_unreachable",
            Self::ProxyPassword => "proxy_password",
            Self::ProxyRefused => "proxy_refused",
            Self::Untrusted => "certificate_untrusted",
            Self::OutOfDate => "certificate_out_of_date",
            Self::OfAnother => "certificate_of_another",
            Self::Handshake => "handshake",
            Self::NoAnswer => "no_answer",
            Self::Broken => "broken",
        }
    }

    /// Whether it lies with this computer's own network and no platform at all can be reached.
    const fn is_at_home(self) -> bool {
        matches!(self, Self::NameNotFound | Self::NoNetwork | Self::ProxyUnreachable)
    }

    /// What happened, and the next step where trying again is not enough.
    fn sentences(self, host: &str) -> (String, Option<String>) {
        let (message, step) = match self {
            Self::NameNotFound => (
                format!("{host} was not found: this computer is offline, or its name server does not answer."),
                "Check this computer's network connection, then try again.".to_owned(),
            ),
            Self::NoNetwork => (
                format!("There is no network that leads from this computer to {host}."),
                "Check this computer's network connection, then try again.".to_owned(),
            ),
            Self::Unreachable => (
                format!("{host} cannot be reached from this computer."),
                format!("Check the network connection. If it is good, ask IT whether a firewall keeps this computer from {host}."),
            ),
            Self::ProxyUnreachable => (
                "The proxy that this computer is set to use cannot be reached.".to_owned(),
                "Check the network connection (away from the company, often its VPN) and the proxy in this computer's settings.".to_owned(),
            ),
            Self::ProxyPassword => (
                "The company's proxy wants a user name and a password.".to_owned(),
                "Ask IT to let this computer through without, or name both in the proxy's address: http://NAME:PASSWORD@HOST:PORT in HTTPS_PROXY."
                    .to_owned(),
            ),
            Self::ProxyRefused => {
                (format!("The company's proxy did not connect to {host}."), format!("Ask IT to allow {host}, port 443, in the proxy."))
            }
            Self::Untrusted => (
                format!("This computer does not trust the certificate that was shown for {host}. Perhaps the network inspects secure connections."),
                "Ask IT to install the company's root certificate in this computer's certificate store, then start User Sync again.".to_owned(),
            ),
            Self::OutOfDate => (
                format!("The certificate that was shown for {host} is not valid today, or this computer's clock is wrong."),
                "Check this computer's date and time. If they are right, ask IT about the network.".to_owned(),
            ),
            Self::OfAnother => (
                format!("Something else answers under the name {host}, perhaps the sign-in page of a guest network."),
                "Open any page in the browser and sign in to the network, or use another network.".to_owned(),
            ),
            Self::Handshake => (
                format!("No secure connection to {host} came about; something in between may cut it off."),
                format!("Try again. If it stays so, ask IT to allow secure connections to {host}."),
            ),
            Self::NoAnswer => return (format!("{host} did not answer in time."), None),
            Self::Broken => return (format!("The connection to {host} broke before the answer was complete."), None),
        };
        (message, Some(step))
    }
}

/// The failure in plain words.
pub(super) fn explain(host: &str, error: &reqwest::Error) -> Error {
    let cause = cause(error);
    let (message, step) = cause.sentences(host);
    // Without a connection, nothing was sent.
    let acted = if error.is_connect() { Acted::No } else { Acted::Perhaps };
    let failure = Error::new(Kind::Network, "exchange", message).acted(acted).with("cause", cause.word());
    let failure = if cause.is_at_home() { failure.at_home() } else { failure };
    match step {
        Some(step) => failure.ask_admin(step),
        None => failure,
    }
}

fn cause(error: &reqwest::Error) -> Cause {
    let chain: Vec<&(dyn StdError + 'static)> = chain(error).collect();
    if let Some(cause) = chain.iter().find_map(|link| at_the_proxy(&link.to_string())) {
        return cause;
    }
    if let Some(cause) = chain.iter().find_map(|link| link.downcast_ref::<rustls::Error>()).map(in_the_handshake) {
        return cause;
    }
    if error.is_timeout() {
        return Cause::NoAnswer;
    }
    if !error.is_connect() {
        return Cause::Broken;
    }
    if error.is_dns() {
        return Cause::NameNotFound;
    }
    let mut kinds = chain.iter().filter_map(|link| link.downcast_ref::<io::Error>()).map(io::Error::kind);
    kinds.next_back().map_or(Cause::Unreachable, |kind| match kind {
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown | io::ErrorKind::AddrNotAvailable => Cause::NoNetwork,
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::InvalidData => Cause::Handshake,
        _ => Cause::Unreachable,
    })
}

/// The error and what it was caused by; an I/O error hides the error that it carries from `source`.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| inner(*error))
}

fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => error.source(),
    }
}

fn at_the_proxy(words: &str) -> Option<Cause> {
    let words = words.strip_prefix("tunnel error: ").or_else(|| words.strip_prefix("SOCKS error: "))?;
    Some(match words {
        "failed to create underlying connection" => Cause::ProxyUnreachable,
        "proxy authorization required" => Cause::ProxyPassword,
        _ => Cause::ProxyRefused,
    })
}

fn in_the_handshake(error: &rustls::Error) -> Cause {
    let rustls::Error::InvalidCertificate(certificate) = error else { return Cause::Handshake };
    match certificate {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Cause::OutOfDate,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Cause::OfAnother,
        _ => Cause::Untrusted,
    }
}
