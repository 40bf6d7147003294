//! Page Activity: what was done, and what goes on.

use engine::model::{RunId, Status};
use engine::store::history::RunPeople;
use engine::store::runs::RunView;
use tauri::State;

use crate::desk::Desk;
use crate::problem::Answer;
use crate::saved::Saved;

/// At most so many people cross at once.
const PEOPLE: u32 = 500;

/// The runs, newest first, at most 200, with the time that open ones will take.
#[tauri::command]
#[specta::specta]
pub(crate) async fn runs(desk: State<'_, Desk>) -> Answer<Vec<RunView>> {
    let runs = desk.opened()?.engine().runs().await?;
    desk.offered.offer_reasons(runs.iter().filter_map(|run| run.problem.as_ref()));
    Ok(runs)
}

/// The people of a run, by name, at most 500 at once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn run_people(desk: State<'_, Desk>, run: RunId, status: Option<Status>, from: u32, count: u32) -> Answer<RunPeople> {
    let people = desk.opened()?.reading().run_people(run, status, from, count.min(PEOPLE)).await?;
    desk.offered.offer_reasons(people.rows.iter().filter_map(|row| row.reason.as_ref()));
    Ok(people)
}

/// Stops a run: what was not begun is not done, what is under way comes to its end.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_run(desk: State<'_, Desk>, run: RunId) -> Answer<()> {
    Ok(desk.opened()?.cancel_run(run).await?)
}

/// Writes the people of a run as CSV into the Downloads folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_run(desk: State<'_, Desk>, run: RunId) -> Answer<Saved> {
    let opened = desk.opened()?;
    Ok(desk.exports.run(opened.engine(), &opened.platforms(), run, &opened.place()).await?.into())
}
