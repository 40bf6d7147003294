//! READY.json: what `usersync simulator` tells those who want to attach to it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// The file's content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ready {
    /// The plain HTTP door, without a slash at its end; the control interface lies under `/_control/`.
    pub http: String,
    /// The TLS door, which answers under the vendors' names.
    pub tls: SocketAddr,
    /// File with the certificate authority (PEM).
    pub ca: PathBuf,
    /// First credentials per platform. Of the simulator: worth nothing anywhere else.
    pub credentials: serde_json::Value,
    /// How many humans the company has.
    pub people: usize,
    /// The company's seed.
    pub seed: u64,
    /// The IT admin's address.
    #[serde(default)]
    pub admin: Option<String>,
    /// Whether the simulator enforces the vendors' rate limits. Without them nobody needs to keep them either.
    #[serde(default = "enforced")]
    pub rate_limits: bool,
    /// How long programs wait for an answer, in milliseconds, where it is not as long as they wait for the vendors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_ms: Option<u64>,
}

fn enforced() -> bool {
    true
}

impl Ready {
    /// An address of the control interface: `path` is what stands after `/_control/`.
    pub fn control(&self, path: &str) -> String {
        format!("{}/_control/{path}", self.http.trim_end_matches('/'))
    }

    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self> {
        let step = "Start one with: usersync simulator --people 250 --seed 1 --listen 127.0.0.1:0 --ready-file FILE";
        let text =
            std::fs::read(path).map_err(|error| Error::not_found("demo", format!("{} cannot be read: {error}.", path.display()), step))?;
        serde_json::from_slice(&text)
            .map_err(|error| Error::invalid("demo", format!("{} is no ready file of a simulator: {error}.", path.display()), step))
    }

    /// Writes the file in one piece, readable by its owner only.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(Kind::Storage, "simulator", format!("{} cannot be written: {error}.", path.display()))
                .ask_admin("Choose a folder that you may write to.")
        };
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(&error))?;
        let beside = path.with_extension("part");
        write_private(&beside, &text).map_err(|error| failed(&error))?;
        std::fs::rename(&beside, path).map_err(|error| failed(&error))
    }
}

/// Writes a file that only its owner can read, where the system has such a thing.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_file_that_says_nothing_of_limits_means_that_they_hold() {
        let mut text = serde_json::json!({
            "http": "http://127.0.0.1:1", "tls": "127.0.0.1:2", "ca": "ca.pem", "credentials": {}, "people": 250, "seed": 1
        });
        let read = |text: &serde_json::Value| serde_json::from_value::<Ready>(text.clone()).unwrap().rate_limits;
        assert!(read(&text));
        text["rate_limits"] = false.into();
        assert!(!read(&text));
    }
}
