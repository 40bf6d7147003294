//! Tokens: what belongs to one, how it is written down, and what a token endpoint's success says. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::secrets::{Secret, damaged_entry};

const OPERATION: &str = "sign_in";

/// Which sign-in made a token, and therefore which client renews it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// A slot of the connection: `info().slots` says how.
    Slot,
    /// The device grant of an employee.
    Device,
    /// Paste-back of an employee.
    PasteBack,
}

/// A token with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Signs requests.
    pub access: Secret,
    /// Gets the next access token; many platforms replace it at each use.
    pub refresh: Option<Secret>,
    /// When the access token dies, where the platform said so.
    pub expires_at: Option<Timestamp>,
    /// When the refresh token dies if nobody uses it, where the platform said so: the sign-in ends then.
    pub ends_at: Option<Timestamp>,
    /// The scopes that the token endpoint named; empty where it named none.
    pub scopes: BTreeSet<String>,
    /// How it was made.
    pub flow: Flow,
}

#[derive(Serialize, Deserialize)]
struct Written {
    access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    #[serde(default)]
    scopes: BTreeSet<String>,
    flow: Flow,
}

impl Tokens {
    /// A token from the admin's hand: nothing else is known about it.
    pub fn given(access: Secret) -> Self {
        Self { access, refresh: None, expires_at: None, ends_at: None, scopes: BTreeSet::new(), flow: Flow::Slot }
    }

    /// All of it as one secret, for a secret store or for sealing.
    pub fn to_secret(&self) -> Result<Secret> {
        let written = Written {
            access: self.access.expose().to_owned(),
            refresh: self.refresh.as_ref().map(|refresh| refresh.expose().to_owned()),
            expires_at: self.expires_at,
            ends_at: self.ends_at,
            scopes: self.scopes.clone(),
            flow: self.flow,
        };
        serde_json::to_string(&written).map(Secret::new).map_err(|_| Error::new(Kind::Bug, OPERATION, "A token could not be written."))
    }

    /// The reverse of [`Self::to_secret`].
    pub fn from_secret(secret: &Secret) -> Result<Self> {
        // The parser's own words could quote the token, so they are left out.
        let written: Written =
            serde_json::from_str(secret.expose()).map_err(|_| damaged_entry(OPERATION, "A stored sign-in is damaged."))?;
        Ok(Self {
            access: Secret::new(written.access),
            refresh: written.refresh.map(Secret::new),
            expires_at: written.expires_at,
            ends_at: written.ends_at,
            scopes: written.scopes,
            flow: written.flow,
        })
    }

    /// With the documented end of the refresh token, where the answer named none.
    pub(super) fn living(mut self, life: Option<Duration>, now: Timestamp) -> Self {
        if self.ends_at.is_none() && self.refresh.is_some() {
            self.ends_at = life.and_then(|life| now.checked_add(life).ok());
        }
        self
    }

    /// Whether the access token is dead at `now`, or dies within `margin` of it.
    pub fn expires_within(&self, margin: Duration, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at.duration_since(now).as_secs_f64() <= margin.as_secs_f64())
    }
}

/// Reads a token endpoint's success. `at` points to the object that holds the token. Pure.
pub(crate) fn read_tokens(body: &[u8], at: &str, flow: Flow, now: Timestamp) -> Option<Tokens> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let object = answer.pointer(at)?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let end = |names: &[&str]| {
        let seconds = names.iter().find_map(|name| object.get(*name)).and_then(seconds)?;
        now.checked_add(jiff::SignedDuration::from_secs(seconds.clamp(0, LONGEST))).ok()
    };
    let scopes = text("scope").unwrap_or_default().split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let refresh = text("refresh_token").map(Secret::new);
    Some(Tokens {
        access: Secret::new(text("access_token")?),
        expires_at: end(&["expires_in"]).filter(|at| *at > now),
        ends_at: end(&["refresh_token_expires_in", "refresh_expires_in"]).filter(|at| *at > now && refresh.is_some()),
        refresh,
        scopes,
        flow,
    })
}

/// Longer lives than this are taken for this: a year that nobody will see must not become an error.
const LONGEST: i64 = 100 * 366 * 24 * 3600;

