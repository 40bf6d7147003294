//! Direct messages: sending, editing, answers, and what is known of a send whose answer was lost.

use engine::Kind;
use engine::error::Acted;
use engine::model::{Intent, Outcome, Recipient, SentMessage};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use simulator::{Account, Kind as RealKind};
use user_sync_tests::bed::Bed;
use user_sync_tests::employees::{act, heard};

use crate::faults::{Lost, lose};
use crate::{Case, Checked, checks, ensure, say};

checks![
    a_direct_message_reaches_its_person_word_for_word,
    markup_and_mentions_arrive_as_plain_letters,
    a_text_at_the_limit_is_sent_and_one_above_it_refused_before_it_leaves,
    an_edit_replaces_the_text_the_person_sees,
    edits_end_where_the_platform_ends_them,
    a_message_to_nobody_is_not_found,
    answers_come_in_order_and_each_once,
    own_messages_are_no_answers,
    confirm_finds_what_was_sent_and_nothing_else,
    a_send_whose_answer_was_lost_is_uncertain_and_then_confirmed,
];

/// Two people who can be written to by the sender.
pub(crate) fn people(bed: &Bed) -> Vec<&Account> {
    let sender = bed.facts.identity.as_ref().map(|identity| identity.account.clone()).unwrap_or_default();
    bed.accounts()
        .iter()
        .filter(|account| {
            account.active
                && account.licensed
                && account.kind == RealKind::Member
                && account.email.is_some()
                && account.id != sender
                && !account.admin
        })
        .collect()
}

/// A recipient as the import would have stored them.
pub(crate) async fn recipient(bed: &Bed, account: &Account) -> Result<Recipient, libtest_mimic::Failed> {
    let email = account.email.clone().ok_or("no address")?;
    let found = bed.connection().find_account(&email).await.map_err(say)?.ok_or("not found")?;
    Ok(Recipient { account: found.id, email: found.email, attributes: found.attributes })
}

/// The texts that a person heard.
async fn texts(bed: &Bed, account: &Account) -> Vec<String> {
    heard(&bed.simulator, bed.platform.info().id.as_str(), &account.id).await.into_iter().map(|(_, text)| text).collect()
}

async fn a_direct_message_reaches_its_person_word_for_word(case: Case) -> Checked {
    let bed = case.bed().await?;
    let people = people(&bed);
    let text = "Good morning.\n\nYour code is:\nABCD-1234\n\nPlease answer “no” if you do not want this. Žluťoučký kůň 🐎";
    bed.connection().send_direct(&recipient(&bed, people[0]).await?, text, "key-1").await.map_err(say)?;
    let seen = texts(&bed, people[0]).await;
    ensure!(seen == [text], "{seen:?}");
    ensure!(texts(&bed, people[1]).await.is_empty(), "somebody else heard it");
    Ok(())
}

async fn markup_and_mentions_arrive_as_plain_letters(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let text = "5 < 6 & 7 > 6, <!here> <@U123> <b>bold</b> *stars* _lines_ https://example.com/a?b=1&c=2";
    bed.connection().send_direct(&recipient(&bed, person).await?, text, "key-1").await.map_err(say)?;
    let seen = texts(&bed, person).await;
    ensure!(seen == [text], "{seen:?}");
    Ok(())
}

async fn a_text_at_the_limit_is_sent_and_one_above_it_refused_before_it_leaves(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let to = recipient(&bed, person).await?;
    let limit = bed.platform.info().text_limit;
    bed.connection().send_direct(&to, &"x".repeat(limit), "key-1").await.map_err(say)?;
    let error = bed.connection().send_direct(&to, &"x".repeat(limit + 1), "key-2").await.err().ok_or("a text above the limit was sent")?;
    ensure!(error.kind == Kind::Invalid && error.acted == Acted::No, "{:?}: {}", error.kind, error.message);
    ensure!(texts(&bed, person).await.len() == 1, "it arrived");
    Ok(())
}

async fn an_edit_replaces_the_text_the_person_sees(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let connection = bed.connection();
    let sent = connection.send_direct(&recipient(&bed, person).await?, "first", "key-1").await.map_err(say)?;
    let edited = connection.edit_direct(&sent, "second").await.map_err(say)?;
    ensure!((&edited.id, edited.edits) == (&sent.id, sent.edits + 1), "{edited:?}");
    let seen = texts(&bed, person).await;
    ensure!(seen == ["second"], "{seen:?}");
    Ok(())
}

async fn edits_end_where_the_platform_ends_them(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let connection = bed.connection();
    let mut message: SentMessage = connection.send_direct(&recipient(&bed, person).await?, "edit 0", "key-1").await.map_err(say)?;
    let allowed = bed.platform.info().capabilities.edits;
    for edit in 1..=allowed.unwrap_or(12) {
        message = connection.edit_direct(&message, &format!("edit {edit}")).await.map_err(say)?;
    }
    if allowed.is_some() {
        let error = connection.edit_direct(&message, "one more").await.err().ok_or("one edit more was accepted")?;
        ensure!(error.kind == Kind::Unsupported, "{:?}: {}", error.kind, error.message);
    }
    let seen = texts(&bed, person).await;
    ensure!(seen == [format!("edit {}", allowed.unwrap_or(12))], "{seen:?}");
    Ok(())
}

