//! Slack: OAuth v2, the Web API and Socket Mode.
//! Written from the vendor's documents; must not know any other fake.

use serde_json::{Value, json};

use crate::http::{Answer, Context};
use crate::{Account, LimitRow, Simulator, World};

/// The vendor hosts answered here.
pub(crate) const HOSTS: &[&str] = &["slack.com", "files.slack.com", "wss-primary.slack.com"];

/// The published rate limits.
pub(crate) const LIMITS: &[LimitRow] = &[];

/// Everything that changes at this platform.
pub(crate) struct State {}

impl State {
    pub(crate) fn new(_world: &World) -> Self {
        Self {}
    }
}

/// Opens the first grants; the platform's part of `credentials` in READY.json.
pub(crate) fn prepare(_sim: &Simulator) -> Value {
    json!({})
}

/// Every operation of the platform.
pub(crate) fn route(sim: &Simulator, context: &Context) -> Answer {
    sim.unknown(context)
}

/// An employee writes a direct message: `to` is an address, an account id or the name of an app.
pub(crate) fn speak(_sim: &Simulator, _account: &Account, to: &str, _text: &str) -> Result<(), String> {
    Err(format!("nobody here is called {to}"))
}
