//! What failed, by reason, and trying it again.

use crate::error::{Error, Kind, Result};
use crate::model::{Intent, PersonId, PlatformId, RunId, Status};
use crate::store::audit::{self, Word};
use crate::store::steps::{self, Step, StepKind, StepState};
use crate::store::{doubts, syncs};
use crate::sync::doubt::{PERHAPS_DONE, earlier};
use crate::sync::queue::Asking;

use super::{Engine, Reading, Selection, SyncPreview};

pub use crate::store::doubts::{Failed, Failure};

impl Reading {
    /// All failed syncs, grouped by platform and reason, the largest group first.
    pub async fn failures(&self) -> Result<Vec<Failure>> {
        self.store.read(doubts::failures).await
    }
}

impl Engine {
    /// Tries failed syncs again: writes one run per platform down and gives them. What may have happened is looked up first.
    /// Nothing is written where nothing has failed, so a second call does nothing.
    pub async fn retry_failed(&self, which: &Failed) -> Result<Vec<RunId>> {
        let asked = which.clone();
        let mut runs = Vec::new();
        for (platform, people) in self.shared.store.read(move |db| doubts::failed(db, &asked)).await? {
            runs.push(self.write_down(&Selection::People(people), platform, Asking::OnceMore).await?.0);
        }
        Ok(runs)
    }

    /// What trying failed syncs again would do, platform by platform. Sends nothing, changes nothing.
    pub async fn retry_preview(&self, which: &Failed) -> Result<Vec<SyncPreview>> {
        let asked = which.clone();
        let mut previews = Vec::new();
        for (platform, people) in self.shared.store.read(move |db| doubts::failed(db, &asked)).await? {
            previews.push(self.reading.preview_sync(&Selection::People(people), platform).await?);
        }
        Ok(previews)
    }

    /// Sends anew what the platform will not tell about: the admin has looked, and it did not happen.
    ///
    /// Errors: `Kind::Conflict` when the sync is in no doubt.
    pub async fn send_anew(&self, person: PersonId, to: PlatformId) -> Result<()> {
        let name = self.shared.platforms.get(to)?.info().name;
        let settled = move || {
            Error::new(Kind::Conflict, "send_anew", format!("Nothing of this sync to {name} is in doubt."))
                .ask_admin("Look at how the sync stands now.")
                .on(to)
        };
        let sync = self.shared.store.read(move |db| syncs::find(db, person, to)).await?.ok_or_else(settled)?;
        // A look that is under way comes to its end first: it may find what is in doubt.
        let _claim = self.shared.claims.take(sync.id).await;
        let (id, now, actor, key) = (sync.id, self.shared.now(), self.shared.actor.clone(), self.shared.key());
        self.shared
            .change(id, move |transaction| {
                let is_in_doubt = syncs::get(transaction, id)?
                    .is_some_and(|sync| sync.status == Status::Failed && sync.reason.is_some_and(|reason| reason.kind == PERHAPS_DONE));
                let doubtful: Vec<Step> =
                    steps::of_sync(transaction, id)?.into_iter().filter(|step| step.state == StepState::Sending).collect();
                if !is_in_doubt || doubtful.is_empty() {
                    return Err(settled());
                }
                for step in &doubtful {
                    doubts::anew(transaction, step.id, &key, words_of(step)?.as_deref(), now)?;
                }
                doubts::take_up(transaction, id, 0)?;
                syncs::set(transaction, id, Status::Pending, Some("queued"), None, now)?;
                audit::act(&actor, Word::SentAnew).on(to).about(person).of(sync.run).tell(transaction, now)
            })
            .await?;
        self.shared.wake.up();
        Ok(())
    }
}

/// What a step begins with that nothing was sent of: a change of a prompt its words, anything else nothing.
fn words_of(step: &Step) -> Result<Option<String>> {
    match (step.kind, earlier(step)?) {
        (StepKind::Tell, Some(Intent::Direct { text, .. })) => Ok(Some(text)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
