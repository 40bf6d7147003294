//! Whole syncs over the scripted network: what a person reads, what stands at the platform, and that a crash at any moment
//! repeats nothing.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::clock::Clock;
use crate::engine::{Confirmed, Engine, Selection};
use crate::event::Event;
use crate::model::{PlatformId, RunKind, RunState, Status};

mod doubt;
mod dry_run;
mod keeping;
mod keys;
mod limits;
mod running;
mod shut;
mod undoing;

use super::Until;
use super::testing::{ALPHA, BETA, CodeState, DELTA, Fault, GAMMA, Kit, Said, World, crash_after};

fn code_in(said: &Said) -> String {
    said.text.lines().find(|line| line.starts_with("CODE-")).unwrap().to_owned()
}

/// The paste-back link in a message, and the address on which the browser of somebody with this account ends.
fn follow(said: &Said, account: &str) -> String {
    let link = said.text.lines().find(|line| line.starts_with("https://")).unwrap();
    let url = url::Url::parse(link).unwrap();
    let state = url.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    format!("http://localhost:43117/back?code=auth-{account}&state={state}")
}

#[tokio::test(start_paused = true)]
async fn an_own_account_is_prompted_authorised_verified_and_confirmed() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    let view = engine.sync_one("ana", ALPHA, BETA).await;
    assert_eq!((view.done, view.waiting, view.failed, view.blocked), (0, 1, 0, 0));
    assert_eq!(view.people[0].detail.as_deref(), Some("prompted"));
    let said = kit.world().said.clone();
    assert_eq!(said.len(), 1);
    assert_eq!((said[0].platform.as_str(), said[0].to.as_str()), ("alpha", "alpha-ana"));
    assert_eq!(code_in(&said[0]), kit.world().codes.values().next().unwrap().user_code);
    assert!(said[0].text.contains("https://beta.test/enter"));

    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    let work = engine.work_on().await;
    assert_eq!((work.done, work.waiting, work.failed), (1, 0, 0));
    let row = engine.row("ana", BETA).await;
    assert_eq!((row.status, row.detail, row.representation.as_deref()), (Status::Synced, None, Some("own_account")));
    let said = kit.world().said.clone();
    assert_eq!((said.len(), said[0].edits), (1, 1));
    assert!(said[0].text.starts_with("Done:"), "{}", said[0].text);
}

#[tokio::test(start_paused = true)]
async fn a_bot_or_guest_needs_nobody_and_is_done_at_once() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("cyd", &[BETA, ALPHA])]).await;
    assert_eq!(engine.sync_one("bob", ALPHA, BETA).await.done, 1);
    assert_eq!(engine.sync_one("bob", ALPHA, GAMMA).await.done, 1);
    assert_eq!(engine.sync_one("cyd", BETA, ALPHA).await.done, 1);
    assert_eq!(engine.row("bob", BETA).await.representation.as_deref(), Some("bot"));
    let guest = engine.row("bob", GAMMA).await;
    assert_eq!((guest.representation.as_deref(), guest.detail.as_deref()), (Some("guest"), Some("guest_not_redeemed")));
    assert_eq!(engine.row("cyd", ALPHA).await.representation.as_deref(), Some("bot"));
    assert_eq!((kit.many(|world| world.stand_ins.len()), kit.many(|world| world.said.len())), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_blocked_is_listed_with_its_reason_and_nothing_is_sent() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    let view = engine.sync_one("bob", ALPHA, DELTA).await;
    assert_eq!((view.done, view.waiting, view.failed, view.blocked), (0, 0, 0, 1));
    assert_eq!(view.people[0].reason.as_ref().unwrap().kind, "needs_account");
    assert_eq!(engine.row("bob", DELTA).await.status, Status::NotSynced);
    assert!(kit.world().said.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_plan_sends_nothing_and_changes_nothing() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("bob", &[ALPHA])]).await;
    let calls = kit.world().calls.clone();
    let plan = engine.reading().plan(&Selection::Matching(Default::default()), BETA).await.unwrap();
    assert_eq!((plan.counts["create_bot"], plan.counts["choose_primary"]), (1, 1));
    assert_eq!(kit.world().calls, calls);
    assert_eq!(engine.row("bob", BETA).await.status, Status::NotSynced);
}

