use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::Options;

pub(super) fn authorize(more: &[(&str, &str)]) -> String {
    let mut query = vec![
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:9123"),
        ("scope", "User.Read Chat.ReadWrite openid profile offline_access"),
        ("state", "s1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        query.retain(|(known, _)| known != name);
        query.push((name, value));
    }
    format!("{LOGIN_AT}/authorize?{}", crate::http::encode(&query))
}

async fn token(sim: &Simulator, form: &[(&str, &str)]) -> Got {
    with_form(sim, &format!("{LOGIN_AT}/token"), &[], &[&[("client_id", CLIENT_ID)], form].concat()).await
}

pub(super) async fn code_for(sim: &Simulator, account: &str, more: &[(&str, &str)]) -> String {
    let back = consent(sim, &authorize(more), account, "allow").await;
    let location = url::Url::parse(back.headers["location"].to_str().unwrap()).unwrap();
    location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

pub(super) async fn redeem(sim: &Simulator, code: &str) -> Got {
    token(
        sim,
        &[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "http://localhost:9123"), ("code_verifier", VERIFIER)],
    )
    .await
}

pub(super) fn number(got: &Got) -> u64 {
    got.json["error_codes"][0].as_u64().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_code_is_redeemed_once_with_its_verifier_and_redirect() {
    let sim = simulator();
    let email = colleagues(&sim)[0].email.clone().unwrap();
    let code = code_for(&sim, &email, &[("nonce", "n1")]).await;
    let got = redeem(&sim, &code).await;
    assert_eq!(got.status, 200, "{}", got.text);
    assert!(got.json["expires_in"].as_i64().unwrap() >= 3_599 && got.json["refresh_token"].is_string());
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(got.json["id_token"].as_str().unwrap().split('.').nth(1).unwrap()).unwrap())
            .unwrap();
    assert_eq!((claims["nonce"].as_str(), claims["tid"].as_str(), claims["aud"].as_str()), (Some("n1"), Some(TENANT_ID), Some(CLIENT_ID)));
    assert_eq!(claims["oid"], json!(colleagues(&sim)[0].id));
    let me = with_json(&sim, "GET", &format!("{V1}/me"), got.json["access_token"].as_str().unwrap(), &Value::Null).await;
    assert_eq!(me.json["id"], json!(colleagues(&sim)[0].id));
    let again = redeem(&sim, &code).await;
    assert_eq!((again.status, again.json["error"].as_str(), number(&again)), (400, Some("invalid_grant"), 54_005));

    let code = code_for(&sim, &email, &[]).await;
    let other = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "http://localhost:9123"),
        ("code_verifier", "a-verifier-that-is-not-the-right-one-but-as-long"),
    ];
    assert_eq!(number(&token(&sim, &other).await), 501_481);
    let code = code_for(&sim, &email, &[]).await;
    let other = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "http://localhost:9124"),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(number(&token(&sim, &other).await), 500_112);
    let code = code_for(&sim, &email, &[]).await;
    sim.clock().advance(Duration::from_secs(601));
    assert_eq!(number(&redeem(&sim, &code).await), 70_008);
}

#[tokio::test(start_paused = true)]
async fn redirects_follow_the_rules_and_errors_the_redirect() {
    let sim = simulator();
    for wrong in ["http://127.0.0.1:9123", "http://localhost:9123/unknown", "https://evil.example/"] {
        let got = call(&sim, "GET", &authorize(&[("redirect_uri", wrong)]), &[], "").await;
        assert!(got.status == 400 && got.text.contains("AADSTS50011") && !got.headers.contains_key("location"), "{wrong}");
    }
    assert!(call(&sim, "GET", &authorize(&[("client_id", "x")]), &[], "").await.text.contains("AADSTS700016"));
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "Chat.Fly", "invalid_scope"),
        ("prompt", "none", "login_required"),
        ("code_challenge", "short", "invalid_request"),
    ] {
        let got = call(&sim, "GET", &authorize(&[(name, value)]), &[], "").await;
        let location = got.headers["location"].to_str().unwrap();
        assert!(location.starts_with(&format!("http://localhost:9123/?error={error}&")) && location.ends_with("state=s1"), "{location}");
    }
    let email = colleagues(&sim)[0].email.clone().unwrap();
    let posted = consent(&sim, &authorize(&[("response_mode", "form_post")]), &email, "allow").await;
    assert!(
        posted.status == 200
            && posted.text.contains("name=\"code\"")
            && posted.text.contains("name=\"state\" value=\"s1\"")
            && !posted.text.contains("<script")
    );
    let fragment = consent(&sim, &authorize(&[("response_mode", "fragment")]), &email, "deny").await;
    assert_eq!(fragment.headers["location"], "http://localhost:9123/#error=access_denied&state=s1");
}

