//! Syncing, going on with what is stored, cancelling, and resetting.

use serde::Serialize;
use serde_json::json;

use crate::cancel::Cancel;
use crate::error::Result;
use crate::model::{Act, PersonId, PlatformId, Reason, RunId, Status};
use crate::store::{resets, runs, syncs};
use crate::sync::plan::first_reason;
use crate::sync::queue::{self, Job, SyncRow, SyncView};
use crate::sync::reset::{self, ResetPreview, UndoneView};
use crate::sync::work::{self, Scope, Until};

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

/// A confirmed sync that is written down: its run, and whom the plan blocked.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The run.
    pub run: RunId,
    blocked: Vec<SyncRow>,
}

impl Engine {
    /// Syncs everybody selected: the confirmed act. Writes everything down, then works on it.
    pub async fn sync(&self, selection: &Selection, to: PlatformId, until: Until, cancel: &Cancel) -> Result<SyncView> {
        let queued = self.queue(selection, to).await?;
        let scope = Scope { run: Some(queued.run), sync: None };
        work::work(&self.shared, scope, until, cancel).await?;
        self.result(queued).await
    }

    /// Only writes a confirmed sync down; [`Engine::work`] does it.
    pub async fn queue(&self, selection: &Selection, to: PlatformId) -> Result<Queued> {
        let (mut jobs, mut blocked) = (Vec::new(), Vec::new());
        let resetting = self.shared.store.read(resets::open).await?;
        self.reading
            .plan_each(selection, to, |name, primary, plan| match plan.what {
                Ok(_) if resetting.contains(&plan.person) => blocked.push(SyncRow {
                    person: plan.person,
                    name: name.to_owned(),
                    to,
                    status: Status::NotSynced,
                    detail: None,
                    reason: Some(Reason {
                        kind: "resetting".into(),
                        message: format!("The reset of {name} is not finished."),
                        remedy: "Let it come to its end first.".into(),
                        act: Some(Act::FinishReset { person: plan.person }),
                    }),
                }),
                Ok(planned) => jobs.push(Job { person: plan.person, action: planned.action, primary, key: self.shared.key() }),
                Err(blocks) => blocked.push(SyncRow {
                    person: plan.person,
                    name: name.to_owned(),
                    to,
                    status: Status::NotSynced,
                    detail: None,
                    reason: Some(first_reason(blocks)),
                }),
            })
            .await?;
        let run = queue::queue(&self.shared, jobs, to).await?;
        Ok(Queued { run, blocked })
    }

    /// How a run stands now.
    pub async fn result(&self, queued: Queued) -> Result<SyncView> {
        let view = queue::result(&self.shared, queued.run, queued.blocked).await?;
        let (run, now) = (view.run, self.shared.now());
        let counts = json!({ "done": view.done, "waiting": view.waiting, "failed": view.failed, "blocked": view.blocked });
        self.shared.store.write(move |transaction| runs::end(transaction, run, "done", &counts, now)).await?;
        Ok(view)
    }

    /// Goes on with everything stored: interrupted resets first, then every step, open codes and answers.
    ///
    /// Answers that may not be polled are read once at the start and once at the end.
    pub async fn work(&self, until: Until, cancel: &Cancel) -> Result<WorkView> {
        reset::resume(&self.shared).await?;
        let all = Scope::default();
        self.shared.store.write(|transaction| crate::store::steps::wake_all(transaction, None)).await?;
        work::check_answers(&self.shared, all).await?;
        work::work(&self.shared, all, until, cancel).await?;
        if !cancel.is_cancelled() {
            work::check_answers(&self.shared, all).await?;
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
    pub async fn reset_preview(&self, person: PersonId) -> Result<ResetPreview> {
        reset::preview(&self.shared, person).await
    }

    /// Undoes every sync of a person and forgets their choices. Safe to repeat.
    pub async fn reset(&self, person: PersonId) -> Result<UndoneView> {
        let now = self.shared.now();
        let run = self.shared.store.write(move |transaction| runs::begin(transaction, "reset", None, now)).await?;
        let outcome = reset::reset(&self.shared, person).await;
        let (state, result) = match &outcome {
            Ok(view) => ("done", json!({ "person": person, "undone": view.undone.len(), "left": view.left.len() })),
            Err(error) => ("failed", json!({ "person": person, "kind": error.kind, "message": error.message })),
        };
        let now = self.shared.now();
        self.shared.store.write(move |transaction| runs::end(transaction, run, state, &result, now)).await?;
        outcome
    }
}
