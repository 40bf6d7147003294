//! What employees do with a prompt: codes that expire, refusals, the wrong person, links instead of codes, and what an admin
//! withdraws meanwhile.

use serde_json::{Value, json};

use crate::cells::somebody;
use crate::stage::{Setup, Stage, code_in, link_in, list, text};

/// Somebody who was asked just now.
fn asked(stage: &Stage, from: &str, to: &str, taken: &mut Vec<String>) -> Value {
    let person = somebody(stage, from, to, true, taken);
    ask(stage, &person, to);
    person
}

fn ask(stage: &Stage, person: &Value, to: &str) {
    let view = stage.ok(&["sync", text(&person["id"]), "--to", to, "--yes"]);
    assert_eq!((&view["waiting"], &view["people"][0]["detail"]), (&json!(1), &json!("prompted")), "{view}");
}

fn stands(stage: &Stage, person: &Value, to: &str, status: &str, detail: &str) {
    let sync = stage.person(text(&person["id"]))["syncs"][to].clone();
    assert_eq!((text(&sync["status"]), text(&sync["detail"])), (status, detail), "{sync}");
}

fn failed_for(stage: &Stage, person: &Value, to: &str, reason: &str) {
    let sync = stage.person(text(&person["id"]))["syncs"][to].clone();
    assert_eq!((text(&sync["status"]), text(&sync["reason"]["kind"])), ("failed", reason), "{sync}");
    assert!(!text(&sync["reason"]["remedy"]).is_empty() && !text(&sync["reason"]["message"]).is_empty(), "{sync}");
}

/// The one message on the platform: a prompt is edited, not followed by others.
fn only(stage: &Stage, person: &Value, from: &str) -> String {
    let heard = stage.heard(person, from);
    assert_eq!(heard.len(), 1, "{heard:?}");
    heard[0].clone()
}

#[test]
fn where_codes_are_refused_the_person_follows_a_link_and_answers_with_the_address() {
    let stage = Stage::ready(Setup { no_device_grant: &["teams", "webex", "zoom"], ..Setup::default() });
    let mut taken = Vec::new();
    let ways = [("slack", "teams"), ("teams", "webex"), ("webex", "zoom"), ("zoom", "teams"), ("slack", "zoom"), ("zoom", "webex")];
    let people: Vec<Value> = ways.iter().map(|(from, to)| asked(&stage, from, to, &mut taken)).collect();
    for (person, (from, to)) in people.iter().zip(ways) {
        let prompt = only(&stage, person, from);
        let (status, ended) = stage.act(person, to, "follow", &json!({ "url": link_in(&prompt) }));
        assert_eq!(status, 200, "{ended} {prompt}");
        stage.answer(person, from, text(&ended["ended_on"]));
    }
    assert_eq!(stage.work_for_all(), json!({ "done": ways.len(), "waiting": 0, "failed": 0 }));
    for (person, (from, to)) in people.iter().zip(ways) {
        stands(&stage, person, to, "synced", "");
        assert!(only(&stage, person, from).starts_with("Done:"));
    }
    for to in ["teams", "webex", "zoom"] {
        for token in stage.employee_tokens(to) {
            assert!(!stage.is_in_the_data_folder(&token), "a token of {to} lies open in a file");
        }
    }
}

#[test]
fn an_address_that_does_not_belong_to_the_prompt_brings_a_new_link_and_a_webex_message_is_followed_after_ten_changes() {
    let stage = Stage::ready(Setup { no_device_grant: &["teams", "webex", "zoom"], ..Setup::default() });
    let person = asked(&stage, "webex", "zoom", &mut Vec::new());
    let first = link_in(&only(&stage, &person, "webex"));
    for round in 0..5 {
        stage.answer(&person, "webex", "http://localhost:1/?code=guessed&state=guessed");
        stage.ok(&["work"]);
        let told = only(&stage, &person, "webex");
        assert!(told.starts_with("That address cannot be used"), "{told}");
        stage.answer(&person, "webex", "please send a new one");
        stage.ok(&["work"]);
        let prompt = only(&stage, &person, "webex");
        assert_ne!(link_in(&prompt), first, "round {round}: a link is good for one try");
    }
    stage.answer(&person, "webex", "http://localhost:1/?code=guessed&state=guessed");
    stage.ok(&["work"]);
    let heard = stage.heard(&person, "webex");
    assert_eq!(heard.len(), 2, "Webex lets a message be changed ten times; then a new one follows: {heard:?}");
    assert!(heard[1].starts_with("That address cannot be used"));
    stage.answer(&person, "webex", "ok");
    stage.ok(&["work"]);
    let heard = stage.heard(&person, "webex");
    assert_eq!(heard.len(), 2, "the new message is changed from now on: {heard:?}");
    let (_, ended) = stage.act(&person, "zoom", "follow", &json!({ "url": link_in(&heard[1]) }));
    stage.answer(&person, "webex", text(&ended["ended_on"]));
    stage.ok(&["work"]);
    stands(&stage, &person, "zoom", "synced", "");
    assert!(stage.heard(&person, "webex")[1].starts_with("Done:"));
}

