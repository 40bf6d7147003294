//! Connecting a platform: its guide, fields checked as they are entered, signing in, and the vendors' pages.

use std::collections::{BTreeMap, BTreeSet};

use engine::clock::Browser;
use engine::guide::{self, GuideView};
use engine::model::PlatformId;
use engine::platform::PlatformInfo;
use engine::secrets::Secret;
use engine::signin::{Checked, Entered, Given};
use engine::transport::Realm;
use engine::{Error, Kind};
use tauri::State;

use crate::browser::SystemBrowser;
use crate::desk::Desk;
use crate::problem::Answer;

/// How a platform is set up, with the plain fields that were entered so far put in.
#[tauri::command]
#[specta::specta]
pub(crate) async fn setup_guide(desk: State<'_, Desk>, platform: PlatformId, entered: BTreeMap<String, String>) -> Answer<GuideView> {
    let known = desk.opened()?.platforms().get(platform)?;
    let guide = guide::view(known, &plain(known.info(), entered))?;
    desk.offered.offer_guide(&guide);
    Ok(guide)
}

/// Checks one field with everything that was entered so far. Nothing is stored. What is wrong with it is the refusal.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_field(
    desk: State<'_, Desk>,
    platform: PlatformId,
    fields: BTreeMap<String, String>,
    field: String,
) -> Answer<Checked> {
    let opened = desk.opened()?;
    let info = opened.platforms().get(platform)?.info();
    Ok(opened.check_field(platform, given(info, fields), &field).await?)
}

/// Signs the admin in; ends when they are signed in. Steps come as events. What is known of the platform already need not be given;
/// a plain field that is given empty is emptied.
#[tauri::command]
#[specta::specta]
pub(crate) async fn connect(
    desk: State<'_, Desk>,
    platform: PlatformId,
    fields: BTreeMap<String, String>,
    answers: BTreeMap<String, String>,
    left_out: BTreeSet<String>,
) -> Answer<()> {
    let opened = desk.opened()?;
    let given = given(opened.platforms().get(platform)?.info(), fields);
    opened.connect(platform, Entered { given, answers, left_out: Some(left_out) }).await?;
    Ok(())
}

/// Stops a sign-in that is under way.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_connect(desk: State<'_, Desk>, platform: PlatformId) -> Answer<()> {
    desk.opened()?.cancel_connect(platform);
    Ok(())
}

/// Opens a page in the system's browser: only one that the window was shown a link to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_page(desk: State<'_, Desk>, link: String) -> Answer<()> {
    let page = desk.offered.page(&link)?;
    if desk.opened()?.realm() == Realm::Demo {
        let error = Error::new(Kind::Unsupported, "open_page", "The demo opens no real page.");
        return Err(error.ask_admin("Leave the demo to set up your own platforms.").into());
    }
    Ok(SystemBrowser.open(&page).await?)
}

/// A secret that is left empty was not given.
fn given(info: &PlatformInfo, fields: BTreeMap<String, String>) -> Given {
    let is_plain = |name: &str| info.fields.iter().any(|field| field.name == name && !field.secret);
    let given = fields.into_iter().filter(|(name, text)| is_plain(name) || !text.trim().is_empty());
    given.map(|(name, text)| (name, Secret::new(text))).collect()
}

/// Nothing secret belongs into a guide, whatever the page asks with.
fn plain(info: &PlatformInfo, mut entered: BTreeMap<String, String>) -> BTreeMap<String, String> {
    entered.retain(|name, _| info.fields.iter().any(|field| field.name == name && !field.secret));
    entered
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use app::supervise::{Start, Supervisor};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_empty_secret_is_not_given_and_a_guide_is_told_none() {
        let supervisor = Supervisor::new(Start::default(), Arc::new(SystemBrowser), Arc::new(|_| {}));
        let demo = supervisor.open_demo().await.unwrap();
        for platform in demo.platforms().iter() {
            let info = platform.info();
            let all = |text: &str| info.fields.iter().map(|field| (field.name.to_owned(), text.to_owned())).collect::<BTreeMap<_, _>>();
            let emptied = given(info, all("  "));
            assert!(info.fields.iter().all(|field| emptied.contains_key(field.name) != field.secret), "{}", info.name);
            assert_eq!(given(info, all("x")).len(), info.fields.len());
            let shown = plain(info, all("x"));
            assert!(info.fields.iter().all(|field| shown.contains_key(field.name) != field.secret), "{}", info.name);
        }
        drop(demo);
        supervisor.close().await;
    }
}
