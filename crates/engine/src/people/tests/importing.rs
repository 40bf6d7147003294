use super::*;
use crate::store::imports;

fn ann(platform: PlatformId, id: &str) -> Account {
    account(platform, id, "Ann", "ann@x.example")
}

fn several(number: usize) -> Vec<Account> {
    (0..number).map(|index| account(ALPHA, &format!("a{index}"), &format!("Person {index}"), &format!("p{index}@x.example"))).collect()
}

#[tokio::test]
async fn an_import_counts_and_people_appear() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut listed = several(5);
    listed.push(of_kind(AccountKind::Bot, account(ALPHA, "robot", "Robot", "p1@x.example")));
    let directory = Directory::new(listed);
    let imported = import_from(&store, ALPHA, &directory, &[], now()).await.unwrap();
    assert_eq!(imported, Imported { accounts: 5, new: 5, changed: 0, gone: 0 });
    let settled = settle(&store).await.unwrap();
    assert_eq!((settled.people.len(), settled.conflicts), (5, 0));
    assert_eq!(sketch(&store).await[1], "p2 Person 1: a1");
    assert_eq!(settle(&store).await.unwrap().people, [], "nothing is due");

    let again = import_from(&store, ALPHA, &directory, &[], now()).await.unwrap();
    assert_eq!(again, Imported { accounts: 5, new: 0, changed: 0, gone: 0 });
    assert_eq!(settle(&store).await.unwrap().people, [], "nothing is different");

    let mut changed = several(4);
    changed[0].name = "Somebody Else".into();
    directory.set(changed);
    let third = import_from(&store, ALPHA, &directory, &[], now()).await.unwrap();
    assert_eq!(third, Imported { accounts: 4, new: 0, changed: 1, gone: 1 });
    assert_eq!(settle(&store).await.unwrap().people, [PersonId(1), PersonId(5)]);
    assert_eq!(sketch(&store).await, ["p1 Somebody Else: a0", "p2 Person 1: a1", "p3 Person 2: a2", "p4 Person 3: a3"]);
}

#[tokio::test]
async fn an_import_that_broke_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let directory = Directory::new(several(9));
    import_from(&store, ALPHA, &directory, &[], now()).await.unwrap();
    settle(&store).await.unwrap();
    directory.set(several(8));
    directory.fail_at("4", Kind::Network);
    directory.fetched.lock().unwrap().clear();
    assert_eq!(import_from(&store, ALPHA, &directory, &[], now()).await.unwrap_err().kind, Kind::Network);
    drop(store);

    let store = open(folder.path()).await;
    assert_eq!(settle(&store).await.unwrap().people, [], "nobody is gone before the last page");
    *directory.fail_at.lock().unwrap() = None;
    let imported = import_from(&store, ALPHA, &directory, &[], now()).await.unwrap();
    assert_eq!(imported, Imported { accounts: 8, new: 0, changed: 0, gone: 1 });
    assert_eq!(*directory.fetched.lock().unwrap(), ["0", "2", "4", "4", "6"]);
    assert_eq!(settle(&store).await.unwrap().people, [PersonId(9)]);
}

#[tokio::test]
async fn a_place_that_the_platform_forgot_means_beginning_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let directory = Directory::new(several(5));
    directory.fail_at("4", Kind::Network);
    import_from(&store, ALPHA, &directory, &[], now()).await.unwrap_err();
    *directory.fail_at.lock().unwrap() = None;
    directory.epoch.store(1, Ordering::Relaxed);
    let imported = import_from(&store, ALPHA, &directory, &[], now()).await.unwrap();
    assert_eq!((imported.accounts, imported.gone), (5, 0));
    assert_eq!(*directory.fetched.lock().unwrap(), ["0", "2", "4", "0", "2", "4"]);
}

#[tokio::test]
async fn an_import_that_rested_for_days_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let directory = Directory::new(several(5));
    directory.fail_at("4", Kind::Network);
    import_from(&store, ALPHA, &directory, &[], now()).await.unwrap_err();
    *directory.fail_at.lock().unwrap() = None;
    import_from(&store, ALPHA, &directory, &[], now() + jiff::SignedDuration::from_hours(25)).await.unwrap();
    assert_eq!(*directory.fetched.lock().unwrap(), ["0", "2", "4", "0", "2", "4"]);
}

