use std::sync::mpsc;

use super::*;
use crate::error::{Kind, Remedy};

mod speed;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

async fn count(store: &Store) -> i64 {
    store
        .read(|connection| Ok(connection.query_row("SELECT count(*) FROM facts WHERE name LIKE 'test%'", [], |row| row.get(0))?))
        .await
        .unwrap()
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    store.write(|tx| facts::set(tx, "test", "kept")).await.unwrap();
    drop(store);
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    assert_eq!(store.read(|connection| facts::get(connection, "test")).await.unwrap().as_deref(), Some("kept"));
}

#[tokio::test]
async fn what_is_committed_is_flushed_to_the_disk() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let settings = store.on_writer(|connection| {
        let text: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        let number = |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0)).unwrap();
        (text, number("synchronous"), number("foreign_keys"), number("journal_size_limit"))
    });
    // 2 is FULL: the log is flushed before a commit is reported.
    assert_eq!(settings.await, ("wal".to_owned(), 2, 1, 64 << 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_success_before_the_commit() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let (at_commit, committing) = mpsc::channel::<()>();
    let (release, released) = mpsc::channel::<bool>();
    store
        .on_writer(move |connection| {
            let ask = move || {
                at_commit.send(()).unwrap();
                released.recv().unwrap()
            };
            connection.commit_hook(Some(ask)).unwrap();
        })
        .await;
    for (refuses, kept) in [(false, 1), (true, 1), (false, 2)] {
        let mut write = Box::pin(store.write(move |tx| facts::set(tx, &format!("test{kept}"), "kept")));
        assert!(futures::poll!(write.as_mut()).is_pending());
        committing.recv().unwrap();
        // The closure has run, and the transaction is about to be committed.
        assert!(futures::poll!(write.as_mut()).is_pending());
        assert_eq!(count(&store).await, if refuses { 1 } else { kept - 1 }, "nobody sees it either");
        release.send(refuses).unwrap();
        assert_eq!(write.await.is_err(), refuses, "a commit that fails is told");
        assert_eq!(count(&store).await, kept);
    }
}

#[tokio::test]
async fn a_failing_closure_is_undone_alone() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let (hold, held) = mpsc::channel::<()>();
    let blocked = store.write(move |tx| {
        held.recv().unwrap();
        facts::set(tx, "test1", "kept")
    });
    let failing = store.write(|tx| {
        facts::set(tx, "test2", "lost")?;
        Err::<(), _>(Error::new(Kind::Invalid, "test", "no"))
    });
    let panicking = store.write(|tx| {
        facts::set(tx, "test3", "lost")?;
        if tx.is_autocommit() { Ok(()) } else { panic!("a mistake") }
    });
    let last = store.write(|tx| facts::set(tx, "test4", "kept"));
    let release = async { hold.send(()).unwrap() };
    let (blocked, failing, panicking, last, ()) = futures::join!(blocked, failing, panicking, last, release);
    blocked.unwrap();
    last.unwrap();
    assert_eq!((failing.unwrap_err().kind, panicking.unwrap_err().kind), (Kind::Invalid, Kind::Bug));
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_write_whose_caller_went_away_is_finished() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let mut write = Box::pin(store.write(|tx| facts::set(tx, "test", "kept")));
    assert!(futures::poll!(write.as_mut()).is_pending());
    drop(write);
    drop(store);
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_second_engine_is_refused_and_a_reader_is_not() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let refused = Store::open(folder.path(), Realm::Demo).unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict);
    assert!(refused.message.contains("Another User Sync"), "{refused}");
    let reader = Store::open_reading(folder.path(), Realm::Demo).unwrap();
    store.write(|tx| facts::set(tx, "test", "seen")).await.unwrap();
    assert_eq!(count(&reader).await, 1);
    assert_eq!(reader.write(|tx| facts::set(tx, "test", "no")).await.unwrap_err().kind, Kind::Conflict);
    drop(store);
    assert_eq!(count(&reader).await, 1);
    Store::open(folder.path(), Realm::Demo).unwrap();
}

#[tokio::test]
async fn reading_an_empty_folder_works_and_holds_nothing() {
    let folder = folder();
    let reader = Store::open_reading(&folder.path().join("new"), Realm::Demo).unwrap();
    assert_eq!(count(&reader).await, 0);
    Store::open(&folder.path().join("new"), Realm::Demo).unwrap();
}

