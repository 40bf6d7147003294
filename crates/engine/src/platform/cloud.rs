//! A vendor's separate clouds: the same platform for governments and countries, under other host names.
//!
//! Adapters write the addresses of the first, commercial cloud. Which cloud a connection belongs to is the field
//! [`CLOUD`], chosen at connect; on the way out every host is replaced by its counterpart, and one without a counterpart is refused.
//! So an adapter knows no cloud, but where an address stands inside a body.

use serde::Serialize;

use url::Url;

use super::{ConnectionFacts, PlatformInfo};
use crate::error::{Error, Kind, Result};

/// The name of the field that holds the chosen cloud. Left out, it is the first of `info().clouds`.
pub const CLOUD: &str = "cloud";

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cloud {
    /// The word that is stored: `commercial`, `gcc-high`.
    pub name: &'static str,
    /// As admins know it.
    pub title: &'static str,
    /// Each host of `info().hosts` with the one that takes its place here. Empty for the first cloud, whose hosts they are.
    pub hosts: &'static [(&'static str, &'static str)],
    /// The same for pages that people open in the guide.
    pub pages: &'static [(&'static str, &'static str)],
    /// What is known not to work here; empty when nothing is known.
    pub limits: &'static str,
}

impl Cloud {
    /// The first cloud: the hosts are those of `info().hosts`.
    pub const COMMERCIAL: Self = Self { name: "commercial", title: "Commercial", hosts: &[], pages: &[], limits: "" };
}

