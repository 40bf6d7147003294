//! Whole sign-ins against a scripted platform and a real loopback port.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::loopback::Loopback;
use super::*;
use crate::clock::{Browser, Clock, SystemClock, SystemRandom};
use crate::error::{Acted, Error, Kind, Result};
use crate::pace::testing::*;
use crate::pace::{Paced, Parts, Rates};
use crate::platform::{ConnectionFacts, PlatformInfo, Platforms};
use crate::secrets::{Handle, MemorySecrets, NoGrants, Secret, SecretStore, field_handle, slot_handle};
use crate::transport::{Lane, Realm, Subject, Transport};

pub(super) fn given(pairs: &[(&str, &str)]) -> Given {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect()
}

pub(super) const FIELDS: &[(&str, &str)] =
    &[("tenant_id", "t1"), ("client_id", "app"), ("client_secret", " hush "), ("app.id", "a1"), ("app.secret", "app-hush")];

pub(super) fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Sends raw text to a loopback address and gives the whole answer.
pub(super) async fn say(address: (&str, u16), text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A browser whose user does these things in turn; `STATE` stands for the state of the page.
pub(super) struct Clicks {
    does: Vec<&'static str>,
    pub(super) pages: Mutex<Vec<Url>>,
    pub(super) answers: Mutex<Vec<String>>,
}

pub(super) fn clicks(does: &[&'static str]) -> Clicks {
    Clicks { does: does.to_vec(), pages: Mutex::default(), answers: Mutex::default() }
}

#[async_trait]
impl Browser for Clicks {
    async fn open(&self, url: &Url) -> Result<()> {
        self.pages.lock().unwrap().push(url.clone());
        let redirect: Url = parameter(url, "redirect_uri").parse().unwrap();
        for does in &self.does {
            let line = does.replace("STATE", &parameter(url, "state"));
            let port = redirect.port().unwrap();
            let answer = say(("127.0.0.1", port), &format!("{line} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")).await;
            self.answers.lock().unwrap().push(answer);
        }
        Ok(())
    }
}

pub(super) const ALLOW: &[&str] = &["GET /alpha?code=c-1&state=STATE"];

pub(super) fn exchanged() -> Says {
    says(200, r#"{"ok":true,"authed":{"access_token":"u-1","refresh_token":"ur-1","expires_in":3600,"scope":"people.read,chat.write"}}"#)
}

pub(super) fn me() -> Says {
    says(200, r#"{"tenant":"org-9","account":"admin"}"#)
}

pub(super) fn success() -> Vec<Says> {
    vec![
        exchanged(),
        says(200, r#"{"access_token":"s-1","expires_in":3600}"#),
        me(),
        says(200, r#"{"access_token":"m-1","refresh_token":"mr-1"}"#),
        me(),
    ]
}

pub(super) async fn run(bench: &Bench, given: Given, browser: &dyn Browser) -> (Result<ConnectionFacts>, Vec<String>) {
    let steps = Mutex::new(Vec::new());
    let answers = BTreeMap::from([("second_factor".to_owned(), "app".to_owned())]);
    let entered = Entered { given, answers, left_out: None };
    let result = connect(&bench.paced, bench.platform, entered, None, browser, &|step| {
        steps.lock().unwrap().push(match step {
            Step::OpenBrowser { .. } => "open".to_owned(),
            Step::ShowCode { code, .. } => format!("show {code}"),
            Step::AskAnswer { question } => format!("ask {}", question.key),
            Step::Skipped { slot, .. } => format!("skipped {slot}"),
            Step::Done { identity } => format!("done {}", identity.tenant),
            Step::Failed { error } => format!("failed {:?}", error.kind),
        });
    })
    .await;
    (result, steps.into_inner().unwrap())
}

pub(super) fn kept(bench: &Bench) -> Vec<String> {
    bench
        .secrets
        .all()
        .into_iter()
        .map(|(handle, secret)| format!("{} = {}", handle.0, Tokens::from_secret(&secret).map_or(secret, |tokens| tokens.access).expose()))
        .collect()
}

#[tokio::test]
async fn connecting_obtains_every_token_from_its_own_source() {
    let (bench, browser) = (bench(success()), clicks(ALLOW));
    let (facts, steps) = run(&bench, given(FIELDS), &browser).await;
    let facts = facts.unwrap();
    assert_eq!(steps, ["open", "skipped bot", "done org-9"]);
    assert_eq!(
        kept(&bench),
        [
            "alpha/field/app.secret = app-hush",
            "alpha/field/client_secret = hush",
            "alpha/minted = m-1",
            "alpha/server = s-1",
            "alpha/user = u-1"
        ]
    );
    assert_eq!(facts.fields.keys().collect::<Vec<_>>(), ["app.id", "client_id", "tenant_id"], "a secret among the facts");
    assert_eq!(facts.granted["user"], ["chat.write".to_owned(), "people.read".to_owned()].into());
    assert_eq!((facts.identity.unwrap().tenant.as_str(), facts.answers["second_factor"].as_str()), ("org-9", "app"));

    let page = browser.pages.lock().unwrap()[0].clone();
    assert!(page.as_str().starts_with("https://login.alpha.example/t1/authorize?client_id=app&"));
    for (name, value) in [("code_challenge_method", "S256"), ("scope", "people.read offline"), ("prompt", "select_account")] {
        assert_eq!(parameter(&page, name), value);
    }
    let left = bench.wire.left();
    assert_eq!(left[0].line, "POST https://login.alpha.example/t1/token");
    let challenge = oauth2::PkceCodeChallenge::from_code_verifier_sha256(&oauth2::PkceCodeVerifier::new(left[0].field("code_verifier")));
    assert_eq!(parameter(&page, "code_challenge"), challenge.as_str(), "the verifier is not the one behind the link");
    assert_eq!(left[0].field("redirect_uri"), parameter(&page, "redirect_uri"));
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "c-1"),
        ("scope", "people.read offline"),
        ("client_id", "app"),
        ("client_secret", "hush"),
    ] {
        assert_eq!(left[0].field(name), value);
    }
    assert_eq!((left[2].line.as_str(), left[2].authorization.as_str()), ("GET https://api.alpha.example/me", "Bearer u-1"));
    assert_eq!((left[3].line.as_str(), left[3].authorization.as_str()), ("POST https://api.alpha.example/apps/a1/token", "Bearer u-1"));
    assert_eq!(left[3].body, r#"{"clientSecret":"app-hush","targetOrgId":"org-9"}"#);

    // What was connected is in use without a restart, and is gone after disconnecting.
    let send = || Transport::send(&bench.paced, ALPHA, get("/x"), Subject::Connection, Lane::Bulk);
    send().await.unwrap();
    assert_eq!(bench.wire.left().last().unwrap().authorization, "Bearer u-1");
    forget(&bench.paced, bench.platform).await.unwrap();
    forget(&bench.paced, bench.platform).await.unwrap();
    assert_eq!(kept(&bench), Vec::<String>::new());
    assert_eq!(send().await.unwrap_err().kind, Kind::SignedOut);
}

#[tokio::test]
async fn given_tokens_need_no_browser() {
    let (bench, browser) = (bench([says(200, r#"{"access_token":"s-1"}"#), me()]), clicks(&[]));
    let fields =
        given(&[("tenant_id", "t1"), ("client_id", "app"), ("client_secret", "hush"), ("user_token", "u-0"), ("bot_token", "b-0")]);
    let (facts, steps) = run(&bench, fields, &browser).await;
    assert!(facts.unwrap().granted.is_empty());
    assert_eq!(steps, ["skipped minted", "done org-9"]);
    assert_eq!(kept(&bench), ["alpha/bot = b-0", "alpha/field/client_secret = hush", "alpha/server = s-1", "alpha/user = u-0"]);
}

#[tokio::test]
async fn what_is_missing_unknown_or_impossible_is_said_before_anything_happens() {
    for (fields, words) in [
        (given(&[("tenant_id", "t1"), ("client_id", " ")]), vec!["`client_id`", "`client_secret`", "It is on the app's page."]),
        (given(&[("tenant_id", "t1"), ("client_idd", "x")]), vec!["client_id", "user_token"]),
    ] {
        let (bench, browser) = (bench([]), clicks(ALLOW));
        let (result, steps) = run(&bench, fields, &browser).await;
        let error = result.unwrap_err();
        assert_eq!((error.kind, error.platform, steps), (Kind::Invalid, Some(ALPHA), vec!["failed Invalid".to_owned()]));
        assert!(words.iter().all(|word| error.next_step().contains(word)), "{}", error.next_step());
        assert!(bench.wire.left().is_empty() && browser.pages.lock().unwrap().is_empty() && kept(&bench).is_empty());
    }
    let bench = bench([]);
    let answers = BTreeMap::from([("second_factor".to_owned(), "perhaps".to_owned())]);
    let entered = Entered { given: given(FIELDS), answers, left_out: None };
    let error = connect(&bench.paced, bench.platform, entered, None, &clicks(ALLOW), &|_| {}).await.unwrap_err();
    assert!(error.next_step().contains("none, app"), "{}", error.next_step());
}

#[tokio::test]
async fn a_sign_in_that_fails_anywhere_leaves_nothing_and_keeps_the_older_connection() {
    let bad = || says(403, r#"{"refusal":"policy"}"#);
    let failures: Vec<(Vec<Says>, &[&'static str], Kind)> = vec![
        (vec![], &["GET /alpha?error=access_denied&state=STATE"], Kind::Cancelled),
        (vec![], &["GET /alpha?error=invalid_scope&error_description=x&state=STATE"], Kind::Forbidden),
        (vec![says(400, r#"{"error":"invalid_grant"}"#)], ALLOW, Kind::SignedOut),
        (vec![bad()], ALLOW, Kind::Forbidden),
        (vec![exchanged(), says(200, r#"{"access_token":"s-1"}"#), bad()], ALLOW, Kind::Forbidden),
        (
            vec![exchanged(), says(200, r#"{"access_token":"s-1"}"#), me(), says(200, r#"{"access_token":"m-1"}"#), bad()],
            ALLOW,
            Kind::Forbidden,
        ),
        (vec![Says::Fails(Error::new(Kind::Bug, "wire", "A mistake.").acted(Acted::No))], ALLOW, Kind::Bug),
    ];
    for (script, does, kind) in failures {
        let bench = bench(script);
        let old = Tokens::given(Secret::new("old"));
        bench.secrets.put(&slot_handle(ALPHA, "user"), &old.to_secret().unwrap()).await.unwrap();
        let (result, steps) = run(&bench, given(FIELDS), &clicks(does)).await;
        let error = result.unwrap_err();
        assert_eq!((error.kind, error.platform), (kind, Some(ALPHA)), "{error:?}");
        assert_eq!(steps.last().unwrap(), &format!("failed {kind:?}"));
        assert_eq!(kept(&bench), ["alpha/user = old"]);
    }
}

/// Refuses the n-th change.
struct Stubborn {
    inner: Arc<MemorySecrets>,
    left: Mutex<usize>,
}

impl Stubborn {
    fn change(&self) -> Result<()> {
        let mut left = self.left.lock().unwrap();
        *left = left.wrapping_sub(1);
        if *left == 0 { Err(Error::new(Kind::Keychain, "put", "The keychain is locked.")) } else { Ok(()) }
    }
}

#[async_trait]
impl SecretStore for Stubborn {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn get(&self, handle: &Handle) -> Result<Option<Secret>> {
        let found = self.inner.get(handle).await?;
        match found.as_ref().map(Secret::expose) {
            Some("damaged") => Err(Error::new(Kind::Keychain, "get", "The entry is damaged.").remedy(crate::Remedy::SignInAgain)),
            _ => Ok(found),
        }
    }

    async fn put(&self, handle: &Handle, secret: &Secret) -> Result<()> {
        // The worst kind: it did it and says that it did not.
        self.inner.put(handle, secret).await?;
        self.change()
    }

    async fn delete(&self, handle: &Handle) -> Result<()> {
        self.inner.delete(handle).await?;
        self.change()
    }
}

fn stubborn(bench: Bench, refused: usize) -> Bench {
    let paced = Paced::new(Parts {
        wire: bench.wire.clone(),
        secrets: Arc::new(Stubborn { inner: bench.secrets.clone(), left: Mutex::new(refused) }),
        grants: Arc::new(NoGrants),
        throttles: Arc::new(crate::pace::NoThrottles),
        platforms: Platforms::new(vec![bench.platform]),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        rates: Rates::Declared,
        events: crate::event::Events::new(),
    });
    Bench { paced: paced.unwrap(), ..bench }
}

#[tokio::test]
async fn a_damaged_secret_is_mended_by_connecting_again() {
    let bench = stubborn(bench(success()), 0);
    bench.secrets.put(&slot_handle(ALPHA, "user"), &Secret::new("damaged")).await.unwrap();
    run(&bench, given(FIELDS), &clicks(ALLOW)).await.0.unwrap();
    assert!(kept(&bench).contains(&"alpha/user = u-1".to_owned()));
}

#[tokio::test]
async fn a_secret_store_that_refuses_half_way_is_put_back_as_it_was() {
    for refused in 1..=6 {
        let bench = bench(success());
        let old = Tokens::given(Secret::new("old")).to_secret().unwrap();
        bench.secrets.put(&slot_handle(ALPHA, "user"), &old).await.unwrap();
        bench.secrets.put(&slot_handle(ALPHA, "bot"), &old).await.unwrap();
        let before = kept(&bench);
        let bench = stubborn(bench, refused);
        let (result, _) = run(&bench, given(FIELDS), &clicks(ALLOW)).await;
        assert_eq!(result.unwrap_err().kind, Kind::Keychain, "change {refused} was not refused");
        assert_eq!(kept(&bench), before, "after refusing change {refused}");
    }
}

#[tokio::test]
async fn a_renewal_of_the_older_connection_never_overwrites_the_newer_one() {
    // The old token dies while the admin connects again, and the answer to its renewal comes last of all.
    let minted = Says::Late(50, 200, r#"{"access_token":"m-1"}"#.into());
    let renewed = Says::Late(500, 200, r#"{"access_token":"late","refresh_token":"late-r"}"#.into());
    let bench = bench([exchanged(), says(200, r#"{"access_token":"s-1"}"#), me(), minted, renewed, me()]);
    let old =
        Tokens { refresh: Some(Secret::new("old-r")), expires_at: Some(jiff::Timestamp::UNIX_EPOCH), ..Tokens::given(Secret::new("old")) };
    bench.secrets.put(&slot_handle(ALPHA, "user"), &old.to_secret().unwrap()).await.unwrap();
    bench.secrets.put(&field_handle(ALPHA, "client_secret"), &Secret::new("hush")).await.unwrap();
    bench.paced.connected(ALPHA, facts());
    let send = |path: &'static str| Transport::send(&bench.paced, ALPHA, get(path), Subject::Connection, Lane::Import);
    let click = clicks(ALLOW);
    let ((connected, _), old_work) = futures::join!(run(&bench, given(FIELDS), &click), async {
        while bench.wire.left().len() < 4 {
            tokio::task::yield_now().await;
        }
        send("/old").await
    });
    connected.unwrap();
    old_work.unwrap();
    assert_eq!(bench.wire.left()[4].field("refresh_token"), "old-r", "the old token was not renewed meanwhile, so nothing was proven");
    assert!(kept(&bench).contains(&"alpha/user = u-1".to_owned()), "{:?}", kept(&bench));
    send("/new").await.unwrap();
    assert_eq!(bench.wire.left().last().unwrap().authorization, "Bearer u-1");
}

#[tokio::test]
async fn connecting_again_removes_what_the_older_connection_alone_had() {
    let bench = bench(success());
    bench.secrets.put(&slot_handle(ALPHA, "bot"), &Tokens::given(Secret::new("old")).to_secret().unwrap()).await.unwrap();
    run(&bench, given(FIELDS), &clicks(ALLOW)).await.0.unwrap();
    assert!(!kept(&bench).iter().any(|line| line.contains("alpha/bot")));
}

#[tokio::test]
async fn stray_requests_do_not_end_the_sign_in() {
    let browser = clicks(&[
        "GET /favicon.ico",
        "GET /alpha",
        "GET /alpha?code=c-0&state=guessed",
        "GET /alpha?error=access_denied&state=guessed",
        "GET /alpha?code=&state=STATE",
        "POST /alpha?code=c-0&state=STATE",
        "nonsense",
        "GET /alpha?code=c-1&state=STATE",
    ]);
    let bench = bench(success());
    run(&bench, given(FIELDS), &browser).await.0.unwrap();
    assert_eq!(bench.wire.left()[0].field("code"), "c-1");
    let answers = browser.answers.lock().unwrap();
    let statuses: Vec<&str> = answers.iter().map(|answer| &answer[9..12]).collect();
    // The browser's own call is over as soon as the answer is here, so the last page is looked at by another test.
    assert_eq!(statuses, ["404", "400", "400", "400", "400", "405", "405"]);
    for answer in answers.iter() {
        assert!(!answer.contains("<script") && answer.contains("default-src 'none'") && answer.contains("no-store"), "{answer}");
        assert!(!answer.contains("c-1") && !answer.contains("guessed"), "the page repeats what came in the address");
    }
}

#[tokio::test]
async fn connections_that_say_nothing_keep_nobody_waiting_and_both_address_families_answer() {
    let redirect = Redirect { host: "localhost", ports: Ports::Any, path: "" };
    for host in ["127.0.0.1", "::1"] {
        let listening = Loopback::bind(&redirect).await.unwrap();
        let port = Url::parse(listening.redirect_uri()).unwrap().port().unwrap();
        assert_eq!(listening.redirect_uri(), format!("http://localhost:{port}"));
        let Ok(mut slow) = TcpStream::connect((host, port)).await else {
            assert_eq!(host, "::1", "a computer without IPv6 still listens on 127.0.0.1");
            continue;
        };
        let state = Secret::new("state");
        let (answer, page) = futures::join!(listening.answer(&state, "Alpha", &SystemClock), async {
            let _silent = TcpStream::connect((host, port)).await.unwrap();
            assert!(say((host, port), &format!("GET /favicon.ico HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")).await.contains("404"));
            slow.write_all(format!("GET /?state=state&code=c%2F1 HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").as_bytes()).await.unwrap();
            let mut page = String::new();
            slow.read_to_string(&mut page).await.unwrap();
            page
        });
        assert_eq!(answer.unwrap().expose(), "c/1");
        assert!(page.contains("You are signed in") && !page.contains("c/1"));
        assert!(TcpStream::connect((host, port)).await.is_err(), "the port is still open after the answer");
    }
}

#[tokio::test]
async fn only_registered_ports_are_taken_and_a_busy_one_is_passed_over() {
    let busy = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let ports: &'static [u16] = Box::leak(Box::new([busy.local_addr().unwrap().port(), free.local_addr().unwrap().port()]));
    let redirect = Redirect { host: "127.0.0.1", ports: Ports::Fixed(ports), path: "/x" };
    let error = Loopback::bind(&redirect).await.err().unwrap();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(error.message.contains(&ports[1].to_string()));
    drop(free);
    assert_eq!(Loopback::bind(&redirect).await.unwrap().redirect_uri(), format!("http://127.0.0.1:{}/x", ports[1]));
}

#[tokio::test(start_paused = true)]
async fn after_five_minutes_the_sign_in_ends_and_the_port_closes() {
    let listening = Loopback::bind(&CODE.redirect).await.unwrap();
    let port = Url::parse(listening.redirect_uri()).unwrap().port().unwrap();
    let start = tokio::time::Instant::now();
    let error = listening.answer(&Secret::new("state"), "Alpha", &SystemClock).await.unwrap_err();
    assert_eq!((error.kind, start.elapsed().as_secs()), (Kind::Cancelled, 300));
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[tokio::test]
async fn giving_up_closes_the_port_and_keeps_nothing() {
    let (bench, browser) = (bench([]), clicks(&[]));
    let mut connecting = Box::pin(run(&bench, given(FIELDS), &browser));
    while browser.pages.lock().unwrap().is_empty() {
        assert!(futures::poll!(&mut connecting).is_pending());
        tokio::task::yield_now().await;
    }
    let redirect: Url = parameter(&browser.pages.lock().unwrap()[0], "redirect_uri").parse().unwrap();
    let address = ("127.0.0.1", redirect.port().unwrap());
    assert!(TcpStream::connect(address).await.is_ok());
    drop(connecting);
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(kept(&bench), Vec::<String>::new());
}

fn facts() -> ConnectionFacts {
    ConnectionFacts {
        fields: [("tenant_id".to_owned(), "t1".to_owned()), ("client_id".to_owned(), "app".to_owned())].into(),
        ..Default::default()
    }
}

async fn with_secret(bench: Bench) -> Bench {
    bench.secrets.put(&field_handle(ALPHA, "client_secret"), &Secret::new("hush")).await.unwrap();
    bench
}

const DEVICE: &str =
    r#"{"device_code":"dc-1","user_code":"729703","verification_uri":"https://login.alpha.example/verify","expires_in":300,"interval":2}"#;

async fn device_code(bench: &Bench) -> DeviceCode {
    match start(&bench.paced, bench.platform, &facts()).await.unwrap() {
        Started::Code(code) => code,
        Started::Refused(error) => panic!("refused: {error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_code_is_asked_for_shown_and_polled_at_the_servers_pace() {
    let bench = with_secret(bench([
        says(200, DEVICE),
        says(428, r#"{"error":"authorization_pending"}"#),
        says(400, r#"{"error":"slow_down"}"#),
        says(200, r#"{"access_token":"e-1","refresh_token":"er-1","expires_in":3600,"scope":"chat.own"}"#),
    ]))
    .await;
    let code = device_code(&bench).await;
    assert_eq!(DeviceCode::from_secret(&code.to_secret().unwrap()).unwrap(), code);
    assert!(matches!(Step::from(&code), Step::ShowCode { code, .. } if code == "729703"));
    assert_eq!((code.interval, code.expires_at.to_string()), (Duration::from_secs(2), "2026-01-05T08:05:00Z".to_owned()));
    assert!(!format!("{code:?}").contains("dc-1"));
    let mut paces = Vec::new();
    let tokens = loop {
        match poll(&bench.paced, bench.platform, &facts(), &code).await.unwrap() {
            Polled::Waiting { interval } => paces.push(interval.as_secs()),
            Polled::Granted(tokens) => break tokens,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(paces, [2, 7]);
    assert_eq!((tokens.access.expose(), tokens.flow), ("e-1", Flow::Device));
    let left = bench.wire.left();
    assert_eq!(left[0].line, "POST https://login.alpha.example/t1/device?client_id=app");
    assert_eq!((left[0].body.as_str(), left[0].authorization.as_str()), ("scope=chat.own+offline", "Basic YXBwOmh1c2g="));
    assert_eq!(left[1].body, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=dc-1&client_id=app");
    assert_eq!(left[1].authorization, "Basic YXBwOmh1c2g=");
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_device_grant_is_told_apart() {
    for (word, expected) in
        [("access_denied", "Declined"), ("expired_token", "Expired"), ("used_up", "Expired"), ("gate", "Refused"), ("odd", "Err")]
    {
        let bench = with_secret(bench([says(200, DEVICE), says(400, &format!(r#"{{"error":"{word}"}}"#))])).await;
        let code = device_code(&bench).await;
        let polled = poll(&bench.paced, bench.platform, &facts(), &code).await;
        let found = match &polled {
            Ok(Polled::Declined) => "Declined",
            Ok(Polled::Expired) => "Expired",
            Ok(Polled::Refused(_)) => "Refused",
            Err(_) => "Err",
            Ok(_) => "other",
        };
        assert_eq!(found, expected, "{polled:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_code_is_not_asked_about() {
    let bench = with_secret(bench([says(200, DEVICE)])).await;
    let code = device_code(&bench).await;
    SystemClock.wait(Duration::from_secs(300)).await;
    assert!(matches!(poll(&bench.paced, bench.platform, &facts(), &code).await, Ok(Polled::Expired)));
    assert_eq!(bench.wire.left().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_device_grant_says_so_and_a_passing_failure_does_not() {
    for says in [says(400, r#"{"error":"unauthorized_client"}"#), says(403, r#"{"refusal":"gate"}"#), says(200, r#"{"odd":1}"#)] {
        let bench = with_secret(bench([says])).await;
        assert!(matches!(start(&bench.paced, bench.platform, &facts()).await, Ok(Started::Refused(_))));
    }
    let bench = with_secret(bench((0..4).map(|_| says(503, "{}")))).await;
    assert_eq!(start(&bench.paced, bench.platform, &facts()).await.err().map(|error| error.kind), Some(Kind::PlatformDown));
    let none = with_secret(bench_of(PlatformInfo { employee: None, ..info() }, [])).await;
    assert!(matches!(start(&none.paced, none.platform, &facts()).await, Ok(Started::Refused(_))));
    assert!(none.wire.left().is_empty());
    let no_client = bench_of(info(), []);
    assert!(matches!(start(&no_client.paced, no_client.platform, &ConnectionFacts::default()).await, Ok(Started::Refused(_))));
    assert!(no_client.wire.left().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_page_of_a_code_is_read_in_every_documented_shape_and_is_a_safe_one() {
    let page = "https://login.alpha.example/verify";
    for (pages, complete, interval) in [
        (format!(r#""verification_uri":"{page}""#), None, 5),
        (format!(r#""verification_url":"{page}","interval":0"#), None, 5),
        (format!(r#""verification_uri":"{page}","verification_uri_complete":"{page}?c=1","interval":9"#), Some(format!("{page}?c=1")), 9),
        (r#""verification_uri":"http://localhost:7/verify""#.to_owned(), None, 5),
    ] {
        let answer = format!(r#"{{"device_code":"dc-1","user_code":"7","expires_in":300,{pages}}}"#);
        let bench = with_secret(bench([says(200, &answer)])).await;
        let code = device_code(&bench).await;
        assert_eq!((code.complete_url.map(String::from), code.interval.as_secs()), (complete, interval), "{pages}");
    }
    for page in ["http://login.alpha.example/verify", "javascript:alert(1)", "file:///etc/passwd", "http://localhost.evil.example/"] {
        for pages in [
            format!(r#""verification_uri":"{page}""#),
            format!(r#""verification_uri":"https://login.alpha.example/verify","verification_uri_complete":"{page}""#),
        ] {
            let answer = format!(r#"{{"device_code":"dc-1","user_code":"7","expires_in":300,{pages}}}"#);
            let bench = with_secret(bench([says(200, &answer)])).await;
            let error = start(&bench.paced, bench.platform, &facts()).await.err().unwrap();
            assert_eq!(error.kind, Kind::PlatformDown, "{pages}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_is_answered_and_exchanged_with_its_own_verifier() {
    let bench = with_secret(bench([says(200, r#"{"access_token":"e-1","refresh_token":"er-1"}"#)])).await;
    let link = invite(&bench.paced, bench.platform, &facts(), Some("ana@x.example")).unwrap();
    let other = invite(&bench.paced, bench.platform, &facts(), None).unwrap();
    assert_ne!(parameter(&link.url, "state"), parameter(&other.url, "state"));
    assert_eq!(
        (parameter(&link.url, "login_hint"), parameter(&link.url, "redirect_uri")),
        ("ana@x.example".into(), "http://localhost:43117".into())
    );
    assert_eq!(parameter(&link.url, "scope"), "chat.own offline");
    let pasted = format!("<http://localhost:43117/?code=c-9&amp;state={}>", parameter(&link.url, "state"));
    assert!(matches!(read_answer(&other, &pasted), Answer::OtherPrompt));
    let Answer::Code(code) = read_answer(&link, &pasted) else { panic!("the answer was not read") };
    let challenge = parameter(&link.url, "code_challenge");
    let tokens = finish(&bench.paced, bench.platform, &facts(), link, code).await.unwrap();
    assert_eq!((tokens.access.expose(), tokens.flow), ("e-1", Flow::PasteBack));
    let left = bench.wire.left().remove(0);
    assert_eq!(
        oauth2::PkceCodeChallenge::from_code_verifier_sha256(&oauth2::PkceCodeVerifier::new(left.field("code_verifier"))).as_str(),
        challenge
    );
    assert_eq!((left.field("code"), left.field("client_id"), left.field("client_secret")), ("c-9".into(), "app".into(), String::new()));
}
