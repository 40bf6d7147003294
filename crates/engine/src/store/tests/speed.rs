//! Measurements, printed when this test runs in a release build: `cargo test --release -p user-sync-engine --lib speed -- --nocapture`.

use std::time::Instant;

use futures::stream::{self, StreamExt};

use super::*;
use crate::model::{PersonId, PlatformId, RunId};
use crate::store::audit::{self, Word};

fn told(transaction: &Transaction<'_>, number: u64) -> Result<()> {
    let (person, now) = (PersonId(i64::try_from(number).unwrap()), "2030-01-01T08:00:00Z".parse().unwrap());
    audit::effect(Word::BotMade).on(PlatformId::new("alpha")).about(person).of(RunId(1)).tell(transaction, now)
}

async fn rate(what: &str, count: u64, at_once: usize, each: impl AsyncFn(u64)) {
    let begun = Instant::now();
    stream::iter(0..count).for_each_concurrent(at_once, |number| each(number)).await;
    println!("{what}, {at_once} at once: {:.0} a second", count as f64 / begun.elapsed().as_secs_f64());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writes_share_a_flush_and_the_log_beside_the_database_stays_small() {
    let many = if cfg!(debug_assertions) { 400 } else { 100_000 };
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    store.write(|tx| audit::begin(tx, "a word", "2030-01-01T08:00:00Z".parse().unwrap())).await.unwrap();
    rate("writes", many / 50, 1, async |number| store.write(move |tx| facts::set(tx, "test", &number.to_string())).await.unwrap()).await;
    for at_once in [8, 64] {
        rate("writes", many, at_once, async |number| store.write(move |tx| facts::set(tx, "test", &number.to_string())).await.unwrap())
            .await;
    }
    let begun = Instant::now();
    store.write(move |tx| (0..many).try_for_each(|number| told(tx, number))).await.unwrap();
    println!("audit entries in one transaction: {:.0} a second", many as f64 / begun.elapsed().as_secs_f64());
    let read = async |_| drop(store.read(|db| audit::page(db, &Default::default(), None, 50)).await.unwrap());
    let reading = async {
        loop {
            read(0).await;
        }
    };
    let writing = rate("audit entries beside readers", many, 64, async |number| store.write(move |tx| told(tx, number)).await.unwrap());
    tokio::select! {
        () = writing => {}
        () = reading => {}
    }
    let log = std::fs::metadata(folder.path().join("user-sync.db-wal")).unwrap().len();
    println!("the log beside the database: {} MiB", log >> 20);
    assert!(log < 128 << 20, "{log}");
    let begun = Instant::now();
    let verdict = store.read(|db| audit::verify(db, None)).await.unwrap();
    println!("verified: {:.0} entries a second", verdict.entries as f64 / begun.elapsed().as_secs_f64());
    assert_eq!((verdict.entries, verdict.broken), (2 * many + 1, None));
}
