//! The people of the company as the app's matching should find them, derived from the accounts by the stated rule:
//! accounts are connected when they share a verified address; two active accounts of one platform in one connected set
//! are a conflict and split it; inactive accounts join where their platform's place is free; foreign ones never join.

use std::collections::HashMap;

use super::{Account, Kind};
use crate::Platform;

/// What the app should make of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// One person with these accounts.
    Person,
    /// Ambiguous: the admin must decide.
    Conflict,
    /// No active account of the company.
    NotOffered,
}

impl Expected {
    /// The word of the control interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Conflict => "conflict",
            Self::NotOffered => "not_offered",
        }
    }
}

/// One expected person: its accounts by index, at most one a platform.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What the app should make of it.
    pub expected: Expected,
    /// Index of the account on each platform (see [`super::World::accounts`]).
    pub accounts: [Option<u32>; 4],
}

/// A platform and the index of an account in its list.
type Place = (usize, u32);

pub(super) fn entries(accounts: &[Vec<Account>; 4]) -> Vec<Entry> {
    let places: Vec<Place> =
        (0..4).flat_map(|platform| (0u32..).take(accounts[platform].len()).map(move |number| (platform, number))).collect();
    let of = |place: Place| &accounts[place.0][place.1 as usize];
    let mut parents: Vec<usize> = (0..places.len()).collect();
    let mut first_with: HashMap<String, usize> = HashMap::with_capacity(places.len());
    for (index, place) in places.iter().enumerate() {
        let account = of(*place);
        if account.kind == Kind::Foreign || !account.verified {
            continue;
        }
        for address in account.addresses() {
            let first = *first_with.entry(address.to_lowercase()).or_insert(index);
            let (one, other) = (root(&mut parents, first), root(&mut parents, index));
            parents[one.max(other)] = one.min(other);
        }
    }
    let mut sets: Vec<Vec<Place>> = vec![Vec::new(); places.len()];
    for (index, place) in places.iter().enumerate() {
        sets[root(&mut parents, index)].push(*place);
    }
    let mut entries = Vec::with_capacity(places.len() / 2);
    for set in sets.iter().filter(|set| !set.is_empty()) {
        let (deciding, inactive): (Vec<Place>, Vec<Place>) =
            set.iter().partition(|place| of(**place).active && of(**place).kind != Kind::Foreign);
        let ambiguous = Platform::ALL.iter().any(|platform| deciding.iter().filter(|place| place.0 == platform.index()).count() > 1);
        if ambiguous {
            entries.extend(set.iter().map(|place| alone(*place, Expected::Conflict)));
            continue;
        }
        if deciding.is_empty() && set.len() == 1 {
            entries.extend(set.iter().map(|place| alone(*place, Expected::NotOffered)));
            continue;
        }
        let mut entry = Entry { expected: if deciding.is_empty() { Expected::NotOffered } else { Expected::Person }, accounts: [None; 4] };
        let mut left = Vec::new();
        for (platform, number) in deciding.into_iter().chain(inactive) {
            let slot = &mut entry.accounts[platform];
            if slot.is_none() { *slot = Some(number) } else { left.push((platform, number)) }
        }
        entries.push(entry);
        entries.extend(left.into_iter().map(|place| alone(place, Expected::NotOffered)));
    }
    entries
}

fn alone((platform, number): Place, expected: Expected) -> Entry {
    let mut accounts = [None; 4];
    accounts[platform] = Some(number);
    Entry { expected, accounts }
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}