#[tokio::test(start_paused = true)]
async fn syncing_again_goes_on_when_pending_and_does_nothing_when_synced() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    let again = engine.sync_one("ana", ALPHA, BETA).await;
    assert_eq!((again.waiting, kit.many(|world| world.said.len()), kit.many(|world| world.codes.len())), (1, 1, 1));
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    assert_eq!(engine.sync_one("ana", ALPHA, BETA).await.done, 1);
    let calls = kit.world().calls.clone();
    assert_eq!(engine.sync_one("ana", ALPHA, BETA).await.done, 1);
    assert_eq!(kit.world().calls, calls, "a synced person costs no request");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_people_ends_when_they_are_done_or_time_is_up() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])]).await;
    let people = Selection::People(vec![engine.named("ana").await, engine.named("eve").await]);
    engine.set_primary(&people, ALPHA, Confirmed::Nothing).await.unwrap();
    let approve = async {
        kit.clock.wait(Duration::from_secs(20)).await;
        let mut world = kit.world();
        let codes: Vec<String> = world.said.iter().map(|said| format!("{}/{}", said.to, code_in(said))).collect();
        for code in world.codes.values_mut() {
            let whose = codes.iter().find(|known| known.ends_with(&code.user_code)).unwrap();
            let name = whose.split(['-', '/']).nth(1).unwrap();
            code.state = CodeState::Approved(format!("beta-{name}"));
        }
    };
    let begin = tokio::time::Instant::now();
    let cancel = Cancel::new();
    let (view, ()) = tokio::join!(engine.sync(&people, BETA, Until::People(Duration::from_secs(60)), &cancel), approve);
    assert_eq!(view.unwrap().done, 2);
    assert!(begin.elapsed() < Duration::from_secs(40), "{:?}", begin.elapsed());

    let view = {
        let bob = Selection::People(vec![engine.named("ana").await]);
        engine.reset(engine.named("ana").await).await.unwrap();
        engine.set_primary(&bob, ALPHA, Confirmed::Nothing).await.unwrap();
        let begin = tokio::time::Instant::now();
        let view = engine.sync(&bob, BETA, Until::People(Duration::from_secs(30)), &Cancel::new()).await.unwrap();
        assert!((30..45).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
        view
    };
    assert_eq!(view.waiting, 1);
}

#[tokio::test(start_paused = true)]
async fn an_expired_code_says_so_and_an_answer_brings_a_new_one_by_an_edit() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    let first = code_in(&kit.world().said[0]);
    kit.world().decide("beta", CodeState::Expired);
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.detail.as_deref(), Some("code_expired"));
    assert!(kit.world().said[0].text.contains("expired"));
    kit.world().answer("alpha-ana", "new one please");
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.detail.as_deref(), Some("prompted"));
    assert_eq!(kit.many(|world| world.said.len()), 1);
    assert_ne!(code_in(&kit.world().said[0]), first);
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    assert_eq!(engine.work_on().await.done, 1);
}

#[tokio::test(start_paused = true)]
async fn where_edits_are_used_up_a_new_message_follows() {
    let (kit, engine) = Kit::with(&[("ana", &[BETA, DELTA])]).await;
    engine.sync_one("ana", BETA, DELTA).await;
    for round in 1..=2 {
        kit.world().decide("delta", CodeState::Expired);
        engine.work_on().await;
        kit.world().answer("beta-ana", &format!("again {round}"));
        engine.work_on().await;
    }
    let said = kit.world().said.clone();
    assert!(said.iter().all(|said| said.edits <= 2), "{said:?}");
    assert_eq!(said.len(), 2, "{said:?}");
    kit.world().decide("delta", CodeState::Approved("delta-ana".into()));
    assert_eq!(engine.work_on().await.done, 1);
    assert!(kit.world().said[1].text.starts_with("Done:"));
}

