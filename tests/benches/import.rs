//! Importing from each platform, beside a bare loop over the same pages, and the whole program's import with its memory.

use std::ffi::OsStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::browser::NoBrowser;
use app::cli::credentials::Credentials;
use app::compose::World;
use engine::Engine;
use engine::cancel::Cancel;
use engine::pace::{self, NoThrottles, Paced};
use engine::platform::{Connection, Platform};
use engine::secrets::{MemorySecrets, NoGrants};
use engine::signin;
use engine::transport::{Http, Lane, Realm, Subject};
use tempfile::TempDir;

use crate::report::{Report, median, seconds};
use crate::rig::{Result, Rig};

/// Each platform: the bare loop and the import in turn, so that a busy moment meets both.
pub(crate) async fn measure(report: &mut Report, rig: &Rig, rounds: usize) -> Result<()> {
    println!("Importing from each platform");
    let (mut all_bare, mut all_pages) = (Duration::ZERO, Duration::ZERO);
    for platform in platforms::all().iter() {
        let name = platform.info().name;
        let connection = bare_connection(rig, platform).await?;
        let (mut bare, mut pages, mut whole) = (Vec::new(), Vec::new(), Vec::new());
        let mut accounts = 0;
        for _ in 0..rounds {
            let (seen, time) = fetch_all(connection.as_ref()).await?;
            bare.push(time);
            let imported = import(rig, platform).await?;
            pages.push(imported.pages);
            whole.push(imported.whole);
            accounts = seen;
        }
        let ratio = median(&pages).as_secs_f64() / median(&bare).as_secs_f64();
        let each: Vec<String> =
            pages.iter().zip(&bare).map(|(pages, bare)| format!("{:.2}", pages.as_secs_f64() / bare.as_secs_f64())).collect();
        report.add(
            format!("{name}: import of {accounts} accounts / bare loop"),
            format!("{} / {} = {ratio:.2} (rounds: {})", seconds(median(&pages)), seconds(median(&bare)), each.join(" ")),
            "≤ 1.20",
        );
        report.add(format!("{name}: the same with people settled"), seconds(median(&whole)), "");
        all_bare += median(&bare);
        all_pages += median(&pages);
    }
    let ratio = all_pages.as_secs_f64() / all_bare.as_secs_f64();
    report.add("All platforms, one after the other", format!("{} / {} = {ratio:.2}", seconds(all_pages), seconds(all_bare)), "≤ 1.20");
    Ok(())
}

/// The program `usersync import` over all platforms at once. Gives the last data folder.
pub(crate) fn whole_program(report: &mut Report, rig: &Rig, rounds: usize) -> Result<TempDir> {
    println!("Importing with the program itself");
    let mut folder = rig.connected()?;
    let (mut times, mut peak) = (Vec::new(), None::<f64>);
    for round in 0..rounds {
        if round > 0 {
            folder = rig.connected()?;
        }
        let ran = rig.run(folder.path(), [OsStr::new("import")])?;
        times.push(ran.time);
        peak = peak.into_iter().chain(ran.peak).reduce(f64::max);
    }
    let shown = peak.map_or("unknown".into(), |peak| format!("{peak:.0} MiB"));
    report.add("`usersync import`, all four platforms at once", seconds(median(&times)), "");
    report.add("its largest memory of all rounds (VmHWM)", shown, "≤ 150 MiB");
    let again = rig.run(folder.path(), [OsStr::new("import")])?;
    report.add("`usersync import` once more, nothing changed", format!("{}{}", seconds(again.time), memory(again.peak)), "");
    Ok(folder)
}

pub(crate) fn memory(peak: Option<f64>) -> String {
    peak.map_or(String::new(), |peak| format!(", {peak:.0} MiB"))
}

/// A connection over the real transport, without an engine.
async fn bare_connection(rig: &Rig, platform: &'static dyn Platform) -> Result<Box<dyn Connection>> {
    let folder = tempfile::tempdir()?;
    let parts = World::Demo(rig.ready.clone()).parts(folder.path(), Arc::new(NoBrowser))?;
    let paced = Paced::new(pace::Parts {
        wire: parts.wire,
        secrets: Arc::new(MemorySecrets::new(Realm::Demo)),
        grants: Arc::new(NoGrants),
        throttles: Arc::new(NoThrottles),
        platforms: parts.platforms,
        clock: parts.clock,
        random: parts.random,
        rates: parts.rates,
        events: engine::event::Events::new(),
    })?;
    let facts = signin::connect(&paced, platform, given(rig, platform)?.into(), None, &NoBrowser, &|_| {}).await?;
    paced.connected(platform.info().id, facts.clone());
    Ok(platform.connect(facts, Http::new(Arc::new(paced), platform.info().id, Subject::Connection, Lane::Import)))
}

fn given(rig: &Rig, platform: &'static dyn Platform) -> Result<signin::Given> {
    Ok(Credentials::new(rig.ready.credentials.clone()).of(platform.info(), true)?)
}

/// Fetches every page and forgets it.
async fn fetch_all(connection: &dyn Connection) -> Result<(usize, Duration)> {
    let begun = Instant::now();
    let (mut seen, mut cursor) = (0, None::<String>);
    loop {
        let page = connection.accounts(None, cursor.as_deref()).await?;
        seen += page.items.len();
        if page.next.is_none() {
            return Ok((seen, begun.elapsed()));
        }
        cursor = page.next;
    }
}

struct Imported {
    /// Until every account is on the disk.
    pages: Duration,
    /// Until the people are settled too.
    whole: Duration,
}

/// Imports into a new data folder.
async fn import(rig: &Rig, platform: &'static dyn Platform) -> Result<Imported> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(World::Demo(rig.ready.clone()).parts(folder.path(), Arc::new(NoBrowser))?).await?;
    let id = platform.info().id;
    engine.connect(id, given(rig, platform)?.into(), &|_| {}).await?;
    let begun = Instant::now();
    let last = Mutex::new(begun);
    // The last word of progress comes when all accounts are stored.
    let progress = |_, _| *last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    let view = engine.import(&[id], &Cancel::new(), &progress).await?;
    let whole = begun.elapsed();
    if let Some(reason) = view.errors.get(&id) {
        return Err(reason.message.clone().into());
    }
    let last = *last.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Imported { pages: last.duration_since(begun), whole })
}
