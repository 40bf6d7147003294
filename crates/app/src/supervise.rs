//! What a window that stays open works with: one data folder at a time, live or the demo's, with everything that goes on in it.
//!
//! A terminal command opens the folder, does one thing and ends. A window opens it for hours: work goes on behind it, imports
//! and sign-ins can be stopped, the admin steps into the demo and back, and an opening that was refused is tried again.
//! That is here and not in the window's own room, so that it can be tested without one. It must not know any window.

mod demo;
mod imports;
mod opened;
mod pump;
mod sign_ins;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::clock::Browser;
use engine::transport::Realm;
use engine::{Error, Kind, Result};
use futures::FutureExt;
use tokio::sync::{Mutex, watch};

use crate::compose::{World, default_folder};

pub use opened::Opened;
pub use pump::{Changed, Listener, News, Progress};

/// What the program was started with.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Data folder of the real data; without one, the user's own.
    pub folder: Option<PathBuf>,
    /// Ready file of a running simulator that plays the demo's company; without one, the program plays it itself.
    pub demo: Option<PathBuf>,
}

/// How the opening stands.
#[derive(Clone)]
enum State {
    Opening,
    Open(Arc<Opened>),
    Refused(Error),
}

/// Holds the one world that is open.
pub struct Supervisor {
    start: Start,
    browser: Arc<dyn Browser>,
    listener: Listener,
    state: watch::Sender<State>,
    /// Opening, changing and closing happen one after the other.
    turn: Mutex<()>,
}

impl Supervisor {
    /// Nothing is open yet. `browser` is where the admin signs in for real; `listener` hears what changes.
    pub fn new(start: Start, browser: Arc<dyn Browser>, listener: Listener) -> Self {
        Self { start, browser, listener, state: watch::Sender::new(State::Opening), turn: Mutex::new(()) }
    }

    /// The folder of the real data, as people read it.
    pub fn folder(&self) -> String {
        self.live_folder().map(|folder| folder.display().to_string()).unwrap_or_default()
    }

    /// Opens the real data, unless something is open.
    pub async fn open(&self) -> Result<Arc<Opened>> {
        let _turn = self.turn.lock().await;
        if let State::Open(opened) = &*self.state.borrow() {
            return Ok(opened.clone());
        }
        self.state.send_replace(State::Opening);
        self.settle(self.live().await)
    }

    /// Waits until the opening has come to its end, and says what came of it.
    pub async fn opening(&self) -> Result<Arc<Opened>> {
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Opening)).await;
        match settled.as_deref() {
            Ok(State::Open(opened)) => Ok(opened.clone()),
            Ok(State::Refused(error)) => Err(error.clone()),
            Ok(State::Opening) | Err(_) => Err(closed()),
        }
    }

    /// What is open now.
    pub fn opened(&self) -> Result<Arc<Opened>> {
        match &*self.state.borrow() {
            State::Open(opened) => Ok(opened.clone()),
            State::Refused(error) => Err(error.clone()),
            State::Opening => Err(closed()),
        }
    }

    /// Leaves the real data for the demo, whose platforms are all connected. When it cannot be opened, the real data stays open.
    pub async fn open_demo(&self) -> Result<Arc<Opened>> {
        let _turn = self.turn.lock().await;
        if let State::Open(opened) = &*self.state.borrow()
            && opened.realm() == Realm::Demo
        {
            return Ok(opened.clone());
        }
        let demo = whole(Opened::demo(self.start.demo.as_deref(), self.listener.clone())).await?;
        self.leave().await;
        self.settle(Ok(demo))
    }

    /// Leaves the demo, of which nothing is kept, for the real data.
    pub async fn leave_demo(&self) -> Result<Arc<Opened>> {
        let _turn = self.turn.lock().await;
        if let State::Open(opened) = &*self.state.borrow()
            && opened.realm() == Realm::Live
        {
            return Ok(opened.clone());
        }
        self.leave().await;
        self.settle(self.live().await)
    }

    /// Ends everything: what was begun is finished or written down, the folder is let go.
    pub async fn close(&self) {
        let _turn = self.turn.lock().await;
        self.leave().await;
        self.state.send_replace(State::Refused(closed()));
    }

    async fn live(&self) -> Result<Opened> {
        let folder = self.live_folder()?;
        whole(Opened::live(&World::Live, &folder, self.browser.clone(), self.listener.clone())).await
    }

    fn live_folder(&self) -> Result<PathBuf> {
        self.start.folder.as_deref().map(Path::to_path_buf).map_or_else(|| default_folder(Realm::Live), Ok)
    }

    fn settle(&self, outcome: Result<Opened>) -> Result<Arc<Opened>> {
        let outcome = outcome.map(Arc::new);
        self.state.send_replace(match &outcome {
            Ok(opened) => State::Open(opened.clone()),
            Err(error) => State::Refused(error.clone()),
        });
        outcome
    }

    async fn leave(&self) {
        let before = self.state.send_replace(State::Opening);
        if let State::Open(opened) = before {
            opened::close(opened).await;
        }
    }
}

/// A mistake of ours while opening becomes an error that can be shown, instead of an empty window.
async fn whole<T>(opening: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(opening)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::new(Kind::Bug, "open", "Opening the data folder broke off by a mistake of User Sync.")))
}

fn closed() -> Error {
    Error::new(Kind::Cancelled, "open", "The data folder is not open at the moment.")
}
