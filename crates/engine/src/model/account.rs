//! A platform's own record of a user, and the pages in which platforms hand them out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::PlatformId;

/// What an account is to its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// An ordinary member.
    Member,
    /// A guest of the tenant: counts as a human of the company.
    Guest,
    /// Somebody of another tenant: never offered, never matched.
    Foreign,
    /// Not a human: never offered, never matched.
    Bot,
}

/// A platform's own record of a user. Identity is (`platform`, `id`); everything else may change between imports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Where.
    pub platform: PlatformId,
    /// The platform's id, opaque.
    pub id: String,
    /// Member, guest, foreign or bot.
    pub kind: AccountKind,
    /// False when deactivated, suspended or not yet able to sign in.
    pub active: bool,
    /// The name shown to colleagues.
    pub name: String,
    /// The main address as the platform spells it.
    pub email: Option<String>,
    /// Further addresses.
    pub aliases: Vec<String>,
    /// Whether the platform vouches for the addresses. Unverified addresses never match anybody.
    pub email_verified: bool,
    /// A picture at a public https address.
    pub avatar: Option<String>,
    /// Whether the account holds the licence that direct messages need; `None` where the platform does not say.
    pub licensed: Option<bool>,
    /// What only the adapter understands and needs again later.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl Account {
    /// Active, human and of this company: the accounts that matter for matching and may be offered.
    pub fn is_offered(&self) -> bool {
        self.active && matches!(self.kind, AccountKind::Member | AccountKind::Guest)
    }

    /// Whether this case-folded address is one of the account's, verified or not.
    pub fn has_address(&self, folded: &str) -> bool {
        self.email.iter().chain(&self.aliases).any(|address| case_fold(address) == folded)
    }

    /// Every verified address, case-folded, without repetition.
    pub fn verified_addresses(&self) -> BTreeSet<String> {
        if !self.email_verified {
            return BTreeSet::new();
        }
        self.email.iter().chain(&self.aliases).map(|address| case_fold(address)).filter(|address| !address.is_empty()).collect()
    }
}

/// The form in which two spellings of an address are the same address.
pub fn case_fold(address: &str) -> String {
    address.trim().to_lowercase()
}

/// A group inside a tenant, chosen for import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// One page of a list. `next` is the cursor of the following page; a short or empty page with `next` is not the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// Who a set of credentials belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The tenant's id.
    pub tenant: String,
    /// The tenant's name as people know it.
    pub tenant_name: String,
    /// The account behind the credentials; for a connection that is the sender.
    pub account: String,
    /// Its shown name.
    pub name: String,
    /// Its address.
    pub email: Option<String>,
    /// Scopes that the platform says the credentials carry, per token slot.
    pub scopes: BTreeMap<String, BTreeSet<String>>,
    /// Facts about the tenant that the adapter's preflight needs, for example its verified domains.
    pub facts: BTreeMap<String, Vec<String>>,
}
