//! Measurements, printed when this test runs in a release build: `cargo test --release -p user-sync-engine --lib speed -- --nocapture`.

use std::time::Instant;

use super::*;
use crate::model::{Reason, Status};
use crate::people::list::{self, Filter};
use crate::people::listing::{Indexed, Sort, SortBy};
use crate::people::{preview, rows};
use crate::store::{history, syncs};
use crate::sync::plan::World;
use crate::sync::shared::read_connections;
use crate::sync::testing::platforms;

/// The processor's time that this program has used so far, in milliseconds: what counts on a busy machine.
fn used() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    ticks.sum::<u64>() * 10
}

/// A company of `people`, everybody on four platforms.
fn company(platform: PlatformId, people: usize) -> Vec<Account> {
    const FIRST: [&str; 20] = [
        "Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kay", "Lou", "Mia", "Ned", "Oda", "Pia", "Rex", "Sue", "Tim",
        "Uma",
    ];
    (0..people)
        .map(|index| {
            let name = format!(
                "{} {}son{}",
                FIRST[index % 20],
                ["Harr", "Pett", "Nil", "Johns", "Carl", "Ander", "Lar"][index / 20 % 7],
                index / 140
            );
            let email = format!("{}@harbor.example", name.to_lowercase().replace(' ', "."));
            account(platform, &format!("{platform}-{:08x}-{index}", index.wrapping_mul(2_654_435_761)), &name, &email)
        })
        .collect()
}

