//! Makes the company: a table of cases, each at least once in every company, the rest by weight.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::names::name;
use super::{ADMIN_EMAIL, Account, Kind, OWN_DOMAINS, PARTNER_DOMAIN, SERVICE_EMAIL};
use crate::Platform::{self, Slack, Teams, Webex, Zoom};
use crate::ids;

/// What is particular about a human.
#[derive(Clone, Copy, PartialEq)]
enum Twist {
    Plain,
    /// Addresses differ in capitals between platforms.
    Capitals,
    /// The first address on each platform but this one is only an alias here.
    AliasAt(Platform),
    InactiveAt(Platform),
    InactiveEverywhere,
    ForeignAt(Platform),
    GuestAt(Platform),
    NoEmailAt(Platform),
    UnconfirmedAt(Platform),
    Unlicensed,
    PendingAt(Platform),
    /// Somebody else has a second active account with the same address on this platform.
    SharedAddressAt(Platform),
}
use Twist::{
    AliasAt, Capitals, ForeignAt, GuestAt, InactiveAt, InactiveEverywhere, NoEmailAt, PendingAt, Plain, SharedAddressAt, UnconfirmedAt,
    Unlicensed,
};

struct Case {
    on: &'static [Platform],
    domain: &'static str,
    twist: Twist,
    weight: u32,
}

const fn case(on: &'static [Platform], domain: &'static str, twist: Twist, weight: u32) -> Case {
    Case { on, domain, twist, weight }
}

const OWN: &str = OWN_DOMAINS[0];
const EU: &str = OWN_DOMAINS[1];
const ALL: &[Platform] = &Platform::ALL;

/// Every kind of human there is.
const CASES: &[Case] = &[
    case(ALL, OWN, Plain, 250),
    case(&[Slack, Teams, Webex], OWN, Plain, 80),
    case(&[Slack, Teams, Zoom], OWN, Plain, 120),
    case(&[Slack, Webex, Zoom], OWN, Plain, 20),
    case(&[Teams, Webex, Zoom], OWN, Plain, 60),
    case(&[Slack, Teams], OWN, Plain, 80),
    case(&[Slack, Webex], OWN, Plain, 20),
    case(&[Slack, Zoom], OWN, Plain, 20),
    case(&[Teams, Webex], OWN, Plain, 40),
    case(&[Teams, Zoom], OWN, Plain, 60),
    case(&[Webex, Zoom], OWN, Plain, 20),
    case(&[Slack], OWN, Plain, 20),
    case(&[Teams], OWN, Plain, 40),
    case(&[Webex], OWN, Plain, 15),
    case(&[Zoom], OWN, Plain, 15),
    case(&[Slack], PARTNER_DOMAIN, Plain, 20),
    case(&[Slack, Zoom], PARTNER_DOMAIN, Plain, 15),
    case(&[Slack, Webex, Zoom], PARTNER_DOMAIN, Plain, 10),
    case(&[Webex], PARTNER_DOMAIN, Plain, 10),
    case(&[Zoom], PARTNER_DOMAIN, Plain, 10),
    case(&[Slack, Webex], EU, Plain, 10),
    case(ALL, EU, Plain, 30),
    case(ALL, OWN, Capitals, 20),
    case(ALL, OWN, AliasAt(Teams), 10),
    case(ALL, OWN, AliasAt(Webex), 10),
    case(&[Slack, Teams, Webex], OWN, InactiveAt(Slack), 10),
    case(&[Slack, Teams, Zoom], OWN, InactiveAt(Teams), 10),
    case(&[Slack, Webex], OWN, InactiveAt(Webex), 5),
    case(&[Slack, Teams, Zoom], OWN, InactiveAt(Zoom), 10),
    case(ALL, OWN, InactiveEverywhere, 10),
    case(&[Slack], PARTNER_DOMAIN, ForeignAt(Slack), 5),
    case(&[Slack, Teams], OWN, ForeignAt(Slack), 2),
    case(&[Webex], PARTNER_DOMAIN, ForeignAt(Webex), 5),
    case(&[Slack], PARTNER_DOMAIN, GuestAt(Slack), 10),
    case(&[Teams], PARTNER_DOMAIN, GuestAt(Teams), 5),
    case(&[Teams, Slack], PARTNER_DOMAIN, GuestAt(Teams), 5),
    case(&[Slack], OWN, NoEmailAt(Slack), 2),
    case(&[Teams], OWN, NoEmailAt(Teams), 2),
    case(&[Slack, Teams], OWN, UnconfirmedAt(Slack), 4),
    case(&[Slack, Teams], OWN, Unlicensed, 10),
    case(&[Teams], OWN, Unlicensed, 4),
    case(&[Teams, Zoom], OWN, PendingAt(Zoom), 5),
    case(&[Teams, Webex], OWN, PendingAt(Webex), 5),
    case(&[Slack, Teams], OWN, SharedAddressAt(Slack), 2),
    case(&[Slack, Teams], OWN, SharedAddressAt(Teams), 2),
    case(&[Webex, Teams], OWN, SharedAddressAt(Webex), 2),
    case(ALL, OWN, SharedAddressAt(Zoom), 2),
];

