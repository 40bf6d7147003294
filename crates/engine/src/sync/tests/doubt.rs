//! What nobody knows: whatever calls and looks answer, in whatever order, and whenever the program ends in between, a person is asked
//! once and gets one bot, unless the admin says that it did not happen.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::sync::doubt::PERHAPS_DONE;

/// What the kit's platforms say: after so long a look counts.
const SETTLES: Duration = Duration::from_secs(5);

async fn both(engine: &Engine) {
    let all = Selection::Matching(Default::default());
    engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
    engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
}

async fn bob_and_ana() -> (Kit, Engine) {
    Kit::with(&[("bob", &[ALPHA]), ("ana", &[ALPHA, BETA])]).await
}

#[tokio::test(start_paused = true)]
async fn what_arrives_late_or_shows_late_is_not_done_twice() {
    for fault in [Fault::Late(SETTLES - Duration::from_millis(1)), Fault::Hidden(SETTLES - Duration::from_millis(1))] {
        for path in ["alpha/send", "beta/represent"] {
            let (kit, engine) = bob_and_ana().await;
            kit.world().faults.push((path.into(), fault));
            both(&engine).await;
            assert_eq!(effects(&kit.world()), (1, 1, 0), "{path} {fault:?}");
            assert_eq!((engine.row("bob", BETA).await.status, engine.row("ana", BETA).await.status), (Status::Synced, Status::Pending));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_outlives_the_program_that_sent_it_is_waited_for_by_the_next_one() {
    for path in ["alpha/send", "beta/represent"] {
        for polls in 1.. {
            let (kit, engine) = bob_and_ana().await;
            kit.world().faults.push((path.into(), Fault::Late(SETTLES - Duration::from_millis(1))));
            let ended = crash_after(polls, both(&engine)).await.is_some();
            drop(engine);
            let engine = kit.open().await;
            engine.work_on().await;
            let begun = engine.reading().runs().await.unwrap().iter().any(|run| run.kind == RunKind::Sync);
            let rows = (engine.row("ana", BETA).await, engine.row("bob", BETA).await);
            assert_eq!(effects(&kit.world()), if begun { (1, 1, 0) } else { (0, 0, 0) }, "{path} after {polls} polls: {rows:?}");
            if ended {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_finds_nothing_is_waited_out_once_and_no_longer() {
    let (kit, engine) = bob_and_ana().await;
    kit.world().faults.push(("beta/represent".into(), Fault::Status(500)));
    let begin = tokio::time::Instant::now();
    both(&engine).await;
    assert_eq!(effects(&kit.world()), (1, 1, 0));
    assert!(begin.elapsed() >= SETTLES && begin.elapsed() < SETTLES + Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_the_platform_will_not_tell_is_perhaps_done_with_a_link_and_never_repeated_until_somebody_looks() {
    for (name, path, look) in [("bob", "beta/represent", "beta/confirm"), ("ana", "alpha/send", "alpha/confirm")] {
        for happened in [true, false] {
            let (kit, engine) = bob_and_ana().await;
            let lost = if happened { Fault::Lost } else { Fault::Status(500) };
            kit.world().faults.extend([(path.into(), lost), (look.into(), Fault::Status(403))]);
            both(&engine).await;
            let reason = engine.row(name, BETA).await.reason.unwrap();
            assert_eq!(reason.kind, PERHAPS_DONE, "{path}");
            assert!(reason.message.contains("Not allowed") && reason.remedy.starts_with("Allow it."), "{reason:?}");
            assert!(reason.link.unwrap().starts_with("https://"));
            let before = effects(&kit.world());
            for _ in 0..3 {
                kit.clock.wait(Duration::from_secs(20)).await;
                engine.work_on().await;
            }
            assert_eq!(effects(&kit.world()), before, "{path}: repeated without a word");
            let runs = engine.retry_failed(&crate::engine::Failed { kind: Some(PERHAPS_DONE.into()), ..Default::default() }).await.unwrap();
            assert_eq!(runs.len(), 1);
            engine.work_on().await;
            assert_eq!(effects(&kit.world()), (1, 1, 0), "{path}: trying again looks first");
            assert_ne!(engine.row(name, BETA).await.status, Status::Failed);
            kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
            engine.work_on().await;
            assert_eq!(engine.row("ana", BETA).await.status, Status::Synced, "the prompt that was found is one that works");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_admins_word_that_it_did_not_happen_sends_it_anew_and_only_then() {
    for (name, path, look) in [("bob", "beta/represent", "beta/confirm"), ("ana", "alpha/send", "alpha/confirm")] {
        let (kit, engine) = bob_and_ana().await;
        kit.world().faults.extend([(path.into(), Fault::Status(500)), (look.into(), Fault::Status(403))]);
        both(&engine).await;
        let person = engine.named(name).await;
        engine.send_anew(person, BETA).await.unwrap();
        engine.work_on().await;
        assert_eq!(effects(&kit.world()), (1, 1, 0), "{path}");
        assert_ne!(engine.row(name, BETA).await.status, Status::Failed);
        let error = engine.send_anew(person, BETA).await.unwrap_err();
        assert_eq!(error.kind, crate::Kind::Conflict, "nothing is in doubt any more");
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_account_wrote_is_not_taken_for_unwritten() {
    let (kit, engine) = bob_and_ana().await;
    kit.world().faults.extend([("alpha/send".into(), Fault::Lost), ("alpha/confirm".into(), Fault::Down)]);
    kit.world().faults.extend(vec![("alpha/confirm".into(), Fault::Down); 40]);
    both(&engine).await;
    kit.world().faults.clear();
    kit.world().sender = "another".into();
    kit.connect(&engine, ALPHA).await;
    engine.work_on().await;
    let reason = engine.row("ana", BETA).await.reason.unwrap();
    assert_eq!((reason.kind.as_str(), kit.many(|world| world.said.len())), (PERHAPS_DONE, 1), "{reason:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_looked_for_in_vain_a_week_later_is_perhaps_done() {
    let (kit, engine) = bob_and_ana().await;
    kit.world().faults.push(("alpha/send".into(), Fault::Status(500)));
    kit.world().faults.extend(vec![("alpha/confirm".into(), Fault::Down); 40]);
    both(&engine).await;
    drop(engine);
    kit.world().faults.clear();
    kit.clock.wait(Duration::from_secs(7 * 24 * 3600)).await;
    let engine = kit.open().await;
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.reason.unwrap().kind, PERHAPS_DONE);
    assert_eq!(kit.many(|world| world.said.len()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_doubtful_change_of_a_prompt_is_taken_up_without_asking_the_person_anew() {
    let (kit, engine) = Kit::with(&[("ana", &[BETA, DELTA])]).await;
    engine.sync_one("ana", BETA, DELTA).await;
    // A message can be edited twice there; then the fresh code comes in a new one.
    for _ in 0..3 {
        kit.world().decide("delta", CodeState::Expired);
        engine.work_on().await;
        if kit.many(|world| world.said.last().map_or(0, |said| said.edits as usize)) == 2 {
            kit.world().faults.extend([("beta/send".into(), Fault::Lost), ("beta/confirm".into(), Fault::Status(403))]);
        }
        kit.world().answer("beta-ana", "again");
        kit.clock.wait(Duration::from_secs(20)).await;
        engine.work_on().await;
    }
    let (reason, said) = (engine.row("ana", DELTA).await.reason.unwrap(), kit.many(|world| world.said.len()));
    assert_eq!((reason.kind.as_str(), said), (PERHAPS_DONE, 3), "{reason:?}");
    engine.retry_failed(&Default::default()).await.unwrap();
    engine.work_on().await;
    engine.work_on().await;
    let row = engine.row("ana", DELTA).await;
    assert_eq!((row.status, row.detail.as_deref(), kit.many(|world| world.said.len())), (Status::Pending, Some("prompted"), said));
    kit.world().decide("delta", CodeState::Approved("delta-ana".into()));
    engine.work_on().await;
    assert_eq!(engine.row("ana", DELTA).await.status, Status::Synced);
}

#[tokio::test(start_paused = true)]
async fn a_person_is_the_same_to_a_platform_after_a_reset_and_nobody_else_in_another_data_folder() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    for _ in 0..2 {
        engine.sync_one("bob", ALPHA, BETA).await;
        engine.reset(engine.named("bob").await).await.unwrap();
    }
    let (other, stranger) = Kit::with(&[("bob", &[ALPHA])]).await;
    stranger.sync_one("bob", ALPHA, BETA).await;
    let (here, there) = (kit.world().represented.clone(), other.world().represented.clone());
    assert!(here[0] == here[1] && here[0] != there[0], "{here:?} {there:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_undone_in_the_middle_of_a_doubt_leaves_nothing_behind() {
    for (name, path) in [("bob", "beta/represent"), ("ana", "alpha/send")] {
        for fault in [Fault::Late(SETTLES - Duration::from_millis(1)), Fault::Hidden(SETTLES - Duration::from_millis(1)), Fault::Lost] {
            let (kit, engine) = bob_and_ana().await;
            let person = engine.named(name).await;
            engine.set_primary(&Selection::People(vec![person]), ALPHA, Confirmed::Nothing).await.unwrap();
            engine.queue(&Selection::People(vec![person]), BETA).await.unwrap();
            kit.world().faults.push((path.into(), fault));
            let asked = || kit.many(|world| world.calls.get(path).copied().unwrap_or(0) as usize);
            for polls in 1.. {
                crash_after(polls, engine.work_on()).await;
                if asked() > 0 {
                    break;
                }
            }
            engine.reset(person).await.unwrap();
            kit.clock.wait(SETTLES).await;
            engine.work_on().await;
            assert_eq!((kit.many(|world| world.stand_ins.len()), asked()), (0, 1), "{path} {fault:?}");
            let said = kit.world().said.clone();
            assert!(said.iter().all(|said| said.text.contains("withdrew")), "{fault:?}: an open prompt stays: {said:?}");
        }
    }
}

/// What the other side does at one call.
fn calls() -> impl Strategy<Value = Vec<Option<Fault>>> {
    let late = (0u64..4_999).prop_map(Duration::from_millis);
    let one = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Fault::Down)),
        1 => Just(Some(Fault::Status(429))),
        1 => Just(Some(Fault::Status(500))),
        1 => Just(Some(Fault::Status(403))),
        2 => Just(Some(Fault::Lost)),
        2 => Just(Some(Fault::Broken)),
        2 => late.clone().prop_map(|late| Some(Fault::Late(late))),
        2 => late.prop_map(|late| Some(Fault::Hidden(late))),
    ];
    proptest::collection::vec(one, 0..5)
}

/// What it answers to looks.
fn looks() -> impl Strategy<Value = Vec<Option<Fault>>> {
    let one = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Fault::Down)),
        1 => Just(Some(Fault::Status(500))),
        1 => Just(Some(Fault::Status(429))),
        1 => Just(Some(Fault::Status(403))),
    ];
    proptest::collection::vec(one, 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_thing_is_done_once_or_said_to_be_in_doubt(
        calls in calls(),
        looks in looks(),
        crashes in proptest::collection::vec(1u32..120, 0..3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (kit, engine) = bob_and_ana().await;
            let all = Selection::Matching(Default::default());
            engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
            for (call, look) in [("alpha/send", "alpha/confirm"), ("beta/represent", "beta/confirm")] {
                let planned = |path: &str, faults: &[Option<Fault>]| -> Vec<(String, Fault)> {
                    faults.iter().map(|fault| (path.to_owned(), fault.unwrap_or(Fault::None))).collect()
                };
                kit.world().faults.extend(planned(call, &calls));
                kit.world().faults.extend(planned(look, &looks));
            }
            engine.queue(&all, BETA).await.unwrap();
            let mut engine = Some(engine);
            for polls in crashes {
                crash_after(polls, engine.as_ref().unwrap().work_on()).await;
                drop(engine.take());
                engine = Some(kit.open().await);
            }
            let engine = engine.unwrap();
            for _ in 0..4 {
                engine.work_on().await;
                kit.clock.wait(Duration::from_secs(300)).await;
                let (said, made, _) = effects(&kit.world());
                assert!(said <= 1 && made <= 1, "{said} prompts, {made} bots");
            }
            kit.world().faults.clear();
            engine.work_on().await;
            for (name, done) in [("ana", kit.many(|world| world.said.len())), ("bob", kit.many(|world| world.stand_ins.len()))] {
                let row = engine.row(name, BETA).await;
                match row.status {
                    Status::Failed => {
                        let kind = row.reason.unwrap().kind;
                        assert!(kind == PERHAPS_DONE || (kind == "forbidden" && done == 0), "{name}: {kind}, done {done} times");
                    }
                    _ => assert_eq!(done, 1, "{name}: {row:?}"),
                }
            }
            engine.retry_failed(&Default::default()).await.unwrap();
            for _ in 0..3 {
                engine.work_on().await;
                kit.clock.wait(Duration::from_secs(60)).await;
            }
            assert_eq!(effects(&kit.world()), (1, 1, 0), "trying again completes it, once");
        });
    }
}
