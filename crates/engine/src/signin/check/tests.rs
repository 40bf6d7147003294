//! Fields checked one by one, against a scripted platform.

use super::*;
use crate::error::Kind;
use crate::pace::testing::*;
use crate::platform::{PlatformInfo, Scope};
use crate::secrets::{SecretStore, field_handle, slot_handle};
use crate::signin::tests::given;
use crate::signin::{AuthCode, Client, EmployeeSignIn, Field, Proof, Shape, Slot, Tokens};

const BY_LINK: AuthCode = AuthCode { client: Client::Public { id: "client_id" }, ..CODE };
const PAGE: &str = "https://login.alpha.example/{tenant_id}/about";

const fn field(name: &'static str, secret: bool, required: bool, shapes: &'static [Shape], proof: Proof) -> Field {
    Field { name, help: "It is on the app's page.", secret, required, shapes, proof }
}

const FIELDS: &[Field] = &[
    field("tenant_id", false, true, &[Shape::Word { marks: "", least: 2, most: 9 }], Proof::Page(PAGE)),
    field("client_id", false, true, &[], Proof::Client(&BY_LINK)),
    field("client_secret", true, true, &[], Proof::Fetch("server")),
    field("user_token", true, false, &[Shape::Prefix("xu-")], Proof::Token("user")),
    field("bot_token", true, false, &[Shape::Prefix("xb-")], Proof::Token("bot")),
    field("server_token", true, false, &[Shape::Prefix("xs-")], Proof::Token("server")),
    field("app.id", false, false, &[], Proof::Device),
    field("app.secret", true, false, &[], Proof::Looks),
];

/// Scopes: one that is needed, one that can be left out.
const SCOPES: &[Scope] = &[
    Scope {
        name: "people.read",
        reason: "To list people.",
        need: crate::platform::Need::Import,
        without: "Nobody is listed.",
        optional: false,
    },
    Scope { name: "team.read", reason: "To show it.", need: crate::platform::Need::Import, without: "It is not shown.", optional: true },
];

fn with_fields(says: impl IntoIterator<Item = Says>) -> Bench {
    let slots: Vec<Slot> = SLOTS.iter().map(|slot| Slot { scopes: SCOPES, ..*slot }).collect();
    bench_of(PlatformInfo { fields: FIELDS, slots: slots.leak(), ..info() }, says)
}

async fn check_one(bench: &Bench, pairs: &[(&str, &str)], field: &str) -> Result<Checked> {
    check_field(&bench.paced, bench.platform, given(pairs), None, field).await
}

const CLIENT: &[(&str, &str)] = &[("tenant_id", "t1"), ("client_id", "app"), ("client_secret", "hush")];

