//! How runs are worked on: who has which step, who goes first, pauses, sign-ins that end, platforms that keep failing, clocks that jump.

use super::keeping::{all_on_alpha, beside, counts, many, on_alpha, run, until};
use super::*;
use crate::model::RunWait;
use crate::platform::{Rate, RateScope};

pub(super) const SLOW: &[Rate] =
    &[Rate { class: "all", also: &[], scope: RateScope::Tenant, amount: 10, per: Duration::from_secs(1), burst: 20 }];

/// Fast, and not done in a moment.
const BRISK: &[Rate] = &[Rate { class: "all", also: &[], scope: RateScope::Tenant, amount: 100, per: Duration::from_secs(1), burst: 100 }];

fn made(kit: &Kit) -> usize {
    kit.many(|world| world.stand_ins.len())
}

#[tokio::test(start_paused = true)]
async fn a_step_is_taken_once_while_its_taker_lives_and_what_is_held_not_at_all() {
    use crate::store::Store;
    use crate::store::steps::{Due, PAUSED, Sort, StepState, Taker, hold, put_off, take};
    let names = many(20);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let id = engine.queue(&all_on_alpha(&engine).await, BETA).await.unwrap();
    drop(engine);
    let store = Store::open(kit.folder(), crate::transport::Realm::Demo).unwrap();
    let taken = async |pass: i64, living: &str, limit: u32| {
        let by = Taker { pass, living: living.to_owned(), except: "[]".to_owned() };
        let due = Due { platform: BETA, run: None, sync: None, now: 1_000 };
        store.write(move |transaction| take(transaction, due, Sort::Many, &by, limit)).await.unwrap()
    };
    let first = taken(1, "[1]", 5).await;
    assert_eq!((first.len(), taken(1, "[1]", 3).await.len(), taken(2, "[1,2]", 99).await.len()), (5, 3, 12));
    assert!(first.is_sorted_by_key(|step| step.id));
    assert_eq!(taken(3, "[1,2,3]", 99).await.len(), 0);
    // The first has ended, however it did.
    assert_eq!(taken(3, "[2,3]", 6).await.len(), 6);
    let (one, other, now) = (first[0].id, first[1].id, kit.clock.now());
    let change = move |transaction: &rusqlite::Transaction<'_>| {
        put_off(transaction, one, StepState::Todo, 999, now)?;
        put_off(transaction, other, StepState::Todo, 1_001, now)
    };
    store.write(change).await.unwrap();
    let due: Vec<i64> = taken(4, "[2,3,4]", 99).await.into_iter().map(|step| step.id).collect();
    assert!(
        due.len() == 3 && due.last() == Some(&one) && !due.contains(&other),
        "what was put off comes last, and when it is due: {due:?}"
    );
    store.write(move |transaction| hold(transaction, id, PAUSED)).await.unwrap();
    assert_eq!(taken(5, "[]", 99).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_command_and_the_work_behind_it_never_do_the_same_step() {
    let names = many(60);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    let script = async {
        let view = engine.sync(&all, BETA, Until::For(Duration::from_secs(60)), &Cancel::new()).await.unwrap();
        assert_eq!(view.done, 60);
    };
    beside(&engine, script).await;
    assert_eq!((made(&kit), kit.world().calls["beta/represent"]), (60, 60));
}

#[tokio::test(start_paused = true)]
async fn what_a_dropped_pass_had_taken_is_free_at_once() {
    for polls in 1..400 {
        let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("ana", &[ALPHA, BETA])]).await;
        engine.queue(&all_on_alpha(&engine).await, BETA).await.unwrap();
        let cancel = Cancel::new();
        let crashed = crash_after(polls, engine.keep_working(&cancel)).await;
        assert!(crashed.is_none());
        // The same process goes on: what was on its way to the platform settles first.
        kit.clock.wait(Duration::from_secs(10)).await;
        engine.work_on().await;
        engine.work_on().await;
        assert_eq!(effects(&kit.world()), (1, 1, 0), "after {polls} polls");
        if polls > 20 && kit.world().calls.get("beta/poll").is_some_and(|polls| *polls > 3) {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_admin_who_waits_is_served_at_once_beside_thousands() {
    let mut names = many(5_000);
    names.push("solo".into());
    let (kit, engine) = Kit::paced(&on_alpha(&names), SLOW).await;
    all_on_alpha(&engine).await;
    let solo = engine.named("solo").await;
    let (all, mut waited) = (engine.reading().select(&Selection::Matching(Default::default())).await.unwrap(), Duration::ZERO);
    let bulk = Selection::People(all.into_iter().filter(|person| *person != solo).collect());
    engine.set_stop_limits(unlimited()).await.unwrap();
    let script = async {
        engine.queue(&bulk, BETA).await.unwrap();
        until(&kit, "bulk work is under way", async || made(&kit) >= 100).await;
        let begin = tokio::time::Instant::now();
        let id = engine.queue(&Selection::People(vec![solo]), BETA).await.unwrap();
        until(&kit, "the one is done", async || run(&engine, id).await.state == RunState::Done).await;
        waited = begin.elapsed();
    };
    beside(&engine, script).await;
    assert!(waited <= Duration::from_millis(500), "the admin waited {waited:?}");
    assert!(made(&kit) < 300, "bulk work goes on at its pace: {}", made(&kit));
}

pub(super) fn unlimited() -> crate::model::StopLimits {
    let none = crate::model::StopLimit::default();
    crate::model::StopLimits { resets: none, dismissals: none, representations: none, prompts: none }
}

#[tokio::test(start_paused = true)]
async fn the_time_left_is_what_the_limits_let_through_and_comes_true() {
    let names = many(1_000);
    let (kit, engine) = Kit::paced(&on_alpha(&names), SLOW).await;
    let all = all_on_alpha(&engine).await;
    let mut events = engine.subscribe();
    let script = async {
        let id = engine.queue(&all, BETA).await.unwrap();
        let begin = tokio::time::Instant::now();
        let left = async || engine.runs().await.unwrap().into_iter().find(|run| run.id == id).unwrap().time_left.unwrap();
        let first = left().await;
        assert!((95..=101).contains(&first), "{first}");
        kit.clock.wait(Duration::from_secs(50)).await;
        let half = left().await;
        assert!((45..=55).contains(&half), "{half}");
        until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
        let took = begin.elapsed().as_secs_f64();
        assert!((took - first as f64).abs() <= 0.05 * took, "{first} s were told, {took} it took");
        took
    };
    let (took, _) = beside(&engine, script).await;
    let mut told = 0;
    loop {
        match events.try_recv() {
            Ok(Event::RunProgress { time_left, ended, .. }) => {
                told += 1;
                assert!(ended || time_left.is_some());
            }
            Ok(_) => {}
            Err(tokio::sync::broadcast::error::TryRecvError::Lagged(_)) => {}
            Err(_) => break,
        }
    }
    assert!(f64::from(told) <= 5.0 * took, "{told} pieces of news in {took} s");
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_begins_nothing_new_also_after_a_restart_and_goes_on_when_resumed() {
    let names = many(60);
    let (kit, engine) = Kit::paced(&on_alpha(&names), SLOW).await;
    let all = all_on_alpha(&engine).await;
    let script = async {
        let id = engine.queue(&all, BETA).await.unwrap();
        until(&kit, "some are made", async || made(&kit) >= 5).await;
        engine.pause(id).await.unwrap();
        kit.clock.wait(Duration::from_secs(5)).await;
        let (then, view) = (made(&kit), run(&engine, id).await);
        assert!((5..60).contains(&then), "{then}");
        assert_eq!((view.state, view.waits, view.done), (RunState::Paused, Some(RunWait::Paused), then as u64));
        kit.clock.wait(Duration::from_secs(3_600)).await;
        assert_eq!(made(&kit), then);
        assert_eq!(engine.runs().await.unwrap()[0].time_left, None);
        (id, then)
    };
    let ((id, then), _) = beside(&engine, script).await;
    drop(engine);
    let engine = kit.open().await;
    engine.work_on().await;
    assert_eq!((made(&kit), run(&engine, id).await.state), (then, RunState::Paused));
    let mut events = engine.subscribe();
    engine.resume(id).await.unwrap();
    assert_eq!(events.try_recv().unwrap(), Event::RunChanged { run: id });
    engine.resume(id).await.unwrap();
    beside(&engine, until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done)).await;
    assert_eq!((made(&kit), counts(&run(&engine, id).await)), (60, vec![("synced", 60)]));
    engine.pause(id).await.unwrap();
    assert_eq!(run(&engine, id).await.state, RunState::Done, "what is over stays so");
}

#[tokio::test(start_paused = true)]
async fn who_was_asked_before_a_pause_can_still_finish_and_a_paused_run_can_be_stopped() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])]).await;
    let all = all_on_alpha(&engine).await;
    kit.world().faults.push(("alpha/send".into(), Fault::None));
    kit.world().faults.extend(vec![("alpha/send".into(), Fault::Down); 400]);
    let script = async {
        let id = engine.queue(&all, BETA).await.unwrap();
        until(&kit, "one is asked", async || kit.many(|world| world.said.len()) == 1).await;
        engine.pause(id).await.unwrap();
        kit.clock.wait(Duration::from_secs(60)).await;
        let asked = kit.world().said[0].to.replace("alpha-", "");
        for code in kit.world().codes.values_mut() {
            code.state = CodeState::Approved(format!("beta-{asked}"));
        }
        until(&kit, "they are synced", async || engine.row(&asked, BETA).await.status == Status::Synced).await;
        kit.world().faults.clear();
        kit.clock.wait(Duration::from_secs(600)).await;
        assert_eq!(kit.many(|world| world.said.len()), 1);
        engine.cancel_run(id).await.unwrap();
        let view = run(&engine, id).await;
        assert_eq!((view.state, counts(&view)), (RunState::Cancelled, vec![("cancelled", 1), ("synced", 1)]));
    };
    beside(&engine, script).await;
}

