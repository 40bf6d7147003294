//! The tenant's users: the company's accounts and the guests made here. Accounts of the company never change, so only
//! what differs is kept: guests, deletions, and the order in which they came, for delta queries.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::world::TENANT_DOMAIN;
use crate::{Account, Kind, Platform, World};

/// Something that happened to the list of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The user at this position came.
    Came(usize),
    /// The user with this id was deleted.
    Left(String),
}

/// What differs from the company as it was at the start.
pub(super) struct Directory {
    /// Guests made here, in order; their positions follow the company's accounts.
    guests: Vec<Account>,
    invited: HashMap<String, (usize, Timestamp)>,
    deleted: HashSet<String>,
    /// Positions by address and user principal name, lower case.
    by_address: HashMap<String, Vec<usize>>,
    changes: Vec<Change>,
}

impl Directory {
    pub(super) fn new(world: &World) -> Self {
        let accounts = world.accounts(Platform::Teams);
        let mut by_address: HashMap<String, Vec<usize>> = HashMap::with_capacity(accounts.len() * 2);
        for (position, account) in accounts.iter().enumerate() {
            index(&mut by_address, world, account, position);
        }
        Self { guests: Vec::new(), invited: HashMap::new(), deleted: HashSet::new(), by_address, changes: Vec::new() }
    }

    /// Positions run from nought to here.
    pub(super) fn end(&self, world: &World) -> usize {
        world.accounts(Platform::Teams).len() + self.guests.len()
    }

    /// The user at a position, unless deleted.
    pub(super) fn at<'a>(&'a self, world: &'a World, position: usize) -> Option<&'a Account> {
        let accounts = world.accounts(Platform::Teams);
        accounts.get(position).or_else(|| self.guests.get(position - accounts.len())).filter(|account| !self.is_deleted(&account.id))
    }

    /// The user with this object id or user principal name, unless deleted.
    pub(super) fn find<'a>(&'a self, world: &'a World, name: &str) -> Option<&'a Account> {
        self.by_id(world, name).or_else(|| {
            let named = |account: &&Account| principal_name(world, account).eq_ignore_ascii_case(name);
            self.with_address(name).iter().filter_map(|position| self.at(world, *position)).find(named)
        })
    }

    /// The user with this object id, unless deleted.
    pub(super) fn by_id<'a>(&'a self, world: &'a World, id: &str) -> Option<&'a Account> {
        let guest = || self.invited.get(id).map(|(number, _)| &self.guests[*number]);
        world.by_id(Platform::Teams, id).or_else(guest).filter(|account| !self.is_deleted(&account.id))
    }

    /// Positions of users with this address or user principal name, deleted ones too.
    pub(super) fn with_address(&self, address: &str) -> &[usize] {
        self.by_address.get(&address.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_deleted(&self, id: &str) -> bool {
        self.deleted.contains(id)
    }

    /// When a guest made here was invited.
    pub(super) fn invited_at(&self, id: &str) -> Option<Timestamp> {
        self.invited.get(id).map(|(_, at)| *at)
    }

    /// Adds a guest.
    pub(super) fn invite(&mut self, world: &World, guest: Account, now: Timestamp) {
        let position = self.end(world);
        index(&mut self.by_address, world, &guest, position);
        self.invited.insert(guest.id.clone(), (self.guests.len(), now));
        self.guests.push(guest);
        self.changes.push(Change::Came(position));
    }

    /// Deletes a user (softly: the object could be restored for thirty days, but no operation here sees it).
    pub(super) fn delete(&mut self, id: &str) {
        if self.deleted.insert(id.to_owned()) {
            self.changes.push(Change::Left(id.to_owned()));
        }
    }

    /// Everything that happened, oldest first.
    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }
}

fn index(by_address: &mut HashMap<String, Vec<usize>>, world: &World, account: &Account, position: usize) {
    let principal = principal_name(world, account);
    for address in account.addresses().chain([principal.as_str()]) {
        let positions = by_address.entry(address.to_lowercase()).or_default();
        if positions.last() != Some(&position) {
            positions.push(position);
        }
    }
}

/// The user principal name: unique, and for members with an address of their own that address.
pub(super) fn principal_name(world: &World, account: &Account) -> String {
    match (&account.email, account.kind) {
        (Some(email), Kind::Guest) => format!("{}#EXT#@{TENANT_DOMAIN}", email.replace('@', "_")),
        // A second account with somebody else's address keeps the tenant's first domain.
        (Some(email), _) if world.by_email(Platform::Teams, email).is_none_or(|first| first.id == account.id) => email.clone(),
        _ => format!("{}.{}@{TENANT_DOMAIN}", account.first_name.to_lowercase(), account.last_name.to_lowercase()),
    }
}
