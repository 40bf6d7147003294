//! Syncing, asking again, going on with what is stored, cancelling, and resetting.

use std::collections::HashSet;

use serde::Serialize;

use crate::cancel::Cancel;
use crate::error::{Error, Kind, Result};
use crate::model::{Act, PersonId, PlatformId, Reason, RunId, Status};
use crate::store::{resets, runs, syncs};
use crate::sync::plan::{Action, SyncPlan, first_reason};
use crate::sync::queue::{self, Asking, Job, SyncRow, SyncView};
use crate::sync::reset::{self, PersonReset, ResetPreview, UndoneView};
use crate::sync::work::{self, Scope, Until};
use crate::sync::{answers, cancel_run, ends, jumps, keys, progress, undoing};

use super::{Engine, Selection};

/// How all syncs stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WorkView {
    /// Synced.
    pub done: u64,
    /// Waiting for a person, or for the network.
    pub waiting: u64,
    /// Failed.
    pub failed: u64,
}

impl Engine {
    /// Syncs everybody selected: the confirmed act. Writes everything down, works on it, and says how it stands then. The run is over
    /// unless something of it still waits for a network, an approval or a sign-in.
    pub async fn sync(&self, selection: &Selection, to: PlatformId, until: Until, cancel: &Cancel) -> Result<SyncView> {
        let (run, blocked) = self.write_down(selection, to, Asking::Once).await?;
        work::work(&self.shared, Scope { run: Some(run), sync: None }, until, cancel).await?;
        let view = queue::result(&self.shared, run, blocked).await?;
        progress::settle(&self.shared, run).await?;
        Ok(view)
    }

    /// Only writes a confirmed sync down, and gives its run; [`Engine::keep_working`] or [`Engine::work`] does it. The run ends by
    /// itself when nothing of it is left that does not wait for a person.
    pub async fn queue(&self, selection: &Selection, to: PlatformId) -> Result<RunId> {
        Ok(self.write_down(selection, to, Asking::Once).await?.0)
    }

    /// Asks a person once more: a prompt that is open says that a newer one takes its place, and a new code goes out.
    ///
    /// Errors: with the plan's reason where the plan blocks it; `Kind::Conflict` where nobody needs to be asked.
    pub async fn prompt_again(&self, person: PersonId, to: PlatformId) -> Result<RunId> {
        let selection = Selection::People(vec![person]);
        let mut planned = None;
        self.reading.plan_each(&selection, to, |_, _, plan| planned = Some(plan.what)).await?;
        let name = self.shared.platforms.get(to)?.info().name;
        match planned {
            Some(Ok(plan)) if plan.action == Action::Prompt => {}
            Some(Err(blocks)) => {
                let Reason { message, remedy, act, .. } = first_reason(blocks);
                let error = Error::new(Kind::Conflict, "prompt_again", message).ask_admin(remedy).on(to);
                return Err(match act {
                    Some(act) => error.act(act),
                    None => error,
                });
            }
            Some(Ok(_)) | None => {
                return Err(Error::new(Kind::Conflict, "prompt_again", format!("Nobody needs to be asked for this sync to {name}."))
                    .ask_admin("Look at how the sync stands now.")
                    .on(to));
            }
        }
        let sync = self.shared.store.read(move |db| syncs::find(db, person, to)).await?;
        // A look at the old code comes to its end before the new one is asked for.
        let _claim = match sync {
            Some(sync) => Some(self.shared.claims.take(sync.id).await),
            None => None,
        };
        Ok(self.write_down(&selection, to, Asking::Anew).await?.0)
    }

    pub(super) async fn write_down(&self, selection: &Selection, to: PlatformId, asking: Asking) -> Result<(RunId, Vec<SyncRow>)> {
        let (mut jobs, mut blocked) = (Vec::new(), Vec::new());
        let resetting: HashSet<PersonId> = self.shared.store.read(resets::open).await?.into_iter().collect();
        let row = |plan: &SyncPlan, name: &str, reason| SyncRow {
            person: plan.person,
            name: name.to_owned(),
            to,
            status: Status::NotSynced,
            detail: None,
            reason: Some(reason),
        };
        self.reading
            .plan_each(selection, to, |name, primary, plan| match &plan.what {
                Ok(_) if resetting.contains(&plan.person) => blocked.push(row(&plan, name, being_reset(plan.person, name))),
                Ok(planned) => {
                    jobs.push(Job { person: plan.person, action: planned.action, primary, key: self.shared.key(), asking });
                }
                Err(blocks) => blocked.push(row(&plan, name, first_reason(blocks.clone()))),
            })
            .await?;
        let run = queue::queue(&self.shared, jobs, &blocked, to).await?;
        Ok((run, blocked))
    }

