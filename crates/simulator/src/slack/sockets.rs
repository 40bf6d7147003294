//! Socket Mode: tickets, sockets, envelopes and their retries.
//!
//! UNCONFIRMED facts and what is done here: the ack deadline in Socket Mode (3 s, as documented for HTTP), the retry
//! schedule (at once, after 1 minute, after 5 minutes, as observed and as documented for HTTP), a ticket's life (30 s).
//! Retries also cover events that arose while no socket was open.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::state::TEAM_ID;
use crate::http::{Answer, Context};
use crate::sockets::Frame;
use crate::{ALPHANUMERIC, CAPITALS, Platform, Simulator};

/// The host of the sockets.
pub(super) const SOCKET_HOST: &str = "wss-primary.slack.com";
/// Sockets an app may have open.
const MOST_SOCKETS: usize = 10;
const TICKET_LIFE_S: i64 = 30;
const ACK_WITHIN_S: i64 = 3;
/// Seconds from a missed ack to the next attempt; after the last there is none.
const RETRY_AFTER_S: [i64; 3] = [0, 60, 300];
/// An ordinary socket's life, as `hello` announces it.
const SOCKET_LIFE_S: i64 = 18_060;
/// With `debug_reconnects=true`.
const SHORT_SOCKET_LIFE_S: i64 = 360;
const WARNING_BEFORE_S: i64 = 10;

struct Ticket {
    app: String,
    expires_at: Timestamp,
}

struct Open {
    app: String,
    sender: UnboundedSender<Frame>,
    warn_at: Timestamp,
    end_at: Timestamp,
    warned: bool,
}

/// One event on its way to an app.
struct Delivery {
    app: String,
    payload: Value,
    envelope: String,
    attempt: usize,
    /// When the next attempt starts, or, with `awaiting`, when the ack is overdue.
    at: Timestamp,
    awaiting: bool,
}

#[derive(Default)]
pub(super) struct Sockets {
    tickets: HashMap<String, Ticket>,
    open: BTreeMap<u64, Open>,
    deliveries: Vec<Delivery>,
    last: u64,
    /// Turns through an app's sockets.
    turn: usize,
}

impl Sockets {
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let sockets = self.open.values().map(|open| if open.warned { open.end_at } else { open.warn_at });
        self.deliveries.iter().map(|delivery| delivery.at).chain(sockets).min()
    }

    fn count(&self, app: &str) -> usize {
        self.open.values().filter(|open| open.app == app).count()
    }

    /// Every socket of an app is told why and closed.
    pub(super) fn disconnect(&mut self, sim: &Simulator, app: &str, reason: &str) {
        self.open.retain(|_, open| {
            if open.app == app {
                end(sim, open, reason);
            }
            open.app != app
        });
    }
}

/// A single-use address for one socket of an app.
pub(super) fn ticket(sim: &Simulator, context: &Context, app: &str) -> String {
    let ticket = sim.secret(sim.random_uuid().to_string());
    let expires_at = context.now + SignedDuration::from_secs(TICKET_LIFE_S);
    sim.slack().sockets.tickets.insert(ticket.clone(), Ticket { app: app.to_owned(), expires_at });
    let app_hash = sim.random_text(ALPHANUMERIC, 16);
    context.absolute_socket(SOCKET_HOST, &format!("/link/?ticket={ticket}&app_id={app_hash}"))
}

/// Opens a socket; its number, or the answer that refuses it.
pub(crate) fn connect(sim: &Simulator, context: &Context, sender: UnboundedSender<Frame>) -> Result<u64, Answer> {
    if context.host != SOCKET_HOST || context.path != "/link/" {
        return Err(sim.unknown(context));
    }
    let refused = || Answer::text(401, "the ticket is unknown, used or too old".to_owned());
    let mut state = sim.slack();
    let ticket = context
        .query_value("ticket")
        .and_then(|ticket| state.sockets.tickets.remove(ticket))
        .filter(|ticket| context.now < ticket.expires_at)
        .ok_or_else(refused)?;
    let sockets = &mut state.sockets;
    let life = if context.query_value("debug_reconnects") == Some("true") { SHORT_SOCKET_LIFE_S } else { SOCKET_LIFE_S };
    sockets.last += 1;
    let id = sockets.last;
    let open = Open {
        app: ticket.app.clone(),
        sender,
        warn_at: context.now + SignedDuration::from_secs(life - WARNING_BEFORE_S),
        end_at: context.now + SignedDuration::from_secs(life),
        warned: false,
    };
    let others = sockets.count(&ticket.app);
    if others >= MOST_SOCKETS {
        end(sim, &open, "too_many_websockets");
        return Ok(id);
    }
    let hello = json!({
        "type": "hello",
        "num_connections": others + 1,
        "connection_info": { "app_id": ticket.app },
        "debug_info": { "host": "applink-7", "approximate_connection_time": life },
    });
    send(sim, &open, &hello);
    sockets.open.insert(id, open);
    drop(state);
    tick(sim);
    Ok(id)
}

