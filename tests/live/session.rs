//! A private desktop session: a bus of its own, a keyring on it that can be locked, ended and started again, and a home.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

const PATIENCE: Duration = Duration::from_secs(20);
const SECRETS: &str = "org.freedesktop.secrets";

/// The session. Everything in it ends with it.
pub(crate) struct Session {
    folder: PathBuf,
    bus: Child,
    address: String,
    keyring: Option<Child>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end_keyring();
        // What has ended already need not be ended.
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

impl Session {
    /// In a folder that exists; the keyring is open.
    pub(crate) fn new(folder: &Path) -> Self {
        for name in ["home", "data", "config", "cache", "run", "bin"] {
            std::fs::DirBuilder::new().mode(0o700).create(folder.join(name)).unwrap();
        }
        write_bus(folder, "");
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", folder.join("bus.conf").display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon is needed (Debian package dbus)");
        let mut address = String::new();
        BufReader::new(bus.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        let mut session = Self { folder: folder.to_owned(), bus, address: address.trim().to_owned(), keyring: None };
        session.start_keyring();
        session
    }

    /// A program of this session.
    pub(crate) fn inside(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = vec![self.folder.join("bin")];
        folders.extend(std::env::split_paths(&path));
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "DISPLAY", "WAYLAND_DISPLAY", "USERSYNC_LOG", "COLUMNS"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("HOME", self.folder.join("home"))
            .env("XDG_DATA_HOME", self.folder.join("data"))
            .env("XDG_CONFIG_HOME", self.folder.join("config"))
            .env("XDG_CACHE_HOME", self.folder.join("cache"))
            .env("XDG_RUNTIME_DIR", self.folder.join("run"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stdin(Stdio::null());
    }

    /// A connection to the bus.
    pub(crate) fn bus(&self) -> Connection {
        Builder::address(self.address.as_str()).unwrap().build().unwrap()
    }

    /// Starts the keyring and opens it with its password.
    pub(crate) fn start_keyring(&mut self) {
        let mut command = Command::new("gnome-keyring-daemon");
        self.inside(&mut command);
        let mut keyring = command
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon is needed (Debian package gnome-keyring)");
        keyring.stdin.take().unwrap().write_all(b"password of the session").unwrap();
        self.keyring = Some(keyring);
        let bus = self.bus();
        until("the keyring is open", || locked(&bus) == Some(false));
    }

    /// The keyring dies.
    pub(crate) fn end_keyring(&mut self) {
        if let Some(mut keyring) = self.keyring.take() {
            // It may have ended by itself.
            let _ = keyring.kill();
            let _ = keyring.wait();
        }
    }

    /// The keyring is locked, as when the screen is.
    pub(crate) fn lock_keyring(&self) {
        let bus = self.bus();
        let collection = ObjectPath::try_from("/org/freedesktop/secrets/aliases/default").unwrap();
        let service = Proxy::new(&bus, SECRETS, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service").unwrap();
        let answer: (Vec<OwnedObjectPath>, OwnedObjectPath) = service.call("Lock", &(vec![collection],)).unwrap();
        assert_eq!(answer.1.as_str(), "/", "locking asks something");
        until("the keyring is locked", || locked(&bus) == Some(true));
    }

    /// The keyring is opened again: this daemon does it only at its start.
    pub(crate) fn unlock_keyring(&mut self) {
        self.end_keyring();
        self.start_keyring();
    }

    /// From now on the session lets nobody talk to the keyring, as a confined program sees it.
    pub(crate) fn deny_keyring(&self) {
        self.reload(&format!("<deny send_destination=\"{SECRETS}\"/>"));
    }

    /// Everybody may again.
    pub(crate) fn allow_keyring(&self) {
        self.reload("");
    }

    fn reload(&self, rules: &str) {
        write_bus(&self.folder, rules);
        let bus = self.bus();
        let daemon = Proxy::new(&bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus").unwrap();
        let () = daemon.call("ReloadConfig", &()).unwrap();
    }

    /// The keyring's entries as `(label, user name)` by their service name, with the length of each secret.
    pub(crate) fn entries(&self, service: &str) -> Vec<(String, String)> {
        let bus = self.bus();
        let secrets = Proxy::new(&bus, SECRETS, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service").unwrap();
        let wanted = std::collections::HashMap::from([("service", service)]);
        let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = secrets.call("SearchItems", &(wanted,)).unwrap();
        assert_eq!(locked, []);
        let read = |path: OwnedObjectPath| {
            let item = Proxy::new(&bus, SECRETS, path, "org.freedesktop.Secret.Item").unwrap();
            let attributes: std::collections::HashMap<String, String> = item.get_property("Attributes").unwrap();
            (item.get_property("Label").unwrap(), attributes.get("username").cloned().unwrap_or_default())
        };
        let mut entries: Vec<(String, String)> = open.into_iter().map(read).collect();
        entries.sort();
        entries
    }
}

fn locked(bus: &Connection) -> Option<bool> {
    // Nobody answers as long as the keyring starts.
    Proxy::new(bus, SECRETS, "/org/freedesktop/secrets/aliases/default", "org.freedesktop.Secret.Collection")
        .and_then(|collection| collection.get_property::<bool>("Locked"))
        .ok()
}

/// A bus without services that start by themselves, so that a test knows what runs.
fn write_bus(folder: &Path, rules: &str) {
    let text = format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig><type>session</type><listen>unix:path={}</listen>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>{rules}</policy>\
         </busconfig>\n",
        folder.join("run/bus").display()
    );
    std::fs::write(folder.join("bus.conf"), text).unwrap();
}

/// Looks until it is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::yield_now();
    }
}
