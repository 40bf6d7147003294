//! Page Activity: what failed, by platform and reason, and trying it again.

use engine::engine::{Failed, Failure};
use engine::model::{PersonId, PlatformId, RunId};
use tauri::State;

use crate::desk::Desk;
use crate::problem::Answer;
use crate::shown::not_more;

/// All failed syncs, grouped by platform and reason, the largest group first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn failures(desk: State<'_, Desk>) -> Answer<Vec<Failure>> {
    let failures = desk.opened()?.reading().failures().await?;
    desk.offered.offer_reasons(failures.iter().map(|failure| &failure.reason));
    Ok(failures)
}

/// Tries failed syncs again, when they are not more than were `shown`. Returns the runs; work goes on behind.
#[tauri::command]
#[specta::specta]
pub(crate) async fn retry_failed(desk: State<'_, Desk>, which: Failed, shown: u64) -> Answer<Vec<RunId>> {
    let opened = desk.opened()?;
    // Of one run, its results were shown; there is no list of reasons to hold it against.
    if which.run.is_none() {
        let failures = opened.reading().failures().await?;
        let meant = failures.iter().filter(|failure| {
            which.platform.is_none_or(|platform| platform == failure.platform)
                && which.kind.as_ref().is_none_or(|kind| *kind == failure.reason.kind)
        });
        not_more("retry", meant.map(|failure| failure.people).sum(), shown)?;
    }
    Ok(opened.engine().retry_failed(&which).await?)
}

/// Sends anew what the platform will not tell about: the admin has looked, and it did not happen.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_anew(desk: State<'_, Desk>, person: PersonId, to: PlatformId) -> Answer<()> {
    Ok(desk.opened()?.engine().send_anew(person, to).await?)
}
