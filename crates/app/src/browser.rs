//! Where sign-in pages open: the system browser, nowhere but the terminal, or the pretended admin of the demo.

use async_trait::async_trait;
use engine::clock::Browser;
use engine::platform::{PlatformInfo, Platforms};
use engine::{Error, Kind, Result};
use url::Url;

use crate::https;
use crate::ready::Ready;

/// The system's own browser.
pub struct SystemBrowser;

#[async_trait]
impl Browser for SystemBrowser {
    async fn open(&self, url: &Url) -> Result<()> {
        let address = url.to_string();
        let opened = tokio::task::spawn_blocking(move || open::that_detached(address)).await;
        match opened {
            Ok(Ok(())) => Ok(()),
            _ => Err(Error::new(Kind::Unsupported, "open_browser", "No browser could be opened on this computer.")
                .ask_admin("Open the address shown above in a browser on this computer.")),
        }
    }
}

/// Opens nothing: whoever shows the sign-in steps shows the address.
pub struct NoBrowser;

#[async_trait]
impl Browser for NoBrowser {
    async fn open(&self, _: &Url) -> Result<()> {
        Ok(())
    }
}

/// The demo's IT admin, who opens the page and allows it.
pub struct DemoAdmin {
    /// How to reach the simulator.
    pub ready: Ready,
    /// To tell whose page it is.
    pub platforms: Platforms,
}

#[async_trait]
impl Browser for DemoAdmin {
    async fn open(&self, url: &Url) -> Result<()> {
        let host = url.host_str().unwrap_or_default();
        let platform = whose(&self.platforms, host)
            .ok_or_else(|| Error::new(Kind::Bug, "open_browser", format!("{host} is no host of any platform.")))?;
        let address = self.ready.control(&format!("employee/{}/{}/follow", platform.id, self.ready.admin.as_deref().unwrap_or_default()));
        let client = https::loopback()?;
        let body = serde_json::json!({ "url": url.as_str() }).to_string();
        let answer = client.post(address).header("content-type", "application/json").body(body).send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(Error::new(
                Kind::PlatformDown,
                "open_browser",
                format!("The demo's admin could not sign in to {} (status {}).", platform.name, answer.status().as_u16()),
            )),
            Err(_) => Err(Error::new(Kind::Network, "open_browser", "The simulator does not answer any more.")
                .ask_admin("Start the simulator again.")),
        }
    }
}

/// Whose page a host shows, in whichever of the platform's clouds.
fn whose(platforms: &Platforms, host: &str) -> Option<&'static PlatformInfo> {
    let mut all = platforms.iter().map(|platform| platform.info());
    all.find(|info| info.hosts.contains(&host) || info.clouds.iter().any(|cloud| info.is_host_of(cloud, host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_any_cloud_is_known_as_its_platforms() {
        let platforms = platforms::all();
        for info in platforms.iter().map(|platform| platform.info()) {
            let elsewhere = info.clouds.iter().flat_map(|cloud| info.hosts.iter().filter_map(move |host| info.host_in(cloud, host)));
            for host in info.hosts.iter().copied().chain(elsewhere) {
                assert_eq!(whose(&platforms, host).map(|found| found.id), Some(info.id), "{host}");
            }
        }
        assert!(whose(&platforms, "elsewhere.example").is_none());
    }
}
