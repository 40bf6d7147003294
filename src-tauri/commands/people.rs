//! Page User Sync: lists, rows, timelines, conflicts, links, primary platforms.

use engine::engine::{Confirmed, Selection};
use engine::model::{Held, PersonId, PlatformId};
use engine::people::find::AccountHit;
use engine::people::list::Filter;
use engine::people::listing::{Facets, Sort};
use engine::people::preview::PrimaryPreview;
use engine::people::rows::PersonRow;
use engine::people::views::ConflictView;
use engine::store::history::TimelinePage;
use serde::{Deserialize, Serialize};
use tauri::State;

use crate::browser;
use crate::desk::Desk;
use crate::problem::Answer;
use crate::saved::Saved;

/// At most so many rows cross at once.
const ROWS: usize = 500;
/// Entries of a timeline per page.
const ENTRIES: u32 = 50;
/// Accounts offered for "Link an account".
const HITS: u32 = 20;

/// Who matches, in order, as of now; rows are asked for by position.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct Listing {
    /// Its number.
    pub id: u32,
    /// How many match.
    pub total: u64,
    /// How many people there are.
    pub everyone: u64,
    /// How many would match with this one value, everything else of the filter as it is.
    pub facets: Facets,
    /// Conflicts that wait for the admin.
    pub conflicts: u64,
}

/// What came of choosing a primary platform for many.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct PrimaryOutcome {
    /// How many have it now.
    pub changed: u64,
    /// How many stay as they are because syncs would be reset.
    pub unconfirmed: u64,
    /// What stop limits let nobody reset at once; choosing once more goes on with the next ones.
    pub held: Vec<Held>,
    /// How many cannot.
    pub failed: u64,
}

/// What the admin agreed to when a primary platform is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PrimaryConsent {
    /// Nothing: people with syncs in place stay as they are.
    Nothing,
    /// That syncs in place are reset.
    Resets,
}

/// Who matches, in order.
#[tauri::command]
#[specta::specta]
pub(crate) async fn list_people(desk: State<'_, Desk>, filter: Filter, sort: Sort) -> Answer<Listing> {
    let listing = desk.opened()?.reading().listing(filter, sort).await?;
    let (total, everyone, facets, conflicts) = (listing.total(), listing.everyone, listing.facets.clone(), listing.conflicts);
    Ok(Listing { id: desk.listings.keep(listing), total, everyone, facets, conflicts })
}

/// Rows of a list from a position on, at most 500. Kind `not_found` when the list is too old: list anew.
#[tauri::command]
#[specta::specta]
pub(crate) async fn people_window(desk: State<'_, Desk>, listing: u32, from: u32, count: u32) -> Answer<Vec<PersonRow>> {
    let kept = desk.listings.get(listing)?;
    let rows = desk.opened()?.reading().rows(&kept, from as usize, (count as usize).min(ROWS)).await?;
    offer_links(&desk, &rows);
    Ok(rows)
}

/// The rows of these people as they are now; who is gone is left out.
#[tauri::command]
#[specta::specta]
pub(crate) async fn people_by_id(desk: State<'_, Desk>, people: Vec<PersonId>) -> Answer<Vec<PersonRow>> {
    let some = &people[..people.len().min(ROWS)];
    let rows = desk.opened()?.reading().rows_of(some).await?;
    offer_links(&desk, &rows);
    Ok(rows)
}

/// Where somebody can look up what a platform will not tell.
fn offer_links(desk: &Desk, rows: &[PersonRow]) {
    desk.offered.offer_reasons(rows.iter().flat_map(|row| row.syncs.values()).filter_map(|cell| cell.reason.as_ref()));
}

/// Where somebody stands in a list.
#[tauri::command]
#[specta::specta]
pub(crate) async fn position_of(desk: State<'_, Desk>, listing: u32, person: PersonId) -> Answer<Option<u32>> {
    let position = desk.listings.get(listing)?.position_of(person);
    Ok(position.and_then(|position| u32::try_from(position).ok()))
}

/// What happened to a person, newest first; `before` is from the page before.
#[tauri::command]
#[specta::specta]
pub(crate) async fn timeline(desk: State<'_, Desk>, person: PersonId, before: Option<i64>) -> Answer<TimelinePage> {
    let page = desk.opened()?.reading().timeline(person, before, ENTRIES).await?;
    desk.offered.offer_reasons(page.entries.iter().filter_map(|entry| entry.reason.as_ref()));
    Ok(page)
}

/// What only the admin can decide.
#[tauri::command]
#[specta::specta]
pub(crate) async fn conflicts(desk: State<'_, Desk>) -> Answer<Vec<ConflictView>> {
    Ok(desk.opened()?.reading().conflicts().await?)
}

/// Says that the accounts of a conflict belong to different people, for good.
#[tauri::command]
#[specta::specta]
pub(crate) async fn keep_apart(desk: State<'_, Desk>, conflict: String) -> Answer<()> {
    Ok(desk.opened()?.engine().keep_apart(&conflict).await?)
}

/// Says that an account is this person's, for good.
#[tauri::command]
#[specta::specta]
pub(crate) async fn link_account(desk: State<'_, Desk>, person: PersonId, platform: PlatformId, account: String) -> Answer<()> {
    Ok(desk.opened()?.engine().link_account(person, platform, &account).await?)
}

/// Says that an account is nobody else's, for good.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unlink_account(desk: State<'_, Desk>, platform: PlatformId, account: String) -> Answer<()> {
    Ok(desk.opened()?.engine().unlink_account(platform, &account).await?)
}

/// Accounts by name or address, for "Link an account"; at most 20.
#[tauri::command]
#[specta::specta]
pub(crate) async fn find_accounts(desk: State<'_, Desk>, text: String) -> Answer<Vec<AccountHit>> {
    Ok(desk.opened()?.reading().find_accounts(&text, HITS).await?)
}

/// What choosing a primary platform would do. Changes nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_primary(desk: State<'_, Desk>, selection: Selection, to: PlatformId) -> Answer<PrimaryPreview> {
    let opened = desk.opened()?;
    let selection = desk.shown.show(opened.reading(), selection).await?;
    Ok(opened.reading().preview_primary(&selection, to).await?)
}

/// Chooses the primary platform of everybody selected.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_primary(
    desk: State<'_, Desk>,
    selection: Selection,
    to: PlatformId,
    confirmed: PrimaryConsent,
) -> Answer<PrimaryOutcome> {
    let confirmed = match confirmed {
        PrimaryConsent::Nothing => Confirmed::Nothing,
        PrimaryConsent::Resets => Confirmed::Resets,
    };
    let opened = desk.opened()?;
    let selection = desk.shown.confirmed(opened.reading(), selection).await?;
    let view = opened.engine().set_primary(&selection, to, confirmed).await?;
    Ok(PrimaryOutcome { changed: view.changed, unconfirmed: view.unconfirmed, held: view.held, failed: view.failed })
}

/// Writes everybody selected as CSV into the Downloads folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_people(desk: State<'_, Desk>, selection: Selection, sort: Sort) -> Answer<Saved> {
    let opened = desk.opened()?;
    Ok(desk.exports.people(opened.engine(), &opened.platforms(), selection, sort, &opened.place()).await?.into())
}

/// Shows an exported file in the system's file manager; only files that this session wrote.
#[tauri::command]
#[specta::specta]
pub(crate) async fn show_in_folder(desk: State<'_, Desk>, saved: String) -> Answer<()> {
    Ok(browser::show(desk.exports.file(&saved)?).await?)
}