#[test]
fn an_expired_code_is_said_in_the_prompt_and_an_answer_brings_a_new_one() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let ways = [("slack", "webex"), ("teams", "zoom"), ("webex", "teams"), ("zoom", "webex")];
    let people: Vec<Value> = ways.iter().map(|(from, to)| asked(&stage, from, to, &mut taken)).collect();
    let codes: Vec<String> = people.iter().zip(ways).map(|(person, (from, _))| code_in(&only(&stage, person, from))).collect();
    stage.pass(20 * 60);
    stage.ok(&["work"]);
    for (person, (from, to)) in people.iter().zip(ways) {
        stands(&stage, person, to, "pending", "code_expired");
        let told = only(&stage, person, from);
        assert!(told.contains("has expired. Answer anything here"), "{told}");
        stage.answer(person, from, "please");
    }
    stage.ok(&["work"]);
    for ((person, (from, to)), code) in people.iter().zip(ways).zip(codes) {
        stands(&stage, person, to, "pending", "prompted");
        assert_ne!(code_in(&only(&stage, person, from)), code);
        stage.approve(person, from, to);
    }
    assert_eq!(stage.work_for_all(), json!({ "done": ways.len(), "waiting": 0, "failed": 0 }));
    for (person, (from, _)) in people.iter().zip(ways) {
        assert!(only(&stage, person, from).starts_with("Done:"));
    }
}

#[test]
fn who_declines_is_left_in_peace_until_the_admin_asks_again() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let ways = [("slack", "teams"), ("webex", "zoom"), ("teams", "webex")];
    let people: Vec<Value> = ways.iter().map(|(from, to)| asked(&stage, from, to, &mut taken)).collect();
    // Two decline on the platform's page, one answers in words.
    for (person, (from, to)) in people.iter().zip(ways).take(2) {
        let code = code_in(&only(&stage, person, from));
        assert_eq!(stage.act(person, to, "decline", &json!({ "user_code": code })).0, 200);
    }
    stage.answer(&people[2], "teams", "No!");
    stage.ok(&["work"]);
    for (person, (from, to)) in people.iter().zip(ways) {
        failed_for(&stage, person, to, "declined");
        let told = only(&stage, person, from);
        assert!(told.starts_with("Understood:"), "{told}");
    }
    stage.ok(&["work"]);
    assert_eq!(stage.heard(&people[0], "slack").len(), 1, "nobody who declined is asked again by himself");
    ask(&stage, &people[0], "teams");
    assert_eq!(stage.heard(&people[0], "slack").len(), 2);
    stage.approve(&people[0], "slack", "teams");
    stage.ok(&["work"]);
    stands(&stage, &people[0], "teams", "synced", "");
}

#[test]
fn a_refusal_is_no_answer_to_the_next_prompt_however_soon_it_follows() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let ways = [("slack", "webex"), ("webex", "zoom"), ("zoom", "webex")];
    let people = ways.map(|(from, to)| asked(&stage, from, to, &mut taken));
    for (person, (from, _)) in people.iter().zip(ways) {
        stage.answer(person, from, "no");
    }
    stage.ok(&["work"]);
    for (person, (_, to)) in people.iter().zip(ways) {
        failed_for(&stage, person, to, "declined");
        ask(&stage, person, to);
    }
    stage.ok(&["work"]);
    for (person, (_, to)) in people.iter().zip(ways) {
        stands(&stage, person, to, "pending", "prompted");
    }
}

#[test]
fn somebody_elses_account_is_refused_and_the_right_person_can_still_do_it() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let ways = [("slack", "webex"), ("webex", "zoom"), ("zoom", "teams")];
    let people: Vec<Value> = ways.iter().map(|(from, to)| asked(&stage, from, to, &mut taken)).collect();
    for (person, (from, to)) in people.iter().zip(ways) {
        let other = somebody(&stage, from, to, true, &mut taken);
        let code = code_in(&only(&stage, person, from));
        assert_eq!(stage.act(&other, to, "approve", &json!({ "user_code": code })).0, 200);
    }
    stage.ok(&["work"]);
    for (person, (from, to)) in people.iter().zip(ways) {
        stands(&stage, person, to, "pending", "wrong_person");
        assert!(only(&stage, person, from).contains("not your own"), "{:?}", stage.heard(person, from));
    }
    for (to, path) in [("webex", "/webexapis.com/v1/people/me"), ("zoom", "/api.zoom.us/v2/users/me")] {
        let tokens = stage.employee_tokens(to);
        let status = stage.http("GET", path, &[("authorization", &format!("Bearer {}", tokens[0]))], "").0;
        assert_eq!((tokens.len(), status), (1, 401), "{to}: another person's token must not live on");
    }
    // Nobody needs to ask anew: the message holds a fresh code.
    for (person, (from, to)) in people.iter().zip(ways) {
        stage.approve(person, from, to);
    }
    assert_eq!(stage.work_for_all(), json!({ "done": ways.len(), "waiting": 0, "failed": 0 }));
}