#[tokio::test(start_paused = true)]
async fn no_is_an_answer_and_so_is_no_on_the_platforms_page() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    kit.world().answer("alpha-ana", "No!");
    engine.work_on().await;
    engine.sync_one("eve", ALPHA, BETA).await;
    kit.world().decide("beta", CodeState::Denied);
    engine.work_on().await;
    for name in ["ana", "eve"] {
        let row = engine.row(name, BETA).await;
        assert_eq!((row.status, row.reason.unwrap().kind.as_str()), (Status::Failed, "declined"), "{name}");
    }
    let said = kit.world().said.clone();
    assert!(said.iter().all(|said| said.text.starts_with("Understood:")), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn the_wrong_person_is_refused_revoked_and_told_and_the_right_one_can_still_approve() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    let first = code_in(&kit.world().said[0]);
    kit.world().decide("beta", CodeState::Approved("beta-eve".into()));
    assert_eq!(engine.work_on().await.waiting, 1);
    let row = engine.row("ana", BETA).await;
    assert_eq!((row.status, row.detail.as_deref()), (Status::Pending, Some("wrong_person")));
    assert_eq!(kit.world().revoked, ["beta-eve"]);
    let said = kit.world().said.clone();
    assert_eq!(said.len(), 1, "the prompt is edited");
    assert!(said[0].text.contains("not your own Beta account"), "{}", said[0].text);
    assert_ne!(code_in(&said[0]), first);
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.detail.as_deref(), Some("wrong_person"), "it says so until somebody approves");

    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    assert_eq!(engine.work_on().await.done, 1);
    let timeline = engine.reading().timeline(engine.named("ana").await, None, 50).await.unwrap();
    assert!(timeline.entries.iter().any(|entry| entry.detail.as_deref() == Some("wrong_person")), "{timeline:?}");
    assert!(kit.world().said[0].text.starts_with("Done:"));
}

#[tokio::test(start_paused = true)]
async fn a_colleague_who_is_synced_and_approves_for_another_keeps_their_own_authorisation() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])]).await;
    engine.sync_one("eve", ALPHA, BETA).await;
    kit.world().decide("beta", CodeState::Approved("beta-eve".into()));
    assert_eq!(engine.work_on().await.done, 1);
    engine.sync_one("ana", ALPHA, BETA).await;
    kit.world().decide("beta", CodeState::Approved("beta-eve".into()));
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.detail.as_deref(), Some("wrong_person"));
    assert_eq!(kit.world().revoked, Vec::<String>::new(), "eve is cut off");
    assert_eq!(engine.row("eve", BETA).await.status, Status::Synced);
}

#[tokio::test(start_paused = true)]
async fn three_wrong_approvals_end_the_matter_with_the_reason_and_trying_again_asks_anew() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    for time in 1..=3 {
        assert_eq!(engine.row("ana", BETA).await.status, Status::Pending, "before time {time}");
        kit.world().decide("beta", CodeState::Approved("beta-eve".into()));
        engine.work_on().await;
    }
    let row = engine.row("ana", BETA).await;
    let reason = row.reason.unwrap();
    assert_eq!((row.status, reason.kind.as_str()), (Status::Failed, "wrong_person"));
    assert!(reason.message.contains("3 times"), "{}", reason.message);
    assert_eq!(kit.world().revoked, ["beta-eve"; 3]);
    assert!(kit.world().said.last().unwrap().text.contains("Ask your administrator"));
    let (said, codes) = (kit.many(|world| world.said.len()), kit.many(|world| world.codes.len()));
    engine.work_on().await;
    assert_eq!((kit.many(|world| world.said.len()), kit.many(|world| world.codes.len())), (said, codes));

    assert_eq!(engine.sync_one("ana", ALPHA, BETA).await.waiting, 1);
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    assert_eq!(engine.work_on().await.done, 1);
}

