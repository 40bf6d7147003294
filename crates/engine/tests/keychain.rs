//! The keychain against a real Secret Service: GNOME Keyring on a private session bus in a folder of its own.
//!
//! Each test starts `dbus-run-session` with this same program inside; the variable `ROLE` tells the inner one what to
//! check. Needs the Debian packages dbus and gnome-keyring, which the set-up command installs.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "all of this file is a test")]

use std::process::Command;
use std::time::{Duration, Instant};

use engine::error::Remedy;
use engine::secrets::{Handle, Keychain, Secret, SecretStore};
use engine::{Error, Kind};

const ROLE: &str = "USER_SYNC_KEYCHAIN_TEST";

/// Runs this test again inside a private session; true in there.
fn inside(test: &str, keyring: bool) -> bool {
    if std::env::var_os(ROLE).is_some_and(|role| role == test) {
        return true;
    }
    let folder = tempfile::tempdir().unwrap();
    let unlock =
        if keyring { "printf secret | gnome-keyring-daemon --daemonize --unlock --components=secrets >/dev/null || exit 90; " } else { "" };
    // The daemon outlives the bus only when something is wrong; it is ended by its own number all the same.
    let script = format!(
        "{unlock}\"$0\" --exact {test} --nocapture; code=$?; \
         pid=$(dbus-send --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetConnectionUnixProcessID \
         string:org.freedesktop.secrets 2>/dev/null | sed -n 's/.*uint32 //p'); [ -z \"$pid\" ] || kill \"$pid\"; exit $code"
    );
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(ROLE, test)
        .env("HOME", folder.path())
        .env("XDG_DATA_HOME", folder.path().join("data"))
        .env("XDG_RUNTIME_DIR", folder.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("dbus-run-session is needed (Debian package dbus)");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "inside the private session:\n{said}");
    false
}

fn next_step(error: &Error) -> &str {
    match &error.remedy {
        Remedy::AskAdmin { what } => what,
        other => panic!("no next step but {other:?}"),
    }
}

#[test]
fn secrets_of_any_length_are_kept_replaced_and_removed() {
    if inside("secrets_of_any_length_are_kept_replaced_and_removed", true) {
        run(async {
            let (keychain, other) = (Keychain::new("test"), Keychain::new("other"));
            let handle = Handle("alpha/bot".into());
            keychain.probe().await.unwrap();
            assert_eq!(keychain.get(&handle).await.unwrap(), None);
            for text in
                ["short".to_owned(), "äöü😀".repeat(2000), "x".repeat(3000), "100 kB ".repeat(14_286), String::new(), "last".to_owned()]
            {
                let secret = Secret::new(text);
                keychain.put(&handle, &secret).await.unwrap();
                assert_eq!(Keychain::new("test").get(&handle).await.unwrap(), Some(secret));
            }
            assert_eq!(other.get(&handle).await.unwrap(), None, "another build kind sees the secret");
            keychain.delete(&handle).await.unwrap();
            keychain.delete(&handle).await.unwrap();
            assert_eq!(keychain.get(&handle).await.unwrap(), None);
        });
    }
}

#[test]
fn a_half_deleted_secret_is_reported_as_damaged_and_can_be_replaced() {
    if inside("a_half_deleted_secret_is_reported_as_damaged_and_can_be_replaced", true) {
        run(async {
            let (keychain, handle) = (Keychain::new("test"), Handle("alpha/bot".into()));
            keychain.put(&handle, &Secret::new("x".repeat(3000))).await.unwrap();
            tokio::task::spawn_blocking(|| keyring::Entry::new("User Sync (test)", "alpha/bot a2").unwrap().delete_credential().unwrap())
                .await
                .unwrap();
            let error = keychain.get(&handle).await.unwrap_err();
            assert_eq!((error.kind, &error.remedy), (Kind::Keychain, &Remedy::SignInAgain));
            assert!(error.message.contains("damaged") && error.message.contains("alpha/bot"), "{}", error.message);
            keychain.put(&handle, &Secret::new("fresh")).await.unwrap();
            assert_eq!(keychain.get(&handle).await.unwrap(), Some(Secret::new("fresh")));
        });
    }
}

