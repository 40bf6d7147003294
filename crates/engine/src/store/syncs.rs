//! Table `syncs`: the link of one person to one secondary platform. Absence of a row means `not_synced`.
//!
//! `own_stand_ins` remembers for ever every bot and guest that we made, also when its sync is gone: an import must never
//! take one for a person. A trigger fills it, so that nobody can forget to.

pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE syncs (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id),
    platform TEXT NOT NULL,
    status TEXT NOT NULL,
    detail TEXT,
    representation TEXT,
    stand_in TEXT,
    reason TEXT,
    run INTEGER,
    updated_at TEXT NOT NULL,
    UNIQUE (person, platform)
) STRICT;
CREATE INDEX syncs_by_status ON syncs (platform, status);

CREATE TABLE own_stand_ins (
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (platform, account)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER stand_in_stored AFTER INSERT ON syncs WHEN json_extract(NEW.stand_in, '$.created') BEGIN
    INSERT OR IGNORE INTO own_stand_ins VALUES (NEW.platform, json_extract(NEW.stand_in, '$.id'));
END;
CREATE TRIGGER stand_in_changed AFTER UPDATE OF stand_in ON syncs WHEN json_extract(NEW.stand_in, '$.created') BEGIN
    INSERT OR IGNORE INTO own_stand_ins VALUES (NEW.platform, json_extract(NEW.stand_in, '$.id'));
END;
"];
