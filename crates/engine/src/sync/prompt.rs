//! The step that asks a person: a code or link first, then the message that carries it, in the primary platform.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::{Acted, Error, Kind, Result};
use crate::model::{Act, Intent, Outcome, PlatformId, Reason, Recipient, SentMessage, SyncId};
use crate::platform::PlatformInfo;
use crate::secrets::Secret;
use crate::signin;
use crate::store::audit::{self, Word};
use crate::store::columns::to_json;
use crate::store::grants;
use crate::store::prompts::{self, Prompt, PromptState, Way};
use crate::store::steps::{self, NewStep, Step, StepKind, StepState};
use crate::store::syncs::{self, Sync};

use super::doubt::{Did, Found, earlier, look};
use super::shared::{Shared, later, ms};
use super::words::{self, Talk};

/// Answers written in the moment before a prompt are still answers to it: clocks differ.
const SKEW: Duration = Duration::from_secs(5);

/// The label under which the secret half of a sync's code or link is sealed.
pub(crate) fn label(sync: SyncId) -> String {
    format!("prompt/{sync}")
}

/// Does it.
pub(crate) async fn prompt(shared: &Shared, step: &Step, sync: &Sync) -> Result<Did> {
    let connection = shared.connection(step.platform, step.lane()).await?;
    if let Some(intent) = earlier(step)? {
        match look(shared, step, &intent, connection.as_ref()).await? {
            Found::It(Outcome::Sent(message)) => return settle(shared, step, sync, message).await,
            Found::NotYet(left) => return Ok(Did::LooksAgain(left)),
            Found::It(Outcome::Represented(_)) | Found::Nothing => {}
        }
        if !is_expired(shared, sync.id).await? {
            return send(shared, step, sync, connection.as_ref(), intent).await;
        }
    }
    // Nobody hears of anything before the message leaves.
    let intent = prepare(shared, step, sync, connection.as_ref()).await.map_err(|error| error.acted(Acted::No))?;
    send(shared, step, sync, connection.as_ref(), intent).await
}

/// A code or link, written down with the message that will carry it.
async fn prepare(shared: &Shared, step: &Step, sync: &Sync, connection: &dyn crate::platform::Connection) -> Result<Intent> {
    take_back_earlier(shared, step, sync, connection).await?;
    let to = recipient(shared, step, sync).await?;
    let asked = ask(shared, sync, step.platform, Prefer::Device, words::prompt).await?;
    let storing = shared.paced.sealer().storing().await;
    let sealed = shared.paced.sealer().seal(&label(sync.id), &asked.secret).await?;
    let account = asked.account.clone();
    let since = shared.now();
    let sender = said_by(shared, step.platform).await?;
    let intent = Intent::Direct { to: to.clone(), text: asked.text.clone(), key: step.key.clone(), since, sender, after: None };
    let (of, person, target, carrier) = (sync.id, sync.person, sync.platform, step.platform);
    shared
        .change(of, move |transaction| {
            let held = grants::of_sync(transaction, of)?.into_iter().find(|grant| !grant.held && grant.account == account);
            let grant = match held {
                Some(grant) => grant.id,
                None => grants::reserve(transaction, of, person, target, &account)?,
            };
            // Who refused an earlier prompt may be asked again at once: that refusal is no answer to the new one.
            let seen = prompts::of_sync(transaction, of)?.map(|earlier| earlier.seen).unwrap_or_default();
            prompts::put(
                transaction,
                &Prompt {
                    sync: of,
                    grant,
                    carrier,
                    to,
                    way: asked.way,
                    state: PromptState::Open,
                    sealed: Some(sealed),
                    text: asked.text,
                    expires_at: asked.expires_at.map(ms),
                    pace: asked.pace,
                    message: None,
                    since: since.checked_sub(SKEW).unwrap_or(since),
                    cursor: None,
                    seen,
                    poll_at: 0,
                    read_at: 0,
                    wrong: 0,
                },
            )
        })
        .await?;
    drop(storing);
    Ok(intent)
}

/// The account in whose name a platform's messages are written now.
pub(crate) async fn said_by(shared: &Shared, carrier: PlatformId) -> Result<Option<String>> {
    Ok(shared.connected(carrier).await?.1.identity.map(|identity| identity.account))
}

