//! A bad day of the network and of the services: whatever happens, the same command again makes both sides agree, and
//! nothing is there twice.

use serde_json::{Value, json};

use crate::cells::somebody;
use crate::stage::{Ran, Setup, Stage, code_in, list, text};

/// Where each platform lists its accounts, and in which words it refuses a token.
const LISTS: [(&str, &str, &str); 4] = [
    ("slack", "slack.com", "/api/users.list"),
    ("teams", "graph.microsoft.com", "/v1.0/users*"),
    ("webex", "webexapis.com", "/v1/people"),
    ("zoom", "api.zoom.us", "/v2/users"),
];

fn at(host: &str, path: &str, rest: Value) -> Value {
    let mut fault = json!({ "host": host, "path": path });
    fault.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    fault
}

/// Every account as both sides have it.
fn agree(stage: &Stage) {
    let ids = |people: &[Value]| {
        let of = |person: &Value| {
            person["accounts"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(platform, account)| format!("{platform}:{}", text(&account["id"])))
                .collect::<Vec<_>>()
        };
        let mut all: Vec<String> = people.iter().flat_map(of).collect();
        all.sort();
        all
    };
    assert_eq!(ids(&stage.people()), ids(&stage.world()));
}

#[test]
fn after_every_fault_of_a_list_a_further_import_makes_both_sides_agree() {
    let cut = r#"{"members":[{"id":"#;
    let page = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";
    let faults = [
        ("slow down", json!({ "status": 429, "times": 2, "headers": { "Retry-After": "1" } })),
        ("out of order", json!({ "status": 503, "times": 2 })),
        ("broken connection", json!({ "drop": true, "times": 2 })),
        ("cut-off answer", json!({ "status": 200, "times": 1, "body": cut })),
        ("page instead of data", json!({ "status": 502, "times": 1, "body": page })),
        ("page with a friendly status", json!({ "status": 200, "times": 1, "body": page })),
    ];
    let stage = Stage::empty(Setup::default());
    stage.connect();
    for (name, fault) in faults {
        for (_, host, path) in LISTS {
            stage.fault(&at(host, path, fault.clone()));
        }
        let ran = stage.run(&["import"]);
        assert!([0, 1, 3].contains(&ran.code), "{name}: {ran:?}");
        if ran.code != 0 {
            assert!(ran.stdout.contains("remedy") || ran.stderr.contains("remedy"), "{name}: {ran:?}");
        }
        stage.control("DELETE", "faults", &Value::Null);
        let again = stage.ok(&["import"]);
        assert_eq!(again["platforms"].as_object().unwrap().len(), 4, "{name}: {again}");
        agree(&stage);
        for counts in stage.ok(&["import"])["platforms"].as_object().unwrap().values() {
            assert_eq!((&counts["new"], &counts["changed"], &counts["gone"]), (&json!(0), &json!(0), &json!(0)), "{name}");
        }
    }
}

#[test]
fn a_token_that_dies_in_the_middle_of_a_list_keeps_what_was_read_and_the_import_goes_on_after_a_new_sign_in() {
    let stage = Stage::empty(Setup { people: 2_000, ..Setup::default() });
    let refusals = [
        ("slack", json!({ "status": 200, "body": { "ok": false, "error": "token_revoked" } })),
        (
            "teams",
            json!({ "status": 401, "body": { "error": { "code": "InvalidAuthenticationToken", "message": "Lifetime validation failed." } } }),
        ),
        (
            "webex",
            json!({ "status": 401, "body": { "message": "The request requires a valid access token set in the Authorization request header.", "trackingId": "T" } }),
        ),
        ("zoom", json!({ "status": 401, "body": { "code": 124, "message": "Invalid access token." } })),
    ];
    for ((platform, refusal), (_, host, path)) in refusals.into_iter().zip(LISTS) {
        let data = stage.beside(platform);
        let run = |words: &[&str]| Ran::of(stage.command_in(&data, words).arg("--json").output().unwrap());
        let answered = || {
            stage
                .traffic()
                .iter()
                .filter(|call| text(&call["url"]).contains(&format!("{host}{}", path.trim_end_matches('*'))) && call["status"] == 200)
                .count()
        };
        assert_eq!(run(&["connect", platform, "--approve"]).code, 0);
        let mut fault = at(host, path, refusal);
        (fault["times"], fault["skip"]) = (json!(1000), json!(1));
        stage.fault(&fault);
        let ran = run(&["import"]);
        assert_eq!((ran.code, text(&ran.error()["kind"])), (1, "signed_out"), "{ran:?}");
        assert!(text(&ran.error()["remedy"]).contains(&format!("usersync connect {platform}")), "{ran:?}");
        assert_eq!(run(&["connections"]).json()["connections"][0]["signed_out"], true);
        let kept = run(&["status"]).json()["people"].as_u64().unwrap();
        assert!(kept > 0, "the first page of {platform} is kept");
        stage.control("DELETE", "faults", &Value::Null);
        assert_eq!(run(&["connect", platform, "--approve"]).code, 0);
        let before = answered();
        let imported = run(&["import"]).json()["platforms"][platform].clone();
        let rest = answered() - before;
        let accounts = stage.world().iter().filter(|person| person["accounts"][platform].is_object()).count();
        assert_eq!((&imported["accounts"], &imported["gone"]), (&json!(accounts), &json!(0)), "{platform}: {imported}");
        assert_eq!(run(&["connections"]).json()["connections"][0]["signed_out"], false);
        let before = answered();
        assert_eq!(run(&["import"]).json()["platforms"][platform]["new"], 0);
        assert_eq!(rest, answered() - before - 1, "{platform}: the page that was read is not read again");
    }
}

