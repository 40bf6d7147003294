//! The built program on a desktop, driven through tauri-driver and WebKitWebDriver.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use super::desktop::{Desktop, Group};
use super::page::Page;
use super::{Result, Trouble, until};

/// One run of the program `user-sync`, ended with its driver when this goes.
pub struct Window {
    page: Page,
    client: Client,
    _driver: Group,
}

impl Window {
    /// Starts the program with these arguments and waits until its page can be asked.
    pub async fn open(desktop: &Desktop, arguments: &[OsString]) -> Result<Self> {
        let program = crate::window_program().map_err(Trouble)?;
        let (port, native) = free_ports()?;
        let mut driver = desktop.command(driver_program()?);
        driver.args(["--port", &port.to_string(), "--native-port", &native.to_string(), "--native-host", "127.0.0.1"]);
        let driver = Group::start(driver.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))?;
        let arguments: Vec<_> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let wishes = json!({
            "browserName": "wry",
            "tauri:options": { "application": program, "args": arguments },
            "timeouts": { "script": 60_000 },
        });
        let wishes = wishes.as_object().cloned().unwrap_or_default();
        let address = format!("http://127.0.0.1:{port}");
        // The one hands on to the other without waiting for it.
        for port in [native, port] {
            until("the driver", || async { Ok(std::net::TcpStream::connect(("127.0.0.1", port)).ok()) }).await?;
        }
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wishes)
            .connect(&address)
            .await
            .map_err(|error| Trouble(format!("the window did not open: {error}")))?;
        let page = Page::new(client.clone(), desktop.surroundings());
        Ok(Self { page, client, _driver: driver })
    }

    /// What the window shows.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Ends the program.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }
}

/// Two ports that were free a moment ago.
fn free_ports() -> Result<(u16, u16)> {
    let (one, other) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok((one.local_addr()?.port(), other.local_addr()?.port()))
}

/// Where `cargo xtask setup` puts it, else wherever the system finds it.
fn driver_program() -> Result<PathBuf> {
    let workspace = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let workspace = workspace.ok_or_else(|| Trouble("start the tests of the window with cargo".to_owned()))?;
    let own = workspace.join("../target/tools/bin/tauri-driver");
    Ok(if own.is_file() { own } else { "tauri-driver".into() })
}
