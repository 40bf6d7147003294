//! A run over 5,000 people in the demo, with the simulator on the same processors: does the window stay quick meanwhile?

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use user_sync_tests::window::{Company, Desktop, Page, Result, Trouble, Window, element, ensure, until_within};

use crate::probe::{Frames, frames, time};
use crate::report::{Report, median, milliseconds, quantile, seconds};

const PEOPLE_OF_RUN: usize = 5_000;
/// Importing everybody, and the run itself.
const LONG: Duration = Duration::from_secs(300);

pub(crate) async fn measure(report: &mut Report, count: usize) -> Result<()> {
    println!("Opening a demo company of {count}");
    let company = Company::without_record(count).await?;
    let desktop = Desktop::open().await?;
    let arguments = ["--data-dir".into(), desktop.path("data-of-the-bench").into(), "--demo".into(), company.ready_file().into()];
    let window = Window::open(&desktop, &arguments).await?;
    let page = window.page();
    page.resize(1280, 800).await?;
    page.click(&element("button", "^Explore with a demo company$")).await?;
    page.see_text("You are exploring a demo company").await?;
    page.ask("import_people", json!({ "platforms": [] })).await?;
    run_ended(page, "import").await?;
    page.click(&element("button", "^User Sync$").within(element("navigation", "Pages"))).await?;
    page.see(&element("row", "@")).await?;

    let people = whom(page).await?;
    println!("A run over {} people", people.len());
    let begun = Instant::now();
    let answers = json!({});
    page.ask("sync", json!({ "selection": { "people": people }, "to": "slack", "answers": answers })).await?;
    let (mut shown, mut presses) = (Frames::default(), Vec::new());
    let mut rounds = 0;
    while !over(page, "sync").await? && begun.elapsed() < LONG {
        shown.add(frames(page, "probe.scroll(120, 1500)").await?);
        for status in ["Pending", "Synced"] {
            let chip =
                format!("[...document.querySelectorAll('button[aria-pressed]')].find((one) => one.textContent.includes('{status}'))");
            presses.push(time(page, &format!("probe.press({chip}, 'aria-pressed')")).await?);
            presses.push(time(page, &format!("probe.press({chip}, 'aria-pressed')")).await?);
        }
        rounds += 1;
    }
    let took = begun.elapsed();
    ensure(rounds > 0, || "the run was over before anything could be measured".to_owned())?;
    report.add(format!("A run over {} people", people.len()), seconds(took), "");
    report.add("… frames while scrolling meanwhile", shown.spoken(), "no frame over 200 ms");
    let figures = format!("{}, {} ({} presses)", milliseconds(median(&presses)), milliseconds(quantile(&presses, 1.0)), presses.len());
    report.add("… a press on a filter shows: median, longest", figures, "≤ 100 ms");
    window.close().await
}

/// People for whom nothing stands in the way: a sync to Slack asks nobody.
async fn whom(page: &Page) -> Result<Vec<Value>> {
    let filter = json!({ "search": null, "status": null, "platform": null, "primary": null, "reason": null });
    let listing = page.ask("list_people", json!({ "filter": filter, "sort": { "by": "name", "descending": false } })).await?;
    let total = listing["total"].as_u64().unwrap_or_default();
    let mut found = Vec::new();
    for from in (0..total).step_by(500) {
        let rows = page.ask("people_window", json!({ "listing": listing["id"], "from": from, "count": 500 })).await?;
        let free = |row: &&Value| row["syncs"]["slack"]["action"] == "create_bot";
        found.extend(rows.as_array().into_iter().flatten().filter(free).map(|row| row["id"].clone()));
        if found.len() >= PEOPLE_OF_RUN {
            found.truncate(PEOPLE_OF_RUN);
            return Ok(found);
        }
    }
    Err(Trouble(format!("only {} people can be synced to Slack", found.len())))
}

async fn over(page: &Page, kind: &str) -> Result<bool> {
    let runs = page.ask("runs", json!({})).await?;
    let of_kind: Vec<&Value> = runs.as_array().into_iter().flatten().filter(|run| run["kind"] == kind).collect();
    Ok(!of_kind.is_empty() && of_kind.iter().all(|run| run["state"] != "running"))
}

async fn run_ended(page: &Page, kind: &str) -> Result<()> {
    until_within(LONG, "the end of a run", || async { Ok(over(page, kind).await?.then_some(())) }).await
}
