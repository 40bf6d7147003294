//! What failed, grouped, and tried again.

use crate::cancel::Cancel;
use crate::engine::{Confirmed, Failed, Selection};
use crate::model::{PlatformId, RunKind, Status};
use crate::sync::Until;
use crate::sync::testing::{ALPHA, BETA, DELTA, Fault, GAMMA, Kit};

const HERE: &[PlatformId] = &[ALPHA];

async fn failed(kit: &Kit, engine: &crate::engine::Engine, to: PlatformId, statuses: &[u16]) {
    let path = format!("{to}/represent");
    kit.world().faults.extend(statuses.iter().map(|status| (path.clone(), Fault::Status(*status))));
    let all = Selection::Matching(Default::default());
    engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
    engine.sync(&all, to, Until::Idle, &Cancel::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn failures_are_grouped_by_platform_and_reason_the_largest_first() {
    let (kit, engine) = Kit::with(&[("ana", HERE), ("bob", HERE), ("cyd", HERE)]).await;
    failed(&kit, &engine, BETA, &[403, 403, 404]).await;
    failed(&kit, &engine, GAMMA, &[403]).await;
    let groups = engine.reading().failures().await.unwrap();
    let seen: Vec<(PlatformId, &str, u64, bool)> =
        groups.iter().map(|group| (group.platform, group.reason.kind.as_str(), group.people, group.doubtful)).collect();
    assert_eq!(seen, [(BETA, "forbidden", 2, false), (BETA, "not_found", 1, false), (GAMMA, "forbidden", 1, false)]);
    assert_eq!((groups[0].reason.remedy.as_str(), groups[0].since.starts_with("2030-01-01T08:")), ("Allow it.", true));
}

#[tokio::test(start_paused = true)]
async fn words_that_begin_with_a_persons_name_are_one_group() {
    let (_, engine) = Kit::with(&[("ana", HERE), ("bob", HERE), ("anabel", HERE)]).await;
    let reason = |message: &str| serde_json::json!({"kind": "invalid", "message": message, "remedy": "Import.", "act": null}).to_string();
    for (name, message) in [("ana", "ana has no account."), ("bob", "bob has no account."), ("anabel", "anabel had one.")] {
        let (person, reason) = (engine.named(name).await, reason(message));
        engine
            .shared
            .store
            .write(move |transaction| {
                transaction.execute(
                    "INSERT INTO syncs (person, platform, status, reason, updated_at) VALUES (?, 'beta', 'failed', ?, '2030-01-01T00:00:00Z')",
                    rusqlite::params![person.0, reason],
                )?;
                Ok(())
            })
            .await
            .unwrap();
    }
    let groups = engine.reading().failures().await.unwrap();
    let seen: Vec<(u64, &str)> = groups.iter().map(|group| (group.people, group.reason.message.as_str())).collect();
    assert_eq!(seen, [(2, "The person has no account."), (1, "anabel had one.")]);
}

#[tokio::test(start_paused = true)]
async fn trying_again_takes_exactly_what_was_asked_for_and_a_second_time_nothing() {
    let (kit, engine) = Kit::with(&[("ana", HERE), ("bob", HERE), ("cyd", HERE)]).await;
    failed(&kit, &engine, BETA, &[403, 403, 404]).await;
    failed(&kit, &engine, GAMMA, &[403]).await;
    let forbidden = Failed { platform: Some(BETA), kind: Some("forbidden".into()), run: None };
    let runs = engine.retry_failed(&forbidden).await.unwrap();
    assert_eq!((runs.len(), engine.retry_failed(&forbidden).await.unwrap().len()), (1, 0));
    engine.work_on().await;
    let run = engine.reading().run(runs[0]).await.unwrap();
    assert_eq!((run.kind, run.counts["synced"]), (RunKind::Sync, 2));
    let left = engine.reading().failures().await.unwrap();
    assert_eq!(left.iter().map(|group| (group.platform, group.people)).collect::<Vec<_>>(), [(BETA, 1), (GAMMA, 1)]);
    assert_eq!(engine.retry_failed(&Failed::default()).await.unwrap().len(), 2, "one run for each platform");
    engine.work_on().await;
    assert_eq!((engine.reading().failures().await.unwrap().len(), kit.many(|world| world.stand_ins.len())), (0, 6));
}

#[tokio::test(start_paused = true)]
async fn trying_a_run_again_leaves_others_alone() {
    let (kit, engine) = Kit::with(&[("ana", HERE), ("bob", HERE)]).await;
    kit.world().faults.extend(vec![("beta/represent".into(), Fault::Status(403)); 2]);
    let mut runs = Vec::new();
    for name in ["ana", "bob"] {
        runs.push(engine.sync_one(name, ALPHA, BETA).await.run);
    }
    engine.retry_failed(&Failed { run: Some(runs[0]), ..Failed::default() }).await.unwrap();
    engine.work_on().await;
    assert_eq!((engine.row("ana", BETA).await.status, engine.row("bob", BETA).await.status), (Status::Synced, Status::Failed));
}

#[tokio::test(start_paused = true)]
async fn what_only_the_admin_can_lift_is_tried_again_without_harm_and_says_who_is_blocked() {
    let (kit, engine) = Kit::with(&[("ana", HERE)]).await;
    failed(&kit, &engine, BETA, &[403]).await;
    kit.world().scopes.retain(|scope| scope != "people.write");
    kit.connect(&engine, BETA).await;
    let calls = kit.world().calls.get("beta/represent").copied();
    for _ in 0..2 {
        let runs = engine.retry_failed(&Failed::default()).await.unwrap();
        engine.work_on().await;
        assert_eq!(engine.reading().run(runs[0]).await.unwrap().counts["blocked"], 1);
    }
    let again = kit.world().calls.get("beta/represent").copied();
    assert_eq!((again, engine.row("ana", BETA).await.status), (calls, Status::Failed));
    assert_eq!(engine.send_anew(engine.named("ana").await, BETA).await.unwrap_err().kind, crate::Kind::Conflict, "it is in no doubt");
    assert_eq!(engine.send_anew(engine.named("ana").await, DELTA).await.unwrap_err().kind, crate::Kind::Conflict);
}

#[tokio::test]
async fn a_hundred_thousand_failures_are_grouped_in_a_moment() {
    let (_, engine) = Kit::with(&[("ana", HERE)]).await;
    engine
        .shared
        .store
        .write(|transaction| {
            transaction.execute_batch(
                "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 100999)
                 INSERT INTO people (id, name, sort_name, offered, listed, platforms) SELECT i, 'Person ' || i, '', 1, 0, '[]' FROM n;
                 INSERT INTO syncs (person, platform, status, reason, updated_at)
                 SELECT id, CASE id % 2 WHEN 0 THEN 'beta' ELSE 'gamma' END, 'failed',
                     json_object('kind', 'k' || (id % 5), 'message', name || ' is not there.', 'remedy', 'Import.', 'act', NULL), '2030-01-01T00:00:00Z'
                 FROM people WHERE id >= 1000;",
            )?;
            Ok(())
        })
        .await
        .unwrap();
    let begin = tokio::time::Instant::now();
    let groups = engine.reading().failures().await.unwrap();
    let took = begin.elapsed();
    assert_eq!((groups.len(), groups.iter().map(|group| group.people).sum::<u64>()), (10, 100_000));
    assert!(took < std::time::Duration::from_secs(5), "{took:?}");
    println!("100,000 failures grouped in {took:?}");
}
