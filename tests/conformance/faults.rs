//! Bad days: limits, outages, broken answers, tokens that die.

use std::time::Duration;

use engine::Kind;
use engine::error::Acted;
use serde_json::{Value, json};
use simulator::Fault;
use user_sync_tests::bed::{Bed, Setup};

use crate::messages::{people, recipient};
use crate::{Case, Checked, checks, ensure, say};

checks![
    limits_slow_reading_down_and_lose_nothing,
    a_told_wait_is_waited_and_the_message_arrives_once,
    a_read_survives_an_outage_and_a_broken_answer,
    an_outage_that_lasts_is_reported_as_the_platforms,
    a_write_into_an_outage_is_uncertain_and_not_repeated,
    a_token_that_dies_in_the_middle_of_a_list_is_signed_out_and_the_cursor_still_good,
    a_refused_right_is_forbidden_and_names_what_is_missing,
    nothing_asked_of_the_simulator_is_unknown_to_it,
];

/// Whose answer gets lost.
#[derive(Clone, Copy)]
pub(crate) enum Lost {
    /// Of sending a message.
    Message,
    /// Of making a bot or guest.
    StandIn,
}

/// Where things happen at each platform: the paths under test, not a rule of the engine.
struct Places {
    host: &'static str,
    list: &'static str,
    message: &'static str,
    stand_in: &'static str,
}

fn places(bed: &Bed) -> Places {
    match bed.side() {
        simulator::Platform::Slack => {
            Places { host: "slack.com", list: "/api/users.list", message: "/api/chat.postMessage", stand_in: "/api/auth.test" }
        }
        simulator::Platform::Teams => {
            Places { host: "graph.microsoft.com", list: "/v1.0/users", message: "/v1.0/chats/*", stand_in: "/v1.0/invitations" }
        }
        simulator::Platform::Webex => {
            Places { host: "webexapis.com", list: "/v1/people", message: "/v1/messages", stand_in: "/v1/guests/token" }
        }
        simulator::Platform::Zoom => Places { host: "api.zoom.us", list: "/v2/users", message: "/v2/chat/users/*", stand_in: "/v2/none" },
    }
}

/// The next such call is acted upon, and its answer is lost.
pub(crate) fn lose(bed: &Bed, what: Lost) {
    plant(bed, place_of(bed, what), json!({ "drop": true }));
}

/// The next such calls are acted upon, and the platform says that it is unwell.
pub(crate) fn hide(bed: &Bed, what: Lost, times: u32) {
    plant(bed, place_of(bed, what), json!({ "status": 500, "acts": true, "times": times }));
}

fn place_of(bed: &Bed, what: Lost) -> &'static str {
    let places = places(bed);
    match what {
        Lost::Message => places.message,
        Lost::StandIn => places.stand_in,
    }
}

fn plant(bed: &Bed, path: &str, members: Value) {
    let mut fault = json!({ "host": places(bed).host, "path": path });
    if let (Some(fault), Some(members)) = (fault.as_object_mut(), members.as_object()) {
        fault.extend(members.clone());
    }
    match serde_json::from_value::<Fault>(fault) {
        Ok(fault) => bed.simulator.plant(fault),
        Err(error) => panic!("no fault: {error}"),
    }
}

/// A 429 in the platform's own form that asks for a wait of some seconds.
fn slow_down(bed: &Bed, seconds: i64) -> Value {
    let until = bed.simulator.clock().now() + jiff::SignedDuration::from_secs(seconds);
    match bed.side() {
        simulator::Platform::Slack => {
            json!({ "status": 429, "headers": { "Retry-After": seconds.to_string() }, "body": { "ok": false, "error": "ratelimited" } })
        }
        simulator::Platform::Teams => {
            json!({ "status": 429, "headers": { "Retry-After": format!("{seconds}.25") }, "body": { "error": { "code": "TooManyRequests", "message": "Too many requests." } } })
        }
        simulator::Platform::Webex => {
            json!({ "status": 429, "headers": { "Retry-After": seconds.to_string() }, "body": { "message": "Too many requests.", "trackingId": "ROUTER_1" } })
        }
        simulator::Platform::Zoom => json!({
            "status": 429,
            "headers": { "Retry-After": until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "X-RateLimit-Type": "Daily-limit", "X-RateLimit-Category": "Medium" },
            "body": { "code": 429, "message": "You have reached the maximum daily rate limit for this API." },
        }),
    }
}

