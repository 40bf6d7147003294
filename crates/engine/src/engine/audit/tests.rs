//! Every act of the admin and every effect, played once, and what the audit log tells of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::cancel::Cancel;
use crate::clock::Clock;
use crate::engine::{Confirmed, Failed, Selection};
use crate::model::{Account, PersonId, PlatformId, StopLimit, StopLimits};
use crate::sync::Until;
use crate::sync::testing::{ALPHA, BETA, CodeState, DELTA, Fault, GAMMA, Kit};

const CROWD: usize = 12;

async fn everything(kit: &Kit, engine: &Engine) {
    let one = async |name: &str| Selection::People(vec![engine.named(name).await]);
    let crowd = {
        let mut people = Vec::new();
        for number in 0..CROWD {
            people.push(engine.named(&format!("q{number:02}")).await);
        }
        Selection::People(people)
    };
    // Ana is asked; first somebody else approves for her, then she is asked again, and approves.
    engine.sync_one("ana", ALPHA, BETA).await;
    kit.world().decide("beta", CodeState::Approved("beta-eve".into()));
    engine.work_on().await;
    engine.prompt_again(engine.named("ana").await, BETA).await.unwrap();
    engine.work_on().await;
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    engine.work_on().await;
    // Bob gets a bot and a guest; the guest is withdrawn.
    engine.sync_one("bob", ALPHA, BETA).await;
    engine.sync_one("bob", ALPHA, GAMMA).await;
    engine.cancel(engine.named("bob").await, GAMMA).await.unwrap();
    // Cyd's prompt can be edited twice only.
    engine.sync_one("cyd", BETA, DELTA).await;
    for round in 0..2 {
        kit.world().decide("delta", CodeState::Expired);
        engine.work_on().await;
        kit.world().answer("beta-cyd", &format!("again {round}"));
        engine.work_on().await;
    }
    // Eve's open prompt goes with her reset, Ana's authorisation with hers.
    engine.sync_one("eve", ALPHA, BETA).await;
    engine.reset(engine.named("eve").await).await.unwrap();
    engine.begin_reset(&one("ana").await).await.unwrap();
    engine.work_on().await;
    // A run is paused, resumed and stopped.
    engine.set_primary(&crowd, ALPHA, Confirmed::Nothing).await.unwrap();
    let run = engine.queue(&crowd, GAMMA).await.unwrap();
    engine.pause(run).await.unwrap();
    engine.resume(run).await.unwrap();
    engine.cancel_run(run).await.unwrap();
    // Another is held, approved and undone.
    let none = StopLimit { count: Some(0), percent: None };
    engine
        .set_stop_limits(StopLimits {
            representations: none,
            dismissals: StopLimit::default(),
            resets: StopLimit::default(),
            ..StopLimits::default()
        })
        .await
        .unwrap();
    let run = engine.queue(&crowd, BETA).await.unwrap();
    engine.approve(run).await.unwrap();
    engine.work_on().await;
    engine.undo(run).await.unwrap();
    engine.work_on().await;
    // What failed is tried again; what is in doubt is sent anew.
    kit.world().faults.push(("gamma/represent".into(), Fault::Status(403)));
    engine.sync_one("bob", ALPHA, GAMMA).await;
    engine.retry_failed(&Failed::default()).await.unwrap();
    engine.work_on().await;
    kit.world().faults.extend([("beta/represent".into(), Fault::Status(500)), ("beta/confirm".into(), Fault::Status(403))]);
    engine.sync_one("dan", ALPHA, BETA).await;
    kit.clock.wait(Duration::from_secs(3600)).await;
    engine.work_on().await;
    engine.send_anew(engine.named("dan").await, BETA).await.unwrap();
    engine.work_on().await;
    // The platform refuses the connection, which is made anew.
    kit.world().faults.push(("gamma/represent".into(), Fault::Status(401)));
    engine.sync_one("dan", ALPHA, GAMMA).await;
    kit.connect(engine, GAMMA).await;
    engine.work_on().await;
    // Decisions about accounts.
    let fay = engine.named("fay").await;
    engine.unlink_account(BETA, "beta-fay").await.unwrap();
    engine.link_account(fay, BETA, "beta-fay").await.unwrap();
    let twin =
        Account { id: "alpha-gus2".into(), ..kit.world().accounts.iter().find(|account| account.id == "alpha-gus").unwrap().clone() };
    kit.world().accounts.push(twin);
    engine.import(&[ALPHA], &Cancel::new(), &|_, _| {}).await.unwrap();
    let conflict = engine.reading().conflicts().await.unwrap().remove(0).id.clone();
    engine.keep_apart(&conflict).await.unwrap();
    engine.set_primary(&one("bob").await, ALPHA, Confirmed::Resets).await.unwrap();
    // The rest.
    engine.answer(ALPHA, BTreeMap::new()).await.unwrap();
    engine.choose_teams(ALPHA, Vec::new()).await.unwrap();
    engine.rotate_key().await.unwrap();
    engine.tell_export("a test").await.unwrap();
    engine.disconnect(BETA).await.unwrap();
}

