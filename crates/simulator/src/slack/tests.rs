use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::testing::{Got, call, consent, simulator, with_form, with_json};
use crate::world::Kind;
use crate::{Account, Frame, Options, Platform, Simulator, Socket};

const API: &str = "https://slack.com/api/";

fn token(sim: &Simulator, name: &str) -> String {
    sim.credentials()["slack"][name].as_str().unwrap().to_owned()
}

async fn api(sim: &Simulator, name: &str, token_name: &str, body: Value) -> Got {
    with_json(sim, "POST", &format!("{API}{name}"), &token(sim, token_name), &body).await
}

async fn get(sim: &Simulator, name_and_query: &str, token_name: &str) -> Got {
    with_json(sim, "GET", &format!("{API}{name_and_query}"), &token(sim, token_name), &Value::Null).await
}

fn error(got: &Got) -> &str {
    assert_eq!((got.status, got.json["ok"].as_bool()), (200, Some(false)), "{}", got.text);
    got.json["error"].as_str().unwrap()
}

/// An ordinary member other than the admin, with an address.
fn member(sim: &Simulator) -> Account {
    let accounts = sim.world().accounts(Platform::Slack);
    accounts
        .iter()
        .find(|account| account.active && account.kind == Kind::Member && account.email.is_some() && account.verified && !account.admin)
        .unwrap()
        .clone()
}

async fn open(sim: &Simulator, user: &str) -> String {
    let got = api(sim, "conversations.open", "bot_token", json!({ "users": user })).await;
    got.json["channel"]["id"].as_str().unwrap_or_else(|| panic!("{}", got.text)).to_owned()
}

async fn post(sim: &Simulator, channel: &str, text: &str) -> String {
    let got = api(sim, "chat.postMessage", "bot_token", json!({ "channel": channel, "text": text })).await;
    got.json["ts"].as_str().unwrap_or_else(|| panic!("{}", got.text)).to_owned()
}