async fn limits_slow_reading_down_and_lose_nothing(case: Case) -> Checked {
    let bed = case.bed_with(Setup { people: 300, ..Setup::default() }).await?;
    let connection = bed.connection();
    for round in 0..150 {
        let page = connection.accounts(None, None).await.map_err(say)?;
        ensure!(!page.items.is_empty(), "round {round} was empty");
    }
    Ok(())
}

async fn a_told_wait_is_waited_and_the_message_arrives_once(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let (connection, to) = (bed.connection(), recipient(&bed, person).await?);
    connection.send_direct(&to, "before", "key-0").await.map_err(say)?;
    bed.simulator.clock().advance(Duration::from_secs(120));
    plant(&bed, places(&bed).message, slow_down(&bed, 20));
    let before = tokio::time::Instant::now();
    connection.send_direct(&to, "after a wait", "key-1").await.map_err(say)?;
    let waited = before.elapsed();
    ensure!(waited >= Duration::from_secs(19), "only {waited:?} waited");
    let heard = user_sync_tests::employees::heard(&bed.simulator, bed.platform.info().id.as_str(), &person.id).await;
    ensure!(heard.len() == 2, "{heard:?}");
    Ok(())
}

async fn a_read_survives_an_outage_and_a_broken_answer(case: Case) -> Checked {
    let bed = case.bed().await?;
    let list = places(&bed).list;
    let broken = [
        json!({ "status": 500 }),
        json!({ "status": 502, "body": "<html><body><h1>502 Bad Gateway</h1></body></html>" }),
        json!({ "status": 200, "body": "<html><body>Please sign in to the proxy</body></html>" }),
        json!({ "status": 200, "body": "{\"ok\": true, \"members\": [{\"id\": \"U0" }),
        json!({ "drop": true }),
    ];
    for fault in broken {
        plant(&bed, list, fault.clone());
        let page = bed.connection().accounts(None, None).await.map_err(|error| format!("{fault}: {error} {:?}", error.kind))?;
        ensure!(!page.items.is_empty(), "{fault}: an empty page");
    }
    Ok(())
}

async fn an_outage_that_lasts_is_reported_as_the_platforms(case: Case) -> Checked {
    let bed = case.bed().await?;
    plant(&bed, places(&bed).list, json!({ "status": 503, "times": 1000, "body": "<html>maintenance</html>" }));
    let error = bed.connection().accounts(None, None).await.err().ok_or("an outage was read")?;
    ensure!(error.kind == Kind::PlatformDown && error.is_passing(), "{:?}: {}", error.kind, error.message);
    ensure!(error.platform == Some(bed.platform.info().id), "no platform in the error");
    ensure!(!format!("{error} {:?}", error.context).contains("maintenance"), "the body stands in the error");
    Ok(())
}

async fn a_write_into_an_outage_is_uncertain_and_not_repeated(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let (connection, to) = (bed.connection(), recipient(&bed, person).await?);
    connection.send_direct(&to, "before", "key-0").await.map_err(say)?;
    plant(&bed, places(&bed).message, json!({ "status": 502 }));
    let error = connection.send_direct(&to, "perhaps", "key-1").await.err().ok_or("it was sent again")?;
    ensure!(error.acted == Acted::Perhaps && error.is_passing(), "{:?} {:?}: {}", error.kind, error.acted, error.message);
    let heard = user_sync_tests::employees::heard(&bed.simulator, bed.platform.info().id.as_str(), &person.id).await;
    ensure!(heard.len() == 1, "{heard:?}");
    Ok(())
}

