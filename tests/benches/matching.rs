//! Finding out who is whom among the accounts of everybody on all four platforms: the rule alone, and with reading and writing.

use std::collections::BTreeMap;
use std::time::Instant;

use async_trait::async_trait;
use engine::cancel::Cancel;
use engine::clock::{Clock, SystemClock};
use engine::model::{Account, AccountKind, Conversation, Identity, Incoming, Intent, Outcome, Page, PlatformId, Recipient, SentMessage};
use engine::people::import::Import;
use engine::people::matching::{Address, Candidate, Hand, match_people};
use engine::people::settle::settle;
use engine::platform::{Connection, ConnectionFacts};
use engine::store::{Store, connections};
use engine::transport::Realm;
use engine::{Error, Kind};

use crate::report::{Report, median, seconds};
use crate::rig::Result;

const FIRST: [&str; 20] =
    ["Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kay", "Lou", "Mia", "Ned", "Oda", "Pia", "Rex", "Sue", "Tim", "Uma"];
const LAST: [&str; 7] = ["Harr", "Pett", "Nil", "Johns", "Carl", "Ander", "Lar"];

pub(crate) async fn measure(report: &mut Report, people: usize, rounds: usize) -> Result<()> {
    println!("Matching");
    let platforms: Vec<PlatformId> = platforms::all().iter().map(|platform| platform.info().id).collect();
    let (mut rule, mut storing, mut first, mut again) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        rule.push({
            let (candidates, mut addresses) = candidates(&platforms, people);
            let begun = Instant::now();
            let matching = match_people(&candidates, &mut addresses);
            let time = begun.elapsed();
            let found = (0u32..).zip(&matching.person).filter(|(index, person)| index == *person).count();
            expect_people(found, people)?;
            time
        });
        let folder = tempfile::tempdir()?;
        let begun = Instant::now();
        let store = stored(folder.path(), &platforms, people).await?;
        storing.push(begun.elapsed());
        let begun = Instant::now();
        let settled = settle(&store).await?;
        first.push(begun.elapsed());
        expect_people(settled.people.len(), people)?;
        touch(&store, platforms[0]).await?;
        let begun = Instant::now();
        expect_people(settle(&store).await?.people.len(), 1)?;
        again.push(begun.elapsed());
    }
    let accounts = people * platforms.len();
    report.add(format!("The rule alone over {accounts} accounts"), seconds(median(&rule)), "≤ 2 s");
    report.add("Storing them: four imports without a network", seconds(median(&storing)), "");
    report.add("Accounts read, matched, and all people written for the first time", seconds(median(&first)), "≤ 2 s");
    report.add("The same when one account has changed", seconds(median(&again)), "");
    Ok(())
}

fn expect_people(found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(format!("{found} people were found where there are {expected}").into()) }
}

/// Everybody on all platforms, in the order of an import: platform after platform, each in another order.
fn candidates(platforms: &[PlatformId], people: usize) -> (Vec<Candidate>, Vec<Address>) {
    let (mut candidates, mut addresses) = (Vec::new(), Vec::new());
    for (turn, platform) in platforms.iter().enumerate() {
        for place in 0..people {
            let (key, person) = (candidates.len(), shuffled(place, turn, people));
            addresses.push(Address { number: person as u32, candidate: key as u32 });
            candidates.push(Candidate { key: key as i64 + 1, platform: *platform, offered: true, of_company: true, hand: Hand::Free });
        }
    }
    (candidates, addresses)
}

/// Another order of everybody for each turn: steps of a length that shares no factor with a number of people made of 2 and 5.
fn shuffled(place: usize, turn: usize, people: usize) -> usize {
    (place * [1, 7_919, 104_729, 1_299_709][turn % 4] + turn) % people
}

fn account(platform: PlatformId, person: usize) -> Account {
    let name = format!("{} {}son{}", FIRST[person % 20], LAST[person / 20 % 7], person / 140);
    Account {
        platform,
        id: format!("{platform}-{:08x}-{person}", person.wrapping_mul(2_654_435_761) as u32),
        kind: AccountKind::Member,
        active: true,
        email: Some(format!("{}@harbor.example", name.to_lowercase().replace(' ', "."))),
        name,
        aliases: Vec::new(),
        email_verified: true,
        avatar: None,
        licensed: None,
        attributes: BTreeMap::new(),
    }
}

/// A store with everybody imported and nobody settled.
async fn stored(folder: &std::path::Path, platforms: &[PlatformId], people: usize) -> Result<Store> {
    let store = Store::open(folder, Realm::Demo)?;
    let now = SystemClock.now();
    for (turn, platform) in platforms.iter().copied().enumerate() {
        store.write(move |transaction| connections::put(transaction, platform, &ConnectionFacts::default(), now)).await?;
        let directory = Directory { platform, turn, people, changed: false };
        import(&store, &directory).await?;
    }
    Ok(store)
}

/// Imports a platform again, on which one person has got another name.
async fn touch(store: &Store, platform: PlatformId) -> Result<()> {
    let people = store.read(engine::people::views::status).await?.people as usize;
    import(store, &Directory { platform, turn: 0, people, changed: true }).await
}

async fn import(store: &Store, directory: &Directory) -> Result<()> {
    let import = Import {
        store,
        platform: directory.platform,
        connection: directory,
        teams: Vec::new(),
        now: SystemClock.now(),
        progress: &|_| {},
        cancel: &Cancel::new(),
    };
    import.run().await?;
    Ok(())
}

/// A platform that hands out made-up accounts.
struct Directory {
    platform: PlatformId,
    turn: usize,
    people: usize,
    changed: bool,
}

impl Directory {
    const PAGE: usize = 1_000;

    fn unasked<T>() -> engine::Result<T> {
        Err(Error::new(Kind::Unsupported, "benchmark", "An import asks for accounts only."))
    }
}

#[async_trait]
impl Connection for Directory {
    async fn accounts(&self, _team: Option<&str>, cursor: Option<&str>) -> engine::Result<Page<Account>> {
        let begin = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let end = (begin + Self::PAGE).min(self.people);
        let mut items: Vec<Account> = (begin..end).map(|place| account(self.platform, shuffled(place, self.turn, self.people))).collect();
        if self.changed && begin == 0 {
            items[0].name.push_str(" Senior");
        }
        Ok(Page { items, next: (end < self.people).then(|| end.to_string()) })
    }

    async fn whoami(&self) -> engine::Result<Identity> {
        Self::unasked()
    }

    async fn find_account(&self, _email: &str) -> engine::Result<Option<Account>> {
        Self::unasked()
    }

    async fn send_direct(&self, _to: &Recipient, _text: &str, _key: &str) -> engine::Result<SentMessage> {
        Self::unasked()
    }

    async fn edit_direct(&self, _message: &SentMessage, _text: &str) -> engine::Result<SentMessage> {
        Self::unasked()
    }

    async fn confirm(&self, _intent: &Intent) -> engine::Result<Option<Outcome>> {
        Self::unasked()
    }

    async fn inbox(&self, _conversation: &Conversation, _since: jiff::Timestamp, _cursor: Option<&str>) -> engine::Result<Page<Incoming>> {
        Self::unasked()
    }
}
