//! What only the whole engine can show: realms, the folder's lock, connecting and disconnecting.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::cancel::Cancel;
use crate::model::{HealthState, RunState, Status};
use crate::secrets::{MemorySecrets, Secret};
use crate::signin::Given;
use crate::sync::testing::{ALPHA, BETA, Fault, GAMMA, Kit};

mod disk;

#[tokio::test(start_paused = true)]
async fn parts_of_different_realms_are_refused() {
    let (kit, engine) = Kit::with(&[]).await;
    drop(engine);
    let mut parts = kit.parts();
    parts.secrets = Arc::new(MemorySecrets::new(Realm::Live));
    assert_eq!(Engine::open(parts).await.err().unwrap().kind, Kind::Bug);
    let mut parts = kit.parts();
    parts.realm = Realm::Live;
    assert_eq!(Engine::open(parts).await.err().unwrap().kind, Kind::Bug);
}

#[tokio::test(start_paused = true)]
async fn a_second_engine_is_refused_and_reading_works_beside_the_first() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA])]).await;
    assert_eq!(Engine::open(kit.parts()).await.err().unwrap().kind, Kind::Conflict);
    let reading = Reading::open(kit.parts().platforms, kit.folder(), Realm::Demo).await.unwrap();
    assert_eq!(reading.status().await.unwrap().people, 1);
    assert_eq!(reading.people(Default::default(), 10, None).await.unwrap().total, 1);
    let other_realm = Reading::open(kit.parts().platforms, kit.folder(), Realm::Live).await.err().unwrap();
    assert_eq!(other_realm.kind, Kind::Conflict);
    drop(engine);
    kit.open().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_shown_without_its_secrets_and_names_what_it_lacks() {
    let (kit, engine) = Kit::with(&[]).await;
    kit.world().scopes.retain(|scope| scope != "people.write");
    let given = [("access_token", "admin-token"), ("client_id", "client")].map(|(field, value)| (field.to_owned(), Secret::new(value)));
    let view = engine.connect(BETA, Given::from(given).into(), &|_| {}).await.unwrap();
    assert_eq!(view.tenant_name.as_deref(), Some("Example"));
    assert_eq!(view.missing_scopes.iter().map(|missing| missing.scope.as_str()).collect::<Vec<_>>(), ["people.write"]);
    let shown = serde_json::to_string(&engine.reading().connections().await.unwrap()).unwrap();
    assert!(!shown.contains("admin-token"));
    let bytes = std::fs::read(kit.folder().join("user-sync.db")).unwrap();
    assert!(!bytes.windows(11).any(|window| window == b"admin-token"));
}

