//! The key of what is sealed: exchanged at any moment without a loss, and a loss said clearly, never a crash.

use super::*;
use crate::engine::{GrantKey, GrantKeyState};
use crate::error::Kind;

const KEY: &str = "grants/key";

/// Ana has authorised her own account, Eve has an open code.
async fn one_synced_one_asked(engine: &Engine, kit: &Kit) {
    engine.sync_one("ana", ALPHA, BETA).await;
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    engine.work_on().await;
    engine.sync_one("eve", ALPHA, BETA).await;
    assert_eq!((engine.row("ana", BETA).await.status, engine.row("eve", BETA).await.status), (Status::Synced, Status::Pending));
}

const PEOPLE: &[(&str, &[PlatformId])] = &[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])];

fn stands(key: &GrantKey) -> (GrantKeyState, u64, u64) {
    (key.state, key.grants, key.people)
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_an_exchange_of_the_key_loses_nothing() {
    let act = async |engine: &Engine| drop(engine.rotate_key().await.unwrap());
    let before = async |kit: &Kit, engine: &Engine| {
        one_synced_one_asked(engine, kit).await;
        kit.secrets.slow();
    };
    let check = async |kit: &Kit, engine: &Engine, polls: u32| {
        assert_eq!(stands(&engine.grant_key().await.unwrap()), (GrantKeyState::Good, 1, 1), "after {polls} polls");
        assert_eq!(kit.secrets.inner.all()[&crate::secrets::Handle(KEY.into())].expose().lines().count(), 1, "after {polls} polls");
        kit.world().decide("beta", CodeState::Approved("beta-eve".into()));
        assert_eq!(engine.work_on().await.done, 2, "after {polls} polls");
        let view = engine.reset(engine.named("ana").await).await.unwrap();
        assert_eq!(view.left, [], "after {polls} polls");
        assert_eq!(kit.world().said.len(), 2, "nobody is asked for it");
    };
    at_every_moment(PEOPLE, before, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn an_exchange_seals_everything_under_another_key_and_the_old_one_is_gone() {
    let (kit, engine) = Kit::with(PEOPLE).await;
    assert_eq!(stands(&engine.rotate_key().await.unwrap()), (GrantKeyState::None, 0, 0), "nothing is sealed yet");
    one_synced_one_asked(&engine, &kit).await;
    let entry = || kit.secrets.inner.all()[&crate::secrets::Handle(KEY.into())].clone();
    let (old, since) = (entry(), engine.grant_key().await.unwrap().since);
    kit.clock.wait(Duration::from_secs(60)).await;
    let key = engine.rotate_key().await.unwrap();
    assert_eq!(stands(&key), (GrantKeyState::Good, 1, 1));
    assert!(entry() != old && !entry().expose().contains(old.expose()), "the old key stays");
    assert!(key.since > since, "{key:?} since {since:?}");
    drop(engine);
    kit.secrets.tamper(KEY, Some(old.expose())).await;
    let engine = kit.open().await;
    assert_eq!(engine.grant_key().await.unwrap().state, GrantKeyState::Lost, "something still opens with the old key");
}

#[tokio::test(start_paused = true)]
async fn a_lost_key_fails_whom_it_concerns_and_they_are_asked_again_only_when_the_admin_says_so() {
    let (kit, engine) = Kit::with(PEOPLE).await;
    one_synced_one_asked(&engine, &kit).await;
    drop(engine);
    for text in [None, Some("half-writ"), Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")] {
        kit.secrets.tamper(KEY, text).await;
        let engine = kit.open().await;
        let (said, codes) = (kit.many(|world| world.said.len()), kit.many(|world| world.codes.len()));
        let work = engine.work_on().await;
        assert_eq!((work.done, work.waiting, work.failed), (0, 0, 2), "{text:?}");
        for name in ["ana", "eve"] {
            let row = engine.row(name, BETA).await;
            let reason = row.reason.unwrap();
            assert_eq!((row.status, reason.kind.as_str()), (Status::Failed, "key_lost"), "{name}");
            assert!(reason.message.contains("key") && reason.remedy.contains("Ask the person again"), "{reason:?}");
        }
        let key = engine.grant_key().await.unwrap();
        assert_eq!((stands(&key), key.since.is_some()), ((GrantKeyState::Lost, 1, 2), true));
        kit.clock.wait(Duration::from_secs(3_600)).await;
        engine.work_on().await;
        assert_eq!((kit.many(|world| world.said.len()), kit.many(|world| world.codes.len())), (said, codes), "nothing is sent unasked");
        assert_eq!(engine.grant_key().await.unwrap().since, key.since);
    }
    let engine = kit.open().await;
    assert_eq!(engine.ask_again_lost().await.unwrap(), 2);
    engine.work_on().await;
    assert_eq!(engine.row("eve", BETA).await.detail.as_deref(), Some("prompted"));
    for name in ["eve", "ana"] {
        kit.world().decide("beta", CodeState::Approved(format!("beta-{name}")));
        engine.work_on().await;
    }
    let _either_code_may_come_first = engine.work_on().await;
    assert_eq!(stands(&engine.grant_key().await.unwrap()).0, GrantKeyState::Good);
    assert_eq!(engine.ask_again_lost().await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_does_not_hide_that_the_old_one_is_lost_and_a_key_that_returns_mends_everything() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA]), ("fay", &[ALPHA, BETA])]).await;
    one_synced_one_asked(&engine, &kit).await;
    let old = kit.secrets.inner.all()[&crate::secrets::Handle(KEY.into())].clone();
    drop(engine);
    kit.secrets.tamper(KEY, None).await;
    let engine = kit.open().await;
    engine.sync_one("fay", ALPHA, BETA).await;
    assert!(kit.secrets.inner.all().contains_key(&crate::secrets::Handle(KEY.into())), "a new key was made");
    assert_eq!(stands(&engine.grant_key().await.unwrap()), (GrantKeyState::Lost, 1, 2));
    assert_eq!(engine.row("fay", BETA).await.status, Status::Pending);
    assert_eq!(engine.row("ana", BETA).await.reason.unwrap().kind, "key_lost");
    drop(engine);
    let new = kit.secrets.inner.all()[&crate::secrets::Handle(KEY.into())].clone();
    kit.secrets.tamper(KEY, Some(&format!("{}\n{}", new.expose(), old.expose()))).await;
    let engine = kit.open().await;
    assert_eq!(engine.grant_key().await.unwrap().state, GrantKeyState::Good);
    assert_eq!(engine.row("ana", BETA).await.status, Status::Synced, "nothing was lost after all");
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_cannot_be_asked_is_no_lost_key() {
    let (kit, engine) = Kit::with(PEOPLE).await;
    one_synced_one_asked(&engine, &kit).await;
    drop(engine);
    let engine = kit.open().await;
    kit.secrets.shut_after(0);
    assert_eq!(engine.grant_key().await.unwrap_err().kind, Kind::Keychain);
    assert_eq!(engine.rotate_key().await.unwrap_err().kind, Kind::Keychain);
    assert_eq!(engine.ask_again_lost().await.unwrap_err().kind, Kind::Keychain);
    assert_eq!(engine.work(Until::Idle, &Cancel::new()).await.unwrap_err().kind, Kind::Keychain);
    assert_eq!((engine.row("ana", BETA).await.status, engine.row("eve", BETA).await.status), (Status::Synced, Status::Pending));
    kit.secrets.unlock();
    assert_eq!(stands(&engine.grant_key().await.unwrap()), (GrantKeyState::Good, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_reset_under_a_lost_key_lists_what_stays_and_goes_on() {
    let (kit, engine) = Kit::with(PEOPLE).await;
    one_synced_one_asked(&engine, &kit).await;
    drop(engine);
    kit.secrets.tamper(KEY, None).await;
    let engine = kit.open().await;
    engine.work_on().await;
    for name in ["ana", "eve"] {
        engine.reset(engine.named(name).await).await.unwrap();
        assert_eq!(engine.row(name, BETA).await.status, Status::NotSynced, "{name}");
    }
    assert_eq!(stands(&engine.grant_key().await.unwrap()), (GrantKeyState::None, 0, 0));
}
