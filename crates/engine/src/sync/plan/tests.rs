//! The product's table, line by line.

use std::collections::BTreeMap;

use super::*;
use crate::model::{AccountKind, Identity};
use crate::sync::testing::{ALPHA, BETA, DELTA, GAMMA, platforms};

fn account(platform: PlatformId) -> Account {
    Account {
        platform,
        id: format!("{platform}-1"),
        kind: AccountKind::Member,
        active: true,
        name: "Ana".into(),
        email: Some("Ana@Home.example".into()),
        aliases: vec![],
        email_verified: true,
        avatar: None,
        licensed: None,
        attributes: BTreeMap::new(),
    }
}

fn person<const N: usize>(platforms: [PlatformId; N]) -> Person {
    Person {
        id: PersonId(1),
        name: "Ana".into(),
        primary: platforms.first().copied(),
        accounts: platforms.map(account).to_vec(),
        syncs: BTreeMap::new(),
    }
}

fn connections() -> BTreeMap<PlatformId, Connected> {
    let scopes = ["people.read", "chat.write", "people.write", "people.reset"].map(str::to_owned).into();
    [ALPHA, BETA, GAMMA, DELTA]
        .map(|platform| {
            let identity = Identity {
                tenant: "t".into(),
                tenant_name: "Example".into(),
                account: "a".into(),
                name: "Sender".into(),
                email: None,
                scopes: BTreeMap::from([("main".to_owned(), BTreeSet::clone(&scopes))]),
                facts: BTreeMap::from([("domains".to_owned(), vec![format!("{platform}.example")])]),
            };
            (platform, Connected { facts: ConnectionFacts { identity: Some(identity), ..Default::default() }, signed_out: false })
        })
        .into()
}

fn told(person: &Person, to: PlatformId, connections: &BTreeMap<PlatformId, Connected>) -> String {
    match plan(person, to, World { platforms: &platforms(), connections }).what {
        Ok(planned) if planned.steps.is_empty() => planned.action.as_str().to_owned(),
        Ok(planned) => planned.steps.join(" → "),
        Err(blocks) => {
            let block = &blocks[0];
            assert!(block.message.ends_with('.') && !block.remedy.is_empty(), "{block:?}");
            format!("blocked: {}", block.reason)
        }
    }
}

#[track_caller]
fn check(what: &str, person: Person, to: PlatformId, expected: &str) {
    assert_eq!(told(&person, to, &connections()), expected, "{what}");
}

#[test]
fn the_sender_of_a_platform_is_not_prompted_by_itself() {
    let mut sender = person([ALPHA, BETA]);
    sender.accounts[0].id = "a".into();
    check("the sender on alpha", sender.clone(), BETA, "blocked: sender_itself");
    check("a stand-in needs no prompt", sender, GAMMA, "invite guest → confirm");
}

#[test]
fn the_plan_is_the_products_table() {
    check("has an account on beta", person([ALPHA, BETA]), BETA, "prompt in alpha → device grant → confirm");
    check("has none on beta", person([ALPHA]), BETA, "create bot → confirm");
    check("alpha has bots only, with an account", person([BETA, ALPHA]), ALPHA, "create bot → confirm");
    check("alpha has bots only, without one", person([BETA]), ALPHA, "create bot → confirm");
    check("has an account on gamma", person([ALPHA, GAMMA]), GAMMA, "prompt in alpha → device grant → confirm");
    check("has none on gamma", person([ALPHA]), GAMMA, "invite guest → confirm");
    check("has an account on delta", person([BETA, DELTA]), DELTA, "prompt in beta → device grant → confirm");
    check("has none on delta", person([ALPHA]), DELTA, "blocked: needs_account");
    check(
        "answers in gamma are checked by hand",
        person([GAMMA, BETA]),
        BETA,
        "prompt in gamma → device grant → check answers by hand → confirm",
    );
}

