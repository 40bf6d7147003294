//! Connecting again, proofs before the browser opens, scopes that are left out, and advice.

use super::*;
use crate::pace::testing::*;
use crate::platform::{CLOUD, Cloud, Need, PlatformInfo, Scope};
use crate::signin::tests::{ALLOW, Clicks, FIELDS, clicks, exchanged, given, kept, me, parameter, success};
use crate::signin::{Field, Started, invite, start};

const SCOPES: &[Scope] = &[
    Scope { name: "people.read", reason: "To list people.", need: Need::Import, without: "Nobody is listed.", optional: false },
    Scope { name: "team.read", reason: "To show it.", need: Need::Import, without: "It is not shown.", optional: true },
];

const BOT: Field =
    Field { name: "bot_token", help: "It is on the app's page.", secret: true, required: false, shapes: &[], proof: Proof::Token("bot") };
const ADVICE_FIELD: Field = Field { name: ADVISES, secret: false, proof: Proof::Looks, ..BOT };

const FAR: Cloud = Cloud {
    name: "far",
    title: "Far",
    hosts: &[(HOST, "api.alpha-far.example"), ("login.alpha.example", "login.alpha-far.example")],
    pages: &[],
    limits: "",
};

/// The platform with a bot token that can be proven, an optional scope, advice and a second cloud.
fn proving(says: impl IntoIterator<Item = Says>) -> Bench {
    let mut fields: Vec<Field> = info().fields.iter().map(|field| if field.name == BOT.name { BOT } else { *field }).collect();
    fields.extend([ADVICE_FIELD, Field { name: CLOUD, ..ADVICE_FIELD }]);
    let slots: Vec<Slot> = SLOTS.iter().map(|slot| Slot { scopes: SCOPES, ..*slot }).collect();
    let mut employee = info().employee.unwrap();
    employee.scopes = SCOPES;
    let info =
        PlatformInfo { fields: fields.leak(), slots: slots.leak(), employee: Some(employee), clouds: &[Cloud::COMMERCIAL, FAR], ..info() };
    bench_of(info, says)
}

async fn go(bench: &Bench, entered: Entered, before: Option<&ConnectionFacts>, browser: &Clicks) -> Result<ConnectionFacts> {
    connect(&bench.paced, bench.platform, entered, before, browser, &|_| {}).await
}

fn with(more: &[(&str, &str)]) -> Entered {
    given(&[FIELDS, more].concat()).into()
}