#[tokio::test(start_paused = true)]
async fn where_no_fresh_code_can_be_had_a_wrong_approval_fails_with_its_reason_and_one_that_comes_later_is_waited_for() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, GAMMA]), ("eve", &[ALPHA, GAMMA])]).await;
    for name in ["ana", "eve"] {
        kit.world().device_refused.clear();
        engine.sync_one(name, ALPHA, GAMMA).await;
        kit.world().decide("gamma", CodeState::Approved("gamma-nobody".into()));
        if name == "ana" {
            kit.world().device_refused.insert("gamma".into());
        } else {
            kit.world().faults.extend(vec![("gamma/device".into(), Fault::Down); 40]);
        }
        engine.work_on().await;
    }
    let (ana, eve) = (engine.row("ana", GAMMA).await, engine.row("eve", GAMMA).await);
    assert_eq!((ana.status, ana.reason.unwrap().kind.as_str()), (Status::Failed, "wrong_person"));
    assert_eq!((eve.status, eve.detail.as_deref()), (Status::Pending, Some("waiting_for_network")));
    kit.world().faults.clear();
    engine.work_on().await;
    kit.world().decide("gamma", CodeState::Approved("gamma-eve".into()));
    engine.work_on().await;
    assert_eq!(engine.row("eve", GAMMA).await.status, Status::Synced);
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_after_a_wrong_approval_destroys_it_and_the_right_person_can_still_approve() {
    let before = async |kit: &Kit, engine: &Engine| {
        engine.sync_one("ana", ALPHA, BETA).await;
        kit.world().decide("beta", CodeState::Approved("beta-eve".into()));
    };
    let act = async |engine: &Engine| {
        engine.work_on().await;
    };
    let check = async |kit: &Kit, engine: &Engine, polls: u32| {
        engine.work_on().await;
        let row = engine.row("ana", BETA).await;
        assert_eq!(row.status, Status::Pending, "after {polls} polls: {row:?}");
        if row.detail.as_deref() == Some("code_expired") {
            kit.world().answer("alpha-ana", "again");
            engine.work_on().await;
        }
        assert_eq!(kit.many(|world| world.said.len()), 1, "after {polls} polls");
        let code = code_in(&kit.world().said[0]);
        let approved = CodeState::Approved("beta-ana".into());
        kit.world().codes.values_mut().find(|known| known.user_code == code).unwrap().state = approved;
        assert_eq!(engine.work_on().await.done, 1, "after {polls} polls");
    };
    at_every_moment(&[("ana", &[ALPHA, BETA]), ("eve", &[ALPHA, BETA])], before, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn where_the_device_grant_is_refused_the_person_answers_with_an_address() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    kit.world().device_refused.insert("beta".into());
    assert_eq!(engine.sync_one("ana", ALPHA, BETA).await.waiting, 1);
    let said = kit.world().said[0].clone();
    assert!(said.text.contains("address"), "{}", said.text);

    kit.world().answer("alpha-ana", "http://localhost:43117/back?code=auth-beta-ana&state=another");
    engine.work_on().await;
    assert!(kit.world().said[0].text.contains("cannot be used"), "{}", kit.world().said[0].text);
    kit.world().answer("alpha-ana", "ok, again");
    engine.work_on().await;
    let said = kit.world().said[0].clone();
    kit.world().answer("alpha-ana", &format!("here: <{}>", follow(&said, "beta-ana").replace('&', "&amp;")));
    assert_eq!(engine.work_on().await.done, 1);
    assert_eq!(kit.many(|world| world.said.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn without_any_way_left_the_sync_fails_with_the_setting_that_lifts_it() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, GAMMA])]).await;
    kit.world().device_refused.insert("gamma".into());
    let view = engine.sync_one("ana", ALPHA, GAMMA).await;
    assert_eq!(view.failed, 1);
    assert!(!view.people[0].reason.as_ref().unwrap().remedy.is_empty());
    assert!(kit.world().said.is_empty());
}

