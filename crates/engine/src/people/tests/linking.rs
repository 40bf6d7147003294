use super::*;
use crate::people::links::{find_account, keep_apart, link, unlink};
use crate::people::primary;

fn ann(platform: PlatformId, id: &str) -> Account {
    account(platform, id, &format!("Ann {id}"), "ann@x.example")
}

async fn do_link(store: &Store, person: i64, account: &'static str) -> Result<Settled> {
    store.write(move |transaction| link(transaction, PersonId(person), find_account(transaction, account)?, now())).await
}

async fn do_unlink(store: &Store, account: &'static str) -> Result<Settled> {
    store.write(move |transaction| unlink(transaction, find_account(transaction, account)?, now())).await
}

#[tokio::test]
async fn a_conflict_is_decided_by_a_link_that_survives_every_import() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let all = [ann(ALPHA, "a1"), ann(ALPHA, "a2"), ann(BETA, "b1")];
    import_all(&store, &all).await;
    assert_eq!(sketch(&store).await, ["p1 Ann a1: a1", "p2 Ann a2: a2", "p3 Ann b1: b1"]);
    assert_eq!(conflicts(&store).await, [["a1", "a2", "b1"]]);
    assert_eq!(store.read(views::all_conflicts).await.unwrap()[0].addresses, ["ann@x.example"]);
    assert_eq!(store.read(views::status).await.unwrap().conflicts, 1);

    let settled = do_link(&store, 2, "b1").await.unwrap();
    assert_eq!((settled.people, settled.conflicts), (vec![PersonId(2), PersonId(3)], 0));
    for _ in 0..2 {
        assert_eq!(sketch(&store).await, ["p1 Ann a1: a1", "p2 Ann a2: a2 b1"]);
        import_all(&store, &all).await;
    }
}

#[tokio::test]
async fn accounts_that_are_kept_apart_stay_so_through_every_import() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let bo = [account(ALPHA, "a8", "Bo", "bo@x.example"), account(ALPHA, "a9", "Bo", "bo@x.example")];
    let all = [vec![ann(ALPHA, "a1"), ann(ALPHA, "a2"), ann(BETA, "b1")], bo.to_vec()].concat();
    import_all(&store, &all).await;
    let apart = |conflict: String| store.write(move |transaction| keep_apart(transaction, &conflict, now()));
    let id = store.read(views::all_conflicts).await.unwrap()[0].id.clone();
    assert_eq!(conflicts(&store).await, [vec!["a1", "a2", "b1"], vec!["a8", "a9"]]);
    assert_eq!(apart(id.clone()).await.unwrap().conflicts, 1);
    for _ in 0..2 {
        assert_eq!(conflicts(&store).await, [["a8", "a9"]], "the other one is left");
        let people = sketch(&store).await;
        assert_eq!(people.iter().filter(|line| line.contains("Ann")).count(), 3, "{people:?}");
        import_all(&store, &all).await;
    }
    for decided in [id, "c".into(), "nonsense".into(), String::new()] {
        assert_eq!(apart(decided.clone()).await.unwrap_err().kind, Kind::NotFound, "{decided}");
    }
}

#[tokio::test]
async fn an_unlinked_account_stays_out_until_it_is_linked_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let all = [ann(ALPHA, "a1"), ann(BETA, "b1"), ann(GAMMA, "c1")];
    import_all(&store, &all).await;
    do_unlink(&store, "beta:b1").await.unwrap();
    import_all(&store, &all).await;
    assert_eq!(sketch(&store).await, ["p1 Ann a1: a1 c1", "p2 Ann b1: b1"]);
    do_link(&store, 1, "b1").await.unwrap();
    import_all(&store, &all).await;
    assert_eq!(sketch(&store).await, ["p1 Ann a1: a1 b1 c1"]);
}

#[tokio::test]
async fn whose_account_is_taken_out_stays_who_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[ann(ALPHA, "a1"), ann(BETA, "b1")]).await;
    do_unlink(&store, "alpha:a1").await.unwrap();
    assert_eq!(sketch(&store).await, ["p1 Ann b1: b1", "p2 Ann a1: a1"], "also when the older account is taken out");
}