/// A refusal of the token in the platform's own form.
fn dead_token(bed: &Bed) -> Value {
    match bed.side() {
        simulator::Platform::Slack => json!({ "status": 200, "body": { "ok": false, "error": "token_revoked" } }),
        simulator::Platform::Teams => {
            json!({ "status": 401, "body": { "error": { "code": "InvalidAuthenticationToken", "message": "Access token has expired or is not yet valid." } } })
        }
        simulator::Platform::Webex => {
            json!({ "status": 401, "body": { "message": "The request requires a valid access token set in the Authorization request header.", "trackingId": "ROUTER_1" } })
        }
        simulator::Platform::Zoom => json!({ "status": 401, "body": { "code": 124, "message": "Invalid access token." } }),
    }
}

async fn a_token_that_dies_in_the_middle_of_a_list_is_signed_out_and_the_cursor_still_good(case: Case) -> Checked {
    let bed = case.bed_with(Setup { people: 1500, rate_limits: false, ..Setup::default() }).await?;
    let first = bed.connection().accounts(None, None).await.map_err(say)?;
    let cursor = first.next.ok_or("one page was all")?;
    // More often than any renewal would help.
    let fault = dead_token(&bed).as_object().cloned().unwrap_or_default().into_iter().chain([("times".to_owned(), json!(4))]).collect();
    plant(&bed, places(&bed).list, Value::Object(fault));
    let error = bed.connection().accounts(None, Some(&cursor)).await.err().ok_or("a dead token was accepted")?;
    ensure!(error.kind == Kind::SignedOut, "{:?}: {}", error.kind, error.message);
    let connect = engine::model::Act::Connect { platform: bed.platform.info().id };
    ensure!(error.next_act() == Some(connect), "{:?}: {}", error.next_act(), error.next_step());
    user_sync_tests::employees::control(&bed.simulator, "DELETE", "faults", &Value::Null).await;
    bed.paced.connected(bed.platform.info().id, bed.facts.clone());
    let second = bed.connection().accounts(None, Some(&cursor)).await.map_err(say)?;
    ensure!(!second.items.is_empty(), "the list did not go on");
    Ok(())
}

async fn a_refused_right_is_forbidden_and_names_what_is_missing(case: Case) -> Checked {
    let bed = case.bed().await?;
    let (fault, word) = match bed.side() {
        simulator::Platform::Slack => (
            json!({ "status": 200, "body": { "ok": false, "error": "missing_scope", "needed": "users:read", "provided": "chat:write" } }),
            "users:read",
        ),
        simulator::Platform::Teams => (
            json!({ "status": 403, "body": { "error": { "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation." } } }),
            "",
        ),
        simulator::Platform::Webex => {
            (json!({ "status": 403, "body": { "message": "missing required scopes", "trackingId": "ROUTER_1" } }), "")
        }
        simulator::Platform::Zoom => (
            json!({ "status": 400, "body": { "code": 4711, "message": "Invalid access token, does not contain scopes:[user:read:list_users:admin]." } }),
            "user:read:list_users:admin",
        ),
    };
    plant(&bed, places(&bed).list, fault);
    let error = bed.connection().accounts(None, None).await.err().ok_or("a refusal was read")?;
    ensure!(error.kind == Kind::Forbidden, "{:?}: {}", error.kind, error.message);
    ensure!(
        format!("{} {}", error.message, error.next_step()).contains(word),
        "{} {} does not name {word}",
        error.message,
        error.next_step()
    );
    ensure!(matches!(error.remedy, engine::Remedy::AskAdmin { .. }), "{:?}", error.remedy);
    Ok(())
}

async fn nothing_asked_of_the_simulator_is_unknown_to_it(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let (connection, to) = (bed.connection(), recipient(&bed, person).await?);
    let sent = connection.send_direct(&to, "hello", "key-1").await.map_err(say)?;
    connection.edit_direct(&sent, "hello again").await.map_err(say)?;
    connection.inbox(&sent.conversation, bed.simulator.clock().now(), None).await.map_err(say)?;
    connection.accounts(None, None).await.map_err(say)?;
    let unknown = bed.simulator.unknown_requests();
    ensure!(unknown == 0, "{unknown} requests went to no operation");
    Ok(())
}
