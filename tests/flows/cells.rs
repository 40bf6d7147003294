//! The table of the product, cell by cell: four platforms, with an account there and without.

use serde_json::{Value, json};

use crate::stage::{Stage, list, text};

/// A person for a cell: whom the plan lets pass, with this primary platform, and with or without an account in use there.
pub(crate) fn somebody(stage: &Stage, from: &str, to: &str, has_account: bool, taken: &mut Vec<String>) -> Value {
    let possible = stage.ok(&["plan", "--all-matching", "--primary", from, "--to", to]);
    let planned = |id: &str| list(&possible["steps"]).iter().any(|row| row["person"] == id);
    let has = |person: &Value, platform: &str| list(&person["primary_choices"]).contains(&platform.into());
    for person in stage.people() {
        let id = text(&person["id"]).to_owned();
        let fits = has(&person, from) && has_account == has(&person, to) && (has_account || person["accounts"][to].is_null());
        let mut may = person["primary"] == from && planned(&id);
        if taken.contains(&id) || !fits || !(may || person["primary"].is_null()) {
            continue;
        }
        if !may {
            stage.ok(&["primary", &id, from]);
            may = list(&stage.ok(&["plan", &id, "--to", to])["steps"]).len() == 1;
        }
        if may {
            taken.push(id.clone());
            return stage.person(&id);
        }
    }
    panic!("nobody with primary platform {from} can be synced to {to} (account there: {has_account})");
}

/// Plans and syncs one person; gives the row of the sync's answer.
pub(crate) fn sync(stage: &Stage, person: &Value, to: &str, action: &str) -> Value {
    let id = text(&person["id"]);
    let before = stage.world();
    let plan = stage.ok(&["plan", id, "--to", to]);
    assert_eq!(plan["steps"][0]["action"], action, "{plan}");
    assert_eq!((&plan["steps"][0]["person"], &plan["steps"][0]["to"]), (&person["id"], &to.into()));
    assert_eq!(plan["counts"][action], 1);
    let unconfirmed = stage.run(&["sync", id, "--to", to]);
    assert_eq!((unconfirmed.code, unconfirmed.json()), (2, plan));
    assert_eq!(stage.world(), before, "a plan sends nothing, and neither does a sync that nobody confirmed");
    let view = stage.ok(&["sync", id, "--to", to, "--yes"]);
    assert_eq!((view["failed"].as_u64(), view["blocked"].as_u64()), (Some(0), Some(0)), "{view}");
    view["people"][0].clone()
}

#[test]
fn who_has_an_account_is_asked_in_their_own_app_and_a_reset_ends_their_authorisation() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let cells = [("slack", "teams"), ("teams", "webex"), ("webex", "zoom"), ("zoom", "teams"), ("slack", "webex"), ("teams", "zoom")];
    let people: Vec<(Value, &str, &str)> =
        cells.iter().map(|(from, to)| (somebody(&stage, from, to, true, &mut taken), *from, *to)).collect();
    for (person, from, to) in &people {
        let row = sync(&stage, person, to, "prompt");
        assert_eq!((text(&row["status"]), text(&row["detail"])), ("pending", "prompted"), "{row}");
        let heard = stage.heard(person, from);
        assert_eq!(heard.len(), 1, "{heard:?}");
        let names = [("slack", "Slack"), ("teams", "Microsoft Teams"), ("webex", "Webex"), ("zoom", "Zoom Team Chat")];
        let there = names.iter().find(|(slug, _)| slug == to).unwrap().1;
        for part in [there, "administrators", "What is not read", "To refuse, answer \"no\"", text(&person["name"])] {
            assert!(heard[0].contains(part), "{part} is missing in: {}", heard[0]);
        }
        assert_eq!(stage.representations(person), []);
        stage.approve(person, from, to);
    }
    let worked = stage.work_for_all();
    assert_eq!(worked, json!({ "done": people.len(), "waiting": 0, "failed": 0 }));
    let status = stage.ok(&["status"]);
    for to in ["teams", "webex", "zoom"] {
        assert_eq!(status["by_platform"][to]["synced"], 2, "{status}");
    }
    for (person, from, to) in &people {
        let now = stage.person(text(&person["id"]));
        assert_eq!((&now["syncs"][to]["status"], &now["syncs"][to]["representation"]), (&"synced".into(), &"own_account".into()), "{now}");
        let heard = stage.heard(person, from);
        assert!(heard.len() == 1 && heard[0].starts_with("Done:"), "the prompt itself says that it worked: {heard:?}");
        let again = stage.ok(&["sync", text(&person["id"]), "--to", to, "--yes"]);
        assert_eq!(again["done"], 1, "a synced one stays synced: {again}");
        assert_eq!(stage.heard(person, from).len(), 1, "and nobody is asked again");
    }

    for to in ["teams", "webex", "zoom"] {
        let tokens = stage.employee_tokens(to);
        assert_eq!(tokens.len(), 2, "{to}");
        for token in &tokens {
            assert!(!stage.is_in_the_data_folder(token), "a token of {to} lies open in a file");
            assert_eq!(alive(&stage, to, token), 200, "{to}");
        }
    }
    for (person, _, to) in &people {
        let id = text(&person["id"]);
        let preview = stage.run(&["reset", id]);
        assert_eq!(preview.code, 2, "{preview:?}");
        assert_eq!(stage.sync_of(id, to).0, "synced", "a reset that nobody confirmed changes nothing");
        let view = stage.ok(&["reset", id, "--yes"])["people"][0].clone();
        assert!(!view["undone"].as_array().unwrap().is_empty(), "{view}");
        let left = view["left"].as_array().unwrap().len();
        assert_eq!(left, usize::from(*to == "teams"), "Entra cannot take back one person's tokens, all others can: {view}");
        let now = stage.person(id);
        assert_eq!(now["primary"], Value::Null, "the choice of the primary platform is forgotten: {now}");
        assert_eq!(now["syncs"][to]["status"], "not_synced");
        let nothing = stage.ok(&["reset", id, "--yes"])["people"][0].clone();
        assert_eq!((nothing["undone"].as_array().unwrap().len(), nothing["left"].as_array().unwrap().len()), (0, 0), "{nothing}");
    }
    for to in ["webex", "zoom"] {
        for token in stage.employee_tokens(to) {
            assert_eq!(alive(&stage, to, &token), 401, "a token of {to} outlived the reset");
        }
    }
}

