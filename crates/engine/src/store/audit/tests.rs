use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::error::{Error, Kind};
use crate::store::{Store, file};
use crate::transport::Realm;

const WORD: &str = "5f0b6a4e-0000-4000-8000-000000000001";
const OTHER: &str = "5f0b6a4e-0000-4000-8000-000000000002";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_893_484_800 + second).unwrap()
}

fn told(number: i64) -> Told<'static> {
    let told =
        if number % 2 == 0 { act("it@example", Word::SyncConfirmed).more(format!("{number} people")) } else { effect(Word::BotMade) };
    let told = if number % 3 == 0 { told } else { told.on(PlatformId::new("alpha")) };
    if number % 5 == 0 { told } else { told.about(PersonId(number)).of(RunId(number / 4)) }
}

/// A folder whose log has twelve entries.
async fn folder(word: &'static str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    store
        .write(move |transaction| {
            begin(transaction, word, at(0))?;
            (2..=12).try_for_each(|number| told(number).tell(transaction, at(number)))
        })
        .await
        .unwrap();
    folder
}

async fn verdict(folder: &Path, head: Option<&str>) -> AuditVerdict {
    let head = head.map(str::to_owned);
    Store::open_reading(folder, Realm::Demo).unwrap().read(move |db| verify(db, head)).await.unwrap()
}

async fn lines(folder: &Path) -> String {
    let entries = Store::open_reading(folder, Realm::Demo).unwrap().read(|db| after(db, 0, 1_000)).await.unwrap();
    entries.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect()
}

/// Whoever may write the file may also take the triggers out.
fn tamper(folder: &Path, sql: &str) {
    let db = Connection::open(file(folder)).unwrap();
    db.execute_batch("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_cut;").unwrap();
    db.execute_batch(sql).unwrap();
}

/// An entry's hash as a forger would compute it who does not know, or does not follow, the whole chain.
fn forged(folder: &Path, id: i64) -> String {
    let db = Connection::open(file(folder)).unwrap();
    let before: String = db.query_row("SELECT hash FROM audit WHERE id = ?", [id - 1], |row| row.get(0)).unwrap();
    let mut link = db
        .query_row("SELECT id, at, actor, action, platform, person, run, what, hash FROM audit WHERE id = ?", [id], |row| {
            Ok(link(row).map_err(|_| ()))
        })
        .unwrap()
        .unwrap();
    link.what = "Nothing.".into();
    chain::hash(&before, &link).unwrap()
}

#[tokio::test]
async fn the_table_refuses_to_be_changed_or_cut() {
    let folder = folder(WORD).await;
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    for sql in ["UPDATE audit SET what = 'no' WHERE id = 3", "DELETE FROM audit WHERE id = 12", "DELETE FROM audit"] {
        let refused = store.write(move |transaction| Ok(transaction.execute_batch(sql)?)).await.unwrap_err();
        assert!(refused.context.iter().any(|(_, text)| text.contains("audit log is never")), "{sql}: {refused:?}");
    }
    assert_eq!(verdict(folder.path(), None).await.entries, 12);
}

#[tokio::test]
async fn a_whole_log_is_whole_and_knows_a_noted_head() {
    let folder = folder(WORD).await;
    let whole = verdict(folder.path(), None).await;
    assert_eq!((whole.entries, whole.head.len(), &whole.broken), (12, 64, &None));
    assert_eq!(verdict(folder.path(), Some(&format!(" {} ", whole.head.to_uppercase()))).await, whole);
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    store.write(|transaction| told(13).tell(transaction, at(13))).await.unwrap();
    let longer = verdict(folder.path(), Some(&whole.head)).await;
    assert_eq!((longer.entries, longer.broken), (13, None), "a hash that was noted earlier stands in the middle");
    for no_hash in ["", "abc", &"g".repeat(64)] {
        let head = no_hash.to_owned();
        let refused = store.read(move |db| verify(db, Some(head))).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Invalid, "{no_hash}");
    }
}

