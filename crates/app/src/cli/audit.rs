//! audit: the log listed, exported, verified.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use engine::clock::{Clock, SystemClock};
use engine::store::audit::{AuditFilter, verify_lines};
use engine::{Engine, Error, Kind, Result};
use serde::Serialize;

use super::answer::{self, Exit};
use super::args::{Audit, AuditCommand};
use super::session::Session;
use super::tables;
use crate::export::{AuditFormat, Exports, Place, export_audit};

pub(super) async fn audit(session: &Session, args: Audit) -> Result<Exit> {
    match args.what {
        Some(AuditCommand::Export { format, out }) => export(session, format.into(), out).await,
        Some(AuditCommand::Verify { file, head }) => verify(session, file, head).await,
        None => {
            let reading = session.reading().await?;
            let person = match &args.person {
                Some(text) => Some(reading.find_person(text).await?),
                None => None,
            };
            let filter = AuditFilter { person, run: args.run, platform: args.platform };
            let page = reading.audit(filter, args.before, args.limit).await?;
            session.answer.give(&page, tables::audit::page)?;
            Ok(Exit::Done)
        }
    }
}

/// JSON of `audit export`.
#[derive(Serialize)]
struct Saved {
    path: PathBuf,
    entries: u64,
}

async fn export(session: &Session, format: AuditFormat, out: Option<PathBuf>) -> Result<Exit> {
    let engine = session.engine().await?;
    let saved = match out {
        None => {
            let place = Place::downloads(session.folder.clone(), SystemClock.now().to_zoned(jiff::tz::TimeZone::system()).date());
            let saved = Exports::default().audit(&engine, format, &place).await?;
            Saved { path: saved.path, entries: saved.rows }
        }
        Some(path) if path.as_os_str() == "-" => {
            export_audit(&engine, format, &mut answer::print).await?;
            return Ok(Exit::Done);
        }
        Some(path) => Saved { entries: into_file(&engine, format, &path).await?, path },
    };
    session.answer.give(&saved, |saved| format!("{} entries: {}", saved.entries, saved.path.display()))?;
    Ok(Exit::Done)
}

/// Whole, or not at all: half a log would be taken for a cut one.
async fn into_file(engine: &Engine, format: AuditFormat, path: &Path) -> Result<u64> {
    let failed = |error: std::io::Error| {
        Error::new(Kind::Storage, "export", format!("{} cannot be written: {error}.", path.display()))
            .ask_admin("Name a file in a folder that you may write to.")
    };
    let part = path.with_added_extension("part");
    let mut file = BufWriter::new(File::create(&part).map_err(failed)?);
    let written = export_audit(engine, format, &mut |text| file.write_all(text.as_bytes()).map_err(failed)).await;
    let finished = written.and_then(|entries| file.flush().and_then(|()| std::fs::rename(&part, path)).map_err(failed).map(|()| entries));
    if finished.is_err() {
        // Its place is no secret: what cannot be removed was never announced.
        drop(std::fs::remove_file(&part));
    }
    finished
}

async fn verify(session: &Session, file: Option<PathBuf>, head: Option<String>) -> Result<Exit> {
    let verdict = match &file {
        None => session.reading().await?.verify_audit(head).await?,
        Some(path) => verify_lines(BufReader::new(open(path)?), head)?,
    };
    session.answer.give(&verdict, tables::audit::verdict)?;
    Ok(if verdict.broken.is_none() { Exit::Done } else { Exit::Failed })
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| {
        Error::not_found(
            "audit",
            format!("{} cannot be read: {error}.", path.display()),
            "Name a file that was exported as JSON lines: usersync audit export --format jsonl",
        )
    })
}
