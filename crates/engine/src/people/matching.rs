//! Which accounts are one human: a pure function from accounts and shared addresses to sets.
//!
//! Accounts are connected when they share a verified address, directly or through others. A connected set that holds two
//! offered accounts of one platform is ambiguous: everybody in it stands alone, and the admin decides. Otherwise it is one
//! person; inactive accounts join where their platform's place is free. Foreign accounts and those that the admin took out
//! by hand connect nothing.
//!
//! What the admin linked by hand is a fixed point: the rest of a connected set joins it when it fits as a whole. When
//! nothing of the rest could ever join (every place is taken), nothing is left to decide, and the rest is looked at by itself.
//!
//! Not known here: names, databases, person ids other than those of links. The result does not depend on the order of the
//! input: where a choice is needed (two inactive accounts for one place) the smaller `key` wins.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{PersonId, PlatformId};

/// What the admin decided about an account by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Nothing.
    Free,
    /// It belongs to nobody else.
    Apart,
    /// It belongs to this person.
    With(PersonId),
}

/// An account as matching sees it. Bots are not candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Unique; smaller is older.
    pub key: i64,
    /// Where.
    pub platform: PlatformId,
    /// Active, and a member or guest.
    pub offered: bool,
    /// A member or guest, active or not.
    pub of_company: bool,
    /// The admin's decision.
    pub hand: Hand,
}

/// A verified address (by number) and the index of a candidate that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Equal numbers are equal addresses.
    pub number: u32,
    /// Whose.
    pub candidate: u32,
}

/// The result, index by index as the candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// Index of the oldest candidate of the same person.
    pub person: Vec<u32>,
    /// Index of the oldest candidate of the same conflict.
    pub conflict: Vec<Option<u32>>,
}

/// Finds the people among the candidates.
pub fn match_people(candidates: &[Candidate], addresses: &mut [Address]) -> Matching {
    let mut person: Vec<u32> = (0u32..).take(candidates.len()).collect();
    let mut conflict = vec![None; candidates.len()];
    let linked = linked(candidates);
    let mut sets = Sets::new(candidates.len());
    let touching = connect(candidates, addresses, &mut sets);

    let mut joining: BTreeMap<PersonId, Vec<u32>> = linked.keys().map(|id| (*id, Vec::new())).collect();

    for set in sets.into_lists(|index| free(&candidates[index as usize]), |index| candidates[index as usize].key) {
        let near: BTreeSet<PersonId> = set.iter().filter_map(|index| touching.get(index)).flatten().copied().collect();
        match decide(candidates, &set, &near, &linked) {
            Decision::Alone => {}
            Decision::Conflict => mark(&set, &mut conflict),
            Decision::Together => gather(candidates, &[], &set, &mut person),
            Decision::Join(host) => joining.entry(host).or_default().extend(set),
        }
    }
    for (host, mut set) in joining {
        set.sort_unstable_by_key(|index| candidates[*index as usize].key);
        // Sets that each fit may still be in each other's way.
        if collides(candidates, &set) {
            mark(&set, &mut conflict);
            set.clear();
        }
        gather(candidates, &linked[&host], &set, &mut person);
    }
    Matching { person, conflict }
}

fn free(candidate: &Candidate) -> bool {
    candidate.of_company && candidate.hand == Hand::Free
}

/// The accounts that the admin linked, by person, oldest first.
fn linked(candidates: &[Candidate]) -> BTreeMap<PersonId, Vec<u32>> {
    let mut linked: BTreeMap<PersonId, Vec<u32>> = BTreeMap::new();
    for (index, candidate) in (0u32..).zip(candidates) {
        if let Hand::With(person) = candidate.hand {
            linked.entry(person).or_default().push(index);
        }
    }
    for members in linked.values_mut() {
        members.sort_unstable_by_key(|index| candidates[*index as usize].key);
    }
    linked
}

