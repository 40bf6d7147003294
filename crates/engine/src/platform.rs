//! What a platform is to the engine: one static value with data ([`PlatformInfo`]) and pure knowledge ([`Platform`]),
//! and, once the admin authorised it, a [`Connection`] that does one page of work per call.
//!
//! An adapter keeps no state, starts no task, sleeps never and retries nothing: all of that is `pace`.

mod cloud;
mod rate;

use async_trait::async_trait;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::guide::Guide;
use crate::model::{
    Account, Advice, Conversation, GrantId, Identity, Incoming, Intent, Outcome, Page, PlatformId, Recipient, Representation,
    RepresentationKind, Represented, SentMessage, Team,
};
use crate::preflight::{Block, Facts};
use crate::signin::{EmployeeSignIn, Field, Poll, Question, Slot};
use crate::transport::{Http, Response};

pub use cloud::{CLOUD, Cloud};
pub use rate::{Cost, Rate, RateScope, Work};

/// What a platform can do. Undeclared calls answer `Unsupported` before any request leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Has teams to choose for import.
    pub teams: bool,
    /// A person can authorise their own account, so that it becomes their representation.
    pub own_account: bool,
    /// How a person is represented instead of, or without, an own account.
    pub stand_in: Option<RepresentationKind>,
    /// Whether the stand-in is used even when the person has an account there.
    pub stand_in_always: bool,
    /// Whether making the stand-in needs an address of the person.
    pub stand_in_needs_email: bool,
    /// Whether a stand-in that we made can be removed again.
    pub stand_in_removable: bool,
    /// Replies to prompts may be polled. False: the admin presses "Check answers" while the person is there.
    pub poll_answers: bool,
    /// How often a message can be edited; `None` is without limit.
    pub edits: Option<u32>,
    /// Whether the platform can revoke an employee's grant.
    pub revoke: bool,
}

/// A permission that is asked for, with the reason that the admin reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// The platform's word.
    pub name: &'static str,
    /// Why, in one sentence.
    pub reason: &'static str,
    /// What it is for.
    pub need: Need,
    /// What does not work without it, in one sentence.
    pub without: &'static str,
    /// Whether the admin may leave it out: then it is not asked for.
    pub optional: bool,
}

/// Which work a scope is needed for; preflight blocks exactly that work when it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Reading the directory.
    Import,
    /// Sending prompts.
    Prompt,
    /// Making and removing bots or guests.
    StandIn,
    /// An employee's own account exchanging direct messages.
    OwnAccount,
    /// Undoing things at reset.
    Reset,
    /// Telling beforehand what the tenant's own rules will refuse.
    Advice,
}

/// Everything the engine, the plan, the window and the tests know about a platform, as data.
#[derive(Clone, Debug, Serialize)]
pub struct PlatformInfo {
    /// Slug.
    pub id: PlatformId,
    /// The name people know.
    pub name: &'static str,
    /// What one tenant is called: workspace, tenant, organisation, account.
    pub tenant_word: &'static str,
    /// Every host that requests may go to, in the first cloud.
    pub hosts: &'static [&'static str],
    /// The vendor's clouds, the commercial one first.
    pub clouds: &'static [Cloud],
    /// How a company registers its own app there.
    pub guide: Guide,
    /// How an administrator ends everything of User Sync there at once, whatever became of this computer.
    pub off_switch: OffSwitch,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What the admin enters to connect.
    pub fields: &'static [Field],
    /// The connection's tokens and where each comes from.
    pub slots: &'static [Slot],
    /// The multi-factor questions, where the platform has them.
    pub questions: &'static [Question],
    /// How an employee authorises their own account.
    pub employee: Option<EmployeeSignIn>,
    /// Rate limits.
    pub rates: &'static [Rate],
    /// What each kind of work needs of them.
    pub costs: &'static [Cost],
    /// How long after a call without an answer its outcome may still appear: on its way, or done and not listed yet.
    pub settles: Duration,
    /// The longest text of one direct message, in the platform's unit (characters unless the adapter says otherwise).
    pub text_limit: usize,
    /// Accounts asked for per page.
    pub page_size: u32,
}

/// Where a platform's administrator ends everything at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OffSwitch {
    /// What to do there, in one or two sentences.
    pub how: &'static str,
    /// The page.
    pub link: &'static str,
}

/// A platform: one static value per folder in `platforms`.
pub trait Platform: Send + Sync {
    /// Data.
    fn info(&self) -> &'static PlatformInfo;

    /// A signed-in tenant (or, with an employee's `Http`, a signed-in employee). No request leaves.
    fn connect(&self, identity: ConnectionFacts, http: Http) -> Box<dyn Connection>;