async fn a_message_to_nobody_is_not_found(case: Case) -> Checked {
    let bed = case.bed().await?;
    let mut to = recipient(&bed, people(&bed)[0]).await?;
    let nobody = if to.account.contains('-') { "00000000-0000-4000-8000-000000000000".to_owned() } else { "U0NOBODY".to_owned() };
    to = Recipient { account: nobody, email: Some("nobody@harborpine.example".into()), ..to };
    let error = bed.connection().send_direct(&to, "hello", "key-1").await.err().ok_or("a message to nobody was sent")?;
    ensure!(
        matches!(error.kind, Kind::NotFound | Kind::Invalid | Kind::Forbidden) && error.acted == Acted::No,
        "{:?}: {}",
        error.kind,
        error.message
    );
    ensure!(!error.is_passing(), "it would be tried again for ever");
    Ok(())
}

/// Everything in a conversation after the cursor, page by page; and the last cursor that was given.
async fn answers(bed: &Bed, message: &SentMessage, since: Timestamp) -> Result<Vec<(String, String)>, libtest_mimic::Failed> {
    let (connection, mut cursor, mut all) = (bed.connection(), None, Vec::new());
    for _ in 0..20 {
        let page = connection.inbox(&message.conversation, since, cursor.as_deref()).await.map_err(say)?;
        all.extend(page.items.into_iter().map(|incoming| (incoming.from, incoming.text)));
        match page.next {
            Some(next) if Some(&next) != cursor.as_ref() => cursor = Some(next),
            _ => return Ok(all),
        }
    }
    Err("the inbox does not end".into())
}

async fn answers_come_in_order_and_each_once(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let since = bed.simulator.clock().now();
    let sent = bed.connection().send_direct(&recipient(&bed, person).await?, "a question", "key-1").await.map_err(say)?;
    let slug = bed.platform.info().id;
    for number in 1..=3 {
        bed.simulator.clock().advance(std::time::Duration::from_secs(2));
        let (status, answer) =
            act(&bed.simulator, slug.as_str(), &person.id, "send", &json!({ "text": format!("answer {number} & <more>") })).await;
        ensure!(status == 200, "the employee cannot answer: {answer}");
    }
    bed.simulator.clock().advance(std::time::Duration::from_secs(2));
    let seen = answers(&bed, &sent, since).await?;
    let wanted: Vec<(String, String)> = (1..=3).map(|number| (person.id.clone(), format!("answer {number} & <more>"))).collect();
    ensure!(seen == wanted, "{seen:?}");
    Ok(())
}

async fn own_messages_are_no_answers(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let (connection, to) = (bed.connection(), recipient(&bed, person).await?);
    let since = bed.simulator.clock().now();
    let sent = connection.send_direct(&to, "one", "key-1").await.map_err(say)?;
    connection.send_direct(&to, "two", "key-2").await.map_err(say)?;
    let seen = answers(&bed, &sent, since).await?;
    ensure!(seen.is_empty(), "{seen:?}");
    Ok(())
}

async fn confirm_finds_what_was_sent_and_nothing_else(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let (connection, to) = (bed.connection(), recipient(&bed, person).await?);
    let since = bed.simulator.clock().now();
    let intent = |text: &str, key: &str, to: &Recipient| Intent::Direct {
        to: to.clone(),
        text: text.into(),
        key: key.into(),
        since,
        sender: None,
        after: None,
    };
    let before = connection.confirm(&intent("a code: 42", "key-1", &to)).await.map_err(say)?;
    ensure!(before.is_none(), "{before:?}");
    let sent = connection.send_direct(&to, "a code: 42", "key-1").await.map_err(say)?;
    let found = connection.confirm(&intent("a code: 42", "key-1", &to)).await.map_err(say)?;
    ensure!(matches!(&found, Some(Outcome::Sent(message)) if message.id == sent.id), "{found:?} for {sent:?}");
    let other = connection.confirm(&intent("a code: 43", "key-2", &to)).await.map_err(say)?;
    ensure!(other.is_none(), "{other:?}");
    let later = |hours, after| Intent::Direct {
        to: to.clone(),
        text: "a code: 42".into(),
        key: "key-1".into(),
        since: since + SignedDuration::from_hours(hours),
        sender: None,
        after,
    };
    let by_a_wrong_clock = connection.confirm(&later(2, None)).await.map_err(say)?;
    ensure!(by_a_wrong_clock == found, "with a clock that is wrong by hours it is not known any more: {by_a_wrong_clock:?}");
    let long_after = connection.confirm(&later(48, None)).await.map_err(say)?;
    ensure!(long_after.is_none(), "a message from before the intent was taken for it: {long_after:?}");
    let behind = connection.confirm(&later(0, Some(sent.id))).await.map_err(say)?;
    ensure!(behind.is_none(), "the newest message that was known before was taken for it: {behind:?}");
    Ok(())
}

async fn a_send_whose_answer_was_lost_is_uncertain_and_then_confirmed(case: Case) -> Checked {
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let (connection, to) = (bed.connection(), recipient(&bed, person).await?);
    let since = bed.simulator.clock().now();
    // The conversation exists, so that it is the message whose answer gets lost.
    connection.send_direct(&to, "before", "key-0").await.map_err(say)?;
    lose(&bed, Lost::Message);
    let error = connection.send_direct(&to, "once only", "key-1").await.err().ok_or("the answer was not lost")?;
    ensure!(error.acted == Acted::Perhaps, "{:?} {:?}: {}", error.kind, error.acted, error.message);
    let found = connection
        .confirm(&Intent::Direct { to, text: "once only".into(), key: "key-1".into(), since, sender: None, after: None })
        .await
        .map_err(say)?;
    ensure!(matches!(found, Some(Outcome::Sent(_))), "{found:?}");
    let seen = texts(&bed, person).await;
    ensure!(seen == ["before", "once only"], "{seen:?}");
    Ok(())
}
