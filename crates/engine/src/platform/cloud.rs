//! A vendor's separate clouds: the same platform for governments and countries, under other host names.
//!
//! Adapters write the addresses of the first, commercial cloud. Which cloud a connection belongs to is the field
//! [`CLOUD`], chosen at connect; on the way out every host is replaced by its counterpart, and one without a counterpart is refused.
//! So an adapter knows no cloud, but where an address stands inside a body.

use serde::Serialize;

use super::{ConnectionFacts, PlatformInfo};
use crate::error::{Error, Result};

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

    /// Whether an answer of this cloud may lead to this host.
    pub fn is_host_of(&self, cloud: &'static Cloud, host: &str) -> bool {
        self.hosts.iter().any(|own| self.host_in(cloud, own) == Some(host))
    }
}