/// What the platform holds for the person: how many messages there, how many representations anywhere.
fn standing(stage: &Stage, person: &Value, from: &str) -> (usize, usize) {
    (stage.heard(person, from).len(), stage.representations(person).len())
}

#[test]
fn after_every_fault_of_a_prompt_there_is_exactly_one() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let sending = [
        ("slack", "webex", "slack.com", "/api/chat.postMessage"),
        ("teams", "zoom", "graph.microsoft.com", "/v1.0/chats*"),
        ("webex", "zoom", "webexapis.com", "/v1/messages"),
        ("zoom", "webex", "api.zoom.us", "/v2/chat/users/*"),
    ];
    let faults = [
        json!({ "status": 429, "headers": { "Retry-After": "1" } }),
        json!({ "status": 503 }),
        json!({ "drop": true }),
        json!({ "status": 502, "body": "<html><body>Bad Gateway</body></html>" }),
    ];
    for fault in faults {
        let people = sending.map(|(from, to, _, _)| somebody(&stage, from, to, true, &mut taken));
        for (person, (_, to, host, path)) in people.iter().zip(sending) {
            stage.fault(&at(host, path, fault.clone()));
            let ran = stage.run(&["sync", text(&person["id"]), "--to", to, "--yes"]);
            assert!(ran.code == 0 || ran.code == 1, "{to} {fault}: {ran:?}");
            stage.control("DELETE", "faults", &Value::Null);
        }
        stage.ok(&["work"]);
        for (person, (from, to, _, _)) in people.iter().zip(sending) {
            assert_eq!(
                (stage.sync_of(text(&person["id"]), to).1.as_str(), standing(&stage, person, from)),
                ("prompted", (1, 0)),
                "{from} {fault}"
            );
            code_in(&stage.heard(person, from)[0]);
        }
    }
}

#[test]
fn after_every_fault_of_a_bot_or_guest_there_is_exactly_one() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let making = [("slack", "webex", "webexapis.com", "/v1/guests*"), ("slack", "teams", "graph.microsoft.com", "/v1.0/invitations")];
    let faults = [
        json!({ "status": 429, "headers": { "Retry-After": "1" } }),
        json!({ "status": 503 }),
        json!({ "drop": true }),
        json!({ "status": 200, "body": "{\"id\":" }),
        json!({ "status": 502, "body": "<html><body>Bad Gateway</body></html>" }),
    ];
    for (from, to, host, path) in making {
        for fault in &faults {
            let person = somebody(&stage, from, to, false, &mut taken);
            let id = text(&person["id"]);
            stage.fault(&at(host, path, fault.clone()));
            let ran = stage.run(&["sync", id, "--to", to, "--yes"]);
            assert!(ran.code == 0 || ran.code == 1, "{to} {fault}: {ran:?}");
            stage.control("DELETE", "faults", &Value::Null);
            let view = stage.ok(&["sync", id, "--to", to, "--yes"]);
            assert_eq!((stage.sync_of(id, to).0.as_str(), standing(&stage, &person, from)), ("synced", (0, 1)), "{to} {fault}: {view}");
        }
    }
}

#[test]
fn a_refusal_is_a_failure_with_its_reason_and_the_next_try_succeeds() {
    let stage = Stage::new();
    let person = somebody(&stage, "slack", "webex", false, &mut Vec::new());
    let id = text(&person["id"]);
    stage.fault(&json!({ "host": "webexapis.com", "path": "/v1/guests*", "status": 403, "times": 100, "body": { "message": "The server understood the request, but refused to fulfill it.", "trackingId": "T" } }));
    let ran = stage.run(&["sync", id, "--to", "webex", "--yes"]);
    let view = ran.json();
    let reason = &view["people"][0]["reason"];
    assert_eq!((ran.code, &view["failed"], text(&reason["kind"])), (1, &json!(1), "forbidden"), "{view}");
    assert!(!text(&reason["remedy"]).is_empty() && !text(&reason["message"]).is_empty());
    assert_eq!(stage.ok(&["people", "--status", "failed"])["total"], 1);
    stage.control("DELETE", "faults", &Value::Null);
    let view = stage.ok(&["sync", id, "--to", "webex", "--yes"]);
    assert_eq!((&view["done"], standing(&stage, &person, "slack")), (&json!(1), (0, 1)), "{view}");
}

#[test]
fn a_reset_that_a_fault_interrupts_is_finished_by_the_next_one() {
    let stage = Stage::new();
    let person = somebody(&stage, "slack", "teams", false, &mut Vec::new());
    let id = text(&person["id"]);
    stage.ok(&["sync", id, "--to", "teams", "--yes"]);
    assert_eq!(standing(&stage, &person, "slack"), (0, 1));
    stage.fault(&json!({ "host": "graph.microsoft.com", "path": "/v1.0/users/*", "status": 503, "times": 1000 }));
    let ran = stage.run(&["reset", id, "--yes"]);
    assert_eq!((ran.code, text(&ran.error()["message"]).contains("goes on when it is run again")), (1, true), "{ran:?}");
    assert_eq!(standing(&stage, &person, "slack").1, 1);
    stage.control("DELETE", "faults", &Value::Null);
    let view = stage.ok(&["reset", id, "--yes"])["people"][0].clone();
    assert!(list(&view["undone"]).iter().any(|what| text(what).contains("Microsoft Teams")), "{view}");
    assert_eq!((standing(&stage, &person, "slack").1, stage.sync_of(id, "teams").0.as_str()), (0, "not_synced"));
}
