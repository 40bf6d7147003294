//! The admin's decisions about people: the primary platform, links by hand.

use std::collections::HashSet;

use serde::Serialize;

use crate::error::Result;
use crate::event::Event;
use crate::model::{Held, PersonId, PlatformId, Reason};
use crate::people::settle::Settled;
use crate::people::views::PersonView;
use crate::people::{links, primary};
use crate::store::audit::{self, Word};
use crate::sync::{reset, stop_limits};

use super::{Engine, Selection};

/// How many people are decided in one transaction.
const BATCH: usize = 1_000;

/// What the admin agreed to when a primary platform is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Nothing: people with syncs in place stay as they are and are listed.
    Nothing,
    /// That syncs in place are reset.
    Resets,
}

/// One person whose primary platform is to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrimaryRow {
    /// Who.
    pub person: PersonId,
    /// Before.
    pub from: Option<PlatformId>,
    /// Then.
    pub to: PlatformId,
    /// Whether it is so now.
    pub changed: bool,
    /// The platforms whose syncs are (or would be) reset.
    pub would_reset: Vec<PlatformId>,
    /// Why not.
    pub reason: Option<Reason>,
}

impl PrimaryRow {
    /// Whether only a reset that nobody confirmed is in the way.
    fn is_unconfirmed(&self) -> bool {
        !self.changed && self.reason.is_none()
    }
}

/// The result of choosing a primary platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PrimaryView {
    /// How many have it now.
    pub changed: u64,
    /// How many stay as they are because syncs would be reset: unconfirmed, or more than stop limits let through.
    pub unconfirmed: u64,
    /// What stop limits let nobody reset at once; choosing once more goes on with the next ones.
    pub held: Vec<Held>,
    /// How many cannot.
    pub failed: u64,
    /// Everybody.
    pub people: Vec<PrimaryRow>,
}

impl Engine {
    /// Chooses the primary platform of everybody selected. Whose syncs would be reset stays as they are unless that is confirmed, and
    /// what stop limits hold stays so in any case.
    pub async fn set_primary(&self, selection: &Selection, to: PlatformId, confirmed: Confirmed) -> Result<PrimaryView> {
        self.shared.platforms.get(to)?;
        let mut all = Vec::new();
        for some in self.reading.select(selection).await?.chunks(BATCH) {
            let (some, now, actor) = (some.to_vec(), self.shared.now(), self.shared.actor.clone());
            let rows = self
                .shared
                .store
                .write(move |transaction| {
                    let rows: Vec<PrimaryRow> =
                        some.into_iter().map(|person| choose(transaction, person, to, now)).collect::<Result<_>>()?;
                    let changed: Vec<PersonId> = rows.iter().filter(|row| row.changed).map(|row| row.person).collect();
                    let only = if let [one] = changed.as_slice() { Some(*one) } else { None };
                    if !changed.is_empty() {
                        let people = audit::people(changed.len());
                        audit::act(&actor, Word::PrimaryChosen).on(to).about(only).more(people).tell(transaction, now)?;
                    }
                    Ok(rows)
                })
                .await?;
            all.extend(rows);
        }
        let mut view = PrimaryView::default();
        let mut confirmed: HashSet<PersonId> = match confirmed {
            Confirmed::Nothing => HashSet::new(),
            Confirmed::Resets => all.iter().filter(|row| row.is_unconfirmed()).map(|row| row.person).collect(),
        };
        if !confirmed.is_empty() {
            let (people, platforms) = (confirmed.iter().copied().collect(), self.shared.platforms.clone());
            let (held, waiting) = self.shared.store.read(move |db| stop_limits::of_primary(db, &platforms, people)).await?;
            view.held = held;
            confirmed.retain(|person| !waiting.contains(person));
        }
        for mut row in all {
            if confirmed.contains(&row.person) {
                match self.reset_and_choose(row.person, to).await {
                    Ok(()) => row.changed = true,
                    // The reset goes on by itself; the others need not wait for it.
                    Err(error) if reset::can_wait(&error) => row.reason = Some(Reason::from(&error)),
                    Err(error) => return Err(error),
                }
            }
            match (row.changed, &row.reason) {
                (true, _) => view.changed += 1,
                (false, Some(_)) => view.failed += 1,
                (false, None) => view.unconfirmed += 1,
            }
            view.people.push(row);
        }
        let ids = view.people.iter().filter(|row| row.changed).map(|row| row.person).collect();
        self.shared.events.tell(Event::PeopleChanged { ids });
        Ok(view)
    }