    /// What this platform would refuse, said before anything is sent. Pure. Only the platform's own knowledge; what can
    /// be read off `info()` (missing scopes, deactivated accounts, capabilities) is asked by `plan` itself.
    fn preflight(&self, facts: &Facts<'_>) -> Vec<Block>;

    /// The error in an answer; `None` when the answer is a success. Pure.
    fn read_error(&self, response: &Response, operation: &'static str) -> Option<Error>;

    /// What an answer of the device grant's polling endpoint means. Pure. Unused where `employee` has no device grant.
    fn read_poll(&self, response: &Response) -> Poll;

    /// The page on the platform's own hosts on which the admin can see whether what was intended happened; `None` where there is
    /// no such page. Pure.
    fn look_up(&self, _facts: &ConnectionFacts, _intent: &Intent) -> Option<String> {
        None
    }

    /// A ready description of the app that the guide has the admin make, where the vendor reads one. Made of `info()`, so that
    /// scopes and redirect addresses are never told twice.
    fn manifest(&self) -> Option<String> {
        None
    }
}

/// What the admin authorised, as far as an adapter needs to know. Nothing secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ConnectionFacts {
    /// The fields the admin entered that are not secret: client ids, tenant ids, the chosen sender.
    pub fields: BTreeMap<String, String>,
    /// What `whoami` answered at connect; `None` before.
    pub identity: Option<Identity>,
    /// Answers to `info().questions`.
    pub answers: BTreeMap<String, String>,
    /// Names of the secret fields and given tokens that lie in the secret store.
    #[serde(default)]
    pub kept: BTreeSet<String>,
    /// Scopes that the platform named per slot: in a token's answer, or when a token from the admin's hand was proven.
    #[serde(default)]
    pub granted: BTreeMap<String, BTreeSet<String>>,
    /// Optional scopes that the admin chose not to ask for.
    #[serde(default)]
    pub left_out: BTreeSet<String>,
    /// What `advise` said at connect.
    #[serde(default)]
    pub advice: Vec<Advice>,
}

/// What a token that the admin entered is, as the platform says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    /// "Bot of the workspace Harbor", for people.
    pub says: String,
    /// The scopes that the platform named; `None` where it names none.
    pub scopes: Option<BTreeSet<String>>,
}

/// What `dismiss` or `revoke` could not undo, with the place where a person can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, specta::Type)]
pub struct Left {
    /// What stays.
    pub what: String,
    /// Why.
    pub why: String,
    /// Where to undo it by hand, when such a page exists.
    pub link: Option<String>,
}

/// The result of undoing one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// Gone, in one short phrase ("Access of ana@… revoked").
    Gone(String),
    /// It stays.
    Left(Left),
}

/// An employee's grant as revocation needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFacts {
    /// Our id of it: signs the revocation where the token itself is sent.
    pub id: GrantId,
    /// The platform's account id of the employee.
    pub account: String,
}

/// A signed-in tenant. Each call is one page of work and at most a handful of requests.
///
/// The defaults answer `Unsupported` without a request, so an adapter implements what it declares.
#[async_trait]
pub trait Connection: Send + Sync {
    /// Who the credentials belong to, and which scopes they really carry.
    async fn whoami(&self) -> Result<Identity>;

    /// Asks what the token of a slot is, without any effect: how a token that the admin enters is proven.
    async fn prove(&self, _slot: &str) -> Result<Proven> {
        Err(unsupported("prove"))
    }

    /// What the tenant's own rules will refuse, as far as they can be read. Asked once, after connecting.
    async fn advise(&self) -> Result<Vec<Advice>> {
        Ok(Vec::new())
    }

    /// Ends the token of a slot at the platform, when the admin disconnects.
    async fn sign_off(&self, _slot: &str) -> Result<Undone> {
        Err(unsupported("sign_off"))
    }

    /// One page of teams.
    async fn teams(&self, _cursor: Option<&str>) -> Result<Page<Team>> {
        Err(unsupported("teams"))
    }

    /// One page of accounts: of the whole tenant, or of one team.
    async fn accounts(&self, team: Option<&str>, cursor: Option<&str>) -> Result<Page<Account>>;

    /// The account with this address.
    async fn find_account(&self, email: &str) -> Result<Option<Account>>;

    /// Sends a direct message as the connection's sender. `key` makes it findable by `confirm`.
    async fn send_direct(&self, to: &Recipient, text: &str, key: &str) -> Result<SentMessage>;

    /// Replaces the text of a message of ours. `Kind::Unsupported` when the platform no longer allows it (a new message follows then).
    async fn edit_direct(&self, message: &SentMessage, text: &str) -> Result<SentMessage>;

    /// Makes the bot or guest that represents a person.
    async fn represent(&self, _person: &Represented, _key: &str) -> Result<Representation> {
        Err(unsupported("represent"))
    }

    /// Did the uncertain call happen? `None`: certainly not.
    async fn confirm(&self, intent: &Intent) -> Result<Option<Outcome>>;

    /// Removes a bot or guest that we made. Repeating it is harmless.
    async fn dismiss(&self, _representation: &Representation) -> Result<Undone> {
        Err(unsupported("dismiss"))
    }

    /// One page of what the other side wrote in a conversation of ours, oldest first, after `cursor` (or after `since` when there is none).
    async fn inbox(&self, conversation: &Conversation, since: jiff::Timestamp, cursor: Option<&str>) -> Result<Page<Incoming>>;

    /// Ends an employee's grant at the platform.
    async fn revoke(&self, _grant: &GrantFacts) -> Result<Undone> {
        Err(unsupported("revoke"))
    }
}

fn unsupported(operation: &'static str) -> Error {
    Error::new(Kind::Unsupported, operation, "This platform does not offer that.")
}

/// The platforms that this program was put together with, in the order in which people see them.
#[derive(Clone)]
pub struct Platforms(Vec<&'static dyn Platform>);

impl Platforms {
    /// From a list.
    pub fn new(platforms: Vec<&'static dyn Platform>) -> Self {
        Self(platforms)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Platform> + '_ {
        self.0.iter().copied()
    }

    /// One of them.
    pub fn get(&self, id: PlatformId) -> Result<&'static dyn Platform> {
        self.iter().find(|platform| platform.info().id == id).ok_or_else(|| {
            let known: Vec<&str> = self.iter().map(|platform| platform.info().id.as_str()).collect::<Vec<_>>();
            Error::invalid("platform", format!("There is no platform `{id}`."), format!("Choose one of: {}.", known.join(", ")))
        })
    }
}
