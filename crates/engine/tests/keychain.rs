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
            for text in ["short".to_owned(), "äöü😀".repeat(2000), "x".repeat(3000), String::new(), "last".to_owned()] {
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

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work);
}
