//! Makes the stored people agree with the stored accounts: reads all accounts, lets [`super::matching`] and
//! [`super::identity`] decide, and writes only what is different. One transaction, safe to repeat.
//!
//! 400,000 accounts must fit into a few megabytes: addresses are compared by 128 bits of their SHA-256 (no two will ever
//! agree by chance), and names stand one behind the other in a single string.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, Transaction};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::model::{AccountKind, PersonId, PlatformId, case_fold};
use crate::store::columns::{maybe_json, maybe_word, word};
use crate::store::conflicts::Disputed;
use crate::store::people::{self, PersonRow};
use crate::store::{Store, accounts, conflicts, facts};

use super::identity::{Claim, keep_ids};
use super::matching::{Address, Candidate, Hand, Matching, match_people};
use super::primary::primary;
use super::words::joined;

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
    store
        .write(
            |transaction| {
                if facts::get(transaction, facts::MATCHING_DUE)?.is_some() { settle_now(transaction) } else { unchanged(transaction) }
            },
        )
        .await
}

fn unchanged(connection: &Connection) -> Result<Settled> {
    Ok(Settled { people: Vec::new(), conflicts: conflicts::count(connection)? })
}

/// Settles the people inside a transaction that changed accounts or links.
pub(crate) fn settle_now(transaction: &Transaction<'_>) -> Result<Settled> {
    let mut accounts = Accounts::load(transaction)?;
    let known = known_people(transaction)?;
    let mut addresses = accounts.shared_addresses();
    let matching = match_people(&accounts.candidates, &mut addresses);
    drop(addresses);
    let mut ids = keep_ids(accounts.candidates.len(), claims(&accounts, &matching, &known));
    let mut changed = write_people(transaction, &accounts, &matching, &mut ids, &known)?;

    let having: HashSet<PersonId> = ids.iter().flatten().copied().collect();
    for id in known.keys().filter(|id| !having.contains(id)) {
        people::forget_if_empty(transaction, *id)?;
        changed.push(*id);
    }
    changed.sort_unstable();
    changed.dedup();
    conflicts::replace(transaction, disputed(&accounts, &matching, &ids))?;
    transaction.execute("DELETE FROM changed_accounts", [])?;
    facts::clear(transaction, facts::MATCHING_DUE)?;
    if !changed.is_empty() {
        facts::count_up(transaction, facts::PEOPLE_VERSION)?;
    }
    Ok(Settled { people: changed, conflicts: conflicts::count(transaction)? })
}

fn disputed(accounts: &Accounts, matching: &Matching, ids: &[Option<PersonId>]) -> Vec<Disputed> {
    let key = |index: u32| accounts.candidates[index as usize].key;
    let places = (0u32..).zip(&matching.conflict).zip(&matching.person);
    places
        .filter_map(|((index, conflict), set)| {
            let person = ids[*set as usize]?.0;
            Some(Disputed { account: key(index), conflict: key((*conflict)?), person })
        })
        .collect()
}

