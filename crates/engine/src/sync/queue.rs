//! The confirmed act: a run and its jobs, all written down in one transaction before anything is sent.

use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::model::{Act, Guarded, PersonId, PlatformId, Reason, RunId, RunKind, Status, SyncId};
use crate::store::audit::{self, Word};
use crate::store::runs::Counts;
use crate::store::steps::{self, NewStep, StepKind, StepState};
use crate::store::syncs::Sync;
use crate::store::{approvals, doubts, grants, history, resets, runs, syncs};

use super::keys::KEY_LOST;
use super::plan::Action;
use super::progress;
use super::shared::Shared;
use super::stop_limits::{self, FEW, Wants};

/// More people than this are read anew altogether.
const MANY: usize = 1_000;

/// One person of a confirmed plan.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) person: PersonId,
    pub(crate) action: Action,
    /// The primary platform, which carries a prompt.
    pub(crate) primary: Option<PlatformId>,
    pub(crate) key: String,
    pub(crate) asking: Asking,
}

/// What becomes of a prompt that is open already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// It stays.
    Once,
    /// A new one takes its place.
    Anew,
    /// It stays: what failed is tried again.
    OnceMore,
}

/// One person in the result of a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncRow {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Where to.
    pub to: PlatformId,
    /// How it stands.
    pub status: Status,
    /// A finer state.
    pub detail: Option<String>,
    /// Why it failed or cannot begin.
    pub reason: Option<Reason>,
}

/// The result of a sync; serialises to the JSON of `sync`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncView {
    /// The run.
    pub run: RunId,
    /// Synced.
    pub done: u64,
    /// Waiting for a person, or for the network.
    pub waiting: u64,
    /// Failed.
    pub failed: u64,
    /// Never begun, because the plan says why not.
    pub blocked: u64,
    /// Everybody.
    pub people: Vec<SyncRow>,
}

/// Writes run and jobs, and whom the plan blocked.
pub(crate) async fn queue(shared: &Shared, jobs: Vec<Job>, blocked: &[SyncRow], to: PlatformId) -> Result<RunId> {
    let (now, actor) = (shared.now(), shared.actor.clone());
    let is_few = jobs.len() as u64 <= FEW;
    let ids = if jobs.len() > MANY { Vec::new() } else { jobs.iter().map(|job| job.person).collect() };
    let blocked: Vec<(PersonId, Reason)> = blocked.iter().filter_map(|row| Some((row.person, row.reason.clone()?))).collect();
    let run = shared
        .store
        .write(move |transaction| {
            let run = runs::begin(transaction, RunKind::Sync, Some(to), Some(jobs.len() as u64), now)?;
            runs::count(transaction, run, &Counts::from([("blocked".to_owned(), blocked.len() as u64)]))?;
            let word = match jobs.first().map(|job| job.asking) {
                Some(Asking::Anew) => Word::AskedAgain,
                Some(Asking::OnceMore) => Word::FailuresRetried,
                Some(Asking::Once) | None => Word::SyncConfirmed,
            };
            let only = if let [job] = jobs.as_slice() { Some(job.person) } else { None };
            let people = format!("{}, {} of them blocked", audit::people(jobs.len() + blocked.len()), blocked.len());
            audit::act(&actor, word).on(to).about(only).of(run).more(people).tell(transaction, now)?;
            for (person, reason) in &blocked {
                history::blocked(transaction, run, *person, to, reason, now)?;
            }
            let before = jobs.iter().map(|job| syncs::find(transaction, job.person, to)).collect::<Result<Vec<_>>>()?;
            let each = jobs.iter().zip(&before);
            let wants: Vec<Wants> = each.map(|(job, before)| wanted(job.action, job.asking, before.as_ref())).collect();
            let verdict = stop_limits::judge(transaction, &wants)?;
            approvals::note(transaction, run, &verdict.held)?;
            for ((job, before), waits) in jobs.into_iter().zip(before).zip(verdict.waits) {
                let (person, priority) = (job.person, priority(is_few, job.action));
                queue_one(transaction, job, to, run, priority, now)?;
                let waited = before.is_some_and(|sync| is_unapproved(&sync));
                if waits != waited
                    && let Some(sync) = syncs::find(transaction, person, to)?
                {
                    approvals::set(transaction, sync.id, waits, now)?;
                }
            }
            Ok(run)
        })
        .await?;
    shared.events.tell(Event::PeopleChanged { ids });
    progress::begun(shared, run).await?;
    shared.wake.up();
    Ok(run)
}

/// A person waits for a few; of many, those who are asked go before those who need not do anything.
fn priority(is_few: bool, action: Action) -> i64 {
    match (is_few, action) {
        (true, _) => 0,
        (false, Action::Prompt) => 1,
        (false, Action::CreateBot | Action::InviteGuest | Action::None) => 2,
    }
}

/// What syncing somebody wants that stop limits watch over. What stands, is under way or is being undone is begun by nobody.
pub(crate) fn wanted(action: Action, asking: Asking, before: Option<&Sync>) -> Wants {
    let is_begun = match before {
        Some(sync) if sync.is_being_undone() => true,
        Some(sync) => match sync.status {
            Status::Synced => true,
            Status::Pending => asking != Asking::Anew && !is_unapproved(sync),
            Status::Failed | Status::NotSynced => false,
        },
        None => false,
    };
    if is_begun { Wants::new() } else { action.guarded().map(|what| (what, 1)).into_iter().collect() }
}

