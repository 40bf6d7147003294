//! What an open window needs: work that goes on by itself, runs that end by themselves and can be stopped, resets of many, and
//! asking once more.

use std::future::Future;
use std::pin::pin;

use super::*;
use crate::error::Kind;
use crate::model::RunId;
use crate::store::runs::RunView;

/// Plays a script beside an engine that keeps working, and gives how often the work was looked at.
pub(super) async fn beside<T>(engine: &Engine, script: impl Future<Output = T>) -> (T, u32) {
    let cancel = Cancel::new();
    let mut polls = 0;
    let value = {
        let mut work = pin!(engine.keep_working(&cancel));
        let counted = std::future::poll_fn(|context| {
            polls += 1;
            work.as_mut().poll(context)
        });
        let script = async {
            let value = script.await;
            cancel.cancel();
            value
        };
        let (outcome, value) = tokio::join!(counted, script);
        outcome.unwrap();
        value
    };
    (value, polls)
}

/// Lets time pass until something is true.
pub(super) async fn until(kit: &Kit, what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..6_000 {
        if holds().await {
            return;
        }
        kit.clock.wait(Duration::from_millis(100)).await;
    }
    panic!("{what}: ten minutes were not enough");
}

pub(super) async fn run(engine: &Engine, id: RunId) -> RunView {
    engine.reading().runs().await.unwrap().into_iter().find(|run| run.id == id).unwrap()
}

pub(super) fn counts(run: &RunView) -> Vec<(&str, u64)> {
    run.counts.iter().filter(|(_, count)| **count > 0).map(|(word, count)| (word.as_str(), *count)).collect()
}

pub(super) async fn all_on_alpha(engine: &Engine) -> Selection {
    let all = Selection::Matching(Default::default());
    engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
    all
}

pub(super) fn many(count: u32) -> Vec<String> {
    (0..count).map(|number| format!("p{number:03}")).collect()
}

pub(super) fn on_alpha(names: &[String]) -> Vec<(&str, &'static [PlatformId])> {
    names.iter().map(|name| (name.as_str(), [ALPHA].as_slice())).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_while_it_works_is_done_at_once_and_its_run_ends_by_itself() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("ana", &[ALPHA, BETA]), ("cyd", &[BETA])]).await;
    let mut events = engine.subscribe();
    let script = async {
        kit.clock.wait(Duration::from_secs(3_600)).await;
        let all = Selection::Matching(Default::default());
        engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
        let begin = tokio::time::Instant::now();
        let id = engine.queue(&all, BETA).await.unwrap();
        until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        let view = run(&engine, id).await;
        assert_eq!((view.done, view.total), (2, Some(2)));
        assert_eq!(counts(&view), [("blocked", 1), ("synced", 1), ("waiting", 1)]);
        assert_eq!(engine.row("ana", BETA).await.detail.as_deref(), Some("prompted"));
        let blocked = engine.reading().run_people(id, Some(Status::NotSynced), 0, 10).await.unwrap();
        assert_eq!(blocked.rows[0].reason.as_ref().unwrap().kind, "is_primary");
        kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
        until(&kit, "the check mark comes", async || engine.row("ana", BETA).await.status == Status::Synced).await;
    };
    beside(&engine, script).await;
    let mut progress = Vec::new();
    let (ana, mut ana_changed) = (engine.named("ana").await, false);
    while let Ok(event) = events.try_recv() {
        match event {
            Event::RunProgress { kind: RunKind::Sync, platform, done, total, ended, .. } => progress.push((platform, done, total, ended)),
            Event::SyncChanged { person, platform: BETA, .. } => ana_changed |= person == ana,
            _ => {}
        }
    }
    let at = |done, ended| (Some(BETA), done, Some(2), ended);
    assert_eq!(progress, [at(0, false), at(1, false), at(2, true)]);
    assert!(ana_changed, "a change names the person");
}

