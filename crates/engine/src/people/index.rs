//! Everybody who is listed, in memory and in the order of names: what filters, facets and sorting look at, about 30 bytes a person.
//!
//! Built by one look at all people and all syncs. It is kept fresh by pull: a list first asks the history whose rows have
//! changed and reads only those anew; where people changed by the thousand (an import, links), or platforms were connected
//! or disconnected, it is built anew. What was last searched for is remembered, because it is asked again with every change.
//!
//! It knows no words of filters (`listing` does), and no names: rows are read from the store.

use std::sync::Arc;

use rusqlite::Connection;

use crate::error::{Error, Kind, Result};
use crate::model::{PersonId, PlatformId, Status};
use crate::store::columns::maybe_word;
use crate::store::{connections, facts, history};

use super::views::status_of;

/// More entries of the history than this are not followed one by one.
const FEW: i64 = 20_000;
/// The place of who is not listed, and the platform of who has none.
const NONE: u32 = u32::MAX;

/// A set of platforms, by their places in [`Index::platforms`].
pub(super) type Set = u32;

/// A sync as lists see it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    /// Nothing where there is no sync.
    pub(super) status: Option<Status>,
    /// The place of its reason's word in [`Index::reasons`], plus one; 0 is none.
    pub(super) reason: u16,
}

/// Everybody who is listed.
#[derive(Debug)]
pub(super) struct Index {
    /// In the order in which people see them; those that only the database knows come last.
    pub(super) platforms: Vec<PlatformId>,
    /// Those that are connected.
    pub(super) connected: Set,
    /// The words of all reasons.
    pub(super) reasons: Vec<String>,
    /// Who, by name.
    ids: Vec<u32>,
    /// Where somebody stands in `ids`.
    places: Vec<u32>,
    /// Listed (false: gone since this was built), offered, primary platform, platforms with an account.
    people: Vec<Place>,
    /// For each platform the syncs to it.
    syncs: Vec<Vec<Cell>>,
    connections: Vec<PlatformId>,
    version: Option<String>,
    fed: i64,
    searched: Option<(String, Arc<[bool]>)>,
}

/// One person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) listed: bool,
    pub(super) offered: bool,
    primary: u8,
    pub(super) on: Set,
}

impl Place {
    const GONE: Self = Self { listed: false, offered: false, primary: u8::MAX, on: 0 };

    /// The place of the primary platform in [`Index::platforms`].
    pub(super) fn primary(self) -> Option<usize> {
        (self.primary != u8::MAX).then_some(usize::from(self.primary))
    }
}

