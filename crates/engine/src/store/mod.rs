//! Everything User Sync remembers: one SQLite file in the data folder, one writer, many readers.
//!
//! Why a struct and not a trait: there is one store, and tests use it too, in a temporary folder.
//!
//! # How to use it
//! - [`Store::write`] runs a closure inside the next transaction and returns after that transaction is on the disk. The
//!   writer thread puts waiting closures into one transaction, each in a savepoint of its own: a closure that fails is
//!   undone alone, and nobody hears of success before the commit. A closure that was handed over is finished even when
//!   its caller goes away, so one closure holds one whole decision (a change of state *and* its cause).
//! - [`Store::read`] runs a closure on a snapshot of its own and never waits for the writer.
//! - Inside closures `?` works on `rusqlite::Error` and on [`crate::Error`]. Closures do no I/O but SQL.
//!
//! # How to add a table
//! One file per table: `MIGRATIONS: &[&str]` and plain functions, those that write taking `&rusqlite::Transaction`,
//! those that read `&rusqlite::Connection` (a `&Transaction` coerces to it). Its migrations are named in
//! `migrations::HISTORY`, always at the end. Prepare with `prepare_cached`.
//!
//! What this folder must not know: platforms, networks, secrets in the clear. Reads and writes wait in
//! `spawn_blocking`, because tokio's paused time stands still exactly while blocking tasks run.

pub mod accounts;
pub(crate) mod approvals;
pub mod audit;
pub(crate) mod columns;
pub mod conflicts;
pub mod connections;
pub mod directory;
pub(crate) mod doubts;
pub(crate) mod facts;
mod failure;
pub(crate) mod grants;
pub mod history;
pub mod imports;
mod lock;
mod migrations;
mod open;
pub mod people;
pub(crate) mod prompts;
mod readers;
pub(crate) mod resets;
pub mod runs;
pub(crate) mod scratch;
pub(crate) mod slot_ends;
pub(crate) mod steps;
pub mod syncs;
pub(crate) mod throttles;
pub(crate) mod undos;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Transaction};

use crate::error::{Error, Kind, Remedy, Result};
use crate::transport::Realm;

use lock::Lock;
use readers::Readers;
use writer::Writer;

pub use open::file;

/// The database and, unless it was opened for reading only, the sole right to change it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    realm: Realm,
    readers: Arc<Readers>,
    // Before the lock: the last transaction ends while the folder is still ours.
    writer: Option<Writer>,
    _lock: Option<Lock>,
}

impl Store {
    /// Opens the data folder for work; makes it when it is not there, and brings an older database up to date.
    ///
    /// Errors: `Kind::Conflict` when another engine holds the folder or it belongs to the other realm; `Kind::Storage`
    /// when the database is newer (`Remedy::Update`), damaged or not writable. Nothing is ever deleted.
    pub fn open(folder: &Path, realm: Realm) -> Result<Self> {
        open::make_folder(folder)?;
        let lock = Lock::take(folder)?;
        scratch::sweep(folder)?;
        let connection = open::for_writing(folder, realm)?;
        let file = open::file(folder);
        let writer = Writer::start(connection, &file)?;
        Ok(Self(Arc::new(Inner {
            folder: folder.to_owned(),
            realm,
            readers: Arc::new(Readers::new(file)),
            writer: Some(writer),
            _lock: Some(lock),
        })))
    }

    /// Opens the data folder for reading, beside whoever works with it.
    ///
    /// A folder without a database, or with an older one, is first opened for work and let go again.
    pub fn open_reading(folder: &Path, realm: Realm) -> Result<Self> {
        if !open::is_current(folder)? {
            drop(Self::open(folder, realm)?);
        }
        let readers = Readers::new(open::file(folder));
        readers.with(|connection| open::check_realm(connection, realm))?;
        Ok(Self(Arc::new(Inner { folder: folder.to_owned(), realm, readers: Arc::new(readers), writer: None, _lock: None })))
    }

    /// Live or demo.
    pub fn realm(&self) -> Realm {
        self.0.realm
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Runs `work` in the next transaction and returns when it is committed. An error undoes what `work` did, and only that.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(writer) = &self.0.writer else {
            return Err(Error::new(Kind::Conflict, "store", "The data folder was opened for reading only.")
                .remedy(Remedy::FixInput { what: "Use a command that may change things.".into() }));
        };
        let answered = writer.hand_over(work)?;
        waited(tokio::task::spawn_blocking(move || answered.recv()).await)?.unwrap_or_else(|_| Err(writer::ended()))
    }

    /// Looks at the writer's own connection, or changes its settings, between two transactions.
    #[cfg(test)]
    pub(crate) async fn on_writer<T: Send + 'static>(&self, look: impl FnOnce(&Connection) -> T + Send + 'static) -> T {
        let answered = self.0.writer.as_ref().unwrap().look(look).unwrap();
        tokio::task::spawn_blocking(move || answered.recv()).await.unwrap().unwrap()
    }

    /// Runs `work` on a snapshot of the database.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let readers = Arc::clone(&self.0.readers);
        waited(tokio::task::spawn_blocking(move || readers.with(work)).await)?
    }
}

fn waited<T>(outcome: std::result::Result<T, tokio::task::JoinError>) -> Result<T> {
    outcome.map_err(|error| {
        if error.is_panic() {
            Error::new(Kind::Bug, "store", "A look into the database broke off by a mistake of User Sync.")
        } else {
            Error::new(Kind::Cancelled, "store", "User Sync is closing.")
        }
    })
}

#[cfg(test)]
mod tests;
