//! Lists of people: filtered, searched and paged by (name, id), so that any page of 100,000 costs the same.
//!
//! Search finds people by the beginnings of words in the names and addresses of their accounts (`smi` finds
//! `Ann Smith` and `a.smith@…`); several words must all be found.
//!
//! The number of matches is counted first, and decides how the page is read: few matches are looked up and sorted, many are
//! met soon enough along the list in its order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::{PersonId, PlatformId, Status};
use crate::store::connections;

use super::views::{PersonView, with_connected};
use super::words;

/// Up to so many matches are looked up and sorted.
const FEW: u64 = 500;

const IN_WORDS: &str = "people.id IN (SELECT rowid FROM person_words WHERE person_words MATCH ?)";

/// Whom a list is to show. Everything empty: everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Filter {
    /// Beginnings of words of name or address.
    pub search: Option<String>,
    /// Has a sync with this status: to `platform` when that is given too, else to any.
    pub status: Option<Status>,
    /// Without a status or reason: has an account there. With: the sync is to there.
    pub platform: Option<PlatformId>,
    /// Has this primary platform.
    pub primary: Option<PlatformId>,
    /// Has a sync with this word as its reason.
    pub reason: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PeoplePage {
    /// The people, by name.
    pub people: Vec<PersonView>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// How many match in all.
    pub total: u64,
}

/// One page of the people who match.
///
/// Errors: `Kind::Invalid` when `after` is no cursor of ours.
pub fn list(connection: &Connection, filter: &Filter, limit: u32, after: Option<&str>) -> Result<PeoplePage> {
    let connected = connections::platforms(connection)?;
    let query = Query::new(filter, &connected);
    let total = query.count(connection)?;
    let after = after.map(read_cursor).transpose()?;
    let found = query.page(connection, limit.max(1), after, total)?;
    let next = if found.len() > limit.max(1) as usize { found.get(limit.max(1) as usize - 1).map(write_cursor) } else { None };
    let people = found.iter().take(limit.max(1) as usize).map(|(_, id)| with_connected(connection, *id, &connected));
    Ok(PeoplePage { people: people.filter_map(Result::transpose).collect::<Result<_>>()?, next, total })
}

