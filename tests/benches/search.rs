//! Searching everybody: many different searches in one process, then the commands that list as an admin starts them.

use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use engine::Reading;
use engine::people::list::Filter;
use engine::transport::Realm;

use crate::import::memory;
use crate::report::{Report, median, milliseconds, quantile, seconds};
use crate::rig::{Result, Rig};

/// How many people are searched for, in each way.
const PEOPLE: usize = 400;
/// How many people a page of results shows; the program's own default.
const PAGE: u32 = 50;
/// How often each command is run.
const RUNS: usize = 5;

/// How a search is made of a person's name and address.
type Way = (&'static str, fn(&str, &str) -> String);

/// The ways in which an admin looks for somebody.
const WAYS: [Way; 5] = [
    ("a whole address", |_, email| email.to_owned()),
    ("the beginning of an address", |_, email| email.chars().take(6).collect()),
    ("first and last name", |name, _| name.to_owned()),
    ("a last name", |name, _| name.rsplit(' ').next().unwrap_or_default().to_owned()),
    ("three letters", |name, _| name.chars().take(3).collect()),
];

pub(crate) async fn measure(report: &mut Report, rig: &Rig, folder: &Path) -> Result<()> {
    println!("Searching");
    let reading = Reading::open(platforms::all(), folder, Realm::Demo).await?;
    let people = some_people(&reading).await?;
    let mut all = Vec::new();
    for (way, text) in WAYS {
        let mut times = Vec::new();
        for (name, email) in &people {
            times.push(search(&reading, text(name, email)).await?);
        }
        report.add(format!("Search by {way}: p50, p95"), both(&times), "");
        all.extend(times);
    }
    report.add(format!("All {} searches: p50, p95", all.len()), both(&all), "≤ 5 ms");
    drop(reading);

    println!("Listing with the program itself");
    let (name, _) = people.first().ok_or("nobody was imported")?;
    let commands: [(&str, &[&str]); 6] = [
        ("people --search NAME", &["people", "--search", name]),
        ("people", &["people"]),
        ("people --status not_synced", &["people", "--status", "not_synced"]),
        ("status", &["status"]),
        ("conflicts", &["conflicts"]),
        ("plan --all-matching --to webex", &["plan", "--all-matching", "--to", "webex"]),
    ];
    for (title, words) in commands {
        let (mut times, mut peak) = (Vec::new(), None::<f64>);
        for _ in 0..RUNS {
            let ran = rig.run(folder, words.iter().map(OsStr::new))?;
            times.push(ran.time);
            peak = peak.into_iter().chain(ran.peak).reduce(f64::max);
        }
        report.add(format!("`usersync {title}`, the whole process"), format!("{}{}", seconds(median(&times)), memory(peak)), "");
    }
    Ok(())
}

fn both(times: &[Duration]) -> String {
    format!("{}, {}", milliseconds(median(times)), milliseconds(quantile(times, 0.95)))
}

async fn search(reading: &Reading, text: String) -> Result<Duration> {
    let filter = Filter { search: Some(text.clone()), ..Filter::default() };
    let begun = Instant::now();
    let page = reading.people(filter, PAGE, None).await?;
    let time = begun.elapsed();
    if page.people.is_empty() {
        return Err(format!("nobody was found by `{text}`").into());
    }
    Ok(time)
}

/// Names and addresses from all over the list.
async fn some_people(reading: &Reading) -> Result<Vec<(String, String)>> {
    let (mut people, mut after) = (Vec::new(), None);
    loop {
        let page = reading.people(Filter::default(), 1_000, after).await?;
        people.extend(page.people.into_iter().filter_map(|person| Some((person.name, person.email?))));
        if page.next.is_none() {
            break;
        }
        after = page.next;
    }
    let step = (people.len() / PEOPLE).max(1);
    Ok(people.into_iter().step_by(step).take(PEOPLE).collect())
}
