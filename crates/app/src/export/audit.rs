//! The whole audit log as text, oldest entry first.
//!
//! In JSON lines it can be verified by itself (`engine::store::audit::verify_lines`); CSV is for reading: its cells are defused.

use engine::store::audit::AuditEntry;
use engine::{Engine, Error, Kind, Reading, Result};
use serde::{Deserialize, Serialize};

use super::csv;

/// Entries read at once.
const PAGE: u32 = 1_000;

/// How the audit log is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AuditFormat {
    /// For a spreadsheet.
    Csv,
    /// One JSON object a line: can be verified.
    Jsonl,
}

impl AuditFormat {
    /// How the names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    fn line(self, entry: &AuditEntry) -> Result<String> {
        match self {
            Self::Csv => {
                let AuditEntry { id, at, actor, action, platform, person, run, what, hash } = entry;
                let (id, platform) = (id.to_string(), platform.map(|id| id.to_string()).unwrap_or_default());
                let person = person.map(|id| id.to_string()).unwrap_or_default();
                let run = run.map(|id| id.to_string()).unwrap_or_default();
                Ok(csv::line([&id, at, actor, action, &platform, &person, &run, what, hash]))
            }
            Self::Jsonl => serde_json::to_string(entry).map(|json| json + "\n").map_err(|error| {
                Error::new(Kind::Bug, "export", "An entry of the audit log cannot be written.").with("json", error.to_string())
            }),
        }
    }
}

/// Gives the whole audit log to `write`, piece by piece, and how many entries it has. That it is exported stands in it as the last.
pub async fn export_audit(engine: &Engine, format: AuditFormat, write: &mut (dyn FnMut(&str) -> Result<()> + Send)) -> Result<u64> {
    engine.tell_export(&format!("the audit log ({})", format.ending())).await?;
    read_audit(engine.reading(), format, write).await
}

/// The same beside whoever works with the data folder, and therefore without a word in the log.
pub async fn read_audit(reading: &Reading, format: AuditFormat, write: &mut (dyn FnMut(&str) -> Result<()> + Send)) -> Result<u64> {
    if format == AuditFormat::Csv {
        write(&csv::head(["Number", "Time", "By", "Action", "Platform", "Person", "Run", "What", "Hash"]))?;
    }
    let newest = reading.audit_newest().await?;
    let (mut last, mut entries) = (0, 0);
    while last < newest {
        let page = reading.audit_after(last, PAGE).await?;
        let Some(end) = page.last() else { break };
        last = end.id;
        for entry in page.iter().filter(|entry| entry.id <= newest) {
            write(&format.line(entry)?)?;
            entries += 1;
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;
    use std::sync::Arc;

    use engine::store::audit::verify_lines;

    use super::super::{Exports, Place};
    use super::*;
    use crate::browser::NoBrowser;
    use crate::compose::World;

    /// An engine whose user has a name that a spreadsheet would run, with so many entries in its log.
    async fn engine(folder: &std::path::Path, entries: u32) -> Engine {
        let mut parts = World::Live.parts(folder, Arc::new(NoBrowser)).unwrap();
        parts.actor = "=HYPERLINK(\"http://x\"), the \"boss\"".into();
        let engine = Engine::open(parts).await.unwrap();
        for number in 1..entries {
            engine.tell_export(&format!("test {number}")).await.unwrap();
        }
        engine
    }

    #[tokio::test]
    async fn an_exported_log_verifies_by_itself_and_ends_with_its_own_export() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), PAGE * 2 + 1).await;
        let place = Place { folder: folder.path().to_owned(), day: jiff::civil::date(2026, 11, 23) };
        let saved = Exports::default().audit(&engine, AuditFormat::Jsonl, &place).await.unwrap();
        assert_eq!(saved.path.file_name().unwrap(), "User Sync audit log 2026-11-23.jsonl");
        assert_eq!(saved.rows, u64::from(PAGE) * 2 + 2);
        let file = || BufReader::new(std::fs::File::open(&saved.path).unwrap());
        let here = engine.reading().verify_audit(None).await.unwrap();
        assert_eq!(verify_lines(file(), Some(here.head.clone())).unwrap(), here);
        let text = std::fs::read_to_string(&saved.path).unwrap();
        let last = text.lines().last().unwrap();
        assert!(last.contains("\"action\":\"list_exported\"") && last.contains("the audit log (jsonl)"), "{last}");

        let mut beside = String::new();
        let mut write = |part: &str| {
            beside.push_str(part);
            Ok(())
        };
        let rows = read_audit(engine.reading(), AuditFormat::Jsonl, &mut write).await.unwrap();
        assert_eq!((rows, beside), (saved.rows, text), "looking at it adds nothing to it");
    }

    #[tokio::test]
    async fn a_log_for_a_spreadsheet_has_all_columns_and_no_cell_that_runs() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), 2).await;
        let place = Place { folder: folder.path().to_owned(), day: jiff::civil::date(2026, 11, 23) };
        let saved = Exports::default().audit(&engine, AuditFormat::Csv, &place).await.unwrap();
        let text = std::fs::read_to_string(&saved.path).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!((rows.len(), saved.rows), (4, 3));
        assert_eq!(rows[0], "\u{feff}Number,Time,By,Action,Platform,Person,Run,What,Hash");
        let entry = engine.reading().audit(Default::default(), Some(3), 1).await.unwrap().entries.remove(0);
        let by = "\"'=HYPERLINK(\"\"http://x\"\"), the \"\"boss\"\"\"";
        assert_eq!(rows[2], format!("2,{},{by},list_exported,,,,An export was begun: test 1.,{}", entry.at, entry.hash));
    }

    #[tokio::test]
    async fn a_full_disk_ends_an_export() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), 5).await;
        let mut pieces = 0;
        let mut write = |_: &str| {
            pieces += 1;
            if pieces > 2 { Err(Error::new(Kind::Storage, "test", "Full.")) } else { Ok(()) }
        };
        let full = export_audit(&engine, AuditFormat::Jsonl, &mut write).await;
        assert_eq!((full.unwrap_err().kind, pieces), (Kind::Storage, 3));
    }
}
