use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{ALPHA, BETA, DELTA, GAMMA};
use crate::model::{PersonId, PlatformId};
use crate::people::identity::{Claim, keep_ids};
use crate::people::matching::{Address, Candidate, Hand, match_people};

/// One account in a table: platform letter, what it is (`+` in use, `-` inactive, `x` foreign), its addresses, the admin's hand.
#[derive(Clone, Debug)]
struct Row {
    key: i64,
    platform: PlatformId,
    offered: bool,
    of_company: bool,
    addresses: Vec<String>,
    hand: Hand,
}

/// `a+ x y @1`: alpha, in use, addresses x and y, linked to p1. `@0`: taken out.
fn rows(table: &str) -> Vec<Row> {
    let row = |(key, line): (i64, &str)| {
        let mut words = line.split_whitespace();
        let mut first = words.next().unwrap().chars();
        let platform = match first.next().unwrap() {
            'a' => ALPHA,
            'b' => BETA,
            'c' => GAMMA,
            _ => DELTA,
        };
        let sort = first.next().unwrap();
        let (hands, addresses): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('@'));
        let hand = match hands.first().map(|hand| hand[1..].parse().unwrap()) {
            None => Hand::Free,
            Some(0) => Hand::Apart,
            Some(person) => Hand::With(PersonId(person)),
        };
        Row {
            key,
            platform,
            offered: sort == '+',
            of_company: sort != 'x',
            addresses: addresses.into_iter().map(str::to_owned).collect(),
            hand,
        }
    };
    (1..).zip(table.split(',')).map(row).collect()
}

/// The people and the conflicts, as sets of keys.
fn matched(rows: &[Row]) -> (BTreeSet<Vec<i64>>, BTreeSet<Vec<i64>>) {
    let candidates: Vec<Candidate> = rows
        .iter()
        .map(|row| Candidate { key: row.key, platform: row.platform, offered: row.offered, of_company: row.of_company, hand: row.hand })
        .collect();
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let mut addresses = Vec::new();
    for (candidate, row) in (0u32..).zip(rows) {
        for address in &row.addresses {
            let next = numbers.len() as u32;
            addresses.push(Address { number: *numbers.entry(address).or_insert(next), candidate });
        }
    }
    let matching = match_people(&candidates, &mut addresses);
    let group = |labels: Vec<Option<u32>>| {
        let mut groups: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        for (label, row) in labels.into_iter().zip(rows) {
            if let Some(label) = label {
                groups.entry(label).or_default().push(row.key);
            }
        }
        groups
            .into_iter()
            .map(|(label, mut keys)| {
                keys.sort_unstable();
                assert_eq!(rows[label as usize].key, keys[0], "the label is the oldest");
                keys
            })
            .collect()
    };
    (group(matching.person.into_iter().map(Some).collect()), group(matching.conflict))
}