/// Says on the person's earlier prompt that a newer one takes its place: two that stand open at once would only confuse.
async fn take_back_earlier(shared: &Shared, step: &Step, sync: &Sync, connection: &dyn crate::platform::Connection) -> Result<()> {
    let of = sync.id;
    let Some(earlier) = shared.store.read(move |db| prompts::of_sync(db, of)).await? else { return Ok(()) };
    let (PromptState::Open | PromptState::Expired, Some(message)) = (earlier.state, earlier.message) else { return Ok(()) };
    let limit = shared.platforms.get(step.platform)?.info().capabilities.edits;
    let mut is_edited = false;
    if earlier.carrier == step.platform && limit.is_none_or(|limit| message.edits < limit) {
        let text = words::replaced(About::of(shared, sync, step.platform).await?.talk());
        match connection.edit_direct(&message, &text).await {
            Err(error) if error.is_passing() || matches!(error.kind, Kind::Storage | Kind::Keychain | Kind::Cancelled) => {
                return Err(error);
            }
            Err(error) => tracing::info!(kind = ?error.kind, "an earlier prompt keeps its words; its code is of no use any more"),
            Ok(_) => is_edited = true,
        }
    }
    let (now, edited) = (shared.now(), audit::effect(Word::PromptEdited).on(earlier.carrier).about(sync.person).of(sync.run));
    // From now on its code is asked about no more, whatever the message says.
    shared
        .store
        .write(move |transaction| {
            if is_edited {
                edited.tell(transaction, now)?;
            }
            prompts::close(transaction, of)
        })
        .await
}

async fn send(shared: &Shared, step: &Step, sync: &Sync, connection: &dyn crate::platform::Connection, intent: Intent) -> Result<Did> {
    let message = send_written_down(shared, step, sync, connection, intent).await?;
    settle(shared, step, sync, message).await
}

/// Writes an intent down, then sends its message.
pub(crate) async fn send_written_down(
    shared: &Shared,
    step: &Step,
    sync: &Sync,
    connection: &dyn crate::platform::Connection,
    intent: Intent,
) -> Result<SentMessage> {
    let (id, now, payload) = (step.id, shared.now(), to_json(&intent)?);
    shared.change(sync.id, move |transaction| steps::sending(transaction, id, &payload, now)).await?;
    let Intent::Direct { to, text, key, .. } = intent else {
        return Err(Error::new(Kind::Bug, "prompt", "A step holds an intent of another kind."));
    };
    shared.settling.call(step.id, connection.send_direct(&to, &text, &key)).await
}

async fn settle(shared: &Shared, step: &Step, sync: &Sync, message: SentMessage) -> Result<Did> {
    let (id, of, to, priority, key, now) = (step.id, sync.id, sync.platform, step.priority, shared.key(), shared.now());
    let sent = audit::effect(Word::PromptSent).on(step.platform).about(sync.person).of(sync.run);
    shared
        .change(of, move |transaction| {
            sent.tell(transaction, now)?;
            steps::end(transaction, id, StepState::Done, Some("prompted"), now)?;
            let Some(mut prompt) = prompts::of_sync(transaction, of)? else { return Ok(()) };
            prompt.message = Some(message);
            prompt.poll_at = later(now, Duration::from_secs(prompt.pace.into()));
            prompt.read_at = prompt.poll_at;
            let not_before = prompt.poll_at;
            prompts::put(transaction, &prompt)?;
            steps::add(
                transaction,
                &NewStep {
                    sync: of,
                    kind: StepKind::Authorise,
                    platform: to,
                    state: StepState::Waiting,
                    priority,
                    not_before,
                    key,
                    payload: None,
                },
                now,
            )?;
            syncs::detail(transaction, of, "prompted", now)
        })
        .await?;
    Ok(Did::Went)
}

async fn is_expired(shared: &Shared, sync: SyncId) -> Result<bool> {
    let now = ms(shared.now());
    let prompt = shared.store.read(move |db| prompts::of_sync(db, sync)).await?;
    Ok(prompt.is_none_or(|prompt| prompt.state != PromptState::Open || prompt.expires_at.is_some_and(|at| at <= now)))
}

async fn recipient(shared: &Shared, step: &Step, sync: &Sync) -> Result<Recipient> {
    let info = shared.platforms.get(step.platform)?.info();
    let person = shared.person(sync.person).await?;
    let account = person.account(step.platform).filter(|account| account.is_offered()).ok_or_else(|| {
        Error::new(Kind::Invalid, "prompt", format!("{} no longer has an active account on {}.", person.name, info.name))
            .ask_admin("Import again and choose the primary platform anew.")
            .act(Act::Import { platform: step.platform })
    })?;
    Ok(Recipient { account: account.id.clone(), email: account.email.clone(), attributes: account.attributes.clone() })
}

/// Which way of authorising is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefer {
    /// A code; a link where codes are refused or unknown.
    Device,
    /// A link.
    PasteBack,
}

/// The words of a prompt; `None` when not even the shortest fit.
pub(crate) type Say = fn(Talk<'_>, words::Way<'_>) -> Option<String>;

