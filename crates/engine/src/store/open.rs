//! Opening the database file: rights, settings, version and realm, in the order in which nothing can be spoiled.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Kind, Remedy, Result};
use crate::transport::Realm;

use super::failure::{file_system, named};
use super::{facts, migrations};

/// The database in a data folder.
pub fn file(folder: &Path) -> PathBuf {
    folder.join("user-sync.db")
}

/// Makes the folder, readable for its owner only. One that exists is left as it is.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| file_system(&error, "Making the data folder", folder))
}

/// Opens for the writer; the caller holds the lock.
pub(super) fn for_writing(folder: &Path, realm: Realm) -> Result<Connection> {
    let file = file(folder);
    make_private(&file)?;
    prepared_for_writing(&file, realm).map_err(|error| named(error, &file))
}

fn prepared_for_writing(file: &Path, realm: Realm) -> Result<Connection> {
    let mut connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    refuse_foreign(&connection)?;
    migrations::refuse_newer(&connection)?;
    if migrations::version(&connection)? > 0 {
        check_realm(&connection, realm)?;
    }
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    migrations::migrate(&mut connection)?;
    facts::set_once(&connection, facts::REALM, realm.as_str())?;
    Ok(connection)
}

/// Opens beside the writer.
pub(super) fn for_reading(file: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Whether a reader may open the database as it is. A newer or unreadable one is an error.
pub(super) fn is_current(folder: &Path) -> Result<bool> {
    let file = file(folder);
    if !file.exists() {
        return Ok(false);
    }
    let look = || {
        let connection = for_reading(&file)?;
        refuse_foreign(&connection)?;
        migrations::refuse_newer(&connection)?;
        Ok(migrations::version(&connection)? == migrations::HISTORY.len() && facts::get(&connection, facts::REALM)?.is_some())
    };
    look().map_err(|error| named(error, &file))
}

/// Refuses the other realm's database.
pub(super) fn check_realm(connection: &Connection, realm: Realm) -> Result<()> {
    match facts::get(connection, facts::REALM)? {
        Some(recorded) if recorded != realm.as_str() => {
            let (holds, wanted) = match realm {
                Realm::Live => ("the demo's made-up company", "real data"),
                Realm::Demo => ("real data", "the demo"),
            };
            Err(Error::new(Kind::Conflict, "store", format!("This data folder holds {holds}, and {wanted} may never mix with it."))
                .remedy(Remedy::FixInput { what: "Choose another data folder.".into() }))
        }
        _ => Ok(()),
    }
}

/// Refuses an SQLite file of some other program.
fn refuse_foreign(connection: &Connection) -> Result<()> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if tables > 0 && migrations::version(connection)? == 0 {
        return Err(Error::new(Kind::Storage, "store", "The database in the data folder belongs to another program. Nothing was changed.")
            .remedy(Remedy::FixInput { what: "Choose another data folder.".into() }));
    }
    Ok(())
}

fn make_private(file: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map_err(|error| file_system(&error, "Opening the database", file))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
            .map_err(|error| file_system(&error, "Making the database private", file))?;
    }
    Ok(())
}