#[tokio::test]
async fn every_way_of_tampering_is_found_where_it_is() {
    let forged_hash = forged(folder(WORD).await.path(), 5);
    let insert = "INSERT INTO audit SELECT 13, at, actor, action, platform, person, run, what, hash FROM audit WHERE id = 4";
    let between = "UPDATE audit SET id = -id - 1 WHERE id >= 5; UPDATE audit SET id = -id WHERE id < 0;
        INSERT INTO audit SELECT 5, at, actor, action, platform, person, run, 'Somebody else did it.', hash FROM audit WHERE id = 4";
    let swapped = "UPDATE audit SET id = 100 WHERE id = 6; UPDATE audit SET id = 6 WHERE id = 7; UPDATE audit SET id = 7 WHERE id = 100";
    let closed = "DELETE FROM audit WHERE id = 5; UPDATE audit SET id = id - 1 WHERE id > 5";
    let rewritten = format!("UPDATE audit SET what = 'Nothing.', hash = '{forged_hash}' WHERE id = 5");
    let changed = "It was changed";
    let all: [(&str, i64, &str); 22] = [
        ("UPDATE audit SET at = '2030-01-01T08:00:00Z' WHERE id = 5", 5, changed),
        ("UPDATE audit SET actor = 'somebody' WHERE id = 5", 5, changed),
        ("UPDATE audit SET action = 'bot_removed' WHERE id = 5", 5, changed),
        ("UPDATE audit SET platform = NULL WHERE id = 5", 5, changed),
        ("UPDATE audit SET platform = 'NOT A SLUG' WHERE id = 5", 5, changed),
        ("UPDATE audit SET person = 1 WHERE id = 5", 5, changed),
        ("UPDATE audit SET run = NULL WHERE id = 6", 6, changed),
        ("UPDATE audit SET what = '' WHERE id = 5", 5, changed),
        ("UPDATE audit SET hash = upper(hash) WHERE id = 5", 5, changed),
        ("UPDATE audit SET what = 'no' WHERE id = 12", 12, changed),
        (rewritten.as_str(), 6, changed),
        ("DELETE FROM audit WHERE id = 5", 5, "Entry 5 is missing"),
        ("DELETE FROM audit WHERE id = 1", 1, "Entry 1 is missing"),
        ("DELETE FROM audit WHERE id = 1; UPDATE audit SET id = id - 1", 1, "begun in another data folder"),
        ("DELETE FROM audit", 1, "empty"),
        (closed, 5, changed),
        (insert, 13, changed),
        (between, 5, changed),
        (swapped, 6, changed),
        ("UPDATE audit SET id = 0 WHERE id = 1", 1, "Entry 0 stands where entry 1 belongs"),
        ("DELETE FROM facts WHERE name = 'audit_genesis'", 1, "another data folder"),
        ("UPDATE facts SET value = 'x' WHERE name = 'audit_genesis'", 1, "another data folder"),
    ];
    for (sql, id, why) in all {
        let folder = folder(WORD).await;
        tamper(folder.path(), sql);
        let AuditVerdict { entries, broken, .. } = verdict(folder.path(), None).await;
        let broken = broken.unwrap_or_else(|| panic!("not found: {sql}"));
        assert_eq!((broken.id, entries), (id, id.unsigned_abs() - 1), "{sql}");
        assert!(broken.why.contains(why), "{sql}: {}", broken.why);
    }
}

#[tokio::test]
async fn an_end_that_was_cut_off_shows_against_a_noted_hash_only() {
    let folder = folder(WORD).await;
    let head = verdict(folder.path(), None).await.head;
    tamper(folder.path(), "DELETE FROM audit WHERE id > 9");
    let without = verdict(folder.path(), None).await;
    assert_eq!((without.entries, without.broken), (9, None));
    let with = verdict(folder.path(), Some(&head)).await.broken.unwrap();
    assert!(with.id == 10 && with.why.contains("cut off"), "{with:?}");

    // Whoever goes on from there has another log, and the noted hash still finds it.
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    store.write(|transaction| (10..=14).try_for_each(|number| told(number).tell(transaction, at(50 + number)))).await.unwrap();
    drop(store);
    assert_eq!(verdict(folder.path(), None).await.broken, None);
    assert_eq!(verdict(folder.path(), Some(&head)).await.broken.unwrap().id, 15);
}