struct Accounts {
    /// Ordered by key, which is the account's row.
    candidates: Vec<Candidate>,
    /// Their names and addresses.
    texts: Texts,
    /// Their verified addresses.
    digests: Vec<(u128, u32)>,
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
        let links: HashMap<i64, Option<i64>> =
            rows(transaction, "SELECT account, person FROM links", |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (mut candidates, mut texts, mut digests) = (Vec::new(), Texts::default(), Vec::new());
        let mut statement = transaction.prepare_cached(
            "SELECT row, platform, kind, active, verified, name, email, aliases FROM accounts NOT INDEXED WHERE NOT gone AND kind <> 'bot' ORDER BY row",
        )?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let key: i64 = row.get(0)?;
            if ours.contains(&key) {
                continue;
            }
            let index = u32::try_from(candidates.len()).unwrap_or(u32::MAX);
            candidates.push(candidate(row, key, links.get(&key))?);
            let email = row.get_ref(6)?.as_str_or_null().map_err(rusqlite::Error::from)?.unwrap_or_default();
            let aliases: Vec<String> = maybe_json(row, 7)?.unwrap_or_default();
            texts.push(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?, email, &aliases);
            if row.get(4)? {
                digests.extend(
                    std::iter::once(email).chain(aliases.iter().map(String::as_str)).filter_map(digest).map(|digest| (digest, index)),
                );
            }
        }
        let last: i64 = transaction.query_row("SELECT ifnull(max(row), 0) FROM accounts", [], |row| row.get(0))?;
        let size = usize::try_from(last).unwrap_or_default() + 1;
        let mut owners = vec![0; size];
        let mut statement = transaction.prepare_cached("SELECT account, person FROM members NOT INDEXED")?;
        let mut members = statement.query([])?;
        while let Some(row) = members.next()? {
            owners[row.get::<_, i64>(0)? as usize] = row.get(1)?;
        }
        // What a sync made after an import had taken it for somebody's account.
        changed.extend(ours.into_iter().filter(|row| owners[*row as usize] != 0));
        Ok(Self { candidates, texts, digests, owners, changed })
    }

    fn is_no_candidate(&self, row: i64) -> bool {
        self.candidates.binary_search_by_key(&row, |candidate| candidate.key).is_err()
    }

    fn owner(&self, index: u32) -> Option<PersonId> {
        let owner = self.owners[self.candidates[index as usize].key as usize];
        (owner != 0).then_some(PersonId(owner))
    }

    /// The verified addresses that more than one candidate has, by number.
    fn shared_addresses(&mut self) -> Vec<Address> {
        let mut digests = std::mem::take(&mut self.digests);
        digests.sort_unstable();
        let sharing = digests.chunk_by(|one, other| one.0 == other.0).filter(|sharing| sharing.len() > 1);
        sharing
            .zip(0u32..)
            .flat_map(|(sharing, number)| sharing.iter().map(move |(_, candidate)| Address { number, candidate: *candidate }))
            .collect()
    }
}

fn candidate(row: &rusqlite::Row<'_>, key: i64, link: Option<&Option<i64>>) -> rusqlite::Result<Candidate> {
    let kind = accounts::kind_of(row.get_ref(2)?.as_str()?, 2)?;
    let of_company = matches!(kind, AccountKind::Member | AccountKind::Guest);
    let hand = match link {
        None => Hand::Free,
        Some(None) => Hand::Apart,
        Some(Some(person)) => Hand::With(PersonId(*person)),
    };
    Ok(Candidate { key, platform: word(row, 1)?, offered: of_company && row.get(3)?, of_company, hand })
}

/// What stands for an address in comparisons; nothing for no address.
fn digest(address: &str) -> Option<u128> {
    let folded = case_fold(address);
    let bytes: [u8; 32] = Sha256::digest(folded.as_bytes()).into();
    let half = bytes.first_chunk::<16>().map(|half| u128::from_be_bytes(*half));
    half.filter(|_| !folded.is_empty())
}

/// Name, address and further addresses of each candidate, without an allocation for each.
#[derive(Default)]
struct Texts {
    text: String,
    /// Where name, address and aliases end.
    ends: Vec<[usize; 3]>,
}

impl Texts {
    fn push(&mut self, name: &str, email: &str, aliases: &[String]) {
        self.text.push_str(name);
        let name = self.text.len();
        self.text.push_str(email);
        let email = self.text.len();
        for alias in aliases {
            self.text.push(' ');
            self.text.push_str(alias);
        }
        self.ends.push([name, email, self.text.len()]);
    }

    fn of(&self, index: u32) -> [&str; 3] {
        let index = index as usize;
        let begin = if index == 0 { 0 } else { self.ends[index - 1][2] };
        let [name, email, aliases] = self.ends[index];
        [&self.text[begin..name], &self.text[name..email], &self.text[email..aliases]]
    }
}

