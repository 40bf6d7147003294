//! The way out of a company.

use serde_json::Value;
use user_sync_tests::leaks::Search;

use crate::stage::{Ran, Stage, text};

/// The kind, the message and the next step of an error.
fn said(error: &Value) -> (&str, &str, &str) {
    (text(&error["kind"]), text(&error["message"]), text(&error["remedy"]))
}

#[test]
fn connect_and_import_work_through_a_proxy_that_inspects_and_leave_no_secret_behind() {
    let stage = Stage::new();
    let mut connect = stage.command(&stage.connect_words());
    connect.env("USERSYNC_LOG", "trace");
    let connected = stage.run(connect);
    assert_eq!(connected.code, 0, "{connected:?}");
    assert_eq!(connected.json()["connections"].as_array().map(Vec::len), Some(4));
    assert!(connected.stderr.contains("TRACE") && connected.stderr.contains("proxy("), "the log is empty");
    let mut import = stage.command(&["import"]);
    import.env("USERSYNC_LOG", "trace");
    let imported = stage.run(import);
    assert_eq!(imported.code, 0, "{imported:?}");
    assert_eq!(stage.ok(&["status"])["people"], stage.world());
    for platform in platforms::all().iter() {
        let info = platform.info();
        assert!(info.hosts.iter().any(|host| stage.proxy.hosts().contains(*host)), "{} went another way", info.name);
    }

    let entries = stage.session.entries("User Sync (development)");
    let named = |name: &str| entries.iter().any(|(label, user)| label.contains("User Sync") && user == name);
    for name in ["slack/bot", "teams/admin", "webex/admin", "zoom/admin", "teams/admin a2"] {
        assert!(named(name), "no entry {name} in {entries:?}");
    }
    let told = stage.ok(&["security"]);
    assert!(told.to_string().contains("User Sync (development)"), "{told}");
    let folder = stage.folder().join("data/user-sync");
    assert!(folder.is_dir() && !folder.join("profile").exists(), "the default folder needs no name");

    let secrets = stage.secrets();
    assert!(secrets.len() > 10, "only {} secrets are known", secrets.len());
    let search = Search::new(secrets.clone()).unwrap();
    assert_eq!(stage.leaks(&search), []);
    // The search works: a secret that was planted is found.
    std::fs::write(folder.join("planted"), secrets.last().unwrap()).unwrap();
    assert_eq!(stage.leaks(&search).len(), 1);
}

#[test]
fn who_does_not_trust_the_companys_certificate_is_told_what_to_install() {
    let stage = Stage::new();
    stage.trust(&[&stage.another_proxy().root]);
    let error = stage.fails(&stage.connect_words());
    let (kind, message, step) = said(&error);
    assert_eq!(kind, "network");
    assert!(message.contains("does not trust the certificate") && step.contains("root certificate"), "{error}");
    stage.trust(&[&stage.proxy.root]);
    stage.ok(&stage.connect_words());
}

#[test]
fn a_proxy_that_wants_a_password_says_so_and_gets_the_one_of_its_address() {
    // name:very-secret-word
    let stage = Stage::with(Some("Basic bmFtZTp2ZXJ5LXNlY3JldC13b3Jk".to_owned()));
    let error = stage.fails(&stage.connect_words());
    let (kind, message, step) = said(&error);
    assert_eq!(kind, "network");
    assert!(message.contains("wants a user name and a password") && step.contains("Ask IT"), "{error}");
    let mut connect = stage.command(&stage.connect_words());
    connect.env("HTTPS_PROXY", format!("http://name:very-secret-word@{}", stage.proxy.address)).env("USERSYNC_LOG", "trace");
    let connected = stage.run(connect);
    assert_eq!(connected.code, 0, "{connected:?}");
    assert_eq!(stage.leaks(&Search::new(["very-secret-word".to_owned()]).unwrap()), []);
}

#[test]
fn a_proxy_that_is_gone_is_named_and_one_that_comes_back_is_used() {
    let stage = Stage::ready();
    let people = stage.ok(&["status"])["people"].clone();
    let mut import = stage.command(&["import"]);
    import.env("HTTPS_PROXY", "http://127.0.0.1:9");
    let error = stage.run(import).error();
    let (kind, message, step) = said(&error);
    assert_eq!(kind, "network");
    assert!(message.contains("proxy") && message.contains("cannot be reached") && step.contains("VPN"), "{error}");
    stage.ok(&["import"]);
    assert_eq!(stage.ok(&["status"])["people"], people);
}

/// A desktop's answer to "which proxy for this address?".
struct Portal {
    answer: Vec<String>,
}

#[zbus::interface(name = "org.freedesktop.portal.ProxyResolver")]
impl Portal {
    fn lookup(&self, uri: &str) -> Vec<String> {
        if uri.starts_with("https://") { self.answer.clone() } else { Vec::new() }
    }
}

fn desktop(stage: &Stage, answer: &[String]) -> zbus::blocking::Connection {
    let bus = stage.session.bus();
    bus.object_server().at("/org/freedesktop/portal/desktop", Portal { answer: answer.to_vec() }).unwrap();
    bus.request_name("org.freedesktop.portal.Desktop").unwrap();
    bus
}

fn without_variables(stage: &Stage, words: &[&str]) -> Ran {
    let mut command = stage.command(words);
    command.env_remove("HTTPS_PROXY");
    stage.run(command)
}

#[test]
fn the_desktops_proxy_is_used_where_the_environment_names_none() {
    let stage = Stage::new();
    // The first one of the list is gone; the second one works.
    let desk = desktop(&stage, &["http://127.0.0.1:9".to_owned(), format!("http://{}", stage.proxy.address)]);
    let connected = without_variables(&stage, &stage.connect_words());
    assert_eq!(connected.code, 0, "{connected:?}");
    assert!(!stage.proxy.hosts().is_empty());
    drop(desk);
    // A desktop that is wrong does not count when the environment names a proxy.
    let _wrong = desktop(&stage, &["http://127.0.0.1:9".to_owned()]);
    let imported = without_variables(&stage, &["import"]);
    assert!(text(&imported.error()["message"]).contains("proxy"), "{imported:?}");
    stage.ok(&["import"]);
}

#[test]
fn the_demo_asks_no_proxy() {
    let stage = Stage::new();
    let _desk = desktop(&stage, &["http://127.0.0.1:9".to_owned()]);
    for proxy in [Some("http://127.0.0.1:9"), None] {
        let mut status = stage.command(&["--demo", "status"]);
        status.env_remove("HTTPS_PROXY");
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
            if let Some(proxy) = proxy {
                status.env(name, proxy);
            }
        }
        let ran = stage.run(status);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.json()["people"].as_u64().is_some_and(|people| people > 250), "the demo imported nobody: {ran:?}");
    }
    assert!(stage.proxy.hosts().is_empty());
}