/// The next people who match, in the order of their ids: for work on all of them, a few thousand at a time.
pub fn select(connection: &Connection, filter: &Filter, limit: u32, after: Option<PersonId>) -> Result<Vec<PersonId>> {
    let connected = connections::platforms(connection)?;
    let mut query = Query::new(filter, &connected);
    query.add("people.id > ?", [Value::Integer(after.map_or(0, |id| id.0))]);
    let sql = format!("SELECT people.id FROM people WHERE {} ORDER BY people.id LIMIT {limit}", query.conditions());
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map(params_from_iter(&query.values), |row| Ok(PersonId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// How many people match.
pub fn count(connection: &Connection, filter: &Filter) -> Result<u64> {
    let connected = connections::platforms(connection)?;
    Query::new(filter, &connected).count(connection)
}

/// Conditions on `people`, with their values in order.
struct Query {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Query {
    fn new(filter: &Filter, connected: &[PlatformId]) -> Self {
        let mut query = Self { conditions: vec!["people.listed".into()], values: Vec::new() };
        if let Some(text) = filter.search.as_deref().filter(|text| !text.trim().is_empty()) {
            match words::question(text) {
                Some(words) => query.add(IN_WORDS, [Value::Text(words)]),
                None => query.add("0", []),
            }
        }
        if let Some(primary) = filter.primary {
            query.add("people.offered AND people.primary_platform = ?", [slug(primary)]);
        }
        if let Some(reason) = &filter.reason {
            let value = Value::Text(reason.clone());
            match filter.platform {
                Some(platform) => {
                    query.add(
                        "people.id IN (SELECT person FROM syncs WHERE platform = ? AND reason ->> '$.kind' = ?)",
                        [slug(platform), value],
                    );
                }
                None => query.add("people.id IN (SELECT person FROM syncs WHERE reason ->> '$.kind' = ?)", [value]),
            }
        }
        match (filter.status, filter.platform) {
            (Some(status), platform) => query.with_status(status, platform, connected),
            (None, Some(platform)) if filter.reason.is_none() => {
                query.add("instr(people.platforms, ?)", [Value::Text(format!(" {platform} "))]);
            }
            (None, _) => {}
        }
        query
    }

    /// A sync exists only towards connected platforms other than the primary, and only for who is offered.
    fn with_status(&mut self, status: Status, platform: Option<PlatformId>, connected: &[PlatformId]) {
        let towards: Vec<PlatformId> = connected.iter().copied().filter(|one| platform.is_none_or(|wanted| *one == wanted)).collect();
        let (mut any, mut values) = (Vec::new(), Vec::new());
        for one in towards {
            if status == Status::NotSynced {
                any.push(
                    "(people.primary_platform IS NOT ? AND NOT EXISTS (SELECT 1 FROM syncs
                      WHERE syncs.person = people.id AND platform = ? AND status <> 'not_synced'))",
                );
                values.extend([slug(one), slug(one)]);
            } else {
                any.push("(people.primary_platform <> ? AND people.id IN (SELECT person FROM syncs WHERE platform = ? AND status = ?))");
                values.extend([slug(one), slug(one), Value::Text(status.as_str().into())]);
            }
        }
        let any = if any.is_empty() { "0".to_owned() } else { any.join(" OR ") };
        self.add(&format!("people.offered AND ({any})"), values);
    }

    fn add(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.to_owned());
        self.values.extend(values);
    }

    fn conditions(&self) -> String {
        self.conditions.join(" AND ")
    }

    fn count(&self, connection: &Connection) -> Result<u64> {
        let sql = match self.conditions.as_slice() {
            // The index of words holds exactly those who are listed.
            [_, only] if only == IN_WORDS => "SELECT count(*) FROM person_words WHERE person_words MATCH ?".to_owned(),
            _ => format!("SELECT count(*) FROM people WHERE {}", self.conditions()),
        };
        let count: i64 = connection.prepare_cached(&sql)?.query_row(params_from_iter(&self.values), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// One more than `limit`, so that the caller sees whether there is a next page.
    fn page(&self, connection: &Connection, limit: u32, after: Option<(String, PersonId)>, total: u64) -> Result<Vec<(String, PersonId)>> {
        let mut values = self.values.clone();
        let mut conditions = self.conditions();
        if let Some((name, id)) = after {
            conditions.push_str(" AND (people.sort_name, people.id) > (?, ?)");
            values.extend([Value::Text(name), Value::Integer(id.0)]);
        }
        let along = if total <= FEW && self.conditions.len() > 1 { "" } else { "INDEXED BY people_by_name" };
        let sql = format!(
            "SELECT people.sort_name, people.id FROM people {along} WHERE {conditions} ORDER BY people.sort_name, people.id LIMIT {}",
            u64::from(limit) + 1
        );
        let mut statement = connection.prepare_cached(&sql)?;
        Ok(statement
            .query_map(params_from_iter(&values), |row| Ok((row.get(0)?, PersonId(row.get(1)?))))?
            .collect::<rusqlite::Result<_>>()?)
    }
}

fn slug(platform: PlatformId) -> Value {
    Value::Text(platform.as_str().to_owned())
}

fn write_cursor((name, id): &(String, PersonId)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{name}", id.0))
}

fn read_cursor(text: &str) -> Result<(String, PersonId)> {
    let read = || {
        let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (id, name) = decoded.split_once(':')?;
        Some((name.to_owned(), PersonId(id.parse().ok()?)))
    };
    read()
        .ok_or_else(|| Error::invalid("people", "That is not the cursor of a next page.", "Use the value of `next` from the page before."))
}
