//! Pauses that outlive the program.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::pace::{Throttle, Throttles};
use crate::store::{Store, throttles};

/// Pauses in memory; may refuse.
#[derive(Default)]
struct Book {
    kept: Mutex<Vec<Throttle>>,
    is_full: Mutex<bool>,
}

#[async_trait]
impl Throttles for Book {
    async fn keep(&self, throttle: Throttle, _now: Timestamp) -> Result<()> {
        if *self.is_full.lock().unwrap() {
            return Err(Error::new(Kind::Storage, "throttle", "The disk is full."));
        }
        self.kept.lock().unwrap().push(throttle);
        Ok(())
    }
}

async fn with_book(script: impl IntoIterator<Item = Says>) -> (Bench, Arc<Book>) {
    let book = Arc::new(Book::default());
    let bench = bench(script).of(|parts| parts.throttles = book.clone());
    (bench.ready().await, book)
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_written_down_before_anything_is_tried_again_and_kept_by_the_next_process() {
    let (first, book) = with_book([says_with(429, "retry-after", "120", "{}")]).await;
    let request = || post("/post").channel("room");
    {
        let given_up = first.send(request());
        tokio::pin!(given_up);
        for _ in 0..1_000 {
            assert!(futures::poll!(&mut given_up).is_pending());
            tokio::task::yield_now().await;
            if !book.kept.lock().unwrap().is_empty() {
                break;
            }
        }
        assert_eq!(first.lines().len(), 1, "it was tried again before it was written down");
    }
    let kept = book.kept.lock().unwrap().clone();
    assert_eq!((kept.len(), kept[0].pause, kept[0].channel.as_deref()), (1, Duration::from_secs(120), Some("room")));
    SystemClock.wait(Duration::from_secs(20)).await;

    let (second, book) = with_book([]).await;
    // The clocks of both processes go on from the same moment.
    let still = Throttle { until: second.paced.clock().now() + SignedDuration::from_secs(100), ..kept[0].clone() };
    second.paced.throttled(&still);
    assert_eq!(second.paced.time_for(ALPHA, &[("post", 1)]), Duration::from_secs(100));
    let start = tokio::time::Instant::now();
    second.send(post("/other").channel("other")).await.unwrap();
    second.send(request()).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(100), "the whole class waits");
    assert!(book.kept.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumped_makes_no_pause_longer_and_one_that_is_over_holds_nobody_back() {
    let now: Timestamp = START.parse().unwrap();
    for (until, expected) in [(3_600, 30), (31, 30), (30, 30), (12, 12), (0, 0), (-3_600, 0)] {
        let (bench, _) = with_book([]).await;
        let until = now + SignedDuration::from_secs(until);
        bench.paced.throttled(&Throttle { platform: ALPHA, class: "read".into(), channel: None, until, pause: Duration::from_secs(30) });
        let start = tokio::time::Instant::now();
        bench.send(get("/")).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), expected, "{until}");
    }
    let (bench, _) = with_book([]).await;
    let later = now + SignedDuration::from_secs(60);
    for (platform, class) in [(ALPHA, "unheard-of"), (crate::model::PlatformId::new("gone"), "read")] {
        bench.paced.throttled(&Throttle { platform, class: class.into(), channel: None, until: later, pause: Duration::from_secs(60) });
    }
    let start = tokio::time::Instant::now();
    bench.send(get("/")).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO, "what is known no more holds nobody back");
}

#[tokio::test(start_paused = true)]
async fn a_short_pause_is_not_written_down_and_a_full_disk_is_told_with_nothing_done() {
    let (bench, book) = with_book([says_with(429, "retry-after", "0.9", "{}")]).await;
    bench.send(get("/")).await.unwrap();
    assert!(book.kept.lock().unwrap().is_empty());

    let (bench, book) = with_book([says_with(429, "retry-after", "5", "{}")]).await;
    *book.is_full.lock().unwrap() = true;
    let error = bench.send(post("/post")).await.unwrap_err();
    assert_eq!((error.kind, error.acted, bench.lines().len()), (Kind::Storage, Acted::No, 1));
    let start = tokio::time::Instant::now();
    bench.send(post("/post")).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(5), "it is kept all the same");
}

#[tokio::test]
async fn the_table_keeps_the_last_pause_of_a_class_to_the_millisecond_and_drops_what_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let now: Timestamp = START.parse().unwrap();
    let throttle = |class: &str, channel: Option<&str>, milliseconds: u64| Throttle {
        platform: ALPHA,
        class: class.into(),
        channel: channel.map(str::to_owned),
        until: now + Duration::from_millis(milliseconds),
        pause: Duration::from_millis(milliseconds),
    };
    for (kept, at) in [
        (throttle("over", None, 1_000), now),
        (throttle("post", Some("room"), 5_000), now),
        (throttle("post", Some("room"), 9_000), now),
        (throttle("post", None, 60_250), now + Duration::from_secs(2)),
    ] {
        store.write(move |transaction| throttles::keep(transaction, &kept, at)).await.unwrap();
    }
    let all = store.read(throttles::all).await.unwrap();
    let told: Vec<_> = all.iter().map(|kept| (kept.class.as_str(), kept.channel.as_deref(), kept.pause.as_millis())).collect();
    assert_eq!(told, [("post", None, 60_250), ("post", Some("room"), 9_000)]);
    let until = (all[0].until.as_millisecond() - now.as_millisecond(), all[1].until.as_millisecond() - now.as_millisecond());
    assert_eq!(until, (60_251, 9_001), "never a moment earlier than was asked for");
}