#[tokio::test(start_paused = true)]
async fn answers_that_may_not_be_polled_are_read_only_when_somebody_asks() {
    let (kit, engine) = Kit::with(&[("ana", &[GAMMA, BETA])]).await;
    let people = Selection::People(vec![engine.named("ana").await]);
    engine.set_primary(&people, GAMMA, Confirmed::Nothing).await.unwrap();
    engine.sync(&people, BETA, Until::People(Duration::from_secs(120)), &Cancel::new()).await.unwrap();
    assert_eq!(kit.world().calls.get("gamma/inbox"), None);
    engine.work(Until::For(Duration::from_secs(60)), &Cancel::new()).await.unwrap();
    assert_eq!(kit.world().calls["gamma/inbox"], 2, "once at the start and once at the end");
    kit.world().answer("gamma-ana", "no");
    engine.work_on().await;
    assert_eq!(engine.row("ana", BETA).await.reason.unwrap().kind, "declined");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_up_and_nothing_is_done_twice() {
    for path in ["alpha/send", "beta/represent"] {
        let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA]), ("bob", &[ALPHA])]).await;
        kit.world().faults.push((path.into(), Fault::Lost));
        let ana = engine.sync_one("ana", ALPHA, BETA).await;
        let bob = engine.sync_one("bob", ALPHA, BETA).await;
        assert_eq!((ana.waiting, bob.done), (1, 1), "{path}");
        assert_eq!((kit.many(|world| world.said.len()), kit.many(|world| world.stand_ins.len())), (1, 1), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_network_a_sync_is_queued_and_says_so_and_goes_on_later() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("ana", &[ALPHA, BETA])]).await;
    let down = |times: usize| ["beta/represent", "beta/device"].iter().flat_map(move |path| vec![((*path).to_owned(), Fault::Down); times]);
    kit.world().faults.extend(down(200));
    for name in ["bob", "ana"] {
        let view = engine.sync_one(name, ALPHA, BETA).await;
        assert_eq!(view.waiting, 1);
        let row = engine.row(name, BETA).await;
        assert_eq!((row.status, row.detail.as_deref()), (Status::Pending, Some("waiting_for_network")));
    }
    kit.world().faults.clear();
    let work = engine.work_on().await;
    assert_eq!((work.done, work.waiting), (1, 1));
    assert_eq!(engine.row("ana", BETA).await.detail.as_deref(), Some("prompted"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_fails_with_its_reason_and_trying_again_begins_anew() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    kit.world().faults.push(("beta/represent".into(), Fault::Status(403)));
    let view = engine.sync_one("bob", ALPHA, BETA).await;
    assert_eq!(view.failed, 1);
    let reason = view.people[0].reason.clone().unwrap();
    assert_eq!((reason.kind.as_str(), reason.remedy.as_str()), ("forbidden", "Allow it."));
    assert_eq!(engine.sync_one("bob", ALPHA, BETA).await.done, 1);
    assert_eq!(kit.many(|world| world.stand_ins.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_signed_us_out_keeps_the_sync_waiting_and_blocks_the_next_plan() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    kit.world().faults.extend(vec![("beta/represent".into(), Fault::Status(401)); 9]);
    let view = engine.sync_one("bob", ALPHA, BETA).await;
    assert_eq!((view.waiting, view.people[0].detail.as_deref()), (1, Some("waiting_for_sign_in")));
    let plan = engine.reading().plan(&Selection::People(vec![engine.named("bob").await]), BETA).await.unwrap();
    assert_eq!(plan.blocked[0].reason, "signed_out");
    assert!(engine.reading().connections().await.unwrap().iter().any(|view| view.platform == BETA && view.signed_out));
}

#[tokio::test(start_paused = true)]
async fn cancelling_withdraws_the_prompt_and_removes_the_sync() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    let view = engine.cancel(engine.named("ana").await, BETA).await.unwrap();
    assert!(view.undone.iter().any(|phrase| phrase.contains("Prompt in Alpha")), "{view:?}");
    assert!(kit.world().said[0].text.contains("withdrew"));
    assert_eq!(engine.row("ana", BETA).await.status, Status::NotSynced);
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    assert_eq!(engine.work_on().await.done, 0);
}

async fn everything(engine: &Engine, kit: &Kit) {
    engine.sync_one("ana", ALPHA, BETA).await;
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    engine.work_on().await;
    engine.sync_one("ana", ALPHA, GAMMA).await;
    engine.sync_one("ana", ALPHA, DELTA).await;
}

#[tokio::test(start_paused = true)]
async fn a_reset_undoes_everything_that_was_made_and_lists_what_stays() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA, DELTA])]).await;
    everything(&engine, &kit).await;
    let ana = engine.named("ana").await;
    let preview = engine.reset_preview(ana).await.unwrap();
    assert_eq!((preview.goes.len(), preview.stays.len()), (6, 0), "{preview:?}");
    let view = engine.reset(ana).await.unwrap();
    assert_eq!(view.left, []);
    assert_eq!(kit.world().revoked, ["beta-ana"]);
    assert_eq!((kit.many(|world| world.stand_ins.len()), kit.many(|world| world.dismissed.len())), (0, 1));
    assert!(kit.world().said.iter().any(|said| said.text.contains("withdrew")));
    let person = engine.reading().person(ana).await.unwrap();
    assert_eq!(person.primary, None, "primary is back to its default");
    assert!(person.syncs.values().all(|sync| sync.status == Status::NotSynced));
    let again = engine.reset(ana).await.unwrap();
    assert_eq!((again.undone.len(), again.left.len()), (0, 0), "{again:?}");
    assert_eq!(engine.sync_one("ana", ALPHA, BETA).await.waiting, 1, "the row is ready to be synced anew");
}

