//! What a window asks of the whole engine: rows with what their buttons would do, timelines, runs, decisions.

use super::*;
use crate::Kind;
use crate::engine::Confirmed;
use crate::model::{Act, RepresentationKind};
use crate::people::listing::SortBy;
use crate::people::rows::SyncCell;
use crate::sync::plan::Action;
use crate::sync::testing::{ALPHA, BETA, DELTA, GAMMA, Kit};

fn everybody() -> Selection {
    Selection::Matching(Filter::default())
}

/// `prompt`, `needs_account` or the status, for each platform.
fn buttons(row: &PersonRow) -> String {
    let button = |(platform, cell): (&PlatformId, &SyncCell)| {
        let what = match (&cell.action, &cell.block) {
            (Some(action), None) => action.as_str(),
            (None, Some(block)) => block.kind.as_str(),
            (None, None) => cell.status.as_str(),
            (Some(_), Some(_)) => "an action and a block",
        };
        format!("{platform} {what}")
    };
    row.syncs.iter().map(button).collect::<Vec<_>>().join(", ")
}

#[tokio::test(start_paused = true)]
async fn a_row_says_for_each_platform_what_its_button_would_do_or_why_it_cannot() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("bob", &[ALPHA])]).await;
    let reading = engine.reading();
    let listing = reading.listing(Filter::default(), Sort::default()).await.unwrap();
    let rows = reading.rows(&listing, 0, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["ana", "bob"]);
    assert_eq!(buttons(&rows[0]), "alpha choose_primary, beta choose_primary, delta choose_primary, gamma choose_primary");
    let block = rows[0].syncs[&BETA].block.as_ref().unwrap();
    assert_eq!(block.act, Some(Act::ChoosePrimary { person: rows[0].id }));
    assert_eq!(buttons(&rows[1]), "beta create_bot, delta needs_account, gamma invite_guest");

    engine.sync_one("ana", ALPHA, BETA).await;
    engine.sync_one("bob", ALPHA, GAMMA).await;
    kit.world().scopes.retain(|scope| scope != "people.write");
    let rows = reading.rows(&listing, 0, 10).await.unwrap();
    assert_eq!(buttons(&rows[0]), "beta pending, delta needs_account, gamma invite_guest");
    assert_eq!((rows[0].primary, rows[0].primary_choices.as_slice()), (Some(ALPHA), [ALPHA, BETA].as_slice()));
    assert_eq!(rows[0].syncs[&BETA].representation, Some(RepresentationKind::OwnAccount));
    assert_eq!(buttons(&rows[1]), "beta create_bot, delta needs_account, gamma synced");
    assert_eq!(rows[1].syncs[&BETA].action, Some(Action::CreateBot));
    assert_eq!(rows[1].accounts[&ALPHA].email.as_deref(), Some("bob@home.example"));

    let bob = rows[1].id;
    let failed = format!(
        r#"INSERT INTO syncs (person, platform, status, reason, updated_at)
        VALUES ({}, 'beta', 'failed', '{{"kind":"offline","remedy":"Try again.","message":"Nobody answers."}}', '2030-01-01T08:00:00Z')"#,
        bob.0
    );
    engine.shared.store.write(move |transaction| Ok(transaction.execute_batch(&failed)?)).await.unwrap();
    let cell = reading.rows_of(&[bob]).await.unwrap()[0].syncs[&BETA].clone();
    assert_eq!((cell.status, cell.reason.unwrap().kind.as_str()), (Status::Failed, "offline"));
    assert_eq!(cell.action, Some(Action::CreateBot), "what failed can be tried again");
}

