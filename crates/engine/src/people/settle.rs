//! Makes the stored people agree with the stored accounts: reads all accounts, lets [`super::matching`] and
//! [`super::identity`] decide, and writes only what is different. One transaction, safe to repeat.
//!
//! Accounts are held as numbers here, never as text, so that 400,000 of them fit into a few megabytes.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, Transaction};

use crate::error::Result;
use crate::model::{AccountKind, PersonId, PlatformId};
use crate::store::columns::{maybe_word, word};
use crate::store::people::{self, PersonRow};
use crate::store::{Store, accounts, conflicts, facts};

use super::identity::{Claim, keep_ids};
use super::matching::{Address, Candidate, Hand, Matching, match_people};
use super::primary::primary;

/// What became different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// People who appeared, changed or went, in order.
    pub people: Vec<PersonId>,
    /// How many conflicts there are now.
    pub conflicts: u64,
}

/// Settles the people, when accounts have changed since it was last done.
pub async fn settle(store: &Store) -> Result<Settled> {
    store.write(|transaction| if facts::get(transaction, facts::MATCHING_DUE)?.is_some() { settle_now(transaction) } else { unchanged(transaction) }).await
}

fn unchanged(connection: &Connection) -> Result<Settled> {
    Ok(Settled { people: Vec::new(), conflicts: conflicts::count(connection)? })
}

/// Settles the people inside a transaction that changed accounts or links.
pub(crate) fn settle_now(transaction: &Transaction<'_>) -> Result<Settled> {
    let accounts = Accounts::load(transaction)?;
    let known = known_people(transaction)?;
    let matching = match_people(&accounts.candidates, &mut accounts.shared_addresses(transaction)?);
    let kept = keep_ids(accounts.candidates.len(), claims(&accounts, &matching, &known));
    let mut changed = write_people(transaction, &accounts, &matching, &kept, &known)?;

    let having: HashSet<PersonId> = kept.iter().flatten().copied().collect();
    for id in known.keys().filter(|id| !having.contains(id)) {
        people::forget_if_empty(transaction, *id)?;
        changed.push(*id);
    }
    changed.sort_unstable();
    changed.dedup();

    let ambiguous = accounts.candidates.iter().zip(&matching.conflict);
    let ambiguous = ambiguous.filter_map(|(one, of)| of.map(|oldest| (one.key, accounts.candidates[oldest as usize].key))).collect();
    conflicts::replace(transaction, ambiguous)?;
    transaction.execute("DELETE FROM changed_accounts", [])?;
    facts::clear(transaction, facts::MATCHING_DUE)?;
    Ok(Settled { people: changed, conflicts: conflicts::count(transaction)? })
}

/// No candidate has this row.
const NOBODY: u32 = u32::MAX;

struct Accounts {
    /// Ordered by key, which is the account's row.
    candidates: Vec<Candidate>,
    /// Index of the candidate, by row.
    at: Vec<u32>,
    /// Owners so far, by row; 0 is nobody.
    owners: Vec<i64>,
    /// Rows that an import or the admin changed, candidates or not.
    changed: HashSet<i64>,
}

