//! The made-up company "Harbor & Pine": who works there, and which accounts each human has on which platform.
//! Fixed after the start, reproducible from the seed. Knows the platforms' facts that make accounts differ (guests,
//! foreign users, pending invitations), and nothing of requests.
//!
//! What the fields of an account mean on each platform, for the fakes that show it and the adapters that read it:
//!
//! | field | Slack | Teams (Entra) | Webex | Zoom |
//! |---|---|---|---|---|
//! | `kind: Guest` | `is_restricted` | `userType: Guest`, `externalUserState: Accepted` | – | – |
//! | `kind: Foreign` | `is_stranger`, other `team_id` | – | other `orgId` | – |
//! | `active: false` | `deleted` | `accountEnabled: false` | `loginEnabled: "false"`, or pending | `status: inactive` or `pending` |
//! | `pending` | – | – | `invitePending: "true"` | `status: pending`, `verified: 0` |
//! | `verified: false` | `is_email_confirmed: false` | – | – | `verified: 0` (the pending) |
//! | `email: None` | no `profile.email` | no `mail`, UPN under `harborpine.onmicrosoft.com` | – | – |
//! | `aliases` | – | `proxyAddresses` (`smtp:`), `otherMails` of guests | further `emails` | – |
//! | `licensed: false` | – | no `TeamspaceAPI` plan | – | – |

mod entries;
mod generate;
mod names;

use std::collections::HashMap;

use crate::Platform;

pub use entries::{Entry, Expected};

/// The company's name.
pub(crate) const COMPANY: &str = "Harbor & Pine";
/// The company's own domains: verified in its Entra tenant.
pub(crate) const OWN_DOMAINS: [&str; 2] = ["harborpine.example", "eu.harborpine.example"];
/// A subsidiary, whose domain is not verified in the tenant.
pub(crate) const PARTNER_DOMAIN: &str = "tidewater.example";
/// The Entra tenant's first domain.
pub(crate) const TENANT_DOMAIN: &str = "harborpine.onmicrosoft.com";
/// The IT admin.
pub(crate) const ADMIN_EMAIL: &str = "robin.castell@harborpine.example";
/// An account of Teams, Webex and Zoom that may be the sender.
pub(crate) const SERVICE_EMAIL: &str = "usersync@harborpine.example";

/// What an account is to the tenant it is seen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary user.
    Member,
    /// A guest of the tenant; counts as a human of its own.
    Guest,
    /// A user of another tenant, merely visible.
    Foreign,
}

impl Kind {
    /// The word of the control interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Guest => "guest",
            Self::Foreign => "foreign",
        }
    }
}

/// One human account of one platform.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where it is.
    pub platform: Platform,
    /// The platform's own id, as its API shows it.
    pub id: String,
    /// Index of its human in the company; two accounts of one human share it.
    pub human: usize,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The address the platform shows first, in the spelling it shows; none for some.
    pub email: Option<String>,
    /// Further addresses.
    pub aliases: Vec<String>,
    /// Whether its user can sign in and be written to.
    pub active: bool,
    /// Member, guest or foreign.
    pub kind: Kind,
    /// Whether the platform vouches for the address.
    pub verified: bool,
    /// Invited, not yet accepted (then `active` is false).
    pub pending: bool,
    /// Holds the licence without which Teams does not work.
    pub licensed: bool,
    /// Administrator of the tenant.
    pub admin: bool,
}

impl Account {
    /// The full name.
    pub fn name(&self) -> String {
        if self.last_name.is_empty() { self.first_name.clone() } else { format!("{} {}", self.first_name, self.last_name) }
    }

    /// Every address, the first one first.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.email.iter().chain(&self.aliases).map(String::as_str)
    }
}

/// The directory of the company on all four platforms.
pub struct World {
    accounts: [Vec<Account>; 4],
    by_id: HashMap<String, (Platform, u32)>,
    by_address: [HashMap<String, u32>; 4],
    /// Addresses that several accounts of one platform have, with all of those.
    shared: [HashMap<String, Vec<u32>>; 4],
    by_human: HashMap<(Platform, usize), u32>,
    entries: Vec<Entry>,
    humans: usize,
}

impl World {
    /// A company of `people` humans (at least 100), the same for the same seed.
    pub fn new(people: usize, seed: u64) -> Self {
        let accounts = generate::company(people.max(100), seed);
        let total = accounts.iter().map(Vec::len).sum();
        let mut by_id = HashMap::with_capacity(total);
        let mut by_human = HashMap::with_capacity(total);
        let mut by_address: [HashMap<String, u32>; 4] = Default::default();
        let mut shared: [HashMap<String, Vec<u32>>; 4] = Default::default();
        for (number, account) in accounts.iter().flat_map(|list| (0u32..).zip(list)) {
            by_id.insert(account.id.clone(), (account.platform, number));
            by_human.insert((account.platform, account.human), number);
            for address in account.addresses() {
                let (platform, address) = (account.platform.index(), address.to_lowercase());
                let first = by_address[platform].get(&address).copied().filter(|first| *first != number);
                if let Some(first) = first {
                    shared[platform].entry(address.clone()).or_insert_with(|| vec![first]).push(number);
                }
                // Of several with one address the first active one is found, as the platforms' own search does.
                if !first.is_some_and(|first| accounts[platform][first as usize].active) {
                    by_address[platform].insert(address, number);
                }
            }
        }
        let entries = entries::entries(&accounts);
        Self { accounts, by_id, by_address, shared, by_human, entries, humans: people.max(100) }
    }

    /// How many humans there are.
    pub fn humans(&self) -> usize {
        self.humans
    }

    /// All human accounts of a platform, in the order in which it lists them.
    pub fn accounts(&self, platform: Platform) -> &[Account] {
        &self.accounts[platform.index()]
    }

    /// The people as the matching rule should see them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The account with this id.
    pub fn by_id(&self, platform: Platform, id: &str) -> Option<&Account> {
        self.by_id.get(id).filter(|(place, _)| *place == platform).map(|(_, number)| &self.accounts[platform.index()][*number as usize])
    }

    /// The account that a platform's search finds for an address (any spelling, aliases count).
    pub fn by_email(&self, platform: Platform, email: &str) -> Option<&Account> {
        self.by_address[platform.index()].get(&email.to_lowercase()).map(|number| &self.accounts[platform.index()][*number as usize])
    }

    /// All accounts of a platform with this address (any spelling, aliases count), in the order in which it lists them.
    pub(crate) fn all_by_email(&self, platform: Platform, email: &str) -> Vec<&Account> {
        let (place, email) = (platform.index(), email.to_lowercase());
        let one = self.by_address[place].get(&email);
        let all = self.shared[place].get(&email).map(Vec::as_slice).or(one.map(std::slice::from_ref));
        all.into_iter().flatten().map(|number| &self.accounts[place][*number as usize]).collect()
    }

    /// The account of the same human on another platform.
    pub(crate) fn of_human(&self, platform: Platform, human: usize) -> Option<&Account> {
        self.by_human.get(&(platform, human)).map(|number| &self.accounts[platform.index()][*number as usize])
    }

    /// The account named by id or address.
    pub fn find(&self, platform: Platform, name: &str) -> Option<&Account> {
        self.by_id(platform, name).or_else(|| self.by_email(platform, name))
    }

    /// The admin's account on a platform; it exists on all four.
    pub(crate) fn admin(&self, platform: Platform) -> &Account {
        // `generate` puts the admin first on every platform.
        &self.accounts[platform.index()][0]
    }
}

#[cfg(test)]
mod tests;
