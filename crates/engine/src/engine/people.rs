//! The admin's decisions about people: the primary platform, links by hand.

use serde::Serialize;

use crate::error::Result;
use crate::event::Event;
use crate::model::{PersonId, PlatformId, Reason};
use crate::people::settle::Settled;
use crate::people::views::PersonView;
use crate::people::{links, primary};
use crate::sync::reset;

use super::{Engine, Selection};

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

/// The result of choosing a primary platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PrimaryView {
    /// How many have it now.
    pub changed: u64,
    /// How many stay as they are because syncs would be reset.
    pub unconfirmed: u64,
    /// How many cannot.
    pub failed: u64,
    /// Everybody.
    pub people: Vec<PrimaryRow>,
}

impl Engine {
    /// Chooses the primary platform of everybody selected.
    pub async fn set_primary(&self, selection: &Selection, to: PlatformId, confirmed: Confirmed) -> Result<PrimaryView> {
        self.shared.platforms.get(to)?;
        let mut view = PrimaryView::default();
        for person in self.reading.select(selection).await? {
            let row = self.set_one(person, to, confirmed).await?;
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

    async fn set_one(&self, person: PersonId, to: PlatformId, confirmed: Confirmed) -> Result<PrimaryRow> {
        let mut row = PrimaryRow { person, from: None, to, changed: false, would_reset: Vec::new(), reason: None };
        match self.shared.store.read(move |db| primary::look_at_change(db, person, to)).await {
            Ok(change) => (row.from, row.would_reset) = (change.from, change.would_reset),
            Err(error) if matches!(error.kind, crate::Kind::Invalid) => {
                row.reason = Some(Reason::from(&error));
                return Ok(row);
            }
            Err(error) => return Err(error),
        }
        if !row.would_reset.is_empty() {
            if confirmed == Confirmed::Nothing {
                return Ok(row);
            }
            reset::reset(&self.shared, person).await?;
        }
        self.shared.store.write(move |transaction| primary::choose(transaction, person, to)).await?;
        row.changed = true;
        Ok(row)
    }

    /// Says that an account (`platform:id`, id or address) is a person's, for good.
    pub async fn link(&self, person: PersonId, account: &str) -> Result<PersonView> {
        let account = account.to_owned();
        let settled = self
            .shared
            .store
            .write(move |transaction| {
                let account = links::find_account(transaction, &account)?;
                links::link(transaction, person, account)
            })
            .await?;
        self.settled(settled);
        self.reading.person(person).await
    }

    /// Says that an account (`platform:id`, id or address) is nobody else's, for good.
    pub async fn unlink(&self, account: &str) -> Result<()> {
        let account = account.to_owned();
        let settled = self
            .shared
            .store
            .write(move |transaction| {
                let account = links::find_account(transaction, &account)?;
                links::unlink(transaction, account)
            })
            .await?;
        self.settled(settled);
        Ok(())
    }

    fn settled(&self, settled: Settled) {
        self.shared.events.tell(Event::PeopleChanged { ids: settled.people });
    }
}
