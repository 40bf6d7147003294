//! Every token the four services gave out, and the grant behind it: who allowed which app what. Expiry, rotation and
//! revocation are real here once; each fake only chooses how its tokens look and how long they live.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::Platform;

/// The lasting permission behind tokens: revoking it kills all of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grant {
    pub(crate) id: u64,
    pub(crate) platform: Platform,
    /// The app that holds it.
    pub(crate) client_id: String,
    /// Id of the account that it speaks as; `None` for an app of its own.
    pub(crate) account: Option<String>,
    pub(crate) scopes: Vec<String>,
    /// A word of the fake's own, to tell token kinds apart (`bot`, `user`, `app`, `service_app` …).
    pub(crate) kind: &'static str,
    pub(crate) created: Timestamp,
}

impl Grant {
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenTrouble {
    Unknown,
    Expired,
    Revoked,
}

/// A live access token.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) grant: Grant,
    /// `None`: it does not expire.
    pub(crate) expires_at: Option<Timestamp>,
}

struct Kept {
    grant: u64,
    expires_at: Option<Timestamp>,
}

#[derive(Default)]
pub(crate) struct Tokens {
    last: u64,
    grants: HashMap<u64, Grant>,
    access: HashMap<String, Kept>,
    refresh: HashMap<String, Kept>,
    dead: HashSet<String>,
}

impl Tokens {
    /// Opens a grant; its `id` is filled in here.
    pub(crate) fn open(&mut self, mut grant: Grant) -> u64 {
        self.last += 1;
        grant.id = self.last;
        self.grants.insert(self.last, grant);
        self.last
    }

    /// Keeps `token` as an access token of `grant`, living `lifetime` seconds (`None`: for ever).
    pub(crate) fn keep_access(&mut self, grant: u64, token: &str, lifetime: Option<i64>, now: Timestamp) {
        self.access.insert(token.to_owned(), Kept { grant, expires_at: end(now, lifetime) });
    }

    /// Keeps `token` as a refresh token of `grant`.
    pub(crate) fn keep_refresh(&mut self, grant: u64, token: &str, lifetime: Option<i64>, now: Timestamp) {
        self.refresh.insert(token.to_owned(), Kept { grant, expires_at: end(now, lifetime) });
    }

    /// A refresh token that was used works for so many seconds more at most.
    pub(crate) fn end_refresh_within(&mut self, token: &str, seconds: i64, now: Timestamp) {
        if let Some(kept) = self.refresh.get_mut(token) {
            let latest = end(now, Some(seconds));
            kept.expires_at = kept.expires_at.min(latest).or(latest);
        }
    }

    /// The grant behind an access token, if the token is alive.
    pub(crate) fn access(&self, token: &str, now: Timestamp) -> Result<Access, TokenTrouble> {
        self.look_up(&self.access, token, now).map(|(grant, expires_at)| Access { grant: grant.clone(), expires_at })
    }

    /// The grant behind a refresh token, if the token is alive. It stays alive until [`Self::kill`] (rotation).
    pub(crate) fn refresh(&self, token: &str, now: Timestamp) -> Result<Grant, TokenTrouble> {
        self.look_up(&self.refresh, token, now).map(|(grant, _)| grant.clone())
    }

    /// Ends one token, access or refresh: it is known as revoked from then on.
    pub(crate) fn kill(&mut self, token: &str) {
        let known = self.access.remove(token).is_some() | self.refresh.remove(token).is_some();
        if known {
            self.dead.insert(token.to_owned());
        }
    }

    /// Ends a grant and every token of it. `false` when there is no such grant.
    pub(crate) fn revoke(&mut self, grant: u64) -> bool {
        let known = self.grants.remove(&grant).is_some();
        for map in [&mut self.access, &mut self.refresh] {
            let dead = &mut self.dead;
            map.retain(|token, kept| {
                let stays = kept.grant != grant;
                if !stays {
                    dead.insert(token.clone());
                }
                stays
            });
        }
        known
    }

    /// Every token ever kept, dead or alive.
    pub(crate) fn every(&self) -> impl Iterator<Item = &str> {
        self.access.keys().chain(self.refresh.keys()).chain(&self.dead).map(String::as_str)
    }

    /// One grant.
    pub(crate) fn grant(&self, id: u64) -> Option<&Grant> {
        self.grants.get(&id)
    }

    /// One grant, to widen or narrow its scopes.
    pub(crate) fn grant_mut(&mut self, id: u64) -> Option<&mut Grant> {
        self.grants.get_mut(&id)
    }

    /// All open grants of a platform, oldest first.
    pub(crate) fn grants(&self, platform: Platform) -> Vec<&Grant> {
        let mut found: Vec<_> = self.grants.values().filter(|grant| grant.platform == platform).collect();
        found.sort_by_key(|grant| grant.id);
        found
    }

    fn look_up<'a>(
        &'a self,
        map: &HashMap<String, Kept>,
        token: &str,
        now: Timestamp,
    ) -> Result<(&'a Grant, Option<Timestamp>), TokenTrouble> {
        let Some(kept) = map.get(token) else {
            return Err(if self.dead.contains(token) { TokenTrouble::Revoked } else { TokenTrouble::Unknown });
        };
        if kept.expires_at.is_some_and(|end| now >= end) {
            return Err(TokenTrouble::Expired);
        }
        self.grants.get(&kept.grant).map(|grant| (grant, kept.expires_at)).ok_or(TokenTrouble::Revoked)
    }
}

fn end(now: Timestamp, lifetime: Option<i64>) -> Option<Timestamp> {
    lifetime.map(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            id: 0,
            platform: Platform::Zoom,
            client_id: "c".into(),
            account: None,
            scopes: vec!["a".into()],
            kind: "user",
            created: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn tokens_expire_by_the_clock_and_die_with_their_grant() {
        let mut tokens = Tokens::default();
        let now = Timestamp::UNIX_EPOCH;
        let id = tokens.open(grant());
        tokens.keep_access(id, "t", Some(60), now);
        tokens.keep_refresh(id, "r", None, now);
        assert!(tokens.access("t", now).unwrap().grant.has_scope("a"));
        assert_eq!(tokens.access("t", now + SignedDuration::from_secs(60)).unwrap_err(), TokenTrouble::Expired);
        assert_eq!(tokens.access("r", now).unwrap_err(), TokenTrouble::Unknown, "a refresh token opens nothing");
        assert!(tokens.revoke(id));
        assert_eq!(tokens.refresh("r", now).unwrap_err(), TokenTrouble::Revoked);
        assert!(!tokens.revoke(id));
    }
}