#[test]
fn a_locked_keychain_says_so_at_once() {
    if inside("a_locked_keychain_says_so_at_once", true) {
        run(async {
            let (keychain, handle) = (Keychain::new("test"), Handle("alpha/bot".into()));
            keychain.put(&handle, &Secret::new("kept")).await.unwrap();
            let locked = Command::new("dbus-send")
                .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
                .args(["org.freedesktop.Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/aliases/default"])
                .output()
                .unwrap();
            assert!(locked.status.success(), "{}", String::from_utf8_lossy(&locked.stderr));
            let start = Instant::now();
            for error in [keychain.get(&handle).await.unwrap_err(), keychain.put(&handle, &Secret::new("new")).await.unwrap_err()] {
                assert_eq!(error.kind, Kind::Keychain);
                assert!(error.message.contains("locked") && next_step(&error).contains("Unlock"), "{error:?}");
            }
            assert!(start.elapsed() < Duration::from_secs(10), "a locked keychain made the program wait");
            // This keyring is opened only at its start.
            start_keyring();
            assert_eq!(answer(&keychain, &handle).await.unwrap(), Some(Secret::new("kept")), "unlocked, it goes on by itself");
        });
    }
}

#[test]
fn a_computer_without_keychain_is_told_apart_from_an_empty_one() {
    if inside("a_computer_without_keychain_is_told_apart_from_an_empty_one", false) {
        run(async {
            let error = Keychain::new("test").get(&Handle("alpha/bot".into())).await.unwrap_err();
            assert_eq!(error.kind, Kind::Keychain);
            assert!(error.message.contains("no keychain") && next_step(&error).contains("Install"), "{error:?}");
        });
    }
}

#[test]
fn a_keyring_that_dies_is_a_clear_error_in_time_and_one_that_is_started_again_is_used_again() {
    if inside("a_keyring_that_dies_is_a_clear_error_in_time_and_one_that_is_started_again_is_used_again", true) {
        run(async {
            let (keychain, handle) = (Keychain::new("test"), Handle("alpha/bot".into()));
            keychain.put(&handle, &Secret::new("kept")).await.unwrap();
            let ended = Command::new("kill").args(["-9", &owner().unwrap()]).status().unwrap();
            assert!(ended.success());
            while owner().is_some() {
                tokio::task::yield_now().await;
            }
            let start = Instant::now();
            // The bus may start another one by itself, locked or without any keyring: whatever it is, it is said.
            for error in [keychain.get(&handle).await.unwrap_err(), keychain.put(&handle, &Secret::new("new")).await.unwrap_err()] {
                assert_eq!(error.kind, Kind::Keychain, "{error:?}");
                assert!(next_step(&error).len() > 20, "{error:?}");
            }
            assert!(start.elapsed() < Duration::from_secs(60), "a dead keyring made the program wait");
            start_keyring();
            assert_eq!(answer(&keychain, &handle).await.unwrap(), Some(Secret::new("kept")), "what was kept is found again");
            keychain.put(&handle, &Secret::new("new")).await.unwrap();
            assert_eq!(keychain.get(&handle).await.unwrap(), Some(Secret::new("new")));
        });
    }
}

#[test]
fn an_admin_recognises_the_entries_and_those_with_an_earlier_label_are_found() {
    if inside("an_admin_recognises_the_entries_and_those_with_an_earlier_label_are_found", true) {
        run(async {
            let (keychain, handle) = (Keychain::new("test"), Handle("alpha/bot".into()));
            keychain.put(&handle, &Secret::new("x".repeat(3000))).await.unwrap();
            let labels = tokio::task::spawn_blocking(|| labels_of("User Sync (test)")).await.unwrap();
            assert_eq!(labels, ["User Sync (test): alpha/bot", "User Sync (test): alpha/bot a2", "User Sync (test): alpha/bot a3"]);
            keychain.delete(&handle).await.unwrap();
            let (early, other) = (Handle("alpha/app".into()), Keychain::new("other"));
            other.put(&early, &Secret::new("kept")).await.unwrap();
            let moved = || {
                let text = keyring::Entry::new("User Sync (other)", "alpha/app").unwrap().get_password().unwrap();
                keyring::Entry::new("User Sync (test)", "alpha/app").unwrap().set_password(&text).unwrap();
            };
            tokio::task::spawn_blocking(moved).await.unwrap();
            let labels = tokio::task::spawn_blocking(|| labels_of("User Sync (test)")).await.unwrap();
            assert_eq!(labels, ["keyring:alpha/app@User Sync (test)"], "the earlier label");
            assert_eq!(keychain.get(&early).await.unwrap(), Some(Secret::new("kept")));
            keychain.put(&early, &Secret::new("new")).await.unwrap();
            assert_eq!(keychain.get(&early).await.unwrap(), Some(Secret::new("new")));
        });
    }
}