/// Unites free candidates that share an address; returns which linked people each of them shares one with.
fn connect(candidates: &[Candidate], addresses: &mut [Address], sets: &mut Sets) -> BTreeMap<u32, BTreeSet<PersonId>> {
    addresses.sort_unstable();
    let mut touching: BTreeMap<u32, BTreeSet<PersonId>> = BTreeMap::new();
    for sharing in addresses.chunk_by(|one, other| one.number == other.number) {
        let mut first = None;
        for index in sharing.iter().map(|address| address.candidate).filter(|index| free(&candidates[*index as usize])) {
            sets.unite(*first.get_or_insert(index), index);
        }
        let Some(first) = first else { continue };
        for address in sharing {
            let candidate = &candidates[address.candidate as usize];
            if let (Hand::With(person), true) = (candidate.hand, candidate.of_company) {
                touching.entry(first).or_default().insert(person);
            }
        }
    }
    touching
}

enum Decision {
    /// Everybody for themselves.
    Alone,
    /// The admin must say.
    Conflict,
    /// One person.
    Together,
    /// The same person as these linked accounts.
    Join(PersonId),
}

fn decide(candidates: &[Candidate], set: &[u32], near: &BTreeSet<PersonId>, linked: &BTreeMap<PersonId, Vec<u32>>) -> Decision {
    if collides(candidates, set) {
        return Decision::Conflict;
    }
    let Some(first) = near.first() else { return Decision::Together };
    let taken = |host: &PersonId, platform: PlatformId| linked[host].iter().any(|index| candidates[*index as usize].platform == platform);
    let offered = || offered(candidates, set);
    if near.len() == 1 && offered().all(|platform| !taken(first, platform)) {
        return Decision::Join(*first);
    }
    if offered().next().is_none() {
        return Decision::Alone;
    }
    let hopeless = offered().all(|platform| near.iter().all(|host| taken(host, platform)));
    if hopeless { Decision::Together } else { Decision::Conflict }
}

fn offered<'a>(candidates: &'a [Candidate], set: &'a [u32]) -> impl Iterator<Item = PlatformId> + 'a {
    set.iter().map(|index| &candidates[*index as usize]).filter(|candidate| candidate.offered).map(|candidate| candidate.platform)
}

fn collides(candidates: &[Candidate], set: &[u32]) -> bool {
    let mut platforms: Vec<PlatformId> = offered(candidates, set).collect();
    platforms.sort_unstable();
    platforms.windows(2).any(|pair| pair[0] == pair[1])
}

fn mark(set: &[u32], conflict: &mut [Option<u32>]) {
    set.iter().for_each(|index| conflict[*index as usize] = set.first().copied());
}

/// Makes one person of the host and of everybody in the set who finds their platform's place free, offered ones first.
fn gather(candidates: &[Candidate], host: &[u32], set: &[u32], person: &mut [u32]) {
    let mut members = host.to_vec();
    for offered in [true, false] {
        for index in set.iter().filter(|index| candidates[**index as usize].offered == offered) {
            let platform = candidates[*index as usize].platform;
            if !members.iter().any(|member| candidates[*member as usize].platform == platform) {
                members.push(*index);
            }
        }
    }
    if let Some(oldest) = members.iter().copied().min_by_key(|index| candidates[*index as usize].key) {
        for index in members {
            person[index as usize] = oldest;
        }
    }
}

/// Union-find over indices.
struct Sets(Vec<u32>);

impl Sets {
    fn new(length: usize) -> Self {
        Self((0u32..).take(length).collect())
    }

    fn root(&mut self, mut index: u32) -> u32 {
        while self.0[index as usize] != index {
            let above = self.0[index as usize];
            self.0[index as usize] = self.0[above as usize];
            index = self.0[index as usize];
        }
        index
    }

    fn unite(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other) as usize] = one.min(other);
    }

    /// The sets of all indices that `wanted` lets in, each ordered by `key`.
    fn into_lists(mut self, wanted: impl Fn(u32) -> bool, key: impl Fn(u32) -> i64) -> impl Iterator<Item = Vec<u32>> {
        let mut placed: Vec<(u32, u32)> =
            (0u32..).take(self.0.len()).filter(|index| wanted(*index)).map(|index| (self.root(index), index)).collect();
        placed.sort_unstable();
        let mut at = 0;
        std::iter::from_fn(move || {
            let root = placed.get(at)?.0;
            let mut set: Vec<u32> = placed[at..].iter().take_while(|(of, _)| *of == root).map(|(_, index)| *index).collect();
            at += set.len();
            set.sort_unstable_by_key(|index| key(*index));
            Some(set)
        })
    }
}
