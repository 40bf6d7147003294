//! The desktop window of User Sync.
//!
//! Everything that may see Tauri lives here; `app` and `engine` know nothing of it. The window is a later step: so far it
//! opens and says that the terminal program `usersync` does the whole job.

/// Opens the window and returns when it was closed.
///
/// # Errors
/// When the system's web view is missing or the window cannot be made.
pub fn run() -> tauri::Result<()> {
    tauri::Builder::default().plugin(tauri_plugin_opener::init()).run(tauri::generate_context!())
}
