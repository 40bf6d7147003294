//! Credentials from the admin's side: the guide, a check of each field, signing in again, the key of the employees' sign-ins and its loss,
//! and the end of everything.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cells::somebody;
use crate::stage::{ALL, Ran, Setup, Stage, list, text, usersync};

/// The simulator's credentials of a platform, as the admin's file.
fn credentials(stage: &Stage, platform: &str) -> Value {
    let ready: Value = serde_json::from_slice(&std::fs::read(stage.beside("ready.json")).unwrap()).unwrap();
    ready["credentials"][platform].clone()
}

fn check(stage: &Stage, platform: &str, fields: &Value) -> Ran {
    let file = stage.beside("credentials.json");
    std::fs::write(&file, fields.to_string()).unwrap();
    stage.run(&["check", platform, "--credentials", file.to_str().unwrap()])
}

#[test]
fn the_guide_needs_nothing_and_fills_its_addresses_with_what_is_known() {
    for platform in ALL {
        let ran = Ran::of(usersync(&["--json", "guide", platform]).output().unwrap());
        assert_eq!(ran.code, 0, "{ran:?}");
        let guide = ran.json();
        assert!(list(&guide["parts"]).len() >= 3 && text(&guide["off_switch_link"]).starts_with("https://"), "{platform}");
        let waiting: BTreeSet<&str> = list(&guide["parts"]).iter().flat_map(|part| list(&part["open"]["waits_for"])).map(text).collect();
        let mut words = vec!["--json".to_owned(), "guide".to_owned(), platform.to_owned()];
        words.extend(waiting.iter().flat_map(|field| ["--field".to_owned(), format!("{field}=a b&c")]));
        let full = Ran::of(usersync(&words).output().unwrap()).json();
        for part in list(&full["parts"]).iter().filter(|part| !part["open"].is_null()) {
            let url = text(&part["open"]["url"]);
            assert!(url.starts_with("https://") && !url.contains(['{', ' ']), "{platform}: {url}");
        }
        assert_eq!(full.to_string().contains("a%20b%26c"), !waiting.is_empty(), "{platform}: what was entered is not in the addresses");
    }
    let refused = Ran::of(usersync(&["--json", "guide", "slack", "--field", "bot_token=xoxb-planted"]).output().unwrap());
    assert!(refused.code == 1 && !refused.stderr.contains("planted"), "{refused:?}");
}

#[test]
fn each_field_is_checked_and_a_wrong_one_is_named_before_anything_is_kept() {
    let stage = Stage::empty(Setup { people: 100, ..Setup::default() });
    for platform in ALL {
        let right = credentials(&stage, platform);
        let ran = check(&stage, platform, &right);
        assert_eq!(ran.code, 0, "{platform}: {ran:?}");
        let states: Vec<String> = list(&ran.json()["fields"]).iter().map(|field| text(&field["found"]["state"]).to_owned()).collect();
        assert!(states.iter().any(|state| state == "proven") && states.iter().all(|state| state != "waits"), "{platform}: {states:?}");
    }
    for (platform, field, wrong) in [
        ("slack", "bot_token", "xapp-1-A1-2-planted"),
        ("slack", "bot_token", "xoxb-1-2-planted"),
        ("slack", "client_id", "1234567890.0987654321"),
        ("teams", "tenant_id", "11111111-2222-3333-4444-555555555555"),
        ("teams", "client_id", "11111111-2222-3333-4444-555555555555"),
        ("webex", "client_secret", "0000000000000000000000000000000000000000000000000000000000000000"),
        ("webex", "service_app_token", "planted-planted-planted-planted"),
        ("zoom", "client_secret", "planted0planted0planted0planted0"),
        ("zoom", "employee.client_secret", "planted0planted0planted0planted0"),
    ] {
        let mut fields = credentials(&stage, platform);
        let (outer, inner) = field.split_once('.').map_or((field, None), |(outer, inner)| (outer, Some(inner)));
        match inner {
            Some(inner) => fields[outer][inner] = wrong.into(),
            None => fields[outer] = wrong.into(),
        }
        let ran = check(&stage, platform, &fields);
        assert!(matches!(ran.code, 1 | 3), "{platform} {field}: {ran:?}");
        let answer = ran.json();
        let found = list(&answer["fields"]).iter().find(|row| row["field"] == field).unwrap().clone();
        assert!(!text(&found["error"]["message"]).is_empty() && text(&found["error"]["remedy"]).len() > 15, "{platform}: {found}");
        assert!(!ran.stdout.contains("planted") && !ran.stderr.contains("planted"), "{platform} {field} is quoted: {ran:?}");
    }
    assert_eq!(stage.ok(&["connections"])["connections"], json!([]));
    assert_eq!(stage.ok(&["security"])["entries"], json!([]), "a check kept something");
}