#[tokio::test]
async fn a_cancelled_import_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let directory = Directory { per_page: 500, ..Directory::new(several(20_000)) };
    let cancel = Cancel::new();
    let progress = |_| cancel.cancel();
    let import = Import {
        store: &store,
        platform: ALPHA,
        connection: &directory,
        teams: Vec::new(),
        now: now(),
        progress: &progress,
        cancel: &cancel,
    };
    assert_eq!(import.run().await.unwrap_err().kind, Kind::Cancelled);
    let state = store.read(|connection| imports::get(connection, ALPHA)).await.unwrap().unwrap();
    assert!(!state.done && (2_000..20_000).contains(&state.accounts), "{state:?}");
    let imported = import_from(&store, ALPHA, &directory, &[], now()).await.unwrap();
    assert_eq!((imported.accounts, imported.new), (20_000, 20_000));
}

#[tokio::test]
async fn chosen_teams_are_read_in_turn_and_a_member_of_two_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let directory = Directory::new(Vec::new());
    let all = several(5);
    directory.accounts.lock().unwrap().insert("red".into(), all[..3].to_vec());
    directory.accounts.lock().unwrap().insert("blue".into(), all[2..].to_vec());
    let imported = import_from(&store, ALPHA, &directory, &["red", "blue"], now()).await.unwrap();
    assert_eq!(imported, Imported { accounts: 5, new: 5, changed: 0, gone: 0 });
    let fewer = import_from(&store, ALPHA, &directory, &["red"], now()).await.unwrap();
    assert_eq!(fewer, Imported { accounts: 3, new: 0, changed: 0, gone: 2 });
}

#[tokio::test]
async fn a_platform_that_suddenly_lists_nobody_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &several(3)).await;
    let refused = import_from(&store, ALPHA, &Directory::new(Vec::new()), &[], now()).await.unwrap_err();
    assert_eq!(refused.kind, Kind::PlatformDown);
    settle(&store).await.unwrap();
    assert_eq!(everybody(&store).await.len(), 3);
}

#[tokio::test]
async fn a_person_stays_the_same_when_name_address_and_accounts_change() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[ann(ALPHA, "a1"), ann(BETA, "b1"), account(ALPHA, "a2", "Bo", "bo@x.example")]).await;
    assert_eq!(sketch(&store).await, ["p1 Ann: a1 b1", "p2 Bo: a2"]);
    let renamed = account(ALPHA, "a1", "Ann Lee", "ann.lee@x.example");
    import_all(
        &store,
        &[renamed.clone(), with_aliases(&["Ann.Lee@X.example"], ann(BETA, "b1")), account(ALPHA, "a2", "Bo", "bo@x.example")],
    )
    .await;
    assert_eq!(sketch(&store).await, ["p1 Ann Lee: a1 b1", "p2 Bo: a2"]);
    import_all(&store, &[renamed, ann(BETA, "b1")]).await;
    assert_eq!(sketch(&store).await, ["p1 Ann Lee: a1", "p3 Ann: b1"], "they share no address any more");
}

#[tokio::test]
async fn an_account_that_comes_back_is_its_persons_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[ann(ALPHA, "a1"), ann(BETA, "b1"), account(BETA, "b2", "Bo", "bo@x.example")]).await;
    import_all(&store, &[account(BETA, "b2", "Bo", "bo@x.example")]).await;
    assert_eq!(sketch(&store).await, ["p1 Ann: a1", "p2 Bo: b2"]);
    import_all(&store, &[ann(BETA, "b1"), account(BETA, "b2", "Bo", "bo@x.example")]).await;
    assert_eq!(sketch(&store).await, ["p1 Ann: a1 b1", "p2 Bo: b2"]);
}