#[tokio::test(start_paused = true)]
async fn tokens_are_checked_in_slacks_words() {
    let sim = simulator();
    assert_eq!(error(&call(&sim, "POST", &format!("{API}auth.test"), &[], "").await), "not_authed");
    assert_eq!(error(&with_json(&sim, "POST", &format!("{API}auth.test"), "xoxb-wrong", &Value::Null).await), "invalid_auth");
    assert_eq!(error(&get(&sim, "users.list?limit=10", "app_token").await), "not_allowed_token_type");
    assert_eq!(error(&get(&sim, "users.list?limit=10&colour=red", "bot_token").await), "invalid_arg_name");
    assert_eq!(error(&get(&sim, "users.list?limit=1001", "bot_token").await), "invalid_arguments");
    assert_eq!(error(&get(&sim, "users.list?limit=10&cursor=guess", "bot_token").await), "invalid_cursor");
    let got = api(&sim, "auth.test", "bot_token", Value::Null).await;
    assert_eq!((got.json["ok"].as_bool(), got.json["bot_id"].as_str().map(|id| &id[..1])), (Some(true), Some("B")));
    let scopes = got.headers["x-oauth-scopes"].to_str().unwrap().split(',').collect::<Vec<_>>();
    assert!(scopes.contains(&"chat:write.customize"));
    assert_eq!(call(&sim, "GET", "https://slack.com/api/no.such", &[], "").await.status, 501);
    assert_eq!(sim.unknown_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_member_is_listed_once_over_short_and_empty_pages() {
    let sim = Simulator::new(Options { people: 400, rate_limits: false, ..Options::default() }).unwrap();
    let (mut cursor, mut members, mut sizes) = (String::new(), Vec::new(), Vec::new());
    loop {
        let got = get(&sim, &format!("users.list?limit=20&cursor={}", cursor.replace('=', "%3D")), "user_token").await;
        let page = got.json["members"].as_array().unwrap();
        sizes.push(page.len());
        members.extend(page.clone());
        got.json["response_metadata"]["next_cursor"].as_str().unwrap().clone_into(&mut cursor);
        if cursor.is_empty() {
            break;
        }
    }
    let humans: Vec<&Value> = members.iter().filter(|user| user["is_bot"] != true && user["id"] != "USLACKBOT").collect();
    let world = sim.world().accounts(Platform::Slack);
    assert_eq!(humans.len(), world.len());
    for account in world {
        let user = humans.iter().find(|user| user["id"] == account.id.as_str()).unwrap();
        assert_eq!(user["profile"]["email"].as_str(), account.email.as_deref());
        assert_eq!(user["deleted"], !account.active);
    }
    assert!(sizes.contains(&0) && sizes[..sizes.len() - 1].iter().any(|size| (1..20).contains(size)), "{sizes:?}");
    assert!(
        members.iter().any(|user| user["is_bot"] == true)
            && members.iter().any(|user| user["is_stranger"] == true)
            && members.iter().any(|user| user["is_restricted"] == true)
    );
    assert!(members.iter().any(|user| user["has_2fa"] == true), "the admin's user token sees second factors");
}

#[tokio::test(start_paused = true)]
async fn look_up_finds_active_people_of_the_workspace_only() {
    let sim = simulator();
    let person = member(&sim);
    let email = person.email.clone().unwrap().to_uppercase();
    assert_eq!(get(&sim, &format!("users.lookupByEmail?email={email}"), "bot_token").await.json["user"]["id"], person.id.as_str());
    let gone = sim.world().accounts(Platform::Slack).iter().find(|account| !account.active).unwrap();
    assert_eq!(
        error(&get(&sim, &format!("users.lookupByEmail?email={}", gone.email.clone().unwrap()), "bot_token").await),
        "users_not_found"
    );
    assert_eq!(get(&sim, &format!("users.info?user={}", gone.id), "bot_token").await.json["user"]["deleted"], true);
    assert!(
        get(&sim, &format!("users.info?user={}", person.id), "bot_token").await.json["user"]["has_2fa"].is_null(),
        "a bot sees no second factor"
    );
    assert_eq!(error(&get(&sim, "users.info?user=U0NOBODY99", "bot_token").await), "user_not_found");
    assert_eq!(error(&api(&sim, "conversations.open", "bot_token", json!({ "users": gone.id })).await), "user_disabled");
}

#[tokio::test(start_paused = true)]
async fn a_message_is_heard_edited_and_found_again() {
    let sim = simulator();
    let person = member(&sim);
    let channel = open(&sim, &person.id).await;
    assert_eq!(open(&sim, &person.id).await, channel);
    let metadata = json!({ "event_type": "user_sync", "event_payload": { "key": "k1" } });
    let body = json!({ "channel": channel, "text": "Hi &amp; <https://x.example/a?b=1&amp;c=2|here>", "metadata": metadata });
    let posted = api(&sim, "chat.postMessage", "bot_token", body).await;
    let ts = posted.json["ts"].as_str().unwrap().to_owned();
    let seen = |sim: &Simulator| {
        sim.ledger().heard(Platform::Slack, &person.id).iter().map(|heard| (heard.from.clone(), heard.text.clone())).collect::<Vec<_>>()
    };
    assert_eq!(seen(&sim), [("User Sync".to_owned(), "Hi & here (https://x.example/a?b=1&c=2)".to_owned())]);
    assert_eq!(
        api(&sim, "chat.update", "bot_token", json!({ "channel": channel, "ts": ts, "text": "expired" })).await.json["text"],
        "expired"
    );
    assert_eq!(seen(&sim)[0].1, "expired");
    assert_eq!(
        error(&api(&sim, "chat.update", "bot_token", json!({ "channel": channel, "ts": ts, "text": "x".repeat(4001) })).await),
        "msg_too_long"
    );
    let history = get(&sim, &format!("conversations.history?channel={channel}&include_all_metadata=true&oldest=1"), "bot_token").await;
    assert_eq!(history.json["messages"][0]["metadata"], metadata);
    assert!(
        get(&sim, &format!("conversations.history?channel={channel}"), "bot_token").await.json["messages"][0].get("metadata").is_none()
    );
    assert_eq!(
        error(&get(&sim, &format!("conversations.history?channel={channel}"), "user_token").await),
        "channel_not_found",
        "another speaker's conversation"
    );
    assert_eq!(api(&sim, "chat.delete", "bot_token", json!({ "channel": channel, "ts": ts })).await.json["ok"], true);
    assert!(seen(&sim).is_empty());
    assert_eq!(error(&api(&sim, "chat.delete", "bot_token", json!({ "channel": channel, "ts": ts })).await), "message_not_found");
}

#[tokio::test(start_paused = true)]
async fn a_post_under_another_name_needs_its_scope_and_stays() {
    let sim = simulator();
    let person = member(&sim);
    let channel = open(&sim, &person.id).await;
    let represented = sim.world().admin(Platform::Slack).name();
    let body = json!({ "channel": channel, "text": "hello", "username": format!("{represented} (Webex)") });
    let posted = api(&sim, "chat.postMessage", "bot_token", body.clone()).await;
    assert_eq!(
        (posted.json["message"]["subtype"].as_str(), posted.json["message"]["username"].as_str()),
        (Some("bot_message"), Some("Robin Castell (Webex)"))
    );
    assert_eq!(sim.ledger().representations()[0].name, "Robin Castell (Webex)");
    assert_eq!(
        error(&api(&sim, "chat.delete", "bot_token", json!({ "channel": channel, "ts": posted.json["ts"] })).await),
        "cant_delete_message"
    );
    let theirs = api(&sim, "conversations.open", "user_token", json!({ "users": person.id })).await.json["channel"]["id"].clone();
    let mut body = body;
    body["channel"] = theirs;
    let refused = api(&sim, "chat.postMessage", "user_token", body).await;
    assert_eq!((error(&refused), refused.json["needed"].as_str()), ("missing_scope", Some("chat:write.customize")));
    for (wrong, expected) in [
        (json!({ "text": "" }), "no_text"),
        (json!({ "markdown_text": "a", "text": "b" }), "markdown_text_conflict"),
        (json!({ "text": "a", "metadata": { "event_type": 1 } }), "invalid_metadata_schema"),
        (json!({ "text": "a", "thread_ts": "1700000000.000100" }), "cannot_reply_to_message"),
    ] {
        let mut body = wrong;
        body["channel"] = channel.as_str().into();
        sim.clock().advance(Duration::from_secs(2));
        assert_eq!(error(&api(&sim, "chat.postMessage", "bot_token", body).await), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn limits_are_kept_and_end_with_time() {
    let sim = simulator();
    for _ in 0..20 {
        assert_eq!(get(&sim, "users.list?limit=1", "bot_token").await.status, 200);
    }
    let limited = get(&sim, "users.list?limit=1", "bot_token").await;
    assert_eq!(
        (limited.status, limited.headers["retry-after"].to_str().unwrap(), limited.json["error"].as_str()),
        (429, "3", Some("ratelimited"))
    );
    assert_eq!(get(&sim, "users.info?user=USLACKBOT", "bot_token").await.status, 200, "another method goes on");
    sim.clock().advance(Duration::from_secs(3));
    assert_eq!(get(&sim, "users.list?limit=1", "bot_token").await.status, 200);
    let channel = open(&sim, &member(&sim).id).await;
    for _ in 0..3 {
        post(&sim, &channel, "quick").await;
    }
    assert_eq!(api(&sim, "chat.postMessage", "bot_token", json!({ "channel": channel, "text": "too quick" })).await.status, 429);
}

fn authorize_url(sim: &Simulator, parameters: &[(&str, &str)]) -> String {
    let client = token(sim, "client_id");
    let all: Vec<(&str, &str)> = [("client_id", client.as_str())].into_iter().chain(parameters.iter().copied()).collect();
    format!("https://slack.com/oauth/v2/authorize?{}", crate::http::encode(&all))
}

#[tokio::test(start_paused = true)]
async fn a_desktop_sign_in_gives_a_rotating_user_token() {
    let sim = simulator();
    let verifier = "v".repeat(50);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let redirect = "http://localhost:43120/slack";
    let url = authorize_url(
        &sim,
        &[
            ("user_scope", "users:read,users:read.email"),
            ("redirect_uri", redirect),
            ("state", "s&1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ],
    );
    let denied = consent(&sim, &url, sim.admin_email(), "deny").await;
    assert_eq!(denied.headers["location"], "http://localhost:43120/slack?error=access_denied&state=s%261");
    let allowed = consent(&sim, &url, sim.admin_email(), "allow").await;
    let location = url::Url::parse(allowed.headers["location"].to_str().unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let client = token(&sim, "client_id");
    let access = async |form: &[(&str, &str)]| with_form(&sim, &format!("{API}oauth.v2.access"), &[], form).await;
    let got = access(&[("client_id", &client), ("code", &code), ("redirect_uri", redirect), ("code_verifier", &verifier)]).await;
    assert_eq!((got.json["ok"].as_bool(), got.json.get("access_token")), (Some(true), None), "{}", got.text);
    let user = &got.json["authed_user"];
    assert_eq!(user["expires_in"], 43_200);
    assert_eq!(
        error(&access(&[("client_id", &client), ("code", &code), ("code_verifier", &verifier)]).await),
        "invalid_code",
        "a code works once"
    );
    let old = user["access_token"].as_str().unwrap().to_owned();
    let test = async |token: &str| with_json(&sim, "POST", &format!("{API}auth.test"), token, &Value::Null).await;
    assert_eq!(test(&old).await.json["user_id"], sim.world().admin(Platform::Slack).id.as_str());
    sim.clock().advance(Duration::from_secs(43_200));
    assert_eq!(error(&test(&old).await), "token_expired");
    let refresh_token = user["refresh_token"].as_str().unwrap().to_owned();
    let refreshed = access(&[("client_id", &client), ("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]).await;
    assert_eq!(refreshed.json["token_type"], "user");
    let new = refreshed.json["access_token"].as_str().unwrap().to_owned();
    assert_eq!(test(&new).await.json["ok"], true);
    sim.clock().advance(Duration::from_secs(60));
    assert_eq!(
        error(&access(&[("client_id", &client), ("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]).await),
        "invalid_refresh_token"
    );
    assert_eq!(with_json(&sim, "GET", &format!("{API}auth.revoke"), &new, &Value::Null).await.json["revoked"], true);
    assert_eq!(error(&test(&new).await), "token_revoked");
}

#[tokio::test(start_paused = true)]
async fn wrong_authorize_requests_stop_at_the_page() {
    let sim = simulator();
    let challenge = "c".repeat(43);
    let pkce = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    for (parameters, expected) in [
        (vec![("user_scope", "users:read"), ("redirect_uri", "http://localhost:43127/slack")], "did not match"),
        (vec![("user_scope", "users:read"), ("redirect_uri", "http://localhost:43117/slack")], "needs PKCE"),
        (
            [vec![("scope", "chat:write"), ("redirect_uri", "http://localhost:43117/slack")], pkce.to_vec()].concat(),
            "cannot ask for bot scopes",
        ),
        ([vec![("user_scope", "admin"), ("redirect_uri", "http://localhost:43117/slack")], pkce.to_vec()].concat(), "invalid_scope"),
        (vec![("redirect_uri", "http://localhost:43117/slack")], "no scopes"),
    ] {
        let page = call(&sim, "GET", &authorize_url(&sim, &parameters), &[], "").await;
        assert!(page.text.contains(expected) && !page.text.contains("decision"), "{expected}: {}", page.text);
    }
    let good = authorize_url(
        &sim,
        &[vec![("user_scope", "users:read"), ("redirect_uri", "http://localhost:43117/slack"), ("state", "x")], pkce.to_vec()].concat(),
    );
    let guest = sim.world().accounts(Platform::Slack).iter().find(|account| account.kind == Kind::Guest).unwrap().id.clone();
    assert!(consent(&sim, &good, &guest, "allow").await.text.contains("Guests"));
    assert!(consent(&sim, &good, "nobody@nowhere.example", "allow").await.text.contains("no such account"));
}

fn manifest(name: &str) -> Value {
    json!({
        "display_information": { "name": name },
        "features": { "bot_user": { "display_name": "jane.doe", "always_online": true }, "app_home": { "messages_tab_enabled": true, "messages_tab_read_only_enabled": false } },
        "oauth_config": { "redirect_urls": ["https://localhost:43117/slack"], "scopes": { "bot": ["chat:write", "im:write", "im:history", "im:read"] } },
        "settings": { "event_subscriptions": { "bot_events": ["message.im"] }, "socket_mode_enabled": true, "token_rotation_enabled": true },
    })
}

#[tokio::test(start_paused = true)]
async fn an_app_is_made_installed_and_removed() {
    let sim = simulator();
    let invalid = api(&sim, "apps.manifest.validate", "config_token", json!({ "manifest": manifest(&"n".repeat(36)).to_string() })).await;
    assert_eq!((error(&invalid), invalid.json["errors"][0]["pointer"].as_str()), ("invalid_manifest", Some("/display_information/name")));
    let made =
        api(&sim, "apps.manifest.create", "config_token", json!({ "manifest": manifest("Jane Doe (Webex)").to_string() })).await.json;
    assert_eq!(
        api(&sim, "apps.manifest.create", "config_token", json!({ "manifest": manifest("Another").to_string() })).await.status,
        429,
        "one a minute"
    );
    assert_eq!(
        error(&api(&sim, "apps.manifest.update", "config_token", json!({ "app_id": made["app_id"], "manifest": manifest("Jane") })).await),
        "invalid_arguments",
        "text only"
    );
    sim.clock().advance(Duration::from_secs(60));
    let mut wider = manifest("Jane Doe (Webex)");
    wider["oauth_config"]["scopes"]["bot"].as_array_mut().unwrap().push("users:read".into());
    let updated =
        api(&sim, "apps.manifest.update", "config_token", json!({ "app_id": made["app_id"], "manifest": wider.to_string() })).await;
    assert_eq!(updated.json["permissions_updated"], true, "{}", updated.text);
    assert_eq!(api(&sim, "apps.manifest.export", "config_token", json!({ "app_id": made["app_id"] })).await.json["manifest"], wider);
    let authorize =
        format!("{}&redirect_uri=https%3A%2F%2Flocalhost%3A43117%2Fslack&state=1", made["oauth_authorize_url"].as_str().unwrap());
    let back = consent(&sim, &authorize, sim.admin_email(), "allow").await;
    let code = back.headers["location"].to_str().unwrap().split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let (id, secret) = (made["credentials"]["client_id"].as_str().unwrap(), made["credentials"]["client_secret"].as_str().unwrap());
    let form = [("code", code.as_str()), ("redirect_uri", "https://localhost:43117/slack")];
    assert_eq!(
        error(&with_form(&sim, &format!("{API}oauth.v2.access"), &[], &[form.as_slice(), &[("client_id", id)]].concat()).await),
        "bad_client_secret"
    );
    let installed = with_form(
        &sim,
        &format!("{API}oauth.v2.access"),
        &[],
        &[form.as_slice(), &[("client_id", id), ("client_secret", secret)]].concat(),
    )
    .await
    .json;
    assert_eq!((installed["token_type"].as_str(), installed["expires_in"].as_i64()), (Some("bot"), Some(43_200)));
    let bot = installed["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {bot}");
    let uninstalled =
        with_form(&sim, &format!("{API}apps.uninstall"), &[("authorization", &bearer)], &[("client_id", id), ("client_secret", secret)])
            .await;
    assert_eq!(uninstalled.json["uninstalled"], true, "{}", uninstalled.text);
    assert_eq!(error(&with_json(&sim, "POST", &format!("{API}auth.test"), &bot, &Value::Null).await), "token_revoked");
    assert_eq!(api(&sim, "apps.manifest.delete", "config_token", json!({ "app_id": made["app_id"] })).await.json["ok"], true);
    let rotated =
        with_form(&sim, &format!("{API}tooling.tokens.rotate"), &[], &[("refresh_token", &token(&sim, "config_refresh_token"))]).await.json;
    assert_eq!(rotated["exp"].as_i64().unwrap() - rotated["iat"].as_i64().unwrap(), 43_200);
    assert_eq!(
        error(
            &with_form(&sim, &format!("{API}tooling.tokens.rotate"), &[], &[("refresh_token", &token(&sim, "config_refresh_token"))]).await
        ),
        "invalid_refresh_token"
    );
}

async fn socket(sim: &Simulator) -> Socket {
    let got = api(sim, "apps.connections.open", "app_token", Value::Null).await;
    let url = got.json["url"].as_str().unwrap().to_owned();
    let socket = sim.open_socket(&url).unwrap();
    assert_eq!(sim.open_socket(&url).err(), Some(401), "an address works once");
    socket
}

async fn frame(socket: &mut Socket) -> Value {
    match socket.next().await {
        Some(Frame::Text(text)) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_person_answers_arrives_over_the_socket() {
    let sim = simulator();
    let person = member(&sim);
    let channel = open(&sim, &person.id).await;
    let mut socket = socket(&sim).await;
    assert_eq!(frame(&mut socket).await["type"], "hello");
    let ts = post(&sim, &channel, "May I?").await;
    let own = frame(&mut socket).await;
    assert_eq!((own["payload"]["event"]["ts"].as_str(), own["payload"]["event"]["bot_id"].is_string()), (Some(ts.as_str()), true));
    socket.send(&json!({ "envelope_id": own["envelope_id"] }).to_string());
    sim.speak(&person, "User Sync", "yes & <now>").unwrap();
    let heard = frame(&mut socket).await;
    let event = &heard["payload"]["event"];
    assert_eq!(
        (event["user"].as_str(), event["text"].as_str(), event["channel"].as_str()),
        (Some(person.id.as_str()), Some("yes &amp; &lt;now&gt;"), Some(channel.as_str()))
    );
    socket.send(&json!({ "envelope_id": heard["envelope_id"] }).to_string());
    assert!(sim.next_due().unwrap() > sim.clock().now() + jiff::SignedDuration::from_secs(600), "nothing waits for an ack any more");
}

#[tokio::test(start_paused = true)]
async fn an_event_without_an_ack_comes_again_three_times() {
    let sim = simulator();
    let person = member(&sim);
    open(&sim, &person.id).await;
    let mut socket = socket(&sim).await;
    frame(&mut socket).await;
    let start = sim.clock().now();
    sim.speak(&person, "User Sync", "hello?").unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let again = frame(&mut socket).await;
        seen.push((
            again["retry_attempt"].as_i64().unwrap(),
            again["retry_reason"].as_str().unwrap().to_owned(),
            sim.clock().now().duration_since(start).as_secs(),
        ));
    }
    assert_eq!(seen, [(0, String::new(), 0), (1, "timeout".into(), 3), (2, "timeout".into(), 66), (3, "timeout".into(), 369)]);
    sim.clock().advance(Duration::from_secs(3600));
    sim.tick().await;
    sim.speak(&person, "User Sync", "next").unwrap();
    assert_eq!(frame(&mut socket).await["payload"]["event"]["text"], "next", "the first one was given up");
}

#[tokio::test(start_paused = true)]
async fn events_from_before_the_socket_come_with_a_retry() {
    let sim = simulator();
    let person = member(&sim);
    sim.speak(&person, "User Sync", "anybody there?").unwrap();
    sim.clock().advance(Duration::from_secs(10));
    let mut socket = socket(&sim).await;
    frame(&mut socket).await;
    let late = frame(&mut socket).await;
    assert_eq!((late["retry_attempt"].as_i64(), late["payload"]["event"]["text"].as_str()), (Some(2), Some("anybody there?")));
}

#[tokio::test(start_paused = true)]
async fn sockets_are_counted_and_recycled() {
    let sim = simulator();
    let mut open = Vec::new();
    for number in 1..=10 {
        open.push(socket(&sim).await);
        assert_eq!(frame(open.last_mut().unwrap()).await["num_connections"], number);
    }
    let mut eleventh = socket(&sim).await;
    assert_eq!(frame(&mut eleventh).await["reason"], "too_many_websockets");
    assert_eq!(eleventh.next().await, Some(Frame::Close));
    drop(open);
    let got = api(&sim, "apps.connections.open", "app_token", Value::Null).await;
    let mut short = sim.open_socket(&format!("{}&debug_reconnects=true", got.json["url"].as_str().unwrap())).unwrap();
    let start = sim.clock().now();
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(frame(&mut short).await["reason"].as_str().unwrap_or("hello").to_owned());
    }
    assert_eq!((seen, short.next().await), (vec!["hello".to_owned(), "warning".into(), "refresh_requested".into()], Some(Frame::Close)));
    assert_eq!(sim.clock().now().duration_since(start).as_secs(), 360);
}

#[tokio::test(start_paused = true)]
async fn a_file_is_uploaded_and_shared_and_a_reaction_stays() {
    let sim = simulator();
    let person = member(&sim);
    let channel = open(&sim, &person.id).await;
    let bearer = format!("Bearer {}", token(&sim, "bot_token"));
    let got = with_form(
        &sim,
        &format!("{API}files.getUploadURLExternal"),
        &[("authorization", &bearer)],
        &[("filename", "a.txt"), ("length", "5")],
    )
    .await;
    let url = got.json["upload_url"].as_str().unwrap().to_owned();
    let files = json!([{ "id": got.json["file_id"], "title": "A" }]);
    assert_eq!(
        error(&api(&sim, "files.completeUploadExternal", "bot_token", json!({ "files": files, "channel_id": channel })).await),
        "file_not_found",
        "no bytes yet"
    );
    assert_eq!(call(&sim, "POST", &url, &[], "four").await.status, 400);
    assert_eq!(call(&sim, "POST", &url, &[], "bytes").await.text, "OK - 5");
    assert_eq!(
        api(&sim, "files.completeUploadExternal", "bot_token", json!({ "files": files, "channel_id": channel })).await.json["files"][0]["title"],
        "A"
    );
    let ts = post(&sim, &channel, "nice?").await;
    let reaction = json!({ "channel": channel, "timestamp": ts, "name": "thumbsup" });
    assert_eq!(api(&sim, "reactions.add", "bot_token", reaction.clone()).await.json["ok"], true);
    assert_eq!(error(&api(&sim, "reactions.add", "bot_token", reaction.clone()).await), "already_reacted");
    assert_eq!(api(&sim, "reactions.remove", "bot_token", reaction.clone()).await.json["ok"], true);
    assert_eq!(error(&api(&sim, "reactions.remove", "bot_token", reaction).await), "no_reaction");
    let view = json!({ "type": "home", "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": "hi" } }] });
    assert_eq!(api(&sim, "views.publish", "bot_token", json!({ "user_id": person.id, "view": view })).await.json["view"]["type"], "home");
    assert_eq!(get(&sim, "team.info", "bot_token").await.json["team"]["name"], "Harbor & Pine");
    assert_eq!(get(&sim, "users.conversations?types=im", "bot_token").await.json["channels"][0]["id"], channel.as_str());
}

#[tokio::test(start_paused = true)]
async fn a_code_of_an_app_with_several_redirects_names_its_own_again_and_an_empty_secret_is_none() {
    let sim = simulator();
    let (verifier, redirect, client) = ("v".repeat(50), "http://localhost:43120/slack", token(&sim, "client_id"));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let asked = [
        ("user_scope", "users:read"),
        ("redirect_uri", redirect),
        ("state", "s"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let code = async || {
        let allowed = consent(&sim, &authorize_url(&sim, &asked), sim.admin_email(), "allow").await;
        let location = url::Url::parse(allowed.headers["location"].to_str().unwrap()).unwrap();
        location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    };
    let access =
        async |headers: &[(&str, &str)], form: &[(&str, &str)]| with_form(&sim, &format!("{API}oauth.v2.access"), headers, form).await;
    let bare = access(&[], &[("client_id", &client), ("code", &code().await), ("code_verifier", &verifier)]).await;
    assert_eq!(error(&bare), "bad_redirect_uri");
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{client}:")));
    let whole = [("code", &*code().await), ("redirect_uri", redirect), ("code_verifier", &*verifier)];
    assert_eq!(access(&[("authorization", &basic)], &whole).await.json["ok"], true, "Slack's own client sends Basic without a secret");
    let wrong = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{client}:guess")));
    let whole = [("code", &*code().await), ("redirect_uri", redirect), ("code_verifier", &*verifier)];
    assert_eq!(error(&access(&[("authorization", &wrong)], &whole).await), "bad_client_secret");
}

#[tokio::test(start_paused = true)]
async fn a_redirect_does_not_lead_out_of_the_registered_address() {
    let sim = simulator();
    let challenge = "c".repeat(43);
    let page = async |redirect: &str| {
        let asked =
            [("user_scope", "users:read"), ("redirect_uri", redirect), ("code_challenge", &*challenge), ("code_challenge_method", "S256")];
        call(&sim, "GET", &authorize_url(&sim, &asked), &[], "").await.text.contains("decision")
    };
    assert!(page("http://localhost:43117/slack").await && page("http://localhost:43117/slack/below").await);
    for wrong in ["http://localhost:43117/slack/../other", "http://localhost:43117/slack/%2e%2e/other", "http://localhost:43117/slackother"]
    {
        assert!(!page(wrong).await, "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn text_in_a_json_body_is_text() {
    let sim = simulator();
    let user = sim
        .world()
        .accounts(Platform::Slack)
        .iter()
        .find(|account| account.active && !account.admin && account.kind == Kind::Member)
        .unwrap();
    let channel = open(&sim, &user.id).await;
    for (name, value) in [("thread_ts", json!(17.5)), ("username", json!(["x"])), ("text", json!(5))] {
        let mut body = json!({ "channel": channel, "text": "x" });
        body[name] = value;
        assert_eq!(error(&api(&sim, "chat.postMessage", "bot_token", body).await), "invalid_arguments", "{name}");
    }
}

/// Codes of the first app, each fresh: `(code, verifier)`.
async fn fresh_code(sim: &Simulator) -> (String, String) {
    let verifier = "v".repeat(50);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let asked = [
        ("user_scope", "users:read"),
        ("redirect_uri", DESKTOP),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let allowed = consent(sim, &authorize_url(sim, &asked), sim.admin_email(), "allow").await;
    let location = url::Url::parse(allowed.headers["location"].to_str().unwrap()).unwrap();
    (location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned(), verifier)
}

const DESKTOP: &str = "http://localhost:43120/slack";

async fn access(sim: &Simulator, form: &[(&str, &str)]) -> Got {
    with_form(sim, &format!("{API}oauth.v2.access"), &[], form).await
}

/// An app that did not opt into PKCE: its client id and secret.
async fn app_without_pkce(sim: &Simulator) -> (String, String) {
    let made = api(sim, "apps.manifest.create", "config_token", json!({ "manifest": manifest("Plain").to_string() })).await;
    let text = |name: &str| made.json["credentials"][name].as_str().unwrap().to_owned();
    (text("client_id"), text("client_secret"))
}

#[tokio::test(start_paused = true)]
async fn a_made_up_code_tells_which_part_of_the_client_is_wrong() {
    let sim = Simulator::new(Options { people: 100, rate_limits: false, ..Options::default() }).unwrap();
    let (client, (plain, secret)) = (token(&sim, "client_id"), app_without_pkce(&sim).await);
    let pkce = ("code_verifier", "v".repeat(50));
    let pkce = (pkce.0, pkce.1.as_str());
    for (form, expected) in [
        (vec![("client_id", "1.2"), pkce], "invalid_client_id"),
        (vec![("client_id", &*client), ("client_secret", "guess"), pkce], "bad_client_secret"),
        (vec![("client_id", &*client), pkce], "invalid_code"),
        (vec![("client_id", &*plain), pkce], "pkce_not_allowed"),
        (vec![("client_id", &*plain)], "bad_client_secret"),
        (vec![("client_id", &*plain), ("client_secret", &*secret)], "invalid_code"),
        (vec![("client_id", &*client), ("grant_type", "password")], "invalid_grant_type"),
    ] {
        assert_eq!(
            error(&access(&sim, &[&form[..], &[("code", "made-up"), ("redirect_uri", DESKTOP)]].concat()).await),
            expected,
            "{form:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_belongs_to_its_client_redirect_and_verifier() {
    let sim = Simulator::new(Options { people: 100, rate_limits: false, ..Options::default() }).unwrap();
    let (client, (plain, secret)) = (token(&sim, "client_id"), app_without_pkce(&sim).await);
    let redeem = async |id: &[(&str, &str)], redirect: &str, verifier: Option<&str>| {
        let (code, own) = fresh_code(&sim).await;
        let form = [("code", &*code), ("redirect_uri", redirect), ("code_verifier", verifier.unwrap_or(&own))];
        access(&sim, &[id, &form].concat()).await
    };
    let own = [("client_id", &*client)];
    assert_eq!(error(&redeem(&[("client_id", &*plain), ("client_secret", &*secret)], DESKTOP, None).await), "invalid_code");
    assert_eq!(error(&redeem(&own, "http://localhost:43121/slack", None).await), "bad_redirect_uri");
    assert_eq!(error(&redeem(&own, DESKTOP, Some(&"w".repeat(50))).await), "invalid_code_verifier");
    assert_eq!(redeem(&own, DESKTOP, None).await.json["ok"], true);
    let (code, verifier) = fresh_code(&sim).await;
    sim.clock().advance(Duration::from_secs(600));
    let late = [("client_id", &*client), ("code", &*code), ("redirect_uri", DESKTOP), ("code_verifier", &*verifier)];
    assert_eq!(error(&access(&sim, &late).await), "invalid_code");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_lives_thirty_days_and_ends_a_minute_after_its_first_use() {
    let sim = Simulator::new(Options { people: 100, rate_limits: false, ..Options::default() }).unwrap();
    let client = token(&sim, "client_id");
    let (code, verifier) = fresh_code(&sim).await;
    let form = [("client_id", &*client), ("code", &*code), ("redirect_uri", DESKTOP), ("code_verifier", &*verifier)];
    let first = access(&sim, &form).await.json["authed_user"]["refresh_token"].as_str().unwrap().to_owned();
    let refresh = async |given: &str| {
        let form = [("client_id", &*client), ("grant_type", "refresh_token"), ("refresh_token", given)];
        access(&sim, &form).await.json["refresh_token"].as_str().map(str::to_owned)
    };
    sim.clock().advance(Duration::from_secs(29 * 86_400));
    let last = refresh(&first).await.unwrap();
    sim.clock().advance(Duration::from_secs(59));
    assert!(refresh(&first).await.is_some(), "an answer that was lost can be asked for again");
    sim.clock().advance(Duration::from_secs(1));
    assert!(refresh(&first).await.is_none(), "asking again does not put the end off");
    sim.clock().advance(Duration::from_secs(30 * 86_400 - 60));
    assert!(refresh(&last).await.is_none(), "nobody used it for thirty days");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_tried_without_harm_and_its_scopes_stand_beside_every_answer() {
    let sim = simulator();
    let tried = get(&sim, "auth.revoke?test=1", "bot_token").await;
    assert_eq!((tried.json["ok"].as_bool(), tried.json["revoked"].as_bool()), (Some(true), Some(false)));
    assert!(tried.headers["x-oauth-scopes"].to_str().unwrap().contains("im:write"));
    assert_eq!(api(&sim, "auth.test", "bot_token", Value::Null).await.json["ok"], true, "it was only tried");
    let refused = api(&sim, "conversations.open", "user_token", json!({ "users": "U0NOBODY" })).await;
    assert_eq!((error(&refused), refused.headers.contains_key("x-oauth-scopes")), ("user_not_found", true));
    for (name, expected) in [("bot_token", "not_allowed_token_type"), ("user_token", "not_allowed_token_type")] {
        assert_eq!(error(&api(&sim, "apps.connections.open", name, Value::Null).await), expected, "{name}");
    }
    let unknown = with_json(&sim, "POST", &format!("{API}apps.connections.open"), "xapp-1-A0-1-f", &Value::Null).await;
    assert_eq!(error(&unknown), "invalid_auth");
    assert_eq!(get(&sim, "auth.revoke", "bot_token").await.json["revoked"], true);
    assert_eq!(error(&api(&sim, "auth.test", "bot_token", Value::Null).await), "token_revoked");
    assert_eq!(api(&sim, "auth.test", "user_token", Value::Null).await.json["ok"], true, "the other tokens stay");
}
