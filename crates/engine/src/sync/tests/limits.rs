//! Stop limits: what a preview says is what a run holds, and what is held goes on when it is approved.

use super::keeping::{all_on_alpha, many, on_alpha, run};
use super::*;
use crate::error::Kind;
use crate::model::{Guarded, Held, RunWait, StopLimit, StopLimits};

/// Nothing is held.
pub(super) fn none() -> StopLimits {
    let none = StopLimit::default();
    StopLimits { resets: none, dismissals: none, representations: none, prompts: none }
}

pub(super) fn at_most(count: u64) -> StopLimit {
    StopLimit { count: Some(count), percent: None }
}

fn held(what: Guarded, allowed: u64, wanted: u64) -> Held {
    Held { what, allowed, wanted, held: wanted - allowed }
}

#[tokio::test(start_paused = true)]
async fn a_sync_holds_exactly_what_its_preview_said_across_a_restart_until_it_is_approved() {
    let (bots, asked) = (many(14), (0..13).map(|number| format!("q{number:03}")).collect::<Vec<_>>());
    let mut people = on_alpha(&bots);
    people.extend(asked.iter().map(|name| (name.as_str(), [ALPHA, BETA].as_slice())));
    let (kit, engine) = Kit::with(&people).await;
    let all = all_on_alpha(&engine).await;
    engine.set_stop_limits(StopLimits { representations: at_most(12), prompts: at_most(11), ..none() }).await.unwrap();
    let preview = engine.reading().preview_sync(&all, BETA).await.unwrap();
    assert_eq!(preview.held, [held(Guarded::Representations, 12, 14), held(Guarded::Prompts, 11, 13)]);
    let id = engine.queue(&all, BETA).await.unwrap();
    engine.work_on().await;
    drop(engine);
    let engine = kit.open().await;
    engine.work_on().await;
    assert_eq!((kit.many(|world| world.stand_ins.len()), kit.many(|world| world.said.len())), (12, 11));
    let view = run(&engine, id).await;
    assert_eq!((view.limits.clone(), view.held, view.waits), (preview.held, 4, Some(RunWait::Approval)));
    assert!(view.state.is_open(), "{view:?}");
    for name in ["p012", "p013", "q011", "q012"] {
        let row = engine.row(name, BETA).await;
        assert_eq!((row.status, row.detail.as_deref()), (Status::Pending, Some("waiting_for_approval")), "{name}");
    }
    let before = engine.approve_preview(id).await.unwrap();
    assert_eq!((before.people, before.limits.len()), (4, 2));
    assert_eq!(engine.approve(id).await.unwrap(), before.people);
    assert_eq!((engine.approve(id).await.unwrap(), engine.approve_preview(id).await.unwrap().people), (0, 0), "once is enough");
    engine.work_on().await;
    assert_eq!((kit.many(|world| world.stand_ins.len()), kit.many(|world| world.said.len())), (14, 13));
    let view = run(&engine, id).await;
    assert_eq!((view.state, view.held, view.limits.len()), (RunState::Done, 0, 2), "what was held is still told");
    assert_eq!(engine.approve(crate::model::RunId(999)).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_reset_holds_those_beyond_its_limit_and_those_whose_bots_are_too_many() {
    let names = many(14);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    engine.set_stop_limits(none()).await.unwrap();
    engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
    engine.set_stop_limits(StopLimits { resets: at_most(12), dismissals: at_most(11), ..none() }).await.unwrap();
    let preview = engine.reset_preview_many(&all).await.unwrap();
    assert_eq!(preview.held, [held(Guarded::Resets, 12, 14), held(Guarded::Dismissals, 11, 14)]);
    let id = engine.begin_reset(&all).await.unwrap();
    engine.work_on().await;
    let view = run(&engine, id).await;
    assert_eq!((view.limits, view.held, view.waits, view.done), (preview.held, 3, Some(RunWait::Approval), 11));
    assert_eq!(kit.many(|world| world.stand_ins.len()), 3);
    for name in ["p011", "p012", "p013"] {
        assert_eq!(engine.row(name, BETA).await.status, Status::Synced, "{name}");
    }
    assert_eq!(engine.approve(id).await.unwrap(), 3);
    engine.work_on().await;
    assert_eq!((run(&engine, id).await.state, kit.many(|world| world.stand_ins.len())), (RunState::Done, 0));
}

#[tokio::test(start_paused = true)]
async fn a_few_are_never_held_and_a_limit_of_nought_holds_everybody_else() {
    let names = many(22);
    let (_kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    let nothing = StopLimits { representations: at_most(0), resets: StopLimit { count: None, percent: Some(0) }, ..none() };
    engine.set_stop_limits(nothing).await.unwrap();
    assert_eq!(engine.reading().stop_limits().await.unwrap(), nothing);
    let mut people = engine.reading().select(&all).await.unwrap();
    let rest = Selection::People(people.split_off(10));
    let few = Selection::People(people);
    assert_eq!(engine.sync(&few, BETA, Until::Idle, &Cancel::new()).await.unwrap().done, 10);
    assert_eq!(engine.sync(&rest, BETA, Until::Idle, &Cancel::new()).await.unwrap().waiting, 12);
    let id = engine.begin_reset(&few).await.unwrap();
    engine.work_on().await;
    assert_eq!(run(&engine, id).await.state, RunState::Done);
    let id = engine.begin_reset(&rest).await.unwrap();
    engine.work_on().await;
    assert_eq!((run(&engine, id).await.held, run(&engine, id).await.done), (12, 0));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_approval_and_is_confirmed_anew_is_decided_anew() {
    let names = many(12);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    engine.set_stop_limits(StopLimits { representations: at_most(2), resets: at_most(1), ..none() }).await.unwrap();
    let id = engine.queue(&all, BETA).await.unwrap();
    engine.work_on().await;
    assert_eq!(run(&engine, id).await.held, 10);
    let one = Selection::People(vec![engine.named("p011").await]);
    assert_eq!(engine.reading().preview_sync(&one, BETA).await.unwrap().bots, 1);
    assert_eq!(engine.sync(&one, BETA, Until::Idle, &Cancel::new()).await.unwrap().done, 1);
    assert_eq!((run(&engine, id).await.held, kit.many(|world| world.stand_ins.len())), (9, 3));
    engine.cancel_run(id).await.unwrap();
    let id = engine.begin_reset(&all).await.unwrap();
    engine.work_on().await;
    assert_eq!(run(&engine, id).await.held, 11);
    engine.reset(engine.named("p011").await).await.unwrap();
    assert_eq!((run(&engine, id).await.held, kit.many(|world| world.stand_ins.len())), (10, 1));
    engine.begin_reset(&Selection::People(vec![engine.named("p001").await])).await.unwrap();
    engine.work_on().await;
    assert_eq!((run(&engine, id).await.held, kit.many(|world| world.stand_ins.len())), (9, 0));
}

#[tokio::test(start_paused = true)]
async fn a_primary_platform_for_many_resets_no_more_than_the_limit_at_once() {
    let names = many(12);
    let people: Vec<(&str, &[PlatformId])> = names.iter().map(|name| (name.as_str(), [ALPHA, GAMMA].as_slice())).collect();
    let (kit, engine) = Kit::with(&people).await;
    let all = all_on_alpha(&engine).await;
    engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
    engine.set_stop_limits(StopLimits { resets: at_most(4), ..none() }).await.unwrap();
    let preview = engine.reading().preview_primary(&all, GAMMA).await.unwrap();
    assert_eq!((preview.resets, &preview.held[..]), (12, &[held(Guarded::Resets, 4, 12)][..]));
    let view = engine.set_primary(&all, GAMMA, Confirmed::Resets).await.unwrap();
    assert_eq!((view.changed, view.unconfirmed, view.failed, view.held), (4, 8, 0, preview.held));
    assert_eq!(kit.many(|world| world.stand_ins.len()), 8);
    let view = engine.set_primary(&all, GAMMA, Confirmed::Resets).await.unwrap();
    assert_eq!((view.changed, view.unconfirmed, view.held.len()), (12, 0, 0), "eight are few");
}

#[tokio::test(start_paused = true)]
async fn limits_that_cannot_be_read_let_nothing_through_and_those_that_make_no_sense_are_refused() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    let all = all_on_alpha(&engine).await;
    let senseless = StopLimits { prompts: StopLimit { count: None, percent: Some(101) }, ..none() };
    assert_eq!(engine.set_stop_limits(senseless).await.unwrap_err().kind, Kind::Invalid);
    assert_eq!(engine.reading().stop_limits().await.unwrap(), StopLimits::default());
    engine.set_stop_limits(none()).await.unwrap();
    let raw = rusqlite::Connection::open(kit.folder().join("user-sync.db")).unwrap();
    raw.execute("UPDATE facts SET value = '{' WHERE name = 'stop_limits'", []).unwrap();
    for error in [
        engine.reading().stop_limits().await.unwrap_err(),
        engine.reading().preview_sync(&all, BETA).await.unwrap_err(),
        engine.queue(&all, BETA).await.unwrap_err(),
        engine.begin_reset(&all).await.unwrap_err(),
    ] {
        assert_eq!((error.kind, error.next_step().contains("stop limits")), (Kind::Storage, true), "{error:?}");
    }
    assert!(engine.reading().runs().await.unwrap().iter().all(|run| run.kind == RunKind::Import), "nothing was begun");
    engine.set_stop_limits(none()).await.unwrap();
    assert_eq!(engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap().done, 1);
}
