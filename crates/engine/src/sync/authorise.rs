//! The step that waits for a person: the code is polled at the server's pace, answers to the prompt are read, and tokens are
//! sealed in the same transaction that says they came.
//!
//! An answer "no" ends the matter. Any other answer to an expired code brings a new one, by an edit of the prompt. Where a
//! platform forbids polling for answers they are read only when somebody asks for it ([`Answers::Check`]).

use std::time::Duration;

use crate::error::{Kind, Result};
use crate::model::{Incoming, Reason, Status};
use crate::secrets::Secret;
use crate::signin::{self, DeviceCode, PasteLink, Polled, Tokens};
use crate::store::grants;
use crate::store::prompts::{self, Prompt, PromptState, Way};
use crate::store::steps::{self, NewStep, Step, StepKind, StepState};
use crate::store::syncs::{self, Sync};
use crate::transport::Lane;

use super::prompt::{About, Prefer, ask, declined, label};
use super::shared::{Shared, later, ms};
use super::shut;
use super::tell::telling;
use super::words::{self, Answer, Talk};

/// How many pages of answers are read at one look.
const PAGES: u32 = 10;
/// When nothing is to be polled, a look this far away.
const NEVER: Duration = Duration::from_secs(366 * 24 * 3600);

/// Which answers are read at this look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Those that may be polled, when it is time.
    Due,
    /// Those that may be polled, now.
    Now,
    /// All, because the admin asks while the person is there; codes are left alone.
    Check,
}

/// One look.
pub(crate) async fn authorise(shared: &Shared, step: &Step, sync: &Sync, answers: Answers) -> Result<()> {
    let Some(prompt) = current(shared, sync).await? else { return Ok(()) };
    let mut look = Look { shared, step, sync, prompt };
    if look.may_read(answers)? && look.read().await? == Settled::Yes {
        return Ok(());
    }
    if answers != Answers::Check && look.poll(answers).await? == Settled::Yes {
        return Ok(());
    }
    look.next().await
}

async fn current(shared: &Shared, sync: &Sync) -> Result<Option<Prompt>> {
    let of = sync.id;
    Ok(shared.store.read(move |db| prompts::of_sync(db, of)).await?.filter(|prompt| prompt.state != PromptState::Closed))
}

/// Whether the step is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    Yes,
    No,
}

struct Look<'a> {
    shared: &'a Shared,
    step: &'a Step,
    sync: &'a Sync,
    prompt: Prompt,
}

