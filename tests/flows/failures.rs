//! What fails, and what the admin does about it: by reason, after a platform has signed the connection out, and where nobody can
//! tell whether it happened.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::cells::somebody;
use crate::stage::{Ran, Stage, list, text};

/// Everybody with an account on a platform uses it daily.
fn all_on(stage: &Stage, platform: &str) {
    let ran = stage.run(&["primary", "--all-matching", "--platform", platform, platform]);
    assert!([0, 3].contains(&ran.code), "{ran:?}");
}

/// Whom a bulk sync asks, and for whom it makes a bot or guest.
fn planned(stage: &Stage, from: &str, to: &str, action: &str) -> Vec<String> {
    let plan = stage.ok(&["plan", "--all-matching", "--primary", from, "--to", to]);
    list(&plan["steps"]).iter().filter(|row| row["action"] == action).map(|row| text(&row["person"]).to_owned()).collect()
}

/// How many were asked in the world, and how many bots and guests there are; nobody was asked twice.
fn effects(stage: &Stage) -> (usize, usize) {
    let world = stage.world();
    assert!(world.iter().all(|person| list(&person["messages"]).len() <= 1), "somebody was asked twice");
    // The world names a guest with everybody who has the name.
    let stand_ins = world.iter().flat_map(|person| list(&person["representations"])).map(|one| text(&one["id"]));
    (world.iter().map(|person| list(&person["messages"]).len()).sum(), stand_ins.collect::<BTreeSet<_>>().len())
}

fn group<'a>(failures: &'a Value, platform: &str, kind: &str) -> &'a Value {
    let found = list(&failures["failures"]).iter().find(|group| group["platform"] == platform && group["reason"]["kind"] == kind);
    found.unwrap_or_else(|| panic!("no failures of {platform} because of {kind}: {failures}"))
}

#[test]
fn what_failed_is_grouped_by_reason_and_tried_again_by_reason() {
    let stage = Stage::new();
    all_on(&stage, "slack");
    let bots = planned(&stage, "slack", "webex", "create_bot").len();
    let guests = planned(&stage, "slack", "teams", "invite_guest").len();
    assert!(bots > 10 && guests > 1, "{bots} {guests}");
    let refuse = |host: &str, path: &str, times: usize, body: Value| {
        stage.fault(&json!({ "host": host, "path": path, "status": 403, "times": times, "body": body }));
    };
    let webex = json!({ "message": "The server understood the request, but refused to fulfill it.", "trackingId": "T" });
    refuse("webexapis.com", "/v1/guests*", 6, webex);
    refuse(
        "graph.microsoft.com",
        "/v1.0/invitations",
        100,
        json!({ "error": { "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation." } }),
    );
    let bulk = |to: &'static str| stage.run(&["sync", "--all-matching", "--primary", "slack", "--to", to, "--yes"]);
    let to_webex = bulk("webex").json();
    assert_eq!(to_webex["failed"], 6, "{}", to_webex["run"]);
    assert_eq!(bulk("teams").json()["failed"], json!(guests));
    let failures = stage.ok(&["failures"]);
    let on_webex = group(&failures, "webex", "forbidden");
    assert_eq!((&on_webex["people"], &on_webex["doubtful"]), (&json!(6), &json!(false)), "{on_webex}");
    assert_eq!(text(&on_webex["retry"]), "usersync retry --platform webex --reason forbidden");
    assert_eq!(group(&failures, "teams", "forbidden")["people"], json!(guests));
    stage.control("DELETE", "faults", &Value::Null);

    let looked = stage.ok(&["retry", "--platform", "webex", "--reason", "forbidden", "--dry-run"]);
    assert_eq!((list(&looked["platforms"]).len(), &looked["platforms"][0]["bots"]), (1, &json!(6)), "{looked}");
    let unconfirmed = stage.run(&["retry", "--platform", "webex", "--reason", "forbidden"]);
    assert_eq!((unconfirmed.code, unconfirmed.json()), (2, looked));
    assert_eq!(stage.ok(&["retry", "--reason", "declined", "--yes"])["runs"], json!([]), "nobody failed for this reason");
    assert_eq!(stage.ok(&["status"])["by_platform"]["webex"]["failed"], 6);

    let retried = stage.ok(&["retry", "--platform", "webex", "--reason", "forbidden", "--yes"]);
    assert_eq!((list(&retried["runs"]).len(), &retried["runs"][0]["counts"]["synced"]), (1, &json!(6)), "{retried}");
    let status = stage.ok(&["status"]);
    assert_eq!((&status["by_platform"]["webex"]["failed"], &status["by_platform"]["teams"]["failed"]), (&json!(0), &json!(guests)));
    assert_eq!(status["by_platform"]["webex"]["synced"], json!(bots));
    let retried = stage.ok(&["retry", "--yes"]);
    assert_eq!(retried["runs"][0]["counts"]["synced"], json!(guests), "{retried}");
    assert_eq!(stage.ok(&["failures"])["failures"], json!([]));
    let world = stage.world();
    let stand_ins = world.iter().flat_map(|person| list(&person["representations"])).map(|one| text(&one["id"]));
    assert_eq!(stand_ins.collect::<BTreeSet<_>>().len(), bots + guests);
}

