//! Webex's rules, each once, through the in-process door.

use serde_json::{Value, json};

use crate::testing::{Got, call, consent, simulator, with_form, with_json};
use crate::{Kind, Platform, Simulator};

const V1: &str = "https://webexapis.com/v1";

fn credential(sim: &Simulator, name: &str) -> String {
    sim.credentials()["webex"][name].as_str().unwrap().to_owned()
}

async fn get(sim: &Simulator, path: &str) -> Got {
    with_json(sim, "GET", &format!("{V1}{path}"), &credential(sim, "access_token"), &Value::Null).await
}

async fn write(sim: &Simulator, method: &str, path: &str, body: Value) -> Got {
    with_json(sim, method, &format!("{V1}{path}"), &credential(sim, "access_token"), &body).await
}

fn employee(sim: &Simulator) -> &crate::Account {
    sim.world().accounts(Platform::Webex).iter().find(|account| account.active && !account.admin && account.kind == Kind::Member).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_list_of_people_is_complete_and_goes_on_by_its_link() {
    let sim = simulator();
    let mut seen = Vec::new();
    let mut next = Some(format!("{V1}/people?max=7"));
    while let Some(url) = next {
        let got = call(&sim, "GET", &url, &[("authorization", &format!("Bearer {}", credential(&sim, "access_token")))], "").await;
        assert_eq!(got.status, 200, "{}", got.text);
        seen.extend(got.json["items"].as_array().unwrap().iter().map(|person| person["id"].as_str().unwrap().to_owned()));
        next = got.headers.get("link").map(|link| link.to_str().unwrap().trim_start_matches('<').split('>').next().unwrap().to_owned());
    }
    let all: Vec<String> = sim.world().accounts(Platform::Webex).iter().map(|account| account.id.clone()).collect();
    assert_eq!(seen[..seen.len() - 1], all[..], "all accounts, and one bot");
    assert_eq!(get(&sim, "/people?max=7&cursor=made-up").await.status, 400);
    assert_eq!(get(&sim, "/people?page=2").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_message_has_one_addressee_a_size_and_at_most_ten_edits() {
    let sim = simulator();
    let (id, email) = (employee(&sim).id.clone(), employee(&sim).email.clone().unwrap());
    assert_eq!(write(&sim, "POST", "/messages", json!({ "toPersonId": id, "toPersonEmail": email, "text": "x" })).await.status, 400);
    assert_eq!(write(&sim, "POST", "/messages", json!({ "toPersonId": id, "text": "é".repeat(3720) })).await.status, 400, "7,440 bytes");
    assert_eq!(write(&sim, "POST", "/messages", json!({ "toPersonEmail": "nobody@harborpine.example", "text": "x" })).await.status, 404);
    let sent = write(&sim, "POST", "/messages", json!({ "toPersonEmail": email.to_uppercase(), "text": "hello" })).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    let (message, room) = (sent.json["id"].as_str().unwrap(), &sent.json["roomId"]);
    for edit in 1..=10 {
        assert_eq!(
            write(&sim, "PUT", &format!("/messages/{message}"), json!({ "roomId": room, "text": format!("edit {edit}") })).await.status,
            200
        );
    }
    assert_eq!(write(&sim, "PUT", &format!("/messages/{message}"), json!({ "roomId": room, "text": "one more" })).await.status, 400);
    let heard: Vec<String> = sim.ledger().heard(Platform::Webex, &id).iter().map(|heard| heard.text.clone()).collect();
    assert_eq!(heard, ["edit 10"]);
}

#[tokio::test(start_paused = true)]
async fn a_room_shows_both_sides_newest_first() {
    let sim = simulator();
    let account = employee(&sim).clone();
    let sent = write(&sim, "POST", "/messages", json!({ "toPersonId": account.id, "text": "question" })).await;
    super::speak(&sim, &account, sim.admin_email(), "answer").unwrap();
    let got = get(&sim, &format!("/messages?roomId={}&max=50", sent.json["roomId"].as_str().unwrap())).await;
    let texts: Vec<&str> = got.json["items"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["answer", "question"]);
    assert_eq!(get(&sim, "/rooms?type=direct&sortBy=lastactivity").await.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn guests_need_the_service_app_and_are_one_per_subject() {
    let sim = simulator();
    assert_eq!(write(&sim, "POST", "/guests/token", json!({ "subject": "p1", "displayName": "Ana" })).await.status, 403);
    let service = credential(&sim, "service_app_token");
    let guest = |name: &'static str| {
        let (sim, service) = (sim.clone(), service.clone());
        async move { with_json(&sim, "POST", &format!("{V1}/guests/token"), &service, &json!({ "subject": "p1", "displayName": name })).await }
    };
    let (first, second) = (guest("Ana").await, guest("Ana Ruiz").await);
    assert_eq!((first.status, &first.json["id"]), (200, &second.json["id"]));
    assert_eq!(sim.ledger().representations().len(), 1);
    assert_eq!(sim.ledger().representations()[0].name, "Ana Ruiz");
    let token = second.json["accessToken"].as_str().unwrap();
    let to = employee(&sim).id.clone();
    let sent = with_json(&sim, "POST", &format!("{V1}/messages"), token, &json!({ "toPersonId": to, "text": "hi" })).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(sim.ledger().heard(Platform::Webex, &to)[0].from, "Ana Ruiz");
}

#[tokio::test(start_paused = true)]
async fn a_device_code_is_pending_with_428_and_names_the_employee_afterwards() {
    let sim = simulator();
    let client = credential(&sim, "client_id");
    let start =
        with_form(&sim, &format!("{V1}/device/authorize"), &[], &[("client_id", &client), ("scope", "spark:messages_read spark:kms")])
            .await;
    assert_eq!(start.json["expires_in"], 300);
    let basic = {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{client}:{}", credential(&sim, "client_secret"))))
    };
    let device = start.json["device_code"].as_str().unwrap().to_owned();
    let poll = || {
        let (sim, client, basic, device) = (sim.clone(), client.clone(), basic.clone(), device.clone());
        async move {
            let form = [("grant_type", super::sign_in::DEVICE_GRANT), ("device_code", &device), ("client_id", &client)];
            with_form(&sim, &format!("{V1}/device/token"), &[("authorization", &basic)], &form).await
        }
    };
    let pending = poll().await;
    assert_eq!((pending.status, &pending.json["errors"][0]["description"]), (428, &json!("authorization_pending")));
    assert_eq!(poll().await.json["errors"][0]["description"], "slow_down");
    let id = employee(&sim).id.clone();
    sim.sign_ins().decide_device(Platform::Webex, start.json["user_code"].as_str().unwrap(), &id, true, sim.clock().now()).unwrap();
    sim.clock().advance(std::time::Duration::from_secs(10));
    let tokens = poll().await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let me = with_json(&sim, "GET", &format!("{V1}/people/me"), tokens.json["access_token"].as_str().unwrap(), &Value::Null).await;
    assert_eq!(me.json["id"], json!(id));
    let listed = get(&sim, &format!("/authorizations?personId={id}")).await;
    let authorization = listed.json["items"][0]["id"].as_str().unwrap();
    assert_eq!(write(&sim, "DELETE", &format!("/authorizations/{authorization}"), Value::Null).await.status, 204);
    assert_eq!(
        with_json(&sim, "GET", &format!("{V1}/people/me"), tokens.json["access_token"].as_str().unwrap(), &Value::Null).await.status,
        401
    );
}

#[tokio::test(start_paused = true)]
async fn the_code_grant_needs_registered_redirect_secret_and_verifier() {
    let sim = simulator();
    let (client, secret) = (credential(&sim, "client_id"), credential(&sim, "client_secret"));
    let address = |redirect: &str| {
        let query = [
            ("response_type", "code"),
            ("client_id", &client),
            ("redirect_uri", redirect),
            ("scope", "spark:people_read"),
            ("state", "s1"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        format!("{V1}/authorize?{}", crate::http::encode(&query))
    };
    assert_eq!(call(&sim, "GET", &address("http://localhost:5000/webex"), &[], "").await.status, 400);
    let back = consent(&sim, &address("http://localhost:43117/webex"), sim.admin_email(), "allow").await;
    let location = url::Url::parse(back.headers["location"].to_str().unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = |secret: &str, verifier: &str| {
        [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", "http://localhost:43117/webex"),
            ("client_id", &client),
            ("client_secret", secret),
            ("code_verifier", verifier),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let exchange = |form: [(String, String); 6]| {
        let sim = sim.clone();
        async move {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            with_form(&sim, &format!("{V1}/access_token"), &[], &form).await
        }
    };
    assert_eq!(exchange(form("", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).await.status, 401, "PKCE does not replace the secret");
    assert_eq!(exchange(form(&secret, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).await.status, 200);
    assert_eq!(exchange(form(&secret, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).await.status, 400, "a code works once");
}

#[tokio::test(start_paused = true)]
async fn an_id_is_no_address_and_an_address_no_id() {
    let sim = simulator();
    let (id, email) = (employee(&sim).id.clone(), employee(&sim).email.clone().unwrap());
    write(&sim, "POST", "/messages", json!({ "toPersonId": id, "text": "x" })).await;
    for body in [json!({ "toPersonId": email, "text": "x" }), json!({ "toPersonEmail": id, "text": "x" })] {
        assert_eq!(write(&sim, "POST", "/messages", body.clone()).await.status, 404, "{body}");
    }
    for (path, status) in [("messages/direct", 200), ("authorizations", 200)] {
        assert_eq!(get(&sim, &format!("/{path}?personId={id}")).await.status, status);
        assert_eq!(get(&sim, &format!("/{path}?personEmail={email}")).await.status, status);
        assert_eq!(get(&sim, &format!("/{path}?personId={email}")).await.status, 404);
        assert_eq!(get(&sim, &format!("/{path}?personEmail={id}")).await.status, 404);
        assert_eq!(get(&sim, &format!("/{path}?personId={id}&personEmail={email}")).await.status, 400);
    }
    assert_eq!(
        write(&sim, "POST", "/messages", json!({ "toPersonId": id, "roomId": 5, "text": "x" })).await.status,
        400,
        "a room's id is text"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refresh_may_name_the_scopes_it_has_and_no_others() {
    let sim = simulator();
    let (client, secret) = (credential(&sim, "client_id"), credential(&sim, "client_secret"));
    let query = [
        ("response_type", "code"),
        ("client_id", &*client),
        ("redirect_uri", "http://localhost:43117/webex"),
        ("scope", "spark:people_read"),
    ];
    let back =
        consent(&sim, &format!("{V1}/authorize?{}", crate::http::encode(&query)), employee(&sim).email.as_deref().unwrap(), "allow").await;
    let location = url::Url::parse(back.headers["location"].to_str().unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let redeem = async |form: &[(&str, &str)]| {
        with_form(&sim, &format!("{V1}/access_token"), &[], &[&[("client_id", &*client), ("client_secret", &*secret)], form].concat()).await
    };
    let got = redeem(&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "http://localhost:43117/webex")]).await;
    let refresh_token = got.json["refresh_token"].as_str().unwrap();
    let refresh =
        async |scope: &str| redeem(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", scope)]).await.status;
    assert_eq!((refresh("spark:people_read").await, refresh("spark:people_read spark:messages_write").await), (200, 400));
}

fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")))
}

/// The reason in Webex's own shape.
fn reason(got: &Got) -> &str {
    got.json["errors"][0]["description"].as_str().unwrap_or_default()
}

async fn start_device(sim: &Simulator, scope: &str) -> Got {
    with_form(sim, &format!("{V1}/device/authorize"), &[], &[("client_id", &credential(sim, "client_id")), ("scope", scope)]).await
}

async fn poll_device(sim: &Simulator, secret: &str, device: &str) -> Got {
    let client = credential(sim, "client_id");
    let form = [("grant_type", super::sign_in::DEVICE_GRANT), ("device_code", device), ("client_id", &client)];
    with_form(sim, &format!("{V1}/device/token"), &[("authorization", &basic(&client, secret))], &form).await
}

/// Tokens of an account by the device grant.
async fn by_device(sim: &Simulator, account: &str) -> Value {
    let started = start_device(sim, "spark:messages_read").await;
    sim.sign_ins().decide_device(Platform::Webex, started.json["user_code"].as_str().unwrap(), account, true, sim.clock().now()).unwrap();
    let got = poll_device(sim, &credential(sim, "client_secret"), started.json["device_code"].as_str().unwrap()).await;
    assert_eq!(got.status, 200, "{}", got.text);
    got.json
}

#[tokio::test(start_paused = true)]
async fn the_device_grant_asks_for_the_client_before_it_says_pending_and_gives_tokens_once() {
    let sim = simulator();
    for scope in ["spark:all", "spark:messages_read meeting:schedules_read", ""] {
        let got = start_device(&sim, scope).await;
        assert_eq!((got.status, reason(&got)), (400, "invalid_scope"), "{scope}");
    }
    let other = with_form(&sim, &format!("{V1}/device/authorize"), &[], &[("client_id", "C0"), ("scope", "spark:kms")]).await;
    assert_eq!((other.status, reason(&other)), (400, "invalid_client"));
    let started = start_device(&sim, "spark:messages_read").await;
    let (device, secret) = (started.json["device_code"].as_str().unwrap(), credential(&sim, "client_secret"));
    let wrong = poll_device(&sim, "guess", device).await;
    assert_eq!((wrong.status, reason(&wrong)), (400, "invalid_client"));
    assert_eq!(poll_device(&sim, &secret, device).await.status, 428);
    let made_up = poll_device(&sim, &secret, "made-up").await;
    assert_eq!((made_up.status, reason(&made_up)), (400, "invalid_grant"));
    let id = employee(&sim).id.clone();
    sim.sign_ins().decide_device(Platform::Webex, started.json["user_code"].as_str().unwrap(), &id, true, sim.clock().now()).unwrap();
    sim.clock().advance(std::time::Duration::from_secs(2));
    assert_eq!(poll_device(&sim, &secret, device).await.status, 200);
    let again = poll_device(&sim, &secret, device).await;
    assert_eq!((again.status, reason(&again)), (400, "invalid_grant"), "a device code works once");
}

#[tokio::test(start_paused = true)]
async fn an_authorization_that_is_deleted_takes_its_own_tokens_and_no_others() {
    let sim = simulator();
    let people: Vec<String> = sim
        .world()
        .accounts(Platform::Webex)
        .iter()
        .filter(|account| account.active && !account.admin && account.kind == Kind::Member)
        .take(2)
        .map(|account| account.id.clone())
        .collect();
    let (first, second, other) = (by_device(&sim, &people[0]).await, by_device(&sim, &people[0]).await, by_device(&sim, &people[1]).await);
    let listed = get(&sim, &format!("/authorizations?personId={}", people[0])).await;
    let items = listed.json["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(write(&sim, "DELETE", &format!("/authorizations/{}", items[0]["id"].as_str().unwrap()), Value::Null).await.status, 204);
    assert_eq!(write(&sim, "DELETE", &format!("/authorizations/{}", items[0]["id"].as_str().unwrap()), Value::Null).await.status, 404);
    let status = async |tokens: &Value| {
        with_json(&sim, "GET", &format!("{V1}/messages/direct?personId=x"), tokens["access_token"].as_str().unwrap(), &Value::Null)
            .await
            .status
    };
    let (client, secret) = (credential(&sim, "client_id"), credential(&sim, "client_secret"));
    let refresh = async |tokens: &Value| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
            ("client_id", &*client),
            ("client_secret", &*secret),
        ];
        with_form(&sim, &format!("{V1}/access_token"), &[], &form).await.status
    };
    assert_eq!((status(&first).await, refresh(&first).await), (401, 400));
    assert_ne!((status(&second).await, refresh(&second).await), (401, 400), "the person's other one");
    assert_ne!((status(&other).await, refresh(&other).await), (401, 400), "somebody else's");
    assert_eq!(get(&sim, "/people/me").await.status, 200, "the administrator's own");
}

#[tokio::test(start_paused = true)]
async fn a_code_belongs_to_its_client_redirect_and_verifier() {
    let sim = simulator();
    let (client, secret) = (credential(&sim, "client_id"), credential(&sim, "client_secret"));
    let service = &sim.credentials()["webex"]["service_app"];
    let redeem = async |id: &str, secret: &str, redirect: &str, verifier: &str| {
        let query = [
            ("response_type", "code"),
            ("client_id", &*client),
            ("redirect_uri", "http://localhost:43117/webex"),
            ("scope", "spark:people_read"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let back = consent(&sim, &format!("{V1}/authorize?{}", crate::http::encode(&query)), sim.admin_email(), "allow").await;
        let location = url::Url::parse(back.headers["location"].to_str().unwrap()).unwrap();
        let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", redirect),
            ("client_id", id),
            ("client_secret", secret),
            ("code_verifier", verifier),
        ];
        let got = with_form(&sim, &format!("{V1}/access_token"), &[], &form).await;
        (got.status, reason(&got).to_owned())
    };
    let (here, verifier) = ("http://localhost:43117/webex", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let refused = (400, "invalid_grant".to_owned());
    let (other_id, other_secret) = (service["client_id"].as_str().unwrap(), service["client_secret"].as_str().unwrap());
    assert_eq!(redeem(other_id, other_secret, here, verifier).await, refused);
    assert_eq!(redeem(&client, &secret, "http://localhost:43118/webex", verifier).await, refused);
    assert_eq!(redeem(&client, &secret, here, &"w".repeat(43)).await, refused);
    assert_eq!(redeem(&client, "guess", here, verifier).await, (401, "invalid_client".to_owned()));
    assert_eq!(redeem(&client, &secret, here, verifier).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn each_use_of_a_refresh_token_starts_ninety_days_anew() {
    let sim = simulator();
    let (client, secret) = (credential(&sim, "client_id"), credential(&sim, "client_secret"));
    let first = by_device(&sim, &employee(&sim).id).await;
    assert_eq!((&first["expires_in"], &first["refresh_token_expires_in"]), (&json!(1_209_599), &json!(7_775_999)));
    let refresh = async |token: &Value| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str().unwrap()),
            ("client_id", &*client),
            ("client_secret", &*secret),
        ];
        with_form(&sim, &format!("{V1}/access_token"), &[], &form).await
    };
    sim.clock().advance(std::time::Duration::from_secs(7_775_998));
    let second = refresh(&first["refresh_token"]).await;
    assert_eq!((second.status, &second.json["refresh_token_expires_in"]), (200, &json!(7_775_999)));
    sim.clock().advance(std::time::Duration::from_secs(7_775_998));
    let third = refresh(&second.json["refresh_token"]).await;
    assert_eq!(third.status, 200);
    sim.clock().advance(std::time::Duration::from_secs(7_775_999));
    let late = refresh(&third.json["refresh_token"]).await;
    assert_eq!((late.status, reason(&late)), (400, "invalid_grant"));
}
