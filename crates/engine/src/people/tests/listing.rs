//! The index in memory beside the lists that the store gives: they must mean the same people, whatever is asked and whatever
//! has happened since the index was built.

use std::collections::HashMap;

use rusqlite::Connection;

use super::*;
use crate::model::Status;
use crate::people::links;
use crate::people::list::{self, Filter};
use crate::people::listing::{Facets, Indexed, Listing, Sort, SortBy};
use crate::people::primary;
use crate::store::syncs;

const ORDER: [PlatformId; 4] = [GAMMA, ALPHA, BETA, DELTA];
const OMEGA: PlatformId = PlatformId::new("omega");

/// Everybody differs from everybody: accounts in and out of use, syncs of every status also where nothing is connected,
/// reasons, nobody's and everybody's primary platform.
async fn company(folder: &std::path::Path) -> Store {
    let store = open(folder).await;
    let mut accounts = vec![
        account(ALPHA, "a1", "Zoë Smith", "zoe.smith@x.example"),
        account(BETA, "b1", "Zoë Smith", "zoe.smith@x.example"),
        account(ALPHA, "a2", "bo Smithers", "bo@x.example"),
        account(ALPHA, "a3", "Cy", "cy@smith.example"),
        account(BETA, "b4", "Di O'Hara", "di@x.example"),
        inactive(account(BETA, "b5", "Ed", "ed@x.example")),
        account(DELTA, "d6", "Flo", "flo@x.example"),
        of_kind(AccountKind::Foreign, account(ALPHA, "a7", "Gus Smith", "gus@y.example")),
        account(GAMMA, "c8", "Hal", "hal@x.example"),
        account(GAMMA, "c9", "Ida", "ida@x.example"),
        account(DELTA, "d9", "Ida", "ida@x.example"),
        account(ALPHA, "a10", "Jo Smith", "jo@x.example"),
        account(BETA, "b10", "Jo Smith", "jo@x.example"),
        inactive(account(GAMMA, "c10", "Jo Smith", "jo@x.example")),
        account(ALPHA, "a11", "Kay", "kay@x.example"),
        account(ALPHA, "a12", "Kay", "kay2@x.example"),
    ];
    accounts.reverse();
    import_all(&store, &accounts).await;
    let named = |name: &'static str| {
        store.read(move |db| Ok(db.query_row("SELECT id FROM people WHERE name = ?1", [name], |row| row.get::<_, i64>(0))?))
    };
    for (name, to, status, reason) in [
        ("bo Smithers", BETA, "synced", None),
        ("Cy", BETA, "failed", Some("declined")),
        ("Cy", GAMMA, "pending", None),
        ("Cy", DELTA, "failed", Some("offline")),
        ("Di O'Hara", ALPHA, "not_synced", Some("offline")),
        ("Di O'Hara", GAMMA, "failed", Some("offline")),
        ("Ed", ALPHA, "failed", Some("declined")),
        ("Zoë Smith", GAMMA, "synced", None),
        ("Hal", ALPHA, "synced", None),
        ("Hal", BETA, "synced", None),
        ("Flo", ALPHA, "pending", None),
        ("Jo Smith", GAMMA, "failed", Some("declined")),
    ] {
        let person = named(name).await.unwrap();
        add_sync(&store, person, to, status, None).await;
        if let Some(reason) = reason {
            give_reason(&store, person, to, reason).await;
        }
    }
    let ida = PersonId(named("Ida").await.unwrap());
    store.write(move |transaction| primary::choose(transaction, ida, DELTA, now())).await.unwrap();
    store
}

