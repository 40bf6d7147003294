//! Page Security: what is kept where, the key of the employees' sign-ins, and how everything is ended at once.

use std::path::Path;

use app::security::SecurityView;
use engine::engine::GrantKey;
use tauri::State;

use crate::desk::Desk;
use crate::problem::Answer;

/// What is kept where, asked of the places themselves; never what is in them.
#[tauri::command]
#[specta::specta]
pub(crate) async fn security(desk: State<'_, Desk>) -> Answer<SecurityView> {
    let opened = desk.opened()?;
    let view = app::security::view(opened.engine(), Path::new(opened.folder()), opened.realm()).await?;
    desk.offered.offer(view.platforms.iter().map(|switch| switch.link.as_str()));
    Ok(view)
}

/// How the key of the employees' sign-ins stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn grant_key(desk: State<'_, Desk>) -> Answer<GrantKey> {
    Ok(desk.opened()?.engine().grant_key().await?)
}

/// Seals everything anew under a new key.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rotate_key(desk: State<'_, Desk>) -> Answer<GrantKey> {
    Ok(desk.opened()?.engine().rotate_key().await?)
}

/// Asks everybody again whose sign-in cannot be opened any more, and gives how many they are.
#[tauri::command]
#[specta::specta]
pub(crate) async fn ask_lost_again(desk: State<'_, Desk>) -> Answer<u64> {
    Ok(desk.opened()?.engine().ask_again_lost().await?)
}