/// Whether an earlier run's stop limit holds it: whoever confirms it anew is asked anew.
pub(crate) fn is_unapproved(sync: &Sync) -> bool {
    sync.detail.as_deref() == Some(approvals::WAITING)
}

impl Action {
    /// Which stop limit watches over it.
    pub(crate) fn guarded(self) -> Option<Guarded> {
        match self {
            Self::Prompt => Some(Guarded::Prompts),
            Self::CreateBot | Self::InviteGuest => Some(Guarded::Representations),
            Self::None => None,
        }
    }
}

fn queue_one(
    transaction: &rusqlite::Transaction<'_>,
    job: Job,
    to: PlatformId,
    run: RunId,
    priority: i64,
    now: jiff::Timestamp,
) -> Result<()> {
    if resets::get(transaction, job.person)?.is_some() {
        return Err(Error::new(Kind::Conflict, "sync", format!("{} is being reset.", job.person))
            .ask_admin("Let the reset come to its end first.")
            .act(Act::FinishReset { person: job.person }));
    }
    let representation = job.action.representation();
    match (syncs::find(transaction, job.person, to)?, representation) {
        // Its undoing comes to its end; syncing anew is another decision.
        (Some(sync), _) if sync.is_being_undone() => syncs::join(transaction, sync.id, run, now),
        (Some(sync), _) if sync.status == Status::Synced => syncs::join(transaction, sync.id, run, now),
        (Some(sync), Some(representation)) if sync.status == Status::Pending && job.asking == Asking::Anew => {
            if steps::of_sync(transaction, sync.id)?.iter().any(|step| step.kind == StepKind::Prompt && step.state == StepState::Sending) {
                // Perhaps the person has just been asked: that is looked up before they are asked again.
                syncs::join(transaction, sync.id, run, now)?;
                return steps::wake(transaction, sync.id, priority);
            }
            syncs::queue(transaction, job.person, to, representation, run, now)?;
            grants::destroy_unverified(transaction, sync.id)?;
            steps::forget(transaction, sync.id)?;
            begin(transaction, job, sync.id, to, priority, now)
        }
        (Some(sync), _) if sync.status == Status::Pending => {
            syncs::join(transaction, sync.id, run, now)?;
            steps::wake(transaction, sync.id, priority)
        }
        (_, None) => Ok(()),
        (before, Some(representation)) => {
            let is_lost = before.and_then(|sync| sync.reason).is_some_and(|reason| reason.kind == KEY_LOST);
            let sync = syncs::queue(transaction, job.person, to, representation, run, now)?;
            if doubts::is_in_doubt(transaction, sync)? {
                // What was perhaps sent is looked up before anything else, and goes on from there.
                return doubts::take_up(transaction, sync, priority);
            }
            steps::forget(transaction, sync)?;
            if is_lost {
                // Nobody can open them: they are of no use, not even for a revocation.
                grants::destroy_all(transaction, sync)?;
            }
            grants::destroy_unverified(transaction, sync)?;
            begin(transaction, job, sync, to, priority, now)
        }
    }
}

/// Writes a sync's first step.
fn begin(
    transaction: &rusqlite::Transaction<'_>,
    job: Job,
    sync: SyncId,
    to: PlatformId,
    priority: i64,
    now: jiff::Timestamp,
) -> Result<()> {
    let (kind, platform) = match job.action {
        Action::Prompt => (StepKind::Prompt, job.primary.unwrap_or(to)),
        Action::CreateBot | Action::InviteGuest | Action::None => (StepKind::Represent, to),
    };
    let first = NewStep { sync, kind, platform, state: StepState::Todo, priority, not_before: 0, key: job.key, payload: None };
    steps::add(transaction, &first, now).map(drop)
}

/// How a run stands now, with those that the plan blocked.
pub(crate) async fn result(shared: &Shared, run: RunId, blocked: Vec<SyncRow>) -> Result<SyncView> {
    let (rows, blocked) = shared
        .store
        .read(move |db| {
            let mut blocked = blocked;
            for row in &mut blocked {
                if let Some(sync) = syncs::find(db, row.person, row.to)? {
                    (row.status, row.detail) = (sync.status, sync.detail);
                }
            }
            Ok((syncs::of_run(db, run)?, blocked))
        })
        .await?;
    let mut view = SyncView {
        run,
        done: 0,
        waiting: 0,
        failed: 0,
        blocked: blocked.len() as u64,
        people: Vec::with_capacity(rows.len() + blocked.len()),
    };
    for (sync, name) in rows {
        match sync.status {
            Status::Synced => view.done += 1,
            Status::Pending | Status::NotSynced => view.waiting += 1,
            Status::Failed => view.failed += 1,
        }
        view.people.push(SyncRow {
            person: sync.person,
            name,
            to: sync.platform,
            status: sync.status,
            detail: sync.detail,
            reason: sync.reason,
        });
    }
    view.people.extend(blocked);
    Ok(view)
}