impl PlatformInfo {
    /// The cloud of a connection. Errors: `Kind::Invalid` for one that is not there.
    pub fn cloud(&self, facts: &ConnectionFacts) -> Result<&'static Cloud> {
        self.cloud_named(facts.fields.get(CLOUD).map(String::as_str))
    }

    /// A cloud by its word; the first one without.
    pub fn cloud_named(&self, name: Option<&str>) -> Result<&'static Cloud> {
        let found = match name.filter(|name| !name.is_empty()) {
            None => self.clouds.first(),
            Some(name) => self.clouds.iter().find(|cloud| cloud.name == name),
        };
        found.ok_or_else(|| {
            let known: Vec<&str> = self.clouds.iter().map(|cloud| cloud.name).collect();
            let name = name.unwrap_or_default();
            Error::invalid("cloud", format!("{} has no cloud `{name}`.", self.name), format!("Choose one of: {}.", known.join(", ")))
                .on(self.id)
        })
    }

    /// The host that takes the place of one of `hosts` in a connection's cloud; `None` when the cloud has none.
    pub fn host_in(&self, cloud: &'static Cloud, host: &str) -> Option<&'static str> {
        let own = self.hosts.iter().copied().find(|own| *own == host)?;
        let is_first = self.clouds.first().is_some_and(|first| first == cloud);
        if is_first { Some(own) } else { cloud.hosts.iter().find(|(from, _)| *from == own).map(|(_, to)| *to) }
    }

    /// An address as this cloud has it: the commercial host is replaced by its counterpart, a host of the cloud itself stays.
    ///
    /// Errors: `Kind::Unsupported` where the cloud has no counterpart, `Kind::Bug` for an address that is nobody's here.
    pub(crate) fn address_in(&self, cloud: &'static Cloud, mut url: Url, operation: &'static str) -> Result<Url> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let nobodys = || Error::new(Kind::Bug, operation, format!("`{host}` is not one of the platform's addresses.")).on(self.id);
        if url.scheme() != "https" || url.port().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(nobodys());
        }
        match self.host_in(cloud, &host) {
            Some(own) if own == host => Ok(url),
            Some(own) => {
                url.set_host(Some(own)).map_err(|_| nobodys())?;
                Ok(url)
            }
            None if self.is_host_of(cloud, &host) => Ok(url),
            None if self.hosts.contains(&host.as_str()) => {
                let message = format!("{} does not offer this in its cloud {}.", self.name, cloud.title);
                let limits = if cloud.limits.is_empty() { "It works in the commercial cloud." } else { cloud.limits };
                Err(Error::new(Kind::Unsupported, operation, message).ask_admin(limits).on(self.id))
            }
            None => Err(nobodys()),
        }
    }

    /// Whether an answer of this cloud may lead to this host.
    pub fn is_host_of(&self, cloud: &'static Cloud, host: &str) -> bool {
        self.hosts.iter().any(|own| self.host_in(cloud, own) == Some(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::testing::{HOST, info};

    const GOV: Cloud = Cloud {
        name: "gov",
        title: "Government",
        hosts: &[(HOST, "api.alpha-gov.example")],
        pages: &[],
        limits: "Nobody can sign in there.",
    };
    const FAR: Cloud = Cloud {
        name: "far",
        title: "Far",
        hosts: &[(HOST, "api.alpha-far.example"), ("login.alpha.example", "login.alpha-far.example")],
        pages: &[],
        limits: "",
    };

    #[test]
    fn an_address_goes_to_the_host_of_the_chosen_cloud_and_to_no_other() {
        let info = PlatformInfo { clouds: &[Cloud::COMMERCIAL, GOV, FAR], ..info() };
        let cases: &[(Option<&str>, &str, Result<&str, Kind>)] = &[
            (None, "https://api.alpha.example/x?a=b#c", Ok("https://api.alpha.example/x?a=b#c")),
            (Some(""), "https://api.alpha.example/x", Ok("https://api.alpha.example/x")),
            (Some("commercial"), "https://login.alpha.example/x", Ok("https://login.alpha.example/x")),
            (None, "https://api.alpha-gov.example/x", Err(Kind::Bug)),
            (Some("gov"), "https://api.alpha.example/x?a=b#c", Ok("https://api.alpha-gov.example/x?a=b#c")),
            (Some("gov"), "https://api.alpha-gov.example/next", Ok("https://api.alpha-gov.example/next")),
            (Some("gov"), "https://login.alpha.example/x", Err(Kind::Unsupported)),
            (Some("gov"), "https://login.alpha-far.example/x", Err(Kind::Bug)),
            (Some("gov"), "https://api.alpha-far.example/x", Err(Kind::Bug)),
            (Some("far"), "https://login.alpha.example/x", Ok("https://login.alpha-far.example/x")),
            (Some("far"), "https://login.alpha-far.example/x", Ok("https://login.alpha-far.example/x")),
            (Some("far"), "https://evil.example/x", Err(Kind::Bug)),
            (Some("far"), "https://api.alpha.example.evil.example/x", Err(Kind::Bug)),
            (Some("far"), "http://api.alpha.example/x", Err(Kind::Bug)),
            (Some("far"), "https://api.alpha.example:8443/x", Err(Kind::Bug)),
            (Some("far"), "https://ana@api.alpha.example/x", Err(Kind::Bug)),
            (Some("far"), "https://:hush@api.alpha.example/x", Err(Kind::Bug)),
            (Some("moon"), "https://api.alpha.example/x", Err(Kind::Invalid)),
        ];
        for (name, address, expected) in cases {
            let fields = name.map(|name| (CLOUD.to_owned(), name.to_owned())).into_iter().collect();
            let facts = ConnectionFacts { fields, ..ConnectionFacts::default() };
            let found = info.cloud(&facts).and_then(|cloud| info.address_in(cloud, Url::parse(address).unwrap(), "test"));
            let found = found.as_ref().map(Url::as_str).map_err(|error| error.kind);
            assert_eq!(found, *expected, "{name:?} {address}");
        }
    }

    #[test]
    fn what_a_cloud_does_not_have_is_said_in_its_own_words() {
        let info = PlatformInfo { clouds: &[Cloud::COMMERCIAL, GOV, FAR], ..info() };
        let error = info.address_in(&GOV, Url::parse("https://login.alpha.example/x").unwrap(), "test").unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.next_step().as_str()),
            ("Alpha does not offer this in its cloud Government.", GOV.limits)
        );
    }
}