#[tokio::test]
async fn a_person_with_syncs_stays_listed_without_accounts_until_they_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[ann(ALPHA, "a1"), account(ALPHA, "a2", "Bo", "bo@x.example")]).await;
    add_sync(&store, 1, BETA, "synced", None).await;
    import_all(&store, &[account(ALPHA, "a2", "Bo", "bo@x.example")]).await;
    let people = everybody(&store).await;
    assert_eq!((people[0].name.as_str(), people[0].offered, people[0].accounts.len(), people[0].syncs.len()), ("Ann", false, 0, 0));
    store
        .write(|transaction| {
            transaction.execute("DELETE FROM syncs", [])?;
            crate::people::primary::restore_default(transaction, PersonId(1), now())
        })
        .await
        .unwrap();
    assert_eq!(sketch(&store).await, ["p2 Bo: a2"]);
}

#[tokio::test]
async fn what_we_made_ourselves_is_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[ann(ALPHA, "a1")]).await;
    let stand_in = r#"{"kind":"guest","id":"b9","name":"Ann","detail":null,"created":true}"#;
    // The import overtakes the sync that made the guest: it is taken for an account at first.
    import_all(&store, &[ann(BETA, "b9"), account(BETA, "b2", "Bo", "bo@x.example")]).await;
    assert_eq!(sketch(&store).await, ["p1 Ann: a1 b9", "p2 Bo: b2"]);
    add_sync(&store, 1, BETA, "synced", Some(stand_in)).await;
    import_all(&store, &[ann(BETA, "b9"), account(BETA, "b2", "Bo", "bo@x.example")]).await;
    assert_eq!(sketch(&store).await, ["p1 Ann: a1", "p2 Bo: b2"]);
    store.write(|transaction| Ok(transaction.execute("DELETE FROM syncs", [])?)).await.unwrap();
    import_all(&store, &[ann(BETA, "b9"), account(BETA, "b2", "Bo", "bo@x.example")]).await;
    assert_eq!(sketch(&store).await, ["p1 Ann: a1", "p2 Bo: b2"], "not even after its sync is gone");
}

#[tokio::test]
async fn a_bot_that_passed_for_a_human_is_nobody_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[ann(ALPHA, "a1"), account(ALPHA, "a2", "Helper", "")]).await;
    let imported = import_all(&store, &[ann(ALPHA, "a1"), of_kind(AccountKind::Bot, account(ALPHA, "a2", "Helper", ""))]).await;
    assert_eq!(imported.people, [PersonId(2)]);
    assert_eq!(sketch(&store).await, ["p1 Ann: a1"]);
}

#[tokio::test]
async fn unverified_addresses_foreign_and_inactive_accounts_are_listed_apart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(
        &store,
        &[
            ann(ALPHA, "a1"),
            inactive(ann(ALPHA, "a2")),
            of_kind(AccountKind::Foreign, ann(BETA, "b1")),
            Account { email_verified: false, ..ann(BETA, "b2") },
            inactive(ann(GAMMA, "c1")),
        ],
    )
    .await;
    let offered: Vec<bool> = everybody(&store).await.iter().map(|person| person.offered).collect();
    assert_eq!(sketch(&store).await, ["p1 Ann: a1 c1", "p2 Ann: a2", "p3 Ann: b1", "p4 Ann: b2"]);
    assert_eq!(offered, [true, false, false, true]);
}

#[tokio::test]
async fn a_full_disk_in_the_middle_of_an_import_loses_no_page() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let accounts: Vec<Account> = several(6_000).into_iter().map(|one| Account { name: one.name.repeat(20), ..one }).collect();
    let limit =
        |pages: i64| store.write(move |tx| Ok(tx.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))?));
    let used = store.read(|connection| Ok(connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))?)).await.unwrap();
    limit(used + 400).await.unwrap();
    let directory = Directory { per_page: 500, ..Directory::new(accounts) };
    let full = import_from(&store, ALPHA, &directory, &[], now()).await.unwrap_err();
    assert_eq!(full.kind, Kind::Storage, "{full}");
    let state = store.read(|connection| imports::get(connection, ALPHA)).await.unwrap().unwrap();
    assert!(state.accounts > 0 && state.accounts < 6_000, "{state:?}");
    limit(1_000_000).await.unwrap();
    assert_eq!(
        import_from(&store, ALPHA, &directory, &[], now()).await.unwrap(),
        Imported { accounts: 6_000, new: 6_000, changed: 0, gone: 0 }
    );
}
