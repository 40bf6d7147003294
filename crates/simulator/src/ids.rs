//! Ids that look like each platform's own.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rand::Rng;
use uuid::Uuid;

use crate::{CAPITALS, Platform};

/// The id of a human's account.
pub(crate) fn account(platform: Platform, random: &mut impl Rng) -> String {
    match platform {
        Platform::Slack => slack('U', random),
        Platform::Teams => uuid(random).to_string(),
        Platform::Webex => webex("PEOPLE", &uuid(random).to_string()),
        Platform::Zoom => URL_SAFE_NO_PAD.encode(random.random::<[u8; 16]>()),
    }
}

/// A Slack id: a letter for the kind, then ten capitals and digits.
pub(crate) fn slack(kind: char, random: &mut impl Rng) -> String {
    let letters = CAPITALS.as_bytes();
    let rest: String = (0..9).map(|_| char::from(letters[random.random_range(0..letters.len())])).collect();
    format!("{kind}0{rest}")
}

/// A Webex id: base64 of `ciscospark://us/KIND/NAME`.
pub(crate) fn webex(kind: &str, name: &str) -> String {
    STANDARD_NO_PAD.encode(format!("ciscospark://us/{kind}/{name}"))
}

/// A version 4 UUID.
pub(crate) fn uuid(random: &mut impl Rng) -> Uuid {
    uuid::Builder::from_random_bytes(random.random()).into_uuid()
}
