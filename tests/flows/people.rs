//! Import and matching: what `people` lists is what the company really is, and ids and decisions outlive every re-import.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stage::{Setup, Stage, list, text};

type Accounts = Vec<(String, String, Option<String>, bool, String)>;

fn accounts(person: &Value) -> Accounts {
    let all = person["accounts"].as_object().unwrap();
    let row = |(platform, account): (&String, &Value)| {
        let email = account["email"].as_str().map(str::to_owned);
        (platform.clone(), text(&account["id"]).to_owned(), email, account["active"] == true, text(&account["kind"]).to_owned())
    };
    all.iter().map(row).collect()
}

/// What the simulator expects: by accounts, the word for it.
fn expected(stage: &Stage) -> BTreeMap<Accounts, String> {
    stage.world().iter().map(|person| (accounts(person), text(&person["expected"]).to_owned())).collect()
}

/// What the program made of it, in the same words.
fn found(stage: &Stage) -> BTreeMap<Accounts, String> {
    let conflicts = stage.ok(&["conflicts"]);
    let ambiguous: Vec<&str> = list(&conflicts["conflicts"])
        .iter()
        .flat_map(|conflict| list(&conflict["accounts"]))
        .map(|account| text(&account["person"]))
        .collect();
    let word = |person: &Value| match (ambiguous.contains(&text(&person["id"])), person["offered"] == true) {
        (true, _) => "conflict",
        (false, true) => "person",
        (false, false) => "not_offered",
    };
    stage.people().iter().map(|person| (accounts(person), word(person).to_owned())).collect()
}

/// Which person each account belongs to.
fn ids(stage: &Stage) -> BTreeMap<String, String> {
    let of = |person: &Value| -> Vec<(String, String)> {
        let id = text(&person["id"]).to_owned();
        accounts(person).into_iter().map(|account| (format!("{}:{}", account.0, account.1), id.clone())).collect()
    };
    stage.people().iter().flat_map(of).collect()
}

fn compare(people: usize) -> Stage {
    let stage = Stage::ready(Setup { people, ..Setup::default() });
    let (expected, found) = (expected(&stage), found(&stage));
    let wrong: Vec<_> = expected.iter().filter(|(accounts, word)| found.get(*accounts) != Some(*word)).take(5).collect();
    assert!(wrong.is_empty(), "expected, and not found so: {wrong:#?}");
    assert_eq!(found.len(), expected.len());
    assert_eq!(stage.ok(&["status"])["people"], json!(expected.len()));
    for person in stage.people() {
        let offered = person["offered"] == true;
        assert_eq!(person["syncs"].as_object().unwrap().is_empty(), !offered, "{person}");
        if offered && person["primary"].is_null() {
            assert!(person["syncs"].as_object().unwrap().values().all(|sync| sync["detail"] == "choose_primary"), "{person}");
        }
    }
    stage
}

#[test]
fn a_company_of_250_is_listed_as_it_is_and_keeps_its_ids() {
    let stage = compare(250);
    let before = ids(&stage);
    let again = stage.ok(&["import"]);
    for (platform, counts) in again["platforms"].as_object().unwrap() {
        assert_eq!((&counts["new"], &counts["changed"], &counts["gone"]), (&json!(0), &json!(0), &json!(0)), "{platform}: {counts}");
    }
    assert_eq!(ids(&stage), before);
}

#[test]
fn a_company_of_5000_is_listed_as_it_is() {
    let stage = compare(5_000);
    let page = stage.ok(&["people", "--search", "smi", "--limit", "5"]);
    assert!(list(&page["people"]).len() <= 5 && page["total"].as_u64().is_some());
}

#[test]
fn search_and_filters_find_whom_they_name() {
    let stage = Stage::new();
    let all = stage.people();
    let somebody = all.iter().find(|person| person["primary"] == "slack").unwrap();
    let (name, email) = (text(&somebody["name"]), text(&somebody["email"]));
    for wanted in [name, email, &name[..5], &email.to_uppercase()] {
        let page = stage.ok(&["people", "--search", wanted]);
        assert!(list(&page["people"]).contains(somebody), "{wanted}: {page}");
    }
    assert_eq!(stage.ok(&["people", "--search", "nobody-at-all"])["total"], 0);
    let count = |filter: &[&str]| stage.ok(&[&["people", "--limit", "1"], filter].concat())["total"].as_u64().unwrap() as usize;
    let really = |holds: &dyn Fn(&Value) -> bool| all.iter().filter(|person| holds(person)).count();
    assert_eq!(count(&["--primary", "zoom"]), really(&|person| person["primary"] == "zoom"));
    assert_eq!(count(&["--platform", "webex"]), really(&|person| person["accounts"]["webex"].is_object()));
    assert_eq!(count(&["--status", "synced"]), 0);
}

