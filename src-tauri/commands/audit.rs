//! The audit log: listed, verified, exported.

use app::export::AuditFormat;
use engine::store::audit::{AuditFilter, AuditPage, AuditVerdict};
use tauri::State;

use crate::desk::Desk;
use crate::problem::Answer;
use crate::saved::Saved;

/// Entries per page.
const ENTRIES: u32 = 100;

/// Entries of the audit log, newest first; `before` is from the page before.
#[tauri::command]
#[specta::specta]
pub(crate) async fn audit(desk: State<'_, Desk>, filter: AuditFilter, before: Option<i64>) -> Answer<AuditPage> {
    Ok(desk.opened()?.reading().audit(filter, before, ENTRIES).await?)
}

/// Whether every entry fits to the one before, and whether `head`, a hash noted earlier, still stands in it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn verify_audit(desk: State<'_, Desk>, head: Option<String>) -> Answer<AuditVerdict> {
    Ok(desk.opened()?.reading().verify_audit(head).await?)
}

/// Writes the whole audit log, oldest entry first, into the Downloads folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_audit(desk: State<'_, Desk>, format: AuditFormat) -> Answer<Saved> {
    let opened = desk.opened()?;
    Ok(desk.exports.audit(opened.engine(), format, &opened.place()).await?.into())
}