#[tokio::test(start_paused = true)]
async fn a_row_of_somebody_who_is_gone_keeps_its_place_in_a_listing_and_is_left_out_by_id() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA]), ("bob", &[ALPHA]), ("cyd", &[ALPHA])]).await;
    let reading = engine.reading();
    let listing = reading.listing(Filter::default(), Sort { by: SortBy::Name, descending: true }).await.unwrap();
    kit.world().accounts.retain(|account| account.name != "bob");
    engine.import(&[], &crate::cancel::Cancel::new(), &|_, _| {}).await.unwrap();
    let rows = reading.rows(&listing, 1, 5).await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.name.as_str(), row.offered)).collect::<Vec<_>>(), [("", false), ("ana", true)]);
    let left = reading.rows_of(&listing.people).await.unwrap();
    assert_eq!(left.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["cyd", "ana"]);
    assert_eq!(reading.listing(Filter::default(), Sort::default()).await.unwrap().total(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_timeline_tells_a_whole_story_and_a_run_shows_who_was_blocked() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("bob", &[ALPHA])]).await;
    engine.set_primary(&everybody(), ALPHA, Confirmed::Nothing).await.unwrap();
    let run = engine.sync(&everybody(), DELTA, crate::sync::Until::Idle, &crate::cancel::Cancel::new()).await.unwrap().run;
    let people = engine.reading().run_people(run, None, 0, 10).await.unwrap();
    assert_eq!((people.total, people.counts[&Status::NotSynced]), (2, 2));
    assert!(people.rows.iter().all(|row| row.reason.as_ref().is_some_and(|reason| reason.kind == "needs_account")), "{people:?}");

    let run = engine.sync_one("ana", ALPHA, BETA).await.run;
    let counts = |people: RunPeople| people.counts.into_iter().filter(|(_, count)| *count > 0).collect::<Vec<_>>();
    assert_eq!(counts(engine.reading().run_people(run, None, 0, 10).await.unwrap()), [(Status::Pending, 1)]);
    kit.world().decide("beta", crate::sync::testing::CodeState::Approved("beta-ana".into()));
    engine.work_on().await;
    assert_eq!(counts(engine.reading().run_people(run, None, 0, 10).await.unwrap()), [(Status::Synced, 1)]);

    let ana = engine.named("ana").await;
    engine.reset(ana).await.unwrap();
    let page = engine.reading().timeline(ana, None, 100).await.unwrap();
    let story: Vec<String> =
        page.entries.iter().rev().map(|entry| format!("{} {}", entry.kind, entry.status.map_or("", Status::as_str))).collect();
    assert_eq!(story[..3], ["primary ", "blocked not_synced", "sync pending"]);
    assert_eq!(story[story.len() - 4..], ["reset pending", "removed ", "primary ", "reset not_synced"], "{story:?}");
    assert!(story.contains(&"sync synced".to_owned()), "{story:?}");
    assert_eq!(page.before, None);
}

#[tokio::test(start_paused = true)]
async fn accounts_are_found_with_whose_they_are_and_linked_by_hand() {
    let (_kit, engine) = Kit::with(&[("ana", &[ALPHA]), ("anabel", &[BETA]), ("bob", &[ALPHA])]).await;
    let reading = engine.reading();
    let found = |text: &'static str| async move {
        let hits = reading.find_accounts(text, 20).await.unwrap();
        hits.into_iter().map(|hit| format!("{} {}:{}", hit.person_name, hit.platform, hit.id)).collect::<Vec<_>>()
    };
    assert_eq!(found("ana").await, ["ana alpha:alpha-ana", "anabel beta:beta-anabel"]);
    assert_eq!(found("BOB@home").await, ["bob alpha:alpha-bob"]);
    assert_eq!(found(" @ ").await, Vec::<String>::new());
    assert_eq!(reading.find_accounts("home", 2).await.unwrap().len(), 2);

    let ana = engine.named("ana").await;
    engine.link_account(ana, BETA, "beta-anabel").await.unwrap();
    assert_eq!(found("anabel").await, ["ana alpha:alpha-ana", "ana beta:beta-anabel"]);
    engine.unlink_account(BETA, "beta-anabel").await.unwrap();
    assert_eq!(found("anabel").await, ["anabel beta:beta-anabel"]);
    assert_eq!(engine.link_account(ana, BETA, "nobody").await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_preview_of_a_primary_platform_promises_what_choosing_it_then_does() {
    let (_kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("bob", &[ALPHA]), ("cyd", &[ALPHA, BETA]), ("dee", &[ALPHA, BETA])]).await;
    engine.sync_one("cyd", ALPHA, GAMMA).await;
    engine.set_primary(&Selection::People(vec![engine.named("dee").await]), BETA, Confirmed::Nothing).await.unwrap();
    let preview = engine.reading().preview_primary(&everybody(), BETA).await.unwrap();
    assert_eq!((preview.changes, preview.resets, preview.unchanged), (2, 1, 1));
    assert_eq!(
        preview.would_reset.iter().map(|one| (one.name.as_str(), one.platforms.as_slice())).collect::<Vec<_>>(),
        [("cyd", [GAMMA].as_slice())]
    );
    assert_eq!(preview.refused.iter().map(|one| (one.reason.kind.as_str(), one.count)).collect::<Vec<_>>(), [("no_account", 1)]);
    let again = engine.reading().preview_primary(&everybody(), BETA).await.unwrap();
    assert_eq!(again, preview, "a preview changes nothing");

    let done = engine.set_primary(&everybody(), BETA, Confirmed::Nothing).await.unwrap();
    assert_eq!((done.changed, done.unconfirmed, done.failed), (preview.changes - preview.resets + preview.unchanged, preview.resets, 1));
    let gone = Selection::People(vec![PersonId(99)]);
    let refused = engine.reading().preview_primary(&gone, BETA).await.unwrap().refused;
    assert_eq!(refused[0].reason.kind, "not_found");
}
