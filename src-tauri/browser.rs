//! The system's browser and file manager: the one door through which the window opens anything outside itself.
//!
//! Pages are opened from here alone, never by the page in the window, and only where the engine sends an admin to sign in: over
//! HTTPS, or to this computer.

use std::path::PathBuf;

use async_trait::async_trait;
use engine::clock::Browser;
use engine::{Error, Kind, Result};
use url::{Host, Url};

/// The system's own browser.
pub(crate) struct SystemBrowser;

#[async_trait]
impl Browser for SystemBrowser {
    async fn open(&self, url: &Url) -> Result<()> {
        if !may_open(url) {
            return Err(Error::new(Kind::Bug, "open_browser", "This page may not be opened: it is neither safe nor on this computer."));
        }
        let address = url.to_string();
        outside(move || tauri_plugin_opener::open_url(address, None::<&str>)).await.map_err(|()| {
            Error::new(Kind::Unsupported, "open_browser", "No browser could be opened on this computer.")
                .ask_admin("Open the address shown in the window in a browser on this computer.")
        })
    }
}

/// HTTPS, or plain HTTP to this computer; and never with a password in the address.
fn may_open(url: &Url) -> bool {
    let plain_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let by = url.scheme() == "https" || (url.scheme() == "http" && plain_here);
    by && url.host().is_some() && url.username().is_empty() && url.password().is_none()
}

/// Shows a file in the system's file manager.
pub(crate) async fn show(file: PathBuf) -> Result<()> {
    let name = file.display().to_string();
    outside(move || tauri_plugin_opener::reveal_item_in_dir(file)).await.map_err(|()| not_shown(&name))
}

/// Opens a folder in the system's file manager.
pub(crate) async fn open_folder(folder: PathBuf) -> Result<()> {
    let name = folder.display().to_string();
    outside(move || tauri_plugin_opener::open_path(folder, None::<&str>)).await.map_err(|()| not_shown(&name))
}

fn not_shown(path: &str) -> Error {
    Error::new(Kind::Unsupported, "show", "The file manager could not be opened on this computer.")
        .ask_admin(format!("Open it by hand: {path}"))
}

/// Calls that ask the desktop may block.
async fn outside<E: Send + 'static>(call: impl FnOnce() -> std::result::Result<(), E> + Send + 'static) -> std::result::Result<(), ()> {
    match tokio::task::spawn_blocking(call).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_pages_and_this_computer_are_opened() {
        for (address, allowed) in [
            ("https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?client_id=1", true),
            ("http://127.0.0.1:8080/callback", true),
            ("http://[::1]:8080/", true),
            ("http://localhost:3000/", true),
            ("http://example.com/", false),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://192.168.1.1/", false),
            ("https://somebody:secret@example.com/", false),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("mailto:ana@example.com", false),
            ("smb://example.com/share", false),
        ] {
            assert_eq!(may_open(&Url::parse(address).unwrap()), allowed, "{address}");
        }
    }

    #[tokio::test]
    async fn a_page_that_may_not_be_opened_never_reaches_the_system() {
        let error = SystemBrowser.open(&Url::parse("file:///etc/passwd").unwrap()).await.unwrap_err();
        assert_eq!(error.kind, Kind::Bug);
    }
}