#[track_caller]
fn check(rule: &str, table: &str, people: &str, conflicts: &str) {
    let rows = rows(table);
    let (found, ambiguous) = matched(&rows);
    let text = |sets: BTreeSet<Vec<i64>>| {
        sets.into_iter().map(|set| set.into_iter().map(|key| key.to_string()).collect::<Vec<_>>().join("+")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((text(found), text(ambiguous)), (people.to_owned(), conflicts.to_owned()), "{rule}");
}

#[test]
fn accounts_that_share_addresses_are_people() {
    check("one address on three platforms", "a+ x, b+ x, c+ x", "1+2+3", "");
    check("nothing shared", "a+ x, b+ y, c+", "1 2 3", "");
    check("connected through an alias", "a+ x, b+ x y, c+ y", "1+2+3", "");
    check("connected through an inactive account", "a+ x, b- x y, c+ y", "1+2+3", "");
    check("two in use on one platform", "a+ x, a+ x, b+ x", "1 2 3", "1+2+3");
    check("two in use on one platform, through others", "a+ x, b+ x y, a+ y", "1 2 3", "1+2+3");
    check("an inactive one joins where its place is free", "a+ x, b- x", "1+2", "");
    check("an inactive one stands alone where it is taken", "a+ x, a- x", "1 2", "");
    check("of two inactive ones the older joins", "a+ x, b- x, b- x", "1+2 3", "");
    check("inactive ones alone are one person", "a- x, b- x", "1+2", "");
    check("inactive ones alone, two on a platform", "a- x, a- x, b- x", "1+3 2", "");
    check("an ambiguous set leaves its inactive ones alone too", "a+ x, a+ x, b- x", "1 2 3", "1+2+3");
    check("foreign ones connect nothing", "a+ x, bx x y, c+ y", "1 2 3", "");
}

#[test]
fn what_the_admin_decided_stands() {
    check("linked without any address", "a+ x @7, b+ y @7", "1+2", "");
    check("linked out of a conflict: the other one is left by itself", "a+ x @7, a+ x, b+ x @7", "1+3 2", "");
    check("an account that comes later joins a link that it fits", "a+ x @7, b+ y @7, c+ y", "1+2+3", "");
    check("it does not join when somebody else could also be meant", "a+ x @7, a+ x, b+ x @7, c+ x", "1+3 2 4", "2+4");
    check("two links are both meant", "a+ x @7, a+ x @8, b+ x", "1 2 3", "3");
    check("sets that fit a link singly but not together", "a+ x y @7, b+ x, b+ y", "1 2 3", "2+3");
    check("sets that fit a link together", "a+ x y @7, b+ x, c+ y", "1+2+3", "");
    check("an inactive one joins a link where its place is free", "a+ x @7, b- x, a- x", "1+2 3", "");
    check("taken out", "a+ x, b+ x @0, c+ x", "1+3 2", "");
    check("taking one out ends a conflict", "a+ x, a+ x @0, b+ x", "1+3 2", "");
    check("those left over by a link are people among themselves", "a+ x @7, b+ x @7, a+ x, b+ x", "1+2 3+4", "");
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0usize..4, 0u8..6, proptest::collection::btree_set(0u8..12, 0..3), 0u8..10);
    proptest::collection::vec(row, 0..24).prop_map(|rows| {
        let mut places = BTreeSet::new();
        (1..)
            .zip(rows)
            .map(|(key, (platform, sort, addresses, hand))| {
                let platform = [ALPHA, BETA, GAMMA, DELTA][platform];
                // The admin can link one account a platform to a person.
                let hand = match hand {
                    0 => Hand::Apart,
                    1 | 2 if sort != 5 && places.insert((hand, platform)) => Hand::With(PersonId(hand.into())),
                    _ => Hand::Free,
                };
                Row {
                    key,
                    platform,
                    offered: sort < 4,
                    of_company: sort != 5,
                    addresses: addresses.into_iter().map(|address| address.to_string()).collect(),
                    hand,
                }
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_the_accounts_does_not_matter((rows, shuffled) in any_rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))) {
        prop_assert_eq!(matched(&rows), matched(&shuffled));
    }

    #[test]
    fn nobody_has_two_accounts_on_one_platform_and_nobody_is_lost(rows in any_rows()) {
        let (people, conflicts) = matched(&rows);
        let mut seen = 0;
        for person in &people {
            let platforms: BTreeSet<PlatformId> = person.iter().map(|key| rows[*key as usize - 1].platform).collect();
            prop_assert_eq!(platforms.len(), person.len());
            seen += person.len();
        }
        prop_assert_eq!(seen, rows.len());
        for set in conflicts {
            for key in set {
                prop_assert!(people.contains(&vec![key]), "an account in a conflict stands alone");
            }
        }
    }

    #[test]
    fn a_set_without_ambiguity_is_never_torn_apart(rows in any_rows()) {
        let (people, conflicts) = matched(&rows);
        let together = |one: i64, other: i64| people.iter().any(|person| person.contains(&one) && person.contains(&other));
        let torn = |key: i64| conflicts.iter().any(|set| set.contains(&key));
        for one in rows.iter().filter(|row| row.offered && row.hand == Hand::Free) {
            for other in rows.iter().filter(|row| row.offered && row.hand == Hand::Free) {
                if one.addresses.iter().any(|address| other.addresses.contains(address)) {
                    prop_assert!(together(one.key, other.key) || (torn(one.key) && torn(other.key)));
                }
            }
        }
    }

    #[test]
    fn ids_once_given_are_kept_when_nothing_changes(rows in any_rows()) {
        let (people, _) = matched(&rows);
        let sets: Vec<Vec<i64>> = people.into_iter().collect();
        let claims = sets.iter().enumerate().flat_map(|(set, keys)| {
            keys.iter().map(move |key| Claim {
                not_linked: true, without_syncs: true, person: PersonId(100 + set as i64), not_primary: true, taken_out: false, account: *key, set: set as u32,
            })
        });
        let kept = keep_ids(sets.len(), claims.collect());
        prop_assert_eq!(kept, (0..sets.len()).map(|set| Some(PersonId(100 + set as i64))).collect::<Vec<_>>());
    }
}

#[test]
fn an_id_goes_with_syncs_then_with_age_and_leaves_with_the_primary() {
    let claim = |person, set, without_syncs, not_primary, account| Claim {
        not_linked: true,
        without_syncs,
        person: PersonId(person),
        not_primary,
        taken_out: false,
        account,
        set,
    };
    assert_eq!(keep_ids(1, vec![claim(1, 0, true, true, 1), claim(2, 0, true, true, 2)]), [Some(PersonId(1))], "the older person");
    assert_eq!(keep_ids(1, vec![claim(1, 0, true, true, 1), claim(2, 0, false, true, 2)]), [Some(PersonId(2))], "who has syncs");
    assert_eq!(keep_ids(2, vec![claim(1, 0, true, true, 1), claim(1, 1, true, false, 2)]), [None, Some(PersonId(1))], "the primary");
    let linked = Claim { not_linked: false, ..claim(3, 0, true, true, 9) };
    assert_eq!(keep_ids(1, vec![claim(2, 0, false, false, 1), linked]), [Some(PersonId(3))], "the admin's link");
}
