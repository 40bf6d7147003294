//! Undoing a run, and undoing while a platform has signed us out.

use super::keeping::{all_on_alpha, beside, many, on_alpha, run, until};
use super::limits::{at_most, none};
use super::*;
use crate::error::Kind;
use crate::model::{Act, Guarded, Held, RunId, RunWait, StopLimits};

async fn newest(engine: &Engine, kind: RunKind) -> RunId {
    engine.reading().runs().await.unwrap().into_iter().find(|run| run.kind == kind).unwrap().id
}

#[tokio::test(start_paused = true)]
async fn undoing_a_run_undoes_exactly_the_syncs_that_it_made_and_keeps_the_choices() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("bob", &[ALPHA]), ("cyd", &[ALPHA])]).await;
    let all = all_on_alpha(&engine).await;
    engine.sync_one("bob", ALPHA, BETA).await;
    engine.sync(&all, GAMMA, Until::Idle, &Cancel::new()).await.unwrap();
    let id = engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap().run;
    assert_eq!(run(&engine, id).await.undoable, 2, "bob's was there before");
    // Asking once more does not make it another run's.
    let again = engine.prompt_again(engine.named("ana").await, BETA).await.unwrap();
    engine.work_on().await;
    assert_eq!(engine.undo(again).await.unwrap_err().kind, Kind::Conflict);
    let calls = kit.world().calls.clone();
    let preview = engine.undo_preview(id).await.unwrap();
    let goes: Vec<(&str, u64)> = preview.goes.iter().map(|goes| (goes.what.as_str(), goes.count)).collect();
    assert_eq!(goes, [("Open prompts in Alpha", 1), ("Syncs to Beta", 2), ("Bots on Beta", 1)]);
    assert_eq!((preview.syncs, preview.gone, preview.stays.len(), preview.held.len()), (2, 0, 0, 0));
    assert_eq!(engine.row("cyd", BETA).await.status, Status::Synced, "a preview changes nothing");
    assert_eq!(kit.world().calls, calls, "and sends nothing");

    let undo = engine.undo(id).await.unwrap();
    assert_eq!(engine.undo(id).await.unwrap_err().kind, Kind::Conflict, "a second one finds nothing");
    engine.work_on().await;
    let view = run(&engine, undo).await;
    assert_eq!((view.kind, view.state, view.undoes, view.done, view.total), (RunKind::Undo, RunState::Done, Some(id), 2, Some(2)));
    assert_eq!((view.counts["undone"], view.counts["left"]), (4, 0));
    for (name, status) in [("ana", Status::NotSynced), ("bob", Status::Synced), ("cyd", Status::NotSynced)] {
        assert_eq!(engine.row(name, BETA).await.status, status, "{name}");
        assert_eq!(engine.reading().person(engine.named(name).await).await.unwrap().primary, Some(ALPHA), "{name}");
        assert_eq!(engine.row(name, GAMMA).await.status, Status::Synced, "{name}");
    }
    assert!(kit.world().said.last().unwrap().text.contains("withdrew"));
    assert_eq!(engine.reading().run_people(undo, None, 0, 10).await.unwrap().total, 2);
    assert_eq!(run(&engine, id).await.undoable, 0);
    let import = newest(&engine, RunKind::Import).await;
    for (run, kind) in [(undo, Kind::Unsupported), (import, Kind::Unsupported), (id, Kind::Conflict), (RunId(999), Kind::NotFound)] {
        assert_eq!(engine.undo_preview(run).await.unwrap_err().kind, kind);
        assert_eq!(engine.undo(run).await.unwrap_err().kind, kind);
    }
    assert_eq!(engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap().done, 2, "they can be synced anew");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_under_way_is_not_undone_and_what_failed_belongs_to_who_tries_again() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    kit.world().faults.push(("beta/represent".into(), Fault::Status(403)));
    let first = engine.sync_one("bob", ALPHA, BETA).await.run;
    let bob = Selection::People(vec![engine.named("bob").await]);
    let second = engine.queue(&bob, BETA).await.unwrap();
    assert_eq!(engine.undo(second).await.unwrap_err().kind, Kind::Conflict, "it is under way");
    engine.work_on().await;
    assert_eq!((run(&engine, first).await.undoable, run(&engine, second).await.undoable), (0, 1));
    assert_eq!(engine.undo(first).await.unwrap_err().kind, Kind::Conflict);
    assert_eq!(engine.undo_preview(second).await.unwrap().goes.len(), 2);
    engine.undo(second).await.unwrap();
    engine.work_on().await;
    assert_eq!(kit.many(|world| world.stand_ins.len()), 0);
}

