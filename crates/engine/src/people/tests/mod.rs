//! A scripted directory, a store in a temporary folder, and short words for both.

mod history;
mod importing;
mod linking;
mod listing;
mod lists;
mod matching;
mod speed;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::cancel::Cancel;
use crate::error::{Error, Kind, Result};
use crate::model::{
    Account, AccountKind, Conversation, Identity, Incoming, Intent, Outcome, Page, PersonId, PlatformId, Recipient, SentMessage,
};
use crate::platform::{Connection, ConnectionFacts};
use crate::store::{Store, connections};
use crate::transport::Realm;

use super::import::{Import, Imported};
use super::settle::{Settled, settle};
use super::views::{self, PersonView};

pub(super) const ALPHA: PlatformId = PlatformId::new("alpha");
pub(super) const BETA: PlatformId = PlatformId::new("beta");
pub(super) const GAMMA: PlatformId = PlatformId::new("gamma");
pub(super) const DELTA: PlatformId = PlatformId::new("delta");

pub(super) fn account(platform: PlatformId, id: &str, name: &str, email: &str) -> Account {
    Account {
        platform,
        id: id.into(),
        kind: AccountKind::Member,
        active: true,
        name: name.into(),
        email: (!email.is_empty()).then(|| email.to_owned()),
        aliases: Vec::new(),
        email_verified: true,
        avatar: None,
        licensed: None,
        attributes: BTreeMap::new(),
    }
}

pub(super) fn inactive(account: Account) -> Account {
    Account { active: false, ..account }
}

pub(super) fn of_kind(kind: AccountKind, account: Account) -> Account {
    Account { kind, ..account }
}

pub(super) fn with_aliases(aliases: &[&str], account: Account) -> Account {
    Account { aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(), ..account }
}

/// A platform that hands out accounts, `per_page` at a time, and can be told to fail.
pub(super) struct Directory {
    pub(super) accounts: Mutex<BTreeMap<String, Vec<Account>>>,
    pub(super) per_page: usize,
    pub(super) fail_at: Mutex<Option<(String, Error)>>,
    pub(super) fetched: Mutex<Vec<String>>,
    pub(super) epoch: AtomicU64,
}

impl Directory {
    pub(super) fn new(accounts: Vec<Account>) -> Self {
        Self {
            accounts: Mutex::new(BTreeMap::from([(String::new(), accounts)])),
            per_page: 2,
            fail_at: Mutex::new(None),
            fetched: Mutex::new(Vec::new()),
            epoch: AtomicU64::new(0),
        }
    }

    pub(super) fn set(&self, accounts: Vec<Account>) {
        self.accounts.lock().unwrap().insert(String::new(), accounts);
    }

    pub(super) fn fail_at(&self, page: &str, kind: Kind) {
        *self.fail_at.lock().unwrap() = Some((page.into(), Error::new(kind, "accounts", "scripted")));
    }
}

#[async_trait]
impl Connection for Directory {
    async fn whoami(&self) -> Result<Identity> {
        unreachable!("importing asks for accounts only")
    }

    async fn accounts(&self, team: Option<&str>, cursor: Option<&str>) -> Result<Page<Account>> {
        let epoch = self.epoch.load(Ordering::Relaxed);
        let at = match cursor {
            None => 0,
            Some(cursor) => {
                let (of, at) = cursor.split_once('/').unwrap();
                if of != epoch.to_string() {
                    return Err(Error::new(Kind::Invalid, "accounts", "the cursor is too old"));
                }
                at.parse().unwrap()
            }
        };
        let page = format!("{}{at}", team.unwrap_or_default());
        self.fetched.lock().unwrap().push(page.clone());
        if let Some((at, error)) = &*self.fail_at.lock().unwrap()
            && *at == page
        {
            return Err(error.clone());
        }
        let accounts = self.accounts.lock().unwrap();
        let list = &accounts[team.unwrap_or_default()];
        let items: Vec<Account> = list.iter().skip(at).take(self.per_page).cloned().collect();
        let next = (at + self.per_page < list.len()).then(|| format!("{epoch}/{}", at + self.per_page));
        Ok(Page { items, next })
    }

