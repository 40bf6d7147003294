//! The small things that are done ten thousand times: `cargo xtask bench kernels`.
//!
//! Through the doors that the crate has; what no door leads to is measured in whole runs (`bulk`).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use engine::clock::{SystemClock, SystemRandom};
use engine::model::PlatformId;
use engine::pace::{NoThrottles, Paced, Parts, Rates, backoff, retry_after};
use engine::people::matching::{Address, Candidate, Hand, match_people};
use engine::secrets::{MemorySecrets, NoGrants};
use engine::store::Store;
use engine::transport::{Lane, Realm, Request, Response, Sign, Subject, Transport, Wire};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use tokio::runtime::Runtime;

const SLACK: PlatformId = PlatformId::new("slack");

/// A network that answers at once.
struct AtOnce;

#[async_trait]
impl Wire for AtOnce {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn exchange(&self, _request: http::Request<Bytes>) -> engine::Result<Response> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static("application/json"));
        Ok(Response { status: StatusCode::OK, headers, body: Bytes::from_static(br#"{"ok":true}"#) })
    }
}

fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap_or_else(|error| panic!("no runtime: {error}"))
}

/// One request through limits, signing and judging, with nobody else there, and as one of 256.
fn pacing(criterion: &mut Criterion) {
    let runtime = runtime();
    let paced = Paced::new(Parts {
        wire: Arc::new(AtOnce),
        secrets: Arc::new(MemorySecrets::new(Realm::Demo)),
        grants: Arc::new(NoGrants),
        throttles: Arc::new(NoThrottles),
        platforms: platforms::all(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        rates: Rates::Off,
        events: engine::event::Events::new(),
    });
    let paced = paced.unwrap_or_else(|error| panic!("{error}"));
    let send = async || {
        let url = "https://slack.com/api/auth.test".parse().unwrap_or_else(|error| panic!("{error}"));
        let request = Request::get(url, Sign::Nobody, "auth.test", "bench");
        drop(paced.send(SLACK, request, Subject::Connection, Lane::Bulk).await);
    };
    criterion.bench_function("a request through the gates, alone", |bencher| bencher.iter(|| runtime.block_on(send())));
    criterion.bench_function("a request through the gates, 256 at once (all of them)", |bencher| {
        bencher.iter(|| runtime.block_on(futures::future::join_all((0..256).map(|_| send()))));
    });
    criterion.bench_function("the time that so many calls take", |bencher| {
        bencher.iter(|| paced.time_for(SLACK, &[("conversations.open", 10_000), ("chat.postMessage", 10_000)]));
    });
}

fn pauses(criterion: &mut Criterion) {
    let headers = |value: &'static str| HeaderMap::from_iter([(http::header::RETRY_AFTER, http::HeaderValue::from_static(value))]);
    for (name, value) in [("seconds", "30"), ("a date", "Mon, 05 Jan 2026 08:02:00 GMT"), ("a date-time", "2026-01-05T08:00:45.250Z")] {
        let headers = headers(value);
        criterion.bench_function(&format!("Retry-After in the form of {name}"), |bencher| {
            bencher.iter(|| retry_after(&headers, Timestamp::UNIX_EPOCH));
        });
    }
    criterion.bench_function("a pause of our own", |bencher| bencher.iter(|| backoff(std::hint::black_box(3), 0.5)));
}

fn matching(criterion: &mut Criterion) {
    let platforms: Vec<PlatformId> = platforms::all().iter().map(|platform| platform.info().id).collect();
    let (mut candidates, mut addresses) = (Vec::new(), Vec::new());
    for person in 0..10_000_u32 {
        let platform = platforms[person as usize % platforms.len()];
        addresses.push(Address { number: person / 4, candidate: person });
        candidates.push(Candidate { key: i64::from(person) + 1, platform, offered: true, of_company: true, hand: Hand::Free });
    }
    criterion.bench_function("who is whom among 10,000 accounts", |bencher| {
        bencher.iter_batched(
            || addresses.clone(),
            |mut addresses| match_people(&candidates, &mut addresses),
            criterion::BatchSize::LargeInput,
        );
    });
}

/// Durable changes of the database: alone, and 64 who wait for the same flush of the disk.
fn writing(criterion: &mut Criterion) {
    let runtime = runtime();
    let made = user_sync_tests::kept("bench").and_then(|kept| tempfile::tempdir_in(kept).map_err(|error| error.to_string()));
    let folder = made.unwrap_or_else(|error| panic!("{error}"));
    let store = Store::open(folder.path(), Realm::Demo).unwrap_or_else(|error| panic!("{error}"));
    let write = async |number: usize| {
        let change = move |transaction: &rusqlite::Transaction<'_>| {
            let sql = "INSERT INTO facts (name, value) VALUES (?, 'x') ON CONFLICT DO UPDATE SET value = 'x'";
            transaction.prepare_cached(sql)?.execute([format!("bench {number}")])?;
            Ok(())
        };
        store.write(change).await.unwrap_or_else(|error: engine::Error| panic!("{error}"));
    };
    criterion.bench_function("a durable write, alone", |bencher| bencher.iter(|| runtime.block_on(write(0))));
    criterion.bench_function("64 durable writes at once (all of them)", |bencher| {
        bencher.iter(|| runtime.block_on(futures::future::join_all((0..64).map(&write))));
    });
}

criterion_group! {
    name = kernels;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = pacing, pauses, matching, writing
}
criterion_main!(kernels);