async fn play() -> (Kit, Engine, Vec<AuditEntry>) {
    let crowd: Vec<String> = (0..CROWD).map(|number| format!("q{number:02}")).collect();
    let mut people: Vec<(&str, &[PlatformId])> = vec![
        ("ana", &[ALPHA, BETA]),
        ("bob", &[ALPHA]),
        ("cyd", &[BETA, DELTA]),
        ("dan", &[ALPHA]),
        ("eve", &[ALPHA, BETA]),
        ("fay", &[ALPHA, BETA]),
        ("gus", &[ALPHA, BETA]),
    ];
    people.extend(crowd.iter().map(|name| (name.as_str(), [ALPHA].as_slice())));
    let (kit, engine) = Kit::with(&people).await;
    everything(&kit, &engine).await;
    let entries = engine.reading().audit_after(0, 10_000).await.unwrap();
    (kit, engine, entries)
}

#[tokio::test(start_paused = true)]
async fn every_act_and_every_effect_is_told_in_order() {
    let (_, engine, entries) = play().await;
    let acts: BTreeSet<&str> = Word::ALL.iter().filter(|(word, ..)| word.is_act()).map(|(_, word, _)| *word).collect();
    for entry in &entries {
        assert_eq!(entry.actor == "it@example", acts.contains(entry.action.as_str()), "{entry:?}");
        let effect = !acts.contains(entry.action.as_str()) && !["log_begun", "signed_out", "signed_off"].contains(&entry.action.as_str());
        assert!(!effect || entry.person.is_some() && entry.platform.is_some(), "{entry:?}");
    }
    let told: BTreeSet<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let missing: Vec<&str> = Word::ALL.iter().map(|(_, word, _)| *word).filter(|word| !told.contains(word)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "nobody tells of these");
    let mut names: BTreeMap<PersonId, String> = BTreeMap::new();
    for entry in &entries {
        if let Some(person) = entry.person {
            names.insert(person, engine.reading().person(person).await.map(|person| person.name).unwrap_or_default());
        }
    }
    let mut lines: Vec<(bool, String)> = Vec::new();
    for AuditEntry { actor, action, platform, person, run, what, .. } in &entries {
        let who = if actor == "User Sync" { "  " } else { "→ " };
        let (platform, run) = (platform.map(|id| id.to_string()).unwrap_or_default(), run.map(|id| id.to_string()).unwrap_or_default());
        let person = person.map(|id| names[&id].as_str()).unwrap_or_default();
        let what = if action == "log_begun" { "" } else { what };
        let line = format!("{who}{action} [{platform} {person} {run}] {what}");
        lines.push((actor == "User Sync", line.trim_end().to_owned()));
    }
    // What follows an act is done side by side: which effect is first is a matter of chance.
    lines.chunk_by_mut(|before, after| before.0 && after.0).for_each(<[_]>::sort);
    let text: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    insta::assert_snapshot!(text.join("\n"));
    assert_eq!(engine.reading().verify_audit(None).await.unwrap().broken, None);
}

#[tokio::test(start_paused = true)]
async fn no_secret_and_no_message_is_told() {
    let (kit, _, entries) = play().await;
    let log = serde_json::to_string(&entries).unwrap();
    let world = kit.world();
    let codes = world.codes.iter().flat_map(|(code, known)| [code.as_str(), known.user_code.as_str()]);
    let answers = world.answers.values().flatten().map(|(_, text)| text.as_str());
    let said = world.said.iter().flat_map(|said| said.text.lines()).filter(|line| line.len() > 12);
    let secrets: Vec<&str> = codes.chain(answers).chain(said).chain(["admin-token", "tok-", "https://", "http://"]).collect();
    assert!(secrets.len() > 20, "{secrets:?}");
    for secret in secrets {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_act_that_is_refused_is_not_told() {
    let (_, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    let before = engine.reading().audit_newest().await.unwrap();
    let ana = engine.named("ana").await;
    engine.link_account(ana, BETA, "nobody").await.unwrap_err();
    engine.unlink("nobody").await.unwrap_err();
    engine.keep_apart("c99").await.unwrap_err();
    engine.pause(crate::model::RunId(99)).await.unwrap_err();
    engine.undo(crate::model::RunId(99)).await.unwrap_err();
    engine.send_anew(ana, BETA).await.unwrap_err();
    engine
        .set_stop_limits(StopLimits { resets: StopLimit { count: None, percent: Some(101) }, ..StopLimits::default() })
        .await
        .unwrap_err();
    engine.sync(&Selection::People(Vec::new()), PlatformId::new("nowhere"), Until::Idle, &Cancel::new()).await.unwrap_err();
    assert_eq!(engine.reading().audit_newest().await.unwrap(), before);
}

#[tokio::test(start_paused = true)]
async fn a_folder_from_before_the_log_begins_one_and_a_reopened_one_goes_on() {
    let (kit, engine) = Kit::with(&[]).await;
    let before = engine.reading().audit_newest().await.unwrap();
    drop(engine);
    let engine = kit.open().await;
    assert_eq!(engine.reading().audit_newest().await.unwrap(), before, "opening is nothing that anybody did");
    let first = engine.reading().audit_after(0, 1).await.unwrap().remove(0);
    assert_eq!((first.id, first.action.as_str(), first.actor.as_str()), (1, "log_begun", "User Sync"));
}
