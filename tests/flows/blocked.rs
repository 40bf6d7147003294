//! What the platforms would refuse is known before anything is sent: one person for every reason, with what lifts it.

use serde_json::{Value, json};

use crate::stage::{Ran, Setup, Stage, list, text};

/// The first person for whom this holds.
fn who(stage: &Stage, holds: impl Fn(&Value) -> bool) -> Value {
    stage.people().into_iter().find(holds).unwrap()
}

fn has(person: &Value, platform: &str) -> bool {
    person["accounts"][platform].is_object()
}

fn active(person: &Value, platform: &str) -> bool {
    list(&person["primary_choices"]).contains(&platform.into())
}

/// The plan blocks the person for this reason and says what lifts it; a sync then sends nothing and fails with that reason.
fn blocks(stage: &Stage, person: &Value, to: &str, reason: &str, lifted_by: &[&str]) {
    let id = text(&person["id"]);
    let before = stage.world();
    let plan = stage.ok(&["plan", id, "--to", to]);
    let row = &plan["blocked"][0];
    assert_eq!((list(&plan["steps"]).len(), row["reason"].as_str()), (0, Some(reason)), "{plan}");
    assert_eq!((row["person"].as_str(), row["to"].as_str()), (Some(id), Some(to)));
    assert_eq!((&plan["counts"]["blocked"], &plan["counts"][reason]), (&json!(1), &json!(1)));
    for part in lifted_by {
        assert!(text(&row["remedy"]).contains(part), "{reason}: `{part}` is missing in: {row}");
    }
    let ran = stage.run(&["sync", id, "--to", to, "--yes"]);
    let view = ran.json();
    assert_eq!((ran.code, &view["blocked"], &view["people"][0]["reason"]["kind"]), (1, &json!(1), &json!(reason)), "{view}");
    assert_eq!(view["people"][0]["reason"]["remedy"], row["remedy"]);
    assert_eq!(stage.world(), before, "{reason}: something was sent");
}

#[test]
fn every_reason_has_a_person_and_a_remedy() {
    let stage = Stage::new();
    let name = |person: &Value| text(&person["name"]).to_owned();

    let gone = who(&stage, |person| person["offered"] == false);
    blocks(&stage, &gone, "slack", "not_offered", &["Activate an account"]);
    let open = who(&stage, |person| person["primary"].is_null() && person["offered"] == true);
    blocks(&stage, &open, "webex", "choose_primary", &["usersync primary", text(&open["id"])]);
    let home = who(&stage, |person| person["primary"] == "slack");
    blocks(&stage, &home, "slack", "is_primary", &["another platform"]);
    let without = who(&stage, |person| person["primary"] == "slack" && !has(person, "zoom"));
    blocks(&stage, &without, "zoom", "needs_account", &["account on Zoom", &name(&without)]);
    let asleep = who(&stage, |person| !person["primary"].is_null() && has(person, "webex") && !active(person, "webex"));
    blocks(&stage, &asleep, "webex", "deactivated", &["Activate the account", "usersync import webex"]);
    let nameless = who(&stage, |person| person["primary"] == "slack" && person["email"].is_null());
    blocks(&stage, &nameless, "teams", "no_email", &["e-mail address"]);
    let own = who(&stage, |person| {
        person["primary"] == "slack" && !has(person, "teams") && text(&person["email"]).ends_with("@harborpine.example")
    });
    blocks(&stage, &own, "teams", "own_domain", &[&name(&own), "licensed account", "primary platform"]);
    let guest = who(&stage, |person| person["accounts"]["teams"]["kind"] == "guest" && active(person, "slack"));
    stage.ok(&["primary", text(&guest["id"]), "slack"]);
    blocks(&stage, &guest, "teams", "already_guest", &[&name(&guest), "licensed account"]);
    let admin = who(&stage, |person| person["name"] == "Robin Castell");
    for from in ["teams", "webex", "zoom"] {
        stage.ok(&["primary", text(&admin["id"]), from]);
        let to = if from == "webex" { "zoom" } else { "webex" };
        blocks(&stage, &admin, to, "sender_itself", &["service account", &format!("usersync connect {from}")]);
    }
    let mut unlicensed = 0;
    for person in stage
        .people()
        .iter()
        .filter(|person| active(person, "slack") && active(person, "teams") && list(&person["primary_choices"]).len() == 2)
    {
        stage.ok(&["primary", text(&person["id"]), "slack"]);
        if stage.ok(&["plan", text(&person["id"]), "--to", "teams"])["blocked"][0]["reason"] == "no_licence" {
            blocks(&stage, person, "teams", "no_licence", &[&name(person), "licence", "admin center"]);
            unlicensed += 1;
            break;
        }
    }
    assert_eq!(unlicensed, 1);
}

