//! What SQLite's refusals mean to a person.
//!
//! Messages never hold values of rows: SQLite names tables and columns only, and those are ours.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::{Error, Kind, Remedy};

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let Some(failure) = error.sqlite_error() else {
            return Self::new(Kind::Bug, "store", "The database did not answer as User Sync expects.").with("sqlite", error.to_string());
        };
        let code = failure.code;
        let (kind, message, remedy) = match code {
            ErrorCode::DiskFull => (
                Kind::Storage,
                "The disk is full, so this was not saved. What was saved before is safe.",
                Remedy::FixInput { what: "Free some space on the disk with the data folder, then do it again.".into() },
            ),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => (
                Kind::Storage,
                "The database is damaged or not one of User Sync's. Nothing was changed or deleted.",
                Remedy::FixInput { what: "Put a backup of the file in its place, or move it aside and import again.".into() },
            ),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                (Kind::Storage, "The database is busy with something else.", Remedy::Retry { after: None })
            }
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => (
                Kind::Storage,
                "The database may not be opened or changed.",
                Remedy::FixInput { what: "Give your user the right to read and write the data folder.".into() },
            ),
            ErrorCode::SystemIoFailure => (
                Kind::Storage,
                "The disk refused to read or write the database.",
                Remedy::FixInput { what: "Check the disk with the data folder, then do it again.".into() },
            ),
            _ => (Kind::Bug, "The database refused what User Sync asked of it.", Remedy::None),
        };
        let detail = match &error {
            rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
            _ => format!("{code:?}"),
        };
        Self::new(kind, "store", message).remedy(remedy).with("sqlite", detail)
    }
}

/// Names the file in an error of the database, unless the error names one already.
pub(super) fn named(mut error: Error, file: &Path) -> Error {
    if error.kind == Kind::Storage && !error.context.iter().any(|(key, _)| *key == "file") {
        error.message = format!("{} ({})", error.message, file.display());
        error = error.with("file", file.display().to_string());
    }
    error
}

/// The file system's refusal, with the next step.
pub(super) fn file_system(error: &std::io::Error, what: &str, path: &Path) -> Error {
    let step = match error.kind() {
        std::io::ErrorKind::StorageFull => "Free some space on that disk, then do it again.",
        _ => "Give your user the right to read and write there, or choose another data folder.",
    };
    Error::new(Kind::Storage, "store", format!("{what} failed: {error} ({})", path.display()))
        .remedy(Remedy::FixInput { what: step.into() })
        .with("file", path.display().to_string())
}