fn proven(scopes: &str) -> Says {
    says(200, &format!(r#"{{"says":"Bot of Harbor","scopes":"{scopes}"}}"#))
}

#[tokio::test(start_paused = true)]
async fn a_wrong_given_token_is_noticed_before_the_browser_opens() {
    let (bench, browser) = (proving([says(401, r#"{"refusal":"dead"}"#)]), clicks(ALLOW));
    let error = go(&bench, with(&[("bot_token", "b-0")]), None, &browser).await.unwrap_err();
    assert_eq!((error.kind, error.platform), (Kind::SignedOut, Some(ALPHA)));
    assert!(error.next_step().starts_with("Copy `bot_token` once more"), "{}", error.next_step());
    assert!(browser.pages.lock().unwrap().is_empty() && kept(&bench).is_empty());
    assert_eq!(bench.wire.left().len(), 1);

    let bench = proving([vec![proven("people.read team.read")], success()].into_iter().flatten());
    let facts = go(&bench, with(&[("bot_token", "b-0")]), None, &browser).await.unwrap();
    assert_eq!(facts.granted["bot"], ["people.read".to_owned(), "team.read".to_owned()].into());
    assert_eq!(facts.kept, ["app.secret", "bot_token", "client_secret"].map(str::to_owned).into());
}

#[tokio::test(start_paused = true)]
async fn what_looks_wrong_is_refused_before_anything_leaves() {
    let (bench, browser) = (proving([]), clicks(ALLOW));
    let error = go(&bench, with(&[("bot_token", "b 0")]), None, &browser).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Invalid, "`bot_token` has a blank or a line break inside."));
    assert!(bench.wire.left().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_is_left_out_is_asked_for_nowhere() {
    let (bench, browser) = (proving(success()), clicks(ALLOW));
    let left_out = Some(["team.read".to_owned()].into());
    let facts = go(&bench, Entered { left_out, ..with(&[]) }, None, &browser).await.unwrap();
    assert_eq!(parameter(&browser.pages.lock().unwrap()[0], "scope"), "people.read offline");
    assert_eq!(bench.wire.left()[0].field("scope"), "people.read offline");
    bench.wire.add(says(200, "{}"));
    assert!(matches!(start(&bench.paced, bench.platform, &facts).await, Ok(Started::Refused(_))));
    assert_eq!(bench.wire.left().last().unwrap().field("scope"), "people.read offline");
    assert_eq!(parameter(&invite(&bench.paced, bench.platform, &facts, None).unwrap().url, "scope"), "people.read offline");

    // The next time it stays left out, until the admin says otherwise.
    for (left_out, scope) in [(None, "people.read offline"), (Some(BTreeSet::new()), "people.read team.read offline")] {
        success().into_iter().for_each(|says| bench.wire.add(says));
        let browser = clicks(ALLOW);
        go(&bench, Entered { left_out, ..Entered::default() }, Some(&facts), &browser).await.unwrap();
        assert_eq!(parameter(&browser.pages.lock().unwrap()[0], "scope"), scope);
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_is_optional_can_be_left_out() {
    for name in ["people.read", "nobody.knows"] {
        let (bench, browser) = (proving([]), clicks(ALLOW));
        let entered = Entered { left_out: Some([name.to_owned()].into()), ..with(&[]) };
        let error = go(&bench, entered, None, &browser).await.unwrap_err();
        assert!(error.kind == Kind::Invalid && error.message.contains(name) && error.next_step().contains("team.read"), "{error:?}");
        assert!(bench.wire.left().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn signing_in_again_asks_for_nothing_that_is_known() {
    let first = [vec![proven("people.read")], success(), vec![proven("people.read")], success()];
    let (bench, browser) = (proving(first.into_iter().flatten()), clicks(ALLOW));
    let entered = Entered { answers: [("second_factor".to_owned(), "app".to_owned())].into(), ..with(&[("bot_token", "b-0")]) };
    let facts = go(&bench, entered, None, &browser).await.unwrap();
    let stored = kept(&bench);
    let again = go(&bench, Entered::default(), Some(&facts), &browser).await.unwrap();
    assert_eq!((again, kept(&bench)), (facts, stored));
    let left = bench.wire.left();
    // A token that is kept is proven like one that was just entered.
    assert_eq!((left[6].line.as_str(), left[6].authorization.as_str()), ("GET https://api.alpha.example/prove", "Bearer b-0"));
    assert_eq!(left[7].field("client_secret"), "hush");
    assert_eq!(browser.pages.lock().unwrap().len(), 2, "signing in again needs no browser");
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_emptied_is_gone_and_a_secret_one_that_is_empty_stays() {
    let (bench, browser) = (proving(success()), clicks(ALLOW));
    let facts = go(&bench, with(&[(ADVISES, "yes")]), None, &browser).await.unwrap();
    assert!(facts.fields.contains_key(ADVISES));
    success().into_iter().for_each(|says| bench.wire.add(says));
    let again = go(&bench, given(&[(ADVISES, ""), ("client_secret", " ")]).into(), Some(&facts), &browser).await.unwrap();
    assert!(!again.fields.contains_key(ADVISES) && again.fields["client_id"] == "app");
    assert!(kept(&bench).contains(&"alpha/field/client_secret = hush".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn another_client_or_cloud_gets_none_of_the_kept_secrets() {
    let (bench, browser) = (proving(success()), clicks(ALLOW));
    let facts = go(&bench, with(&[]), None, &browser).await.unwrap();
    let before = bench.wire.left().len();
    for (field, text) in [("client_id", "other"), (CLOUD, "far")] {
        let error = go(&bench, given(&[(field, text)]).into(), Some(&facts), &browser).await.unwrap_err();
        assert!(error.kind == Kind::Invalid && error.next_step().contains("`client_secret`"), "{field}: {error:?}");
    }
    assert_eq!(bench.wire.left().len(), before);
}

#[tokio::test(start_paused = true)]
async fn signing_in_again_never_ends_in_another_tenant() {
    let (bench, browser) = (proving(success()), clicks(ALLOW));
    let facts = go(&bench, with(&[]), None, &browser).await.unwrap();
    let stored = kept(&bench);
    let other = || says(200, r#"{"tenant":"org-other","account":"admin"}"#);
    let script = [exchanged(), says(200, r#"{"access_token":"s-2"}"#), other(), says(200, r#"{"access_token":"m-2"}"#), other()];
    script.into_iter().for_each(|says| bench.wire.add(says));
    let error = go(&bench, Entered::default(), Some(&facts), &browser).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(error.message.contains("org-other") && error.message.contains("org-9"), "{}", error.message);
    assert!(error.next_step().contains("disconnect Alpha first"), "{}", error.next_step());
    assert_eq!(kept(&bench), stored);
}

#[tokio::test(start_paused = true)]
async fn advice_is_kept_and_its_failure_fails_nothing() {
    let forbidden = says(403, r#"{"refusal":"policy"}"#);
    let slow = says_with(429, "retry-after", "600", "{}");
    for (answer, count) in [(says(200, r#"{"rule":1}"#), 1), (forbidden, 0), (slow, 0), (says(500, "{}"), 0)] {
        let script = success().into_iter().chain([answer]).chain((0..4).map(|_| says(500, "{}")));
        let (bench, browser) = (proving(script), clicks(ALLOW));
        let begun = tokio::time::Instant::now();
        let facts = go(&bench, with(&[(ADVISES, "yes")]), None, &browser).await.unwrap();
        assert_eq!(facts.advice.len(), count);
        assert!(begun.elapsed() <= ADVICE, "advice was waited for {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_from_the_admins_hand_stays_where_nothing_else_can_bring_one() {
    let fields = given(&[("tenant_id", "t1"), ("client_id", "app"), ("client_secret", "hush"), ("user_token", "u-0")]);
    let bench = proving([says(200, r#"{"access_token":"s-1"}"#), me(), exchanged(), says(200, r#"{"access_token":"s-1"}"#), me()]);
    let facts = go(&bench, fields.into(), None, &clicks(&[])).await.unwrap();
    assert!(facts.kept.contains("user_token"));
    // With a client there, signing in brings a better one.
    let browser = clicks(ALLOW);
    let again = go(&bench, Entered::default(), Some(&facts), &browser).await.unwrap();
    assert_eq!((browser.pages.lock().unwrap().len(), again.kept.contains("user_token")), (1, false));
}