#[test]
fn links_by_hand_outlive_every_import() {
    let stage = Stage::new();
    let person = stage.people().into_iter().find(|person| list(&person["primary_choices"]) == [json!("slack"), json!("webex")]).unwrap();
    let id = text(&person["id"]).to_owned();
    let account = format!("webex:{}", text(&person["accounts"]["webex"]["id"]));

    stage.ok(&["unlink", &account]);
    assert_eq!(stage.person(&id)["primary_choices"], json!(["slack"]));
    let alone = ids(&stage)[&account].clone();
    assert_ne!(alone, id);
    stage.ok(&["import"]);
    assert_eq!(ids(&stage)[&account], alone, "what stands alone stays alone");

    let linked = stage.ok(&["link", &id, &account]);
    assert_eq!(linked["primary_choices"], json!(["slack", "webex"]), "{linked}");
    stage.ok(&["import", "webex"]);
    assert_eq!(ids(&stage)[&account], id);

    // Somebody whom no address connects.
    let (one, other) = {
        let all = stage.people();
        let only = |platform: &str| all.iter().find(|person| list(&person["primary_choices"]) == [json!(platform)]).unwrap().clone();
        (only("slack"), only("zoom"))
    };
    let account = format!("zoom:{}", text(&other["accounts"]["zoom"]["id"]));
    stage.ok(&["link", text(&one["id"]), &account]);
    stage.ok(&["import"]);
    let now = stage.person(text(&one["id"]));
    assert_eq!(
        (&now["primary_choices"], &now["primary"]),
        (&json!(["slack", "zoom"]), &Value::Null),
        "with two platforms the primary one is to be chosen: {now}"
    );
    assert_eq!(stage.run(&["person", text(&other["id"])]).code, 1, "a person without accounts is gone");
}

#[test]
fn a_conflict_is_decided_by_hand_and_never_by_a_guess() {
    let stage = Stage::new();
    let conflict =
        list(&stage.ok(&["conflicts"])["conflicts"]).iter().find(|conflict| list(&conflict["accounts"]).len() == 3).unwrap().clone();
    let all = list(&conflict["accounts"]);
    assert!(!text(&conflict["next_step"]).is_empty() && list(&conflict["addresses"]).len() == 1, "{conflict}");
    let twice = all.iter().find(|one| all.iter().filter(|other| other["platform"] == one["platform"]).count() == 2).unwrap();
    let single = all.iter().find(|one| one["platform"] != twice["platform"]).unwrap();
    let account = |one: &Value| format!("{}:{}", text(&one["platform"]), text(&one["id"]));
    let before = list(&stage.ok(&["conflicts"])["conflicts"]).len();

    stage.ok(&["link", text(&twice["person"]), &account(single)]);
    let now = stage.person(text(&twice["person"]));
    assert_eq!(now["accounts"].as_object().unwrap().len(), 2, "{now}");
    assert_eq!(list(&stage.ok(&["conflicts"])["conflicts"]).len(), before - 1);
    stage.ok(&["import"]);
    assert_eq!(
        (stage.person(text(&twice["person"]))["accounts"].clone(), list(&stage.ok(&["conflicts"])["conflicts"]).len()),
        (now["accounts"].clone(), before - 1)
    );
}

#[test]
fn an_import_of_one_team_lists_its_members() {
    let stage = Stage::empty(Setup::default());
    stage.ok(&["connect", "teams", "--approve"]);
    let teams = stage.ok(&["teams", "teams"]);
    let team = text(&list(&teams["teams"])[0]["id"]);
    let imported = stage.ok(&["import", "teams", "--team", team]);
    let members = imported["platforms"]["teams"]["accounts"].as_u64().unwrap();
    assert!(members > 0 && stage.people().len() as u64 == members, "{imported}");
    assert_eq!(stage.ok(&["teams", "teams"])["teams"].as_array().unwrap().iter().filter(|team| team["chosen"] == true).count(), 1);
}
