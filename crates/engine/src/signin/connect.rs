//! Connecting a platform: fields in, every token of the connection obtained, the identity asked for, and only then
//! anything kept.
//!
//! The whole sign-in runs on trial: tokens lie in memory, and requests go through a second [`Paced`] that reads them
//! there. What fails half-way therefore leaves nothing behind and leaves an older connection as it was. Which tokens
//! there are and where each comes from is data (`info().slots`); nothing here knows a platform.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::authorize::{asked, authorize};
use super::endpoint::{client_fields, client_token, exchange_code, mint};
use super::entered::{Entered, sort};
use super::fields::Fields;
use super::loopback::Loopback;
use super::prove::{token as token_is, wrong_token};
use super::spec::{AuthCode, Proof, Question, Slot, Source};
use super::tokens::Tokens;
use crate::clock::Browser;
use crate::error::{Error, Kind, Remedy, Result};
use crate::model::{Advice, Identity};
use crate::pace::Paced;
use crate::platform::{Connection, ConnectionFacts, Platform};
use crate::secrets::{Handle, MemorySecrets, Secret, SecretStore, field_handle, slot_handle};
use crate::transport::{Http, Lane, Subject};

const OPERATION: &str = "connect";
/// How long what the tenant's rules say is waited for.
const ADVICE: Duration = Duration::from_secs(20);

/// How a sign-in goes on, for anybody who draws it.
#[derive(Clone, Debug)]
pub enum Step {
    /// The browser was asked to open this page.
    OpenBrowser {
        /// The page, should the browser not have opened.
        url: Url,
    },
    /// A code has to be entered somewhere.
    ShowCode {
        /// The code.
        code: String,
        /// Where.
        url: Url,
        /// Until when.
        expires: Timestamp,
    },
    /// A question of `info().questions` has no answer yet; the caller asks it and stores the answer.
    AskAnswer {
        /// The question.
        question: Question,
    },
    /// A token that connecting can do without was not obtained; what needs it stays blocked.
    Skipped {
        /// The slot's name.
        slot: &'static str,
        /// Why.
        error: Error,
    },
    /// Signed in.
    Done {
        /// As whom.
        identity: Identity,
    },
    /// Not signed in; nothing was kept.
    Failed {
        /// Why.
        error: Error,
    },
}

/// Signs the admin in and keeps tokens and secret fields in the secret store. The caller saves the facts. `before` are those of
/// the connection that this one takes the place of.
///
/// Dropping the future before its end cancels: the port is closed and nothing is kept.
pub async fn connect(
    paced: &Paced,
    platform: &'static dyn Platform,
    entered: Entered,
    before: Option<&ConnectionFacts>,
    browser: &dyn Browser,
    progress: &(dyn Fn(Step) + Send + Sync),
) -> Result<ConnectionFacts> {
    let id = platform.info().id;
    let connected = async {
        let secrets = Arc::new(MemorySecrets::new(paced.secrets().realm()));
        let sorted = sort(paced, platform, &entered, before, secrets.as_ref()).await?;
        let trial = Trial { paced: paced.trial(secrets.clone())?, platform, browser, progress, filled: sorted.filled };
        let facts = trial.sign_in(sorted.facts).await?;
        same_tenant(platform, before, &facts)?;
        keep(paced, platform, secrets.all()).await?;
        paced.connected(id, facts.clone());
        Ok(facts)
    };
    match connected.await {
        Ok(facts) => {
            for question in platform.info().questions.iter().filter(|question| !facts.answers.contains_key(question.key)) {
                progress(Step::AskAnswer { question: *question });
            }
            if let Some(identity) = facts.identity.clone() {
                progress(Step::Done { identity });
            }
            Ok(facts)
        }
        Err(error) => {
            let error: Error = error;
            let error = error.on(id);
            progress(Step::Failed { error: error.clone() });
            Err(error)
        }
    }
}

/// Disconnects: removes every token and secret field of the platform. Repeating it is harmless.
pub async fn forget(paced: &Paced, platform: &'static dyn Platform) -> Result<()> {
    let gone = async {
        for handle in handles(platform) {
            paced.secrets().delete(&handle).await?;
        }
        Ok(())
    };
    paced.replacing_tokens(platform, gone).await?;
    paced.disconnected(platform.info().id);
    Ok(())
}

/// A sign-in that keeps nothing yet.
struct Trial<'a> {
    paced: Paced,
    platform: &'static dyn Platform,
    browser: &'a dyn Browser,
    progress: &'a (dyn Fn(Step) + Send + Sync),
    /// Slots whose token is there already.
    filled: BTreeSet<&'static str>,
}