#[tokio::test(start_paused = true)]
async fn what_an_undoing_cannot_undo_is_named_before_and_after() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, GAMMA])]).await;
    let id = engine.sync_one("ana", ALPHA, GAMMA).await.run;
    kit.world().decide("gamma", CodeState::Approved("gamma-ana".into()));
    engine.work_on().await;
    let preview = engine.undo_preview(id).await.unwrap();
    let undo = engine.undo(id).await.unwrap();
    engine.work_on().await;
    assert_eq!(run(&engine, undo).await.counts["left"], 1);
    let people = engine.reading().run_people(undo, None, 0, 10).await.unwrap();
    let row = &people.rows[0];
    assert_eq!((people.total, row.detail.as_deref(), row.status), (1, Some("left"), Status::NotSynced));
    let said = row.reason.clone().unwrap().message;
    let [stays] = preview.stays.as_slice() else { panic!("{preview:?}") };
    assert_eq!(said, format!("{}: {}", stays.left.what, stays.left.why));
    let timeline = engine.reading().timeline(engine.named("ana").await, None, 50).await.unwrap();
    assert!(timeline.entries.iter().any(|entry| entry.kind == "left" && entry.run == Some(undo)), "{timeline:?}");
    // A reset says it too.
    engine.sync_one("ana", ALPHA, GAMMA).await;
    kit.world().decide("gamma", CodeState::Approved("gamma-ana".into()));
    engine.work_on().await;
    engine.reset(engine.named("ana").await).await.unwrap();
    let people = engine.reading().run_people(newest(&engine, RunKind::Reset).await, None, 0, 10).await.unwrap();
    assert_eq!((people.total, people.rows[0].reason.clone().unwrap().message), (1, said));
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_undoing_a_run_is_taken_up_and_undoes_everything_once() {
    let synced = async |_: &Kit, engine: &Engine| {
        let all = all_on_alpha(engine).await;
        engine.sync_one("dan", ALPHA, BETA).await;
        engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
    };
    let act = async |engine: &Engine| {
        let id = engine.undo(newest(engine, RunKind::Sync).await).await.unwrap();
        let cancel = Cancel::new();
        let ended = async {
            while run(engine, id).await.state != RunState::Done {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        };
        let (outcome, ()) = tokio::join!(engine.keep_working(&cancel), ended);
        outcome.unwrap();
    };
    let check = async |kit: &Kit, engine: &Engine, polls: u32| {
        let Some(begun) = engine.reading().runs().await.unwrap().into_iter().find(|run| run.kind == RunKind::Undo) else { return };
        beside(engine, async { until(kit, "the run ends", async || run(engine, begun.id).await.state == RunState::Done).await }).await;
        let dismissed: std::collections::BTreeSet<String> = kit.world().dismissed.iter().cloned().collect();
        assert_eq!((kit.many(|world| world.stand_ins.len()), dismissed.len()), (1, 1), "after {polls} polls");
        for (name, status) in [("ana", Status::NotSynced), ("bob", Status::NotSynced), ("dan", Status::Synced)] {
            assert_eq!(engine.row(name, BETA).await.status, status, "{name} after {polls} polls");
        }
        let said = kit.world().said.clone();
        assert_eq!((said.len(), said[0].text.contains("withdrew")), (1, true), "after {polls} polls");
        let view = run(engine, begun.id).await;
        assert_eq!((view.done, view.counts["undone"], view.counts["left"]), (2, 4, 0), "after {polls} polls");
    };
    at_every_moment(&[("bob", &[ALPHA]), ("dan", &[ALPHA]), ("ana", &[ALPHA, BETA])], synced, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn an_undo_run_is_held_by_limits_pauses_and_can_be_stopped() {
    let names = many(14);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    engine.set_stop_limits(none()).await.unwrap();
    let id = engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap().run;
    engine.set_stop_limits(StopLimits { dismissals: at_most(5), ..none() }).await.unwrap();
    let preview = engine.undo_preview(id).await.unwrap();
    assert_eq!(preview.held, [Held { what: Guarded::Dismissals, allowed: 5, wanted: 14, held: 9 }]);
    let undo = engine.undo(id).await.unwrap();
    engine.pause(undo).await.unwrap();
    engine.work_on().await;
    assert_eq!((run(&engine, undo).await.waits, kit.many(|world| world.stand_ins.len())), (Some(RunWait::Paused), 14));
    engine.resume(undo).await.unwrap();
    engine.work_on().await;
    let view = run(&engine, undo).await;
    assert_eq!((view.limits, view.held, view.waits, view.done), (preview.held, 9, Some(RunWait::Approval), 5));
    assert_eq!(engine.row("p013", BETA).await.status, Status::Synced, "what waits stays as it is");
    engine.cancel_run(undo).await.unwrap();
    engine.work_on().await;
    assert_eq!((run(&engine, undo).await.state, kit.many(|world| world.stand_ins.len())), (RunState::Cancelled, 9));
    assert_eq!(run(&engine, id).await.undoable, 9, "what was taken back still stands");
    let rest = engine.undo(id).await.unwrap();
    engine.work_on().await;
    assert_eq!((run(&engine, rest).await.state, kit.many(|world| world.stand_ins.len())), (RunState::Done, 0), "nine are few");
}

#[tokio::test(start_paused = true)]
async fn a_reset_waits_for_a_sign_in_and_lists_nothing_as_left() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("dan", &[ALPHA])]).await;
    engine.sync_one("bob", ALPHA, BETA).await;
    engine.sync_one("bob", ALPHA, GAMMA).await;
    engine.sync_one("dan", ALPHA, BETA).await;
    kit.world().faults.extend(vec![("beta/dismiss".into(), Fault::Status(401)); 9]);
    let mut events = engine.subscribe();
    let bob = engine.named("bob").await;
    let error = engine.reset(bob).await.unwrap_err();
    assert_eq!((error.kind, error.next_act()), (Kind::SignedOut, Some(Act::Connect { platform: BETA })));
    assert_eq!(engine.row("bob", GAMMA).await.status, Status::NotSynced, "another platform's part does not wait");
    let error = engine.cancel(engine.named("dan").await, BETA).await.unwrap_err();
    assert_eq!((error.kind, error.next_act()), (Kind::SignedOut, Some(Act::Connect { platform: BETA })));
    let calls = kit.world().calls["beta/dismiss"];
    engine.work_on().await;
    assert_eq!(kit.world().calls["beta/dismiss"], calls, "nothing is tried before somebody signs in");
    let mut notices = 0;
    while let Ok(event) = events.try_recv() {
        notices += u32::from(event == Event::ConnectionChanged { platform: BETA });
    }
    assert_eq!(notices, 1);
    let id = newest(&engine, RunKind::Reset).await;
    let view = run(&engine, id).await;
    assert_eq!((view.state.is_open(), view.waits), (true, Some(RunWait::SignIn)));
    kit.world().faults.clear();
    kit.connect(&engine, BETA).await;
    engine.work_on().await;
    let view = run(&engine, id).await;
    assert_eq!((view.state, view.counts["left"], kit.many(|world| world.stand_ins.len())), (RunState::Done, 0, 0));
    for name in ["bob", "dan"] {
        assert_eq!(engine.row(name, BETA).await.status, Status::NotSynced, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_disconnected_platform_keeps_is_listed_as_left() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    engine.sync_one("bob", ALPHA, BETA).await;
    kit.world().faults.extend(vec![("beta/dismiss".into(), Fault::Status(401)); 9]);
    engine.reset(engine.named("bob").await).await.unwrap_err();
    kit.world().faults.clear();
    engine.disconnect(BETA).await.unwrap();
    engine.work_on().await;
    let view = run(&engine, newest(&engine, RunKind::Reset).await).await;
    assert_eq!((view.state, view.counts["left"], kit.many(|world| world.stand_ins.len())), (RunState::Done, 1, 1));
}
