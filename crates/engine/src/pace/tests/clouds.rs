//! Whatever leaves goes to the cloud that the admin chose, token endpoints too, and revocation shows a slot's token in its form.

use super::super::testing::*;
use crate::error::Kind;
use crate::platform::{CLOUD, Cloud, ConnectionFacts, PlatformInfo};
use crate::secrets::{Secret, SecretStore, field_handle, slot_handle};
use crate::signin::{BasicFields, Client, Polled, Started, Tokens, finish, invite, poll, start};
use crate::transport::{Lane, Request, Sign, Subject, Transport};

const FAR: Cloud = Cloud {
    name: "far",
    title: "Far",
    hosts: &[(HOST, "api.alpha-far.example"), ("login.alpha.example", "login.alpha-far.example")],
    pages: &[],
    limits: "",
};
const HALF: Cloud =
    Cloud { name: "half", title: "Half", hosts: &[(HOST, "api.alpha-half.example")], pages: &[], limits: "Nobody signs in there." };

fn facts(cloud: Option<&str>) -> ConnectionFacts {
    let plain = [("tenant_id", Some("t1")), ("client_id", Some("app")), ("app.id", Some("a1")), (CLOUD, cloud)];
    ConnectionFacts {
        fields: plain.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect(),
        ..Default::default()
    }
}

async fn in_cloud(cloud: Option<&str>, says: impl IntoIterator<Item = Says>) -> Bench {
    let bench = bench_of(PlatformInfo { clouds: &[Cloud::COMMERCIAL, FAR, HALF], ..info() }, says);
    bench.paced.connected(ALPHA, facts(cloud));
    for field in ["client_secret", "app.secret"] {
        bench.secrets.put(&field_handle(ALPHA, field), &Secret::new("hush")).await.unwrap();
    }
    bench
}

async fn token(bench: &Bench, slot: &str, tokens: Tokens) {
    bench.secrets.put(&slot_handle(ALPHA, slot), &tokens.to_secret().unwrap()).await.unwrap();
}

fn dying(refresh: Option<&str>) -> Tokens {
    Tokens { refresh: refresh.map(Secret::new), expires_at: Some(jiff::Timestamp::UNIX_EPOCH), ..Tokens::given(Secret::new("t-0")) }
}

fn hosts(bench: &Bench) -> Vec<String> {
    let host = |line: String| url::Url::parse(line.split_once(' ').unwrap().1).unwrap().host_str().unwrap().to_owned();
    bench.wire.left().into_iter().map(|left| host(left.line)).collect()
}

