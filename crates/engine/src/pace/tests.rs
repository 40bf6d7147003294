//! What leaves, how often, signed by whom, and what comes back.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{AUTHORIZATION, HeaderValue};

use super::testing::*;
use super::{Paced, Parts, Rates};
use crate::clock::{Clock, SystemClock, SystemRandom};
use crate::error::{Acted, Error, Kind, Remedy, Result};
use crate::model::GrantId;
use crate::platform::{ConnectionFacts, Platforms};
use crate::secrets::{MemorySecrets, NoGrants, Secret, SecretStore, field_handle, slot_handle};
use crate::signin::{BasicFields, Client, Flow, Tokens};
use crate::transport::{Lane, Realm, Request, Response, Sign, Subject, Transport};

mod clouds;
mod life;
mod schedules;
mod throttles;
mod together;

const DEAD: &str = r#"{"refusal":"dead"}"#;
const SLOW: &str = r#"{"refusal":"slow"}"#;

fn tokens(access: &str, refresh: Option<&str>, expires_in: Option<i64>, flow: Flow) -> Tokens {
    let start: jiff::Timestamp = START.parse().unwrap();
    Tokens {
        access: Secret::new(access),
        refresh: refresh.map(Secret::new),
        expires_at: expires_in.map(|seconds| start + jiff::SignedDuration::from_secs(seconds)),
        ends_at: None,
        scopes: Default::default(),
        flow,
    }
}

impl Bench {
    fn with_rates(self, rates: Rates) -> Self {
        self.of(|parts| parts.rates = rates)
    }

    fn of(self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Parts {
            wire: self.wire.clone(),
            secrets: self.secrets.clone(),
            grants: self.vault.clone(),
            throttles: Arc::new(crate::pace::NoThrottles),
            platforms: Platforms::new(vec![self.platform]),
            clock: self.paced.clock().clone(),
            random: Arc::new(SystemRandom),
            rates: Rates::Declared,
            events: crate::event::Events::new(),
        };
        change(&mut parts);
        let fields = [("tenant_id".to_owned(), "t1".to_owned()), ("client_id".to_owned(), "app".to_owned())].into();
        let paced = Paced::new(parts).unwrap();
        paced.connected(ALPHA, ConnectionFacts { fields, ..Default::default() });
        Self { paced, ..self }
    }

    async fn signed_in(self, slot: &str, tokens: &Tokens) -> Self {
        let facts = ConnectionFacts {
            fields: [("tenant_id".to_owned(), "t1".to_owned()), ("client_id".to_owned(), "app".to_owned())].into(),
            ..Default::default()
        };
        self.paced.connected(ALPHA, facts);
        self.secrets.put(&field_handle(ALPHA, "client_secret"), &Secret::new("hush")).await.unwrap();
        self.secrets.put(&slot_handle(ALPHA, slot), &tokens.to_secret().unwrap()).await.unwrap();
        self
    }

    async fn ready(self) -> Self {
        self.signed_in("user", &tokens("t-1", None, None, Flow::Slot)).await
    }

    async fn granted(&self, grant: GrantId, tokens: &Tokens) {
        let sealed = self.paced.sealer().seal_grant(grant, ALPHA, tokens).await.unwrap();
        self.vault.rows.lock().unwrap().insert(grant, sealed);
    }

    async fn send(&self, request: Request) -> Result<Response> {
        self.paced.send(ALPHA, request, Subject::Connection, Lane::Bulk).await
    }

    async fn stored(&self, slot: &str) -> Tokens {
        Tokens::from_secret(&self.secrets.get(&slot_handle(ALPHA, slot)).await.unwrap().unwrap()).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        self.wire.left().into_iter().map(|left| left.line).collect()
    }
}

fn post(path: &str) -> Request {
    Request::write(Method::POST, format!("https://{HOST}{path}").parse().unwrap(), Sign::Bearer("user"), "post", "test_write")
}

