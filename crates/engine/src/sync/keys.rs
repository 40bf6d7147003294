//! The key under which employees' sign-ins and open codes are sealed: a loss is noticed without opening anything, and an
//! exchange reseals row by row, so that a crash at any moment leaves every row readable.
//!
//! A keychain that cannot be asked says nothing about the key: nobody is failed for it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Transaction;
use serde::Serialize;

use crate::cancel::Cancel;
use crate::error::{Kind, Result};
use crate::event::Event;
use crate::model::{GrantId, PersonId, PlatformId, Reason, Status, SyncId};
use crate::secrets::{KeyId, grant_label, is_lost};
use crate::store::steps::{self, StepKind, StepState};
use crate::store::{facts, grants, prompts, syncs};

use super::prompt::label;
use super::reset::CANCELLING;
use super::shared::Shared;
use super::shut;

/// How many rows are sealed anew in one transaction.
const BATCH: u32 = 200;
/// The kind of the reason with which a sync fails whose sign-in cannot be opened any more.
pub(crate) const KEY_LOST: &str = "key_lost";
/// When the loss was noticed.
const LOST_SINCE: &str = "grants_key_lost";
/// Which key is in use, and since when.
const IN_USE: &str = "grants_key";

/// How the key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum GrantKeyState {
    /// Nothing is sealed yet.
    None,
    /// Everything that is sealed can be opened.
    Good,
    /// Some of what is sealed cannot be opened any more: those people must be asked again.
    Lost,
}

/// The key that protects employees' sign-ins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct GrantKey {
    /// How it stands.
    pub state: GrantKeyState,
    /// How many sign-ins it protects; of a lost one, how many cannot be opened any more.
    pub grants: u64,
    /// Whose they are; of a lost key, also those with an open code that cannot be used any more.
    pub people: u64,
    /// Since when it is this key; of a lost one, when that was noticed. RFC 3339.
    pub since: Option<String>,
}

/// The reason with which a sync fails whose sign-in cannot be opened any more.
pub(crate) fn key_lost() -> Reason {
    Reason {
        kind: KEY_LOST.into(),
        message: "The key that protected this sign-in is gone, so it cannot be used any more.".into(),
        remedy: "Ask the person again: they get a new prompt and sign in once more.".into(),
        act: None,
        link: None,
    }
}

/// Looks how the key stands, goes on with an exchange that was interrupted, and writes down whom a loss concerns.
///
/// Errors: `Kind::Keychain` when it cannot be asked; then nothing is written down.
pub(crate) async fn look(shared: &Shared) -> Result<GrantKey> {
    if !shared.store.read(|db| Ok(is_sealed(db)? || facts::get(db, LOST_SINCE)?.is_some())).await? {
        return Ok(GrantKey { state: GrantKeyState::None, grants: 0, people: 0, since: None });
    }
    let keys = shared.paced.sealer().keys().await?;
    if let Some(newest) = keys.first() {
        let has_unnamed = shared.store.read(|db| Ok(named(db)?.contains(&None))).await?;
        if keys.len() > 1 || has_unnamed {
            finish_exchange(shared, *newest).await?;
        }
    }
    let now = shared.now();
    let (key, has_changed) = shared.store.write(move |transaction| settle(transaction, &keys, now)).await?;
    if has_changed {
        shared.events.tell(Event::PeopleChanged { ids: Vec::new() });
    }
    Ok(key)
}

/// Looks once, as soon as the keychain can be asked. Errors: only those of this computer's disk.
pub(crate) async fn look_patiently(shared: &Shared, cancel: &Cancel) -> Result<()> {
    let mut woken = shared.wake.listen();
    while !cancel.is_cancelled() {
        match look(shared).await {
            Err(error) if shut::is_shut(&error) => shut::met(shared, &error).await?,
            Err(error) if error.kind == Kind::Storage => return Err(error),
            Err(error) => {
                tracing::warn!(kind = ?error.kind, "the key of the stored sign-ins could not be looked at");
                return Ok(());
            }
            Ok(_) => return Ok(()),
        }
        // Work asks whether it is open again, and wakes everybody then.
        tokio::select! {
            () = woken.next() => {}
            () = cancel.cancelled() => {}
        }
    }
    Ok(())
}

/// Seals everything that can be opened under a new key, and lets the old one go.
pub(crate) async fn exchange(shared: &Shared) -> Result<GrantKey> {
    if let Some(newest) = shared.paced.sealer().begin_exchange().await? {
        finish_exchange(shared, newest).await?;
    }
    look(shared).await
}

async fn finish_exchange(shared: &Shared, newest: KeyId) -> Result<()> {
    reseal(shared, newest).await?;
    // Whoever sealed under the old key has stored it now; only then can the old one go.
    let _nobody = shared.paced.sealer().nobody_storing().await;
    reseal(shared, newest).await?;
    shared.paced.sealer().end_exchange().await
}

async fn reseal(shared: &Shared, newest: KeyId) -> Result<()> {
    let mut after = GrantId(0);
    loop {
        let rows = shared.store.read(move |db| grants::not_under(db, newest, after, BATCH)).await?;
        let Some((last, ..)) = rows.last() else { break };
        after = *last;
        let mut fresh = Vec::new();
        for (grant, platform, old) in rows {
            if let Some(new) = sealed_anew(shared, &grant_label(grant, platform), &old).await? {
                fresh.push((grant, old, new));
            }
        }
        let change = move |transaction: &Transaction<'_>| {
            fresh.iter().try_for_each(|(grant, old, new)| grants::resealed(transaction, *grant, old, new))
        };
        shared.store.write(change).await?;
    }
    let mut after = SyncId(0);
    loop {
        let rows = shared.store.read(move |db| prompts::not_under(db, newest, after, BATCH)).await?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        let mut fresh = Vec::new();
        for (sync, old) in rows {
            if let Some(new) = sealed_anew(shared, &label(sync), &old).await? {
                fresh.push((sync, old, new));
            }
        }
        let change = move |transaction: &Transaction<'_>| {
            fresh.iter().try_for_each(|(sync, old, new)| prompts::resealed(transaction, *sync, old, new))
        };
        shared.store.write(change).await?;
    }
}

