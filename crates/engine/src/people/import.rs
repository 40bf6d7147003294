//! Reads a platform's accounts page by page into the store.
//!
//! Accounts are stored in one transaction together with the cursor of the page that follows them, so an import that broke off
//! (crash, failure, cancellation) goes on where it was. Pages that arrive fast share a transaction; none waits longer than half
//! a second for it. While one transaction is written the next pages are already fetched, up to a limit on memory. Only after the last
//! page do accounts that were not seen count as gone, and only then are people settled, by whoever called.
//!
//! An interrupted import is taken up within a day; a cursor that the platform no longer accepts means beginning anew, once.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::time::Instant;

use crate::cancel::Cancel;
use crate::error::{Error, Kind, Result};
use crate::model::{Account, AccountKind, Page, PlatformId};
use crate::platform::Connection;
use crate::store::accounts::{self, Seen};
use crate::store::imports::{self, ImportState};
use crate::store::{Store, connections, facts};

/// So many accounts are worth a transaction of their own: their ids lie all over the index, so that a few thousand touch hardly
/// more of its pages than a few hundred. No more than as many again wait in memory meanwhile; then fetching waits too.
const TOGETHER: usize = 5_000;

/// The longest time that fetched accounts wait to be stored.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long an interrupted import may rest before it begins anew.
const REST: SignedDuration = SignedDuration::from_hours(24);

/// What an import did. Accounts are those of humans; bots and our own stand-ins do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct Imported {
    /// Seen.
    pub accounts: u64,
    /// Never seen before.
    pub new: u64,
    /// Known and different now.
    pub changed: u64,
    /// Known and not seen any more.
    pub gone: u64,
}

/// One import.
pub struct Import<'a> {
    /// Where to.
    pub store: &'a Store,
    /// Which platform.
    pub platform: PlatformId,
    /// Where from.
    pub connection: &'a dyn Connection,
    /// The chosen teams; empty means everyone.
    pub teams: Vec<String>,
    /// Now.
    pub now: Timestamp,
    /// Is told after each page how far it is.
    pub progress: &'a (dyn Fn(Imported) + Sync),
    /// The admin's wish to stop; obeyed between pages, and while waiting for one.
    pub cancel: &'a Cancel,
}

