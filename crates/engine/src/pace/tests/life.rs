//! The life of a token: many who find it dead at once, a store that fails, and clocks that disagree or jump.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;

use super::*;
use crate::sync::testing::Shutter;

const RENEWED: &str = r#"{"access_token":"t-2","refresh_token":"r-2","expires_in":3600}"#;

impl Bench {
    fn renewals(&self) -> usize {
        self.lines().iter().filter(|line| line.ends_with("/token")).count()
    }
}

/// A clock that is wrong by as much as the test says.
struct Wrong {
    right: Arc<dyn Clock>,
    by: Mutex<i64>,
}

#[async_trait]
impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        self.right.now() + jiff::SignedDuration::from_secs(*self.by.lock().unwrap())
    }

    async fn wait(&self, duration: Duration) {
        self.right.wait(duration).await;
    }
}

async fn at_a_wrong_clock(script: impl IntoIterator<Item = Says>, stored: &Tokens) -> (Bench, Arc<Wrong>) {
    let bench = bench(script).signed_in("user", stored).await;
    let clock = Arc::new(Wrong { right: bench.paced.clock().clone(), by: Mutex::new(0) });
    let bench = bench.of(|parts| parts.clock = clock.clone());
    (bench, clock)
}

#[tokio::test(start_paused = true)]
async fn fifty_who_find_one_token_dead_cause_one_renewal_and_all_succeed() {
    let mut script: Vec<Says> = (0..50).map(|_| says(401, "{}")).collect();
    script.push(says(200, RENEWED));
    let bench = bench(script).signed_in("user", &tokens("t-1", Some("r-1"), None, Flow::Slot)).await;
    let results = futures::future::join_all((0..50).map(|_| bench.send(get("/")))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(bench.renewals(), 1);
}

#[tokio::test(start_paused = true)]
async fn fifty_whose_renewal_is_refused_cause_one_request_and_all_hear_that_they_are_signed_out() {
    let grant = GrantId(3);
    for subject in [Subject::Connection, Subject::Grant(grant)] {
        let refused = || says(400, r#"{"error":"invalid_grant"}"#);
        let mut script: Vec<Says> = (0..50).map(|_| says(401, "{}")).collect();
        script.extend((0..50).map(|_| refused()));
        let dead = tokens("t-1", Some("r-1"), None, Flow::Slot);
        let bench = bench(script).signed_in("user", &dead).await;
        bench.granted(grant, &Tokens { flow: Flow::Device, ..dead }).await;
        let all = (0..50).map(|_| bench.paced.send(ALPHA, get("/"), subject, Lane::Bulk));
        let results = futures::future::join_all(all).await;
        assert!(results.iter().all(|result| result.as_ref().is_err_and(|error| error.kind == Kind::SignedOut)), "{results:?}");
        assert_eq!(bench.renewals(), 1, "{subject:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_to_renew_is_asked_about_again_after_a_while() {
    let dead = [says(401, "{}"), says(400, r#"{"error":"invalid_grant"}"#), says(401, "{}"), says(200, RENEWED)];
    let bench = bench(dead).signed_in("user", &tokens("t-1", Some("r-1"), None, Flow::Slot)).await;
    assert_eq!(bench.send(get("/")).await.unwrap_err().kind, Kind::SignedOut);
    bench.paced.clock().wait(Duration::from_secs(120)).await;
    bench.send(get("/")).await.unwrap();
    assert_eq!(bench.renewals(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rotated_token_is_in_the_store_before_anything_is_signed_with_it() {
    for calls in 0..6 {
        let shutter = Arc::new(Shutter::new(Realm::Demo));
        let bench = bench([says(401, "{}"), says(200, RENEWED)]).of(|parts| parts.secrets = shutter.clone());
        shutter.inner.put(&field_handle(ALPHA, "client_secret"), &Secret::new("hush")).await.unwrap();
        let stored = tokens("t-1", Some("r-1"), None, Flow::Slot).to_secret().unwrap();
        shutter.inner.put(&slot_handle(ALPHA, "user"), &stored).await.unwrap();
        shutter.shut_after(calls);
        let sent = bench.send(get("/")).await;
        let in_store = Tokens::from_secret(&shutter.inner.all()[&slot_handle(ALPHA, "user")]).unwrap();
        let is_used = bench.wire.left().iter().any(|left| left.authorization == "Bearer t-2");
        assert!(!is_used || in_store.access.expose() == "t-2", "used before it was stored, after {calls} calls");
        assert_eq!(sent.is_ok(), is_used, "after {calls} calls");
        if let Err(error) = sent {
            assert_eq!(error.kind, Kind::Keychain);
            shutter.unlock();
            if bench.renewals() == 0 {
                bench.wire.add(says(200, "{}"));
            }
            bench.send(get("/")).await.unwrap();
            assert!(bench.renewals() <= 1, "the rotated token was lost after {calls} calls");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_by_an_hour_renews_in_time_all_the_same() {
    for by in [-3_600, 3_600] {
        let renewed = says(200, RENEWED);
        let (bench, clock) = at_a_wrong_clock([renewed], &tokens("t-1", Some("r-1"), Some(by - 10), Flow::Slot)).await;
        *clock.by.lock().unwrap() = by;
        bench.send(get("/")).await.unwrap();
        for _ in 0..55 {
            clock.wait(Duration::from_secs(60)).await;
            bench.send(get("/")).await.unwrap();
        }
        assert_eq!(bench.renewals(), 1, "wrong by {by}");
        bench.wire.add(says(200, r#"{"access_token":"t-3","expires_in":3600}"#));
        clock.wait(Duration::from_secs(5 * 60)).await;
        bench.send(get("/")).await.unwrap();
        assert_eq!(bench.renewals(), 2, "wrong by {by}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_back_keeps_no_dead_token_alive_and_one_that_jumps_ahead_renews_once() {
    let year = 366 * 24 * 3_600;
    let (bench, clock) =
        at_a_wrong_clock([says(401, "{}"), says(200, RENEWED)], &tokens("t-1", Some("r-1"), Some(3_600), Flow::Slot)).await;
    *clock.by.lock().unwrap() = -year;
    bench.send(get("/")).await.unwrap();
    assert_eq!(bench.wire.left().last().unwrap().authorization, "Bearer t-2", "the platform's word counts, whatever the clock says");
    *clock.by.lock().unwrap() = year;
    bench.wire.add(says(200, r#"{"access_token":"t-3","refresh_token":"r-3","expires_in":3600}"#));
    for _ in 0..10 {
        bench.send(get("/")).await.unwrap();
    }
    assert_eq!(bench.renewals(), 2);
    *clock.by.lock().unwrap() = 0;
    for _ in 0..10 {
        bench.send(get("/")).await.unwrap();
    }
    assert_eq!(bench.renewals(), 2, "an end that lies far away is no reason to renew");
}

#[tokio::test(start_paused = true)]
async fn a_short_life_is_not_renewed_at_every_use() {
    let short = |number: u32| says(200, &format!(r#"{{"access_token":"t-{number}","refresh_token":"r-{number}","expires_in":30}}"#));
    let bench = bench([short(2)]).signed_in("user", &tokens("t-1", Some("r-1"), Some(0), Flow::Slot)).await;
    for _ in 0..10 {
        bench.send(get("/")).await.unwrap();
    }
    assert_eq!(bench.renewals(), 1);
    bench.wire.add(short(3));
    bench.paced.clock().wait(Duration::from_secs(20)).await;
    bench.send(get("/")).await.unwrap();
    assert_eq!(bench.renewals(), 2, "but before it dies");
}
