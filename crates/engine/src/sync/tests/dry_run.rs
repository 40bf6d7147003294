//! Every preview says what then happens, sends nothing that changes anything, and writes nothing.

use std::collections::BTreeMap;

use super::keeping::{all_on_alpha, many, on_alpha, run};
use super::*;
use crate::engine::Failed;
use crate::store::history::TimelinePage;

/// Everything that a preview must leave alone.
async fn stored(engine: &Engine) -> (String, Vec<TimelinePage>, usize) {
    let reading = engine.reading();
    let status = serde_json::to_string(&reading.status().await.unwrap()).unwrap();
    let people = reading.select(&Selection::Matching(Default::default())).await.unwrap();
    let mut timelines = Vec::new();
    for person in people {
        timelines.push(reading.timeline(person, None, 100).await.unwrap());
    }
    (status, timelines, reading.runs().await.unwrap().len())
}

fn copies(kit: &Kit) -> usize {
    let names = std::fs::read_dir(kit.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with("dry-run")).count()
}

#[tokio::test(start_paused = true)]
async fn a_preview_of_an_import_says_what_the_import_then_does() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("bob", &[ALPHA]), ("cyd", &[BETA]), ("dan", &[ALPHA])]).await;
    engine.sync_one("bob", ALPHA, BETA).await;
    {
        let mut world = kit.world();
        let mut fay = world.accounts[0].clone();
        (fay.id, fay.name, fay.email) = ("alpha-fay".into(), "fay".into(), Some("fay@home.example".into()));
        world.accounts.push(fay);
        world.accounts.retain(|account| account.id != "beta-cyd" && account.id != "alpha-bob");
        world.accounts.iter_mut().find(|account| account.id == "alpha-dan").unwrap().name = "Daniel".into();
    }
    let before = stored(&engine).await;
    let preview = engine.preview_import(&[], &Cancel::new(), &|_, _| {}).await.unwrap();
    assert_eq!((stored(&engine).await, copies(&kit)), (before, 0));
    let all = |engine: &Engine| {
        let reading = engine.reading().clone();
        async move { reading.select(&Selection::Matching(Default::default())).await.unwrap() }
    };
    let people: std::collections::BTreeSet<_> = all(&engine).await.into_iter().collect();
    let done = engine.import(&[], &Cancel::new(), &|_, _| {}).await.unwrap();
    assert_eq!((preview.platforms, preview.errors), (done.platforms, BTreeMap::new()));
    let then: std::collections::BTreeSet<_> = all(&engine).await.into_iter().collect();
    assert_eq!(preview.people.new, then.difference(&people).count() as u64);
    assert_eq!(preview.people.gone, people.difference(&then).count() as u64);
    let change = preview.people;
    // Bob has a sync, so he stays listed without an account.
    assert_eq!((change.new, change.gone, change.changed, change.syncs_touched, change.conflicts), (1, 1, 2, 1, 0));
    let again = engine.preview_import(&[ALPHA], &Cancel::new(), &|_, _| {}).await.unwrap();
    assert_eq!((again.people.new, again.people.changed, again.people.gone), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_preview_of_an_import_that_fails_or_is_stopped_leaves_nothing_behind() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    let before = stored(&engine).await;
    kit.world().faults.extend(vec![("beta/accounts".into(), Fault::Status(403)); 9]);
    let preview = engine.preview_import(&[], &Cancel::new(), &|_, _| {}).await.unwrap();
    assert_eq!(preview.errors.keys().copied().collect::<Vec<_>>(), [BETA]);
    assert!(engine.preview_import(&[BETA], &Cancel::new(), &|_, _| {}).await.is_err());
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(engine.preview_import(&[], &cancel, &|_, _| {}).await.unwrap_err().kind, crate::Kind::Cancelled);
    assert_eq!((stored(&engine).await, copies(&kit)), (before, 0));
    // What a crash left goes at the next start.
    std::fs::create_dir(kit.folder().join("dry-run-7")).unwrap();
    drop(engine);
    kit.open().await;
    assert_eq!(copies(&kit), 0);
}

#[tokio::test(start_paused = true)]
async fn a_preview_of_a_decision_about_who_is_whom_says_what_then_is() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA]), ("anna", &[BETA]), ("bob", &[ALPHA, GAMMA])]).await;
    let (ana, bob) = (engine.named("ana").await, engine.named("bob").await);
    let before = stored(&engine).await;
    let link = engine.link_preview(ana, "beta:beta-anna").await.unwrap();
    let unlink = engine.unlink_preview("gamma:gamma-bob").await.unwrap();
    assert!(engine.link_preview(ana, "beta:nobody").await.is_err());
    assert!(engine.keep_apart_preview("c99").await.is_err());
    assert_eq!((stored(&engine).await, copies(&kit)), (before, 0));
    assert_eq!((link.change.changed, link.change.gone, link.change.new), (1, 1, 0));
    assert_eq!((unlink.change.changed, unlink.change.gone, unlink.change.new), (1, 0, 1));
    let linked = engine.link(ana, "beta:beta-anna").await.unwrap();
    assert_eq!(link.people, [linked]);
    engine.unlink("gamma:gamma-bob").await.unwrap();
    assert_eq!(unlink.people.iter().find(|person| person.id == bob).unwrap(), &engine.reading().person(bob).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn previews_of_cancelling_disconnecting_and_trying_again_say_what_then_happens() {
    let names = many(3);
    let mut people = on_alpha(&names);
    people.push(("ana", &[ALPHA, BETA]));
    let (kit, engine) = Kit::with(&people).await;
    let all = all_on_alpha(&engine).await;
    kit.world().faults.push(("beta/represent".into(), Fault::Status(403)));
    engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
    let (before, calls) = (stored(&engine).await, kit.world().calls.clone());
    let ana = engine.named("ana").await;
    let cancel = engine.cancel_preview(ana, BETA).await.unwrap();
    let nothing = engine.cancel_preview(ana, GAMMA).await.unwrap();
    let retry = engine.retry_preview(&Failed::default()).await.unwrap();
    let disconnect = engine.disconnect_preview(BETA).await.unwrap();
    assert_eq!((stored(&engine).await, &kit.world().calls), (before, &calls));
    assert_eq!((cancel.goes, nothing.goes.len()), (vec!["The open prompt in Alpha".to_owned(), "The sync to Beta".to_owned()], 0));
    let undone = engine.cancel(ana, BETA).await.unwrap();
    assert_eq!((undone.undone.len(), undone.left.len()), (2, 0));
    assert_eq!((retry.len(), retry[0].to, retry[0].total, retry[0].bots), (1, BETA, 1, 1));
    assert_eq!(disconnect.syncs.values().sum::<u64>(), 4);
    let runs = engine.retry_failed(&Failed::default()).await.unwrap();
    engine.work_on().await;
    assert_eq!(run(&engine, runs[0]).await.counts["synced"], 1);
    let disconnect = engine.disconnect_preview(BETA).await.unwrap();
    let view = engine.disconnect(BETA).await.unwrap();
    assert_eq!((disconnect.syncs, disconnect.grants), (view.syncs, view.grants));
    assert_eq!(disconnect.tokens.len(), view.gone.len() + view.left.len());
}