#[tokio::test(start_paused = true)]
async fn keeping_on_does_not_spin_and_ends_at_once_when_it_is_cancelled() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    let hours = |hours: u64| kit.clock.wait(Duration::from_secs(hours * 3_600));
    let ((), idle) = beside(&engine, hours(24)).await;
    assert!(idle < 100, "looked {idle} times at nothing");
    engine.sync_one("ana", ALPHA, BETA).await;
    let begin = tokio::time::Instant::now();
    let ((), waiting) = beside(&engine, hours(1)).await;
    assert!(begin.elapsed() < Duration::from_secs(3_602), "{:?}", begin.elapsed());
    let polls = kit.world().calls["beta/poll"];
    assert!((30..80).contains(&polls), "the code is polled at the server's pace until it ends: {polls}");
    assert!(waiting < 10_000, "looked {waiting} times for one person");
}

#[tokio::test(start_paused = true)]
async fn offline_it_rests_and_goes_on_by_itself() {
    let names = many(20);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    kit.world().faults.extend(vec![("beta/represent".into(), Fault::Down); 2_000]);
    let script = async {
        let id = engine.queue(&all, BETA).await.unwrap();
        kit.clock.wait(Duration::from_secs(600)).await;
        let tried = 2_000 - kit.many(|world| world.faults.len());
        assert!((20..1_500).contains(&tried), "tried {tried} times in ten minutes");
        assert_eq!(run(&engine, id).await.state, RunState::Running);
        assert_eq!(run(&engine, id).await.done, 0);
        for name in &names {
            assert_eq!(engine.row(name, BETA).await.detail.as_deref(), Some("waiting_for_network"), "{name}");
        }
        kit.world().faults.clear();
        until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
        assert_eq!(counts(&run(&engine, id).await), [("synced", 20)]);
    };
    beside(&engine, script).await;
    assert_eq!(kit.many(|world| world.stand_ins.len()), 20);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_is_not_its_end() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("dan", &[ALPHA])]).await;
    kit.world().faults.push(("beta/represent".into(), Fault::Status(403)));
    let all = all_on_alpha(&engine).await;
    let script = async {
        let id = engine.queue(&all, BETA).await.unwrap();
        until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
        counts(&run(&engine, id).await).into_iter().map(|(word, count)| (word.to_owned(), count)).collect::<Vec<_>>()
    };
    let (came, _) = beside(&engine, script).await;
    assert_eq!(came, [("failed".to_owned(), 1), ("synced".to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_without_anything_to_do_is_over_at_once() {
    let (_kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    let id = engine.queue(&Selection::Matching(Default::default()), DELTA).await.unwrap();
    let view = run(&engine, id).await;
    assert_eq!((view.state, view.done, view.total, counts(&view)), (RunState::Done, 0, Some(0), vec![("blocked", 1)]));
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_after_queueing_is_taken_up_and_the_run_ends() {
    let act = async |engine: &Engine| {
        let all = Selection::Matching(Default::default());
        let id = engine.queue(&all, BETA).await.unwrap();
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
        let Some(begun) = engine.reading().runs().await.unwrap().into_iter().find(|run| run.kind == RunKind::Sync) else { return };
        let script = async { until(kit, "the run ends", async || run(engine, begun.id).await.state == RunState::Done).await };
        beside(engine, script).await;
        assert_eq!(effects(&kit.world()), (1, 1, 0), "after {polls} polls");
        assert_eq!(counts(&run(engine, begun.id).await), [("synced", 1), ("waiting", 1)], "after {polls} polls");
    };
    let chosen = async |_: &Kit, engine: &Engine| drop(all_on_alpha(engine).await);
    at_every_moment(&[("bob", &[ALPHA]), ("ana", &[ALPHA, BETA])], chosen, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_takes_back_what_was_not_begun_and_finishes_what_is_under_way() {
    let names = many(60);
    let (kit, engine) = Kit::paced(&on_alpha(&names), super::running::SLOW).await;
    let all = all_on_alpha(&engine).await;
    let mut events = engine.subscribe();
    let script = async {
        let id = engine.queue(&all, BETA).await.unwrap();
        while !matches!(events.recv().await.unwrap(), Event::RunProgress { done: 1.., .. }) {}
        engine.cancel_run(id).await.unwrap();
        kit.clock.wait(Duration::from_secs(60)).await;
        id
    };
    let (id, _) = beside(&engine, script).await;
    let (view, made) = (run(&engine, id).await, kit.many(|world| world.stand_ins.len()));
    assert_eq!(view.state, RunState::Cancelled);
    assert!((1..60).contains(&made), "{made} were made");
    assert_eq!(view.counts["cancelled"], 60 - made as u64);
    let counts = engine.reading().status().await.unwrap().by_platform[&BETA];
    assert_eq!((counts.synced, counts.not_synced, counts.pending), (made as u64, 60 - made as u64, 0));
    engine.cancel_run(id).await.unwrap();
    assert_eq!(engine.cancel_run(RunId(999)).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap().done, 60, "they can be synced anew");
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_stopping_a_run_stops_all_of_it_or_nothing() {
    let chosen = async |_: &Kit, engine: &Engine| drop(all_on_alpha(engine).await);
    let act = async |engine: &Engine| {
        let id = engine.queue(&Selection::Matching(Default::default()), BETA).await.unwrap();
        engine.cancel_run(id).await.unwrap();
    };
    let check = async |kit: &Kit, engine: &Engine, polls: u32| {
        let begun = engine.reading().runs().await.unwrap().into_iter().find(|run| run.kind == RunKind::Sync);
        let goes_on = begun.is_some_and(|run| run.state != RunState::Cancelled);
        engine.work_on().await;
        assert_eq!(effects(&kit.world()), if goes_on { (1, 1, 0) } else { (0, 0, 0) }, "after {polls} polls");
    };
    at_every_moment(&[("bob", &[ALPHA]), ("ana", &[ALPHA, BETA])], chosen, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_withdraws_what_was_asked_earlier_too() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    let id = engine.prompt_again(engine.named("ana").await, BETA).await.unwrap();
    engine.cancel_run(id).await.unwrap();
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.status, Status::NotSynced);
    let said = kit.world().said.clone();
    assert_eq!(said.len(), 1);
    assert!(said[0].text.contains("withdrew"), "{}", said[0].text);
}

#[tokio::test(start_paused = true)]
async fn resets_of_many_are_one_run_that_ends_by_itself() {
    let names = many(30);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    engine.set_stop_limits(limits::none()).await.unwrap();
    engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
    let preview = engine.reset_preview_many(&all).await.unwrap();
    let goes: Vec<(&str, u64)> = preview.goes.iter().map(|goes| (goes.what.as_str(), goes.count)).collect();
    assert_eq!((preview.people, goes), (30, vec![("Syncs to Beta", 30), ("Bots on Beta", 30)]));
    let script = async {
        let id = engine.begin_reset(&all).await.unwrap();
        until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
        id
    };
    let (id, _) = beside(&engine, script).await;
    let view = run(&engine, id).await;
    assert_eq!((view.kind, view.done, view.total), (RunKind::Reset, 30, Some(30)));
    assert_eq!(counts(&view), [("undone", 60)]);
    assert_eq!((kit.many(|world| world.stand_ins.len()), kit.many(|world| world.dismissed.len())), (0, 30));
    assert_eq!(engine.reading().run_people(id, None, 0, 100).await.unwrap().total, 30);
    assert_eq!(engine.reset_preview_many(&all).await.unwrap().goes, []);
}

#[tokio::test(start_paused = true)]
async fn a_preview_of_one_persons_reset_is_in_full_sentences() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA, DELTA])]).await;
    everything(&engine, &kit).await;
    let ana = engine.named("ana").await;
    let (one, many) = (engine.reset_preview(ana).await.unwrap(), engine.reset_preview_many(&Selection::People(vec![ana])).await.unwrap());
    assert_eq!(many.goes.iter().map(|goes| goes.what.clone()).collect::<Vec<_>>(), one.goes);
    assert!(many.goes.iter().all(|goes| goes.count == 1));
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_resetting_many_loses_nobody() {
    let synced = async |_: &Kit, engine: &Engine| {
        let all = all_on_alpha(engine).await;
        engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
    };
    let act = async |engine: &Engine| {
        let id = engine.begin_reset(&Selection::Matching(Default::default())).await.unwrap();
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
        let Some(begun) = engine.reading().runs().await.unwrap().into_iter().find(|run| run.kind == RunKind::Reset) else { return };
        beside(engine, async { until(kit, "the run ends", async || run(engine, begun.id).await.state == RunState::Done).await }).await;
        // Dismissing is harmless to repeat: what counts is who was dismissed, not how often it was asked for.
        let dismissed: std::collections::BTreeSet<String> = kit.world().dismissed.iter().cloned().collect();
        assert_eq!((kit.many(|world| world.stand_ins.len()), dismissed.len()), (0, 2), "after {polls} polls");
        for name in ["bob", "dan"] {
            assert_eq!(engine.row(name, BETA).await.status, Status::NotSynced, "after {polls} polls");
        }
    };
    at_every_moment(&[("bob", &[ALPHA]), ("dan", &[ALPHA])], synced, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_of_resets_leaves_those_alone_whom_it_had_not_reached() {
    let names = many(30);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
    let id = engine.begin_reset(&all).await.unwrap();
    engine.cancel_run(id).await.unwrap();
    engine.work_on().await;
    assert_eq!((run(&engine, id).await.state, kit.many(|world| world.stand_ins.len())), (RunState::Cancelled, 30));
    assert_eq!(run(&engine, id).await.counts["cancelled"], 30);
}

#[tokio::test(start_paused = true)]
async fn asking_again_takes_the_place_of_the_open_prompt_and_only_the_new_code_counts() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    let ana = engine.named("ana").await;
    for (state, expected) in [(None, "prompted"), (Some(CodeState::Expired), "code_expired")] {
        if let Some(state) = state {
            kit.world().decide("beta", state);
            engine.work_on().await;
        }
        assert_eq!(engine.row("ana", BETA).await.detail.as_deref(), Some(expected));
        let before = kit.many(|world| world.said.len());
        let id = engine.prompt_again(ana, BETA).await.unwrap();
        engine.work_on().await;
        assert_eq!(run(&engine, id).await.state, RunState::Done);
        let said = kit.world().said.clone();
        assert_eq!(said.len(), before + 1);
        assert!(said[before - 1].text.contains("newest message"), "{}", said[before - 1].text);
        assert!(said[before].text.contains(&code_in(&said[before])));
    }
    let first = kit.world().codes.keys().next().unwrap().clone();
    kit.world().codes.get_mut(&first).unwrap().state = CodeState::Approved("beta-ana".into());
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.status, Status::Pending, "an old code is asked about no more");
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.status, Status::Synced);
    assert_eq!(engine.prompt_again(ana, BETA).await.unwrap_err().kind, Kind::Conflict, "nobody needs to be asked any more");
}

#[tokio::test(start_paused = true)]
async fn somebody_who_declined_can_be_asked_again_and_what_is_blocked_cannot() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("bob", &[ALPHA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    kit.world().answer("alpha-ana", "no");
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.status, Status::Failed);
    engine.prompt_again(engine.named("ana").await, BETA).await.unwrap();
    engine.work_on().await;
    assert_eq!((engine.row("ana", BETA).await.status, kit.many(|world| world.said.len())), (Status::Pending, 2));
    let error = engine.prompt_again(engine.named("bob").await, DELTA).await.unwrap_err();
    assert_eq!((error.kind, error.next_act().is_some()), (Kind::Conflict, true), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_asking_again_asks_once_more_at_most() {
    let prompted = async |_: &Kit, engine: &Engine| drop(engine.sync_one("ana", ALPHA, BETA).await);
    let act = async |engine: &Engine| {
        engine.prompt_again(engine.named("ana").await, BETA).await.unwrap();
        engine.work_on().await;
    };
    let check = async |kit: &Kit, engine: &Engine, polls: u32| {
        let again = engine.reading().runs().await.unwrap().iter().filter(|run| run.kind == RunKind::Sync).count() == 2;
        engine.work_on().await;
        let said = kit.world().said.clone();
        assert_eq!(said.len(), if again { 2 } else { 1 }, "after {polls} polls");
        assert_eq!(said[0].text.contains("newest message"), again, "after {polls} polls");
        kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
        engine.work_on().await;
        let row = engine.row("ana", BETA).await;
        assert_eq!(row.status, Status::Synced, "after {polls} polls: {row:?}");
    };
    at_every_moment(&[("ana", &[ALPHA, BETA])], prompted, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn answers_that_may_not_be_polled_are_read_when_the_admin_presses_the_button() {
    let (kit, engine) = Kit::with(&[("ana", &[GAMMA, BETA])]).await;
    let people = Selection::People(vec![engine.named("ana").await]);
    engine.set_primary(&people, GAMMA, Confirmed::Nothing).await.unwrap();
    let script = async {
        engine.queue(&people, BETA).await.unwrap();
        until(&kit, "ana is prompted", async || engine.row("ana", BETA).await.detail.as_deref() == Some("prompted")).await;
        kit.world().answer("gamma-ana", "no");
        kit.clock.wait(Duration::from_secs(100)).await;
        assert_eq!(kit.world().calls.get("gamma/inbox"), None);
        engine.check_answers().await.unwrap();
        assert_eq!(engine.row("ana", BETA).await.reason.unwrap().kind, "declined");
    };
    beside(&engine, script).await;
}

#[tokio::test(start_paused = true)]
async fn a_preview_counts_everybody_once_and_speaks_of_many_without_a_name() {
    let (kit, engine) = Kit::with(&[("ana", &[GAMMA, BETA]), ("bob", &[ALPHA]), ("cyd", &[ALPHA]), ("dan", &[BETA])]).await;
    let ana = Selection::People(vec![engine.named("ana").await]);
    engine.set_primary(&ana, GAMMA, Confirmed::Nothing).await.unwrap();
    let calls = kit.world().calls.clone();
    let all = Selection::Matching(Default::default());
    let preview = engine.reading().preview_sync(&all, BETA).await.unwrap();
    let figures = [preview.total, preview.prompts, preview.bots, preview.guests, preview.already, preview.blocked];
    assert_eq!(figures, [4, 1, 2, 0, 0, 1]);
    assert_eq!(preview.answers_by_hand, [GAMMA]);
    assert_eq!((preview.people.len(), preview.people.iter().filter(|row| row.has_account).count()), (4, 2));
    assert_eq!(preview.reasons[0].reason.message, "Beta is the primary platform of dan.", "one person is named");
    let preview = engine.reading().preview_sync(&all, DELTA).await.unwrap();
    let reason = &preview.reasons[0];
    assert_eq!((preview.reasons.len(), reason.count, reason.reason.kind.as_str()), (1, 4, "needs_account"));
    assert_eq!(reason.reason.remedy, "Give this person an account on Delta, then import again.");
    assert!(preview.people.iter().any(|row| row.reason.as_ref().is_some_and(|reason| reason.remedy.contains("bob"))));
    assert_eq!(kit.world().calls, calls, "nothing is sent");
}

#[tokio::test(start_paused = true)]
async fn a_preview_counts_who_was_asked_already_as_under_way() {
    let (_kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    let ana = Selection::People(vec![engine.named("ana").await]);
    engine.set_primary(&ana, ALPHA, Confirmed::Nothing).await.unwrap();
    assert_eq!(engine.reading().preview_sync(&ana, BETA).await.unwrap().prompts, 1);
    engine.queue(&ana, BETA).await.unwrap();
    let preview = engine.reading().preview_sync(&ana, BETA).await.unwrap();
    assert_eq!((preview.prompts, preview.already, preview.people[0].action), (0, 1, Some(crate::sync::plan::Action::None)));
}