#[tokio::test(start_paused = true)]
async fn tokens_that_a_platform_cannot_revoke_are_destroyed_and_listed_as_left() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, GAMMA])]).await;
    engine.sync_one("ana", ALPHA, GAMMA).await;
    kit.world().decide("gamma", CodeState::Approved("gamma-ana".into()));
    engine.work_on().await;
    let ana = engine.named("ana").await;
    assert_eq!(engine.reset_preview(ana).await.unwrap().stays.len(), 1);
    let view = engine.reset(ana).await.unwrap();
    assert_eq!(view.left.len(), 1);
    assert!(view.left[0].why.contains("destroyed its own tokens"), "{view:?}");
    drop(engine);
    let bytes = std::fs::read(kit.folder().join("user-sync.db")).unwrap();
    assert!(!bytes.windows(9).any(|window| window == b"tok-gamma"), "a token lies open in the database");
}

#[tokio::test(start_paused = true)]
async fn a_revocation_that_the_platform_refuses_is_listed_as_left_and_the_tokens_are_destroyed() {
    let (kit, engine) = Kit::with(&[("ana", &[ALPHA, BETA])]).await;
    engine.sync_one("ana", ALPHA, BETA).await;
    kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    engine.work_on().await;
    kit.world().faults.push(("beta/revoke".into(), Fault::Status(403)));
    let view = engine.reset(engine.named("ana").await).await.unwrap();
    assert_eq!((view.left.len(), kit.many(|world| world.revoked.len())), (1, 0), "{view:?}");
    assert!(view.left[0].what.contains("authorisation") && view.left[0].why.contains("Not allowed"), "{view:?}");
    assert_eq!(engine.grant_key().await.unwrap().grants, 0);
}

#[tokio::test(start_paused = true)]
async fn fifty_syncs_that_find_the_connection_signed_out_give_one_notice() {
    let names: Vec<String> = (0..50).map(|number| format!("p{number:03}")).collect();
    let people: Vec<(&str, &[PlatformId])> = names.iter().map(|name| (name.as_str(), [ALPHA].as_slice())).collect();
    let (kit, engine) = Kit::with(&people).await;
    kit.world().faults.extend(vec![("beta/represent".into(), Fault::Status(401)); 200]);
    let mut events = engine.subscribe();
    let view = engine.sync(&Selection::Matching(Default::default()), BETA, Until::Idle, &Cancel::new()).await.unwrap();
    assert_eq!((view.waiting, view.failed), (50, 0));
    let mut notices = 0;
    while let Ok(event) = events.try_recv() {
        notices += u32::from(event == Event::ConnectionChanged { platform: BETA });
    }
    assert_eq!(notices, 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_app_did_not_make_is_never_deleted() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA])]).await;
    kit.world().not_ours = true;
    engine.sync_one("bob", ALPHA, BETA).await;
    let view = engine.reset(engine.named("bob").await).await.unwrap();
    assert_eq!((view.left.len(), kit.many(|world| world.dismissed.len()), kit.many(|world| world.stand_ins.len())), (1, 0, 1), "{view:?}");
}

