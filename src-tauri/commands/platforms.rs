//! Page Platforms: connections with their health, teams, imports, disconnecting.

use std::collections::BTreeMap;

use app::supervise::Opened;
use engine::engine::{ConnectionView, DisconnectView, ImportPreview, TeamView};
use engine::model::{Health, HealthState, PlatformId, Reason, RunId, Status};
use serde::Serialize;
use tauri::State;

use crate::desk::Desk;
use crate::problem::Answer;

/// A platform on its page.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct PlatformCard {
    /// Which.
    pub platform: PlatformId,
    /// The connection; null while there is none.
    pub connection: Option<ConnectionView>,
    /// How the connection does.
    pub health: Health,
    /// Accounts known.
    pub accounts: u64,
    /// People by status of their sync to there.
    pub syncs: BTreeMap<Status, u64>,
    /// How many people wait until it is signed in again.
    pub waiting: u64,
    /// How its import stands.
    pub import: ImportState,
}

/// How a platform's import stands.
#[derive(Clone, Copy, Debug, Serialize, specta::Type)]
pub(crate) struct ImportState {
    /// The import that is under way.
    pub run: Option<RunId>,
    /// Accounts that the last one has seen, or sees.
    pub accounts: u64,
    /// The last one broke off; the next goes on where it stopped.
    pub unfinished: bool,
}

/// All platforms, in the order in which people see them.
#[tauri::command]
#[specta::specta]
pub(crate) async fn platforms(desk: State<'_, Desk>) -> Answer<Vec<PlatformCard>> {
    let cards = cards(&*desk.opened()?).await?;
    let advice = cards.iter().filter_map(|card| card.connection.as_ref()).flat_map(|connection| &connection.advice);
    desk.offered.offer(advice.filter_map(|advice| advice.link.as_deref()));
    Ok(cards)
}

async fn cards(opened: &Opened) -> engine::Result<Vec<PlatformCard>> {
    let reading = opened.reading();
    let mut connections: BTreeMap<PlatformId, _> = reading.connections().await?.into_iter().map(|view| (view.platform, view)).collect();
    let (status, mut directories) = (reading.status().await?, reading.directories().await?);
    let mut health = opened.engine().health().await?;
    let mut waiting = BTreeMap::new();
    for signed_out in connections.values().filter(|view| view.signed_out) {
        waiting.insert(signed_out.platform, reading.waiting_for_sign_in(signed_out.platform).await?);
    }
    let (importing, trouble) = (opened.importing(), opened.trouble());
    let card = |platform: PlatformId| {
        let connection = connections.remove(&platform);
        let counts = status.by_platform.get(&platform).copied().unwrap_or_default();
        let directory = directories.remove(&platform).unwrap_or_default();
        let none = Health { state: HealthState::NotConnected, ..Health::default() };
        let mut health = health.remove(&platform).unwrap_or(none);
        if connection.is_some()
            && let Some(error) = &trouble
        {
            health.last_failure = Some(Reason::from(error));
        }
        PlatformCard {
            platform,
            connection,
            health,
            accounts: directory.known,
            syncs: [
                (Status::Synced, counts.synced),
                (Status::Pending, counts.pending),
                (Status::Failed, counts.failed),
                (Status::NotSynced, counts.not_synced),
            ]
            .into(),
            waiting: waiting.get(&platform).copied().unwrap_or_default(),
            import: ImportState {
                run: importing.get(&platform).copied(),
                accounts: directory.seen,
                unfinished: directory.unfinished && !importing.contains_key(&platform),
            },
        }
    };
    Ok(opened.platforms().iter().map(|platform| platform.info().id).map(card).collect())
}

/// Changes answers to the platform's questions.
#[tauri::command]
#[specta::specta]
pub(crate) async fn answer(desk: State<'_, Desk>, platform: PlatformId, answers: BTreeMap<String, String>) -> Answer<()> {
    desk.opened()?.engine().answer(platform, answers).await?;
    Ok(())
}

/// The teams that the platform has, with those chosen for import.
#[tauri::command]
#[specta::specta]
pub(crate) async fn teams(desk: State<'_, Desk>, platform: PlatformId) -> Answer<Vec<TeamView>> {
    Ok(desk.opened()?.engine().teams(platform).await?)
}

/// Chooses teams for import; none means everyone.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_teams(desk: State<'_, Desk>, platform: PlatformId, teams: Vec<String>) -> Answer<()> {
    Ok(desk.opened()?.engine().choose_teams(platform, teams).await?)
}

/// What importing these platforms (none named: all connected ones) would bring. Reads what an import reads, and changes nothing; one
/// that is under way already is given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_import(desk: State<'_, Desk>, platforms: Vec<PlatformId>) -> Answer<ImportPreview> {
    let cancel = desk.begin_preview();
    Ok(desk.opened()?.engine().preview_import(&platforms, &cancel, &|_, _| {}).await?)
}

/// Gives the preview of an import up: nobody waits for it any more.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_preview_import(desk: State<'_, Desk>) -> Answer<()> {
    desk.begin_preview();
    Ok(())
}

/// Begins an import (none named: of all connected platforms) and returns its run. It goes on behind.
#[tauri::command]
#[specta::specta]
pub(crate) async fn import_people(desk: State<'_, Desk>, platforms: Vec<PlatformId>) -> Answer<RunId> {
    Ok(desk.opened()?.import(&platforms).await?)
}

/// Ends the connection's tokens at the platform as far as it lets them, and deletes them here. People, accounts and syncs stay listed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn disconnect(desk: State<'_, Desk>, platform: PlatformId) -> Answer<DisconnectView> {
    let opened = desk.opened()?;
    opened.cancel_connect(platform);
    let view = opened.engine().disconnect(platform).await?;
    desk.offered.offer_left(&view.left);
    Ok(view)
}