impl Accounts {
    fn load(transaction: &Transaction<'_>) -> Result<Self> {
        let mut changed: HashSet<i64> = rows(transaction, "SELECT account FROM changed_accounts", |row| row.get(0))?;
        let ours: HashSet<i64> = rows(
            transaction,
            "SELECT accounts.row FROM own_stand_ins CROSS JOIN accounts ON own_stand_ins.platform = accounts.platform AND own_stand_ins.account = accounts.id",
            |row| row.get(0),
        )?;
        let links: HashMap<i64, Option<i64>> = rows(transaction, "SELECT account, person FROM links", |row| Ok((row.get(0)?, row.get(1)?)))?;
        let candidates: Vec<Candidate> = rows(
            transaction,
            "SELECT row, platform, kind, active FROM accounts NOT INDEXED WHERE NOT gone AND kind <> 'bot' ORDER BY row",
            |row| {
                let key: i64 = row.get(0)?;
                let kind = accounts::kind_of(row.get_ref(2)?.as_str()?, 2)?;
                let of_company = matches!(kind, AccountKind::Member | AccountKind::Guest);
                let hand = match links.get(&key) {
                    None => Hand::Free,
                    Some(None) => Hand::Apart,
                    Some(Some(person)) => Hand::With(PersonId(*person)),
                };
                Ok(Candidate { key, platform: word(row, 1)?, offered: of_company && row.get(3)?, of_company, hand })
            },
        )?;
        let candidates: Vec<Candidate> = candidates.into_iter().filter(|candidate| !ours.contains(&candidate.key)).collect();
        let last: i64 = transaction.query_row("SELECT ifnull(max(row), 0) FROM accounts", [], |row| row.get(0))?;
        let size = usize::try_from(last).unwrap_or_default() + 1;
        let mut at = vec![NOBODY; size];
        for (index, candidate) in (0u32..).zip(&candidates) {
            at[candidate.key as usize] = index;
        }
        let mut owners = vec![0; size];
        let mut statement = transaction.prepare_cached("SELECT account, person FROM members NOT INDEXED")?;
        let mut members = statement.query([])?;
        while let Some(row) = members.next()? {
            owners[row.get::<_, i64>(0)? as usize] = row.get(1)?;
        }
        // What a sync made after an import had taken it for somebody's account.
        changed.extend(ours.into_iter().filter(|row| owners[*row as usize] != 0));
        Ok(Self { candidates, at, owners, changed })
    }

    fn owner(&self, index: u32) -> Option<PersonId> {
        let owner = self.owners[self.candidates[index as usize].key as usize];
        (owner != 0).then_some(PersonId(owner))
    }

    /// The verified addresses that more than one candidate has, by number.
    fn shared_addresses(&self, connection: &Connection) -> Result<Vec<Address>> {
        let mut statement = connection.prepare_cached("SELECT address, account FROM addresses WHERE verified ORDER BY address, account")?;
        let mut found = statement.query([])?;
        let mut shared = Vec::new();
        let (mut before, mut first, mut number) = (String::new(), NOBODY, 0);
        while let Some(row) = found.next()? {
            let candidate = self.at[row.get::<_, i64>(1)? as usize];
            if candidate == NOBODY {
                continue;
            }
            let address = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            if address != before {
                before.clear();
                before.push_str(address);
                (first, number) = (candidate, number + 1);
                continue;
            }
            if first != NOBODY {
                shared.push(Address { number, candidate: std::mem::replace(&mut first, NOBODY) });
            }
            shared.push(Address { number, candidate });
        }
        Ok(shared)
    }
}

fn rows<T, C: FromIterator<T>>(connection: &Connection, sql: &str, read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Result<C> {
    Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<rusqlite::Result<C>>()?)
}

struct Known {
    primary: Option<PlatformId>,
    chosen: Option<PlatformId>,
    listed: bool,
    has_syncs: bool,
}

fn known_people(connection: &Connection) -> Result<HashMap<PersonId, Known>> {
    let syncs: HashSet<i64> = rows(connection, "SELECT DISTINCT person FROM syncs", |row| row.get(0))?;
    rows(connection, "SELECT id, primary_platform, chosen_primary, listed FROM people NOT INDEXED", |row| {
        let id: i64 = row.get(0)?;
        Ok((PersonId(id), Known { primary: maybe_word(row, 1)?, chosen: maybe_word(row, 2)?, listed: row.get(3)?, has_syncs: syncs.contains(&id) }))
    })
}

fn claims(accounts: &Accounts, matching: &Matching, known: &HashMap<PersonId, Known>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for ((index, candidate), set) in (0u32..).zip(&accounts.candidates).zip(&matching.person) {
        let linked = match candidate.hand {
            Hand::With(person) => Some(person),
            _ => None,
        };
        for person in linked.into_iter().chain(accounts.owner(index).filter(|owner| Some(*owner) != linked)) {
            let Some(facts) = known.get(&person) else { continue };
            claims.push(Claim {
                not_linked: linked != Some(person),
                without_syncs: !facts.has_syncs,
                person,
                not_primary: facts.primary != Some(candidate.platform),
                account: candidate.key,
                set: *set,
            });
        }
    }
    claims
}