/// The client sent a frame: an ack.
pub(crate) fn said(sim: &Simulator, id: u64, text: &str) {
    sim.record_frame(Platform::Slack, "sent", text);
    let mut state = sim.slack();
    let sockets = &mut state.sockets;
    let Some(app) = sockets.open.get(&id).map(|open| open.app.clone()) else { return };
    let frame: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(envelope) = frame["envelope_id"].as_str() else {
        tracing::warn!("a socket sent something that is no acknowledgement");
        return;
    };
    sockets.deliveries.retain(|delivery| delivery.app != app || delivery.envelope != envelope);
}

/// The client is gone.
pub(crate) fn closed(sim: &Simulator, id: u64) {
    sim.slack().sockets.open.remove(&id);
}

/// An event for an app; it goes out at once if a socket is open.
pub(super) fn deliver(sim: &Simulator, app: &str, event: &Value, authorization: &str, now: Timestamp) {
    let mut state = sim.slack();
    let Some(known) = state.apps.get(app).filter(|known| known.socket_mode()) else { return };
    let payload = json!({
        "token": known.verification_token,
        "team_id": TEAM_ID,
        "api_app_id": app,
        "type": "event_callback",
        "event_id": format!("Ev0{}", sim.random_text(CAPITALS, 9)),
        "event_time": now.as_second(),
        "event_context": format!("4-{}", sim.random_text(ALPHANUMERIC, 48)),
        "is_ext_shared_channel": false,
        "authorizations": [{ "enterprise_id": null, "team_id": TEAM_ID, "user_id": authorization, "is_bot": true, "is_enterprise_install": false }],
        "event": event,
    });
    let delivery = Delivery { app: app.to_owned(), payload, envelope: sim.random_uuid().to_string(), attempt: 0, at: now, awaiting: false };
    state.sockets.deliveries.push(delivery);
    drop(state);
    tick(sim);
}

/// Sends what is due, counts missed acks, recycles old sockets.
pub(crate) fn tick(sim: &Simulator) {
    let now = sim.clock().now();
    let mut state = sim.slack();
    let sockets = &mut state.sockets;
    recycle(sim, sockets, now);
    let mut deliveries = std::mem::take(&mut sockets.deliveries);
    deliveries.retain_mut(|delivery| {
        // Time may have jumped over several attempts.
        while delivery.at <= now {
            if delivery.awaiting {
                delivery.awaiting = false;
                let Some(pause) = RETRY_AFTER_S.get(delivery.attempt) else { return false };
                delivery.attempt += 1;
                delivery.at += SignedDuration::from_secs(*pause);
                continue;
            }
            let open: Vec<&Open> = sockets.open.values().filter(|open| open.app == delivery.app).collect();
            delivery.awaiting = true;
            if open.is_empty() {
                // Nobody to wait for: this attempt has failed already.
                continue;
            }
            sockets.turn += 1;
            send(sim, open[sockets.turn % open.len()], &envelope(delivery));
            delivery.at = now + SignedDuration::from_secs(ACK_WITHIN_S);
        }
        true
    });
    deliveries.append(&mut sockets.deliveries);
    sockets.deliveries = deliveries;
}

fn envelope(delivery: &Delivery) -> Value {
    json!({
        "envelope_id": delivery.envelope,
        "type": "events_api",
        "accepts_response_payload": false,
        "retry_attempt": delivery.attempt,
        "retry_reason": if delivery.attempt == 0 { "" } else { "timeout" },
        "payload": delivery.payload,
    })
}

fn recycle(sim: &Simulator, sockets: &mut Sockets, now: Timestamp) {
    sockets.open.retain(|_, open| {
        if now >= open.end_at {
            end(sim, open, "refresh_requested");
            return false;
        }
        if now >= open.warn_at && !open.warned {
            open.warned = true;
            send(sim, open, &json!({ "type": "disconnect", "reason": "warning", "debug_info": { "host": "applink-7" } }));
        }
        true
    });
}

fn end(sim: &Simulator, open: &Open, reason: &str) {
    send(sim, open, &json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": "applink-7" } }));
    // The client may be gone already.
    let _ = open.sender.send(Frame::Close);
}

fn send(sim: &Simulator, open: &Open, frame: &Value) {
    let text = frame.to_string();
    sim.record_frame(Platform::Slack, "received", &text);
    // The client may be gone already; `closed` then follows.
    let _ = open.sender.send(Frame::Text(text));
}