/// `None` for what no key opens.
async fn sealed_anew(shared: &Shared, label: &str, old: &[u8]) -> Result<Option<Vec<u8>>> {
    let sealer = shared.paced.sealer();
    match sealer.open(label, old).await {
        Ok(secret) => sealer.seal(label, &secret).await.map(Some),
        Err(error) if is_lost(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_sealed(db: &rusqlite::Connection) -> Result<bool> {
    Ok(!grants::keys(db)?.is_empty() || !prompts::under_keys(db)?.is_empty())
}

/// Which keys the rows name; `None` for those from before keys had ids.
fn named(db: &rusqlite::Connection) -> Result<BTreeSet<Option<KeyId>>> {
    let of_grants = grants::keys(db)?.into_iter().map(|(key, _)| key);
    Ok(of_grants.chain(prompts::under_keys(db)?.into_iter().map(|(key, _)| key)).collect())
}

/// Compares the rows' keys with those that there are: fails whom a loss concerns, and takes it back where a key has returned.
fn settle(transaction: &Transaction<'_>, keys: &[KeyId], now: jiff::Timestamp) -> Result<(GrantKey, bool)> {
    let is_gone = |key: &Option<KeyId>| key.is_none_or(|key| !keys.contains(&key));
    let (mut concerned, mut lost) = (BTreeSet::new(), 0);
    for (key, count) in grants::keys(transaction)?.into_iter().filter(|(key, _)| is_gone(key)) {
        lost += count;
        concerned.extend(grants::under(transaction, key)?.into_iter().map(|(sync, _)| sync));
    }
    concerned.extend(prompts::under_keys(transaction)?.into_iter().filter(|(key, _)| is_gone(key)).map(|(_, sync)| sync));
    let (mut people, mut has_changed) = (BTreeSet::new(), false);
    for sync in &concerned {
        if let Some(person) = fail(transaction, *sync, &mut has_changed, now)? {
            people.insert(person);
        }
    }
    for (sync, ..) in syncs::failed_for(transaction, KEY_LOST)?.into_iter().filter(|(sync, ..)| !concerned.contains(sync)) {
        if grants::of_sync(transaction, sync)?.iter().any(|grant| grant.held && grant.verified) {
            syncs::set(transaction, sync, Status::Synced, None, None, now)?;
            has_changed = true;
        }
    }
    if !people.is_empty() {
        let since = noted(transaction, LOST_SINCE, "", now)?;
        return Ok((GrantKey { state: GrantKeyState::Lost, grants: lost, people: people.len() as u64, since: Some(since) }, has_changed));
    }
    facts::clear(transaction, LOST_SINCE)?;
    let (grants, people) = grants::held_by(transaction)?;
    let state = if is_sealed(transaction)? { GrantKeyState::Good } else { GrantKeyState::None };
    let since = match keys.first() {
        Some(key) if state == GrantKeyState::Good => Some(noted(transaction, IN_USE, &key.to_string(), now)?),
        _ => None,
    };
    Ok((GrantKey { state, grants, people, since }, has_changed))
}

/// Since when a fact holds: the time of the first call with this word.
fn noted(transaction: &Transaction<'_>, name: &str, word: &str, now: jiff::Timestamp) -> Result<String> {
    let stored = facts::get(transaction, name)?;
    if let Some((_, since)) = stored.as_deref().and_then(|stored| stored.split_once(' ')).filter(|(known, _)| *known == word) {
        return Ok(since.to_owned());
    }
    facts::set(transaction, name, &format!("{word} {now}"))?;
    Ok(now.to_string())
}

/// Fails a sync that cannot go on; gives whose it is. One that is being undone, or about to ask anew, is left to that.
fn fail(transaction: &Transaction<'_>, id: SyncId, has_changed: &mut bool, now: jiff::Timestamp) -> Result<Option<PersonId>> {
    let Some(sync) = syncs::get(transaction, id)?.filter(|sync| sync.detail.as_deref() != Some(CANCELLING)) else { return Ok(None) };
    let is_open = |step: &steps::Step| !matches!(step.state, StepState::Done | StepState::Failed);
    let open: Vec<steps::Step> = steps::of_sync(transaction, id)?.into_iter().filter(is_open).collect();
    if open.iter().any(|step| step.kind == StepKind::Prompt) {
        return Ok(None);
    }
    if sync.status != Status::Failed || sync.reason.as_ref().is_none_or(|reason| reason.kind != KEY_LOST) {
        for step in open.iter().filter(|step| matches!(step.kind, StepKind::Authorise | StepKind::Verify)) {
            steps::end(transaction, step.id, StepState::Failed, Some(KEY_LOST), now)?;
        }
        syncs::set(transaction, id, Status::Failed, None, Some(&key_lost()), now)?;
        *has_changed = true;
    }
    Ok(Some(sync.person))
}

/// Everybody whose sign-in cannot be opened any more, by platform.
pub(crate) async fn concerned(shared: &Shared) -> Result<BTreeMap<PlatformId, Vec<PersonId>>> {
    let all = shared.store.read(|db| syncs::failed_for(db, KEY_LOST)).await?;
    let mut by_platform: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (_, person, platform) in all {
        by_platform.entry(platform).or_default().push(person);
    }
    Ok(by_platform)
}