/// What the platform says to a person's token.
fn alive(stage: &Stage, platform: &str, token: &str) -> u16 {
    let path = match platform {
        "teams" => "/graph.microsoft.com/v1.0/me",
        "webex" => "/webexapis.com/v1/people/me",
        _ => "/api.zoom.us/v2/users/me",
    };
    stage.http("GET", path, &[("authorization", &format!("Bearer {token}"))], "").0
}

#[test]
fn who_has_none_is_represented_by_a_bot_or_guest_and_a_reset_removes_what_can_be_removed() {
    let stage = Stage::new();
    let mut taken = Vec::new();
    let cells = [
        ("teams", "slack", false, "create_bot", "bot"),
        ("webex", "slack", true, "create_bot", "bot"),
        ("slack", "webex", false, "create_bot", "bot"),
        ("slack", "teams", false, "invite_guest", "guest"),
        ("zoom", "teams", false, "invite_guest", "guest"),
    ];
    for (from, to, has_account, action, kind) in cells {
        let person = somebody(&stage, from, to, has_account, &mut taken);
        let id = text(&person["id"]);
        let row = sync(&stage, &person, to, action);
        let detail = if to == "teams" { "guest_not_redeemed" } else { "" };
        assert_eq!((text(&row["status"]), text(&row["detail"])), ("synced", detail), "{row}");
        let now = stage.person(id);
        assert_eq!(now["syncs"][to]["representation"], kind);
        // Slack's bot is a name under which the app posts: the platform knows it from its first post on.
        let expected = if to == "slack" { Vec::new() } else { vec![(to.to_owned(), kind.to_owned())] };
        assert_eq!(stage.representations(&person), expected);
        assert_eq!(stage.heard(&person, from), [""; 0], "nobody need be asked, and Microsoft sends no e-mail");
        stage.ok(&["import"]);
        assert_eq!(stage.person(id)["syncs"], now["syncs"], "the guest is nobody's second account");

        let again = stage.ok(&["sync", id, "--to", to, "--yes"]);
        assert_eq!((again["done"].as_u64(), stage.representations(&person)), (Some(1), expected.clone()), "nothing is made twice");

        let view = stage.ok(&["reset", id, "--yes"])["people"][0].clone();
        assert_eq!(
            stage.sync_of(id, to),
            ("not_synced".to_owned(), if stage.person(id)["primary"].is_null() { "choose_primary" } else { "" }.to_owned())
        );
        match to {
            "teams" => assert_eq!(stage.representations(&person), [], "the guest is deleted: {view}"),
            "webex" => assert!(view["left"].as_array().unwrap().len() == 1, "Webex deletes no guest, and the reset says so: {view}"),
            _ => {}
        }
    }
    assert_eq!(stage.ok(&["status"])["by_platform"]["teams"]["synced"], 0);
}

#[test]
fn zoom_without_an_account_is_not_possible_and_says_so() {
    let stage = Stage::new();
    let person = stage
        .people()
        .into_iter()
        .find(|person| person["offered"] == true && !person["primary"].is_null() && person["accounts"]["zoom"].is_null())
        .unwrap();
    let id = text(&person["id"]);
    let plan = stage.ok(&["plan", id, "--to", "zoom"]);
    assert_eq!((plan["blocked"][0]["reason"].as_str(), plan["counts"]["blocked"].as_u64()), (Some("needs_account"), Some(1)), "{plan}");
    let before = stage.world();
    let ran = stage.run(&["sync", id, "--to", "zoom", "--yes"]);
    let view = ran.json();
    assert_eq!(
        (ran.code, view["blocked"].as_u64(), view["people"][0]["reason"]["kind"].as_str()),
        (1, Some(1), Some("needs_account")),
        "{view}"
    );
    assert_eq!(stage.world(), before);
    assert_eq!(stage.sync_of(id, "zoom").0, "not_synced");
}