fn rows<T, C: FromIterator<T>>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<C> {
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
        Ok((
            PersonId(id),
            Known { primary: maybe_word(row, 1)?, chosen: maybe_word(row, 2)?, listed: row.get(3)?, has_syncs: syncs.contains(&id) },
        ))
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
                taken_out: candidate.hand == Hand::Apart,
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
    ids: &mut [Option<PersonId>],
    known: &HashMap<PersonId, Known>,
) -> Result<Vec<PersonId>> {
    let mut dirty: HashSet<PersonId> =
        accounts.changed.iter().filter_map(|row| accounts.owners.get(*row as usize)).map(|id| PersonId(*id)).collect();
    let mut places: Vec<(u32, u32)> = matching.person.iter().copied().zip(0u32..).collect();
    for (set, index) in &places {
        if let Some(owner) = accounts.owner(*index)
            && ids[*set as usize] != Some(owner)
        {
            dirty.insert(owner);
        }
    }
    forget_owners(transaction, accounts)?;

    places.sort_unstable();
    let mut next = people::next_id(transaction)?;
    let mut written = Vec::new();
    for set in places.chunk_by(|one, other| one.0 == other.0) {
        let id = *ids[set[0].0 as usize].get_or_insert_with(|| {
            next += 1;
            PersonId(next - 1)
        });
        let facts = known.get(&id);
        let moved = |index: u32| accounts.owner(index) != Some(id);
        if facts.is_some_and(|facts| facts.listed) && !dirty.contains(&id) && !set.iter().any(|(_, index)| moved(*index)) {
            continue;
        }
        let members: Vec<u32> = set.iter().map(|(_, index)| *index).collect();
        write_person(transaction, id, accounts, members, facts)?;
        for (_, index) in set.iter().filter(|(_, index)| moved(*index)) {
            let account = accounts.candidates[*index as usize].key;
            if let Some(before) = accounts.owner(*index) {
                people::disown(transaction, account, before)?;
            }
            people::own(transaction, account, id)?;
        }
        written.push(id);
    }
    Ok(written)
}

/// Accounts that turned out to be bots or our own belong to nobody. Those that are gone keep their owner, to come back to.
fn forget_owners(transaction: &Transaction<'_>, accounts: &Accounts) -> Result<()> {
    for row in accounts.changed.iter().filter(|row| accounts.is_no_candidate(**row)) {
        let mut here = transaction.prepare_cached("SELECT 1 FROM accounts WHERE row = ?1 AND NOT gone")?;
        if here.exists([row])? {
            transaction.prepare_cached("DELETE FROM links WHERE account = ?1")?.execute([row])?;
            people::disown(transaction, *row, PersonId(accounts.owners[*row as usize]))?;
        }
    }
    Ok(())
}

fn write_person(
    transaction: &Transaction<'_>,
    id: PersonId,
    accounts: &Accounts,
    mut members: Vec<u32>,
    known: Option<&Known>,
) -> Result<()> {
    let of = |index: u32| &accounts.candidates[index as usize];
    let mut choices: Vec<PlatformId> = members.iter().filter(|member| of(**member).offered).map(|member| of(*member).platform).collect();
    choices.sort_unstable();
    let primary = match known {
        Some(known) => primary(&choices, known.chosen, known.primary, known.has_syncs),
        None => primary(&choices, None, None, false),
    };
    // The account whose name and address the person carries comes first.
    members.sort_unstable_by_key(|member| (Some(of(*member).platform) != primary, !of(*member).offered, of(*member).platform, *member));
    let (mut name, mut email) = ("", None);
    let (mut platforms, mut words) = (String::from(" "), String::new());
    for member in members {
        let [its_name, its_email, aliases] = accounts.texts.of(member);
        name = if name.is_empty() { its_name } else { name };
        email = email.or(Some(its_email).filter(|address| !address.is_empty()));
        platforms.push_str(of(member).platform.as_str());
        platforms.push(' ');
        let joined: Vec<String> = std::iter::once(its_email).chain(aliases.split_whitespace()).filter_map(joined).collect();
        for text in [its_name, its_email, aliases].into_iter().chain(joined.iter().map(String::as_str)) {
            if !words.contains(text) {
                words.push_str(text);
                words.push(' ');
            }
        }
    }
    let row = PersonRow { id, name, email, offered: !choices.is_empty(), primary, platforms: &platforms, words: &words };
    if known.is_some() { people::update(transaction, &row) } else { people::insert(transaction, &row) }
}