/// Seconds, as a number or in quotes. Nought and less say nothing: such a token is used until it is refused.
fn seconds(value: &Value) -> Option<i64> {
    let whole = value.as_i64().or_else(|| value.as_u64().map(|_| LONGEST));
    #[expect(clippy::cast_possible_truncation, reason = "a float is cut to the whole numbers there are")]
    let float = || value.as_f64().map(|float| float as i64);
    whole.or_else(float).or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-05T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn token_answers_are_read_in_every_documented_shape() {
        let plain =
            read_tokens(br#"{"access_token":"a","refresh_token":"r","expires_in":3600,"scope":"one two"}"#, "", Flow::Slot, now()).unwrap();
        assert_eq!((plain.access.expose(), plain.refresh.unwrap().expose()), ("a", "r"));
        assert_eq!(plain.expires_at.unwrap().to_string(), "2026-01-05T09:00:00Z");
        assert_eq!(plain.scopes, ["one".to_owned(), "two".to_owned()].into());
        let nested = read_tokens(br#"{"ok":true,"authed":{"access_token":"u","scope":"one,two"}}"#, "/authed", Flow::Slot, now()).unwrap();
        assert_eq!((nested.access.expose(), nested.refresh, nested.expires_at, nested.scopes.len()), ("u", None, None, 2));
        let text = read_tokens(br#"{"access_token":"a","expires_in":"60"}"#, "", Flow::Slot, now()).unwrap();
        assert!(text.expires_within(Duration::from_secs(60), now()) && !text.expires_within(Duration::from_secs(59), now()));
        for bad in [&br#"{"access_token":""}"#[..], br#"{"ok":false}"#, b"<html>", br#"{"access_token":"a"#] {
            assert_eq!(read_tokens(bad, "", Flow::Slot, now()), None);
        }
    }

    #[test]
    fn tokens_survive_being_written_and_a_damaged_one_is_not_quoted() {
        let tokens =
            read_tokens(br#"{"access_token":"a","refresh_token":"r","expires_in":3600,"scope":"x"}"#, "", Flow::PasteBack, now()).unwrap();
        assert_eq!(Tokens::from_secret(&tokens.to_secret().unwrap()).unwrap(), tokens);
        let error = Tokens::from_secret(&Secret::new(r#"{"access":"planted-token","flow":7}"#)).unwrap_err();
        assert_eq!(error.kind, Kind::Keychain);
        assert!(!format!("{error:?}").contains("planted"));
    }

    #[test]
    fn a_lifetime_of_any_shape_is_read_or_left_open_and_never_an_error() {
        let ends = |value: &str| {
            let body = format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":{value},"refresh_token_expires_in":{value}}}"#);
            let tokens = read_tokens(body.as_bytes(), "", Flow::Slot, now()).unwrap();
            assert_eq!(tokens.expires_at, tokens.ends_at, "{value}");
            tokens.expires_at.map(|at| at.duration_since(now()).as_secs())
        };
        assert_eq!(["3600", "\"3600\"", "3600.9", "\" 3600 \""].map(ends), [Some(3600); 4]);
        assert_eq!(["0", "-5", "null", "true", "\"soon\"", "{}", "-9223372036854775808"].map(ends), [None; 7]);
        assert_eq!(["9223372036854775807", "18446744073709551615", "1e300"].map(ends), [Some(LONGEST); 3]);
    }

    #[test]
    fn the_end_of_the_sign_in_is_read_kept_and_outlives_a_renewal_that_does_not_repeat_it() {
        let read = |body: &str| read_tokens(body.as_bytes(), "", Flow::Slot, now()).unwrap();
        let other = read(r#"{"access_token":"a","refresh_token":"r","refresh_expires_in":60}"#);
        assert_eq!(other.ends_at.unwrap().duration_since(now()).as_secs(), 60);
        assert_eq!(Tokens::from_secret(&other.to_secret().unwrap()).unwrap(), other);
        assert_eq!(read(r#"{"access_token":"a","refresh_expires_in":60}"#).ends_at, None, "nothing ends that is not there");
        assert_eq!(read(r#"{"access_token":"a","refresh_token":"r"}"#).ends_at, None);
    }

    #[test]
    fn a_documented_life_of_the_refresh_token_counts_where_the_answer_names_none() {
        let month = Some(Duration::from_secs(30 * 24 * 3600));
        let ends = |answer: &str, life| {
            let tokens = read_tokens(answer.as_bytes(), "", Flow::Slot, now()).unwrap().living(life, now());
            tokens.ends_at.map(|at| at.to_string())
        };
        let renewable = r#"{"access_token":"a","refresh_token":"r"}"#;
        assert_eq!(ends(renewable, month).as_deref(), Some("2026-02-04T08:00:00Z"));
        assert_eq!(ends(renewable, None), None);
        assert_eq!(ends(r#"{"access_token":"a"}"#, month), None, "nothing ends that is not there");
        let told = r#"{"access_token":"a","refresh_token":"r","refresh_token_expires_in":60}"#;
        assert_eq!(ends(told, month).as_deref(), Some("2026-01-05T08:01:00Z"));
    }
}