    /// Stops a run: what was not begun goes back to where it was, what is under way comes to its end. One that is over stays as it is.
    ///
    /// Errors: `Kind::NotFound`; `Kind::Unsupported` for an import, which is stopped by its own [`Cancel`].
    pub async fn cancel_run(&self, run: RunId) -> Result<()> {
        cancel_run::cancel(&self.shared, run).await
    }

    /// Goes on with everything stored, and with everything that is written down meanwhile, until `cancel`: for a window that stays
    /// open. Rests while nothing is due, and while nobody answers.
    ///
    /// A keychain that cannot be asked is waited for ([`Engine::waits_for`] says so). Errors: only those of this computer's disk; what
    /// one step meets is that step's matter.
    pub async fn keep_working(&self, cancel: &Cancel) -> Result<()> {
        self.shared.store.write(runs::resume).await?;
        jumps::begin(&self.shared).await?;
        futures::future::try_join4(
            keys::look_patiently(&self.shared, cancel),
            work::keep(&self.shared, cancel),
            undoing::keep(&self.shared, cancel),
            ends::keep(&self.shared, cancel),
        )
        .await
        .map(drop)
    }

    /// What keeps all work from going on, while it does: a keychain that cannot be asked.
    pub fn waits_for(&self) -> Option<Error> {
        self.shared.shut.why()
    }

    /// Reads the answers that may not be polled: the admin asks for it while people are there.
    pub async fn check_answers(&self) -> Result<()> {
        let outcome = answers::check_answers(&self.shared, Scope::default()).await;
        self.shared.wake.up();
        outcome
    }

    /// Goes on with everything stored: interrupted resets first, then every step, open codes and answers.
    ///
    /// Answers that may not be polled are read once at the start and once at the end.
    pub async fn work(&self, until: Until, cancel: &Cancel) -> Result<WorkView> {
        keys::look(&self.shared).await?;
        undoing::finish(&self.shared, cancel).await?;
        let all = Scope::default();
        self.shared.store.write(runs::resume).await?;
        jumps::begin(&self.shared).await?;
        answers::check_answers(&self.shared, all).await?;
        work::work(&self.shared, all, until, cancel).await?;
        if !cancel.is_cancelled() {
            answers::check_answers(&self.shared, all).await?;
            work::finish(&self.shared, all, cancel).await?;
        }
        let mut view = WorkView::default();
        for (status, count) in self.shared.store.read(|db| syncs::counts(db, None, None)).await? {
            match status {
                Status::Synced => view.done += count,
                Status::Pending | Status::NotSynced => view.waiting += count,
                Status::Failed => view.failed += count,
            }
        }
        Ok(view)
    }

    /// Withdraws a sync: what it made is removed, an open prompt taken back.
    pub async fn cancel(&self, person: PersonId, to: PlatformId) -> Result<UndoneView> {
        self.shared.platforms.get(to)?;
        reset::cancel(&self.shared, person, to).await
    }

    /// What a reset would remove and what would stay.
    pub async fn reset_preview(&self, person: PersonId) -> Result<PersonReset> {
        reset::preview(&self.shared, person).await
    }

    /// The same for many: how often each thing goes or stays; for one person in full sentences.
    pub async fn reset_preview_many(&self, selection: &Selection) -> Result<ResetPreview> {
        reset::preview_many(&self.shared, self.reading.select(selection).await?).await
    }

    /// Undoes every sync of a person and forgets their choices. Safe to repeat.
    pub async fn reset(&self, person: PersonId) -> Result<UndoneView> {
        reset::reset_alone(&self.shared, person).await
    }

    /// Writes down that everybody selected is to be reset, and gives the run; [`Engine::keep_working`] or [`Engine::work`] does it.
    pub async fn begin_reset(&self, selection: &Selection) -> Result<RunId> {
        reset::begin(&self.shared, self.reading.select(selection).await?).await
    }
}

pub(super) fn being_reset(person: PersonId, name: &str) -> Reason {
    Reason {
        kind: "resetting".into(),
        message: format!("The reset of {name} is not finished."),
        remedy: "Let it come to its end first.".into(),
        act: Some(Act::FinishReset { person }),
        link: None,
    }
}