#[tokio::test]
async fn a_large_company_is_imported_matched_and_searched() {
    let size = if cfg!(debug_assertions) { 300 } else { 100_000 };
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(|transaction| connections::put(transaction, DELTA, &ConnectionFacts::default(), now())).await.unwrap();
    let begun = Instant::now();
    for platform in [ALPHA, BETA, GAMMA, DELTA] {
        let directory = Directory { per_page: 500, ..Directory::new(company(platform, size)) };
        let one = Instant::now();
        assert_eq!(import_from(&store, platform, &directory, &[], now()).await.unwrap().new, size as u64);
        println!("import of {size} on {platform}: {:?}", one.elapsed());
    }
    println!("import of all: {:?}, {} ms of processor time", begun.elapsed(), used());
    let before = used();
    let settled = Instant::now();
    assert_eq!(settle(&store).await.unwrap().people.len(), size);
    println!("settling {} accounts for the first time: {:?}, {} ms of processor time", 4 * size, settled.elapsed(), used() - before);
    let before = used();
    let again = Instant::now();
    assert_eq!(store.write(super::super::settle::settle_now).await.unwrap().people, []);
    println!("settling them again: {:?}, {} ms of processor time", again.elapsed(), used() - before);
    let again = Instant::now();
    let directory = Directory { per_page: 500, ..Directory::new(company(ALPHA, size)) };
    assert_eq!(
        import_from(&store, ALPHA, &directory, &[], now()).await.unwrap(),
        Imported { accounts: size as u64, ..Imported::default() }
    );
    println!("import of the same again: {:?}", again.elapsed());
    store
        .write(|transaction| {
            transaction.execute("UPDATE people SET primary_platform = 'alpha'", [])?;
            transaction.execute(
                "INSERT INTO syncs (person, platform, status, updated_at) SELECT id, 'beta',
                 CASE WHEN id % 1000 = 1 THEN 'failed' ELSE 'synced' END, '2026-01-05T08:00:00Z' FROM people WHERE id % 2",
                [],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    let search = |text: &str| Filter { search: Some(text.into()), ..Filter::default() };
    let status = |status| Filter { status: Some(status), ..Filter::default() };
    let filters = [
        ("everybody", Filter::default()),
        ("search for one", search("ann.harrson1@")),
        ("search for a name", search("pettson2")),
        ("search for a first name", search("ann")),
        ("search for a letter", search("a")),
        ("search for everybody", search("harbor")),
        ("primary", Filter { primary: Some(ALPHA), ..Filter::default() }),
        ("on a platform", Filter { platform: Some(GAMMA), ..Filter::default() }),
        ("synced", status(crate::model::Status::Synced)),
        ("failed", status(crate::model::Status::Failed)),
        ("not synced", status(crate::model::Status::NotSynced)),
    ];
    for (name, filter) in filters {
        for _ in 0..2 {
            let filter = filter.clone();
            let one = Instant::now();
            let page = store.read(move |connection| list::list(connection, &filter, 50, None)).await.unwrap();
            println!("{name}: {} of {} in {:?}", page.people.len(), page.total, one.elapsed());
        }
    }
    let one = Instant::now();
    let counts = store.read(views::status).await.unwrap();
    println!("status: {} people in {:?}", counts.people, one.elapsed());
}

/// A company in which everybody works on `alpha` and has a sync to each of the other three platforms.
async fn synced_company(size: usize) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.write(|transaction| connections::put(transaction, DELTA, &ConnectionFacts::default(), now())).await.unwrap();
    for platform in [ALPHA, BETA, GAMMA, DELTA] {
        let directory = Directory { per_page: 500, ..Directory::new(company(platform, size)) };
        import_from(&store, platform, &directory, &[], now()).await.unwrap();
    }
    settle(&store).await.unwrap();
    store
        .write(|transaction| {
            transaction.execute("UPDATE people SET primary_platform = 'alpha', chosen_primary = 'alpha'", [])?;
            transaction.execute(
                r#"INSERT INTO syncs (person, platform, status, reason, updated_at) SELECT people.id, column1,
                 CASE WHEN (people.id + column2) % 50 = 1 THEN 'failed' WHEN (people.id + column2) % 20 = 2 THEN 'pending' ELSE 'synced' END,
                 CASE WHEN (people.id + column2) % 50 = 1 THEN '{"kind":"declined","remedy":"Ask.","message":"No."}' END,
                 '2026-01-05T08:00:00Z' FROM people, (VALUES ('beta', 0), ('gamma', 3), ('delta', 7))"#,
                [],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    (folder, store)
}

#[tokio::test]
async fn a_window_over_a_large_company_lists_jumps_and_follows() {
    let size = if cfg!(debug_assertions) { 300 } else { 100_000 };
    let (_folder, store) = synced_company(size).await;
    let index = std::sync::Arc::new(Indexed::default());
    let list = |filter: Filter, by| {
        let index = index.clone();
        store.read(move |db| index.list(db, &[ALPHA, BETA, GAMMA, DELTA], &filter, Sort { by, descending: false }))
    };
    let search = |text: &str| Filter { search: Some(text.into()), ..Filter::default() };
    let cold = Instant::now();
    let all = list(Filter::default(), SortBy::Name).await.unwrap();
    println!("first listing of {}: {:?}", all.total(), cold.elapsed());
    assert_eq!((all.total(), all.everyone), (size as u64, size as u64));
    let asked = [
        ("everybody", Filter::default()),
        ("a letter", search("a")),
        ("three letters", search("har")),
        ("failed", Filter { status: Some(Status::Failed), ..Filter::default() }),
        ("everything", Filter { status: Some(Status::Synced), platform: Some(BETA), primary: Some(ALPHA), ..search("ann") }),
        ("a reason", Filter { reason: Some("declined".into()), ..Filter::default() }),
    ];
    for (name, filter) in asked {
        for by in [SortBy::Name, SortBy::Status, SortBy::Primary] {
            let one = Instant::now();
            let total = list(filter.clone(), by).await.unwrap().total();
            println!("listing of {name} by {by:?}: {total} in {:?}", one.elapsed());
            assert!(total > 0, "{name}");
        }
    }
    for from in [0, size / 2, size.saturating_sub(200)] {
        let people = all.people[from..].iter().take(200).copied().collect::<Vec<_>>();
        let one = Instant::now();
        let rows = store
            .read(move |db| {
                let (platforms, connections) = (platforms(), read_connections(db)?);
                rows::rows(db, &people, World { platforms: &platforms, connections: &connections })
            })
            .await
            .unwrap();
        println!("{} rows from {from}: {:?}", rows.len(), one.elapsed());
        assert!(rows.iter().all(|row| row.syncs.len() == 3));
    }
    let one = Instant::now();
    let people = all.people.clone();
    let preview = store.read(move |db| preview::primary(db, &people, BETA, "Beta")).await.unwrap().0;
    println!("preview of a primary platform for {}: {:?}", preview.resets, one.elapsed());
    assert_eq!(preview.resets, size as u64);
    for changes in [1, 100, 5_000.min(size)] {
        let people = all.people[..changes].to_vec();
        store
            .write(move |transaction| {
                for person in people {
                    let sync = syncs::find(transaction, person, BETA)?.unwrap();
                    syncs::set(transaction, sync.id, Status::Pending, Some(&format!("{changes}")), None, now())?;
                }
                Ok(())
            })
            .await
            .unwrap();
        let one = Instant::now();
        list(Filter::default(), SortBy::Status).await.unwrap();
        println!("listing after {changes} changes: {:?}", one.elapsed());
    }
}

/// How long 5,000 people take through four statuses, with the history and without it, one transaction a status as in a bulk run's own work.
#[tokio::test]
async fn the_history_of_a_bulk_run_costs_little_and_is_quick_to_read() {
    let size = if cfg!(debug_assertions) { 300 } else { 5_000 };
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let directory = Directory { per_page: 500, ..Directory::new(company(ALPHA, size)) };
    import_from(&store, ALPHA, &directory, &[], now()).await.unwrap();
    settle(&store).await.unwrap();
    let run_over = |run: i64| {
        store.write(move |transaction| {
            let refused =
                Reason { kind: "offline".into(), remedy: "Try again.".into(), message: "Nobody answers.".into(), act: None, link: None };
            for person in 1..=size as i64 {
                let bot = crate::model::RepresentationKind::Bot;
                let sync = syncs::queue(transaction, PersonId(person), BETA, bot, crate::model::RunId(run), now())?;
                syncs::detail(transaction, sync, "provisioning", now())?;
                let (status, reason) = if person % 10 == 0 { (Status::Failed, Some(&refused)) } else { (Status::Synced, None) };
                syncs::set(transaction, sync, status, None, reason, now())?;
            }
            Ok(())
        })
    };
    run_over(1).await.unwrap();
    let one = Instant::now();
    run_over(2).await.unwrap();
    let with = one.elapsed();
    let one = Instant::now();
    let people = store.read(|db| history::run_people(db, crate::model::RunId(2), Some(Status::Failed), 0, 200)).await.unwrap();
    println!("{} of a run of {size}: {:?}", people.total, one.elapsed());
    assert_eq!((people.total, people.counts[&Status::Synced]), (size as u64 / 10, size as u64 - size as u64 / 10));
    store.write(|transaction| Ok(transaction.execute_batch("DROP TRIGGER sync_changed; DROP TRIGGER sync_joined")?)).await.unwrap();
    let one = Instant::now();
    run_over(3).await.unwrap();
    println!("a run of {size} with its history: {with:?}, without: {:?}", one.elapsed());
}