impl Index {
    /// The index as the database stands now. `order`: the platforms in the order in which people see them.
    pub(super) fn fresh<'a>(kept: &'a mut Option<Self>, connection: &Connection, order: &[PlatformId]) -> Result<&'a mut Self> {
        let still = match kept.as_mut() {
            Some(index) => index.follow(connection)?,
            None => false,
        };
        if still && let Some(index) = kept.take() {
            return Ok(kept.insert(index));
        }
        // Not two of them in memory at once.
        *kept = None;
        Ok(kept.insert(Self::build(connection, order)?))
    }

    /// Reads anew what has changed; false when everything is to be read anew.
    fn follow(&mut self, connection: &Connection) -> Result<bool> {
        if self.connections != connections::platforms(connection)? || self.version != facts::get(connection, facts::PEOPLE_VERSION)? {
            return Ok(false);
        }
        let newest = history::newest(connection)?;
        if newest == self.fed {
            return Ok(true);
        }
        if newest - self.fed > FEW {
            return Ok(false);
        }
        for person in history::people_since(connection, self.fed)? {
            if !self.read_person(connection, person)? {
                return Ok(false);
            }
        }
        self.fed = newest;
        Ok(true)
    }

    /// Reads one person anew; false when there is no place for them.
    fn read_person(&mut self, connection: &Connection, person: PersonId) -> Result<bool> {
        let mut statement =
            connection.prepare_cached("SELECT offered, primary_platform, platforms FROM people WHERE id = ?1 AND listed")?;
        let mut rows = statement.query([person.0])?;
        let now = rows.next()?.map(|row| self.place(row, 0)).transpose()?;
        let Some(at) = self.at(person) else { return Ok(now.is_none()) };
        self.people[at] = now.unwrap_or(Place::GONE);
        for column in &mut self.syncs {
            column[at] = Cell::default();
        }
        let mut statement = connection.prepare_cached("SELECT platform, status, reason ->> '$.kind' FROM syncs WHERE person = ?1")?;
        let mut rows = statement.query([person.0])?;
        while let Some(row) = rows.next()? {
            self.read_sync(row, 0, at)?;
        }
        Ok(true)
    }

    fn build(connection: &Connection, order: &[PlatformId]) -> Result<Self> {
        let connections = connections::platforms(connection)?;
        let mut index = Self {
            platforms: Vec::new(),
            connected: 0,
            reasons: Vec::new(),
            ids: Vec::new(),
            places: Vec::new(),
            people: Vec::new(),
            syncs: Vec::new(),
            version: facts::get(connection, facts::PEOPLE_VERSION)?,
            fed: history::newest(connection)?,
            connections: Vec::new(),
            searched: None,
        };
        let mut statement =
            connection.prepare_cached("SELECT id FROM people INDEXED BY people_by_name WHERE listed ORDER BY sort_name, id")?;
        index.ids = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let last = index.ids.iter().max().map_or(0, |last| *last as usize + 1);
        index.places = vec![NONE; last];
        for (at, id) in (0u32..).zip(&index.ids) {
            index.places[*id as usize] = at;
        }
        index.people = vec![Place::GONE; index.ids.len()];
        for platform in order.iter().chain(&connections) {
            let at = index.platform(*platform)?;
            if connections.contains(platform) {
                index.connected |= 1 << at;
            }
        }
        index.connections = connections;

        let mut statement =
            connection.prepare_cached("SELECT id, offered, primary_platform, platforms FROM people NOT INDEXED WHERE listed")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(at) = index.at(PersonId(row.get(0)?)) {
                index.people[at] = index.place(row, 1)?;
            }
        }
        let mut statement = connection.prepare_cached("SELECT person, platform, status, reason ->> '$.kind' FROM syncs NOT INDEXED")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(at) = index.at(PersonId(row.get(0)?)) {
                index.read_sync(row, 1, at)?;
            }
        }
        Ok(index)
    }

    /// The place of a platform; a new one gets one.
    fn platform(&mut self, platform: PlatformId) -> Result<usize> {
        if let Some(at) = self.platforms.iter().position(|known| *known == platform) {
            return Ok(at);
        }
        if self.platforms.len() >= Set::BITS as usize {
            return Err(Error::new(Kind::Bug, "people", "There are more platforms than User Sync can list."));
        }
        self.platforms.push(platform);
        self.syncs.push(vec![Cell::default(); self.ids.len()]);
        Ok(self.platforms.len() - 1)
    }

    /// Reads `offered, primary_platform, platforms` from a column on.
    fn place(&mut self, row: &rusqlite::Row<'_>, column: usize) -> Result<Place> {
        let primary: Option<PlatformId> = maybe_word(row, column + 1)?;
        let primary = primary.map(|platform| self.platform(platform)).transpose()?;
        let mut on = 0;
        for slug in row.get_ref(column + 2)?.as_str().map_err(rusqlite::Error::from)?.split_whitespace() {
            if let Ok(platform) = slug.parse() {
                on |= 1 << self.platform(platform)?;
            }
        }
        let primary = primary.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX);
        Ok(Place { listed: true, offered: row.get(column)?, primary, on })
    }

    /// Reads `platform, status, kind of reason` from a column on.
    fn read_sync(&mut self, row: &rusqlite::Row<'_>, column: usize, at: usize) -> Result<()> {
        let platform = crate::store::columns::word(row, column)?;
        let platform = self.platform(platform)?;
        let status = status_of(row.get_ref(column + 1)?.as_str().map_err(rusqlite::Error::from)?, column + 1)?;
        let reason = match row.get_ref(column + 2)?.as_str_or_null().map_err(rusqlite::Error::from)? {
            Some(word) => self.reason(word),
            None => 0,
        };
        self.syncs[platform][at] = Cell { status: Some(status), reason };
        Ok(())
    }

    fn reason(&mut self, word: &str) -> u16 {
        let at = self.reasons.iter().position(|known| known == word).unwrap_or_else(|| {
            self.reasons.push(word.to_owned());
            self.reasons.len() - 1
        });
        u16::try_from(at + 1).unwrap_or(u16::MAX)
    }

    /// How many places there are: who is listed, and who went since.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Who stands at a place.
    pub(super) fn id(&self, at: usize) -> PersonId {
        PersonId(i64::from(self.ids[at]))
    }

    /// Where somebody stands.
    pub(super) fn at(&self, person: PersonId) -> Option<usize> {
        let at = usize::try_from(person.0).ok().and_then(|id| self.places.get(id))?;
        (*at != NONE).then_some(*at as usize)
    }

    /// The person at a place.
    pub(super) fn person(&self, at: usize) -> Place {
        self.people[at]
    }

    /// The sync of the person at a place to the platform at a place.
    pub(super) fn sync(&self, at: usize, platform: usize) -> Cell {
        self.syncs[platform][at]
    }

    /// Who has these words (in the language of the index of words), by place.
    pub(super) fn search(&mut self, connection: &Connection, words: &str) -> Result<Arc<[bool]>> {
        if let Some((last, found)) = &self.searched
            && last == words
        {
            return Ok(Arc::clone(found));
        }
        let mut found = vec![false; self.len()];
        let mut statement = connection.prepare_cached("SELECT rowid FROM person_words WHERE person_words MATCH ?1")?;
        let mut rows = statement.query([words])?;
        while let Some(row) = rows.next()? {
            if let Some(at) = self.at(PersonId(row.get(0)?)) {
                found[at] = true;
            }
        }
        let found: Arc<[bool]> = found.into();
        self.searched = Some((words.to_owned(), Arc::clone(&found)));
        Ok(found)
    }
}
