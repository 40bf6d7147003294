//! Lists as CSV files, for whoever goes on with them in a spreadsheet, and the audit log. That a list leaves is told in the audit log.
//!
//! Rows are read and written in pages, so that a hundred thousand people are never in memory at once. A file that could not be
//! written to its end is removed. It must not know who asks for it.

mod audit;
mod csv;
mod file;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use engine::model::{PersonId, PlatformId, Reason, RunId, Status};
use engine::people::list::Filter;
use engine::people::listing::{Listing, Sort};
use engine::people::rows::{PersonRow, SyncCell};
use engine::platform::Platforms;
use engine::{Engine, Error, Result, Selection};
use jiff::civil::Date;

pub use audit::{AuditFormat, export_audit, read_audit};
use file::NewFile;

/// Rows read at once.
const PAGE: usize = 500;

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Where it lies.
    pub path: PathBuf,
    /// How many rows it has below its head.
    pub rows: u64,
}

/// Where files go, and the day that their names tell.
#[derive(Clone, Debug)]
pub struct Place {
    /// An existing folder.
    pub folder: PathBuf,
    /// Today, where the admin is.
    pub day: Date,
}

impl Place {
    /// The user's Downloads; `otherwise` where the system has none.
    pub fn downloads(otherwise: PathBuf, day: Date) -> Self {
        Self { folder: dirs::download_dir().filter(|folder| folder.is_dir()).unwrap_or(otherwise), day }
    }
}

/// Writes files, and remembers which.
#[derive(Default)]
pub struct Exports(Mutex<BTreeSet<PathBuf>>);

impl Exports {
    /// The people of a selection, in the order of the list.
    pub async fn people(&self, engine: &Engine, platforms: &Platforms, selection: Selection, sort: Sort, place: &Place) -> Result<Saved> {
        let reading = engine.reading();
        let listing = match selection {
            Selection::Matching(filter) => reading.listing(filter, sort).await?,
            Selection::People(people) => {
                let chosen: BTreeSet<PersonId> = people.into_iter().collect();
                let everyone = reading.listing(Filter::default(), sort).await?;
                let people = everyone.people.iter().copied().filter(|person| chosen.contains(person)).collect();
                Listing { people, ..everyone }
            }
        };
        engine.tell_export(&format!("a list of {} people", listing.people.len())).await?;
        let mut file = NewFile::create(place, "people", "csv")?;
        let names: Vec<&str> = platforms.iter().map(|platform| platform.info().name).collect();
        file.head(["Name", "E-mail", "Primary platform"].into_iter().chain(names))?;
        let mut from = 0;
        while from < listing.people.len() {
            let page = reading.rows(&listing, from, PAGE).await?;
            for person in &page {
                let primary = person.primary.map_or("", |primary| name_of(platforms, primary));
                let start = [person.name.clone(), person.email.clone().unwrap_or_default(), primary.to_owned()];
                file.row(start.into_iter().chain(platforms.iter().map(|platform| state(person, platform.info().id))))?;
            }
            from += PAGE;
        }
        self.wrote(file.finish()?)
    }

    /// What a run did, person by person.
    pub async fn run(&self, engine: &Engine, platforms: &Platforms, run: RunId, place: &Place) -> Result<Saved> {
        engine.tell_export(&format!("the results of run {run}")).await?;
        let mut file = NewFile::create(place, &format!("run {run}"), "csv")?;
        file.head(["Name", "Platform", "Status", "Detail", "Reason", "What to do"])?;
        let mut from = 0;
        loop {
            let page = engine.reading().run_people(run, None, from, PAGE as u32).await?;
            for row in &page.rows {
                let platform = row.platform.map_or("", |platform| name_of(platforms, platform));
                let (message, remedy) = row.reason.as_ref().map_or(("", ""), |reason| (&reason.message, &reason.remedy));
                let detail = row.detail.as_deref().unwrap_or_default().replace('_', " ");
                file.row([&row.name, platform, word(row.status), &detail, message, remedy])?;
            }
            from += PAGE as u32;
            if u64::from(from) >= page.total {
                return self.wrote(file.finish()?);
            }
        }
    }

    /// The audit log, oldest entry first.
    pub async fn audit(&self, engine: &Engine, format: AuditFormat, place: &Place) -> Result<Saved> {
        let mut file = NewFile::create(place, "audit log", format.ending())?;
        let rows = export_audit(engine, format, &mut |text| file.write(text)).await?;
        self.wrote(Saved { rows, ..file.finish()? })
    }

    /// A file that was written here. Errors: `Kind::NotFound` for every other path.
    pub fn file(&self, path: &str) -> Result<PathBuf> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = written.get(std::path::Path::new(path)).cloned();
        found.ok_or_else(|| Error::not_found("show", "This file was not exported in this session.", "Export it again."))
    }

    fn wrote(&self, saved: Saved) -> Result<Saved> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(saved.path.clone());
        Ok(saved)
    }
}

/// How a person stands on one platform.
fn state(person: &PersonRow, platform: PlatformId) -> String {
    if person.primary == Some(platform) {
        return "Primary".into();
    }
    match person.syncs.get(&platform) {
        None => String::new(),
        Some(SyncCell { status: Status::Failed, reason: Some(Reason { message, .. }), .. }) => {
            format!("{}: {message}", word(Status::Failed))
        }
        Some(cell) => word(cell.status).into(),
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Synced => "Synced",
        Status::Pending => "Pending",
        Status::Failed => "Failed",
        Status::NotSynced => "Not synced",
    }
}

fn name_of(platforms: &Platforms, platform: PlatformId) -> &'static str {
    platforms.get(platform).map_or("", |known| known.info().name)
}
