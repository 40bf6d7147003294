//! The one thread that changes the database. It takes every closure that waits into one transaction, so that a hundred
//! small decisions cost one flush of the disk.
//!
//! SQLite itself gives a whole transaction up on some failures (a full disk): then every closure of that transaction
//! gets the error, because none of them was committed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{Error, Kind, Result};

use super::failure::{file_system, named};

/// How many closures share a transaction at most: a limit on how long the first one waits.
const BATCH: usize = 128;

/// Runs when it gets a transaction; is only told when there is none.
type Job = Box<dyn FnOnce(Result<&Transaction<'_>>) -> Ran + Send>;

/// What became of a closure, before the commit.
struct Ran {
    error: Option<Error>,
    /// Tells the caller, given why the transaction failed if it did.
    answer: Box<dyn FnOnce(Option<Error>)>,
}

enum Message {
    Run(Job),
    /// A look at the connection between two transactions.
    #[cfg(test)]
    Look(Box<dyn FnOnce(&Connection) + Send>),
    Stop,
}

#[derive(Debug)]
pub(super) struct Writer {
    queue: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, file: &Path) -> Result<Self> {
        let (queue, waiting) = channel();
        let owned = file.to_owned();
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || run(connection, &waiting, &owned))
            .map_err(|error| file_system(&error, "Starting the database's writer", file))?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Queues `work`; the result arrives after the commit.
    pub(super) fn hand_over<T, F>(&self, work: F) -> Result<Receiver<Result<T>>>
    where
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (sender, answered) = sync_channel(1);
        let job: Job = Box::new(move |transaction| {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(transaction?))).unwrap_or_else(|_| {
                Err(Error::new(Kind::Bug, "store", "A change of the database broke off by a mistake of User Sync and was undone."))
            });
            Ran { error: outcome.as_ref().err().cloned(), answer: Box::new(move |failure| tell(&sender, failure.map_or(outcome, Err))) }
        });
        self.queue.send(Message::Run(job)).map_err(|_| ended())?;
        Ok(answered)
    }

    /// Looks at the writer's own connection, or changes its settings.
    #[cfg(test)]
    pub(super) fn look<T: Send + 'static>(&self, look: impl FnOnce(&Connection) -> T + Send + 'static) -> Result<Receiver<T>> {
        let (sender, answered) = sync_channel(1);
        self.queue.send(Message::Look(Box::new(move |connection| drop(sender.send(look(connection)))))).map_err(|_| ended())?;
        Ok(answered)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let stopped = self.queue.send(Message::Stop).is_err();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!(stopped, "the database's writer had ended by a mistake");
        }
    }
}

/// The error when the writer is gone.
pub(super) fn ended() -> Error {
    Error::new(Kind::Cancelled, "store", "User Sync is closing the database.")
}

fn tell<T>(sender: &SyncSender<Result<T>>, outcome: Result<T>) {
    if sender.send(outcome).is_err() {
        tracing::trace!("nobody waits for this change any more");
    }
}

fn run(mut connection: Connection, waiting: &Receiver<Message>, file: &Path) {
    while let Ok(first) = waiting.recv() {
        let mut jobs = Vec::new();
        let mut stop = false;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Run(job) => jobs.push(job),
                #[cfg(test)]
                Message::Look(look) => look(&connection),
                Message::Stop => stop = true,
            }
            next = if jobs.len() < BATCH && !stop { waiting.try_recv().ok() } else { None };
        }
        if !jobs.is_empty() {
            batch(&mut connection, jobs, file);
        }
        if stop {
            break;
        }
    }
}

fn batch(connection: &mut Connection, jobs: Vec<Job>, file: &Path) {
    let mut left = jobs.into_iter();
    let mut ran = Vec::with_capacity(left.len());
    let failure = in_transaction(connection, &mut left, &mut ran).err();
    for Ran { error, answer } in ran {
        // A closure's own error says more than its transaction's.
        answer(error.or_else(|| failure.clone()).map(|error| named(error, file)));
    }
    // A transaction that SQLite gave up takes only those with it that had run.
    if left.len() > 0 {
        batch(connection, left.collect(), file);
    }
}

fn in_transaction(connection: &mut Connection, jobs: &mut impl Iterator<Item = Job>, ran: &mut Vec<Ran>) -> Result<()> {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = Error::from(error);
            ran.extend(jobs.map(|job| job(Err(error.clone()))));
            return Err(error);
        }
    };
    for job in jobs {
        if let Err(error) = transaction.execute_batch("SAVEPOINT closure") {
            let error = Error::from(error);
            ran.push(job(Err(error.clone())));
            return Err(error);
        }
        let outcome = job(Ok(&transaction));
        let failed = outcome.error.clone();
        ran.push(outcome);
        if transaction.is_autocommit() {
            return Err(failed.unwrap_or_else(|| Error::new(Kind::Bug, "store", "The database ended a change too early; it was undone.")));
        }
        transaction.execute_batch(if failed.is_some() { "ROLLBACK TO closure; RELEASE closure" } else { "RELEASE closure" })?;
    }
    Ok(transaction.commit()?)
}
