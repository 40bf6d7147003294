//! Zoom's rules, each once, through the in-process door.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::testing::{Got, call, consent, simulator, with_form, with_json};
use crate::{Account, Platform, Simulator};

const TOKEN: &str = "https://zoom.us/oauth/token";

fn credential(sim: &Simulator, pointer: &str) -> String {
    sim.credentials()["zoom"].pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

fn basic(sim: &Simulator, app: &str) -> String {
    let pair = format!("{}:{}", credential(sim, &format!("{app}/client_id")), credential(sim, &format!("{app}/client_secret")));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

async fn api(sim: &Simulator, method: &str, path: &str, body: Value) -> Got {
    with_json(sim, method, &format!("https://api.zoom.us/v2{path}"), &credential(sim, "/access_token"), &body).await
}

fn employees(sim: &Simulator) -> Vec<Account> {
    sim.world().accounts(Platform::Zoom).iter().filter(|account| account.active && !account.admin).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn the_list_of_users_is_complete_per_status_and_its_token_expires() {
    let sim = simulator();
    let mut seen = 0;
    for status in ["active", "inactive", "pending"] {
        let mut token = String::new();
        loop {
            let got = api(&sim, "GET", &format!("/users?status={status}&page_size=9&next_page_token={token}"), Value::Null).await;
            assert_eq!(got.status, 200, "{}", got.text);
            seen += got.json["users"].as_array().unwrap().len();
            token = got.json["next_page_token"].as_str().unwrap().to_owned();
            if token.is_empty() {
                break;
            }
        }
    }
    assert_eq!(seen, sim.world().accounts(Platform::Zoom).len());
    let token = api(&sim, "GET", "/users?page_size=9", Value::Null).await.json["next_page_token"].as_str().unwrap().to_owned();
    sim.clock().advance(std::time::Duration::from_secs(901));
    assert_eq!(api(&sim, "GET", &format!("/users?page_size=9&next_page_token={token}"), Value::Null).await.json["code"], 300);
    assert_eq!(api(&sim, "GET", "/users?page_size=2001", Value::Null).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn the_server_app_speaks_for_users_by_name_and_never_for_me() {
    let sim = simulator();
    let people = employees(&sim);
    let (from, to) = (&people[0], &people[1]);
    let path = format!("/chat/users/{}/messages", from.id);
    assert_eq!(api(&sim, "POST", "/chat/users/me/messages", json!({ "message": "x", "to_contact": to.id })).await.json["code"], 124);
    assert_eq!(api(&sim, "POST", &path, json!({ "message": "x".repeat(1025), "to_contact": to.id })).await.status, 400);
    let sent = api(&sim, "POST", &path, json!({ "message": "hello", "to_contact": to.email })).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    let id = sent.json["id"].as_str().unwrap();
    let edited = api(&sim, "PUT", &format!("{path}/{id}"), json!({ "message": "hello again", "to_contact": to.id })).await;
    assert_eq!(edited.status, 204);
    super::speak(&sim, to, from.email.as_deref().unwrap(), "answer").unwrap();
    let listed = api(&sim, "GET", &format!("{path}?to_contact={}&page_size=50", to.id), Value::Null).await;
    let texts: Vec<&str> = listed.json["messages"].as_array().unwrap().iter().map(|message| message["message"].as_str().unwrap()).collect();
    assert_eq!(texts, ["answer", "hello again"]);
    assert_eq!(sim.ledger().heard(Platform::Zoom, &to.id)[0].text, "hello again");
}

#[tokio::test(start_paused = true)]
async fn a_public_client_needs_no_secret_but_its_verifier_and_a_new_grant_ends_the_old_one() {
    let sim = simulator();
    let public = credential(&sim, "/employee/public_client_id");
    let account = employees(&sim)[0].clone();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let query = [
            ("response_type", "code"),
            ("client_id", public.as_str()),
            ("redirect_uri", "http://localhost:43117/zoom"),
            ("state", "s"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let back = consent(
            &sim,
            &format!("https://zoom.us/oauth/authorize?{}", crate::http::encode(&query)),
            account.email.as_deref().unwrap(),
            "allow",
        )
        .await;
        let location = url::Url::parse(back.headers["location"].to_str().unwrap()).unwrap();
        let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "http://localhost:43117/zoom"),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            ("client_id", public.as_str()),
        ];
        let got = with_form(&sim, TOKEN, &[], &form).await;
        assert_eq!(got.status, 200, "{}", got.text);
        tokens.push(got.json);
    }
    let me = |token: &Value| {
        let (sim, token) = (sim.clone(), token["access_token"].as_str().unwrap().to_owned());
        async move { with_json(&sim, "GET", "https://api.zoom.us/v2/users/me", &token, &Value::Null).await }
    };
    assert_eq!(me(&tokens[0]).await.status, 401);
    assert_eq!(me(&tokens[1]).await.json["id"], json!(account.id));
    let refresh = tokens[1]["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", public.as_str())];
    assert_eq!(with_form(&sim, TOKEN, &[], &form).await.status, 200);
    assert_eq!(with_form(&sim, TOKEN, &[], &form).await.status, 400, "the old one died");
}

#[tokio::test(start_paused = true)]
async fn the_server_app_gets_tokens_for_itself_only_and_only_by_form() {
    let sim = simulator();
    let (server, account) = (basic(&sim, ""), credential(&sim, "/account_id"));
    let good =
        with_form(&sim, TOKEN, &[("authorization", &server)], &[("grant_type", "account_credentials"), ("account_id", &account)]).await;
    assert_eq!((good.status, good.json["refresh_token"].is_null()), (200, true));
    let query = format!("{TOKEN}?grant_type=account_credentials&account_id={account}");
    assert_eq!(call(&sim, "POST", &query, &[("authorization", &server)], "").await.status, 400);
    let device = format!("https://zoom.us/oauth/devicecode?client_id={}", credential(&sim, "/client_id"));
    assert_eq!(call(&sim, "POST", &device, &[("authorization", &server)], "").await.json["error"], "unauthorized_client");
}

#[tokio::test(start_paused = true)]
async fn a_device_grant_can_be_approved_and_revoked() {
    let sim = simulator();
    let (employee, id) = (basic(&sim, "/employee"), credential(&sim, "/employee/client_id"));
    let start = call(&sim, "POST", &format!("https://zoom.us/oauth/devicecode?client_id={id}"), &[("authorization", &employee)], "").await;
    assert_eq!(start.status, 200, "{}", start.text);
    let account = employees(&sim)[0].clone();
    sim.sign_ins().decide_device(Platform::Zoom, start.json["user_code"].as_str().unwrap(), &account.id, true, sim.clock().now()).unwrap();
    let form = [("grant_type", super::sign_in::DEVICE_GRANT), ("device_code", start.json["device_code"].as_str().unwrap())];
    let tokens = with_form(&sim, TOKEN, &[("authorization", &employee)], &form).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let access = tokens.json["access_token"].as_str().unwrap();
    let revoked = with_form(&sim, "https://zoom.us/oauth/revoke", &[("authorization", &employee)], &[("token", access)]).await;
    assert_eq!(revoked.json["status"], "success");
    assert_eq!(with_json(&sim, "GET", "https://api.zoom.us/v2/users/me", access, &Value::Null).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn the_chatbot_writes_to_a_user_by_jid() {
    let sim = simulator();
    let token = with_form(&sim, TOKEN, &[("authorization", &basic(&sim, "/chatbot"))], &[("grant_type", "client_credentials")]).await;
    let to = employees(&sim)[0].clone();
    let jid = super::users::jid(&to);
    let message = json!({
        "robot_jid": credential(&sim, "/chatbot/robot_jid"), "to_jid": jid, "user_jid": jid, "account_id": credential(&sim, "/account_id"),
        "content": { "head": { "text": "Ana (elsewhere)" }, "body": [{ "type": "message", "text": "hello" }] },
    });
    let sent =
        with_json(&sim, "POST", "https://api.zoom.us/v2/im/chat/messages", token.json["access_token"].as_str().unwrap(), &message).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    assert_eq!(sim.ledger().heard(Platform::Zoom, &to.id)[0].text, "Ana (elsewhere)\nhello");
}

#[tokio::test(start_paused = true)]
async fn the_account_wide_limit_answers_in_zooms_form() {
    let sim = simulator();
    let mut last = api(&sim, "GET", "/users?page_size=1", Value::Null).await;
    for _ in 0..60 {
        last = api(&sim, "GET", "/users?page_size=1", Value::Null).await;
    }
    assert_eq!((last.status, &last.json["code"]), (429, &json!(429)));
    assert_eq!(
        (last.headers["x-ratelimit-type"].to_str().unwrap(), last.headers["x-ratelimit-category"].to_str().unwrap()),
        ("QPS", "Medium")
    );
}

/// The tokens of a first authorization by this client id, with `Authorization` where the client has a secret.
async fn authorized(sim: &Simulator, client: &str, authorization: Option<&str>) -> Value {
    let query = [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", "http://localhost:43117/zoom"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    let url = format!("https://zoom.us/oauth/authorize?{}", crate::http::encode(&query));
    let back = consent(sim, &url, employees(sim)[0].email.as_deref().unwrap(), "allow").await;
    let location = url::Url::parse(back.headers["location"].to_str().unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", "http://localhost:43117/zoom"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ("client_id", client),
    ];
    let headers: Vec<(&str, &str)> = authorization.into_iter().map(|value| ("authorization", value)).collect();
    let got = with_form(sim, TOKEN, &headers, &form).await;
    assert_eq!(got.status, 200, "{}", got.text);
    got.json
}

#[tokio::test(start_paused = true)]
async fn only_the_client_that_was_authorized_refreshes() {
    let sim = simulator();
    let (public, secret) = (credential(&sim, "/employee/public_client_id"), basic(&sim, "/employee"));
    let tokens = authorized(&sim, &credential(&sim, "/employee/client_id"), Some(&secret)).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let by_public = with_form(&sim, TOKEN, &[], &[form.as_slice(), &[("client_id", &public)]].concat()).await;
    assert_eq!((by_public.status, by_public.json["error"].as_str()), (400, Some("invalid_grant")));
    let other_id = with_form(&sim, TOKEN, &[("authorization", &secret)], &[form.as_slice(), &[("client_id", &public)]].concat()).await;
    assert_eq!((other_id.status, other_id.json["error"].as_str()), (400, Some("invalid_client")));
    let wider =
        with_form(&sim, TOKEN, &[("authorization", &secret)], &[form.as_slice(), &[("scope", "user:read:list_users:admin")]].concat())
            .await;
    assert_eq!((wider.status, wider.json["error"].as_str()), (400, Some("invalid_scope")));
    let own = with_form(&sim, TOKEN, &[("authorization", &secret)], &[form.as_slice(), &[("scope", "user:read:user")]].concat()).await;
    assert_eq!(own.status, 200, "{}", own.text);
}

#[tokio::test(start_paused = true)]
async fn a_challenge_has_the_length_that_rfc_7636_demands() {
    let sim = simulator();
    let page = async |challenge: &str| {
        let query = [
            ("response_type", "code"),
            ("client_id", &*credential(&sim, "/employee/public_client_id")),
            ("redirect_uri", "http://localhost:43117/zoom"),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        call(&sim, "GET", &format!("https://zoom.us/oauth/authorize?{}", crate::http::encode(&query)), &[], "").await.status
    };
    assert_eq!((page(&"c".repeat(42)).await, page(&"c".repeat(43)).await, page(&"c".repeat(129)).await), (400, 200, 400));
}

#[tokio::test(start_paused = true)]
async fn users_are_listed_by_page_number_too_and_each_once() {
    let sim = simulator();
    let mut seen = Vec::new();
    let active = employees(&sim).len() + 1;
    for number in 1..=active.div_ceil(9) {
        let got = api(&sim, "GET", &format!("/users?page_size=9&page_number={number}"), Value::Null).await;
        seen.extend(got.json["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen.len(), active);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), active);
    assert_eq!(api(&sim, "GET", "/users?page_number=0", Value::Null).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_status_is_shown_in_lists_only() {
    let sim = simulator();
    let people = employees(&sim);
    let path = format!("/chat/users/{}/messages", people[0].id);
    let sent = api(&sim, "POST", &path, json!({ "message": "hello", "to_contact": people[1].id })).await;
    let listed = api(&sim, "GET", &format!("{path}?to_contact={}", people[1].id), Value::Null).await;
    assert_eq!(listed.json["messages"][0]["status"], "Normal");
    let one = api(&sim, "GET", &format!("{path}/{}?to_contact={}", sent.json["id"].as_str().unwrap(), people[1].id), Value::Null).await;
    assert_eq!((one.json["message"].as_str(), one.json.get("status")), (Some("hello"), None));
}

/// One device code, approved by an employee: its start and the authorization of the app that asked.
async fn approved_device(sim: &Simulator, account: &str) -> (Value, String) {
    let (employee, id) = (basic(sim, "/employee"), credential(sim, "/employee/client_id"));
    let start = call(sim, "POST", &format!("https://zoom.us/oauth/devicecode?client_id={id}"), &[("authorization", &employee)], "").await;
    sim.sign_ins().decide_device(Platform::Zoom, start.json["user_code"].as_str().unwrap(), account, true, sim.clock().now()).unwrap();
    (start.json, employee)
}

async fn poll_device(sim: &Simulator, started: &Value, authorization: &str) -> Got {
    let form = [("grant_type", super::sign_in::DEVICE_GRANT), ("device_code", started["device_code"].as_str().unwrap())];
    with_form(sim, TOKEN, &[("authorization", authorization)], &form).await
}

#[tokio::test(start_paused = true)]
async fn a_device_code_needs_the_secret_and_gives_tokens_once() {
    let sim = simulator();
    let id = credential(&sim, "/employee/client_id");
    let guess = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:guess")));
    let wrong = call(&sim, "POST", &format!("https://zoom.us/oauth/devicecode?client_id={id}"), &[("authorization", &guess)], "").await;
    assert_eq!((wrong.status, wrong.json["error"].as_str()), (401, Some("invalid_client")));
    let (started, employee) = approved_device(&sim, &employees(&sim)[0].id).await;
    assert_eq!(poll_device(&sim, &started, &guess).await.status, 401, "who asks is settled first");
    assert_eq!(poll_device(&sim, &started, &employee).await.status, 200);
    let again = poll_device(&sim, &started, &employee).await;
    assert_eq!((again.status, again.json["error"].as_str()), (400, Some("invalid_grant")));
}

#[tokio::test(start_paused = true)]
async fn a_new_authorization_of_the_same_user_ends_the_earlier_whichever_way_it_comes() {
    let sim = simulator();
    let (public, secret) = (credential(&sim, "/employee/public_client_id"), basic(&sim, "/employee"));
    let me = async |tokens: &Value| {
        with_json(&sim, "GET", "https://api.zoom.us/v2/users/me", tokens["access_token"].as_str().unwrap(), &Value::Null).await.status
    };
    let refresh = async |tokens: &Value| {
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap()), ("client_id", public.as_str())];
        with_form(&sim, TOKEN, &[], &form).await
    };
    let first = authorized(&sim, &public, None).await;
    // A colleague's authorization is none of theirs.
    let (started, _) = approved_device(&sim, &employees(&sim)[1].id).await;
    let colleague = poll_device(&sim, &started, &secret).await.json;
    assert_eq!((me(&first).await, me(&colleague).await), (200, 200));
    let (started, _) = approved_device(&sim, &employees(&sim)[0].id).await;
    let second = poll_device(&sim, &started, &secret).await.json;
    let dead = refresh(&first).await;
    assert_eq!((me(&first).await, dead.status, dead.json["error"].as_str()), (401, 400, Some("invalid_grant")));
    assert_eq!((me(&second).await, me(&colleague).await), (200, 200));
    let third = authorized(&sim, &credential(&sim, "/employee/client_id"), Some(&secret)).await;
    assert_eq!((me(&second).await, me(&third).await, me(&colleague).await), (401, 200, 200));
}

#[tokio::test(start_paused = true)]
async fn a_code_belongs_to_its_client_redirect_and_verifier_and_works_once() {
    let sim = simulator();
    let (public, secret) = (credential(&sim, "/employee/public_client_id"), basic(&sim, "/employee"));
    let code = async || {
        let query = [
            ("response_type", "code"),
            ("client_id", &*public),
            ("redirect_uri", "http://localhost:43117/zoom"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let url = format!("https://zoom.us/oauth/authorize?{}", crate::http::encode(&query));
        let back = consent(&sim, &url, employees(&sim)[0].email.as_deref().unwrap(), "allow").await;
        let location = url::Url::parse(back.headers["location"].to_str().unwrap()).unwrap();
        location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    };
    let redeem = async |code: &str, redirect: &str, verifier: &str, authorization: Option<&str>| {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", verifier)];
        let headers: Vec<(&str, &str)> = authorization.into_iter().map(|value| ("authorization", value)).collect();
        let client: &[(&str, &str)] = if authorization.is_some() { &[] } else { &[("client_id", &*public)] };
        let got = with_form(&sim, TOKEN, &headers, &[&form[..], client].concat()).await;
        (got.status, got.json["error"].as_str().unwrap_or_default().to_owned())
    };
    let (here, verifier) = ("http://localhost:43117/zoom", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let refused = (400, "invalid_grant".to_owned());
    assert_eq!(redeem(&code().await, here, verifier, Some(&secret)).await, refused, "the app's other client id");
    assert_eq!(redeem(&code().await, here, &"w".repeat(43), None).await, refused);
    assert_eq!(redeem(&code().await, "http://localhost:43118/zoom", verifier, None).await, (400, "invalid_request".to_owned()));
    let good = code().await;
    assert_eq!(redeem(&good, here, verifier, None).await.0, 200);
    assert_eq!(redeem(&good, here, verifier, None).await, refused);
    let late = code().await;
    sim.clock().advance(std::time::Duration::from_secs(300));
    assert_eq!(redeem(&late, here, verifier, None).await, refused);
}

#[tokio::test(start_paused = true)]
async fn an_app_ends_its_own_grants_and_no_other_apps() {
    let sim = simulator();
    let (server, chatbot, employee) = (basic(&sim, ""), basic(&sim, "/chatbot"), basic(&sim, "/employee"));
    let token = credential(&sim, "/access_token");
    let end = async |authorization: &str, token: &str| {
        with_form(&sim, "https://zoom.us/oauth/revoke", &[("authorization", authorization)], &[("token", token)]).await
    };
    for other in [&chatbot, &employee] {
        let refused = end(other, &token).await;
        assert_eq!((refused.status, refused.json["error"].as_str()), (400, Some("invalid_request")));
    }
    assert_eq!(api(&sim, "GET", "/users?page_size=1", Value::Null).await.status, 200);
    let ended = end(&server, &token).await;
    assert_eq!((ended.status, ended.json["status"].as_str()), (200, Some("success")));
    assert_eq!(api(&sim, "GET", "/users?page_size=1", Value::Null).await.json["code"], 124);
    assert_eq!(end(&server, &token).await.status, 400, "it has ended already");
    let tokens = authorized(&sim, &credential(&sim, "/employee/public_client_id"), None).await;
    assert_eq!(end(&employee, tokens["refresh_token"].as_str().unwrap()).await.status, 200, "by either client id of the app");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_nobody_used_for_ninety_days_is_dead() {
    let sim = simulator();
    let public = credential(&sim, "/employee/public_client_id");
    let tokens = authorized(&sim, &public, None).await;
    sim.clock().advance(std::time::Duration::from_secs(90 * 86_400));
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap()), ("client_id", public.as_str())];
    let late = with_form(&sim, TOKEN, &[], &form).await;
    assert_eq!((late.status, late.json["error"].as_str()), (400, Some("invalid_grant")));
}
