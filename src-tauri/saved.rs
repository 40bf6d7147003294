//! A file that was exported, as the page names it.

use serde::Serialize;

/// A file that was exported.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct Saved {
    /// Where it lies.
    pub path: String,
    /// How many rows it has.
    pub rows: u64,
}

impl From<app::export::Saved> for Saved {
    fn from(saved: app::export::Saved) -> Self {
        Self { path: saved.path.display().to_string(), rows: saved.rows }
    }
}
