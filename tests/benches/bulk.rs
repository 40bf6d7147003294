//! Bulk syncs of thousands: how long they take in virtual time beside the least that the platforms' limits allow, what the engine
//! itself costs when nothing holds it up, and how that grows with the number of people.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use engine::cancel::Cancel;
use engine::people::list::Filter;
use engine::people::listing::Sort;
use engine::sync::Until;
use engine::{Selection, model::PlatformId};
use user_sync_tests::bulk::{Bulk, Company, Setup, bulk};

use crate::report::{Report, milliseconds, seconds};
use crate::rig::{Result, Rig};

/// How many more people a company has than are synced: enough of them have accounts in the right places.
const COMPANY: usize = 4;
/// How many are imported for the whole program's run.
const PROGRAM: usize = 12_000;

/// Whole runs in virtual time: every platform that makes bots or guests, and prompts in every platform.
pub(crate) fn makespans(report: &mut Report, people: usize) -> Result<()> {
    println!("Bulk syncs in virtual time");
    let all = [
        ("slack", None, 2),
        ("webex", None, COMPANY),
        // Guests are people of other companies only; there are fewer of them.
        ("teams", None, 17),
        ("zoom", Some("slack"), COMPANY),
        ("webex", Some("teams"), COMPANY),
        ("zoom", Some("webex"), COMPANY),
        ("webex", Some("zoom"), COMPANY),
    ];
    for (to, carrier, larger) in all {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let folder = tempfile::tempdir()?;
        let begun = Instant::now();
        let outcome = runtime.block_on(bulk(folder.path(), Bulk { to, carrier, people, company: people * larger }))?;
        let what =
            carrier.map_or_else(|| format!("Bots or guests in {to}"), |carrier| format!("Prompts in {carrier} (to authorise in {to})"));
        report.add(
            format!("{what}: {} people; bound by {}", outcome.people, outcome.bound_by),
            match outcome.ratio() {
                Some(ratio) => format!("{} s / {} s = {ratio:.3}", outcome.makespan.as_secs(), outcome.least.as_secs()),
                None => format!("{} s, within the burst", outcome.makespan.as_secs()),
            },
            "≤ 1.05",
        );
        report.add(
            "… counted, refused, too early, most under way at once, real time",
            format!("{}, {}, {}, {}, {}", outcome.counted, outcome.refused, outcome.early, outcome.most_at_once, seconds(begun.elapsed())),
            "none too early",
        );
    }
    Ok(())
}

/// What the engine costs when no limit holds it up, in real time on the real disk, as the company grows.
pub(crate) fn overhead(report: &mut Report, sizes: &[usize]) -> Result<()> {
    println!("The engine's own cost, limits off");
    let to = PlatformId::new("slack");
    for size in sizes {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let folder = tempfile::tempdir_in(user_sync_tests::kept("bench")?)?;
        let (queueing, working, looking, listing, count) = runtime.block_on(async {
            let company = Company::new(folder.path(), Setup { people: *size, limits: false, latency: Duration::ZERO }).await?;
            let people = company.wanted(to, None, usize::MAX).await?;
            let count = people.len();
            let engine = &company.engine;
            let begun = Instant::now();
            engine.queue(&Selection::People(people), to).await?;
            let queueing = begun.elapsed();
            let begun = Instant::now();
            engine.work(Until::Idle, &Cancel::new()).await?;
            let working = begun.elapsed();
            let begun = Instant::now();
            engine.runs().await?;
            let looking = begun.elapsed();
            let begun = Instant::now();
            let list = engine.reading().listing(Filter::default(), Sort::default()).await?;
            engine.reading().rows(&list, 0, 60).await?;
            Ok::<_, engine::Error>((queueing, working, looking, begun.elapsed(), count))
        })?;
        report.add(
            format!("{count} bots in Slack: steps a second, with the simulator's and the network layer's work in the same process"),
            format!("{:.0}", count as f64 / working.as_secs_f64()),
            "≥ 2,000",
        );
        report.add(
            format!("… queueing all; `runs` afterwards; the list and its first 60 rows ({size} people)"),
            format!("{}; {}; {}", seconds(queueing), milliseconds(looking), milliseconds(listing)),
            "",
        );
    }
    Ok(())
}

/// The terminal program on a sync of ten thousand, against a simulator in a process of its own.
pub(crate) fn whole_program(report: &mut Report) -> Result<()> {
    let rig = Rig::start(PROGRAM)?;
    let folder = rig.connected()?;
    let run = |words: &str| rig.run(folder.path(), words.split(' ').map(OsStr::new));
    run("import")?;
    run("limits set representations=off")?;
    run("primary --all-matching zoom --yes")?;
    let ran = run("sync --all-matching --to slack --yes")?;
    report.add(
        format!("`usersync sync --all-matching --to slack`, {PROGRAM} people, limits off, the whole process"),
        seconds(ran.time),
        "",
    );
    if let Some(peak) = ran.peak {
        report.add("… its largest memory (VmHWM)", format!("{peak:.0} MiB"), "≤ 200 MiB");
    }
    Ok(())
}