#[test]
fn what_a_connection_lacks_blocks_with_the_setting_that_lifts_it() {
    let stage = Stage::empty(Setup::default());
    stage.ok(&["connect", "slack", "--approve"]);
    stage.ok(&["import"]);
    let person = who(&stage, |person| person["primary"] == "slack");
    blocks(&stage, &person, "webex", "not_connected", &["usersync connect webex"]);

    stage.connect();
    stage.ok(&["import"]);
    let person = who(&stage, |person| person["primary"] == "slack" && !has(person, "webex"));
    assert_eq!(list(&stage.ok(&["plan", text(&person["id"]), "--to", "webex"])["steps"]).len(), 1);

    // An admin forgot a scope of the Slack app.
    let all = "chat:write,im:write,im:history,users:read,users:read.email";
    let answer = stage
        .traffic()
        .iter()
        .rfind(|call| text(&call["url"]).ends_with("/api/auth.test") && call["response_body"].to_string().contains("bot_id"))
        .map(|call| call["response_body"].clone())
        .unwrap();
    stage.fault(&json!({ "host": "slack.com", "path": "/api/auth.test", "status": 200, "times": 100, "headers": { "x-oauth-scopes": all }, "body": answer }));
    let limited = stage.ok(&["connect", "slack", "--approve"]);
    assert!(
        list(&limited["connections"][0]["missing_scopes"]).iter().any(|missing| missing["scope"] == "chat:write.customize"),
        "{limited}"
    );
    let other = who(&stage, |person| person["primary"] == "webex" && !has(person, "slack"));
    blocks(&stage, &other, "slack", "missing_scope", &["chat:write.customize", "usersync connect slack"]);
    stage.control("DELETE", "faults", &Value::Null);

    // Slack takes the token back.
    stage.fault(&json!({ "host": "slack.com", "path": "/api/users.list", "status": 200, "times": 100, "body": { "ok": false, "error": "token_revoked" } }));
    let ran = stage.run(&["import", "slack"]);
    assert_eq!((ran.code, text(&ran.error()["kind"])), (1, "signed_out"), "{ran:?}");
    stage.control("DELETE", "faults", &Value::Null);
    blocks(&stage, &other, "slack", "signed_out", &["usersync connect slack"]);
    stage.ok(&["connect", "slack", "--approve"]);
    assert_eq!(list(&stage.ok(&["plan", text(&other["id"]), "--to", "slack"])["steps"]).len(), 1, "connecting again lifts it");

    stage.ok(&["disconnect", "slack"]);
    blocks(&stage, &person, "webex", "no_sender", &["usersync connect slack"]);

    // Zoom without the second app, by which employees authorise themselves.
    let ready: Value = serde_json::from_slice(&std::fs::read(stage.beside("ready.json")).unwrap()).unwrap();
    let mut zoom = ready["credentials"]["zoom"].clone();
    // Left out it would stay as it is; without a text it goes.
    zoom["employee"] = json!({ "client_id": "", "client_secret": "", "public_client_id": "" });
    std::fs::write(stage.beside("zoom.json"), zoom.to_string()).unwrap();
    stage.ok(&["connect", "zoom", "--credentials", stage.beside("zoom.json").to_str().unwrap()]);
    let zoomer = who(&stage, |person| active(person, "zoom") && active(person, "webex"));
    stage.ok(&["primary", text(&zoomer["id"]), "webex"]);
    blocks(&stage, &zoomer, "zoom", "no_employee_app", &["General App", "employee.client_id"]);
}

#[test]
fn of_several_some_are_blocked_and_the_others_go_ahead() {
    let stage = Stage::new();
    let plan = stage.ok(&["plan", "--all-matching", "--primary", "slack", "--to", "teams"]);
    let (possible, blocked) = (list(&plan["steps"]).len(), list(&plan["blocked"]).len());
    assert!(possible > 0 && blocked > 0, "{plan}");
    let ran: Ran = stage.run(&["sync", "--all-matching", "--primary", "slack", "--to", "teams", "--yes"]);
    let view = ran.json();
    assert_eq!((ran.code, &view["done"], &view["blocked"], &view["failed"]), (3, &json!(possible), &json!(blocked), &json!(0)), "{view}");
    assert_eq!(list(&view["people"]).len(), possible + blocked);
    let guests =
        stage.world().iter().flat_map(|person| list(&person["representations"]).to_vec()).filter(|one| one["platform"] == "teams").count();
    assert_eq!(guests, possible, "nobody else was invited");
}
