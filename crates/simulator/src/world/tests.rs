use super::*;

fn count(world: &World, expected: Expected) -> usize {
    world.entries().iter().filter(|entry| entry.expected == expected).count()
}

#[test]
fn the_same_seed_makes_the_same_company() {
    let ids = |seed| World::new(150, seed).accounts(Platform::Webex).iter().map(|account| account.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(3), ids(3));
    assert_ne!(ids(3), ids(4));
}

#[test]
fn the_smallest_company_has_every_kind_of_human() {
    let world = World::new(100, 1);
    let any = |platform, test: fn(&Account) -> bool| world.accounts(platform).iter().any(test);
    for platform in Platform::ALL {
        assert!(any(platform, |account| !account.active), "{platform:?}");
        assert!(world.admin(platform).admin && world.admin(platform).email.as_deref() == Some(ADMIN_EMAIL));
    }
    assert!(any(Platform::Slack, |account| account.email.is_none()) && any(Platform::Teams, |account| account.email.is_none()));
    assert!(any(Platform::Slack, |account| account.kind == Kind::Foreign) && any(Platform::Webex, |account| account.kind == Kind::Foreign));
    assert!(any(Platform::Slack, |account| account.kind == Kind::Guest) && any(Platform::Teams, |account| account.kind == Kind::Guest));
    assert!(any(Platform::Slack, |account| !account.verified) && any(Platform::Zoom, |account| account.pending));
    assert!(any(Platform::Teams, |account| account.active && account.kind == Kind::Member && !account.licensed));
    assert!(any(Platform::Webex, |account| account.pending && account.verified));
    assert!(count(&world, Expected::Conflict) >= 8 && count(&world, Expected::NotOffered) >= 5);
    for subset in 1..16_u8 {
        let exists = world.entries().iter().any(|entry| {
            entry.expected == Expected::Person && (0..4).all(|platform| entry.accounts[platform].is_some() == (subset >> platform & 1 == 1))
        });
        assert!(exists, "subset {subset:04b}");
    }
}

#[test]
fn an_alias_joins_and_an_unconfirmed_address_does_not() {
    let world = World::new(100, 1);
    let entry_of = |platform: Platform, wanted: &dyn Fn(&Account) -> bool| {
        let number = world.accounts(platform).iter().position(wanted).unwrap() as u32;
        world.entries().iter().find(|entry| entry.accounts[platform.index()] == Some(number)).unwrap()
    };
    let alias = entry_of(Platform::Webex, &|account| !account.aliases.is_empty());
    assert!(alias.accounts.iter().all(Option::is_some));
    let unconfirmed = entry_of(Platform::Slack, &|account| !account.verified);
    assert_eq!(unconfirmed.accounts.iter().flatten().count(), 1);
    let foreign = entry_of(Platform::Slack, &|account| {
        account.kind == Kind::Foreign && account.email.as_deref().is_some_and(|email| email.ends_with(OWN_DOMAINS[0]))
    });
    assert_eq!((foreign.expected, foreign.accounts.iter().flatten().count()), (Expected::NotOffered, 1));
}

#[test]
fn every_account_is_in_exactly_one_entry_and_ids_are_unique() {
    let world = World::new(5_000, 9);
    let accounts: usize = Platform::ALL.iter().map(|platform| world.accounts(*platform).len()).sum();
    let placed: usize = world.entries().iter().map(|entry| entry.accounts.iter().flatten().count()).sum();
    assert_eq!((accounts, world.by_id.len()), (placed, accounts));
}

#[test]
fn an_address_finds_all_who_have_it_in_the_order_of_the_list() {
    let world = World::new(300, 1);
    let mut several = 0;
    for platform in Platform::ALL {
        for address in world.accounts(platform).iter().flat_map(Account::addresses) {
            let has = |account: &&Account| account.addresses().any(|known| known.to_lowercase() == address.to_lowercase());
            let expected: Vec<&str> = world.accounts(platform).iter().filter(has).map(|account| account.id.as_str()).collect();
            let found: Vec<&str> =
                world.all_by_email(platform, &address.to_uppercase()).into_iter().map(|account| account.id.as_str()).collect();
            assert_eq!(found, expected, "{address}");
            several += usize::from(found.len() > 1);
        }
    }
    assert!(several >= 8);
    assert!(world.all_by_email(Platform::Slack, "nobody@nowhere.example").is_empty());
}