#[tokio::test]
async fn logs_of_two_folders_never_fit_together() {
    let (one, two) = (folder(WORD).await, folder(OTHER).await);
    let attach = |into: &TempDir, sql: &str| {
        let from = file(two.path()).display().to_string();
        tamper(into.path(), &format!("ATTACH '{from}' AS other; {sql}"));
    };
    attach(&one, "DELETE FROM audit WHERE id > 7; INSERT INTO audit SELECT * FROM other.audit WHERE id > 7");
    assert_eq!(verdict(one.path(), None).await.broken.unwrap().id, 8);

    let all = folder(WORD).await;
    attach(&all, "DELETE FROM audit; INSERT INTO audit SELECT * FROM other.audit");
    let broken = verdict(all.path(), None).await.broken.unwrap();
    assert!(broken.id == 1 && broken.why.contains("another data folder"), "{broken:?}");
    assert_eq!(verify_lines(lines(all.path()).await.as_bytes(), None).unwrap().broken, None, "by itself, such a file is a whole log");
}

#[tokio::test]
async fn what_is_undone_leaves_no_gap_and_the_log_begins_once() {
    let folder = folder(WORD).await;
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let failed = store.write(|transaction| {
        told(13).tell(transaction, at(13))?;
        Err::<(), _>(Error::new(Kind::Invalid, "test", "no"))
    });
    failed.await.unwrap_err();
    store.write(|transaction| begin(transaction, OTHER, at(14))).await.unwrap();
    store.write(|transaction| told(13).tell(transaction, at(15))).await.unwrap();
    drop(store);
    let whole = verdict(folder.path(), None).await;
    assert_eq!((whole.entries, whole.broken), (13, None));
}

/// The same hashes come of `sha256(before + "\n" + json.dumps(values, ensure_ascii=False, separators=(",", ":")))` in Python.
#[test]
fn the_hash_is_what_the_documents_say() {
    let link = |id, at: &str, actor: &str, action: &str, about: Option<[&str; 3]>, what: &str| Link {
        id,
        at: at.into(),
        actor: actor.into(),
        action: action.into(),
        platform: about.map(|about| about[0].into()),
        person: about.map(|about| about[1].into()),
        run: about.map(|about| about[2].into()),
        what: what.into(),
        hash: String::new(),
    };
    let first = link(1, "2030-01-01T08:00:00Z", "User Sync", "log_begun", None, "The audit log of this data folder begins: w0rd.");
    let first = chain::hash("", &first).unwrap();
    assert_eq!(first, "35ced6bbb1786fcfa3a274ddd9b7e470b93a1be4fa910c7fa11461ae3bb6a54a");
    let actor = "it@\"ex\\ample\"\n\u{e9}";
    let second = link(2, "2030-01-01T08:00:01Z", actor, "bot_made", Some(["alpha", "p7", "r3"]), "A bot was made for the person.");
    assert_eq!(chain::hash(&first, &second).unwrap(), "6b961011084f1925796ebc898dd06f39eb2e6af8ad067dfeca5a8c1274a04a4a");

    // Where one value ends and the next begins is part of the hash, and so is what is not there.
    let moved = [
        Link { actor: "ab".into(), action: "c".into(), ..second.clone() },
        Link { actor: "a".into(), action: "bc".into(), ..second.clone() },
        Link { person: None, run: Some("p7".into()), ..second.clone() },
        Link { person: Some("p7".into()), run: None, ..second.clone() },
        Link { platform: None, ..second.clone() },
        Link { platform: Some(String::new()), ..second.clone() },
        Link { platform: Some("null".into()), ..second },
    ];
    let hashes: std::collections::BTreeSet<String> = moved.iter().map(|link| chain::hash(&first, link).unwrap()).collect();
    assert_eq!(hashes.len(), moved.len());
}