impl Import<'_> {
    /// Runs to the end. Afterwards the people are to be settled: [`super::settle::settle`].
    pub async fn run(self) -> Result<Imported> {
        let state = self.begin(false).await?;
        let resumed = state.cursor.is_some();
        match self.pages(state).await {
            Err(error) if resumed && matches!(error.kind, Kind::Invalid | Kind::NotFound) => {
                tracing::info!(platform = %self.platform, "the saved place of the import is no longer known there; it begins anew");
                let state = self.begin(true).await?;
                self.pages(state).await
            }
            outcome => outcome,
        }
    }

    async fn begin(&self, anew: bool) -> Result<ImportState> {
        let (platform, teams, now) = (self.platform, self.teams.clone(), self.now);
        self.store
            .write(move |transaction| {
                let before = imports::get(transaction, platform)?;
                let generation = before.as_ref().map_or(1, |before| before.generation + 1);
                let resumable =
                    |before: &ImportState| !before.done && before.teams == teams && now.duration_since(before.started_at) < REST;
                if let Some(before) = before.filter(|before| !anew && resumable(before)) {
                    return Ok(before);
                }
                let state =
                    ImportState { generation, teams, team: 0, cursor: None, started_at: now, accounts: 0, new: 0, changed: 0, done: false };
                imports::put(transaction, platform, &state)?;
                Ok(state)
            })
            .await
    }

    async fn pages(&self, state: ImportState) -> Result<Imported> {
        let mut saved = state.clone();
        let mut seen = HashSet::from([(state.team, state.cursor.clone())]);
        let mut at = Some(state);
        let mut fetched = Vec::new();
        let mut since = Instant::now();
        let mut writing = None;
        while let Some(here) = at {
            let due = fetched.len() >= TOGETHER || !fetched.is_empty() && since.elapsed() >= PATIENCE;
            if due && writing.is_none() {
                since = Instant::now();
                writing = Some(Box::pin(self.write(std::mem::take(&mut fetched), saved.clone(), Some(here.clone()))));
            }
            if fetched.len() >= TOGETHER
                && let Some(write) = writing.take()
            {
                saved = self.written(write.await)?;
                at = Some(here);
                continue;
            }
            let page = {
                let mut fetch = std::pin::pin!(self.fetch(&here));
                loop {
                    let Some(write) = writing.take() else { break fetch.await };
                    match select(write, fetch.as_mut()).await {
                        Either::Left((written, _)) => saved = self.written(written)?,
                        Either::Right((page, write)) => {
                            writing = Some(write);
                            break page;
                        }
                    }
                }
            };
            let mut page = match page {
                Ok(page) => page,
                Err(error) => {
                    // What arrived before the failure is kept.
                    if let Some(write) = writing {
                        saved = self.written(write.await)?;
                    }
                    self.write(fetched, saved, Some(here)).await?;
                    return Err(error);
                }
            };
            fetched.append(&mut page.items);
            at = following(&here, page.next, &mut seen)?;
        }
        if let Some(write) = writing {
            saved = self.written(write.await)?;
        }
        let state = self.write(fetched, saved, None).await?;
        self.finish(state).await
    }

    fn written(&self, outcome: Result<ImportState>) -> Result<ImportState> {
        let state = outcome?;
        (self.progress)(counts(&state));
        Ok(state)
    }

    async fn fetch(&self, at: &ImportState) -> Result<Page<Account>> {
        self.cancel.check("import")?;
        let fetch = std::pin::pin!(self.connection.accounts(at.teams.get(at.team).map(String::as_str), at.cursor.as_deref()));
        let cancelled = std::pin::pin!(self.cancel.cancelled());
        match select(cancelled, fetch).await {
            Either::Left(_) => self.cancel.check("import").and(Err(Error::new(Kind::Cancelled, "import", "It was cancelled."))),
            Either::Right((page, _)) => page,
        }
    }

    /// Writes accounts and where the page after them is; gives the state that was written.
    async fn write(&self, page: Vec<Account>, mut state: ImportState, next: Option<ImportState>) -> Result<ImportState> {
        let platform = self.platform;
        self.store
            .write(move |transaction| {
                let stand_ins = accounts::has_own_stand_ins(transaction, platform)?;
                let see = if state.generation == 1 { accounts::see_first } else { accounts::see };
                for account in &page {
                    debug_assert_eq!(account.platform, platform, "an adapter imports its own accounts only");
                    if stand_ins && accounts::is_own_stand_in(transaction, platform, &account.id)? {
                        continue;
                    }
                    let seen = see(transaction, account, state.generation)?;
                    if account.kind != AccountKind::Bot && seen != Seen::Twice {
                        state.accounts += 1;
                        state.new += u64::from(seen == Seen::New);
                        state.changed += u64::from(seen == Seen::Changed);
                    }
                }
                if let Some(next) = next {
                    (state.team, state.cursor) = (next.team, next.cursor);
                }
                imports::put(transaction, platform, &state)?;
                facts::set(transaction, facts::MATCHING_DUE, "yes")?;
                Ok(state)
            })
            .await
    }

    async fn finish(&self, mut state: ImportState) -> Result<Imported> {
        let (platform, now) = (self.platform, self.now);
        let imported = self
            .store
            .write(move |transaction| {
                if state.accounts == 0 && state.teams.is_empty() && accounts::present(transaction, platform)? > 0 {
                    return Err(Error::new(
                        Kind::PlatformDown,
                        "import",
                        "The platform listed nobody at all, so everybody was kept as they were.",
                    )
                    .on(platform));
                }
                // In a first import nobody can be missing.
                let gone = if state.generation > 1 { accounts::leave(transaction, platform, state.generation)? } else { 0 };
                state.done = true;
                state.cursor = None;
                imports::put(transaction, platform, &state)?;
                connections::imported(transaction, platform, now)?;
                facts::set(transaction, facts::MATCHING_DUE, "yes")?;
                Ok(Imported { gone, ..counts(&state) })
            })
            .await?;
        (self.progress)(imported);
        Ok(imported)
    }
}

fn counts(state: &ImportState) -> Imported {
    Imported { accounts: state.accounts, new: state.new, changed: state.changed, gone: 0 }
}

/// Where the page after this one is; `None` after the last one of the last team. A platform that leads back to a place where this
/// import has been would be read for ever.
fn following(state: &ImportState, next: Option<String>, seen: &mut HashSet<(usize, Option<String>)>) -> Result<Option<ImportState>> {
    let following = match next {
        Some(cursor) => ImportState { cursor: Some(cursor), ..state.clone() },
        None if state.team + 1 < state.teams.len() => ImportState { team: state.team + 1, cursor: None, ..state.clone() },
        None => return Ok(None),
    };
    if !seen.insert((following.team, following.cursor.clone())) {
        return Err(Error::new(Kind::PlatformDown, "import", "The platform answered with the same page again and again."));
    }
    Ok(Some(following))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_leads_back_to_where_it_was_is_not_read_for_ever() {
        let begin = ImportState {
            generation: 1,
            teams: vec!["one".into(), "two".into()],
            team: 0,
            cursor: None,
            started_at: Timestamp::UNIX_EPOCH,
            accounts: 0,
            new: 0,
            changed: 0,
            done: false,
        };
        for ring in [&["a", "a"][..], &["a", "b", "a"], &["a", "b", "c", "b"]] {
            let mut seen = HashSet::from([(0, None)]);
            let mut at = begin.clone();
            let (last, way) = ring.split_last().unwrap();
            for cursor in way {
                at = following(&at, Some((*cursor).to_owned()), &mut seen).unwrap().unwrap();
            }
            let error = following(&at, Some((*last).to_owned()), &mut seen).unwrap_err();
            assert_eq!(error.kind, Kind::PlatformDown, "{ring:?}");
            let other = following(&at, None, &mut seen).unwrap().unwrap();
            assert_eq!((other.team, other.cursor.as_deref()), (1, None));
            assert!(following(&other, Some("a".into()), &mut seen).is_ok(), "another team may have pages of the same name");
        }
    }
}
