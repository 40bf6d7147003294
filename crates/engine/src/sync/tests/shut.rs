//! A keychain that is locked while work goes on: everything waits, says so, and goes on by itself.

use super::*;
use crate::error::Kind;

async fn passing(kit: &Kit, engine: &Engine, what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..6_000 {
        if holds().await {
            return;
        }
        kit.clock.wait(Duration::from_millis(100)).await;
    }
    panic!("{what}: {:?}", engine.reading().runs().await.unwrap());
}

/// Keeps working beside a script.
async fn beside<T>(engine: &Engine, script: impl Future<Output = T>) -> T {
    let cancel = Cancel::new();
    let script = async {
        let value = script.await;
        cancel.cancel();
        value
    };
    let (outcome, value) = tokio::join!(engine.keep_working(&cancel), script);
    outcome.unwrap();
    value
}

#[tokio::test(start_paused = true)]
async fn a_keychain_locked_at_any_moment_of_a_run_is_waited_for_and_nothing_fails_is_lost_or_sent_twice() {
    let mut most = 0;
    for calls in 0..12 {
        let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("dan", &[ALPHA]), ("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])]).await;
        let all = Selection::Matching(Default::default());
        engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
        engine.sync_one("eve", ALPHA, BETA).await;
        drop(engine);
        // Nothing is in memory yet.
        let engine = kit.open().await;
        let mut events = engine.subscribe();
        kit.secrets.shut_after(calls);
        let script = async {
            // Before anybody else is asked: it is the newest code that is approved.
            kit.world().decide("beta", CodeState::Approved("beta-eve".into()));
            let run = engine.queue(&all, BETA).await.unwrap();
            kit.clock.wait(Duration::from_secs(200)).await;
            for name in ["bob", "dan", "ana", "eve"] {
                assert_ne!(engine.row(name, BETA).await.status, Status::Failed, "{name} after {calls} calls");
            }
            let why = engine.waits_for();
            let waits = ["bob", "dan", "ana", "eve"].map(|name| async { engine.row(name, BETA).await.detail });
            let waiting =
                futures::future::join_all(waits).await.iter().flatten().filter(|detail| *detail == "waiting_for_keychain").count();
            let mut told = 0;
            while let Ok(event) = events.try_recv() {
                told += u32::from(event == Event::ConnectionChanged { platform: DELTA });
            }
            let refused = kit.secrets.unlock();
            assert_eq!((why.is_some(), told), (refused > 0, u32::from(refused > 0)), "told once, after {calls} calls");
            assert!(why.is_none_or(|error| error.kind == Kind::Keychain));
            assert!(refused == 0 || calls > 0 || waiting >= 3, "{waiting} wait");
            assert!(refused < 60, "asked {refused} times in 200 seconds");
            most = most.max(refused);
            let is_done =
                async || engine.reading().runs().await.unwrap().iter().all(|known| known.id != run || known.state == RunState::Done);
            passing(&kit, &engine, "the run ends", is_done).await;
            passing(&kit, &engine, "eve is synced", async || engine.row("eve", BETA).await.status == Status::Synced).await;
            assert!(engine.waits_for().is_none());
        };
        beside(&engine, script).await;
        assert_eq!(effects(&kit.world()), (2, 2, 0), "after {calls} calls");
        assert_eq!(engine.row("ana", BETA).await.detail.as_deref(), Some("prompted"), "after {calls} calls");
        assert!(["bob", "dan"].into_iter().all(|name| kit.world().stand_ins.iter().filter(|(_, _, made)| made == name).count() == 1));
    }
    assert!(most > 0, "the keychain was never met shut");
}

#[tokio::test(start_paused = true)]
async fn a_reset_waits_for_the_keychain_too() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    engine.sync_one("bob", ALPHA, BETA).await;
    drop(engine);
    let engine = kit.open().await;
    kit.secrets.shut_after(0);
    let bob = Selection::People(vec![engine.named("bob").await]);
    let script = async {
        engine.begin_reset(&bob).await.unwrap();
        kit.clock.wait(Duration::from_secs(30)).await;
        assert!(engine.waits_for().is_some());
        assert_eq!(engine.row("bob", BETA).await.status, Status::Synced);
        kit.secrets.unlock();
        passing(&kit, &engine, "the reset ends", async || engine.row("bob", BETA).await.status == Status::NotSynced).await;
    };
    beside(&engine, script).await;
    assert_eq!(kit.many(|world| world.dismissed.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_keep_on_ends_with_the_keychains_error() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    drop(engine);
    let engine = kit.open().await;
    kit.secrets.shut_after(0);
    engine.set_primary(&Selection::Matching(Default::default()), ALPHA, Confirmed::Nothing).await.unwrap();
    engine.queue(&Selection::Matching(Default::default()), BETA).await.unwrap();
    assert_eq!(engine.work(Until::Idle, &Cancel::new()).await.unwrap_err().kind, Kind::Keychain);
    kit.secrets.unlock();
    assert_eq!(engine.work_on().await.done, 1);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_entry_is_a_matter_of_signing_in_again_and_holds_up_nobody_else() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    drop(engine);
    kit.secrets.tamper("beta/main", Some("{\"half")).await;
    let engine = kit.open().await;
    let view = engine.sync_one("bob", ALPHA, BETA).await;
    assert_eq!((view.waiting, view.people[0].detail.as_deref()), (1, Some("waiting_for_sign_in")));
    assert_eq!(engine.health().await.unwrap()[&BETA].state, crate::model::HealthState::SignedOut);
    assert_eq!(engine.sync_one("bob", ALPHA, GAMMA).await.done, 1);
}
