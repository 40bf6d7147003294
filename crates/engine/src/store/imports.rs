//! Table `imports`: how far an import has come, so that it can go on after a crash, a cancellation or a failure.

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE imports (
    platform TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    teams TEXT NOT NULL,
    team INTEGER NOT NULL,
    cursor TEXT,
    started_at TEXT NOT NULL,
    accounts INTEGER NOT NULL DEFAULT 0,
    new INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
) STRICT;
"];
