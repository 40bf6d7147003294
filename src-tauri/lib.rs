//! The desktop window of User Sync.
//!
//! Everything that may see Tauri lives here, and nothing else does: commands are calls into `app` and `engine`, which know no
//! window. The page in `ui` is drawn by the system's web view; it may ask for the commands in `commands` and nothing more.

mod arguments;
mod browser;
mod commands;
#[cfg(test)]
mod contract;
mod desk;
mod events;
mod listings;
mod offered;
mod problem;
mod saved;
mod sheets;
mod shown;
mod window;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use app::supervise::{Start, Supervisor};
use tauri::{App, Manager, RunEvent};

use browser::SystemBrowser;
use desk::Desk;

/// The program: opens the window and returns when it was closed. `arguments` without the program's name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let start = match arguments::read(arguments) {
        Ok(start) => start,
        Err(sentence) => {
            say(&format!("{sentence}\n\n{}", arguments::USAGE));
            return ExitCode::from(2);
        }
    };
    match run(start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("The window could not be opened: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Without a terminal nobody hears it, and that is all right.
fn say(text: &str) {
    drop(std::io::stderr().write_all(text.as_bytes()));
}

fn run(start: Start) -> tauri::Result<()> {
    let commands = commands::all();
    let app = tauri::Builder::default()
        .invoke_handler(commands.invoke_handler())
        .on_page_load(|webview, load| window::show_when_drawn(webview, load.event()))
        .setup(move |app| {
            commands.mount_events(app);
            begin(app, start);
            Ok(window::make(app)?)
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            tauri::async_runtime::block_on(app.state::<Desk>().supervisor.close());
        }
    });
    Ok(())
}

/// Begins to open the data folder; the page asks for the outcome.
fn begin(app: &App, start: Start) {
    let handle = app.handle().clone();
    let listener = Arc::new(move |news| events::tell(&handle, news));
    app.manage(Desk::new(Supervisor::new(start, Arc::new(SystemBrowser), listener)));
    let handle = app.handle().clone();
    tauri::async_runtime::spawn(async move {
        // The outcome is kept: the page asks for it.
        drop(handle.state::<Desk>().supervisor.open().await);
    });
}