#[test]
fn a_wrong_given_token_is_noticed_before_the_browser_opens() {
    let stage = Stage::empty(Setup { people: 100, ..Setup::default() });
    let mut fields = credentials(&stage, "slack");
    fields["bot_token"] = "xoxb-1-2-planted".into();
    fields.as_object_mut().unwrap().remove("user_token");
    let file = stage.beside("credentials.json");
    std::fs::write(&file, fields.to_string()).unwrap();
    // Without --approve nobody answers in the browser: this would wait for five minutes.
    let ran = stage.plain(&["connect", "slack", "--credentials", file.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!ran.stderr.contains("sign in at") && !ran.stderr.contains("planted"), "{ran:?}");
}

/// Somebody with an own account who was asked and approved.
fn authorised(stage: &Stage, from: &str, to: &str) -> Value {
    let person = somebody(stage, from, to, true, &mut Vec::new());
    stage.ok(&["sync", text(&person["id"]), "--to", to, "--yes"]);
    stage.approve(&person, from, to);
    stage.work_for_all();
    assert_eq!(stage.sync_of(text(&person["id"]), to).0, "synced");
    person
}

#[test]
fn a_renewed_key_opens_what_was_sealed_before_it() {
    let stage = Stage::new();
    assert_eq!(stage.ok(&["key"])["key"]["state"], "none");
    let person = authorised(&stage, "slack", "webex");
    let before = stage.ok(&["key"])["key"].clone();
    assert_eq!((&before["state"], &before["people"]), (&json!("good"), &json!(1)));
    let key = stored_key(&stage).unwrap();
    assert_eq!(stage.ok(&["key", "renew"])["key"]["state"], "good");
    assert_ne!(stored_key(&stage).unwrap(), key, "the key is the old one");
    // Revoking at Zoom needs the sealed token, at Webex it does not: only the status and the reset tell that nothing was lost.
    assert_eq!(stage.sync_of(text(&person["id"]), "webex").0, "synced");
    let reset = stage.ok(&["reset", text(&person["id"]), "--yes"]);
    assert!(reset.to_string().contains("withdrawn"), "{reset}");
}

/// The demo's sealed entry of the key.
fn stored_key(stage: &Stage) -> Option<Value> {
    let sealed: Value = serde_json::from_slice(&std::fs::read(stage.data().join("demo.secrets")).unwrap()).unwrap();
    sealed.get("grants/key").cloned()
}

#[test]
fn a_lost_key_is_said_clearly_and_people_are_asked_again_only_when_the_admin_says_so() {
    let stage = Stage::new();
    let person = authorised(&stage, "slack", "zoom");
    let id = text(&person["id"]).to_owned();
    let file = stage.data().join("demo.secrets");
    let mut sealed: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    sealed.as_object_mut().unwrap().remove("grants/key").unwrap();
    std::fs::write(&file, sealed.to_string()).unwrap();
    let told = stage.heard(&person, "slack").len();

    let key = stage.ok(&["key"])["key"].clone();
    assert_eq!((&key["state"], &key["people"]), (&json!("lost"), &json!(1)));
    stage.ok(&["work"]);
    let sync = stage.person(&id)["syncs"]["zoom"].clone();
    assert_eq!(sync["status"], "failed", "{sync}");
    assert!(text(&sync["reason"]["message"]).contains("key") && !text(&sync["reason"]["remedy"]).is_empty(), "{sync}");
    let refused = stage.run(&["key", "ask-again"]);
    assert_eq!((refused.code, stage.heard(&person, "slack").len()), (1, told), "somebody was asked without a confirmation: {refused:?}");

    assert_eq!(stage.ok(&["key", "ask-again", "--yes"])["asked"], 1);
    stage.ok(&["work"]);
    stage.approve(&person, "slack", "zoom");
    stage.work_for_all();
    assert_eq!(stage.sync_of(&id, "zoom").0, "synced");
    assert_eq!(stage.ok(&["key"])["key"]["state"], "good");
}

#[test]
fn disconnecting_ends_the_tokens_at_the_platforms_and_names_what_it_cannot_end() {
    let stage = Stage::empty(Setup { people: 100, ..Setup::default() });
    stage.connect();
    let security = stage.ok(&["security"]);
    assert!(std::path::Path::new(text(&security["database"])).is_file(), "{security}");
    let entries = security["entries"].clone();
    for platform in ALL {
        assert!(list(&entries).iter().any(|name| text(name).starts_with(&format!("{platform}/"))), "{entries}");
    }
    assert_eq!(stage.run(&["disconnect", "--all"]).code, 2, "all at once needs a confirmation");
    let answer = stage.ok(&["disconnect", "--all", "--yes"]);
    for view in list(&answer["disconnected"]) {
        let (gone, left) = (list(&view["gone"]), list(&view["left"]));
        assert!(!gone.is_empty() || !left.is_empty(), "nothing is said of the tokens of {}", view["platform"]);
        assert!(left.iter().all(|left| !text(&left["why"]).is_empty()), "{view}");
    }
    assert_eq!(list(&answer["disconnected"]).len(), ALL.len());
    assert_eq!(stage.ok(&["connections"])["connections"], json!([]));
    assert_eq!(stage.ok(&["security"])["entries"], json!([]));
}