    async fn reset_and_choose(&self, person: PersonId, to: PlatformId) -> Result<()> {
        reset::reset(&self.shared, person).await?;
        let (now, actor) = (self.shared.now(), self.shared.actor.clone());
        self.shared
            .store
            .write(move |transaction| {
                audit::act(&actor, Word::PrimaryChosen).on(to).about(person).tell(transaction, now)?;
                primary::choose(transaction, person, to, now)
            })
            .await
    }

    /// Says that an account (`platform:id`, id or address) is a person's, for good.
    pub async fn link(&self, person: PersonId, account: &str) -> Result<PersonView> {
        let (account, now, actor) = (account.to_owned(), self.shared.now(), self.shared.actor.clone());
        let settled = self
            .shared
            .store
            .write(move |transaction| {
                audit::act(&actor, Word::AccountLinked).about(person).more(account.as_str()).tell(transaction, now)?;
                let account = links::find_account(transaction, &account)?;
                links::link(transaction, person, account, now)
            })
            .await?;
        self.settled(settled);
        self.reading.person(person).await
    }

    /// Says that an account (`platform:id`, id or address) is nobody else's, for good.
    pub async fn unlink(&self, account: &str) -> Result<()> {
        let (account, now, actor) = (account.to_owned(), self.shared.now(), self.shared.actor.clone());
        let settled = self
            .shared
            .store
            .write(move |transaction| {
                audit::act(&actor, Word::AccountUnlinked).more(account.as_str()).tell(transaction, now)?;
                let account = links::find_account(transaction, &account)?;
                links::unlink(transaction, account, now)
            })
            .await?;
        self.settled(settled);
        Ok(())
    }

    /// Says that this account is a person's, for good.
    pub async fn link_account(&self, person: PersonId, platform: PlatformId, account: &str) -> Result<()> {
        let (account, now, actor) = (account.to_owned(), self.shared.now(), self.shared.actor.clone());
        self.decide(move |transaction| {
            audit::act(&actor, Word::AccountLinked).on(platform).about(person).more(account.as_str()).tell(transaction, now)?;
            links::link(transaction, person, links::account(transaction, platform, &account)?, now)
        })
        .await
    }

    /// Says that this account is nobody else's, for good.
    pub async fn unlink_account(&self, platform: PlatformId, account: &str) -> Result<()> {
        let (account, now, actor) = (account.to_owned(), self.shared.now(), self.shared.actor.clone());
        self.decide(move |transaction| {
            audit::act(&actor, Word::AccountUnlinked).on(platform).more(account.as_str()).tell(transaction, now)?;
            links::unlink(transaction, links::account(transaction, platform, &account)?, now)
        })
        .await
    }

    /// Says that the accounts of a conflict belong to different people: each stands alone for good.
    ///
    /// Errors: `Kind::NotFound` when the conflict is decided already.
    pub async fn keep_apart(&self, conflict: &str) -> Result<()> {
        let (conflict, now, actor) = (conflict.to_owned(), self.shared.now(), self.shared.actor.clone());
        self.decide(move |transaction| {
            audit::act(&actor, Word::KeptApart).more(conflict.as_str()).tell(transaction, now)?;
            links::keep_apart(transaction, &conflict, now)
        })
        .await
    }

    async fn decide<F>(&self, decision: F) -> Result<()>
    where
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<Settled> + Send + 'static,
    {
        let settled = self.shared.store.write(decision).await?;
        self.settled(settled);
        Ok(())
    }

    fn settled(&self, settled: Settled) {
        self.shared.events.tell(Event::PeopleChanged { ids: settled.people });
    }
}

/// Chooses where no sync is in place; otherwise only says what would be reset.
fn choose(transaction: &rusqlite::Transaction<'_>, person: PersonId, to: PlatformId, now: jiff::Timestamp) -> Result<PrimaryRow> {
    let mut row = PrimaryRow { person, from: None, to, changed: false, would_reset: Vec::new(), reason: None };
    match primary::look_at_change(transaction, person, to) {
        Ok(change) => (row.from, row.would_reset) = (change.from, change.would_reset),
        Err(error) if error.kind == crate::Kind::Invalid => row.reason = Some(Reason::from(&error)),
        Err(error) => return Err(error),
    }
    if row.reason.is_none() && row.would_reset.is_empty() {
        primary::choose(transaction, person, to, now)?;
        row.changed = true;
    }
    Ok(row)
}
