//! A disk that is full, or may not be written any more, in the middle of a bulk run: everything stops with a word that helps,
//! nothing that was decided is lost, and when there is room again the same engine goes on, and does nothing twice.

use std::time::Duration;

use super::*;
use crate::clock::Clock;
use crate::store::Store;

/// How many people are synced.
const PEOPLE: usize = 60;

/// Lets the database grow by so many pages more; none is no limit.
async fn room(store: &Store, pages: Option<i64>) {
    store
        .on_writer(move |connection| {
            let used: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            let most = pages.map_or(1 << 30, |more| used + more);
            connection.query_row(&format!("PRAGMA max_page_count = {most}"), [], |row| row.get::<_, i64>(0)).unwrap();
        })
        .await;
}

async fn writable(store: &Store, is_writable: bool) {
    let sql = format!("PRAGMA query_only = {}", if is_writable { "OFF" } else { "ON" });
    store.on_writer(move |connection| connection.execute_batch(&sql).unwrap()).await;
}

async fn company() -> (Kit, Engine) {
    let names: Vec<String> = (0..PEOPLE).map(|number| format!("p{number:02}")).collect();
    let people: Vec<(&str, &[crate::model::PlatformId])> = names.iter().map(|name| (name.as_str(), [ALPHA].as_slice())).collect();
    Kit::with(&people).await
}

/// As a program that keeps working does: rests after an error that stops everything, and tries again.
async fn keeps_working(engine: &Engine, kit: &Kit, cancel: &Cancel) -> Vec<Error> {
    let mut stopped = Vec::new();
    loop {
        match engine.keep_working(cancel).await {
            Ok(()) => return stopped,
            Err(error) => stopped.push(error),
        }
        kit.clock.wait(Duration::from_secs(15)).await;
        // There is room again after a while, on the one engine that is still open.
        if stopped.len() == 3 {
            room(&engine.shared.store, None).await;
            writable(&engine.shared.store, true).await;
        }
    }
}

/// Everybody has exactly one bot, and the audit log tells of each exactly once.
async fn each_once(kit: &Kit, engine: &Engine) {
    let mut made: Vec<String> = kit.world().stand_ins.iter().map(|(_, _, name)| name.clone()).collect();
    made.sort();
    made.dedup();
    assert_eq!((made.len(), kit.many(|world| world.stand_ins.len())), (PEOPLE, PEOPLE));
    let counts = engine.shared.store.read(|db| crate::store::syncs::counts(db, None, Some(BETA))).await.unwrap();
    assert_eq!(counts, [(Status::Synced, PEOPLE as u64)]);
    let log = engine.reading().audit(Default::default(), None, 10_000).await.unwrap().entries;
    let told: std::collections::BTreeSet<_> = log.iter().filter(|entry| entry.action == "bot_made").map(|entry| entry.person).collect();
    assert_eq!((told.len(), log.iter().filter(|entry| entry.action == "bot_made").count()), (PEOPLE, PEOPLE));
    assert_eq!(engine.reading().verify_audit(None).await.unwrap().broken, None);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_in_the_middle_of_a_run_stops_it_and_the_same_engine_goes_on_when_there_is_room() {
    for pages in [0, 1, 2, 5, 9] {
        let (kit, engine) = company().await;
        let all = Selection::Matching(Default::default());
        engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
        let run = engine.queue(&all, BETA).await.unwrap();
        room(&engine.shared.store, Some(pages)).await;
        let (cancel, store) = (Cancel::new(), engine.shared.store.clone());
        let ended = async {
            loop {
                kit.clock.wait(Duration::from_secs(1)).await;
                let state = store.read(move |db| Ok(crate::store::runs::get(db, run)?.unwrap().state)).await.unwrap();
                if !state.is_open() {
                    return cancel.cancel();
                }
            }
        };
        let (stopped, ()) = tokio::join!(keeps_working(&engine, &kit, &cancel), ended);
        assert!(!stopped.is_empty(), "the disk was never full with {pages} pages");
        for error in stopped {
            assert_eq!(error.kind, Kind::Storage, "{error:?}");
            assert!(error.message.contains("disk is full") && error.next_step().contains("Free some space"), "{error:?}");
        }
        each_once(&kit, &engine).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_may_not_be_written_any_more_stops_a_run_and_the_same_engine_goes_on_when_it_may() {
    let (kit, engine) = company().await;
    let all = Selection::Matching(Default::default());
    engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
    let run = engine.queue(&all, BETA).await.unwrap();
    let (cancel, store) = (Cancel::new(), engine.shared.store.clone());
    let away = async {
        // In the middle: some bots stand, some do not.
        while kit.many(|world| world.stand_ins.len()) < PEOPLE / 3 {
            tokio::task::yield_now().await;
        }
        writable(&store, false).await;
        loop {
            kit.clock.wait(Duration::from_secs(1)).await;
            let state = store.read(move |db| Ok(crate::store::runs::get(db, run)?.unwrap().state)).await.unwrap();
            if !state.is_open() {
                return cancel.cancel();
            }
        }
    };
    let (stopped, ()) = tokio::join!(keeps_working(&engine, &kit, &cancel), away);
    assert_eq!(stopped.len(), 3, "{stopped:?}");
    assert!(
        stopped.iter().all(|error| error.kind == Kind::Storage && error.message.contains("may not be opened or changed")),
        "{stopped:?}"
    );
    let refused = engine.queue(&all, GAMMA).await;
    assert!(refused.is_ok(), "the admin can go on as well: {refused:?}");
    each_once(&kit, &engine).await;
}