/// Writes the people whose accounts are others than before, or say something else.
fn write_people(
    transaction: &Transaction<'_>,
    accounts: &Accounts,
    matching: &Matching,
    kept: &[Option<PersonId>],
    known: &HashMap<PersonId, Known>,
) -> Result<Vec<PersonId>> {
    let mut dirty: HashSet<PersonId> = accounts.changed.iter().filter_map(|row| accounts.owners.get(*row as usize)).map(|id| PersonId(*id)).collect();
    let mut places: Vec<(u32, u32)> = matching.person.iter().copied().zip(0u32..).collect();
    for (set, index) in &places {
        if let Some(owner) = accounts.owner(*index)
            && kept[*set as usize] != Some(owner)
        {
            dirty.insert(owner);
        }
    }
    forget_owners(transaction, accounts)?;

    places.sort_unstable();
    let mut next = people::next_id(transaction)?;
    let mut written = Vec::new();
    for set in places.chunk_by(|one, other| one.0 == other.0) {
        let id = kept[set[0].0 as usize].unwrap_or_else(|| {
            next += 1;
            PersonId(next - 1)
        });
        let facts = known.get(&id);
        let moved = |index: u32| accounts.owner(index) != Some(id);
        if facts.is_some_and(|facts| facts.listed) && !dirty.contains(&id) && !set.iter().any(|(_, index)| moved(*index)) {
            continue;
        }
        let members: Vec<&Candidate> = set.iter().map(|(_, index)| &accounts.candidates[*index as usize]).collect();
        write_person(transaction, id, &members, facts)?;
        for (_, index) in set.iter().filter(|(_, index)| moved(*index)) {
            people::own(transaction, accounts.candidates[*index as usize].key, id)?;
        }
        written.push(id);
    }
    Ok(written)
}

/// Accounts that turned out to be bots or our own belong to nobody. Those that are gone keep their owner, to come back to.
fn forget_owners(transaction: &Transaction<'_>, accounts: &Accounts) -> Result<()> {
    for row in accounts.changed.iter().filter(|row| accounts.at.get(**row as usize) == Some(&NOBODY)) {
        transaction.prepare_cached("DELETE FROM links WHERE account = ?1 AND (SELECT NOT gone FROM accounts WHERE row = ?1)")?.execute([row])?;
        transaction.prepare_cached("DELETE FROM members WHERE account = ?1 AND (SELECT NOT gone FROM accounts WHERE row = ?1)")?.execute([row])?;
    }
    Ok(())
}

fn write_person(transaction: &Transaction<'_>, id: PersonId, members: &[&Candidate], known: Option<&Known>) -> Result<()> {
    let mut choices: Vec<PlatformId> = members.iter().filter(|member| member.offered).map(|member| member.platform).collect();
    choices.sort_unstable();
    let primary = match known {
        Some(known) => primary(&choices, known.chosen, known.primary, known.has_syncs),
        None => primary(&choices, None, None, false),
    };
    // The account whose name and address the person carries comes first.
    let mut faces = members.to_vec();
    faces.sort_unstable_by_key(|member| (Some(member.platform) != primary, !member.offered, member.platform, member.key));
    let (mut name, mut email) = (String::new(), None);
    for face in faces {
        if !name.is_empty() && email.is_some() {
            break;
        }
        let mut statement = transaction.prepare_cached("SELECT name, email FROM accounts WHERE row = ?1")?;
        let (its_name, its_email): (String, Option<String>) = statement.query_row([face.key], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if name.is_empty() {
            name = its_name;
        }
        email = email.or(its_email.filter(|address| !address.is_empty()));
    }
    people::put(transaction, &PersonRow { id, name: &name, email: email.as_deref(), offered: !choices.is_empty(), primary })
}