/// A Secret Service that says that it is open, and refuses everybody.
struct Refusing;

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl Refusing {
    fn open_session(&self, _algorithm: &str, _input: zbus::zvariant::Value<'_>) -> zbus::fdo::Result<zbus::zvariant::OwnedObjectPath> {
        Err(zbus::fdo::Error::AccessDenied("A policy forbids it.".into()))
    }
}

struct Open;

#[zbus::interface(name = "org.freedesktop.Secret.Collection")]
impl Open {
    #[zbus(property)]
    fn locked(&self) -> bool {
        false
    }
}

#[test]
fn a_keychain_that_refuses_is_told_apart_from_one_that_is_locked_or_absent() {
    if inside("a_keychain_that_refuses_is_told_apart_from_one_that_is_locked_or_absent", false) {
        run(async {
            let bus = zbus::connection::Builder::session()
                .unwrap()
                .name("org.freedesktop.secrets")
                .unwrap()
                .serve_at("/org/freedesktop/secrets", Refusing)
                .unwrap()
                .serve_at("/org/freedesktop/secrets/aliases/default", Open)
                .unwrap()
                .build()
                .await
                .unwrap();
            let error = Keychain::new("test").get(&Handle("alpha/bot".into())).await.unwrap_err();
            assert_eq!(error.kind, Kind::Keychain);
            assert!(error.message.contains("refuses") && next_step(&error).contains("Allow User Sync"), "{error:?}");
            drop(bus);
        });
    }
}

/// The first answer that is no error, while a keyring comes up.
async fn answer(keychain: &Keychain, handle: &Handle) -> Result<Option<Secret>, Error> {
    let start = Instant::now();
    loop {
        match keychain.get(handle).await {
            Err(error) if start.elapsed() > Duration::from_secs(20) => return Err(error),
            Err(_) => tokio::task::yield_now().await,
            answer => return answer,
        }
    }
}

/// Starts the keyring, open, in the place of one that may run.
fn start_keyring() {
    let script = "printf secret | gnome-keyring-daemon --replace --daemonize --unlock --components=secrets >/dev/null";
    assert!(Command::new("sh").args(["-c", script]).status().unwrap().success());
}

/// The process that is the Secret Service now.
fn owner() -> Option<String> {
    let output = Command::new("dbus-send")
        .args(["--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetConnectionUnixProcessID"])
        .arg("string:org.freedesktop.secrets")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.split("uint32 ").nth(1).map(|pid| pid.trim().to_owned())
}

/// What the keyring's own program shows of a service's entries.
fn labels_of(service: &str) -> Vec<String> {
    use std::collections::HashMap;
    use zbus::blocking::{Connection, Proxy};
    use zbus::zvariant::OwnedObjectPath;
    const NAME: &str = "org.freedesktop.secrets";
    let bus = Connection::session().unwrap();
    let secrets = Proxy::new(&bus, NAME, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service").unwrap();
    let (open, _locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
        secrets.call("SearchItems", &(HashMap::from([("service", service)]),)).unwrap();
    let label = |path: OwnedObjectPath| {
        Proxy::new(&bus, NAME, path, "org.freedesktop.Secret.Item").unwrap().get_property::<String>("Label").unwrap()
    };
    let mut labels: Vec<String> = open.into_iter().map(label).collect();
    labels.sort();
    labels
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work);
}
