//! audit: the log listed, exported, verified.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use engine::store::audit::{AuditFilter, verify_lines};
use engine::{Error, Result};

use super::answer::Exit;
use super::args::{Audit, AuditCommand};
use super::session::Session;
use super::tables;

pub(super) async fn audit(session: &Session, args: Audit) -> Result<Exit> {
    match args.what {
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
