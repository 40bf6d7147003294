//! What an admin does with a run: pause, resume, approve what stop limits hold, undo.

use engine::engine::UndoPreview;
use engine::model::RunId;
use tauri::State;

use crate::desk::Desk;
use crate::problem::Answer;
use crate::shown::not_more;

/// Stops a run for a while: nothing new of it is begun.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pause_run(desk: State<'_, Desk>, run: RunId) -> Answer<()> {
    Ok(desk.opened()?.engine().pause(run).await?)
}

/// Lets a paused run go on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn resume_run(desk: State<'_, Desk>, run: RunId) -> Answer<()> {
    Ok(desk.opened()?.engine().resume(run).await?)
}

/// Approves what stop limits hold of a run, when it is not more than was `shown`; gives how many people go on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn approve_run(desk: State<'_, Desk>, run: RunId, shown: u64) -> Answer<u64> {
    let opened = desk.opened()?;
    not_more("approve", opened.reading().run(run).await?.held, shown)?;
    Ok(opened.engine().approve(run).await?)
}

/// What undoing a run would remove and what would stay. Changes nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_undo(desk: State<'_, Desk>, run: RunId) -> Answer<UndoPreview> {
    let preview = desk.opened()?.engine().undo_preview(run).await?;
    desk.offered.offer_left(preview.stays.iter().map(|stays| &stays.left));
    Ok(preview)
}

/// The confirmed undoing of a run, when it is about no more syncs than were `shown`. Returns its own run; work goes on behind.
#[tauri::command]
#[specta::specta]
pub(crate) async fn undo_run(desk: State<'_, Desk>, run: RunId, shown: u64) -> Answer<RunId> {
    let opened = desk.opened()?;
    not_more("undo", opened.engine().undo_preview(run).await?.syncs, shown)?;
    Ok(opened.engine().undo(run).await?)
}