    async fn find_account(&self, _email: &str) -> Result<Option<Account>> {
        unreachable!("importing asks for accounts only")
    }

    async fn send_direct(&self, _to: &Recipient, _text: &str, _key: &str) -> Result<SentMessage> {
        unreachable!("importing sends nothing")
    }

    async fn edit_direct(&self, _message: &SentMessage, _text: &str) -> Result<SentMessage> {
        unreachable!("importing sends nothing")
    }

    async fn confirm(&self, _intent: &Intent) -> Result<Option<Outcome>> {
        unreachable!("importing sends nothing")
    }

    async fn inbox(&self, _conversation: &Conversation, _since: Timestamp, _cursor: Option<&str>) -> Result<Page<Incoming>> {
        unreachable!("importing reads no messages")
    }
}

pub(super) fn now() -> Timestamp {
    "2026-01-05T08:00:00Z".parse().unwrap()
}

pub(super) async fn open(folder: &std::path::Path) -> Store {
    let store = Store::open(folder, Realm::Demo).unwrap();
    store
        .write(|transaction| {
            for platform in [ALPHA, BETA, GAMMA] {
                connections::put(transaction, platform, &ConnectionFacts::default(), now())?;
            }
            Ok(())
        })
        .await
        .unwrap();
    store
}

pub(super) async fn import_from(
    store: &Store,
    platform: PlatformId,
    directory: &Directory,
    teams: &[&str],
    at: Timestamp,
) -> Result<Imported> {
    let import = Import {
        store,
        platform,
        connection: directory,
        teams: teams.iter().map(|team| (*team).to_owned()).collect(),
        now: at,
        progress: &|_| {},
        cancel: &Cancel::new(),
    };
    import.run().await
}

/// Imports lists of accounts, one a platform, and settles.
pub(super) async fn import_all(store: &Store, accounts: &[Account]) -> Settled {
    let mut platforms: BTreeMap<PlatformId, Vec<Account>> = BTreeMap::new();
    for account in accounts {
        platforms.entry(account.platform).or_default().push(account.clone());
    }
    for (platform, accounts) in platforms {
        import_from(store, platform, &Directory::new(accounts), &[], now()).await.unwrap();
    }
    settle(store).await.unwrap()
}

pub(super) async fn everybody(store: &Store) -> Vec<PersonView> {
    store
        .read(|connection| {
            let mut statement = connection.prepare("SELECT id FROM people WHERE listed ORDER BY id")?;
            let ids: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            ids.into_iter().map(|id| views::person(connection, PersonId(id))).collect()
        })
        .await
        .unwrap()
}

/// `p1 Ann: a1 b1` for each person.
pub(super) async fn sketch(store: &Store) -> Vec<String> {
    everybody(store)
        .await
        .into_iter()
        .map(|person| {
            let ids: Vec<&str> = person.accounts.values().map(|account| account.id.as_str()).collect();
            format!("{} {}: {}", person.id, person.name, ids.join(" "))
        })
        .collect()
}

pub(super) async fn conflicts(store: &Store) -> Vec<Vec<String>> {
    let views = store.read(views::all_conflicts).await.unwrap();
    views.into_iter().map(|view| view.accounts.into_iter().map(|account| account.id).collect()).collect()
}

/// Puts a sync into the database as if one had been made.
pub(super) async fn add_sync(store: &Store, person: i64, platform: PlatformId, status: &'static str, stand_in: Option<&'static str>) {
    store
        .write(move |transaction| {
            transaction.execute(
                "INSERT INTO syncs (person, platform, status, stand_in, updated_at) VALUES (?1, ?2, ?3, ?4, '2026-01-05T08:00:00Z')",
                rusqlite::params![person, platform.as_str(), status, stand_in],
            )?;
            Ok(())
        })
        .await
        .unwrap();
}