async fn read(bench: &Bench, slot: &'static str) -> crate::Result<()> {
    let request = Request { sign: Sign::Bearer(slot), ..get("/x") };
    bench.paced.send(ALPHA, request, Subject::Connection, Lane::Bulk).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn requests_renewals_and_minting_go_to_the_chosen_cloud() {
    for (cloud, suffix) in [(None, ""), (Some("commercial"), ""), (Some("far"), "-far")] {
        for (slot, refresh, expected) in
            [("user", Some("r-0"), ["login", "api"]), ("server", None, ["login", "api"]), ("minted", Some("r-0"), ["login", "api"])]
        {
            let bench = in_cloud(cloud, [says(200, r#"{"access_token":"t-1","expires_in":3600}"#)]).await;
            token(&bench, slot, dying(refresh)).await;
            read(&bench, slot).await.unwrap();
            assert_eq!(hosts(&bench), expected.map(|host| format!("{host}.alpha{suffix}.example")), "{cloud:?} {slot}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_employee_signs_in_at_the_chosen_cloud() {
    for (cloud, host) in [(None, "login.alpha.example"), (Some("far"), "login.alpha-far.example")] {
        let code = r#"{"device_code":"d","user_code":"u","verification_uri":"https://login.alpha.example/verify","expires_in":300}"#;
        let granted = r#"{"access_token":"e-1"}"#;
        let bench = in_cloud(cloud, [says(200, code), says(200, granted), says(200, granted)]).await;
        let facts = facts(cloud);
        let Started::Code(code) = start(&bench.paced, bench.platform, &facts).await.unwrap() else { panic!("no code") };
        assert!(matches!(poll(&bench.paced, bench.platform, &facts, &code).await, Ok(Polled::Granted(_))));
        let link = invite(&bench.paced, bench.platform, &facts, None).unwrap();
        assert_eq!(link.url.host_str(), Some(host));
        finish(&bench.paced, bench.platform, &facts, link, Secret::new("c")).await.unwrap();
        assert_eq!(hosts(&bench), [host, host, host]);
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_cloud_has_no_counterpart_nothing_leaves() {
    let bench = in_cloud(Some("half"), []).await;
    token(&bench, "user", Tokens::given(Secret::new("t-1"))).await;
    let request = Request { url: "https://login.alpha.example/x".parse().unwrap(), ..get("/x") };
    let error = bench.paced.send(ALPHA, request, Subject::Connection, Lane::Bulk).await.unwrap_err();
    assert_eq!((error.kind, error.next_step().as_str()), (Kind::Unsupported, HALF.limits));
    assert_eq!(invite(&bench.paced, bench.platform, &facts(Some("half")), None).unwrap_err().kind, Kind::Unsupported);
    assert_eq!(hosts(&bench), Vec::<String>::new());

    // An answer's next link: the cloud's own host is followed, a commercial one is led back, another cloud's is refused.
    for (next, expected) in [
        ("https://api.alpha-half.example/next", Some("api.alpha-half.example")),
        ("https://api.alpha.example/next", Some("api.alpha-half.example")),
        ("https://api.alpha-far.example/next", None),
    ] {
        let bench = in_cloud(Some("half"), []).await;
        token(&bench, "user", Tokens::given(Secret::new("t-1"))).await;
        let request = Request { url: next.parse().unwrap(), ..get("/x") };
        let sent = bench.paced.send(ALPHA, request, Subject::Connection, Lane::Bulk).await;
        assert_eq!(sent.map(drop).map_err(|error| error.kind), if expected.is_some() { Ok(()) } else { Err(Kind::Bug) }, "{next}");
        assert_eq!(hosts(&bench), Vec::from_iter(expected), "{next}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slots_token_is_shown_in_a_form_with_its_client() {
    let pair = BasicFields { id: "client_id", secret: "client_secret" };
    for (client, body, authorization) in [
        (Client::Basic(pair), "kind=access&token=t+1%26x%3D2", "Basic YXBwOmh1c2g="),
        (Client::Public { id: "client_id" }, "kind=access&token=t+1%26x%3D2&client_id=app", ""),
        (Client::Form(pair), "kind=access&token=t+1%26x%3D2&client_id=app&client_secret=hush", ""),
    ] {
        let bench = in_cloud(None, []).await;
        token(&bench, "user", Tokens::given(Secret::new("t 1&x=2"))).await;
        let sign = Sign::SlotInForm { slot: "user", field: "token", client };
        let url = "https://login.alpha.example/revoke".parse().unwrap();
        let request = Request::write(http::Method::POST, url, sign, "read", "sign_off").form(&[("kind", "access")]);
        bench.paced.send(ALPHA, request.clone(), Subject::Connection, Lane::Waiting).await.unwrap();
        let left = bench.wire.left().remove(0);
        assert_eq!((left.body.as_str(), left.authorization.as_str()), (body, authorization));

        let stray = Request { sign: Sign::SlotInForm { slot: "nobody", field: "token", client }, ..request };
        let error = bench.paced.send(ALPHA, stray, Subject::Connection, Lane::Waiting).await.unwrap_err();
        assert_eq!((error.kind, bench.wire.left().len()), (Kind::Bug, 1));
    }
}
