//! The same story by keyboard alone: no test here moves the mouse or clicks.

use fantoccini::key::Key;
use user_sync_tests::window::{Page, Result, Trouble, Wanted, element, ensure, until_within};

use crate::stage::{CELLS, Cell, Person, SLOW, Stage, exactly, stage};

/// How many stops Tab may pass on its way through a page.
const STOPS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_can_be_lived_without_a_mouse() -> Result<()> {
    stage("keyboard", async |stage| {
        let page = stage.page()?.clone();
        page.see(&element("heading", "^Welcome to User Sync$")).await?;
        enter(&page, "button", "^Explore with a demo company$").await?;
        page.see_text("You are exploring a demo company").await?;
        stage.learn_names().await?;
        enter(&page, "button", "^Platforms$").await?;
        enter(&page, "button", "^Import all$").await?;
        until_within(SLOW, "the end of the import", || async {
            let runs = page.ask("runs", serde_json::json!({})).await?;
            Ok(runs.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|run| run["state"] == "done")).then_some(()))
        })
        .await?;
        enter(&page, "button", "^User Sync$").await?;
        page.see(&element("row", "@")).await?;

        let cell = CELLS[1];
        let person = somebody(stage, &cell).await?;
        search(&page, &person).await?;
        the_table_is_walked_by_keys(&page).await?;
        search(&page, &person).await?;
        into_row(&page, &person).await?;
        right_to(&page, &format!("^{}: Not synced", stage.name(cell.to))).await?;
        page.press(Key::Enter).await?;
        let dialog = element("dialog", &exactly(&person.name));
        page.see(&dialog).await?;
        page.press(Key::Escape).await?;
        page.see_gone(&dialog).await?;
        focus_is(&page, "button", &format!("^{}: Not synced", stage.name(cell.to))).await?;
        page.press(Key::Enter).await?;
        page.see(&dialog).await?;
        enter(&page, "button", "^Create bot$").await?;
        page.see_gone(&dialog).await?;
        row_says(&page, &stage.pill(&person, cell.to, "Synced")).await?;

        into_row(&page, &person).await?;
        page.press(Key::Enter).await?;
        let drawer = element("complementary", &exactly(&person.name));
        page.see(&drawer).await?;
        page.press(Key::Escape).await?;
        page.see_gone(&drawer).await?;
        right_to(&page, &format!("^More for {}$", exactly(&person.name))).await?;
        page.press(Key::Enter).await?;
        page.see(&element("menuitem", "^Reset user")).await?;
        page.press(Key::End).await?;
        page.press(Key::Enter).await?;
        let dialog = element("dialog", "^Reset ");
        page.see(&dialog).await?;
        enter(&page, "button", "^Reset$").await?;
        page.see_gone(&dialog).await?;
        row_says(&page, &stage.pill(&person, cell.to, "Not synced")).await?;
        a_primary_platform_is_chosen_and_a_refused_prompt_tried_again(stage, &CELLS[0]).await
    })
    .await
}

/// From "Choose…" to the check mark: the person refuses the first prompt and agrees to the second.
async fn a_primary_platform_is_chosen_and_a_refused_prompt_tried_again(stage: &Stage, cell: &Cell) -> Result<()> {
    let page = stage.page()?;
    let open = |row: &serde_json::Value| {
        let choices = row["primary_choices"].as_array().is_some_and(|all| all.contains(&cell.from.into()));
        row["primary"].is_null() && choices && row["accounts"][cell.to]["active"] == true
    };
    let person = stage.people(open).await?.into_iter().next().ok_or_else(|| Trouble("every primary platform is chosen".to_owned()))?;
    search(page, &person).await?;
    into_row(page, &person).await?;
    right_to(page, "primary platform of").await?;
    page.press(Key::Enter).await?;
    let platform = format!("^{}$", stage.name(cell.from));
    page.see(&element("menuitemradio", &platform)).await?;
    until_within(SLOW / 12, "the platform in the menu", || async {
        if page.focus_fits("menuitemradio", &platform).await? {
            return Ok(Some(()));
        }
        page.press(Key::Down).await.map(|()| None)
    })
    .await?;
    page.press(Key::Enter).await?;
    row_says(page, &element("button", &format!("^Primary platform of .*: {}$", stage.name(cell.from))).within(person.row())).await?;

    confirm(stage, &person, cell.to, "Not synced").await?;
    row_says(page, &stage.pill(&person, cell.to, "Pending")).await?;
    prompted(stage, &person, cell, 1).await?;
    stage.company.answer(person.on(cell.from), "no").await?;
    row_says(page, &stage.pill(&person, cell.to, "Failed")).await?;
    confirm(stage, &person, cell.to, "Failed").await?;
    row_says(page, &stage.pill(&person, cell.to, "Pending")).await?;
    prompted(stage, &person, cell, 2).await?;
    stage.company.approve(person.on(cell.from), person.on(cell.to)).await?;
    row_says(page, &stage.pill(&person, cell.to, "Synced")).await
}