impl Trial<'_> {
    async fn sign_in(&self, mut facts: ConnectionFacts) -> Result<ConnectionFacts> {
        let slots = self.platform.info().slots;
        // Minted tokens come last: they need another slot's token and the tenant that it belongs to.
        let (minted, direct): (Vec<&Slot>, Vec<&Slot>) = slots.iter().partition(|slot| matches!(slot.source, Source::Minted(_)));
        self.prove_given(&mut facts).await?;
        for slot in direct {
            self.fill(slot, &mut facts).await?;
        }
        facts.identity = Some(self.whoami(&facts).await?);
        let mut more = false;
        for slot in minted {
            more |= self.fill(slot, &mut facts).await?;
        }
        if more {
            facts.identity = Some(self.whoami(&facts).await?);
        }
        facts.advice = self.advise(&facts).await;
        Ok(facts)
    }

    /// Proves every token from the admin's hand before a browser opens.
    async fn prove_given(&self, facts: &mut ConnectionFacts) -> Result<()> {
        let info = self.platform.info();
        for slot in info.slots.iter().filter(|slot| self.filled.contains(slot.name)) {
            let field = info.fields.iter().find(|field| field.name == slot.field && field.proof == Proof::Token(slot.name));
            let token = self.paced.secrets().get(&slot_handle(info.id, slot.name)).await?;
            let (Some(field), Some(token)) = (field, token) else { continue };
            let proven = token_is(&self.paced, self.platform, facts, slot, &token).await.map_err(|error| wrong_token(error, field))?;
            if let Some(scopes) = proven.and_then(|proven| proven.scopes) {
                facts.granted.insert(slot.name.to_owned(), scopes);
            }
        }
        Ok(())
    }

    /// What the tenant's own rules will refuse. Nothing depends on it, so nobody waits long for it.
    async fn advise(&self, facts: &ConnectionFacts) -> Vec<Advice> {
        let connection = self.connection(facts);
        let advice = tokio::select! {
            advice = connection.advise() => advice,
            () = self.paced.clock().wait(ADVICE) => return Vec::new(),
        };
        advice.unwrap_or_else(|error| {
            // Where reading the rules is not allowed, there is nothing to say.
            if error.kind != Kind::Forbidden {
                tracing::warn!(platform = %self.platform.info().id, kind = ?error.kind, "the tenant's rules could not be read");
            }
            Vec::new()
        })
    }

    async fn whoami(&self, facts: &ConnectionFacts) -> Result<Identity> {
        self.connection(facts).whoami().await
    }

    fn connection(&self, facts: &ConnectionFacts) -> Box<dyn Connection> {
        let id = self.platform.info().id;
        self.paced.connected(id, facts.clone());
        let http = Http::new(Arc::new(self.paced.clone()), id, Subject::Connection, Lane::Waiting);
        self.platform.connect(facts.clone(), http)
    }

    /// Obtains the slot's token unless it was given. True when there is a new one.
    async fn fill(&self, slot: &Slot, facts: &mut ConnectionFacts) -> Result<bool> {
        let id = self.platform.info().id;
        if self.filled.contains(slot.name) {
            return Ok(false);
        }
        self.paced.connected(id, facts.clone());
        match self.obtain(slot, facts).await {
            Ok(tokens) => {
                if !tokens.scopes.is_empty() {
                    facts.granted.insert(slot.name.to_owned(), tokens.scopes.clone());
                }
                self.paced.secrets().put(&slot_handle(id, slot.name), &tokens.to_secret()?).await?;
                Ok(true)
            }
            Err(error) if slot.optional && !error.is_passing() && !matches!(error.kind, Kind::Bug | Kind::Cancelled) => {
                (self.progress)(Step::Skipped { slot: slot.name, error });
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn obtain(&self, slot: &Slot, facts: &ConnectionFacts) -> Result<Tokens> {
        let info = self.platform.info();
        let fields = self.paced.fields(info.id, facts);
        self.need_client(slot, &fields).await?;
        match &slot.source {
            Source::Given => {
                let help = info.fields.iter().find(|field| field.name == slot.field).map_or("", |field| field.help);
                Err(Error::invalid(
                    OPERATION,
                    format!("`{}` is missing.", slot.field),
                    format!("Enter `{}`. {help}", slot.field).trim().to_owned(),
                ))
            }
            Source::Browser(code) => self.browse(slot, code, &fields).await,
            Source::Client(grant) => client_token(&self.paced, self.platform, &fields, grant).await,
            Source::Minted(source) => mint(&self.paced, self.platform, &fields, source).await,
        }
    }

    /// Says which fields are missing before a browser opens or a request leaves.
    async fn need_client(&self, slot: &Slot, fields: &Fields<'_>) -> Result<()> {
        let needed: Vec<&str> = match &slot.source {
            Source::Given => Vec::new(),
            Source::Browser(code) => client_fields(&code.client).collect(),
            Source::Client(grant) => client_fields(&grant.client).chain(grant.parameters.iter().map(|(_, field)| *field)).collect(),
            Source::Minted(mint) => mint.members.iter().map(|(_, field)| *field).filter(|field| *field != "{tenant}").collect(),
        };
        let mut missing = Vec::new();
        for name in needed {
            if fields.get(name).await?.is_none() {
                missing.push(format!("`{name}`"));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(" and ");
        Err(Error::invalid(
            OPERATION,
            format!("The token `{}` cannot be obtained without {missing}.", slot.name),
            format!("Enter `{}`, or {missing}.", slot.field),
        ))
    }

    async fn browse(&self, slot: &Slot, code: &AuthCode, fields: &Fields<'_>) -> Result<Tokens> {
        let scopes = asked(slot.scopes, fields.facts);
        let loopback = Loopback::bind(&code.redirect).await?;
        let made = authorize(self.platform.info(), code, fields, &scopes, loopback.redirect_uri().to_owned(), None, self.paced.random())?;
        (self.progress)(Step::OpenBrowser { url: made.url.clone() });
        // Listening while the browser opens: it may be back before `open` returns, and then nobody waits for that any more.
        let mut answer = Box::pin(loopback.answer(&made.state, self.platform.info().name, self.paced.clock().as_ref()));
        let answer = tokio::select! {
            answer = &mut answer => answer?,
            opened = self.browser.open(&made.url) => {
                opened?;
                answer.await?
            }
        };
        exchange_code(&self.paced, self.platform, fields, code, &scopes, &made, &answer).await
    }
}

/// A connection never turns into another tenant's by the way: accounts and syncs of the old one would be taken for the new one's.
fn same_tenant(platform: &'static dyn Platform, before: Option<&ConnectionFacts>, now: &ConnectionFacts) -> Result<()> {
    let info = platform.info();
    let (Some(old), Some(new)) = (before.and_then(|before| before.identity.as_ref()), now.identity.as_ref()) else { return Ok(()) };
    if old.tenant == new.tenant {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        OPERATION,
        format!("The sign-in ended in the {} {}, but {} is connected to {}.", info.tenant_word, named(new), info.name, named(old)),
    )
    .ask_admin(format!("Sign in to {} again; or, to change over, disconnect {} first and connect it anew.", named(old), info.name)))
}

/// A tenant as people know it, and its id where the name alone may be shared.
fn named(identity: &Identity) -> String {
    match identity.tenant_name.as_str() {
        "" => identity.tenant.clone(),
        name if name == identity.tenant => name.to_owned(),
        name => format!("{name} ({})", identity.tenant),
    }
}

/// Puts the trial's secrets in the place of the old ones: all of them, or the old ones stay.
async fn keep(paced: &Paced, platform: &'static dyn Platform, fresh: BTreeMap<Handle, Secret>) -> Result<()> {
    let (store, again) = (paced.secrets().clone(), paced.clone());
    // Finished even if the caller is cancelled meanwhile: half of it would be worse than either.
    paced.unbroken(async move { again.replacing_tokens(platform, replace(store.as_ref(), handles(platform), fresh)).await }).await
}

async fn replace(store: &dyn SecretStore, handles: Vec<Handle>, fresh: BTreeMap<Handle, Secret>) -> Result<()> {
    let mut before = Vec::new();
    for handle in handles {
        let old = match store.get(&handle).await {
            // A damaged value is what signing in again mends.
            Err(error) if error.remedy == Remedy::SignInAgain => None,
            old => old?,
        };
        before.push((handle, old));
    }
    for (at, (handle, _)) in before.iter().enumerate() {
        let Err(mut error) = set(store, handle, fresh.get(handle)).await else { continue };
        for (handle, old) in &before[..=at] {
            if let Err(also) = set(store, handle, old.as_ref()).await {
                error = error.with("not_put_back", format!("{}: {}", handle.0, also.message));
            }
        }
        return Err(error);
    }
    Ok(())
}

async fn set(store: &dyn SecretStore, handle: &Handle, value: Option<&Secret>) -> Result<()> {
    match value {
        Some(secret) => store.put(handle, secret).await,
        None => store.delete(handle).await,
    }
}

/// Everything that a connection of this platform may keep.
pub(crate) fn handles(platform: &'static dyn Platform) -> Vec<Handle> {
    let info = platform.info();
    let slots = info.slots.iter().map(|slot| slot_handle(info.id, slot.name));
    let fields = info.fields.iter().filter(|field| field.secret && !info.slots.iter().any(|slot| slot.field == field.name));
    slots.chain(fields.map(|field| field_handle(info.id, field.name))).collect()
}

#[cfg(test)]
mod tests;
