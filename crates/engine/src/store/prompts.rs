//! Prompts: what was asked of whom, the open code or link (its secret half sealed), and which answers were read already.

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};

use crate::error::Result;
use crate::model::{GrantId, PlatformId, Recipient, SentMessage, SyncId};
use crate::secrets::KeyId;

use super::columns::{json, maybe_json, to_json, word};

/// The table; one prompt for each sync.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE prompts (
        sync INTEGER PRIMARY KEY REFERENCES syncs(id) ON DELETE CASCADE,
        grant_id INTEGER NOT NULL,
        carrier TEXT NOT NULL,
        recipient TEXT NOT NULL,
        way TEXT NOT NULL,
        state TEXT NOT NULL,
        sealed BLOB,
        text TEXT NOT NULL,
        expires_at INTEGER,
        pace INTEGER NOT NULL DEFAULT 5,
        message TEXT,
        since TEXT NOT NULL,
        cursor TEXT,
        seen TEXT NOT NULL DEFAULT '[]',
        poll_at INTEGER NOT NULL DEFAULT 0,
        read_at INTEGER NOT NULL DEFAULT 0
    ) STRICT;
",
    "
    ALTER TABLE prompts ADD COLUMN key_id BLOB AS (CASE WHEN substr(sealed, 1, 1) = x'02' THEN substr(sealed, 2, 4) END) VIRTUAL;
    ALTER TABLE prompts ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX prompts_by_key ON prompts(key_id) WHERE sealed IS NOT NULL;
",
];

/// How the person authorises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A code that is polled.
    Device,
    /// A link whose end the person answers.
    PasteBack,
}

/// Whether the code or link may still be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PromptState {
    /// Yes.
    Open,
    /// No: an answer brings a new one.
    Expired,
    /// The matter is settled.
    Closed,
}

/// One prompt.
#[derive(Clone, Debug)]
pub(crate) struct Prompt {
    pub(crate) sync: SyncId,
    pub(crate) grant: GrantId,
    /// The platform that carries it.
    pub(crate) carrier: PlatformId,
    pub(crate) to: Recipient,
    pub(crate) way: Way,
    pub(crate) state: PromptState,
    /// The secret half of the code or link.
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) text: String,
    /// Milliseconds since 1970.
    pub(crate) expires_at: Option<i64>,
    /// Seconds between polls, as the server asked.
    pub(crate) pace: u32,
    pub(crate) message: Option<SentMessage>,
    /// Older answers belong to something else.
    pub(crate) since: Timestamp,
    pub(crate) cursor: Option<String>,
    /// Answers that were read.
    pub(crate) seen: Vec<String>,
    /// When the code may be polled next, milliseconds since 1970.
    pub(crate) poll_at: i64,
    /// When answers are read next, milliseconds since 1970.
    pub(crate) read_at: i64,
    /// How often somebody else's account was authorised with it.
    pub(crate) wrong: u32,
}

/// Writes a prompt, in place of the sync's former one.
pub(crate) fn put(transaction: &Transaction<'_>, prompt: &Prompt) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO prompts (sync, grant_id, carrier, recipient, way, state, sealed, text, expires_at, pace, message, since, cursor, seen, \
             poll_at, read_at, wrong) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            prompt.sync.0,
            prompt.grant.0,
            prompt.carrier.as_str(),
            to_json(&prompt.to)?,
            match prompt.way {
                Way::Device => "device",
                Way::PasteBack => "paste_back",
            },
            state_word(prompt.state),
            prompt.sealed,
            prompt.text,
            prompt.expires_at,
            prompt.pace,
            prompt.message.as_ref().map(to_json).transpose()?,
            prompt.since.to_string(),
            prompt.cursor,
            to_json(&prompt.seen)?,
            prompt.poll_at,
            prompt.read_at,
            prompt.wrong
        ])?;
    Ok(())
}

/// The prompt of a sync.
pub(crate) fn of_sync(connection: &Connection, sync: SyncId) -> Result<Option<Prompt>> {
    let mut statement = connection.prepare_cached(
        "SELECT sync, grant_id, carrier, recipient, way, state, sealed, text, expires_at, pace, message, since, cursor, seen, poll_at, read_at, \
         wrong FROM prompts WHERE sync = ?",
    )?;
    let mut rows = statement.query([sync.0])?;
    rows.next()?.map(read).transpose()
}

