//! Opening: the real data, the demo, and what stands in the way.

use std::sync::Arc;

use app::supervise::Opened;
use engine::transport::Realm;
use engine::{Error, Result};
use serde::Serialize;
use tauri::State;

use crate::desk::Desk;
use crate::problem::{Answer, Problem};
use crate::sheets::PlatformSheet;

/// How the opening ended.
#[derive(Clone, Debug, Serialize, specta::Type)]
#[serde(rename_all = "snake_case", tag = "state")]
pub(crate) enum Startup {
    /// The data folder is open.
    Ready {
        /// What is open.
        world: World,
    },
    /// It is not.
    Failed {
        /// Why, and what to do.
        problem: Problem,
        /// Which folder it is about.
        folder: String,
    },
}

/// What is open.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct World {
    /// Live or demo.
    pub realm: RealmWord,
    /// The data folder.
    pub folder: String,
    /// Nothing was ever connected here.
    pub first_start: bool,
    /// Of this program.
    pub version: String,
    /// The platforms, in the order in which people see them.
    pub platforms: Vec<PlatformSheet>,
}

/// Live or demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RealmWord {
    /// The vendors.
    Live,
    /// A made-up company.
    Demo,
}

/// Waits until the data folder is open, or refused.
#[tauri::command]
#[specta::specta]
pub(crate) async fn startup(desk: State<'_, Desk>) -> Answer<Startup> {
    shown(&desk, desk.supervisor.opening().await).await
}

/// Tries to open the data folder again, after a refusal.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_again(desk: State<'_, Desk>) -> Answer<Startup> {
    shown(&desk, desk.supervisor.open().await).await
}

/// Closes the real data and opens the demo company with all platforms connected.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_demo(desk: State<'_, Desk>) -> Answer<Startup> {
    let opened = desk.supervisor.open_demo().await?;
    desk.listings.forget();
    desk.shown.forget();
    Ok(Startup::Ready { world: world(&opened).await? })
}

/// Ends the demo, of which nothing is kept, and opens the real data.
#[tauri::command]
#[specta::specta]
pub(crate) async fn leave_demo(desk: State<'_, Desk>) -> Answer<Startup> {
    let outcome = desk.supervisor.leave_demo().await;
    desk.listings.forget();
    desk.shown.forget();
    shown(&desk, outcome).await
}

async fn shown(desk: &Desk, outcome: Result<Arc<Opened>>) -> Answer<Startup> {
    let ready = match outcome {
        Ok(opened) => world(&opened).await,
        Err(error) => Err(error),
    };
    Ok(match ready {
        Ok(world) => Startup::Ready { world },
        Err(error) => Startup::Failed { problem: error.into(), folder: desk.supervisor.folder() },
    })
}

async fn world(opened: &Opened) -> Result<World, Error> {
    Ok(World {
        realm: match opened.realm() {
            Realm::Live => RealmWord::Live,
            Realm::Demo => RealmWord::Demo,
        },
        folder: opened.folder().to_owned(),
        first_start: opened.is_untouched().await?,
        version: env!("CARGO_PKG_VERSION").into(),
        platforms: opened.platforms().iter().map(|platform| platform.info().into()).collect(),
    })
}