async fn give_reason(store: &Store, person: i64, to: PlatformId, kind: &'static str) {
    store
        .write(move |transaction| {
            let reason = format!(r#"{{"kind":"{kind}","remedy":"Ask.","message":"No."}}"#);
            transaction.execute(
                "UPDATE syncs SET reason = ?1 WHERE person = ?2 AND platform = ?3",
                rusqlite::params![reason, person, to.as_str()],
            )?;
            Ok(())
        })
        .await
        .unwrap();
}

/// Every filter that can be made of these values.
fn filters() -> Vec<Filter> {
    fn with<T: Clone>(filters: Vec<Filter>, values: &[T], set: impl Fn(&mut Filter, T)) -> Vec<Filter> {
        let one = |filter: Filter| {
            let with = |value: &T| {
                let mut filter = filter.clone();
                set(&mut filter, value.clone());
                filter
            };
            values.iter().map(with).chain([filter.clone()]).collect::<Vec<_>>()
        };
        filters.into_iter().flat_map(one).collect()
    }
    let platforms = [ALPHA, BETA, GAMMA, DELTA, OMEGA];
    let filters = with(vec![Filter::default()], &["smith", "o'h", "@@", " "], |filter, text| filter.search = Some(text.into()));
    let filters = with(filters, &Status::ALL, |filter, status| filter.status = Some(status));
    let filters = with(filters, &platforms, |filter, platform| filter.platform = Some(platform));
    let filters = with(filters, &platforms, |filter, platform| filter.primary = Some(platform));
    with(filters, &["declined", "offline", "unheard of"], |filter, reason| filter.reason = Some(reason.into()))
}

fn by_store(db: &Connection, filter: &Filter) -> Vec<PersonId> {
    list::list(db, filter, 1_000, None).unwrap().people.into_iter().map(|person| person.id).collect()
}

fn listed(index: &Indexed, db: &Connection, filter: &Filter, sort: Sort) -> Listing {
    index.list(db, &ORDER, filter, sort).unwrap()
}

#[tokio::test]
async fn a_listing_and_a_list_mean_the_same_people_for_every_combination_of_filters() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    store
        .read(|db| {
            let index = Indexed::default();
            let mut matching = 0;
            for filter in filters() {
                let listing = listed(&index, db, &filter, Sort::default());
                assert_eq!(listing.people.to_vec(), by_store(db, &filter), "{filter:?}");
                assert_eq!(listing.everyone, 12);
                matching += listing.people.len();
            }
            assert!(matching > 300, "most of it matches nobody: {matching}");
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_facet_counts_who_would_match_with_that_one_value_and_the_rest_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    store
        .read(|db| {
            let index = Indexed::default();
            let counts: HashMap<String, u64> =
                filters().into_iter().map(|filter| (format!("{filter:?}"), list::count(db, &filter).unwrap())).collect();
            for filter in filters().into_iter().filter(|filter| filter.search.as_deref() != Some(" ")) {
                let count = |filter: Filter| counts[&format!("{filter:?}")];
                let Facets { status, platform, primary, reason } = listed(&index, db, &filter, Sort::default()).facets;
                assert_eq!(status.iter().map(|facet| facet.status).collect::<Vec<_>>(), Status::ALL);
                for facet in status {
                    assert_eq!(
                        facet.count,
                        count(Filter { status: Some(facet.status), ..filter.clone() }),
                        "{:?} of {filter:?}",
                        facet.status
                    );
                }
                for one in ORDER {
                    let of = |facets: &[crate::people::listing::PlatformFacet]| {
                        facets.iter().find(|facet| facet.platform == one).map_or(0, |facet| facet.count)
                    };
                    assert_eq!(of(&platform), count(Filter { platform: Some(one), ..filter.clone() }), "{one} of {filter:?}");
                    assert_eq!(of(&primary), count(Filter { primary: Some(one), ..filter.clone() }), "primary {one} of {filter:?}");
                }
                for one in ["declined", "offline"] {
                    let counted = reason.iter().find(|facet| facet.reason == one).map_or(0, |facet| facet.count);
                    assert_eq!(counted, count(Filter { reason: Some(one.into()), ..filter.clone() }), "{one} of {filter:?}");
                }
            }
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn facets_stand_in_the_order_in_which_people_see_platforms_and_connected_ones_are_always_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let listing = store.read(|db| Ok(listed(&Indexed::default(), db, &Filter::default(), Sort::default()))).await.unwrap();
    let shown = |facets: &[crate::people::listing::PlatformFacet]| {
        facets.iter().map(|facet| format!("{} {}", facet.platform, facet.count)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(shown(&listing.facets.platform), "gamma 3, alpha 7, beta 4, delta 2");
    assert_eq!(shown(&listing.facets.primary), "gamma 1, alpha 4, beta 1, delta 2");
    let nobody = Filter { search: Some("nobody".into()), ..Filter::default() };
    let listing = store.read(move |db| Ok(listed(&Indexed::default(), db, &nobody, Sort::default()))).await.unwrap();
    assert_eq!(shown(&listing.facets.platform), "gamma 0, alpha 0, beta 0");
    assert_eq!(listing.facets.reason, []);
}

async fn names(store: &Store, sort: Sort) -> String {
    store
        .read(move |db| {
            let listing = listed(&Indexed::default(), db, &Filter::default(), sort);
            let names: Vec<String> = listing.people.iter().map(|id| crate::store::people::name_of(db, *id).unwrap()).collect();
            Ok(names.join(", "))
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn people_are_sorted_by_name_by_what_is_urgent_and_by_primary_platform() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let by = |by, descending| names(&store, Sort { by, descending });
    let name = "bo Smithers, Cy, Di O'Hara, Ed, Flo, Gus Smith, Hal, Ida, Jo Smith, Kay, Kay, Zoë Smith";
    assert_eq!(by(SortBy::Name, false).await, name);
    assert_eq!(by(SortBy::Name, true).await, name.rsplit(", ").collect::<Vec<_>>().join(", "));
    assert_eq!(
        by(SortBy::Status, false).await,
        "Cy, Di O'Hara, Flo, bo Smithers, Ida, Jo Smith, Kay, Kay, Zoë Smith, Hal, Ed, Gus Smith",
        "without a primary platform no sync counts; who cannot be synced stands last"
    );
    assert!(by(SortBy::Status, true).await.starts_with("Gus Smith, Ed, Hal, Zoë Smith"));
    assert_eq!(
        by(SortBy::Primary, false).await,
        "Jo Smith, Zoë Smith, Hal, bo Smithers, Cy, Kay, Kay, Di O'Hara, Flo, Ida, Ed, Gus Smith",
        "still to be chosen first, then in the order in which people see platforms"
    );
}

/// Compares an index that was kept with one that is built now, and with the store.
async fn is_as_new(store: &Store, kept: &std::sync::Arc<Indexed>, what: &'static str) {
    let kept = kept.clone();
    store
        .read(move |db| {
            let new = Indexed::default();
            let sample = filters().into_iter().step_by(7).chain([Filter::default()]);
            for filter in sample {
                for by in [SortBy::Name, SortBy::Status, SortBy::Primary] {
                    let sort = Sort { by, descending: false };
                    let (kept, new) = (listed(&kept, db, &filter, sort), listed(&new, db, &filter, sort));
                    assert_eq!(kept.people, new.people, "{what}: {filter:?}");
                    assert_eq!(
                        (kept.facets, kept.everyone, kept.conflicts),
                        (new.facets, new.everyone, new.conflicts),
                        "{what}: {filter:?}"
                    );
                }
                assert_eq!(listed(&kept, db, &filter, Sort::default()).people.to_vec(), by_store(db, &filter), "{what}: {filter:?}");
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn cy(store: &Store) -> PersonId {
    store.read(|db| views::find_person(db, "cy@smith.example")).await.unwrap()
}

#[tokio::test]
async fn whatever_happens_to_people_and_syncs_the_next_listing_knows_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let kept = std::sync::Arc::new(Indexed::default());
    is_as_new(&store, &kept, "at first").await;
    let cy = cy(&store).await;
    let write = |what: &'static str, change: fn(&rusqlite::Transaction<'_>, PersonId) -> Result<()>| {
        let (store, kept) = (store.clone(), kept.clone());
        async move {
            store.write(move |transaction| change(transaction, cy)).await.unwrap();
            is_as_new(&store, &kept, what).await;
        }
    };
    write("a status", |transaction, cy| {
        let sync = syncs::find(transaction, cy, BETA)?.unwrap().id;
        syncs::set(transaction, sync, Status::Synced, None, None, now())
    })
    .await;
    write("a reason nobody had", |transaction, cy| {
        let sync = syncs::find(transaction, cy, GAMMA)?.unwrap().id;
        let reason = crate::model::Reason { kind: "new".into(), message: String::new(), remedy: String::new(), act: None, link: None };
        syncs::set(transaction, sync, Status::Failed, None, Some(&reason), now())
    })
    .await;
    write("a sync that is removed", |transaction, cy| syncs::remove(transaction, syncs::find(transaction, cy, BETA)?.unwrap().id, now()))
        .await;
    write("a reset", |transaction, cy| {
        for sync in syncs::of_person(transaction, cy)? {
            syncs::remove(transaction, sync.id, now())?;
        }
        primary::restore_default(transaction, cy, now())
    })
    .await;
    write("a platform on which nobody was so far", |transaction, cy| {
        transaction.execute("INSERT INTO syncs (person, platform, status, updated_at) VALUES (?1, 'omega', 'failed', '')", [cy.0])?;
        Ok(())
    })
    .await;
    write("a primary platform", |transaction, _| {
        let zoe: i64 = transaction.query_row("SELECT id FROM people WHERE name LIKE 'Jo%'", [], |row| row.get(0))?;
        transaction.execute("DELETE FROM syncs WHERE person = ?1", [zoe])?;
        primary::choose(transaction, PersonId(zoe), BETA, now())
    })
    .await;
    write("a link", |transaction, cy| links::link(transaction, cy, links::account(transaction, BETA, "b4")?, now()).map(drop)).await;
    write("an account taken out", |transaction, _| links::unlink(transaction, links::account(transaction, BETA, "b4")?, now()).map(drop))
        .await;
    write("a platform disconnected", |transaction, _| connections::remove(transaction, GAMMA).map(drop)).await;
    write("a platform connected", |transaction, _| connections::put(transaction, DELTA, &ConnectionFacts::default(), now())).await;
    write("somebody who goes with their last sync", |transaction, _| {
        let ed: i64 = transaction.query_row("SELECT id FROM people WHERE name = 'Ed'", [], |row| row.get(0))?;
        transaction.execute("UPDATE accounts SET gone = 1 WHERE id = 'b5'", [])?;
        for sync in syncs::of_person(transaction, PersonId(ed))? {
            syncs::remove(transaction, sync.id, now())?;
        }
        primary::restore_default(transaction, PersonId(ed), now())
    })
    .await;
    import_all(&store, &[account(GAMMA, "c8", "Aaron", "hal@x.example"), account(GAMMA, "c20", "Lou", "lou@x.example")]).await;
    is_as_new(&store, &kept, "an import").await;
    let names = names(&store, Sort::default()).await;
    assert!(names.contains("Lou") && !names.contains("Ed"), "{names}");
}

#[tokio::test]
async fn a_listing_keeps_its_order_while_statuses_change_and_the_next_one_knows_better() {
    let folder = tempfile::tempdir().unwrap();
    let store = company(folder.path()).await;
    let index = std::sync::Arc::new(Indexed::default());
    let urgent = Sort { by: SortBy::Status, descending: false };
    let kept = index.clone();
    let first = store.read(move |db| Ok(listed(&kept, db, &Filter::default(), urgent))).await.unwrap();
    let cy = cy(&store).await;
    let at = first.position_of(cy).unwrap();
    store
        .write(move |transaction| {
            transaction.execute("UPDATE syncs SET status = 'synced', reason = NULL WHERE person = ?1", [cy.0])?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(first.position_of(cy), Some(at));
    let second = store.read(move |db| Ok(listed(&index, db, &Filter::default(), urgent))).await.unwrap();
    assert!(second.position_of(cy).unwrap() > at, "a new one knows better");
}
