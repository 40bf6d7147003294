//! Syncing, prompting again, cancelling, resetting: what is shown first, and what is then confirmed.

use std::collections::BTreeMap;

use engine::engine::{Selection, SyncPreview};
use engine::model::{PersonId, PlatformId, RunId};
use engine::platform::Left;
use engine::sync::ResetPreview;
use serde::Serialize;
use tauri::State;

use crate::desk::Desk;
use crate::problem::Answer;

/// What withdrawing a sync undid, and what stays.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct Undone {
    /// Gone, each in a short phrase.
    pub undone: Vec<String>,
    /// What a person must undo by hand.
    pub left: Vec<Left>,
}

/// What a sync would do. Sends nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_sync(desk: State<'_, Desk>, selection: Selection, to: PlatformId) -> Answer<SyncPreview> {
    let opened = desk.opened()?;
    let selection = desk.shown.show(opened.reading(), selection).await?;
    Ok(opened.reading().preview_sync(&selection, to).await?)
}

/// The confirmed sync: keeps the answers to the platform's questions, writes everything down and returns its run. Work goes on behind.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync(desk: State<'_, Desk>, selection: Selection, to: PlatformId, answers: BTreeMap<String, String>) -> Answer<RunId> {
    let opened = desk.opened()?;
    let selection = desk.shown.confirmed(opened.reading(), selection).await?;
    if !answers.is_empty() {
        opened.engine().answer(to, answers).await?;
    }
    Ok(opened.engine().queue(&selection, to).await?)
}

/// Withdraws the open prompt and sends a new one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn prompt_again(desk: State<'_, Desk>, person: PersonId, to: PlatformId) -> Answer<RunId> {
    Ok(desk.opened()?.engine().prompt_again(person, to).await?)
}

/// Withdraws a sync.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_sync(desk: State<'_, Desk>, person: PersonId, to: PlatformId) -> Answer<Undone> {
    let view = desk.opened()?.engine().cancel(person, to).await?;
    desk.offered.offer_left(&view.left);
    Ok(Undone { undone: view.undone, left: view.left })
}

/// Reads the answers of people on platforms where answers may not be polled.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_answers(desk: State<'_, Desk>) -> Answer<()> {
    Ok(desk.opened()?.engine().check_answers().await?)
}

/// What a reset would remove and what would stay. Changes nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_reset(desk: State<'_, Desk>, selection: Selection) -> Answer<ResetPreview> {
    let opened = desk.opened()?;
    let selection = desk.shown.show(opened.reading(), selection).await?;
    let preview = opened.engine().reset_preview_many(&selection).await?;
    desk.offered.offer_left(preview.stays.iter().map(|stays| &stays.left));
    Ok(preview)
}

/// The confirmed reset: written down for everybody first. Returns its run; work goes on behind.
#[tauri::command]
#[specta::specta]
pub(crate) async fn reset(desk: State<'_, Desk>, selection: Selection) -> Answer<RunId> {
    let opened = desk.opened()?;
    let selection = desk.shown.confirmed(opened.reading(), selection).await?;
    Ok(opened.engine().begin_reset(&selection).await?)
}
