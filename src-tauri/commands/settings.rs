//! Page Settings.

use std::path::PathBuf;

use engine::model::StopLimits;
use serde::Serialize;
use tauri::State;

use crate::browser;
use crate::desk::Desk;
use crate::problem::Answer;

/// The stop limits in force, and those of a new data folder.
#[derive(Clone, Copy, Debug, Serialize, specta::Type)]
pub(crate) struct LimitsView {
    /// In force.
    pub limits: StopLimits,
    /// What a new data folder has.
    pub defaults: StopLimits,
}

/// The stop limits in force.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_limits(desk: State<'_, Desk>) -> Answer<LimitsView> {
    Ok(LimitsView { limits: desk.opened()?.reading().stop_limits().await?, defaults: StopLimits::default() })
}

/// Changes the stop limits; runs that are confirmed already keep theirs.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_stop_limits(desk: State<'_, Desk>, limits: StopLimits) -> Answer<()> {
    Ok(desk.opened()?.engine().set_stop_limits(limits).await?)
}

/// Shows the data folder in the system's file manager.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_data_folder(desk: State<'_, Desk>) -> Answer<()> {
    // The folder is shown even when it could not be opened: that is when somebody wants to look into it.
    let folder = match desk.supervisor.opened() {
        Ok(opened) => opened.folder().to_owned(),
        Err(_) => desk.supervisor.folder(),
    };
    Ok(browser::open_folder(PathBuf::from(folder)).await?)
}
