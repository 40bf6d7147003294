use super::*;
use crate::model::Status;
use crate::people::list::{self, Filter, PeoplePage};

async fn page(store: &Store, filter: Filter, limit: u32, after: Option<String>) -> PeoplePage {
    store.read(move |connection| list::list(connection, &filter, limit, after.as_deref())).await.unwrap()
}

async fn names(store: &Store, filter: Filter) -> String {
    let selected = filter.clone();
    let selected = store.read(move |connection| list::select(connection, &selected, 100, None)).await.unwrap();
    let page = page(store, filter, 100, None).await;
    assert_eq!((page.total as usize, page.next), (page.people.len(), None));
    let mut ids: Vec<PersonId> = page.people.iter().map(|person| person.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, selected, "a list and a selection mean the same people");
    page.people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(" ")
}

async fn company(folder: &std::path::Path) -> Store {
    let store = open(folder).await;
    import_all(
        &store,
        &[
            account(ALPHA, "a1", "Zoë Smith", "zoe.smith@x.example"),
            account(BETA, "b1", "Zoë Smith", "zoe.smith@x.example"),
            account(ALPHA, "a2", "Bo Smithers", "bo@x.example"),
            account(ALPHA, "a3", "Cy", "cy@smith.example"),
            account(BETA, "b4", "Di O'Hara", "di@x.example"),
            inactive(account(BETA, "b5", "Ed", "ed@x.example")),
        ],
    )
    .await;
    add_sync(&store, 2, BETA, "synced", None).await;
    add_sync(&store, 3, BETA, "failed", None).await;
    store
        .write(|transaction| {
            let reason = r#"{"kind":"declined","remedy":"Ask them.","message":"They said no."}"#;
            Ok(transaction.execute("UPDATE syncs SET reason = ?1, detail = 'declined' WHERE person = 3", [reason])?)
        })
        .await
        .unwrap();
    store
}

#[tokio::test]
async fn search_finds_beginnings_of_words_in_names_and_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let search = |text: &str| names(&store, Filter { search: Some(text.into()), ..Filter::default() });
    assert_eq!(search("smith").await, "Bo Smithers Cy Zoë Smith");
    assert_eq!(search("SMITH zoe").await, "Zoë Smith");
    assert_eq!(search("zoe.smith@x.example").await, "Zoë Smith");
    assert_eq!(search("zoë").await, "Zoë Smith");
    assert_eq!(search("@smith.ex").await, "Cy");
    assert_eq!(search("cy@smith.e").await, "Cy");
    assert_eq!(search("smith@x").await, "Zoë Smith");
    assert_eq!(search("Zoë.Smith@X.Exam").await, "Zoë Smith");
    assert_eq!(search("oe.smith@x").await, "");
    assert_eq!(search("zoe.smith@example").await, "");
    assert_eq!(search("o'h").await, "Di O'Hara");
    assert_eq!(search("\" OR * NEAR(").await, "");
    assert_eq!(search("nobody").await, "");
    assert_eq!(search("@@").await, "");
    assert_eq!(search("  ").await, "Bo Smithers Cy Di O'Hara Ed Zoë Smith");
}

#[tokio::test]
async fn filters_mean_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let filter = |status, platform, primary| names(&store, Filter { status, platform, primary, ..Filter::default() });
    assert_eq!(filter(None, Some(BETA), None).await, "Di O'Hara Ed Zoë Smith");
    assert_eq!(filter(None, None, Some(ALPHA)).await, "Bo Smithers Cy");
    assert_eq!(filter(Some(Status::Synced), None, None).await, "Bo Smithers");
    assert_eq!(filter(Some(Status::Failed), Some(BETA), None).await, "Cy");
    assert_eq!(filter(Some(Status::Failed), Some(GAMMA), None).await, "");
    assert_eq!(filter(Some(Status::NotSynced), Some(BETA), None).await, "Zoë Smith", "those without a primary too");
    assert_eq!(filter(Some(Status::NotSynced), Some(GAMMA), None).await, "Bo Smithers Cy Di O'Hara Zoë Smith");
    assert_eq!(filter(Some(Status::NotSynced), Some(DELTA), None).await, "", "not connected");
    assert_eq!(names(&store, Filter { reason: Some("declined".into()), ..Filter::default() }).await, "Cy");
    assert_eq!(names(&store, Filter { reason: Some("declined".into()), platform: Some(GAMMA), ..Filter::default() }).await, "");
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = page(&store, Filter::default(), 2, after).await;
        assert_eq!(page.total, 5);
        seen.extend(page.people.into_iter().map(|person| person.name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["Bo Smithers", "Cy", "Di O'Hara", "Ed", "Zoë Smith"]);
    let wrong = store.read(|connection| list::list(connection, &Filter::default(), 2, Some("nonsense"))).await.unwrap_err();
    assert_eq!(wrong.kind, Kind::Invalid);
}

#[tokio::test]
async fn the_counts_cover_whom_they_concern() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let status = store.read(views::status).await.unwrap();
    insta::assert_json_snapshot!(status, @r#"
    {
      "people": 5,
      "by_platform": {
        "alpha": {
          "synced": 0,
          "pending": 0,
          "failed": 0,
          "not_synced": 2
        },
        "beta": {
          "synced": 1,
          "pending": 0,
          "failed": 1,
          "not_synced": 1
        },
        "gamma": {
          "synced": 0,
          "pending": 0,
          "failed": 0,
          "not_synced": 4
        }
      },
      "conflicts": 0
    }
    "#);
}

#[tokio::test]
async fn a_person_reads_as_scripts_expect() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let person = store.read(|connection| views::person(connection, views::find_person(connection, "CY@smith.example")?)).await.unwrap();
    insta::assert_json_snapshot!(person, @r#"
    {
      "id": "p3",
      "name": "Cy",
      "email": "cy@smith.example",
      "primary": "alpha",
      "primary_choices": [
        "alpha"
      ],
      "offered": true,
      "accounts": {
        "alpha": {
          "id": "a3",
          "email": "cy@smith.example",
          "active": true,
          "kind": "member"
        }
      },
      "syncs": {
        "beta": {
          "status": "failed",
          "detail": "declined",
          "representation": null,
          "reason": {
            "kind": "declined",
            "remedy": "Ask them.",
            "message": "They said no.",
            "act": null,
            "link": null
          }
        },
        "gamma": {
          "status": "not_synced",
          "detail": null,
          "representation": null,
          "reason": null
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_person_is_found_by_id_or_address_and_never_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    import_all(&store, &[account(ALPHA, "a1", "Ann", "team@x.example"), account(ALPHA, "a2", "Bo", "Team@x.example")]).await;
    let find = |text: &'static str| store.read(move |connection| views::find_person(connection, text));
    assert_eq!(find("p2").await.unwrap(), PersonId(2));
    assert_eq!(find("p9").await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(find("nobody@x.example").await.unwrap_err().kind, Kind::NotFound);
    let several = find("TEAM@x.example").await.unwrap_err();
    assert_eq!(several.kind, Kind::Conflict);
    assert!(several.message.contains("p1 (Ann), p2 (Bo)"), "{several}");
}