/// Into the row, right to the button, through its dialog.
async fn confirm(stage: &Stage, person: &Person, to: &str, status: &str) -> Result<()> {
    let page = stage.page()?;
    into_row(page, person).await?;
    right_to(page, &format!("^{}: {status}", stage.name(to))).await?;
    page.press(Key::Enter).await?;
    let dialog = element("dialog", &exactly(&person.name));
    page.see(&dialog).await?;
    enter(page, "button", "^Send prompt$").await?;
    page.see_gone(&dialog).await
}

/// Waits until the person has so many prompts before them.
async fn prompted(stage: &Stage, person: &Person, cell: &Cell, times: usize) -> Result<()> {
    until_within(SLOW, "the prompt", || async {
        Ok((stage.company.heard(cell.from, person.on(cell.from).1).await.len() >= times).then_some(()))
    })
    .await
}

/// Somebody with a primary platform for whom this cell can begin.
async fn somebody(stage: &Stage, cell: &Cell) -> Result<Person> {
    let fits = |row: &serde_json::Value| row["primary"] == cell.from && row["syncs"][cell.to]["action"] == cell.action;
    let people = stage.people(fits).await?;
    people.into_iter().next().ok_or_else(|| Trouble(format!("nobody fits {cell:?}")))
}

/// Tab to it, then Enter.
async fn enter(page: &Page, role: &str, name: &str) -> Result<()> {
    page.see(&element(role, name)).await?;
    page.tab_to(role, name, STOPS).await?;
    page.press(Key::Enter).await
}

/// Ctrl+F, the name, and down into the table.
async fn search(page: &Page, person: &Person) -> Result<()> {
    page.chord(&[Key::Control], 'f').await?;
    focus_is(page, "searchbox", "^Search by name").await?;
    page.type_text(&person.name).await?;
    page.see_text(r"\b1 of [\d,]+ people").await?;
    page.see(&person.row()).await.map(|_| ())
}

async fn into_row(page: &Page, person: &Person) -> Result<()> {
    page.chord(&[Key::Control], 'f').await?;
    page.press(Key::Down).await?;
    page.press(Key::Home).await?;
    page.press(Key::Right).await?;
    focus_is(page, "gridcell", &exactly(&person.name)).await
}

/// With the right arrow through the stops of the row.
async fn right_to(page: &Page, name: &str) -> Result<()> {
    for _ in 0..8 {
        if page.focus_fits("button", name).await? {
            return Ok(());
        }
        page.press(Key::Right).await?;
    }
    Err(Trouble(format!("the right arrow does not lead to “{name}” but to {:?}", page.focus().await?)))
}

/// Home, End, pages and the two ends of the list; Space selects, Escape goes back to the search.
async fn the_table_is_walked_by_keys(page: &Page) -> Result<()> {
    page.press(Key::Escape).await?;
    page.see_text(r"User Sync [\d,]{3,} people").await?;
    page.press(Key::Down).await?;
    let first = focused_row(page).await?;
    ensure(first == 2, || format!("the down arrow leads from the search to row {first}"))?;
    page.chord(&[Key::Control], char::from(Key::End)).await?;
    let last = until_within(SLOW, "the last row", || async { Ok(Some(focused_row(page).await?).filter(|row| *row > 200)) }).await?;
    page.press(Key::PageUp).await?;
    let before = focused_row(page).await?;
    ensure(before < last && before > last - 40, || format!("Page Up leads from row {last} to {before}"))?;
    page.chord(&[Key::Control], char::from(Key::Home)).await?;
    until_within(SLOW, "the first row", || async { Ok((focused_row(page).await? == 2).then_some(())) }).await?;
    page.press(Key::Home).await?;
    page.type_text(" ").await?;
    page.see_text("1 selected").await?;
    page.type_text(" ").await?;
    page.see_gone(&element("toolbar", "^Selected people$")).await?;
    page.press(Key::Escape).await?;
    focus_is(page, "searchbox", "^Search by name").await
}

/// The number of the row that has the focus, as assistive technology is told.
async fn focused_row(page: &Page) -> Result<u64> {
    let row = page
        .script("return Number(document.activeElement?.closest('[role=row]')?.getAttribute('aria-rowindex') ?? 0);", Vec::new())
        .await?;
    Ok(row.as_u64().unwrap_or_default())
}

async fn focus_is(page: &Page, role: &str, name: &str) -> Result<()> {
    let outcome = until_within(SLOW / 12, "the focus", || async { Ok(page.focus_fits(role, name).await?.then_some(())) }).await;
    match outcome {
        Ok(()) => Ok(()),
        Err(_) => Err(Trouble(format!("the focus is not on {role} “{name}” but on {:?}", page.focus().await?))),
    }
}

async fn row_says(page: &Page, wanted: &Wanted) -> Result<()> {
    match until_within(SLOW, &wanted.to_string(), || page.look(wanted)).await {
        Ok(_) => Ok(()),
        Err(Trouble(reason)) => Err(Trouble(format!("{reason}; the page shows:\n{}", page.outline().await?))),
    }
}