/// Every sync whose prompt a person can read and that is not settled, and where it lies.
pub(crate) fn standing(connection: &Connection) -> Result<Vec<(SyncId, PlatformId)>> {
    let mut statement = connection.prepare_cached("SELECT sync, carrier FROM prompts WHERE message IS NOT NULL AND state <> 'closed'")?;
    Ok(statement.query_map([], |row| Ok((SyncId(row.get(0)?), word(row, 1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Settles the matter: the secret half is destroyed.
pub(crate) fn close(transaction: &Transaction<'_>, sync: SyncId) -> Result<()> {
    transaction.prepare_cached("UPDATE prompts SET state = 'closed', sealed = NULL WHERE sync = ?")?.execute([sync.0])?;
    Ok(())
}

/// The clock may show anything since these times were written down: codes are asked about again after their own pace (`exactly`: not
/// sooner either), answers are read again within minutes.
pub(crate) fn look_soon(transaction: &Transaction<'_>, now: i64, exactly: bool) -> Result<()> {
    const WITHIN: i64 = 600_000;
    transaction
        .prepare_cached(
            "UPDATE prompts SET poll_at = CASE WHEN ?2 AND way = 'device' AND state = 'open' THEN ?1 + pace * 1000 ELSE min(poll_at, ?1 + pace * 1000) END,
             read_at = min(read_at, ?1 + ?3) WHERE state <> 'closed'",
        )?
        .execute(params![now, exactly, WITHIN])?;
    transaction
        .prepare_cached(
            "UPDATE steps SET not_before = min(not_before, ?1 + 1000 * ifnull((SELECT pace FROM prompts WHERE prompts.sync = steps.sync), 5))
             WHERE state = 'waiting' AND not_before < ?2",
        )?
        .execute(params![now, super::steps::PARKED])?;
    Ok(())
}

/// Remembers where the message lies.
pub(crate) fn sent(transaction: &Transaction<'_>, sync: SyncId, message: &SentMessage) -> Result<()> {
    transaction.prepare_cached("UPDATE prompts SET message = ? WHERE sync = ?")?.execute(params![to_json(message)?, sync.0])?;
    Ok(())
}

/// The syncs whose code or link lies under each key; `None` for what was sealed before keys had ids.
pub(crate) fn under_keys(connection: &Connection) -> Result<Vec<(Option<KeyId>, SyncId)>> {
    let mut statement = connection.prepare_cached("SELECT key_id, sync FROM prompts WHERE sealed IS NOT NULL ORDER BY key_id")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, Option<[u8; KeyId::LENGTH]>>(0)?.map(KeyId), SyncId(row.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Codes and links that lie under another key than this one, after a sync; at most so many.
pub(crate) fn not_under(connection: &Connection, key: KeyId, after: SyncId, limit: u32) -> Result<Vec<(SyncId, Vec<u8>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT sync, sealed FROM prompts WHERE sealed IS NOT NULL AND key_id IS NOT ? AND sync > ? ORDER BY sync LIMIT ?",
    )?;
    let rows = statement.query_map(params![key.0, after.0, limit], |row| Ok((SyncId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Replaces a sealed code or link by the same under another key, unless it is a newer one meanwhile.
pub(crate) fn resealed(transaction: &Transaction<'_>, sync: SyncId, old: &[u8], new: &[u8]) -> Result<()> {
    transaction.prepare_cached("UPDATE prompts SET sealed = ? WHERE sync = ? AND sealed = ?")?.execute(params![new, sync.0, old])?;
    Ok(())
}

fn state_word(state: PromptState) -> &'static str {
    match state {
        PromptState::Open => "open",
        PromptState::Expired => "expired",
        PromptState::Closed => "closed",
    }
}

fn read(row: &Row<'_>) -> Result<Prompt> {
    let text = |at: usize| row.get::<_, String>(at);
    Ok(Prompt {
        sync: SyncId(row.get(0)?),
        grant: GrantId(row.get(1)?),
        carrier: word(row, 2)?,
        to: json(row, 3)?,
        way: if text(4)? == "device" { Way::Device } else { Way::PasteBack },
        state: match text(5)?.as_str() {
            "open" => PromptState::Open,
            "expired" => PromptState::Expired,
            _ => PromptState::Closed,
        },
        sealed: row.get(6)?,
        text: row.get(7)?,
        expires_at: row.get(8)?,
        pace: row.get(9)?,
        message: maybe_json(row, 10)?,
        since: word(row, 11)?,
        cursor: row.get(12)?,
        seen: json(row, 13)?,
        poll_at: row.get(14)?,
        read_at: row.get(15)?,
        wrong: row.get(16)?,
    })
}