#[tokio::test]
async fn an_exported_file_is_verified_by_itself() {
    let folder = folder(WORD).await;
    let text = lines(folder.path()).await;
    let head = verdict(folder.path(), None).await.head;
    let look = |text: &str, head: Option<&str>| verify_lines(text.as_bytes(), head.map(str::to_owned)).unwrap();
    assert_eq!(look(&text, Some(&head)), AuditVerdict { entries: 12, head: head.clone(), broken: None });
    assert_eq!(look(text.trim_end(), Some(&head)).broken, None);

    let all: Vec<&str> = text.lines().collect();
    let without =
        |skip: usize| all.iter().enumerate().filter(|(at, _)| *at != skip).map(|(_, line)| format!("{line}\n")).collect::<String>();
    let reversed: String = all.iter().rev().map(|line| format!("{line}\n")).collect();
    let long = format!("{}\n{}\n", all[0], "x".repeat(200_000));
    for (changed, id) in [
        (text.replace("4 people", "5 people"), 4),
        (text.replacen("\"p7\"", "\"p8\"", 1), 7),
        (text.replacen("\"run\":\"r1\"", "\"run\":null", 1), 4),
        (without(4), 5),
        (without(0), 1),
        (reversed, 1),
        (text.replacen("\"actor\"", "\"acted\"", 1), 1),
        (text.replacen("{\"id\":6,", "{\"id\":6,\"more\":1,", 1), 6),
        (format!("{text}and so on\n"), 13),
        (format!("{text}{text}"), 13),
        (format!("{text}\n"), 13),
        (long, 2),
        (String::new(), 1),
    ] {
        let verdict = look(&changed, None);
        assert_eq!(verdict.broken.as_ref().map(|broken| broken.id), Some(id), "{verdict:?}");
    }
    let cut: String = all[..9].iter().map(|line| format!("{line}\n")).collect();
    assert_eq!(look(&cut, None).broken, None);
    assert_eq!(look(&cut, Some(&head)).broken.unwrap().id, 10);
    assert_eq!(verify_lines(text.as_bytes(), Some("short".into())).unwrap_err().kind, Kind::Invalid);
}

#[tokio::test]
async fn pages_lead_back_to_the_first_entry_and_a_filter_leaves_the_others_out() {
    let folder = folder(WORD).await;
    let store = Store::open_reading(folder.path(), Realm::Demo).unwrap();
    let ask = |filter: AuditFilter, before, limit| store.read(move |db| page(db, &filter, before, limit));
    let (mut ids, mut before) = (Vec::new(), None);
    loop {
        let page = ask(AuditFilter::default(), before, 5).await.unwrap();
        ids.extend(page.entries.iter().map(|entry| entry.id));
        before = page.before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(ids, (1..=12).rev().collect::<Vec<_>>());
    let only = |filter| async { ask(filter, None, 10).await.unwrap().entries.iter().map(|entry| entry.id).collect::<Vec<_>>() };
    assert_eq!(only(AuditFilter { person: Some(PersonId(7)), ..AuditFilter::default() }).await, [7]);
    assert_eq!(only(AuditFilter { run: Some(RunId(2)), ..AuditFilter::default() }).await, [11, 9, 8]);
    let alpha = AuditFilter { platform: Some(PlatformId::new("alpha")), run: Some(RunId(2)), ..AuditFilter::default() };
    assert_eq!(only(alpha).await, [11, 8]);
    let plans = store.read(|db| {
        let mut statement =
            db.prepare("EXPLAIN QUERY PLAN SELECT id FROM audit WHERE id < ?1 AND person = ?3 ORDER BY id DESC LIMIT ?2")?;
        Ok(statement.query_map([1, 2, 3], |row| row.get::<_, String>(3))?.collect::<rusqlite::Result<Vec<_>>>()?)
    });
    assert!(plans.await.unwrap().iter().all(|plan| plan.contains("audit_by_person")), "a person's entries are not searched for among all");
}