#[tokio::test]
async fn a_link_waits_for_accounts_that_are_gone_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let other = account(ALPHA, "a9", "Bo", "bo@x.example");
    let both = [account(ALPHA, "a1", "Ann", "ann@x.example"), account(BETA, "b1", "Ann", "ann@y.example"), other.clone()];
    let rest = account(BETA, "b9", "Cy", "cy@x.example");
    import_all(&store, &both).await;
    do_link(&store, 1, "b1").await.unwrap();
    import_all(&store, &[other, rest.clone()]).await;
    assert_eq!(sketch(&store).await, ["p2 Bo: a9", "p4 Cy: b9"]);
    import_all(&store, &[both.to_vec(), vec![rest]].concat()).await;
    assert_eq!(sketch(&store).await, ["p1 Ann: a1 b1", "p2 Bo: a9", "p4 Cy: b9"]);
}

#[tokio::test]
async fn a_link_takes_the_place_of_an_account_out_of_use_but_not_of_one_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let new = account(BETA, "b2", "Ann New", "ann.new@x.example");
    import_all(&store, &[ann(ALPHA, "a1"), inactive(ann(BETA, "b1")), new]).await;
    do_link(&store, 1, "b2").await.unwrap();
    assert_eq!(sketch(&store).await, ["p1 Ann a1: a1 b2", "p3 Ann b1: b1"]);
    let refused = do_link(&store, 1, "b1").await.unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict);
    assert!(refused.next_step().contains("Unlink"), "{refused}");
}

#[tokio::test]
async fn what_cannot_be_linked_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[ann(ALPHA, "a1"), of_kind(AccountKind::Foreign, ann(BETA, "b1"))]).await;
    assert_eq!(do_link(&store, 1, "b1").await.unwrap_err().kind, Kind::Invalid);
    assert_eq!(do_link(&store, 1, "nobody").await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(do_link(&store, 99, "a1").await.unwrap_err().kind, Kind::NotFound);
    let several = store.read(|connection| find_account(connection, "Ann@x.example")).await.unwrap_err();
    assert_eq!(several.kind, Kind::Conflict);
    assert!(several.message.contains("alpha:a1 (Ann a1), beta:b1 (Ann b1)"), "{several}");
}

#[tokio::test]
async fn the_primary_is_chosen_once_and_held_by_syncs() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[ann(ALPHA, "a1")]).await;
    assert_eq!(everybody(&store).await[0].primary, Some(ALPHA), "the only one");
    import_all(&store, &[ann(BETA, "b1")]).await;
    let person = everybody(&store).await.remove(0);
    assert_eq!((person.primary, person.primary_choices), (None, vec![ALPHA, BETA]));
    assert!(person.syncs.values().all(|sync| sync.detail.as_deref() == Some("choose_primary")));
    assert_eq!(person.syncs.keys().copied().collect::<Vec<_>>(), [ALPHA, BETA, GAMMA]);

    let choose = |to| store.write(move |transaction| primary::choose(transaction, PersonId(1), to, now()));
    assert_eq!(choose(GAMMA).await.unwrap_err().kind, Kind::Invalid);
    choose(BETA).await.unwrap();
    let person = everybody(&store).await.remove(0);
    assert_eq!((person.primary, person.syncs.keys().copied().collect::<Vec<_>>()), (Some(BETA), vec![ALPHA, GAMMA]));

    add_sync(&store, 1, GAMMA, "synced", None).await;
    let refused = choose(ALPHA).await.unwrap_err();
    assert!(refused.kind == Kind::Conflict && refused.message.contains("gamma"), "{refused}");
    let change = store.read(|connection| primary::look_at_change(connection, PersonId(1), ALPHA)).await.unwrap();
    assert_eq!((change.from, change.to, change.would_reset), (Some(BETA), ALPHA, vec![GAMMA]));
    import_all(&store, &[inactive(ann(BETA, "b1"))]).await;
    assert_eq!(everybody(&store).await[0].primary, Some(BETA), "syncs hold it");
    store
        .write(|transaction| {
            transaction.execute("DELETE FROM syncs", [])?;
            primary::restore_default(transaction, PersonId(1), now())
        })
        .await
        .unwrap();
    assert_eq!(everybody(&store).await[0].primary, Some(ALPHA), "a reset brings the default back");
}
