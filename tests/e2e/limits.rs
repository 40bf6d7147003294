//! A stop limit from its setting to its end: a bulk sync of which it holds a part, the approval, the undoing of the whole run, and the
//! audit log that tells it all.

use serde_json::{Value, json};
use user_sync_tests::window::{Look, Result, SIZES, Trouble, element, ensure, until_within};

use crate::stage::{SLOW, Stage, stage};

/// Less than there are people; what is ten or fewer in all is never held.
const LIMIT: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn what_exceeds_a_stop_limit_waits_for_approval_and_the_whole_run_can_be_undone() -> Result<()> {
    stage("limits", async |stage| {
        stage.page()?.see(&element("heading", "^Welcome to User Sync$")).await?;
        stage.enter_demo().await?;
        stage.import().await?;
        lower_the_limit(stage).await?;
        let people = sync_many(stage).await?;
        approve(stage, people).await?;
        undo(stage, people).await?;
        the_log_is_whole(stage).await
    })
    .await
}

async fn lower_the_limit(stage: &Stage) -> Result<()> {
    let page = stage.page()?;
    stage.go("Settings").await?;
    let field = element("textbox", "^New bots and guests: at most so many");
    page.fill(&field, "many").await?;
    page.see_text("Enter a whole number").await?;
    page.fill(&field, &LIMIT.to_string()).await?;
    page.click(&element("checkbox", "^Limit for removals$")).await?;
    page.click(&element("button", "^Save limits$")).await?;
    page.see_text("The stop limits were saved").await?;
    seen(stage, "limits-saved").await
}

/// Everybody who works on Webex, to Slack: nobody has to be asked, so all of them end by themselves. Gives how many they are.
async fn sync_many(stage: &Stage) -> Result<u64> {
    let page = stage.page()?;
    stage.go("User Sync").await?;
    page.click(&element("button", "^Filter by primary platform")).await?;
    page.click(&element("menuitemradio", "^Webex")).await?;
    page.see_text(r"\b[\d,]+ of [\d,]+ people").await?;
    page.click(&element("checkbox", "^Select everyone")).await?;
    page.click(&element("button", "^Sync to").within(element("toolbar", "^Selected people$"))).await?;
    page.click(&element("menuitem", "^Slack$")).await?;
    let dialog = element("dialog", "people to Slack[?]$");
    page.see(&dialog).await?;
    page.see_text(&format!(r"\b{LIMIT} bots and guests are made now; [\d,]+ more wait for your approval")).await?;
    stage.answer_questions().await?;
    seen(stage, "limits-dialog").await?;
    page.click(&element("button", "^Create [\\d,]+ bots$")).await?;
    page.see_gone(&dialog).await?;
    let run = the_run(stage, "sync", "the limit to hold a part", |run| run["waits"] == "approval").await?;
    let (total, held) = (run["total"].as_u64().unwrap_or_default(), run["held"].as_u64().unwrap_or_default());
    ensure(held > 0 && total == held + LIMIT, || format!("{LIMIT} of {total} were let through, and {held} are held"))?;
    Ok(total)
}

async fn approve(stage: &Stage, people: u64) -> Result<()> {
    let page = stage.page()?;
    stage.go("Activity").await?;
    page.see_text("wait for your approval: your stop limit lets").await?;
    seen(stage, "activity-held").await?;
    let more = people - LIMIT;
    page.click(&element("button", &format!("^Approve {more} more of Sync to Slack$"))).await?;
    let dialog = element("dialog", &format!("^Approve {more} more of"));
    page.see(&dialog).await?;
    page.see_text(&format!("beyond the stop limit of {LIMIT}")).await?;
    seen(stage, "dialog-approve").await?;
    page.click(&element("button", &format!("^Approve {more} more$")).within(dialog.clone())).await?;
    page.see_gone(&dialog).await?;
    let run = the_run(stage, "sync", "the approved part to end", |run| run["state"] == "done").await?;
    ensure(run["counts"]["synced"] == people, || format!("all {people} are synced: {run}"))
}

async fn undo(stage: &Stage, people: u64) -> Result<()> {
    let page = stage.page()?;
    let opener = element("button", "^Undo Sync to Slack");
    page.click(&opener).await?;
    let dialog = element("dialog", "^Undo “Sync to Slack” of");
    page.see(&dialog).await?;
    page.see_text(&format!("Exactly the {people} syncs that this run made")).await?;
    seen(stage, "dialog-undo-run").await?;
    page.click(&element("button", &format!("^Undo {people} syncs$")).within(dialog.clone())).await?;
    page.see_gone(&dialog).await?;
    the_run(stage, "undo", "the undoing to end", |run| run["state"] == "done").await?;
    page.see(&element("row", "Undo of “Sync to Slack”")).await?;
    page.see_gone(&opener).await?;
    seen(stage, "activity-undone").await?;
    let left: Vec<Value> = stage.everybody().await?.into_iter().filter(|row| row["syncs"]["slack"]["status"] == "synced").collect();
    ensure(left.is_empty(), || format!("{} are synced to Slack still", left.len()))
}

async fn the_log_is_whole(stage: &Stage) -> Result<()> {
    let page = stage.page()?;
    page.click(&element("button", "^Audit log$").within(element("navigation", "Views"))).await?;
    page.see(&element("table", "^Audit log")).await?;
    seen(stage, "activity-audit").await?;
    page.click(&element("button", "^Verify…$")).await?;
    page.click(&element("button", "^Verify$")).await?;
    page.see_text("The log is whole: [\\d,]+ entries").await?;
    seen(stage, "dialog-audit-whole").await?;
    page.press(fantoccini::key::Key::Escape).await
}

/// The newest run of a kind, once it is as it should be.
async fn the_run(stage: &Stage, kind: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Result<Value> {
    let page = stage.page()?;
    until_within(SLOW, what, || async {
        let runs = page.ask("runs", json!({})).await?;
        let newest = runs.as_array().and_then(|all| all.iter().find(|run| run["kind"] == kind)).cloned();
        Ok(newest.filter(&fits))
    })
    .await
}

/// Keeps what is shown in both sizes, and looks at it with axe-core.
async fn seen(stage: &Stage, place: &str) -> Result<()> {
    let page = stage.page()?;
    for (width, height) in SIZES {
        page.resize(width, height).await?;
        page.picture(&format!("{place}-{}-{width}x{height}", Look::Light.word())).await?;
        page.is_accessible(place).await?;
    }
    let (width, height) = SIZES.first().copied().ok_or_else(|| Trouble("no size".to_owned()))?;
    page.resize(width, height).await
}
