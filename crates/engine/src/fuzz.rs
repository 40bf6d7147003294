//! Readers of what others wrote that nobody outside can reach, opened for the fuzz targets and compiled for them only. Each asserts
//! what has to hold for any input.

use jiff::Timestamp;

use crate::secrets::Secret;
use crate::signin::{self, Expected, Flow, Judged};

/// The state that the seeds hold.
const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// One that no seed holds.
const OTHER: &str = "HxweHRobGBkWFxQVEhMQEQ4PDA0KCwgJBgcEBQIDAAE";

/// A request that reaches the loopback port of a sign-in. Only one that holds its state may end it.
pub fn loopback_request(head: &str) {
    let judged = |state| signin::judge(head, Expected { path: "/alpha", port: 43117 }, &Secret::new(state));
    drop(judged(STATE));
    let ends = matches!(judged(OTHER), Judged::Code(_) | Judged::Declined | Judged::Refused(_));
    assert!(!ends || head.contains(OTHER), "a request without the state ended a sign-in");
}

/// What a token endpoint answered.
pub fn token_answer(body: &[u8]) {
    for at in ["", "/authed_user"] {
        if let Some(tokens) = signin::read_tokens(body, at, Flow::Slot, Timestamp::UNIX_EPOCH) {
            assert!(!tokens.access.expose().is_empty(), "a token without letters");
        }
    }
}
