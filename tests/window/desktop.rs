//! A private desktop: screen, window manager, session bus, keychain and folders that end with it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{Result, Trouble, until};

/// The screen: larger than the largest window of the tests.
const SCREEN: &str = "1440x960x24";

/// A program together with everything that it started; all of it ends with this.
pub(super) struct Group(pub(super) Child);

impl Group {
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let child = command.process_group(0).spawn();
        child.map(Self).map_err(|error| Trouble(format!("{} could not be started: {error}", command.get_program().to_string_lossy())))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // What has ended already need not be ended.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// How to reach a desktop: the environment of every program on it, and nothing of whoever runs the tests.
#[derive(Clone)]
pub(super) struct Surroundings(Vec<(OsString, OsString)>);

impl Surroundings {
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", path()).env("LANG", "C.UTF-8").envs(self.0.iter().cloned());
        command
    }

    /// What a program prints, or nothing when it fails.
    pub(super) fn says(&self, program: &str, words: &[&str]) -> Result<Option<String>> {
        let output = self.command(program).args(words).stderr(Stdio::null()).output()?;
        Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
    }
}

/// One desktop. Whatever runs on it is ended when it goes.
pub struct Desktop {
    surroundings: Surroundings,
    keychain: Option<Group>,
    // Ended in this order: the bus after all who talk on it, the screen last.
    _window_manager: Group,
    _bus: Group,
    _screen: Group,
    folder: TempDir,
}

impl Desktop {
    /// Opens a desktop with an unlocked keychain.
    pub async fn open() -> Result<Self> {
        let folder = TempDir::new()?;
        let mut environment: Vec<(OsString, OsString)> = Vec::new();
        let mut set = |name: &str, value: &OsStr| environment.push((name.into(), value.to_owned()));
        for (name, inside) in [
            ("HOME", "home"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "runtime"),
        ] {
            let path = folder.path().join(inside);
            std::fs::create_dir(&path)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))?;
            set(name, path.as_os_str());
        }
        // Software drawing without a GPU; without the last one a frame takes several times as long there.
        for (name, value) in
            [("LIBGL_ALWAYS_SOFTWARE", "1"), ("NO_AT_BRIDGE", "1"), ("GDK_BACKEND", "x11"), ("WEBKIT_DISABLE_DMABUF_RENDERER", "1")]
        {
            set(name, OsStr::new(value));
        }
        let (screen, display) = said_by(
            Command::new("Xvfb").args(["-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp"]),
            "a virtual screen (package xvfb)",
        )?;
        set("DISPLAY", OsStr::new(&format!(":{display}")));
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]).env_clear().env("PATH", path()).envs(environment.clone());
        let (bus, address) = said_by(&mut bus, "a session bus (package dbus)")?;
        environment.push(("DBUS_SESSION_BUS_ADDRESS".into(), address.into()));
        let surroundings = Surroundings(environment);
        let window_manager = Group::start(quiet(&mut surroundings.command("openbox")))?;
        let mut desktop = Self { surroundings, keychain: None, _window_manager: window_manager, _bus: bus, _screen: screen, folder };
        desktop.start_keychain().await?;
        until("the window manager", || async {
            Ok(desktop.surroundings.says("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"])?.filter(|said| said.contains("window id")))
        })
        .await?;
        Ok(desktop)
    }

    /// A program on this desktop, with nothing of the environment of whoever runs the tests.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.surroundings.command(program)
    }

    pub(super) fn surroundings(&self) -> Surroundings {
        self.surroundings.clone()
    }

    /// A path below the desktop's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Locks the keychain, as the system does when the user is away.
    pub fn lock_keychain(&self) -> Result<()> {
        let said = self.surroundings.says(
            "dbus-send",
            &[
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.secrets",
                "/org/freedesktop/secrets",
                "org.freedesktop.Secret.Service.Lock",
                "array:objpath:/org/freedesktop/secrets/aliases/default",
            ],
        )?;
        said.map(|_| ()).ok_or_else(|| Trouble("the keychain could not be locked".to_owned()))
    }

    /// Unlocks it again. The daemon knows no other way than to be started anew.
    pub async fn unlock_keychain(&mut self) -> Result<()> {
        self.keychain = None;
        self.start_keychain().await
    }

    async fn start_keychain(&mut self) -> Result<()> {
        let mut daemon = self.command("gnome-keyring-daemon");
        daemon.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut daemon = Group::start(daemon.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()))?;
        if let Some(mut password) = daemon.0.stdin.take() {
            password.write_all(b"password")?;
        }
        self.keychain = Some(daemon);
        // Asked before the daemon is there, the bus would start another one that knows no password.
        let words = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"];
        let words = [&words[..], &["string:org.freedesktop.secrets"]].concat();
        until("a keychain", || async { Ok(self.surroundings.says("dbus-send", &words)?.filter(|said| said.contains("boolean true"))) })
            .await?;
        let words = ["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets/aliases/default"];
        let question = ["org.freedesktop.DBus.Properties.Get", "string:org.freedesktop.Secret.Collection", "string:Locked"];
        let words = [&words[..], &question[..]].concat();
        until("an unlocked keychain", || async {
            Ok(self.surroundings.says("dbus-send", &words)?.filter(|said| said.contains("boolean false")))
        })
        .await?;
        Ok(())
    }
}

/// Starts a program whose first line tells how to reach it.
fn said_by(command: &mut Command, what: &str) -> Result<(Group, String)> {
    let missing = |Trouble(reason): Trouble| Trouble(format!("{what} is needed: {reason}"));
    let mut group = Group::start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null())).map_err(missing)?;
    let mut line = String::new();
    if let Some(stdout) = group.0.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    match line.trim() {
        "" => Err(Trouble(format!("{what} did not start"))),
        said => Ok((group, said.to_owned())),
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
