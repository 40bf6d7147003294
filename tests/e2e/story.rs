//! The whole story with the mouse: first start, demo, import, a primary platform, a sync of each kind, pending that turns into a
//! check mark, a failure and its retry, a reset.

use serde_json::Value;
use user_sync_tests::window::{Result, element, ensure, until_within};

use crate::secrets::Ears;
use crate::stage::{CELLS, Cell, Person, SLOW, Stage, exactly, stage};

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_gets_from_the_first_start_to_synced_people_and_back() -> Result<()> {
    stage("story", async |stage| {
        stage.page()?.see(&element("heading", "^Welcome to User Sync$")).await?;
        stage.enter_demo().await?;
        let ears = Ears::open(stage).await?;
        stage.import().await?;
        let mut taken = Vec::new();
        let mut prompted = Vec::new();
        for cell in &CELLS {
            let person = stage.somebody(cell, &mut taken).await?;
            sync(stage, cell, &person).await?;
            ears.look_around(stage).await?;
            match cell.action {
                "prompt" => prompted.push((*cell, person)),
                _ => ends(stage, &person, cell.to, "Synced").await?,
            }
        }
        zoom_needs_an_account(stage).await?;
        let (refused, agreed) = prompted.split_at(1);
        for (cell, person) in agreed {
            ends(stage, person, cell.to, "Pending").await?;
            stage.company.approve(person.on(cell.from), person.on(cell.to)).await?;
        }
        for (cell, person) in agreed {
            ends(stage, person, cell.to, "Synced").await?;
        }
        for (cell, person) in refused {
            a_refusal_is_red_and_can_be_tried_again(stage, cell, person).await?;
            ears.look_around(stage).await?;
            a_reset_leaves_the_row_as_it_was(stage, cell, person).await?;
        }
        ears.heard_no_secret(stage).await
    })
    .await
}

/// Through the confirmation to what the row says then.
async fn sync(stage: &Stage, cell: &Cell, person: &Person) -> Result<()> {
    let page = stage.page()?;
    let heard = stage.company.heard(cell.from, person.on(cell.from).1).await.len();
    let dialog = stage.open_sync(person, cell.to, "Not synced").await?;
    let (title, verb) = match cell.action {
        "prompt" => (format!("Ask {} to authorise their {} account?", person.name, stage.name(cell.to)), "Send prompt"),
        "create_bot" => (format!("Create a {} bot for {}?", stage.name(cell.to), person.name), "Create bot"),
        _ => (format!("Invite a {} guest for {}?", stage.name(cell.to), person.name), "Invite guest"),
    };
    let named = page.names(&dialog).await?;
    ensure(named == [title.clone()], || format!("the dialog is called {named:?}, not {title}"))?;
    stage.answer_questions().await?;
    page.picture(&format!("sync-{}-{}", cell.to, if cell.has_account { "account" } else { "none" })).await?;
    let before = stage.company.heard(cell.from, person.on(cell.from).1).await.len();
    ensure(before == heard, || format!("{} was written to before anything was confirmed", person.name))?;
    page.click(&element("button", &format!("^{verb}$"))).await?;
    page.see_gone(&dialog).await
}

/// Waits until the row of a person says so.
pub(crate) async fn ends(stage: &Stage, person: &Person, to: &str, status: &str) -> Result<()> {
    stage.find(person).await?;
    let (page, pill) = (stage.page()?, stage.pill(person, to, status));
    let outcome = until_within(SLOW, &pill.to_string(), || async { Ok(page.look(&pill).await?) }).await;
    match outcome {
        Ok(_) => Ok(()),
        Err(trouble) => Err(user_sync_tests::window::Trouble(format!("{trouble}; the page shows:\n{}", page.outline().await?))),
    }
}

async fn zoom_needs_an_account(stage: &Stage) -> Result<()> {
    let without = stage.people(|row| !row["primary"].is_null() && row["syncs"]["zoom"]["block"]["kind"] == "needs_account").await?;
    let person = without.first().ok_or_else(|| user_sync_tests::window::Trouble("everybody has a Zoom account".to_owned()))?;
    stage.find(person).await?;
    let (page, pill) = (stage.page()?, stage.pill(person, "zoom", "Not synced"));
    let name = page.names(&pill).await?.join("");
    ensure(name.contains("account"), || format!("the button does not say why it cannot be pressed: {name}"))?;
    let button = page.see(&pill).await?;
    ensure(button.attr("aria-disabled").await?.as_deref() == Some("true"), || format!("{name} can be pressed"))?;
    page.hover(&pill).await?;
    page.see(&element("tooltip", "account")).await?;
    page.picture("sync-zoom-none").await?;
    page.click(&pill).await?;
    ensure(!page.shows(&element("dialog", "")).await?, || format!("{name} opens a dialog"))
}

async fn a_refusal_is_red_and_can_be_tried_again(stage: &Stage, cell: &Cell, person: &Person) -> Result<()> {
    let page = stage.page()?;
    ends(stage, person, cell.to, "Pending").await?;
    stage.company.answer(person.on(cell.from), "no").await?;
    ends(stage, person, cell.to, "Failed").await?;
    let name = page.names(&stage.pill(person, cell.to, "Failed")).await?.join("");
    ensure(name.split_whitespace().count() > 6 && name.ends_with("Try again."), || format!("neither reason nor next step in: {name}"))?;
    page.picture("row-failed").await?;
    let dialog = stage.open_sync(person, cell.to, "Failed").await?;
    page.click(&element("button", "^Send prompt$")).await?;
    page.see_gone(&dialog).await?;
    ends(stage, person, cell.to, "Pending").await?;
    until_within(SLOW, "the second prompt", || async {
        let heard = stage.company.heard(cell.from, person.on(cell.from).1).await;
        Ok((heard.len() > 1).then_some(()))
    })
    .await?;
    stage.company.approve(person.on(cell.from), person.on(cell.to)).await?;
    ends(stage, person, cell.to, "Synced").await?;
    page.click(&stage.pill(person, cell.to, "Synced")).await?;
    let drawer = element("complementary", &exactly(&person.name));
    page.see(&drawer).await?;
    page.see_text(&format!("{}: Failed", stage.name(cell.to))).await?;
    page.picture("drawer-details").await?;
    page.click(&element("button", "^Close details$")).await?;
    page.see_gone(&drawer).await
}

async fn a_reset_leaves_the_row_as_it_was(stage: &Stage, cell: &Cell, person: &Person) -> Result<()> {
    let page = stage.page()?;
    let had_choice = stage.now(person).await?["primary_choices"].as_array().is_some_and(|all| all.len() > 1);
    page.click(&element("button", &format!("^More for {}$", exactly(&person.name)))).await?;
    page.picture("row-menu").await?;
    page.click(&element("menuitem", "^Reset user")).await?;
    let dialog = element("dialog", &format!("^Reset {}\\?$", exactly(&person.name)));
    page.see(&dialog).await?;
    page.see_text("What will go").await?;
    page.picture("reset-one").await?;
    page.click(&element("button", "^Reset$")).await?;
    page.see_gone(&dialog).await?;
    ends(stage, person, cell.to, "Not synced").await?;
    let now = stage.now(person).await?;
    ensure(!had_choice || now["primary"] == Value::Null, || format!("the choice of the primary platform was kept: {now}"))
}
