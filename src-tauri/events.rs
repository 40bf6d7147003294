//! What the page hears without asking.

use app::supervise::News;
use engine::model::{PersonId, PlatformId, RunId, RunKind};
use engine::signin::Step;
use serde::Serialize;
use tauri::AppHandle;
use tauri_specta::Event;

/// What has changed since the last one; at most about ten a second.
#[derive(Clone, Debug, Serialize, specta::Type, Event)]
pub(crate) struct Changed {
    /// People whose row changed; empty together with `everyone`.
    pub people: Vec<PersonId>,
    /// So many, or an import: list anew.
    pub everyone: bool,
    /// A connection was made, changed or removed, or how it does.
    pub connections: bool,
    /// A run began or ended.
    pub runs: bool,
}

/// How far a run is; at most about ten a second for each.
#[derive(Clone, Debug, Serialize, specta::Type, Event)]
pub(crate) struct Progress {
    /// Which.
    pub run: RunId,
    /// What it does.
    pub kind: RunKind,
    /// Where, when it is one platform.
    pub platform: Option<PlatformId>,
    /// How far.
    pub done: u64,
    /// Of how much, when that is known.
    pub total: Option<u64>,
    /// By its own pace so far.
    pub seconds_left: Option<u64>,
    /// Its last word.
    pub ended: bool,
}

/// How a sign-in goes on.
#[derive(Clone, Debug, Serialize, specta::Type, Event)]
pub(crate) struct SignIn {
    /// Where.
    pub platform: PlatformId,
    /// What happens.
    pub step: SignInStep,
}

/// One step of a sign-in, as far as somebody has to see it.
#[derive(Clone, Debug, Serialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "step")]
pub(crate) enum SignInStep {
    /// The browser was asked to open this page.
    OpenBrowser {
        /// The page, should it not have opened.
        url: String,
    },
    /// A code has to be entered somewhere.
    ShowCode {
        /// The code.
        code: String,
        /// Where.
        url: String,
        /// Until when.
        expires: String,
    },
    /// A token that connecting can do without was not obtained.
    Skipped {
        /// Which.
        slot: String,
        /// Why.
        message: String,
    },
}

/// Tells the page. A page that is gone needs no news.
pub(crate) fn tell(app: &AppHandle, news: News) {
    let told = match news {
        News::Changed(app::supervise::Changed { people, everyone, connections, runs }) => {
            Changed { people, everyone, connections, runs }.emit(app)
        }
        News::Progress(progress) => Progress::from(progress).emit(app),
        News::SignIn(platform, step) => match shown(step) {
            Some(step) => SignIn { platform, step }.emit(app),
            None => return,
        },
    };
    if let Err(error) = told {
        tracing::debug!("the page could not be told: {error}");
    }
}

impl From<app::supervise::Progress> for Progress {
    fn from(progress: app::supervise::Progress) -> Self {
        let app::supervise::Progress { run, kind, platform, done, total, seconds_left, ended } = progress;
        Self { run, kind, platform, done, total, seconds_left, ended }
    }
}

/// The steps that somebody has to see. Questions are the page's own, and the end is the command's answer.
fn shown(step: Step) -> Option<SignInStep> {
    match step {
        Step::OpenBrowser { url } => Some(SignInStep::OpenBrowser { url: url.to_string() }),
        Step::ShowCode { code, url, expires } => Some(SignInStep::ShowCode { code, url: url.to_string(), expires: expires.to_string() }),
        Step::Skipped { slot, error } => Some(SignInStep::Skipped { slot: slot.to_owned(), message: error.message }),
        Step::AskAnswer { .. } | Step::Done { .. } | Step::Failed { .. } => None,
    }
}