#[tokio::test(start_paused = true)]
async fn a_public_client_has_no_secret_and_knows_its_tenant() {
    let sim = simulator();
    let got = token(&sim, &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_secret", "s")]).await;
    assert_eq!((got.status, got.json["error"].as_str(), number(&got)), (401, Some("invalid_client"), 700_025));
    assert_eq!(
        number(&token(&sim, &[("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")]).await),
        7_000_218
    );
    assert_eq!(token(&sim, &[("grant_type", "password")]).await.json["error"], "unsupported_grant_type");
    let elsewhere = with_form(
        &sim,
        "https://login.microsoftonline.com/00000000-1111-2222-3333-444444444444/oauth2/v2.0/token",
        &[],
        &[("client_id", CLIENT_ID)],
    )
    .await;
    assert_eq!((elsewhere.status, number(&elsewhere)), (400, 90_002));
    let app = with_form(&sim, &format!("{LOGIN_AT}/token"), &[], &[("client_id", "other"), ("grant_type", "refresh_token")]).await;
    assert_eq!((app.json["error"].as_str(), number(&app)), (Some("unauthorized_client"), 700_016));
    let trouble = &app.json;
    assert!(
        trouble["error_description"].as_str().unwrap().starts_with("AADSTS700016: ")
            && trouble["trace_id"].is_string()
            && trouble["timestamp"] == "2026-01-05 08:00:00Z"
    );
}

#[tokio::test(start_paused = true)]
async fn refreshing_gives_a_new_token_and_leaves_the_old_alive() {
    let sim = simulator();
    let first = redeem(&sim, &code_for(&sim, colleagues(&sim)[0].email.as_deref().unwrap(), &[]).await).await;
    let old = first.json["refresh_token"].as_str().unwrap();
    let second = token(&sim, &[("grant_type", "refresh_token"), ("refresh_token", old)]).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_ne!(second.json["refresh_token"], first.json["refresh_token"]);
    assert_eq!(token(&sim, &[("grant_type", "refresh_token"), ("refresh_token", old)]).await.status, 200);
    let access = first.json["access_token"].as_str().unwrap();
    sim.clock().advance(Duration::from_secs(5_400));
    let late = with_json(&sim, "GET", &format!("{V1}/me"), access, &Value::Null).await;
    assert_eq!((late.status, code_of(&late)), (401, "InvalidAuthenticationToken"));
    sim.clock().advance(Duration::from_secs(90 * 86_400));
    assert_eq!(number(&token(&sim, &[("grant_type", "refresh_token"), ("refresh_token", old)]).await), 700_082);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_comes_only_with_offline_access_and_an_id_token_with_openid() {
    let sim = simulator();
    let code = code_for(&sim, colleagues(&sim)[0].email.as_deref().unwrap(), &[("scope", "https://graph.microsoft.com/User.Read")]).await;
    let got = redeem(&sim, &code).await;
    assert_eq!((got.json["scope"].as_str(), got.json.get("refresh_token"), got.json.get("id_token")), (Some("User.Read"), None, None));
}

#[tokio::test(start_paused = true)]
async fn what_needs_an_admin_only_an_admin_consents_to() {
    let sim = simulator();
    let email = colleagues(&sim)[0].email.clone().unwrap();
    let asked = authorize(&[("scope", "User.Invite.All offline_access")]);
    let page = consent(&sim, &asked, &email, "allow").await;
    assert!(page.status == 200 && page.text.contains("Need admin approval"), "{}", page.text);
    assert!(consent(&sim, &asked, sim.admin_email(), "allow").await.headers.contains_key("location"));

    let everybody = format!(
        "https://login.microsoftonline.com/{TENANT_ID}/v2.0/adminconsent?{}",
        crate::http::encode(&[
            ("client_id", CLIENT_ID),
            ("scope", "https://graph.microsoft.com/User.Invite.All"),
            ("redirect_uri", "http://localhost:1"),
            ("state", "z")
        ])
    );
    assert!(consent(&sim, &everybody, &email, "allow").await.text.contains("Only an admin"));
    let back = consent(&sim, &everybody, sim.admin_email(), "allow").await;
    let location = back.headers["location"].to_str().unwrap();
    assert!(
        location.starts_with(&format!("http://localhost:1/?admin_consent=True&tenant={TENANT_ID}&scope=")) && !location.contains("code="),
        "{location}"
    );
    assert!(consent(&sim, &asked, &email, "allow").await.headers.contains_key("location"), "now an employee may");
}

#[tokio::test(start_paused = true)]
async fn guests_sign_in_through_this_tenant_only() {
    let sim = simulator();
    let guest = account(&sim, |account| account.kind == Kind::Guest).email.clone().unwrap();
    let at_home = authorize(&[]).replace("harborpine.onmicrosoft.com", "organizations");
    assert!(consent(&sim, &at_home, &guest, "allow").await.text.contains("own tenant id"));
    assert!(consent(&sim, &authorize(&[]), &guest, "allow").await.headers.contains_key("location"));
}

pub(super) async fn start(sim: &Simulator) -> Got {
    with_form(
        sim,
        &format!("{LOGIN_AT}/devicecode"),
        &[],
        &[("client_id", CLIENT_ID), ("scope", "User.Read Chat.ReadWrite offline_access")],
    )
    .await
}

pub(super) async fn poll(sim: &Simulator, started: &Got) -> Got {
    token(
        sim,
        &[("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", started.json["device_code"].as_str().unwrap())],
    )
    .await
}

pub(super) async fn decide(sim: &Simulator, started: &Got, account: &str, decision: &str) -> Got {
    with_form(
        sim,
        "https://microsoft.com/_device",
        &[],
        &[("user_code", started.json["user_code"].as_str().unwrap()), ("account", account), ("decision", decision)],
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn a_device_code_waits_is_approved_declined_or_expires() {
    let sim = simulator();
    let email = colleagues(&sim)[0].email.clone().unwrap();
    let started = start(&sim).await;
    assert_eq!(
        (started.json["expires_in"].as_i64(), started.json["interval"].as_i64(), started.json.get("verification_uri_complete")),
        (Some(900), Some(5), None)
    );
    assert!(call(&sim, "GET", started.json["verification_uri"].as_str().unwrap(), &[], "").await.text.contains("name=\"user_code\""));
    let pending = poll(&sim, &started).await;
    assert_eq!((pending.status, pending.json["error"].as_str(), number(&pending)), (400, Some("authorization_pending"), 70_016));
    assert_eq!(poll(&sim, &started).await.json["error"], "slow_down");
    assert_eq!(decide(&sim, &started, &email, "allow").await.status, 200);
    sim.clock().advance(Duration::from_secs(10));
    let got = poll(&sim, &started).await;
    assert!(got.status == 200 && got.json["refresh_token"].is_string(), "{}", got.text);
    assert_eq!(poll(&sim, &started).await.json["error"], "bad_verification_code");

    let declined = start(&sim).await;
    decide(&sim, &declined, &email, "deny").await;
    assert_eq!(poll(&sim, &declined).await.json["error"], "authorization_declined");
    let expired = start(&sim).await;
    sim.clock().advance(Duration::from_secs(900));
    assert_eq!(poll(&sim, &expired).await.json["error"], "expired_token");
    assert_eq!(decide(&sim, &expired, &email, "allow").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn conditional_access_refuses_the_device_grant_at_start_and_at_poll() {
    let sim = Simulator::new(Options { people: 100, no_device_grant: vec![Platform::Teams], ..Options::default() }).unwrap();
    let refused = start(&sim).await;
    assert_eq!((refused.status, refused.json["error"].as_str(), number(&refused)), (400, Some("invalid_grant"), 53_003));
    assert_eq!(number(&token(&sim, &[("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", "x")]).await), 53_003);
    assert_eq!(
        redeem(&sim, &code_for(&sim, colleagues(&sim)[0].email.as_deref().unwrap(), &[]).await).await.status,
        200,
        "the browser's way stays open"
    );
}

#[tokio::test(start_paused = true)]
async fn the_discovery_document_leads_to_the_key() {
    let sim = simulator();
    let found =
        call(&sim, "GET", &format!("https://login.microsoftonline.com/{TENANT_ID}/v2.0/.well-known/openid-configuration"), &[], "").await;
    assert_eq!(found.json["issuer"], json!(format!("https://login.microsoftonline.com/{TENANT_ID}/v2.0")));
    let keys = call(&sim, "GET", found.json["jwks_uri"].as_str().unwrap(), &[], "").await;
    assert_eq!((keys.json["keys"][0]["kty"].as_str(), keys.json["keys"][0]["e"].as_str()), (Some("RSA"), Some("AQAB")));
}

#[tokio::test(start_paused = true)]
async fn somebody_has_one_subject_in_the_id_token_and_in_user_info() {
    let sim = simulator();
    let code = code_for(&sim, colleagues(&sim)[0].email.as_deref().unwrap(), &[]).await;
    let got = redeem(&sim, &code).await;
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(got.json["id_token"].as_str().unwrap().split('.').nth(1).unwrap()).unwrap())
            .unwrap();
    let info =
        with_json(&sim, "GET", "https://graph.microsoft.com/oidc/userinfo", got.json["access_token"].as_str().unwrap(), &Value::Null).await;
    assert!(claims["sub"].is_string());
    assert_eq!(info.json["sub"], claims["sub"]);
}

#[tokio::test(start_paused = true)]
async fn the_device_grant_has_the_short_name_too_that_msal_for_node_sends() {
    let sim = simulator();
    let account = colleagues(&sim)[0].clone();
    let started = with_form(&sim, &format!("{LOGIN_AT}/devicecode"), &[], &[("client_id", CLIENT_ID), ("scope", "User.Read")]).await;
    let device_code = started.json["device_code"].as_str().unwrap();
    let poll = async || token(&sim, &[("grant_type", "device_code"), ("device_code", device_code)]).await;
    assert_eq!(poll().await.json["error"], "authorization_pending");
    sim.sign_ins()
        .decide_device(Platform::Teams, started.json["user_code"].as_str().unwrap(), &account.id, true, sim.clock().now())
        .unwrap();
    sim.clock().advance(Duration::from_secs(5));
    assert_eq!(poll().await.status, 200);
}