/// What a person or a platform would notice being done twice.
fn effects(world: &World) -> (usize, usize, usize) {
    (world.said.len(), world.stand_ins.len(), world.dismissed.len())
}

/// Crashes `act` after 1, 2, 3 … polls, each time in a fresh world, opens again and goes on.
async fn at_every_moment<S, A, C>(people: &[(&str, &[PlatformId])], before: S, act: A, check: C)
where
    S: AsyncFn(&Kit, &Engine),
    A: AsyncFn(&Engine),
    C: AsyncFn(&Kit, &Engine, u32),
{
    for polls in 1..2_000 {
        let (kit, engine) = Kit::with(people).await;
        before(&kit, &engine).await;
        let ended = crash_after(polls, act(&engine)).await.is_some();
        drop(engine);
        let engine = kit.open().await;
        check(&kit, &engine, polls).await;
        if ended {
            assert!(polls > 5, "the crash never came");
            return;
        }
    }
    panic!("it never ended");
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_a_sync_repeats_no_prompt_bot_or_guest() {
    let chosen = async |_: &Kit, engine: &Engine| {
        let all = Selection::Matching(Default::default());
        engine.set_primary(&all, ALPHA, Confirmed::Nothing).await.unwrap();
    };
    let act = async |engine: &Engine| {
        let all = Selection::Matching(Default::default());
        engine.sync(&all, BETA, Until::Idle, &Cancel::new()).await.unwrap();
    };
    let check = async |kit: &Kit, engine: &Engine, polls: u32| {
        engine.work_on().await;
        let stored = engine.reading().runs().await.unwrap().iter().any(|run| run.kind == RunKind::Sync);
        let expected = if stored { (1, 1, 0) } else { (0, 0, 0) };
        assert_eq!(effects(&kit.world()), expected, "after {polls} polls");
        let rows = (engine.row("bob", BETA).await.status, engine.row("ana", BETA).await.status);
        let expected = if stored { (Status::Synced, Status::Pending) } else { (Status::NotSynced, Status::NotSynced) };
        assert_eq!(rows, expected, "after {polls} polls");
    };
    at_every_moment(&[("bob", &[ALPHA]), ("ana", &[ALPHA, BETA])], chosen, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_while_a_person_authorises_asks_nobody_twice() {
    let prompted = async |kit: &Kit, engine: &Engine| {
        engine.sync_one("ana", ALPHA, BETA).await;
        kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
    };
    let act = async |engine: &Engine| {
        engine.work_on().await;
    };
    let check = async |kit: &Kit, engine: &Engine, polls: u32| {
        engine.work_on().await;
        assert_eq!(kit.many(|world| world.said.len()), 1, "after {polls} polls");
        let row = engine.row("ana", BETA).await;
        // Between the server's answer and our disk lies a moment in which tokens can be lost: then the person reads how to go on.
        let lost = row.detail.as_deref() == Some("code_expired");
        assert!(row.status == Status::Synced || lost, "after {polls} polls: {row:?}");
        if lost {
            assert!(kit.world().said[0].text.contains("expired"), "{}", kit.world().said[0].text);
            kit.world().answer("alpha-ana", "again");
            engine.work_on().await;
            kit.world().decide("beta", CodeState::Approved("beta-ana".into()));
            assert_eq!(engine.work_on().await.done, 1);
        } else {
            assert!(kit.world().said[0].text.starts_with("Done:"), "after {polls} polls");
        }
    };
    at_every_moment(&[("ana", &[ALPHA, BETA])], prompted, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_a_reset_is_taken_up_and_undoes_everything_once() {
    let act = async |engine: &Engine| drop(engine.reset(engine.named("ana").await).await.unwrap());
    let check = async |kit: &Kit, engine: &Engine, polls: u32| {
        let begun = engine.reading().runs().await.unwrap().iter().any(|run| run.kind == RunKind::Reset);
        engine.work_on().await;
        if !begun {
            return;
        }
        let view = engine.reset(engine.named("ana").await).await.unwrap();
        assert_eq!(view.left, [], "after {polls} polls");
        assert!(kit.world().stand_ins.is_empty(), "after {polls} polls");
        assert!(kit.world().revoked.contains(&"beta-ana".to_owned()), "after {polls} polls");
        let person = engine.reading().person(engine.named("ana").await).await.unwrap();
        assert!(person.syncs.values().all(|sync| sync.status == Status::NotSynced), "after {polls} polls");
        assert_eq!(person.primary, None, "after {polls} polls");
        assert_eq!(kit.many(|world| world.said.len()), 2, "nothing new is sent");
    };
    at_every_moment(&[("ana", &[ALPHA, BETA, DELTA])], async |kit: &Kit, engine: &Engine| everything(engine, kit).await, act, check).await;
}

#[tokio::test(start_paused = true)]
async fn a_hundred_people_are_synced_side_by_side_without_losing_anybody_to_a_rate_limit() {
    let names: Vec<String> = (0..100).map(|number| format!("p{number:03}")).collect();
    let people: Vec<(&str, &[PlatformId])> = names.iter().map(|name| (name.as_str(), [ALPHA].as_slice())).collect();
    let (kit, engine) = Kit::with(&people).await;
    kit.world().faults.extend(vec![("beta/represent".into(), Fault::Status(429)); 40]);
    let mut events = engine.subscribe();
    let view = engine.sync(&Selection::Matching(Default::default()), BETA, Until::Idle, &Cancel::new()).await.unwrap();
    assert_eq!((view.done, view.failed), (100, 0));
    assert_eq!(kit.many(|world| world.stand_ins.len()), 100);
    let mut progress = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::RunProgress { done, total, .. } = event {
            progress.push((done, total));
        }
    }
    assert_eq!(progress.last(), Some(&(100, Some(100))));
}

#[tokio::test(start_paused = true)]
async fn a_reset_that_cannot_reach_a_platform_keeps_its_marker_and_holds_up_nothing_else() {
    let (kit, engine) = Kit::with(&[("bob", &[ALPHA]), ("dan", &[ALPHA])]).await;
    engine.sync_one("bob", ALPHA, BETA).await;
    kit.world().faults.extend(vec![("beta/dismiss".into(), Fault::Down); 500]);
    let bob = engine.named("bob").await;
    let error = engine.reset(bob).await.unwrap_err();
    assert!(error.is_passing() && error.message.contains("not finished"), "{error:?}");
    assert_eq!(engine.sync_one("dan", ALPHA, BETA).await.done, 1);
    engine.work_on().await;
    let view = engine.sync(&Selection::People(vec![bob]), DELTA, Until::Idle, &Cancel::new()).await.unwrap();
    assert_eq!(view.blocked, 1, "nothing begins in the middle of a reset");
    let view = engine.sync(&Selection::People(vec![bob]), GAMMA, Until::Idle, &Cancel::new()).await.unwrap();
    assert_eq!(view.people[0].reason.as_ref().unwrap().kind, "resetting");
    kit.world().faults.clear();
    engine.work_on().await;
    assert_eq!(engine.row("bob", BETA).await.status, Status::NotSynced);
    assert_eq!(kit.many(|world| world.stand_ins.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_bulk_sync_stops_and_goes_on_later() {
    let names: Vec<String> = (0..50).map(|number| format!("p{number:03}")).collect();
    let people: Vec<(&str, &[PlatformId])> = names.iter().map(|name| (name.as_str(), [ALPHA].as_slice())).collect();
    let (kit, engine) = Kit::with(&people).await;
    let cancel = Cancel::new();
    cancel.cancel();
    let view = engine.sync(&Selection::Matching(Default::default()), BETA, Until::Idle, &cancel).await.unwrap();
    assert_eq!((view.waiting, kit.many(|world| world.stand_ins.len())), (50, 0));
    assert_eq!(engine.work_on().await.done, 50);
}