#[tokio::test(start_paused = true)]
async fn resets_and_undoings_pause_too() {
    let names = many(60);
    let (kit, engine) = Kit::paced(&on_alpha(&names), SLOW).await;
    let all = all_on_alpha(&engine).await;
    let made_by = engine.sync(&all, BETA, Until::For(Duration::from_secs(3_600)), &Cancel::new()).await.unwrap().run;
    engine.set_stop_limits(unlimited()).await.unwrap();
    for is_undo in [true, false] {
        let before = kit.many(|world| world.dismissed.len());
        let script = async {
            let id = if is_undo { engine.undo(made_by).await.unwrap() } else { engine.begin_reset(&all).await.unwrap() };
            until(&kit, "some are gone", async || kit.many(|world| world.dismissed.len()) >= before + 5).await;
            engine.pause(id).await.unwrap();
            kit.clock.wait(Duration::from_secs(10)).await;
            let then = kit.many(|world| world.dismissed.len());
            assert!(then < before + 60, "{then}");
            kit.clock.wait(Duration::from_secs(600)).await;
            assert_eq!(kit.many(|world| world.dismissed.len()), then);
            assert_eq!(run(&engine, id).await.waits, Some(RunWait::Paused));
            engine.resume(id).await.unwrap();
            until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
            assert_eq!((made(&kit), kit.many(|world| world.dismissed.len())), (0, before + 60));
        };
        beside(&engine, script).await;
        engine.sync(&all, BETA, Until::For(Duration::from_secs(3_600)), &Cancel::new()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_limit_holds_stays_held_when_a_paused_run_goes_on() {
    let names = many(60);
    let (kit, engine) = Kit::with(&on_alpha(&names)).await;
    let all = all_on_alpha(&engine).await;
    let limit = crate::model::StopLimit { count: Some(20), percent: None };
    engine.set_stop_limits(crate::model::StopLimits { representations: limit, ..unlimited() }).await.unwrap();
    let id = engine.queue(&all, BETA).await.unwrap();
    engine.pause(id).await.unwrap();
    let script = async {
        kit.clock.wait(Duration::from_secs(60)).await;
        assert_eq!((made(&kit), run(&engine, id).await.held), (0, 40));
        engine.resume(id).await.unwrap();
        kit.clock.wait(Duration::from_secs(60)).await;
        let view = run(&engine, id).await;
        assert_eq!((made(&kit), view.held, view.waits, view.state), (20, 40, Some(RunWait::Approval), RunState::Running));
        assert_eq!(engine.approve(id).await.unwrap(), 40);
        until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
        assert_eq!(made(&kit), 60);
    };
    beside(&engine, script).await;
}

#[tokio::test(start_paused = true)]
async fn thousands_who_are_queued_when_a_platform_signs_out_wait_for_the_sign_in_and_nobody_fails() {
    const MANY: u32 = 5_000;
    let names = many(MANY);
    let (kit, engine) = Kit::paced(&on_alpha(&names), BRISK).await;
    let all = all_on_alpha(&engine).await;
    engine.set_stop_limits(unlimited()).await.unwrap();
    let mut events = engine.subscribe();
    let notices = std::cell::Cell::new(0);
    let mut count = async || loop {
        use tokio::sync::broadcast::error::RecvError;
        match events.recv().await {
            Ok(Event::ConnectionChanged { platform: BETA }) => notices.set(notices.get() + 1),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => panic!("the test reads too slowly"),
            Err(RecvError::Closed) => return,
        }
    };
    let script = async {
        let id = engine.queue(&all, BETA).await.unwrap();
        until(&kit, "many are made", async || made(&kit) >= 500).await;
        kit.world().faults.extend(vec![("beta/represent".into(), Fault::Status(401)); 2_000]);
        until(&kit, "all others wait", async || run(&engine, id).await.waits == Some(RunWait::SignIn)).await;
        kit.clock.wait(Duration::from_secs(10)).await;
        let refused = 2_000 - kit.many(|world| world.faults.len());
        assert!(refused <= 310, "only what was under way was refused: {refused}");
        kit.clock.wait(Duration::from_secs(3_600)).await;
        assert_eq!(2_000 - kit.many(|world| world.faults.len()), refused, "nothing is tried while it is signed out");
        assert_eq!((notices.get(), made(&kit) < MANY as usize), (1, true));
        let status = engine.reading().status().await.unwrap().by_platform[&BETA];
        assert_eq!((status.failed, status.pending), (0, u64::from(MANY) - made(&kit) as u64));
        let waiting = engine.reading().run_people(id, Some(Status::Pending), 0, 1).await.unwrap();
        assert_eq!(waiting.rows[0].detail.as_deref(), Some("waiting_for_sign_in"));
        kit.world().faults.clear();
        kit.connect(&engine, BETA).await;
        until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
        assert_eq!(counts(&run(&engine, id).await), [("synced", u64::from(MANY))]);
    };
    beside(&engine, async {
        tokio::select! { () = script => {}, () = count() => {} }
    })
    .await;
    assert_eq!(made(&kit), MANY as usize);
}

#[tokio::test(start_paused = true)]
async fn a_carrier_or_target_that_signs_out_holds_prompts_until_both_are_there() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    all_on_alpha(&engine).await;
    kit.world().faults.extend(vec![("alpha/send".into(), Fault::Status(401)); 9]);
    let view = engine.sync_one("ana", ALPHA, BETA).await;
    assert_eq!((view.waiting, view.people[0].detail.as_deref()), (1, Some("waiting_for_sign_in")));
    engine.work_on().await;
    kit.world().faults.clear();
    assert_eq!(kit.many(|world| world.said.len()), 0);
    kit.connect(&engine, BETA).await;
    engine.work_on().await;
    assert_eq!(kit.many(|world| world.said.len()), 0, "it was not Beta that signed out");
    kit.connect(&engine, ALPHA).await;
    engine.work_on().await;
    assert_eq!((kit.many(|world| world.said.len()), engine.row("ana", BETA).await.detail), (1, Some("prompted".into())));
}

#[tokio::test(start_paused = true)]
async fn a_disconnected_platform_fails_what_waited_for_its_sign_in() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    kit.world().faults.extend(vec![("beta/represent".into(), Fault::Status(401)); 9]);
    assert_eq!(engine.sync_one("bob", ALPHA, BETA).await.waiting, 1);
    kit.world().faults.clear();
    engine.disconnect(BETA).await.unwrap();
    assert_eq!(engine.work_on().await.failed, 1);
    let failed = engine.reading().runs().await.unwrap()[0].id;
    let people = engine.reading().run_people(failed, Some(Status::Failed), 0, 9).await.unwrap();
    assert!(people.rows[0].reason.as_ref().unwrap().message.contains("not connected"));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_its_platform_fails_at_ten_times_is_given_up_with_what_to_do() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    let all = all_on_alpha(&engine).await;
    // The network and "too fast" do not count.
    kit.world().faults.extend(vec![("beta/device".into(), Fault::Down); 9_000]);
    let script = async {
        let id = engine.queue(&all, BETA).await.unwrap();
        kit.clock.wait(Duration::from_secs(24 * 3_600)).await;
        assert_eq!(engine.row("ana", BETA).await.status, Status::Pending);
        kit.world().faults.clear();
        kit.world().faults.extend(vec![("beta/device".into(), Fault::Status(500)); 100]);
        until_days(&kit, async || engine.row("ana", BETA).await.status == Status::Failed).await;
        let reason = engine.row("ana", BETA).await.reason.unwrap();
        assert_eq!((reason.kind.as_str(), reason.remedy.as_str()), ("gave_up", "Try again when Beta is well."));
        assert_eq!((run(&engine, id).await.state, kit.many(|world| world.said.len())), (RunState::Done, 0));
        kit.world().faults.clear();
        engine.queue(&all, BETA).await.unwrap();
        until(&kit, "they are asked", async || kit.many(|world| world.said.len()) == 1).await;
    };
    beside(&engine, script).await;
}

async fn until_days(kit: &Kit, holds: impl AsyncFn() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        kit.clock.wait(Duration::from_secs(300)).await;
    }
    panic!("three days were not enough");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_makes_nothing_wait_longer_and_repeats_nothing() {
    for jump in [-3_600, 3_600] {
        let names = many(20);
        let (kit, engine) = Kit::with(&on_alpha(&names)).await;
        let all = all_on_alpha(&engine).await;
        kit.world().faults.extend(vec![("beta/represent".into(), Fault::Down); 2_000]);
        let script = async {
            let id = engine.queue(&all, BETA).await.unwrap();
            kit.clock.wait(Duration::from_secs(300)).await;
            kit.world().faults.clear();
            kit.clock.jump(jump);
            let begin = tokio::time::Instant::now();
            until(&kit, "the run ends", async || run(&engine, id).await.state == RunState::Done).await;
            // Not longer than the longest pause of a step.
            assert!(begin.elapsed() < Duration::from_secs(260), "{:?}, {jump}", begin.elapsed());
        };
        beside(&engine, script).await;
        assert_eq!(effects(&kit.world()), (0, 20, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_code_is_asked_about_at_its_pace_though_the_clock_jumps() {
    for jump in [-3_600, 100] {
        let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
        engine.sync_one("ana", ALPHA, BETA).await;
        let polls = || kit.world().calls.get("beta/poll").copied().unwrap_or(0);
        let script = async {
            kit.clock.wait(Duration::from_secs(20)).await;
            let before = polls();
            kit.clock.jump(jump);
            kit.clock.wait(Duration::from_secs(60)).await;
            let asked = polls() - before;
            assert!((9..=13).contains(&asked), "asked {asked} times in a minute, {jump}");
            kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
            let begin = tokio::time::Instant::now();
            until(&kit, "ana is synced", async || engine.row("ana", BETA).await.status == Status::Synced).await;
            assert!(begin.elapsed() < Duration::from_secs(10), "{:?}, {jump}", begin.elapsed());
        };
        beside(&engine, script).await;
        assert_eq!(kit.many(|world| world.said.len()), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_starts_with_its_clock_set_back_waits_no_longer_for_anybody() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    drop(engine);
    kit.clock.jump(-3_600);
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    let engine = kit.open().await;
    let begin = tokio::time::Instant::now();
    assert_eq!(engine.work_on().await.done, 1);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn whoever_works_can_do_it_on_another_thread() {
    fn is_send(_: &impl Send) {}
    fn all(engine: &Engine, cancel: &Cancel) {
        is_send(&engine.keep_working(cancel));
        is_send(&engine.work(Until::Idle, cancel));
        is_send(&engine.pause(crate::model::RunId(1)));
        is_send(&engine.runs());
    }
    let _: fn(&Engine, &Cancel) = all;
}
