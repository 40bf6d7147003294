//! Table `throttles`: until when a platform asked to be left alone, so that a restart does not come back too early.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use crate::error::Result;
use crate::pace::Throttle;

use super::columns::word;

/// The table. Times are milliseconds since 1970; `pause` is how long was asked for, so that a clock that jumps cannot make it longer.
pub(super) const MIGRATIONS: &[&str] = &["
    CREATE TABLE throttles (
        platform TEXT NOT NULL,
        class TEXT NOT NULL,
        channel TEXT NOT NULL DEFAULT '',
        until INTEGER NOT NULL,
        pause INTEGER NOT NULL,
        PRIMARY KEY (platform, class, channel)
    ) STRICT, WITHOUT ROWID;
"];

/// Writes one down, in place of an earlier one of the same kind, and drops those that are over.
pub(crate) fn keep(transaction: &Transaction<'_>, throttle: &Throttle, now: Timestamp) -> Result<()> {
    transaction.prepare_cached("DELETE FROM throttles WHERE until <= ?")?.execute([now.as_millisecond()])?;
    // Rounded up: never a moment earlier than was asked for.
    let pause = i64::try_from(throttle.pause.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
    transaction
        .prepare_cached(
            "INSERT INTO throttles (platform, class, channel, until, pause) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET until = excluded.until, pause = excluded.pause",
        )?
        .execute(params![
            throttle.platform.as_str(),
            throttle.class,
            throttle.channel.as_deref().unwrap_or_default(),
            throttle.until.as_millisecond() + 1,
            pause,
        ])?;
    Ok(())
}

/// All of them, whether they are over or not.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Throttle>> {
    let mut statement = connection.prepare_cached("SELECT platform, class, channel, until, pause FROM throttles")?;
    let throttles = statement.query_map([], |row| {
        Ok(Throttle {
            platform: word(row, 0)?,
            class: row.get(1)?,
            channel: Some(row.get::<_, String>(2)?).filter(|channel| !channel.is_empty()),
            until: Timestamp::from_millisecond(row.get(3)?).unwrap_or_default(),
            pause: Duration::from_millis(u64::try_from(row.get::<_, i64>(4)?).unwrap_or_default()),
        })
    })?;
    Ok(throttles.collect::<rusqlite::Result<_>>()?)
}
