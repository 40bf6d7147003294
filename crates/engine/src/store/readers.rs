//! Read-only connections, opened as they are needed and kept for the next reader. Only so many read at once: a connection that
//! is opened anew reads the whole schema first, which costs more than waiting for one that lies ready.
//!
//! Whoever waits for one blocks a thread and not a task: a task that was given its turn and is not polled just then would keep it
//! from everybody else.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::error::Result;

use super::failure::named;
use super::open;

/// How many read at once.
const AT_ONCE: usize = 6;

pub(super) struct Readers {
    file: PathBuf,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    /// How many there are, in use or idle.
    open: usize,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Readers {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, pool: Mutex::default(), returned: Condvar::new() }
    }

    /// Runs `work` inside one read transaction, so that everything it sees belongs together. Blocks until it is its turn.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.on_snapshot(work).map_err(|error| named(error, &self.file))
    }

    fn on_snapshot<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut lent = self.lend();
        let connection = match lent.connection.take() {
            Some(connection) => connection,
            None => open::for_reading(&self.file)?,
        };
        let snapshot = connection.unchecked_transaction()?;
        let result = work(&snapshot);
        snapshot.finish()?;
        lent.connection = Some(connection);
        result
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to a connection, with one that lies ready if there is one.
    fn lend(&self) -> Lent<'_> {
        let full = |pool: &mut Pool| pool.idle.is_empty() && pool.open >= AT_ONCE;
        let mut pool = self.returned.wait_while(self.pool(), full).unwrap_or_else(PoisonError::into_inner);
        let connection = pool.idle.pop();
        pool.open += usize::from(connection.is_none());
        Lent { readers: self, connection }
    }
}

/// A right to a connection; given back when dropped, with the connection if that is sound.
struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.pool();
        match self.connection.take() {
            Some(connection) => pool.idle.push(connection),
            None => pool.open -= 1,
        }
        drop(pool);
        self.readers.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::Store;
    use crate::transport::Realm;

    #[test]
    fn many_read_with_few_connections_and_one_that_breaks_off_gives_its_turn_back() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path(), Realm::Demo).unwrap());
        let readers = Readers::new(open::file(folder.path()));
        let one = |number: usize| {
            readers.with(|db| {
                // Slow enough that they meet.
                db.busy_timeout(Duration::from_millis(10))?;
                assert!(!number.is_multiple_of(5), "breaks off");
                Ok(db.query_row(
                    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) SELECT max(x) FROM n",
                    [],
                    |row| row.get::<_, i64>(0),
                )?)
            })
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..60)
                .map(|number| {
                    (
                        number,
                        scope.spawn({
                            let one = &one;
                            move || one(number)
                        }),
                    )
                })
                .collect();
            for (number, each) in all {
                assert_eq!(each.join().ok().map(Result::unwrap), (number % 5 != 0).then_some(20_000));
            }
        });
        let pool = readers.pool();
        assert!(pool.open <= AT_ONCE && pool.open == pool.idle.len(), "{} open, {} idle", pool.open, pool.idle.len());
    }
}
