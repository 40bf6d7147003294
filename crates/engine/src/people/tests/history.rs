//! What happened to people is told without anybody's doing, in order and with the true time.

use super::*;
use crate::model::{Reason, RepresentationKind, RunId, Status};
use crate::people::{links, primary};
use crate::store::history::{self, RunPeople, TimelineEntry};
use crate::store::syncs;

fn later(minutes: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_mins(minutes)
}

/// `08:01 sync beta pending queued r1` for each entry, oldest first.
async fn told(store: &Store, person: i64) -> Vec<String> {
    let page = store.read(move |db| history::timeline(db, PersonId(person), None, 100)).await.unwrap();
    page.entries.iter().rev().map(line).collect()
}

fn line(entry: &TimelineEntry) -> String {
    let at: Timestamp = entry.at.parse().unwrap();
    let words = [
        Some(at.strftime("%H:%M").to_string()),
        Some(entry.kind.clone()),
        entry.platform.map(|platform| platform.to_string()),
        entry.status.map(|status| status.as_str().to_owned()),
        entry.detail.clone(),
        entry.reason.as_ref().map(|reason| format!("({})", reason.kind)),
        entry.run.map(|run| run.to_string()),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn reason(kind: &str) -> Reason {
    Reason { kind: kind.into(), remedy: "Ask.".into(), message: "No.".into(), act: None, link: None }
}

async fn two(folder: &std::path::Path) -> Store {
    let store = open(folder).await;
    let all = [
        account(ALPHA, "a1", "Ann", "ann@x.example"),
        account(BETA, "b1", "Ann", "ann@x.example"),
        account(ALPHA, "a2", "Bo", "bo@x.example"),
    ];
    import_all(&store, &all).await;
    store
}

#[tokio::test]
async fn whatever_becomes_of_a_sync_stands_in_the_timeline_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = two(folder.path()).await;
    store
        .write(|transaction| {
            let bot = RepresentationKind::Bot;
            let sync = syncs::queue(transaction, PersonId(2), BETA, bot, RunId(1), later(1))?;
            syncs::detail(transaction, sync, "provisioning", later(2))?;
            syncs::detail(transaction, sync, "provisioning", later(3))?;
            syncs::set(transaction, sync, Status::Failed, None, Some(&reason("offline")), later(4))?;
            syncs::queue(transaction, PersonId(2), BETA, bot, RunId(2), later(5))?;
            syncs::set(transaction, sync, Status::Synced, None, None, later(6))?;
            syncs::join(transaction, sync, RunId(3), later(7))?;
            syncs::join(transaction, sync, RunId(3), later(8))?;
            syncs::remove(transaction, sync, later(9))
        })
        .await
        .unwrap();
    assert_eq!(
        told(&store, 2).await,
        [
            "08:01 sync beta pending queued r1",
            "08:02 sync beta pending provisioning r1",
            "08:04 sync beta failed (offline) r1",
            "08:05 sync beta pending queued r2",
            "08:06 sync beta synced r2",
            "08:07 joined beta synced r3",
            "08:09 removed beta r3",
        ]
    );
    assert_eq!(told(&store, 1).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_the_admin_decides_stands_in_the_timeline() {
    let folder = tempfile::tempdir().unwrap();
    let store = two(folder.path()).await;
    store
        .write(|transaction| {
            primary::choose(transaction, PersonId(1), ALPHA, later(1))?;
            primary::choose(transaction, PersonId(1), ALPHA, later(2))?;
            links::unlink(transaction, links::account(transaction, BETA, "b1")?, later(3))?;
            links::link(transaction, PersonId(2), links::account(transaction, BETA, "b1")?, later(4))?;
            history::reset(transaction, None, PersonId(1), Status::Pending, None, later(5))?;
            primary::restore_default(transaction, PersonId(1), later(7))?;
            history::reset(transaction, None, PersonId(1), Status::NotSynced, None, later(7))
        })
        .await
        .unwrap();
    assert_eq!(told(&store, 1).await, ["08:01 primary alpha", "08:03 unlink beta", "08:05 reset pending", "08:07 reset not_synced"]);
    assert_eq!(told(&store, 2).await, ["08:04 link beta"], "Bo");
}

#[tokio::test]
async fn a_timeline_is_read_page_by_page_without_gap_or_repetition() {
    let folder = tempfile::tempdir().unwrap();
    let store = two(folder.path()).await;
    store
        .write(|transaction| {
            for minute in 0..7 {
                history::decided(transaction, history::Deed::Primary, PersonId(1), Some(ALPHA), later(minute))?;
                history::decided(transaction, history::Deed::Primary, PersonId(2), Some(ALPHA), later(minute))?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let (mut all, mut before, mut sizes) = (Vec::new(), None, Vec::new());
    loop {
        let page = store.read(move |db| history::timeline(db, PersonId(1), before, 3)).await.unwrap();
        sizes.push(page.entries.len());
        all.extend(page.entries.iter().map(line));
        before = page.before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(all, (0..7).rev().map(|minute| format!("08:0{minute} primary alpha")).collect::<Vec<_>>());
}

async fn people_of(store: &Store, run: i64, status: Option<Status>, from: u32, count: u32) -> (String, RunPeople) {
    let people = store.read(move |db| history::run_people(db, RunId(run), status, from, count)).await.unwrap();
    let rows = people.rows.iter().map(|row| {
        let reason = row.reason.as_ref().map_or("", |reason| reason.kind.as_str());
        format!("{} {} {}{reason}", row.name, row.status.as_str(), row.detail.as_deref().unwrap_or(""))
    });
    (rows.collect::<Vec<_>>().join(", "), people)
}

#[tokio::test]
async fn a_run_shows_everybody_it_was_about_as_they_stand_now() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let names = ["Flo", "Ann", "Cy", "di", "Bo", "Ed"];
    let all: Vec<Account> =
        names.iter().enumerate().map(|(at, name)| account(ALPHA, &format!("a{at}"), name, &format!("{name}@x.example"))).collect();
    import_all(&store, &all).await;
    store
        .write(|transaction| {
            let bot = RepresentationKind::Bot;
            let mut ids = Vec::new();
            for person in 1..=5 {
                ids.push(syncs::queue(transaction, PersonId(person), BETA, bot, RunId(1), later(1))?);
            }
            history::blocked(transaction, RunId(1), PersonId(6), BETA, &reason("needs_account"), later(1))?;
            syncs::set(transaction, ids[0], Status::Synced, None, None, later(2))?;
            syncs::set(transaction, ids[1], Status::Failed, None, Some(&reason("offline")), later(2))?;
            syncs::set(transaction, ids[2], Status::Pending, Some("prompted"), None, later(2))?;
            // Begun again in another run, which takes it along.
            syncs::queue(transaction, PersonId(2), BETA, bot, RunId(2), later(3))?;
            syncs::remove(transaction, ids[3], later(3))?;
            syncs::set(transaction, ids[4], Status::Synced, None, None, later(4))
        })
        .await
        .unwrap();
    let (rows, people) = people_of(&store, 1, None, 0, 10).await;
    assert_eq!(
        rows,
        "Ann failed offline, Bo synced , Cy pending prompted, di not_synced removed, Ed not_synced blockedneeds_account, Flo synced "
    );
    assert_eq!(people.total, 6);
    let counts = [(Status::NotSynced, 2), (Status::Pending, 1), (Status::Synced, 2), (Status::Failed, 1)];
    assert_eq!(people.counts, counts.into());
    let (rows, people) = people_of(&store, 1, Some(Status::Synced), 1, 10).await;
    assert_eq!((rows.as_str(), people.total, people.counts), ("Flo synced ", 2, counts.into()), "from the second on");
    assert_eq!(people_of(&store, 1, None, 2, 1).await.0, "Cy pending prompted");
    assert_eq!(people_of(&store, 2, None, 0, 10).await.0, "Ann pending queued");
    assert_eq!(people_of(&store, 3, None, 0, 10).await.1.total, 0);
}

#[tokio::test]
async fn a_reset_of_many_shows_who_is_done_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = two(folder.path()).await;
    store
        .write(|transaction| {
            for person in [PersonId(1), PersonId(2)] {
                history::reset(transaction, Some(RunId(7)), person, Status::Pending, None, later(1))?;
            }
            history::reset(transaction, Some(RunId(7)), PersonId(1), Status::NotSynced, None, later(2))
        })
        .await
        .unwrap();
    assert_eq!(people_of(&store, 7, None, 0, 10).await.0, "Ann not_synced reset, Bo pending reset");
}