#[test]
fn what_a_person_lacks_blocks_with_its_reason() {
    check("primary not chosen", Person { primary: None, ..person([ALPHA, BETA]) }, GAMMA, "blocked: choose_primary");
    check("to the primary itself", person([ALPHA, BETA]), ALPHA, "blocked: is_primary");
    check("nobody", person([]), BETA, "blocked: not_offered");

    let mut deactivated = person([ALPHA, BETA]);
    deactivated.accounts[1].active = false;
    check("deactivated there", deactivated.clone(), BETA, "blocked: deactivated");
    deactivated.primary = Some(BETA);
    check("deactivated on the primary", deactivated, GAMMA, "invite guest → confirm");

    let mut foreign = person([ALPHA]);
    foreign.accounts[0].kind = AccountKind::Foreign;
    check("of another company", foreign, BETA, "blocked: not_offered");

    let mut without_address = person([ALPHA]);
    without_address.accounts[0].email = None;
    check("no address for a guest", without_address.clone(), GAMMA, "blocked: no_email");
    check("a bot needs none", without_address, BETA, "create bot → confirm");

    let mut unverified = person([ALPHA]);
    unverified.accounts[0].email_verified = false;
    check("an unverified address is no address", unverified, GAMMA, "blocked: no_email");

    let mut inside = person([ALPHA]);
    inside.accounts[0].email = Some("ana@gamma.example".into());
    check("what only the platform knows", inside, GAMMA, "blocked: own_domain");

    let mut synced = person([ALPHA, BETA]);
    synced.syncs.insert(BETA, Status::Synced);
    check("synced already", synced.clone(), BETA, "none");
    synced.syncs.insert(BETA, Status::Failed);
    check("failed: again", synced, BETA, "prompt in alpha → device grant → confirm");
}

#[test]
fn what_a_connection_lacks_blocks_exactly_the_work_that_needs_it() {
    let reason = |change: &dyn Fn(&mut BTreeMap<PlatformId, Connected>), person: Person, to| {
        let mut connections = connections();
        change(&mut connections);
        told(&person, to, &connections)
    };
    let lose = |platform: PlatformId, scope: &'static str| {
        move |connections: &mut BTreeMap<PlatformId, Connected>| {
            let identity = connections.get_mut(&platform).unwrap().facts.identity.as_mut().unwrap();
            identity.scopes.get_mut("main").unwrap().remove(scope);
        }
    };
    assert_eq!(reason(&|all| drop(all.remove(&BETA)), person([ALPHA]), BETA), "blocked: not_connected");
    assert_eq!(reason(&|all| drop(all.remove(&ALPHA)), person([ALPHA, BETA]), BETA), "blocked: no_sender");
    assert_eq!(reason(&|all| all.get_mut(&BETA).unwrap().signed_out = true, person([ALPHA]), BETA), "blocked: signed_out");
    assert_eq!(reason(&|all| all.get_mut(&ALPHA).unwrap().signed_out = true, person([ALPHA, BETA]), BETA), "blocked: signed_out");
    assert_eq!(reason(&|all| all.get_mut(&BETA).unwrap().facts.identity = None, person([ALPHA]), BETA), "blocked: signed_out");
    assert_eq!(reason(&lose(ALPHA, "chat.write"), person([ALPHA, BETA]), BETA), "blocked: missing_scope");
    assert_eq!(reason(&lose(ALPHA, "chat.write"), person([ALPHA]), BETA), "create bot → confirm");
    assert_eq!(reason(&lose(BETA, "people.write"), person([ALPHA]), BETA), "blocked: missing_scope");
    assert_eq!(reason(&lose(BETA, "people.write"), person([ALPHA, BETA]), BETA), "prompt in alpha → device grant → confirm");
}

#[test]
fn a_missing_scope_is_named_with_the_setting_that_lifts_it() {
    let mut connections = connections();
    connections.get_mut(&BETA).unwrap().facts.identity.as_mut().unwrap().scopes.clear();
    let plan = plan(&person([ALPHA]), BETA, World { platforms: &platforms(), connections: &connections });
    let block = plan.what.unwrap_err().remove(0);
    assert!(block.message.contains("people.write"), "{block:?}");
    assert!(block.remedy.contains("people.write") && block.remedy.contains("Beta app"), "{block:?}");
}

#[test]
fn a_preview_counts_actions_blocks_and_reasons() {
    let (platforms, connections) = (platforms(), connections());
    let world = World { platforms: &platforms, connections: &connections };
    let mut view = PlanView::default();
    for person in [person([ALPHA]), person([BETA, DELTA]), person([ALPHA])] {
        view.push(&person.name, plan(&person, DELTA, world));
    }
    assert_eq!(view.counts, BTreeMap::from([("prompt".into(), 1), ("blocked".into(), 2), ("needs_account".into(), 2)]));
    let json = serde_json::to_value(&view).unwrap();
    assert_eq!(json["steps"][0]["person"], "p1");
    assert_eq!(json["steps"][0]["action"], "prompt");
    assert_eq!(json["blocked"][0]["reason"], "needs_account");
    assert_eq!(json["blocked"][0]["to"], "delta");
}

#[test]
fn the_main_address_is_that_of_the_primary_and_unverified_ones_do_not_count() {
    let mut person = person([ALPHA, BETA]);
    person.primary = Some(BETA);
    person.accounts[1].email = Some("Zoe@Beta.example".into());
    person.accounts[1].aliases = vec!["a@beta.example".into()];
    assert_eq!(person.addresses(), ["zoe@beta.example", "a@beta.example", "ana@home.example"]);
}
