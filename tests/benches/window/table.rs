//! The table of people: start, search, scrolling, the way to the end, memory.

use std::time::Duration;

use fantoccini::key::Key;
use user_sync_tests::window::{Desktop, Page, Result, Window, element, ensure, until};

use crate::probe::{Frames, ask, frames, time};
use crate::report::{Report, median, milliseconds, quantile};
use crate::{memory, people};

/// What is typed, letter by letter: the beginning of names and addresses, from common to rare.
const SEARCHES: [&str; 8] = ["anna", "wood", "mari", "garcia", "chen", "li", "smith", "ben.a"];
const SEARCH: &str = "^Search by name";

pub(crate) async fn measure(report: &mut Report, count: usize, rounds: usize) -> Result<()> {
    let folder = people::folder(count).await?;
    let desktop = Desktop::open().await?;
    let arguments = ["--data-dir".into(), folder.into()];
    println!("Starting the window");
    let mut starts = Vec::new();
    let mut window = None;
    // The first start warms the disk's cache and is not counted.
    for round in 0..=rounds {
        let open = Window::open(&desktop, &arguments).await?;
        let page = open.page().clone();
        until("the first rows", || async { Ok((ask(&page, "probe.grid() !== null && probe.filled()").await? == true).then_some(())) })
            .await?;
        let since = Duration::from_secs_f64(memory::program_runs_since()? / 1000.0);
        if round > 0 {
            starts.push(since);
        }
        match round == rounds {
            true => window = Some(open),
            false => open.close().await?,
        }
    }
    report.add("Warm start: from the start of the program to its first rows", milliseconds(median(&starts)), "≤ 1000 ms");
    let Some(window) = window else { return Ok(()) };
    let page = window.page();
    page.resize(1280, 800).await?;
    let everybody = ask(page, "probe.grid().getAttribute('aria-rowcount')").await?;
    println!("  {everybody} rows");
    ensure(everybody.as_str().and_then(|rows| rows.parse::<usize>().ok()).is_some_and(|rows| rows > count / 2), || {
        format!("only {everybody} rows")
    })?;

    search(report, page).await?;
    scrolling(report, page).await?;
    jumps(report, page, rounds).await?;
    flat_memory(report, page).await?;
    window.close().await
}

async fn search(report: &mut Report, page: &Page) -> Result<()> {
    println!("Searching");
    let mut times = Vec::new();
    for word in SEARCHES {
        page.fill(&element("searchbox", SEARCH), "").await?;
        for letter in word.chars() {
            times.push(press(page, &letter.to_string()).await?);
        }
    }
    page.fill(&element("searchbox", SEARCH), "").await?;
    page.see_idle().await?;
    let figures =
        format!("{}, {}, {}", milliseconds(median(&times)), milliseconds(quantile(&times, 0.95)), milliseconds(quantile(&times, 1.0)));
    report.add(format!("Keystroke to filtered rows, {} keys: p50, p95, longest", times.len()), figures, "p95 ≤ 100 ms");
    Ok(())
}

/// One letter, and how long until the table has answered it.
async fn press(page: &Page, letter: &str) -> Result<Duration> {
    ask(page, "probe.nextKey()").await?;
    page.type_text(letter).await?;
    time(page, "window.measured").await
}

async fn scrolling(report: &mut Report, page: &Page) -> Result<()> {
    println!("Scrolling");
    for (name, step) in [
        ("a wheel (120 pixels a frame)", 120),
        ("a fast wheel (600 pixels a frame)", 600),
        ("a dragged scroll bar (22,000 pixels a frame)", 22_000),
    ] {
        let mut all = Frames::default();
        for _ in 0..2 {
            all.add(frames(page, &format!("probe.scroll({step}, 8000)")).await?);
        }
        report.add(format!("Scrolling by {name}"), all.spoken(), "no frame over 200 ms");
        report.add(
            "… frames with a gap, frames with a row still being read",
            format!("{}, {} of {}", all.gaps, all.reading, all.times.len()),
            "no gap",
        );
    }
    Ok(())
}

async fn jumps(report: &mut Report, page: &Page, rounds: usize) -> Result<()> {
    println!("Jumping");
    let (mut ends, mut keys) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        time(page, "probe.jump(0)").await?;
        ends.push(time(page, "probe.jump(1)").await?);
        time(page, "probe.jump(0)").await?;
        page.click(&element("searchbox", SEARCH)).await?;
        page.press(Key::Down).await?;
        ask(page, "probe.nextKey()").await?;
        page.chord(&[Key::Control], char::from(Key::End)).await?;
        keys.push(time(page, "window.measured").await?);
    }
    report.add(
        "Jump to the end by the scroll bar: median, longest",
        format!("{}, {}", milliseconds(median(&ends)), milliseconds(quantile(&ends, 1.0))),
        "≤ 100 ms",
    );
    report.add(
        "Jump to the end by Ctrl+End: median, longest",
        format!("{}, {}", milliseconds(median(&keys)), milliseconds(quantile(&keys, 1.0))),
        "≤ 100 ms",
    );
    Ok(())
}

async fn flat_memory(report: &mut Report, page: &Page) -> Result<()> {
    println!("Memory");
    let mut held = vec![memory::of_web_process()?];
    for _ in 0..8 {
        for step in [600, 22_000] {
            frames(page, &format!("probe.scroll({step}, 8000)")).await?;
        }
        held.push(memory::of_web_process()?);
    }
    let figures = held.iter().map(|mebibytes| format!("{mebibytes:.0}")).collect::<Vec<_>>().join(" → ");
    report.add("Memory of the web process (PSS) before and after each of eight times 16 s of scrolling", format!("{figures} MiB"), "flat");
    Ok(())
}