#[tokio::test(start_paused = true)]
async fn what_looks_wrong_is_refused_and_nobody_is_asked() {
    for (field, text, words) in [
        ("bot_token", "planted", "does not look like"),
        ("bot_token", "xu-planted", "This is the `user_token`; here belongs the `bot_token`."),
        ("client_secret", "xb-planted", "This is the `bot_token`"),
        ("client_secret", "plan ted", "a blank or a line break"),
        ("tenant_id", "  ", "is missing"),
    ] {
        let bench = with_fields([]);
        let error = check_one(&bench, &[(field, text)], field).await.unwrap_err();
        assert!(error.message.contains(words) && error.next_step().contains("It is on the app's page."), "{error:?}");
        assert_eq!((error.kind, error.platform, error.operation), (Kind::Invalid, Some(ALPHA), "check_field"));
        assert!(!format!("{error:?}").contains("planted") && bench.wire.left().is_empty());
    }
    let bench = with_fields([]);
    let error = check_one(&bench, &[("bot_token", "xb-1")], "odd").await.unwrap_err();
    assert_eq!((error.kind, error.platform), (Kind::Invalid, Some(ALPHA)));
    // What need not be entered is not wrong when it is empty.
    assert_eq!(check_one(&bench, &[], "bot_token").await.unwrap().state, CheckState::Looks);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_proven_by_what_the_platform_says_of_it() {
    let bench = with_fields([says(200, r#"{"says":"Bot of Harbor","scopes":"people.read"}"#)]);
    let checked = check_one(&bench, &[("bot_token", " xb-1\n")], "bot_token").await.unwrap();
    assert_eq!((checked.state, checked.says.as_str()), (CheckState::Proven, "Bot of Harbor"));
    let missing: Vec<(&str, &str, &str)> =
        checked.missing.iter().map(|missing| (missing.slot.as_str(), missing.scope.as_str(), missing.without.as_str())).collect();
    assert_eq!(missing, [("bot", "team.read", "It is not shown.")]);
    assert_eq!(bench.wire.left()[0].authorization, "Bearer xb-1");

    // What an earlier connection left out is not missing.
    let before = ConnectionFacts { left_out: ["team.read".to_owned()].into(), ..Default::default() };
    let bench = with_fields([says(200, r#"{"says":"Bot of Harbor","scopes":"people.read"}"#)]);
    let checked = check_field(&bench.paced, bench.platform, given(&[("bot_token", "xb-1")]), Some(&before), "bot_token").await.unwrap();
    assert_eq!(checked.missing, []);

    // A platform that names no scopes, and one that cannot say at all.
    for (answer, state) in [(r#"{"says":"Bot of Harbor"}"#, CheckState::Proven), ("{}", CheckState::Looks)] {
        let bench = with_fields([says(200, answer)]);
        let checked = check_one(&bench, &[("bot_token", "xb-1")], "bot_token").await.unwrap();
        assert_eq!((checked.state, checked.missing.len()), (state, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_wrong_even_where_another_could_be_had() {
    // The client of the last one would get itself another token.
    for (field, token) in [("bot_token", "xb-1"), ("user_token", "xu-1"), ("server_token", "xs-1")] {
        let bench = with_fields([says(401, r#"{"refusal":"dead"}"#), says(200, r#"{"access_token":"fresh"}"#)]);
        bench.paced.connected(ALPHA, ConnectionFacts::default());
        let error = check_one(&bench, &[CLIENT, &[(field, token)]].concat(), field).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (Kind::SignedOut, "The token is dead."));
        assert!(error.next_step().starts_with(&format!("Copy `{field}` once more")) && error.next_act().is_none(), "{error:?}");
        assert_eq!(bench.wire.left().len(), 1, "{:?}", bench.wire.left());
        // The connection that there is does as well as before.
        assert_eq!(bench.paced.health(ALPHA), crate::model::Health::default());
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_is_known_when_only_the_code_is_refused() {
    let cases = [
        (says(400, r#"{"error":"invalid_grant"}"#), Ok(CheckState::Proven)),
        (says(401, r#"{"refusal":"dead"}"#), Ok(CheckState::Proven)),
        (says(401, r#"{"error":"invalid_client"}"#), Err(Kind::Invalid)),
        (says(403, r#"{"refusal":"policy"}"#), Err(Kind::Forbidden)),
        (says(200, r#"{"authed":{"access_token":"t"}}"#), Err(Kind::PlatformDown)),
    ];
    for (answer, expected) in cases {
        let bench = with_fields([answer]);
        let checked = check_one(&bench, CLIENT, "client_id").await;
        assert_eq!(checked.map(|checked| checked.state).map_err(|error| error.kind), expected);
        let left = bench.wire.left().remove(0);
        assert_eq!(
            (left.line.as_str(), left.field("grant_type").as_str()),
            ("POST https://login.alpha.example/t1/token", "authorization_code")
        );
        assert_eq!((left.field("client_id").as_str(), left.field("client_secret").as_str()), ("app", ""));
        assert_eq!((left.field("code").len(), left.field("code_verifier").len()), (43, 43));
        assert_ne!(left.field("code"), left.field("code_verifier"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_gets_its_own_token_is_proven_by_it() {
    for (answer, missing) in [
        (r#"{"access_token":"s-1","scope":"team.read people.read"}"#, vec![]),
        (r#"{"access_token":"s-1","scope":"team.read"}"#, vec!["people.read"]),
        (r#"{"access_token":"s-1"}"#, vec![]),
    ] {
        let bench = with_fields([says(200, answer)]);
        let checked = check_one(&bench, CLIENT, "client_secret").await.unwrap();
        let found: Vec<&str> = checked.missing.iter().map(|missing| missing.scope.as_str()).collect();
        assert_eq!((checked.state, found), (CheckState::Proven, missing));
        assert_eq!(bench.wire.left()[0].authorization, "Basic YXBwOmh1c2g=");
    }
    let bench = with_fields([says(401, r#"{"error":"invalid_client"}"#)]);
    assert_eq!(check_one(&bench, CLIENT, "client_secret").await.unwrap_err().kind, Kind::Invalid);
}

const CODE_GIVEN: &str =
    r#"{"device_code":"dc-1","user_code":"729703","verification_uri":"https://login.alpha.example/verify","expires_in":300,"interval":2}"#;

#[tokio::test(start_paused = true)]
async fn a_device_client_is_proven_by_a_code_that_waits() {
    let with_app = [CLIENT, &[("app.id", "a1")]].concat();
    let no_codes = || says(403, r#"{"refusal":"no codes here"}"#);
    let cases = [
        (vec![says(200, CODE_GIVEN), says(428, r#"{"error":"authorization_pending"}"#)], Ok("Alpha knows it.")),
        (vec![says(200, CODE_GIVEN), says(400, r#"{"error":"slow_down"}"#)], Ok("Alpha knows it.")),
        (vec![says(200, CODE_GIVEN), says(400, r#"{"error":"gate"}"#)], Ok("Switched off. People get a link in place of a code.")),
        (vec![no_codes()], Ok("People get a link in place of a code.")),
        (vec![says(200, CODE_GIVEN), says(400, r#"{"error":"odd"}"#)], Err(Kind::Invalid)),
        (vec![says(200, CODE_GIVEN), says(200, r#"{"access_token":"t"}"#)], Err(Kind::PlatformDown)),
        (vec![says(401, r#"{"error":"invalid_client"}"#)], Err(Kind::Invalid)),
    ];
    for (script, expected) in cases {
        let bench = with_fields(script);
        let checked = check_one(&bench, &with_app, "app.id").await;
        match (&checked, expected) {
            (Ok(checked), Ok(words)) => assert!(checked.state == CheckState::Proven && checked.says.contains(words), "{}", checked.says),
            (Err(error), Err(kind)) => assert_eq!(error.kind, kind),
            _ => panic!("{checked:?} in place of {expected:?}"),
        }
    }
    // Where there is no other way, a refused grant is an error.
    let employee = EmployeeSignIn { paste_back: None, ..info().employee.unwrap() };
    let bench = bench_of(PlatformInfo { fields: FIELDS, employee: Some(employee), ..info() }, [no_codes()]);
    assert_eq!(check_one(&bench, &with_app, "app.id").await.unwrap_err().kind, Kind::Forbidden);
}

#[tokio::test(start_paused = true)]
async fn a_public_page_proves_that_a_tenant_is_there() {
    for (answer, expected) in [
        (says(200, "{}"), Ok(CheckState::Proven)),
        (says(404, r#"{"error":"odd"}"#), Err(Kind::Invalid)),
        (says(403, r#"{"refusal":"x"}"#), Err(Kind::Forbidden)),
    ] {
        let bench = with_fields([answer]);
        let checked = check_one(&bench, &[("tenant_id", "t1")], "tenant_id").await;
        assert_eq!(checked.map(|checked| checked.state).map_err(|error| error.kind), expected);
        let left = bench.wire.left().remove(0);
        assert_eq!((left.line.as_str(), left.authorization.as_str()), ("GET https://login.alpha.example/t1/about", ""));
    }
}

#[tokio::test(start_paused = true)]
async fn a_proof_waits_for_the_fields_that_it_needs() {
    for (pairs, field, waits) in [
        (&[("client_id", "app")][..], "client_id", vec!["tenant_id"]),
        (&[("client_secret", "hush")][..], "client_secret", vec!["client_id", "tenant_id"]),
        (&[("client_id", "app"), ("client_secret", "hush")][..], "client_secret", vec!["tenant_id"]),
        // What looks wrong is as good as not entered.
        (&[("client_id", "app"), ("client_secret", "hush"), ("tenant_id", "t")][..], "client_secret", vec!["tenant_id"]),
        (&[("app.id", "a1")][..], "app.id", vec!["client_id", "client_secret", "tenant_id"]),
    ] {
        let bench = with_fields([]);
        let checked = check_one(&bench, pairs, field).await.unwrap();
        assert_eq!((checked.state, checked.waits_for), (CheckState::Waits, waits.into_iter().map(str::to_owned).collect()), "{field}");
        assert!(bench.wire.left().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_connection_keeps_need_not_be_entered_to_check_and_nothing_is_stored() {
    let bench = with_fields([says(200, r#"{"access_token":"s-1"}"#), says(200, r#"{"says":"Bot"}"#)]);
    bench.secrets.put(&field_handle(ALPHA, "client_secret"), &Secret::new("kept")).await.unwrap();
    let token = Tokens::given(Secret::new("xb-kept")).to_secret().unwrap();
    bench.secrets.put(&slot_handle(ALPHA, "bot"), &token).await.unwrap();
    let stored = bench.secrets.all();
    let before = ConnectionFacts {
        fields: [("tenant_id", "t1"), ("client_id", "app")].map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..Default::default()
    };
    for (field, authorization) in [("client_secret", "Basic YXBwOmtlcHQ="), ("bot_token", "Bearer xb-kept")] {
        let checked = check_field(&bench.paced, bench.platform, given(&[]), Some(&before), field).await.unwrap();
        assert_eq!(checked.state, CheckState::Proven);
        assert_eq!(bench.wire.left().last().unwrap().authorization, authorization);
    }
    // Another client does not get the secret of the one before.
    let checked = check_field(&bench.paced, bench.platform, given(&[("client_id", "other")]), Some(&before), "client_secret").await;
    assert_eq!(checked.unwrap_err().message, "`client_secret` is missing.");
    assert_eq!((bench.wire.left().len(), bench.secrets.all()), (2, stored));
}
