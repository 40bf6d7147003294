//! Runs as an admin handles them: held for a while, stopped by a limit, approved, undone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::stage::{Stage, list, text};

/// Everybody who has an account on Slack uses it daily.
fn on_slack(stage: &Stage) {
    let ran = stage.run(&["primary", "--all-matching", "--platform", "slack", "slack"]);
    assert!([0, 3].contains(&ran.code), "{ran:?}");
}

/// A bulk sync.
const BULK: [&str; 6] = ["sync", "--all-matching", "--primary", "slack", "--to", "webex"];

fn confirmed(words: &[&'static str]) -> Vec<&'static str> {
    [words, &["--yes"]].concat()
}

/// How many prompts, bots and guests there are in the world: what people can see of our work.
fn effects(stage: &Stage) -> (usize, usize) {
    let world = stage.world();
    // The world names a guest with everybody who has the name.
    let stand_ins = world.iter().flat_map(|person| list(&person["representations"])).map(|one| text(&one["id"]));
    (world.iter().map(|person| list(&person["messages"]).len()).sum(), stand_ins.collect::<BTreeSet<_>>().len())
}

fn newest_run(stage: &Stage) -> Value {
    stage.ok(&["runs"])["runs"][0].clone()
}

/// How many people a plan asks, and for how many it makes a bot.
fn planned(stage: &Stage) -> (u64, u64) {
    let plan = stage.ok(&["plan", "--all-matching", "--primary", "slack", "--to", "webex"]);
    let count = |word: &str| plan["counts"][word].as_u64().unwrap_or(0);
    (count("prompt"), count("create_bot"))
}

#[test]
fn a_paused_run_sends_nothing_new_through_restarts_until_it_is_resumed() {
    let stage = Stage::new();
    on_slack(&stage);
    let (prompts, bots) = planned(&stage);
    assert!(prompts > 20 && bots > 20, "{prompts} {bots}");
    assert!(stage.killed_after(25, &confirmed(&BULK)), "it was over before it could be killed");
    let run = text(&newest_run(&stage)["id"]).to_owned();
    let paused = stage.ok(&["pause", &run])["run"].clone();
    assert_eq!((&paused["state"], &paused["waits"]), (&json!("paused"), &json!("paused")), "{paused}");
    assert_eq!(text(&paused["next_step"]), format!("Let it go on: usersync resume {run}"));
    // What was under way comes to its end; nothing of it is begun any more, in this life of the program or the next.
    stage.ok(&["work"]);
    let before = effects(&stage);
    assert!((before.0 as u64) < prompts || (before.1 as u64) < bots, "{before:?}");
    for _ in 0..3 {
        stage.ok(&["work"]);
        assert_eq!(effects(&stage), before);
    }
    let listed = newest_run(&stage);
    assert_eq!((&listed["id"], &listed["state"], &listed["waits"]), (&json!(run), &json!("paused"), &json!("paused")), "{listed}");
    assert!(listed["done"].as_u64().unwrap() < listed["total"].as_u64().unwrap(), "{listed}");

    let resumed = stage.ok(&["resume", &run]);
    assert_eq!((&resumed["run"]["state"], &resumed["run"]["waits"]), (&json!("done"), &Value::Null), "{resumed}");
    assert_eq!(effects(&stage), (prompts as usize, bots as usize), "each once");
    let again = stage.ok(&["resume", &run]);
    assert_eq!((&again["run"]["state"], effects(&stage)), (&json!("done"), (prompts as usize, bots as usize)));
}

#[test]
fn a_stopped_run_leaves_what_it_did_and_the_rest_as_it_was() {
    let stage = Stage::new();
    on_slack(&stage);
    assert!(stage.killed_after(25, &confirmed(&BULK)), "it was over before it could be killed");
    let run = text(&newest_run(&stage)["id"]).to_owned();
    let stopped = stage.ok(&["stop", &run])["run"].clone();
    stage.ok(&["work"]);
    let done = effects(&stage);
    stage.ok(&["work"]);
    assert_eq!(effects(&stage), done);
    let now = stage.ok(&["runs", &run])["run"].clone();
    assert_eq!(now["state"], "cancelled", "{now} {stopped}");
    let counts = stage.ok(&["status"])["by_platform"]["webex"].clone();
    // Who was just being asked is told that it is withdrawn; who had been asked can still authorise.
    let world = stage.world();
    let heard: Vec<&str> = world.iter().flat_map(|person| list(&person["messages"])).map(|message| text(&message["text"])).collect();
    let open = heard.iter().filter(|heard| !heard.contains("withdrew the request")).count();
    let standing = (counts["synced"].as_u64().unwrap() as usize, counts["pending"].as_u64().unwrap() as usize);
    assert_eq!((standing, &counts["failed"]), ((done.1, open), &json!(0)), "{counts} {} heard", heard.len());
}

#[test]
fn stop_limits_hold_exactly_what_exceeds_them_until_it_is_approved() {
    let stage = Stage::new();
    on_slack(&stage);
    let (prompts, bots) = planned(&stage);
    let limits = stage.ok(&["limits", "set", "prompts=4", "representations=7"]);
    assert_eq!((&limits["prompts"]["count"], &limits["representations"]["count"]), (&json!(4), &json!(7)), "{limits}");
    let held = json!([
        { "what": "representations", "allowed": 7, "wanted": bots, "held": bots - 7 },
        { "what": "prompts", "allowed": 4, "wanted": prompts, "held": prompts - 4 }
    ]);
    let plan = stage.run(&BULK);
    assert_eq!((plan.code, &plan.json()["held"]), (2, &held), "what is held is said before it is confirmed");
    assert_eq!(effects(&stage), (0, 0));

    let ran = stage.run(&confirmed(&BULK));
    let view = ran.json();
    assert_eq!((ran.code, &view["limits"], &view["held"]), (3, &held, &json!(bots + prompts - 11)), "{}", view["run"]);
    assert_eq!(effects(&stage), (4, 7));
    for _ in 0..2 {
        stage.ok(&["work"]);
        assert_eq!(effects(&stage), (4, 7), "what is held waits for approval and for nothing else");
    }
    let run = text(&view["run"]).to_owned();
    let listed = newest_run(&stage);
    assert_eq!((&listed["waits"], &listed["held"]), (&json!("approval"), &view["held"]), "{listed}");
    assert_eq!(text(&listed["next_step"]), format!("Let them go on: usersync approve {run}"));

    let looked = stage.ok(&["approve", &run, "--dry-run"]);
    let unconfirmed = stage.run(&["approve", &run]);
    assert_eq!((unconfirmed.code, unconfirmed.json(), &looked["held"]), (2, looked.clone(), &view["held"]));
    assert_eq!(effects(&stage), (4, 7));
    let approved = stage.ok(&["approve", &run, "--yes"])["run"].clone();
    assert_eq!((&approved["held"], &approved["waits"], &approved["state"]), (&json!(0), &Value::Null, &json!("done")), "{approved}");
    assert_eq!(effects(&stage), (prompts as usize, bots as usize));
    assert_eq!(stage.ok(&["approve", &run, "--yes"])["run"]["state"], "done", "a second approval finds nothing");
    assert_eq!(effects(&stage), (prompts as usize, bots as usize));
}

#[test]
fn a_reset_of_many_is_held_by_its_own_limit_and_a_reset_of_ten_never() {
    let stage = Stage::new();
    on_slack(&stage);
    let (_, bots) = planned(&stage);
    stage.run(&confirmed(&BULK));
    let synced = || stage.ok(&["status"])["by_platform"]["webex"]["synced"].as_u64().unwrap();
    assert_eq!(synced(), bots);
    stage.ok(&["limits", "set", "dismissals=off", "resets=5"]);
    let words = ["reset", "--all-matching", "--status", "synced", "--platform", "webex"];
    let preview = stage.run(&words);
    let held = json!([{ "what": "resets", "allowed": 5, "wanted": bots, "held": bots - 5 }]);
    assert_eq!((preview.code, &preview.json()["held"], &preview.json()["people"]), (2, &held, &json!(bots)), "{preview:?}");
    assert_eq!(synced(), bots);
    let ran = stage.run(&confirmed(&words));
    let run = ran.json()["run"].clone();
    assert_eq!((ran.code, &run["limits"], &run["held"], &run["waits"]), (3, &held, &json!(bots - 5), &json!("approval")), "{run}");
    assert_eq!(synced(), bots - 5);
    stage.ok(&["work"]);
    assert_eq!(synced(), bots - 5);
    let approved = stage.ok(&["approve", text(&run["id"]), "--yes"])["run"].clone();
    assert_eq!((&approved["state"], &approved["done"], synced()), (&json!("done"), &json!(bots), 0), "{approved}");

    // A click on a few is no bulk work, whatever the limits are.
    stage.ok(&["limits", "set", "resets=0", "dismissals=0", "representations=0", "prompts=0"]);
    on_slack(&stage);
    let some: Vec<String> = list(&stage.ok(&["plan", "--all-matching", "--primary", "slack", "--to", "webex"])["steps"])
        .iter()
        .filter(|row| row["action"] == "create_bot")
        .take(10)
        .map(|row| text(&row["person"]).to_owned())
        .collect();
    let people: Vec<&str> = some.iter().map(String::as_str).collect();
    let view = stage.ok(&[&["sync"], people.as_slice(), &["--to", "webex", "--yes"]].concat());
    assert_eq!((&view["done"], &view["held"]), (&json!(10), &json!(0)), "{view}");
    stage.ok(&[&["reset"], people.as_slice(), &["--yes"]].concat());
    assert_eq!(synced(), 0);
}

#[test]
fn undoing_a_run_takes_back_exactly_its_syncs_and_names_what_stays() {
    let stage = Stage::new();
    on_slack(&stage);
    let steps = |to: &str, action: &str| -> BTreeSet<String> {
        let plan = stage.ok(&["plan", "--all-matching", "--primary", "slack", "--to", to]);
        list(&plan["steps"]).iter().filter(|row| row["action"] == action).map(|row| text(&row["person"]).to_owned()).collect()
    };
    let people: Vec<String> = steps("teams", "invite_guest").intersection(&steps("webex", "create_bot")).take(4).cloned().collect();
    assert_eq!(people.len(), 4);
    let sync = |people: &[String], to: &str| {
        let words: Vec<&str> = people.iter().map(String::as_str).collect();
        text(&stage.ok(&[&["sync"], words.as_slice(), &["--to", to, "--yes"]].concat())["run"]).to_owned()
    };
    let first = sync(&people[..1], "teams");
    let to_teams = sync(&people, "teams");
    let to_webex = sync(&people, "webex");
    assert_eq!(stage.ok(&["runs", &to_teams])["run"]["undoable"], 3, "the first one's sync belongs to the run that made it");
    stage.ok(&["cancel", &people[3], "--to", "teams"]);

    let preview = stage.ok(&["undo", &to_teams, "--dry-run"]);
    assert_eq!((&preview["syncs"], &preview["gone"], &preview["stays"]), (&json!(2), &json!(1), &json!([])), "{preview}");
    let unconfirmed = stage.run(&["undo", &to_teams]);
    assert_eq!((unconfirmed.code, unconfirmed.json()), (2, preview));
    let undone = stage.ok(&["undo", &to_teams, "--yes"])["run"].clone();
    assert_eq!(
        (&undone["kind"], &undone["state"], &undone["undoes"], &undone["total"]),
        (&json!("undo"), &json!("done"), &json!(to_teams), &json!(2)),
        "{undone}"
    );
    let guests = || -> Vec<bool> {
        people.iter().map(|person| stage.representations(&stage.person(person)).iter().any(|(platform, _)| platform == "teams")).collect()
    };
    assert_eq!(guests(), [true, false, false, false]);
    for (place, person) in people.iter().enumerate() {
        let teams = if place == 0 { "synced" } else { "not_synced" };
        assert_eq!((stage.sync_of(person, "teams").0.as_str(), stage.sync_of(person, "webex").0.as_str()), (teams, "synced"));
        assert_eq!(stage.person(person)["primary"], "slack", "undoing a run forgets no choice");
    }
    let nothing = stage.run(&["undo", &to_teams, "--yes"]);
    assert_eq!(nothing.code, 1, "{nothing:?}");
    nothing.error();

    let preview = stage.ok(&["undo", &to_webex, "--dry-run"]);
    let stays: u64 = list(&preview["stays"]).iter().map(|stays| stays["count"].as_u64().unwrap()).sum();
    assert_eq!((&preview["syncs"], stays), (&json!(4), 4), "Webex cannot remove a guest: {preview}");
    let undone = stage.ok(&["undo", &to_webex, "--yes"]);
    assert_eq!(undone["run"]["counts"]["left"], 4, "{undone}");
    let told = list(&undone["people"]["rows"]).iter().filter(|row| text(&row["reason"]["message"]).contains("Webex")).count();
    assert_eq!(told, 4, "each is told: {undone}");
    assert_eq!(guests(), [true, false, false, false]);
    stage.ok(&["undo", &first, "--yes"]);
    assert_eq!(guests(), [false; 4]);
}