#[test]
fn failures_of_one_run_are_tried_again_and_no_others() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let mut failing = || {
        let person = somebody(&stage, "slack", "webex", false, &mut taken);
        stage.fault(&json!({ "host": "webexapis.com", "path": "/v1/guests*", "status": 403, "times": 1, "body": { "message": "No.", "trackingId": "T" } }));
        let ran = stage.run(&["sync", text(&person["id"]), "--to", "webex", "--yes"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        (text(&person["id"]).to_owned(), text(&ran.json()["run"]).to_owned())
    };
    let (first, second) = (failing(), failing());
    assert_eq!(stage.ok(&["failures"])["failures"][0]["people"], 2);
    assert_eq!(stage.ok(&["retry", "--run", &second.1, "--dry-run"])["platforms"][0]["total"], 1);
    stage.ok(&["retry", "--run", &second.1, "--yes"]);
    assert_eq!((stage.sync_of(&first.0, "webex").0.as_str(), stage.sync_of(&second.0, "webex").0.as_str()), ("failed", "synced"));
}

/// Begins a command, and lets somebody act as soon as so many answers came.
fn in_the_middle(stage: &Stage, words: &[&str], answers: usize, act: impl FnOnce()) -> Ran {
    let mut heard = stage.answers();
    let mut child = stage.command(words).arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while heard.so_far() < answers {
        assert!(child.try_wait().unwrap().is_none(), "it was over before anybody could act");
        std::thread::yield_now();
    }
    act();
    Ran::of(child.wait_with_output().unwrap())
}

/// How often the audit log tells of something.
fn told(stage: &Stage, action: &str) -> usize {
    let log = stage.ok(&["audit", "--limit", "1000"]);
    assert_eq!(log["before"], Value::Null, "one page holds all");
    list(&log["entries"]).iter().filter(|entry| entry["action"] == action).count()
}

/// Everybody who is to be asked or represented waits, is asked or is represented.
fn nobody_failed(stage: &Stage, to: &str, wanted: usize) {
    let counts = stage.ok(&["status"])["by_platform"][to].clone();
    let there = counts["synced"].as_u64().unwrap() + counts["pending"].as_u64().unwrap();
    assert_eq!((there as usize, &counts["failed"]), (wanted, &json!(0)), "{counts}");
}

#[test]
fn a_carrier_that_signs_us_out_in_the_middle_fails_nobody_and_after_signing_in_each_is_asked_once() {
    let stage = Stage::new();
    all_on(&stage, "teams");
    let (asked, made) = (planned(&stage, "teams", "webex", "prompt").len(), planned(&stage, "teams", "webex", "create_bot").len());
    assert!(asked > 30 && made > 10, "{asked} {made}");
    let words = ["sync", "--all-matching", "--primary", "teams", "--to", "webex", "--yes"];
    let ran = in_the_middle(&stage, &words, 40, || {
        assert_eq!(stage.control("POST", "platform/teams/sign_out", &json!({ "who": "connection" })).0, 200);
    });
    let view = ran.json();
    assert_eq!(view["failed"], 0, "{}", view["run"]);
    let waiting = list(&view["people"]).iter().filter(|row| row["detail"] == "waiting_for_sign_in").count();
    assert!(waiting > 0 && effects(&stage).0 < asked, "{waiting}");
    assert_eq!(effects(&stage).1, made, "what needs no Teams goes on");
    for _ in 0..2 {
        stage.ok(&["work"]);
        nobody_failed(&stage, "webex", asked + made);
    }
    let run = stage.ok(&["runs"])["runs"][0].clone();
    assert_eq!((&run["waits"], text(&run["next_step"]).contains("usersync connections")), (&json!("sign_in"), true), "{run}");
    assert_eq!(told(&stage, "signed_out"), 1, "one notice, however many wait");
    let plain = stage.plain(&["connections"]).stdout;
    assert!(plain.contains("usersync connect teams"), "{plain}");

    stage.ok(&["connect", "teams", "--approve"]);
    stage.ok(&["work"]);
    nobody_failed(&stage, "webex", asked + made);
    assert_eq!(effects(&stage), (asked, made), "each once");
    assert_eq!(stage.ok(&["runs", text(&run["id"])])["run"]["waits"], Value::Null);
    assert_eq!((told(&stage, "prompt_sent"), told(&stage, "bot_made"), told(&stage, "signed_out")), (asked, made, 1));
}

#[test]
fn a_platform_that_refuses_to_make_bots_for_want_of_a_sign_in_makes_each_once_afterwards() {
    let stage = Stage::new();
    all_on(&stage, "slack");
    let (asked, made) = (planned(&stage, "slack", "webex", "prompt").len(), planned(&stage, "slack", "webex", "create_bot").len());
    stage.fault(&json!({ "host": "webexapis.com", "path": "/v1/guests*", "status": 401, "skip": 12, "times": 1000,
        "body": { "message": "The request requires a valid access token set in the Authorization request header.", "trackingId": "T" } }));
    let words = ["sync", "--all-matching", "--primary", "slack", "--to", "webex", "--yes"];
    let ran = stage.run(&words);
    assert_eq!(ran.json()["failed"], 0, "{ran:?}");
    stage.ok(&["work"]);
    nobody_failed(&stage, "webex", asked + made);
    assert!(effects(&stage).1 < made);
    assert_eq!(told(&stage, "signed_out"), 1);
    stage.control("DELETE", "faults", &Value::Null);
    stage.ok(&["connect", "webex", "--approve"]);
    stage.ok(&["work"]);
    nobody_failed(&stage, "webex", asked + made);
    assert_eq!(effects(&stage), (asked, made));
    assert_eq!((told(&stage, "prompt_sent"), told(&stage, "bot_made")), (asked, made));
}

#[test]
fn what_the_platform_will_not_confirm_is_shown_as_perhaps_done_and_sent_again_on_the_admins_word_only() {
    let stage = Stage::new();
    let person = somebody(&stage, "slack", "webex", true, &mut Vec::new());
    let id = text(&person["id"]);
    // The message arrives, its answer is lost, and Slack does not show the conversation.
    stage.fault(&json!({ "host": "slack.com", "path": "/api/chat.postMessage", "drop": true }));
    stage.fault(&json!({ "host": "slack.com", "path": "/api/conversations.history", "status": 200, "times": 1000,
        "body": { "ok": false, "error": "missing_scope", "needed": "im:history" } }));
    stage.run(&["sync", id, "--to", "webex", "--yes"]);
    for _ in 0..3 {
        stage.ok(&["work"]);
    }
    let reason = stage.person(id)["syncs"]["webex"]["reason"].clone();
    assert_eq!((stage.sync_of(id, "webex").0.as_str(), text(&reason["kind"])), ("failed", "perhaps_done"), "{reason}");
    assert!(text(&reason["link"]).starts_with("https://"), "{reason}");
    assert!(text(&reason["remedy"]).ends_with(&format!("usersync send-anew {id} --to webex --yes")), "{reason}");
    assert_eq!(stage.heard(&person, "slack").len(), 1);
    let failures = stage.ok(&["failures"]);
    assert_eq!((&failures["failures"][0]["doubtful"], &failures["failures"][0]["people"]), (&json!(true), &json!(1)), "{failures}");

    // Trying again looks first, and still cannot tell: nothing is sent.
    for words in [vec!["retry", "--yes"], vec!["sync", id, "--to", "webex", "--yes"], vec!["send-anew", id, "--to", "webex"]] {
        let ran = stage.run(&words);
        assert!([1, 2].contains(&ran.code), "{words:?}: {ran:?}");
        assert_eq!(stage.heard(&person, "slack").len(), 1, "{words:?}");
    }
    // As soon as Slack shows it, a further try finds it.
    let other = somebody(&stage, "slack", "webex", true, &mut vec![id.to_owned()]);
    let other_id = text(&other["id"]);
    stage.fault(&json!({ "host": "slack.com", "path": "/api/chat.postMessage", "drop": true }));
    stage.run(&["sync", other_id, "--to", "webex", "--yes"]);
    stage.ok(&["work"]);
    assert_eq!(stage.ok(&["failures"])["failures"][0]["people"], 2);
    stage.control("DELETE", "faults", &Value::Null);
    stage.ok(&["sync", other_id, "--to", "webex", "--yes"]);
    assert_eq!((stage.sync_of(other_id, "webex").1.as_str(), stage.heard(&other, "slack").len()), ("prompted", 1));

    // The admin's word: it is sent again, although it was there.
    let sent = stage.ok(&["send-anew", id, "--to", "webex", "--yes"]);
    assert_eq!(text(&sent["syncs"]["webex"]["detail"]), "prompted", "{sent}");
    assert_eq!(stage.heard(&person, "slack").len(), 2);
    let sure = stage.run(&["send-anew", id, "--to", "webex", "--yes"]);
    assert_eq!((sure.code, text(&sure.error()["kind"])), (1, "conflict"), "{sure:?}");
    assert_eq!(stage.heard(&person, "slack").len(), 2);
}
