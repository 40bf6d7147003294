//! Page Settings.

use std::path::PathBuf;

use tauri::State;

use crate::browser;
use crate::desk::Desk;
use crate::problem::Answer;

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