#[tokio::test(start_paused = true)]
async fn a_request_leaves_signed_and_named() {
    let bench = bench([]).ready().await;
    bench.send(get("/me?x=1")).await.unwrap();
    let left = bench.wire.left().remove(0);
    assert_eq!(left.line, "GET https://api.alpha.example/me?x=1");
    assert_eq!(left.authorization, "Bearer t-1");
    assert_eq!(left.agent, concat!("User-Sync/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_for_a_foreign_address_or_with_a_foreign_signature() {
    let url = |text: &str| text.parse::<url::Url>().unwrap();
    let mut bad: Vec<Request> = [
        "https://evil.example/",
        "http://api.alpha.example/",
        "https://api.alpha.example:8443/",
        "https://u@api.alpha.example/",
        "https://api.alpha.example.evil.example/",
    ]
    .into_iter()
    .map(|text| Request { url: url(text), ..get("/") })
    .collect();
    bad.push(get("/").header(AUTHORIZATION, HeaderValue::from_static("Bearer mine")));
    bad.push(Request { sign: Sign::Bearer("nobody"), ..get("/") });
    bad.push(Request { class: "unheard-of", ..get("/") });
    for request in bad {
        let bench = bench([]).ready().await;
        assert_eq!(bench.send(request.clone()).await.unwrap_err().kind, Kind::Bug, "{request:?}");
        assert_eq!(bench.lines(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_waited_for_and_even_a_once_only_request_is_sent_again() {
    for (says, seconds) in [
        (says_with(429, "retry-after", "30", "{}"), 30),
        (says_with(429, "retry-after", "Mon, 05 Jan 2026 08:02:00 GMT", SLOW), 120),
        (says_with(429, "retry-after", "2026-01-05T08:00:45Z", "<html>"), 45),
        (says(429, SLOW), 7),
        (says_with(200, "retry-after", "9", SLOW), 9),
    ] {
        let bench = bench([says]).ready().await;
        bench.send(post("/post")).await.unwrap();
        assert_eq!((bench.lines().len(), bench.start.elapsed().as_secs()), (2, seconds));
    }
    let bench = bench([says(429, "{}"), says(429, "{}")]).ready().await;
    bench.send(get("/")).await.unwrap();
    assert!(
        bench.start.elapsed() >= Duration::from_millis(750) && bench.start.elapsed() < Duration::from_secs(2),
        "no Retry-After: a growing pause"
    );
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_refuses_for_ever_and_asks_for_no_pause_is_not_flooded() {
    for nought in ["0", "-5", "0.001", "Mon, 05 Jan 2015 08:00:00 GMT"] {
        let bench = bench((0..2000).map(|_| says_with(429, "retry-after", nought, "{}"))).ready().await;
        let error = bench.send(get("/")).await.unwrap_err();
        assert_eq!(error.kind, Kind::RateLimited, "{nought}");
        assert!(bench.lines().len() < 100, "{nought}: {} requests within {:?}", bench.lines().len(), bench.start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_beyond_all_patience_is_reported_with_its_time() {
    let bench = bench([says_with(429, "retry-after", "86400", "{}")]).ready().await;
    let error = bench.send(get("/")).await.unwrap_err();
    assert_eq!((error.kind, error.remedy), (Kind::RateLimited, Remedy::Retry { after: Some(Duration::from_secs(86_400)) }));
    assert_eq!(bench.start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_one_request_meets_holds_back_the_others_of_its_class() {
    let bench = bench([says_with(429, "retry-after", "20", "{}")]).ready().await;
    let (first, second) = futures::join!(bench.send(get("/1")), async {
        SystemClock.wait(Duration::from_secs(1)).await;
        bench.send(get("/2")).await
    });
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(bench.lines().len(), 3);
    assert_eq!(bench.start.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_is_repeated_only_where_repeating_is_safe() {
    let html = || Says::Answer(200, vec![("content-type", "text/html".into())], "<html>gateway</html>".into());
    type Failure = (&'static str, fn() -> Says, Kind);
    let failures: [Failure; 7] = [
        ("network", || lost(Acted::Perhaps), Kind::Network),
        ("known 5xx", || says(503, "{}"), Kind::PlatformDown),
        ("unknown 5xx", || says(502, "<html>"), Kind::PlatformDown),
        ("cut off", || says(200, r#"{"items":[{"id":"#), Kind::Network),
        ("empty-handed", || says(200, "["), Kind::Network),
        ("damaged", || says(200, "{x}"), Kind::PlatformDown),
        ("web page", || Says::Answer(200, vec![("content-type", "text/html; charset=utf-8".into())], "<html>".into()), Kind::PlatformDown),
    ];
    for (name, fails, kind) in failures {
        let safe = bench([fails(), fails(), fails()]).ready().await;
        assert!(safe.send(get("/")).await.is_ok(), "{name}");
        assert_eq!(safe.lines().len(), 4, "{name}");

        let once = bench([fails()]).ready().await;
        let error = once.send(post("/post")).await.unwrap_err();
        assert_eq!((once.lines().len(), error.kind, error.acted), (1, kind, Acted::Perhaps), "{name}");
        assert_eq!((error.platform, error.operation), (Some(ALPHA), "test_write"), "{name}");

        let forever = bench((0..4).map(|_| fails())).ready().await;
        assert_eq!((forever.send(get("/")).await.unwrap_err().kind, forever.lines().len()), (kind, 4), "{name}");
    }
    let never_arrived = bench([lost(Acted::No), html()]).ready().await;
    assert_eq!(never_arrived.send(post("/post")).await.unwrap_err().acted, Acted::Perhaps);
    assert_eq!(never_arrived.lines().len(), 2, "what certainly never arrived is sent again");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_the_adapters_word_and_never_repeated() {
    for (says, kind) in [
        (says(403, r#"{"refusal":"policy"}"#), Kind::Forbidden),
        (says(200, r#"{"refusal":"policy"}"#), Kind::Forbidden),
        (says(404, "{}"), Kind::Invalid),
    ] {
        let bench = bench([says]).ready().await;
        assert_eq!((bench.send(get("/")).await.unwrap_err().kind, bench.lines().len()), (kind, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_token_is_renewed_once_and_the_new_one_is_stored_before_it_is_used() {
    for dead in [says(401, "{}"), says(200, DEAD), says(401, DEAD)] {
        let renewed = says(200, r#"{"access_token":"t-2","refresh_token":"r-2","expires_in":3600,"scope":"people.read"}"#);
        let bench = bench([dead, renewed]).signed_in("user", &tokens("t-1", Some("r-1"), None, Flow::Slot)).await;
        bench.send(post("/post")).await.unwrap();
        let left = bench.wire.left();
        assert_eq!(
            bench.lines(),
            ["POST https://api.alpha.example/post", "POST https://login.alpha.example/t1/token", "POST https://api.alpha.example/post"]
        );
        assert_eq!(left[1].body, "grant_type=refresh_token&refresh_token=r-1&client_id=app&client_secret=hush");
        assert_eq!(left[2].authorization, "Bearer t-2");
        let stored = bench.stored("user").await;
        assert_eq!((stored.access.expose(), stored.refresh.unwrap().expose()), ("t-2", "r-2"));
        assert_eq!(stored.expires_at.unwrap().to_string(), "2026-01-05T09:00:00Z");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_stays_dead_ends_in_signed_out() {
    let renewed = || says(200, r#"{"access_token":"t-2"}"#);
    let cases: [(Vec<Says>, Option<&str>, usize); 4] = [
        (vec![says(401, "{}"), renewed(), says(401, "{}")], Some("r-1"), 3),
        (vec![says(401, "{}"), says(400, r#"{"error":"invalid_grant"}"#)], Some("r-1"), 2),
        (vec![says(401, "{}"), says(401, r#"{"error":"invalid_client"}"#)], Some("r-1"), 2),
        (vec![says(401, "{}")], None, 1),
    ];
    for (script, refresh, count) in cases {
        let bench = bench(script).signed_in("user", &tokens("t-1", refresh, None, Flow::Slot)).await;
        let error = bench.send(get("/")).await.unwrap_err();
        assert_eq!((error.kind, &error.remedy, error.platform), (Kind::SignedOut, &Remedy::SignInAgain, Some(ALPHA)), "{error:?}");
        assert_eq!(bench.lines().len(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_token_can_be_had_the_platforms_own_word_about_the_old_one_stays() {
    let bench = bench([says(401, DEAD)]).ready().await;
    assert_eq!(bench.send(get("/")).await.unwrap_err().message, "The token is dead.");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_sends_elsewhere_is_no_success() {
    let bench = bench((0..4).map(|_| says(302, ""))).ready().await;
    assert_eq!(bench.send(get("/")).await.unwrap_err().kind, Kind::PlatformDown);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_in_passing_is_not_taken_for_signed_out() {
    let bench = bench([says(401, "{}"), says(503, "{}"), says(503, "{}"), says(503, "{}"), says(503, "{}")])
        .signed_in("user", &tokens("t-1", Some("r-1"), None, Flow::Slot))
        .await;
    assert_eq!(bench.send(get("/")).await.unwrap_err().kind, Kind::PlatformDown);
    assert_eq!(bench.stored("user").await.refresh.unwrap().expose(), "r-1");
}

#[tokio::test(start_paused = true)]
async fn many_requests_with_one_dead_token_renew_it_once() {
    let mut script: Vec<Says> = (0..8).map(|_| says(401, "{}")).collect();
    script.push(says(200, r#"{"access_token":"t-2","refresh_token":"r-2"}"#));
    let bench = bench(script).signed_in("user", &tokens("t-1", Some("r-1"), None, Flow::Slot)).await;
    let results = futures::future::join_all((0..8).map(|_| bench.send(get("/")))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(bench.lines().iter().filter(|line| line.ends_with("/token")).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_dies_and_used_on_when_that_fails_in_passing() {
    let renewed = says(200, r#"{"access_token":"t-2","refresh_token":"r-2","expires_in":3600}"#);
    let bench = bench([renewed]).signed_in("user", &tokens("t-1", Some("r-1"), Some(50), Flow::Slot)).await;
    bench.send(get("/")).await.unwrap();
    bench.send(get("/")).await.unwrap();
    let used: Vec<String> = bench.wire.left().into_iter().map(|left| left.authorization).collect();
    assert_eq!(used, ["", "Bearer t-2", "Bearer t-2"]);

    let down = (0..4).map(|_| says(503, "{}"));
    let bench = super::testing::bench(down).signed_in("user", &tokens("t-1", Some("r-1"), Some(50), Flow::Slot)).await;
    bench.send(get("/")).await.unwrap();
    assert_eq!(bench.wire.left().last().unwrap().authorization, "Bearer t-1");

    let down = (0..4).map(|_| says(503, "{}"));
    let bench = super::testing::bench(down).signed_in("user", &tokens("t-1", Some("r-1"), Some(-1), Flow::Slot)).await;
    assert_eq!(bench.send(get("/")).await.unwrap_err().kind, Kind::PlatformDown, "a token that is dead already is not tried");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_runs_to_its_end_even_when_the_request_is_given_up() {
    let renewed = says(200, r#"{"access_token":"t-2","refresh_token":"r-2"}"#);
    let bench = bench([renewed]).signed_in("user", &tokens("t-1", Some("r-1"), Some(0), Flow::Slot)).await;
    let mut given_up = Box::pin(bench.send(get("/")));
    while bench.wire.left().is_empty() {
        assert!(futures::poll!(&mut given_up).is_pending());
        tokio::task::yield_now().await;
    }
    drop(given_up);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.stored("user").await.refresh.unwrap().expose(), "r-2");
}

#[tokio::test(start_paused = true)]
async fn a_client_gets_its_token_again_by_itself() {
    let renewed = says(200, r#"{"access_token":"t-2","expires_in":3600}"#);
    let bench = bench([says(401, "{}"), renewed]).signed_in("server", &tokens("t-1", None, None, Flow::Slot)).await;
    bench.send(Request { sign: Sign::Bearer("server"), ..get("/") }).await.unwrap();
    let left = bench.wire.left();
    assert_eq!(
        (left[1].body.as_str(), left[1].authorization.as_str()),
        ("grant_type=account_credentials&account_id=t1", "Basic YXBwOmh1c2g=")
    );
    assert_eq!(left[2].authorization, "Bearer t-2");
}

#[tokio::test(start_paused = true)]
async fn an_employees_token_signs_only_for_its_grant_and_renews_into_the_vault() {
    for (flow, form) in [
        (Flow::Device, "grant_type=refresh_token&refresh_token=r-1&client_id=app&client_secret=hush"),
        (Flow::PasteBack, "grant_type=refresh_token&refresh_token=r-1&client_id=app"),
    ] {
        let bench = bench([says(401, "{}"), says(200, r#"{"access_token":"e-2","refresh_token":"r-2"}"#)]).ready().await;
        let grant = GrantId(9);
        bench.granted(grant, &tokens("e-1", Some("r-1"), None, flow)).await;
        bench.paced.send(ALPHA, get("/me"), Subject::Grant(grant), Lane::Prompt).await.unwrap();
        let left = bench.wire.left();
        assert_eq!(
            (left[0].authorization.as_str(), left[1].body.as_str(), left[2].authorization.as_str()),
            ("Bearer e-1", form, "Bearer e-2")
        );
        let sealed = bench.vault.rows.lock().unwrap()[&grant].sealed.clone();
        assert_eq!(bench.paced.sealer().open_grant(grant, ALPHA, &sealed).await.unwrap().refresh.unwrap().expose(), "r-2");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotated_token_that_could_not_be_stored_is_not_lost() {
    let bench = bench([says(401, "{}"), says(200, r#"{"access_token":"e-2","refresh_token":"r-2"}"#)]).ready().await;
    let grant = GrantId(9);
    bench.granted(grant, &tokens("e-1", Some("r-1"), None, Flow::Device)).await;
    *bench.vault.refuse.lock().unwrap() = 1;
    let send = || bench.paced.send(ALPHA, get("/me"), Subject::Grant(grant), Lane::Prompt);
    assert_eq!(send().await.unwrap_err().kind, Kind::Storage);
    send().await.unwrap();
    let sealed = bench.vault.rows.lock().unwrap()[&grant].sealed.clone();
    assert_eq!(bench.paced.sealer().open_grant(grant, ALPHA, &sealed).await.unwrap().refresh.unwrap().expose(), "r-2");
    assert_eq!(bench.lines().iter().filter(|line| line.ends_with("/token")).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_signed_out_employee_is_asked_again_and_not_the_admin() {
    let bench = bench([says(401, "{}"), says(400, r#"{"error":"invalid_grant"}"#)]).ready().await;
    bench.granted(GrantId(9), &tokens("e-1", Some("r-1"), None, Flow::Device)).await;
    // The first is refused at renewal, the second does not exist, the third's new token is refused too.
    bench.granted(GrantId(11), &tokens("e-3", Some("r-3"), None, Flow::Device)).await;
    for grant in [GrantId(9), GrantId(10), GrantId(11)] {
        if grant == GrantId(11) {
            [says(401, "{}"), says(200, r#"{"access_token":"e-4"}"#), says(401, "{}")].into_iter().for_each(|says| bench.wire.add(says));
        }
        let error = bench.paced.send(ALPHA, get("/me"), Subject::Grant(grant), Lane::Prompt).await.unwrap_err();
        assert_eq!(error.kind, Kind::SignedOut);
        assert!(error.next_step().contains("Sync the person once more"), "{}", error.next_step());
    }
}

#[tokio::test(start_paused = true)]
async fn a_grants_token_travels_in_the_form_where_revoking_wants_it() {
    let bench = bench([]).ready().await;
    bench.granted(GrantId(9), &tokens("e-1", None, None, Flow::Device)).await;
    let client = Client::Basic(BasicFields { id: "client_id", secret: "client_secret" });
    let sign = Sign::GrantInForm { grant: GrantId(9), field: "token", client };
    let url = "https://login.alpha.example/revoke".parse().unwrap();
    bench.send(Request::write(Method::POST, url, sign, Paced::UNCOUNTED, "revoke").form(&[("hint", "a b")])).await.unwrap();
    let left = bench.wire.left().remove(0);
    assert_eq!((left.body.as_str(), left.authorization.as_str()), ("hint=a+b&token=e-1", "Basic YXBwOmh1c2g="));
}

#[tokio::test(start_paused = true)]
async fn a_person_who_waits_passes_an_import_at_a_limit() {
    let bench = bench([says_with(429, "retry-after", "10", "{}")]).ready().await;
    let send = |path: &'static str, lane: Lane| bench.paced.send(ALPHA, get(path), Subject::Connection, lane);
    let (import, person) = futures::join!(send("/import", Lane::Import), async {
        SystemClock.wait(Duration::from_secs(1)).await;
        send("/person", Lane::Waiting).await
    });
    assert!(import.is_ok() && person.is_ok());
    assert_eq!(bench.lines()[1..], ["GET https://api.alpha.example/person", "GET https://api.alpha.example/import"]);
}

#[test]
fn demo_and_real_are_never_mixed() {
    let parts = Parts {
        wire: Script::new([]),
        secrets: Arc::new(MemorySecrets::new(Realm::Live)),
        grants: Arc::new(NoGrants),
        throttles: Arc::new(crate::pace::NoThrottles),
        platforms: Platforms::new(Vec::new()),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        rates: Rates::Declared,
        events: crate::event::Events::new(),
    };
    assert_eq!(Paced::new(parts).err().map(|error| error.kind), Some(Kind::Bug));
}

#[tokio::test(start_paused = true)]
async fn published_rates_are_kept_unless_the_simulator_has_none_and_a_429_always_is() {
    for (rates, three_posts) in [(Rates::Declared, 2), (Rates::Off, 0)] {
        let bench = bench([]).with_rates(rates).ready().await;
        let post = || bench.send(Request { class: "post", ..get("/post") }.channel("room"));
        for _ in 0..3 {
            post().await.unwrap();
        }
        assert_eq!(bench.start.elapsed().as_secs(), three_posts, "{rates:?}");
        bench.wire.add(says_with(429, "retry-after", "30", "{}"));
        post().await.unwrap();
        assert!((30..=33).contains(&(bench.start.elapsed().as_secs() - three_posts)), "{rates:?}: a 429 was not obeyed");
    }
}

#[test]
fn the_real_platforms_rates_cannot_be_switched_off() {
    let mut live = Script::new([]);
    Arc::get_mut(&mut live).unwrap().realm = Realm::Live;
    for (rates, refused) in [(Rates::Declared, None), (Rates::Off, Some(Kind::Bug))] {
        let parts = Parts {
            wire: live.clone(),
            secrets: Arc::new(MemorySecrets::new(Realm::Live)),
            grants: Arc::new(NoGrants),
            throttles: Arc::new(crate::pace::NoThrottles),
            platforms: Platforms::new(Vec::new()),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            rates,
            events: crate::event::Events::new(),
        };
        assert_eq!(Paced::new(parts).err().map(|error| error.kind), refused);
    }
}

/// Writes every event and span of tracing into one text.
#[derive(Clone, Default)]
struct Ear(Arc<std::sync::Mutex<String>>);

impl tracing::Subscriber for Ear {
    fn enabled(&self, _metadata: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        self.0.lock().unwrap().push_str(&format!("{attributes:?}\n"));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _span: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        self.0.lock().unwrap().push_str(&format!("{values:?}\n"));
    }

    fn record_follows_from(&self, _span: &tracing::span::Id, _follows: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        self.0.lock().unwrap().push_str(&format!("{event:?}\n"));
    }

    fn enter(&self, _span: &tracing::span::Id) {}

    fn exit(&self, _span: &tracing::span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn no_token_and_no_body_reaches_a_log_or_an_error() {
    // For the whole process: one that hears a single thread may miss what another thread looked at first.
    let ear = Ear::default();
    tracing::subscriber::set_global_default(ear.clone()).unwrap();
    let planted = "planted-secret";
    let mut errors: Vec<Error> = Vec::new();
    let scripts: Vec<Vec<Says>> = vec![
        (0..4).map(|_| says(200, &format!(r#"{{"text":"{planted}"#))).collect(),
        vec![says_with(429, "retry-after", "99999", &format!(r#"{{"text":"{planted}"}}"#))],
        vec![says(401, planted), says(400, &format!(r#"{{"access_token":7,"refresh_token":"{planted}"}}"#))],
        vec![says(401, "{}"), says(200, &format!(r#"{{"access_token":"{planted}","refresh_token":"{planted}"}}"#)), says(418, planted)],
    ];
    for script in scripts {
        let bench = bench(script).signed_in("user", &tokens(planted, Some(planted), None, Flow::Slot)).await;
        bench.secrets.put(&field_handle(ALPHA, "client_secret"), &Secret::new(planted)).await.unwrap();
        errors.push(bench.send(get("/").header(http::header::IF_MATCH, HeaderValue::from_static("x"))).await.unwrap_err());
    }
    let heard = format!(
        "{}{errors:?}{}",
        ear.0.lock().unwrap(),
        errors.iter().map(|error| format!("{error}{}", error.next_step())).collect::<String>()
    );
    assert!(heard.contains("asking again") && heard.contains("renewing a token"), "nothing was logged, so nothing was proven: {heard}");
    assert!(!heard.contains(planted), "{heard}");
}