/// A code or link, ready to be sent.
pub(crate) struct Asked {
    pub(crate) way: Way,
    /// The secret half.
    pub(crate) secret: Secret,
    pub(crate) text: String,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) pace: u32,
    /// The account that is expected to authorise.
    pub(crate) account: String,
}

/// Gets a new code or link and puts it into words. Nothing is sent to anybody.
pub(crate) async fn ask(shared: &Shared, sync: &Sync, carrier: PlatformId, prefer: Prefer, say: Say) -> Result<Asked> {
    let (target, facts) = shared.connected(sync.platform).await?;
    let info = target.info();
    let person = shared.person(sync.person).await?;
    let account = person.account(sync.platform).filter(|account| account.is_offered()).ok_or_else(|| {
        Error::new(Kind::Invalid, "prompt", format!("{} no longer has an active account on {}.", person.name, info.name))
            .ask_admin("Import again, then try again.")
            .act(Act::Import { platform: info.id })
    })?;
    let sign_in = info.employee.as_ref();
    let mut refusal = None;
    let has_device = sign_in.is_some_and(|sign_in| sign_in.device.is_some());
    if prefer == Prefer::Device && has_device {
        match signin::start(&shared.paced, target, &facts).await? {
            signin::Started::Code(code) => {
                let link = code.complete_url.as_ref().unwrap_or(&code.url).to_string();
                let seconds = code.expires_at.duration_since(shared.now()).as_secs();
                let way = words::Way::Code { link: &link, code: &code.user_code, minutes: (seconds / 60).max(1) };
                return Ok(Asked {
                    way: Way::Device,
                    text: text(shared, sync, carrier, way, say).await?,
                    secret: code.to_secret()?,
                    expires_at: Some(code.expires_at),
                    pace: u32::try_from(code.interval.as_secs()).unwrap_or(5).max(1),
                    account: account.id.clone(),
                });
            }
            signin::Started::Refused(error) => refusal = Some(error),
        }
    }
    if sign_in.is_none_or(|sign_in| sign_in.paste_back.is_none()) {
        return Err(refusal.unwrap_or_else(|| no_way(info)));
    }
    let link = signin::invite(&shared.paced, target, &facts, account.email.as_deref())?;
    Ok(Asked {
        way: Way::PasteBack,
        text: text(shared, sync, carrier, words::Way::Address { link: link.url.as_str() }, say).await?,
        secret: link.to_secret()?,
        expires_at: None,
        pace: 5,
        account: account.id.clone(),
    })
}

/// The error when an employee has no way left to authorise.
pub(crate) fn no_way(info: &PlatformInfo) -> Error {
    Error::new(Kind::Unsupported, "prompt", format!("{} refuses the sign-in by a code, and there is no other way.", info.name))
        .ask_admin(format!("Allow the device code flow for your {} app, then try again.", info.name))
}

async fn text(shared: &Shared, sync: &Sync, carrier: PlatformId, way: words::Way<'_>, say: Say) -> Result<String> {
    let about = About::of(shared, sync, carrier).await?;
    say(about.talk(), way).ok_or_else(|| {
        Error::new(Kind::Invalid, "prompt", format!("The link is longer than a message on {} may be.", about.here))
            .ask_admin("Choose another primary platform for this person.")
            .act(Act::ChoosePrimary { person: sync.person })
    })
}

/// The names that every text to an employee needs.
pub(crate) struct About {
    person: String,
    company: String,
    here: &'static str,
    there: &'static str,
    limit: usize,
}

impl About {
    pub(crate) async fn of(shared: &Shared, sync: &Sync, carrier: PlatformId) -> Result<Self> {
        let target = shared.platforms.get(sync.platform)?;
        // The person knows the tenant in which the prompt reaches them.
        let (carrying, facts) = shared.connected(carrier).await?;
        let here = carrying.info();
        let person = shared.person(sync.person).await?;
        let company = facts.identity.map(|identity| identity.tenant_name).filter(|name| !name.is_empty());
        Ok(Self {
            person: person.account(carrier).map_or(person.name.clone(), |account| account.name.clone()),
            company: company.unwrap_or_else(|| "your company".to_owned()),
            here: here.name,
            there: target.info().name,
            limit: here.text_limit,
        })
    }

    pub(crate) fn talk(&self) -> Talk<'_> {
        Talk { person: &self.person, company: &self.company, here: self.here, there: self.there, limit: self.limit }
    }
}

/// The reason with which a sync fails when the person said no.
pub(crate) fn declined() -> Reason {
    Reason {
        kind: "declined".into(),
        message: "The person declined to authorise their account.".into(),
        remedy: "Speak with the person; when they agree, try again.".into(),
        act: None,
        link: None,
    }
}
