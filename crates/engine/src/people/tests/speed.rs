//! Measurements, printed when this test runs in a release build: `cargo test --release -p user-sync-engine --lib speed -- --nocapture`.

use std::time::Instant;

use super::*;
use crate::people::list::{self, Filter};

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