#[test]
fn a_withdrawn_prompt_says_so_and_its_code_brings_nothing() {
    let stage = Stage::new();
    let person = asked(&stage, "slack", "webex", &mut Vec::new());
    let id = text(&person["id"]);
    let code = code_in(&only(&stage, &person, "slack"));
    let view = stage.ok(&["cancel", id, "--to", "webex"]);
    assert!(list(&view["undone"]).contains(&json!("Prompt in Slack withdrawn")), "{view}");
    let told = only(&stage, &person, "slack");
    assert!(told.contains("withdrew the request"), "{told}");
    assert_eq!(stage.sync_of(id, "webex").0, "not_synced");
    // The platform knows nothing of it, so the person can still use the code: nobody fetches the tokens.
    stage.act(&person, "webex", "approve", &json!({ "user_code": code }));
    stage.ok(&["work"]);
    assert_eq!((stage.sync_of(id, "webex").0.as_str(), stage.employee_tokens("webex").len()), ("not_synced", 0));
    let nothing = stage.ok(&["cancel", id, "--to", "webex"]);
    assert_eq!(list(&nothing["undone"]).len(), 0);
    ask(&stage, &person, "webex");
    stage.approve(&person, "slack", "webex");
    stage.ok(&["work"]);
    stands(&stage, &person, "webex", "synced", "");
}

#[test]
fn a_new_primary_platform_resets_syncs_in_place_only_when_that_was_confirmed() {
    let stage = Stage::new();
    let person = stage.people().into_iter().find(|person| list(&person["primary_choices"]) == [json!("slack"), json!("webex")]).unwrap();
    let id = text(&person["id"]);
    stage.ok(&["primary", id, "webex"]);
    stage.ok(&["sync", id, "--to", "slack", "--yes"]);
    stands(&stage, &person, "slack", "synced", "");
    let ran = stage.run(&["primary", id, "slack"]);
    let view = ran.json();
    assert_eq!((ran.code, &view["changed"], &view["unconfirmed"]), (2, &json!(0), &json!(1)), "{view}");
    assert_eq!(view["people"][0]["would_reset"], json!(["slack"]));
    stands(&stage, &person, "slack", "synced", "");
    let view = stage.ok(&["primary", id, "slack", "--yes"]);
    assert_eq!((&view["changed"], &view["people"][0]["changed"]), (&json!(1), &json!(true)), "{view}");
    let now = stage.person(id);
    assert_eq!(
        (&now["primary"], &now["syncs"]["webex"]["status"], &now["syncs"]["slack"]),
        (&json!("slack"), &json!("not_synced"), &Value::Null),
        "{now}"
    );
}

#[test]
fn many_people_who_act_by_themselves_are_waited_for_and_each_outcome_is_counted() {
    let stage = Stage::ready(Setup { employees: Some("approve=0.7,decline=0.3,delay=100ms"), ..Setup::default() });
    let people: Vec<String> = stage
        .people()
        .iter()
        .filter(|person| {
            person["primary"].is_null()
                && list(&person["primary_choices"]).iter().filter(|choice| **choice == "slack" || **choice == "zoom").count() == 2
        })
        .take(20)
        .map(|person| text(&person["id"]).to_owned())
        .collect();
    let words = |words: &[&str], end: &[&str]| stage.run(&[words, &people.iter().map(String::as_str).collect::<Vec<_>>(), end].concat());
    assert_eq!(words(&["primary"], &["slack"]).code, 0);
    let ran = words(&["sync"], &["--to", "zoom", "--yes", "--wait", "--timeout", "40"]);
    let view = ran.json();
    let count = |status: &str| list(&view["people"]).iter().filter(|row| row["status"] == status).count();
    assert_eq!((ran.code, count("synced") + count("failed"), count("pending")), (3, 20, 0), "{view}");
    assert_eq!((view["done"].as_u64(), view["failed"].as_u64()), (Some(count("synced") as u64), Some(count("failed") as u64)));
    assert!(
        count("failed") > 0 && list(&view["people"]).iter().all(|row| row["status"] == "synced" || row["reason"]["kind"] == "declined"),
        "{view}"
    );
    let counts = stage.ok(&["status"])["by_platform"]["zoom"].clone();
    assert_eq!((&counts["synced"], &counts["failed"], &counts["pending"]), (&view["done"], &view["failed"], &json!(0)));
}
