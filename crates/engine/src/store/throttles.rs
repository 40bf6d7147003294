//! Table `throttles`: until when a platform asked to be left alone, so that a restart does not come back too early.

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