/// All accounts, by platform; the admin is first on each.
pub(super) fn company(people: usize, seed: u64) -> [Vec<Account>; 4] {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let total: u32 = CASES.iter().map(|case| case.weight).sum();
    let mut accounts: [Vec<Account>; 4] = std::array::from_fn(|_| Vec::with_capacity(people));
    let admin = case(ALL, OWN, Plain, 0);
    put(&mut accounts, &mut random, 0, &admin, ("Robin".to_owned(), "Castell".to_owned()), ADMIN_EMAIL);
    for list in &mut accounts {
        list[0].admin = true;
    }
    let service = case(&[Teams, Webex, Zoom], OWN, Plain, 0);
    put(&mut accounts, &mut random, 1, &service, ("User Sync".to_owned(), "Service".to_owned()), SERVICE_EMAIL);
    for human in 2..people {
        let case = CASES.get(human - 2).unwrap_or_else(|| {
            let mut lot = random.random_range(0..total);
            CASES
                .iter()
                .find(|case| {
                    let hit = lot < case.weight;
                    lot = lot.saturating_sub(case.weight);
                    hit
                })
                .unwrap_or(&CASES[0])
        });
        let (first, last) = name(human, seed);
        let email = format!("{}.{}@{}", first.to_lowercase(), last.to_lowercase(), case.domain);
        put(&mut accounts, &mut random, human, case, (first, last), &email);
        if let SharedAddressAt(platform) = case.twist {
            // The other human is not counted among `people`: it is this case's second half.
            let (first, last) = name(people + human, seed);
            let mut other = account(&mut random, platform, people + human, (first, last));
            other.email = Some(email);
            accounts[platform.index()].push(other);
        }
    }
    for list in &mut accounts {
        shuffle_after_first(list, &mut random);
    }
    accounts
}

fn put(accounts: &mut [Vec<Account>; 4], random: &mut ChaCha20Rng, human: usize, case: &Case, names: (String, String), email: &str) {
    for platform in case.on {
        let mut made = account(random, *platform, human, names.clone());
        made.email = Some(email.to_owned());
        twist(&mut made, case, email);
        accounts[platform.index()].push(made);
    }
}

fn account(random: &mut ChaCha20Rng, platform: Platform, human: usize, (first_name, last_name): (String, String)) -> Account {
    Account {
        platform,
        id: ids::account(platform, random),
        human,
        first_name,
        last_name,
        email: None,
        aliases: Vec::new(),
        active: true,
        kind: Kind::Member,
        verified: true,
        pending: false,
        licensed: true,
        admin: false,
    }
}

fn twist(made: &mut Account, case: &Case, email: &str) {
    let here = made.platform;
    match case.twist {
        Capitals if matches!(here, Teams | Zoom) => made.email = Some(capitals(email)),
        AliasAt(platform) if platform == here => {
            let (local, domain) = email.split_once('@').unwrap_or((email, OWN));
            made.email = Some(format!("{}@{domain}", local.replace('.', "_")));
            made.aliases = vec![email.to_owned()];
        }
        InactiveAt(platform) if platform == here => made.active = false,
        InactiveEverywhere => made.active = false,
        ForeignAt(platform) if platform == here => made.kind = Kind::Foreign,
        GuestAt(platform) if platform == here => {
            made.kind = Kind::Guest;
            made.licensed = false;
        }
        NoEmailAt(platform) if platform == here => made.email = None,
        UnconfirmedAt(platform) if platform == here => made.verified = false,
        Unlicensed if here == Teams => made.licensed = false,
        PendingAt(platform) if platform == here => {
            made.pending = true;
            made.active = false;
            made.verified = here != Zoom;
        }
        _ => {}
    }
}

/// The same address with capitals, as people type them.
fn capitals(email: &str) -> String {
    let mut start = true;
    email
        .chars()
        .map(|letter| {
            let shown = if start { letter.to_ascii_uppercase() } else { letter };
            start = letter == '.' || letter == '@';
            shown
        })
        .collect()
}

/// Lists come in no order that would tell anything; only the admin stays first.
fn shuffle_after_first(list: &mut [Account], random: &mut ChaCha20Rng) {
    for end in (2..list.len()).rev() {
        list.swap(end, random.random_range(1..=end));
    }
}