#[test]
fn realms_never_mix() {
    let folder = folder();
    drop(Store::open(folder.path(), Realm::Demo).unwrap());
    for refused in [Store::open(folder.path(), Realm::Live).unwrap_err(), Store::open_reading(folder.path(), Realm::Live).unwrap_err()] {
        assert_eq!(refused.kind, Kind::Conflict);
        assert!(refused.message.contains("demo's made-up company"), "{refused}");
    }
    drop(Store::open(folder.path(), Realm::Demo).unwrap());
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let folder = folder();
    drop(Store::open(folder.path(), Realm::Demo).unwrap());
    let file = open::file(folder.path());
    let connection = Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    drop(connection);
    let before = std::fs::read(&file).unwrap();
    for refused in [Store::open(folder.path(), Realm::Demo).unwrap_err(), Store::open_reading(folder.path(), Realm::Demo).unwrap_err()] {
        assert_eq!((refused.kind, refused.remedy), (Kind::Storage, Remedy::Update));
        assert!(refused.message.contains("newer User Sync") && refused.message.contains("user-sync.db"), "{}", refused.message);
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn syncs_of_an_older_database_stand_in_the_history() {
    let folder = folder();
    let old = migrations::HISTORY.iter().position(|sql| sql.contains("CREATE TABLE history")).unwrap();
    let connection = Connection::open(open::file(folder.path())).unwrap();
    for sql in &migrations::HISTORY[..old] {
        connection.execute_batch(sql).unwrap();
    }
    connection.pragma_update(None, "user_version", old as i64).unwrap();
    connection
        .execute_batch(
            "INSERT INTO facts VALUES ('realm', 'demo');
             INSERT INTO people (name, sort_name, offered, listed, platforms) VALUES ('Ann', 'ann', 1, 1, ' alpha ');
             INSERT INTO syncs (person, platform, status, detail, run, updated_at) VALUES (1, 'beta', 'pending', 'prompted', 4, '2026-01-05T08:00:00Z')",
        )
        .unwrap();
    drop(connection);
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let told = store.read(|db| history::timeline(db, crate::model::PersonId(1), None, 10)).await.unwrap();
    assert_eq!((told.entries.len(), told.entries[0].detail.as_deref()), (1, Some("prompted")));
    let people = store.read(|db| history::run_people(db, crate::model::RunId(4), None, 0, 10)).await.unwrap();
    assert_eq!((people.total, people.rows[0].name.as_str()), (1, "Ann"));
}

#[test]
fn an_unreadable_database_is_named_and_left_alone() {
    let folder = folder();
    let file = open::file(folder.path());
    std::fs::write(&file, "this is not a database, but it may be somebody's letters".repeat(100)).unwrap();
    let before = std::fs::read(&file).unwrap();
    for refused in [Store::open(folder.path(), Realm::Demo).unwrap_err(), Store::open_reading(folder.path(), Realm::Demo).unwrap_err()] {
        assert_eq!(refused.kind, Kind::Storage);
        assert!(refused.message.contains("user-sync.db") && refused.next_step().contains("backup"), "{}", refused.message);
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn another_programs_database_is_refused() {
    let folder = folder();
    Connection::open(open::file(folder.path())).unwrap().execute_batch("CREATE TABLE letters (text)").unwrap();
    let refused = Store::open(folder.path(), Realm::Demo).unwrap_err();
    assert!(refused.message.contains("another program"), "{refused}");
}

#[tokio::test]
async fn a_full_disk_is_said_and_loses_nothing() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    store.write(|tx| facts::set(tx, "test", "kept")).await.unwrap();
    store
        .write(|tx| {
            let pages: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            tx.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))?;
            Ok(())
        })
        .await
        .unwrap();
    let full = store.write(|tx| facts::set(tx, "test2", &"x".repeat(100_000))).await.unwrap_err();
    assert_eq!(full.kind, Kind::Storage);
    assert!(full.message.contains("disk is full") && full.next_step().contains("Free some space"), "{}", full.message);
    store.write(|tx| Ok(tx.query_row("PRAGMA max_page_count = 100000", [], |row| row.get::<_, i64>(0))?)).await.unwrap();
    store.write(|tx| facts::set(tx, "test2", "again")).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_disk_that_may_not_be_written_is_said_and_loses_nothing() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    store.write(|tx| facts::set(tx, "test", "kept")).await.unwrap();
    store.on_writer(|connection| connection.execute_batch("PRAGMA query_only = ON").unwrap()).await;
    let many = (0..10).map(|number| store.write(move |tx| facts::set(tx, &format!("test{number}"), "lost")));
    for refused in futures::future::join_all(many).await {
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind, Kind::Storage);
        assert!(refused.message.contains("may not be opened or changed") && refused.next_step().contains("right to"), "{refused:?}");
    }
    assert_eq!(count(&store).await, 1, "what was there can still be read");
    store.on_writer(|connection| connection.execute_batch("PRAGMA query_only = OFF").unwrap()).await;
    store.write(|tx| facts::set(tx, "test2", "again")).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn the_log_beside_the_database_shrinks_again_after_a_long_reader() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let log = || std::fs::metadata(folder.path().join("user-sync.db-wal")).unwrap().len();
    let fill = |number: i64| store.write(move |tx| facts::set(tx, &format!("test{}", number % 4), &format!("{number:02}").repeat(500_000)));
    let reader = Connection::open(open::file(folder.path())).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM facts").unwrap();
    for number in 0..90 {
        fill(number).await.unwrap();
    }
    assert!(log() > 80 << 20, "a reader keeps what it sees: {}", log());
    drop(reader);
    for number in 0..40 {
        fill(number).await.unwrap();
    }
    assert!(log() <= 64 << 20, "{}", log());
}

#[tokio::test(start_paused = true)]
async fn paused_time_stands_still_while_the_store_works() {
    let folder = folder();
    let store = Store::open(folder.path(), Realm::Demo).unwrap();
    let before = tokio::time::Instant::now();
    let write = store.write(|tx| facts::set(tx, "test", "kept"));
    tokio::time::timeout(std::time::Duration::from_millis(1), write).await.unwrap().unwrap();
    assert_eq!(before.elapsed(), std::time::Duration::ZERO);
}

#[cfg(unix)]
#[test]
fn the_folder_and_the_database_are_the_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let inner = folder.path().join("data");
    let store = Store::open(&inner, Realm::Demo).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for name in ["user-sync.db", "user-sync.db-wal", "user-sync.db-shm"] {
        assert_eq!(mode(&inner.join(name)), 0o600, "{name}");
    }
    drop(store);
}