#[tokio::test(start_paused = true)]
async fn a_disconnection_reports_the_syncs_that_used_it_and_keeps_people_listed() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    engine.sync_one("bob", ALPHA, BETA).await;
    let view = engine.disconnect(BETA).await.unwrap();
    assert_eq!(view.syncs, BTreeMap::from([(Status::Synced, 1)]));
    assert_eq!(engine.reading().status().await.unwrap().people, 1);
    let plan = engine.reading().plan(&Selection::Matching(Default::default()), BETA).await.unwrap();
    assert_eq!(plan.blocked[0].reason, "not_connected");
    assert_eq!(engine.disconnect(BETA).await.unwrap_err().kind, Kind::NotFound);
    let left = engine.reset(engine.named("bob").await).await.unwrap().left;
    assert_eq!((left.len(), kit.many(|world| world.dismissed.len())), (1, 0), "what cannot be reached any more is listed: {left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_disconnection_ends_the_tokens_at_the_platform_and_lists_what_stays() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    kit.world().decide("beta", crate::sync::testing::CodeState::Approved("beta-ana".into()));
    engine.work_on().await;
    let view = engine.disconnect(BETA).await.unwrap();
    assert_eq!((view.gone.as_slice(), view.left.as_slice(), view.grants), (["token main ended".to_owned()].as_slice(), [].as_slice(), 1));
    assert_eq!(kit.world().revoked, ["beta itself"], "the employee's own sign-in stays");
    assert!(!kit.secrets.inner.all().keys().any(|handle| handle.0.starts_with("beta/")));

    let view = engine.disconnect(ALPHA).await.unwrap();
    assert_eq!((view.gone.len(), view.left.len(), view.grants), (0, 1, 0));
    assert_eq!(view.left[0].link.as_deref(), Some("https://admin.example/apps"));
    assert!(view.left[0].why.contains("no way"), "{view:?}");
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_does_not_answer_is_not_in_the_way_of_a_disconnection_and_a_shut_keychain_ends_nothing() {
    let (kit, engine) = Kit::with(&[]).await;
    kit.secrets.shut_after(0);
    assert_eq!(engine.disconnect(BETA).await.unwrap_err().kind, Kind::Keychain);
    assert_eq!(kit.many(|world| world.revoked.len()), 0);
    kit.secrets.unlock();
    for fault in [Fault::Status(429), Fault::Down, Fault::Status(403)] {
        kit.world().faults.extend(vec![("beta/sign_off".into(), fault); 500]);
        let begin = tokio::time::Instant::now();
        let view = engine.disconnect(BETA).await.unwrap();
        assert_eq!((view.gone.len(), view.left.len()), (0, 1), "{fault:?}");
        assert!(view.left[0].link.is_some() && !view.left[0].why.is_empty());
        assert!(begin.elapsed().as_secs() < 30, "{:?} with {fault:?}", begin.elapsed());
        assert!(!kit.secrets.inner.all().keys().any(|handle| handle.0.starts_with("beta/")), "forgotten here in any case");
        kit.world().faults.clear();
        kit.connect(&engine, BETA).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_primary_platform_with_syncs_in_place_is_changed_only_when_their_reset_is_confirmed() {
    let (_kit, engine) = Kit::with(&[("cyd", &[ALPHA, GAMMA])]).await;
    engine.sync_one("cyd", ALPHA, BETA).await;
    let cyd = Selection::People(vec![engine.named("cyd").await]);
    let asked = engine.set_primary(&cyd, GAMMA, Confirmed::Nothing).await.unwrap();
    assert_eq!((asked.changed, asked.unconfirmed, asked.people[0].would_reset.as_slice()), (0, 1, [BETA].as_slice()));
    assert_eq!(engine.row("cyd", BETA).await.status, Status::Synced);
    let done = engine.set_primary(&cyd, GAMMA, Confirmed::Resets).await.unwrap();
    assert_eq!(done.changed, 1);
    assert_eq!(engine.row("cyd", BETA).await.status, Status::NotSynced);
    let nowhere = engine.set_primary(&cyd, BETA, Confirmed::Resets).await.unwrap();
    assert_eq!((nowhere.failed, nowhere.people[0].reason.is_some()), (1, true));
}

#[tokio::test(start_paused = true)]
async fn every_change_of_a_sync_is_told() {
    let (_kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    let mut events = engine.subscribe();
    engine.sync_one("bob", ALPHA, BETA).await;
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        told.push(event);
    }
    assert!(told.iter().any(|event| matches!(event, Event::SyncChanged { status: Status::Synced, .. })), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn the_health_of_a_platform_follows_its_traffic_and_every_flip_is_told() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("dan", &[ALPHA]), ("eve", &[ALPHA])]).await;
    let state = async || engine.health().await.unwrap()[&BETA].state;
    assert_eq!(state().await, HealthState::Well, "connecting and importing have just succeeded");
    let mut events = engine.subscribe();
    let mut flips = || {
        let mut flips = 0;
        while let Ok(event) = events.try_recv() {
            flips += u32::from(event == Event::ConnectionChanged { platform: BETA });
        }
        flips
    };
    kit.world().faults.extend(vec![("beta/represent".into(), Fault::Down); 50]);
    engine.sync_one("bob", ALPHA, BETA).await;
    assert_eq!((state().await, flips()), (HealthState::Unreachable, 1));
    assert_eq!(engine.health().await.unwrap()[&BETA].last_failure.as_ref().unwrap().kind, "network");
    assert_eq!(engine.health().await.unwrap()[&ALPHA].state, HealthState::Well, "another platform's trouble is its own");
    kit.world().faults.clear();
    engine.work_on().await;
    assert_eq!((state().await, flips()), (HealthState::Well, 1));
    kit.world().faults.extend(vec![("beta/represent".into(), Fault::Status(401)); 9]);
    engine.sync_one("dan", ALPHA, BETA).await;
    assert_eq!((state().await, flips()), (HealthState::SignedOut, 1));
    engine.disconnect(BETA).await.unwrap();
    assert!(!engine.health().await.unwrap().contains_key(&BETA));
}

#[tokio::test(start_paused = true)]
async fn when_a_sign_in_ends_is_known_right_after_a_start_and_forgotten_with_the_connection() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    let ends = async |engine: &Engine| engine.health().await.unwrap().get(&BETA).and_then(|health| health.sign_in_ends);
    assert_eq!(ends(&engine).await, None);
    drop(engine);
    let stored = r#"{"access":"admin-token","refresh":"r","ends_at":"2030-01-20T08:00:00Z","flow":"slot"}"#;
    kit.secrets.tamper("beta/main", Some(stored)).await;
    let engine = kit.open().await;
    engine.sync_one("bob", ALPHA, BETA).await;
    let known = ends(&engine).await;
    assert_eq!(known.unwrap().to_string(), "2030-01-20T08:00:00Z");
    drop(engine);
    let engine = kit.open().await;
    let calls = kit.world().calls.clone();
    assert_eq!((ends(&engine).await, &kit.world().calls), (known, &calls), "without any request");
    engine.disconnect(BETA).await.unwrap();
    kit.connect(&engine, BETA).await;
    drop(engine);
    let engine = kit.open().await;
    assert_eq!(ends(&engine).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_import_is_known_before_it_reads_and_one_that_was_stopped_says_so() {
    let (_kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("dan", &[BETA])]).await;
    let mut events = engine.subscribe();
    let import = engine.begin_import(&[]).await.unwrap();
    let (run, begun) = (import.run, engine.reading().runs().await.unwrap()[0].clone());
    assert_eq!((begun.id, begun.state, begun.ended_at), (run, RunState::Running, None));
    engine.run_import(import, &Cancel::new(), &|_, _| {}).await.unwrap();
    let done = engine.reading().runs().await.unwrap()[0].clone();
    assert_eq!((done.state, done.done, done.counts["accounts"], done.counts["new"]), (RunState::Done, 2, 2, 0));
    let mut figures = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::RunProgress { done, ended, .. } = event {
            figures.push((done, ended));
        }
    }
    assert!(figures.is_sorted(), "the accounts of all platforms are added up: {figures:?}");
    assert_eq!((figures.first(), figures.last()), (Some(&(0, false)), Some(&(2, true))));

    let (cancel, import) = (Cancel::new(), engine.begin_import(&[ALPHA]).await.unwrap());
    cancel.cancel();
    assert_eq!(engine.run_import(import, &cancel, &|_, _| {}).await.unwrap_err().kind, Kind::Cancelled);
    assert_eq!(engine.reading().runs().await.unwrap()[0].state, RunState::Cancelled);
    assert_eq!(engine.cancel_run(engine.reading().runs().await.unwrap()[1].id).await.ok(), Some(()), "one that is over stays so");
}

#[tokio::test(start_paused = true)]
async fn a_failed_import_says_why() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    kit.world().faults.extend(vec![("alpha/accounts".into(), Fault::Down); 50]);
    engine.import(&[ALPHA], &Cancel::new(), &|_, _| {}).await.unwrap_err();
    let run = engine.reading().runs().await.unwrap()[0].clone();
    assert_eq!((run.state, run.problem.unwrap().kind.as_str()), (RunState::Failed, "network"));
}