impl Look<'_> {
    fn now(&self) -> i64 {
        ms(self.shared.now())
    }

    fn polls_answers(&self) -> Result<bool> {
        Ok(self.shared.platforms.get(self.prompt.carrier)?.info().capabilities.poll_answers)
    }

    fn may_read(&self, answers: Answers) -> Result<bool> {
        let may = self.polls_answers()?;
        Ok(match answers {
            Answers::Due => may && self.prompt.read_at <= self.now(),
            Answers::Now => may,
            Answers::Check => true,
        })
    }

    /// Reads what the person answered, oldest first.
    async fn read(&mut self) -> Result<Settled> {
        let Some(message) = self.prompt.message.clone() else { return Ok(Settled::No) };
        let connection = self.shared.connection(self.prompt.carrier, Lane::Prompt).await?;
        for _ in 0..PAGES {
            let page = match connection.inbox(&message.conversation, self.prompt.since, self.prompt.cursor.as_deref()).await {
                Ok(page) => page,
                Err(error) if matches!(error.kind, Kind::Storage | Kind::Keychain | Kind::Cancelled) => return Err(error),
                Err(error) => {
                    // Unread answers do not keep a code from being used.
                    tracing::warn!(kind = ?error.kind, platform = %self.prompt.carrier, "answers could not be read");
                    break;
                }
            };
            let last = page.next.is_none() || page.next == self.prompt.cursor;
            for incoming in page.items {
                if incoming.from != self.prompt.to.account || self.prompt.seen.contains(&incoming.id) {
                    continue;
                }
                self.prompt.seen.push(incoming.id.clone());
                if self.answered(incoming).await? == Settled::Yes {
                    return Ok(Settled::Yes);
                }
            }
            if page.next.is_some() {
                self.prompt.cursor = page.next;
            }
            if last {
                break;
            }
        }
        // Patient with those who answer late: an hour after the prompt a look every six minutes is enough.
        let now = self.shared.now();
        let age = now.duration_since(self.prompt.since).as_secs().max(0).unsigned_abs();
        self.prompt.read_at = later(now, Duration::from_secs((age / 10).clamp(5, 600)));
        Ok(Settled::No)
    }

    async fn answered(&mut self, incoming: Incoming) -> Result<Settled> {
        let open = self.prompt.state == PromptState::Open;
        match words::read_answer(&incoming.text) {
            Answer::No => self.refused(declined(), words::declined).await.map(|()| Settled::Yes),
            Answer::Address if open && self.prompt.way == Way::PasteBack => self.pasted(&incoming.text).await,
            Answer::Address | Answer::GoOn if open => Ok(Settled::No),
            Answer::Address | Answer::GoOn => self.renew(Prefer::Device).await.map(|()| Settled::No),
        }
    }

    async fn open(&self) -> Result<Option<Secret>> {
        match &self.prompt.sealed {
            Some(sealed) => self.shared.paced.sealer().open(&label(self.sync.id), sealed).await.map(Some),
            None => Ok(None),
        }
    }

    /// The address on which the person's browser ended.
    async fn pasted(&mut self, text: &str) -> Result<Settled> {
        let Some(secret) = self.open().await? else { return Ok(Settled::No) };
        let link = PasteLink::from_secret(&secret)?;
        match signin::read_answer(&link, text) {
            signin::Answer::Declined => self.refused(declined(), words::declined).await.map(|()| Settled::Yes),
            signin::Answer::Refused(error) => self.refused(Reason::from(&error), words::failed).await.map(|()| Settled::Yes),
            signin::Answer::OtherPrompt | signin::Answer::NoAddress => {
                self.lapse(words::not_that_address, "prompted").await.map(|()| Settled::No)
            }
            signin::Answer::Code(code) => {
                // A link is good for one exchange: it is forgotten before, so that a crash brings a new link and not a second try.
                self.prompt.sealed = None;
                self.prompt.state = PromptState::Expired;
                self.save().await?;
                let (target, facts) = self.shared.connected(self.sync.platform).await?;
                match signin::finish(&self.shared.paced, target, &facts, link, code).await {
                    Ok(tokens) => self.granted(tokens).await.map(|()| Settled::Yes),
                    Err(error) if error.is_passing() || error.kind == Kind::Invalid => {
                        self.lapse(words::not_that_address, "code_expired").await.map(|()| Settled::No)
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// Asks the server about the code, at the server's pace.
    async fn poll(&mut self, answers: Answers) -> Result<Settled> {
        if self.prompt.way != Way::Device || self.prompt.state != PromptState::Open {
            return Ok(Settled::No);
        }
        let wait = u64::try_from(self.prompt.poll_at - self.now()).unwrap_or(0);
        if wait > 0 && answers == Answers::Due {
            return Ok(Settled::No);
        }
        self.shared.clock.wait(Duration::from_millis(wait)).await;
        let Some(secret) = self.open().await? else { return Ok(Settled::No) };
        let code = DeviceCode::from_secret(&secret)?;
        let (target, facts) = self.shared.connected(self.sync.platform).await?;
        match signin::poll(&self.shared.paced, target, &facts, &code).await? {
            Polled::Granted(tokens) => return self.granted(tokens).await.map(|()| Settled::Yes),
            Polled::Declined => return self.refused(declined(), words::declined).await.map(|()| Settled::Yes),
            Polled::Expired => self.lapse(words::expired, "code_expired").await?,
            Polled::Refused(error) if target.info().employee.as_ref().is_none_or(|employee| employee.paste_back.is_none()) => {
                return self.refused(Reason::from(&error), words::failed).await.map(|()| Settled::Yes);
            }
            Polled::Refused(_) => self.renew(Prefer::PasteBack).await?,
            Polled::Waiting { interval } => {
                self.prompt.pace = u32::try_from(interval.as_secs()).unwrap_or(u32::MAX).max(1);
                self.prompt.poll_at = later(self.shared.now(), interval.max(Duration::from_secs(1)));
            }
        }
        Ok(Settled::No)
    }

    /// Tokens: sealed, stored, and to be compared, in one transaction.
    async fn granted(&mut self, tokens: Tokens) -> Result<()> {
        let (grant, platform) = (self.prompt.grant, self.sync.platform);
        let _storing = self.shared.paced.sealer().storing().await;
        let sealed = self.shared.paced.sealer().seal_grant(grant, platform, &tokens).await?;
        let (id, sync, now) = (self.step.id, self.sync.id, self.shared.now());
        let verify = NewStep {
            sync,
            kind: StepKind::Verify,
            platform,
            state: StepState::Todo,
            priority: 0,
            not_before: 0,
            key: self.shared.key(),
            payload: None,
        };
        self.shared
            .change(sync, move |transaction| {
                if !grants::store(transaction, grant, &sealed)? {
                    return Err(super::represent::gone());
                }
                prompts::close(transaction, sync)?;
                steps::end(transaction, id, StepState::Done, Some("authorised"), now)?;
                steps::add(transaction, &verify, now)?;
                syncs::detail(transaction, sync, "verifying", now)
            })
            .await
    }

    /// The matter is over: failed, with a reason, and the person is told.
    async fn refused(&mut self, reason: Reason, say: impl Fn(Talk<'_>) -> String) -> Result<()> {
        let about = About::of(self.shared, self.sync, self.prompt.carrier).await?;
        let tell = telling(self.shared, &self.prompt, say(about.talk()));
        let (id, sync, now, seen) = (self.step.id, self.sync.id, self.shared.now(), self.prompt.clone());
        self.shared
            .change(sync, move |transaction| {
                prompts::put(transaction, &seen)?;
                prompts::close(transaction, sync)?;
                steps::end(transaction, id, StepState::Failed, Some(&reason.kind), now)?;
                steps::add(transaction, &tell, now)?;
                syncs::set(transaction, sync, Status::Failed, None, Some(&reason), now)
            })
            .await
    }

    /// The code or link is of no use any more; the person reads how to get a new one.
    async fn lapse(&mut self, say: impl Fn(Talk<'_>) -> String, detail: &'static str) -> Result<()> {
        let about = About::of(self.shared, self.sync, self.prompt.carrier).await?;
        self.prompt.state = PromptState::Expired;
        self.prompt.sealed = None;
        self.save_and_tell(say(about.talk()), detail).await
    }

    /// A new code or link, by an edit of the prompt.
    async fn renew(&mut self, prefer: Prefer) -> Result<()> {
        let asked = ask(self.shared, self.sync, self.prompt.carrier, prefer, words::prompt).await?;
        let _storing = self.shared.paced.sealer().storing().await;
        let now = self.shared.now();
        self.prompt.way = asked.way;
        self.prompt.state = PromptState::Open;
        self.prompt.sealed = Some(self.shared.paced.sealer().seal(&label(self.sync.id), &asked.secret).await?);
        self.prompt.text.clone_from(&asked.text);
        self.prompt.expires_at = asked.expires_at.map(ms);
        self.prompt.pace = asked.pace;
        self.prompt.poll_at = later(now, Duration::from_secs(asked.pace.into()));
        self.save_and_tell(asked.text, "prompted").await
    }

    async fn save_and_tell(&self, text: String, detail: &'static str) -> Result<()> {
        let tell = telling(self.shared, &self.prompt, text);
        let (sync, now, prompt) = (self.sync.id, self.shared.now(), self.prompt.clone());
        self.shared
            .change(sync, move |transaction| {
                keep_message(transaction, &prompt)?;
                steps::add(transaction, &tell, now)?;
                syncs::detail(transaction, sync, detail, now)
            })
            .await
    }

    async fn save(&self) -> Result<()> {
        let prompt = self.prompt.clone();
        self.shared.store.write(move |transaction| keep_message(transaction, &prompt)).await
    }

    /// Remembers what was read and when to look again.
    async fn next(&self) -> Result<()> {
        let now = self.shared.now();
        let mut at = later(now, NEVER);
        if self.prompt.way == Way::Device && self.prompt.state == PromptState::Open {
            at = at.min(self.prompt.poll_at);
        }
        if self.polls_answers()? {
            at = at.min(self.prompt.read_at);
        }
        let (id, sync, prompt) = (self.step.id, self.sync.id, self.prompt.clone());
        let recovered = matches!(self.sync.detail.as_deref(), Some("queued" | "waiting_for_network" | "slowed_down" | shut::WAITING));
        let detail = if self.prompt.state == PromptState::Open { "prompted" } else { "code_expired" };
        let look = move |transaction: &rusqlite::Transaction<'_>| {
            keep_message(transaction, &prompt)?;
            if recovered {
                syncs::detail(transaction, sync, detail, now)?;
            }
            steps::look_again(transaction, id, at)
        };
        if recovered { self.shared.change(sync, look).await } else { self.shared.store.write(look).await }
    }
}

/// Writes a prompt back; where the message lies is the `tell` step's knowledge and stays.
fn keep_message(transaction: &rusqlite::Transaction<'_>, prompt: &Prompt) -> Result<()> {
    let Some(stored) = prompts::of_sync(transaction, prompt.sync)? else {
        return Err(super::represent::gone());
    };
    prompts::put(transaction, &Prompt { message: stored.message, ..prompt.clone() })
}
