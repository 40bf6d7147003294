//! The way to the platforms: waits for the rate limits, signs, sends, asks again where that is safe, renews a token that
//! died, and turns refusals into errors with the adapter's own `read_error`.
//!
//! Everything that leaves this program for a platform leaves here, token endpoints too, so the fixed hosts, the limits
//! and the realm hold for all of it. It knows no platform by name, and no body or token ever reaches a log.

mod backoff;
mod gate;
mod health;
mod judge;
mod keeper;
mod limits;
mod sign;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod throttle;
mod together;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use http::header::HeaderValue;

pub use backoff::{backoff, retry_after};
use health::Pulses;
use judge::{check, cut_off, find_error, slow_down, unwell};
use keeper::{Keeper, Who};
use limits::{Limits, PATIENCE, Way};
use sign::Signed;
pub use throttle::{NoThrottles, Throttle, Throttles};
use together::Together;

use crate::clock::{Clock, Random};
use crate::error::{Acted, Error, Kind, Remedy, Result};
use crate::event::Events;
use crate::model::{Health, PlatformId};
use crate::platform::{ConnectionFacts, Platform, PlatformInfo, Platforms, Rate};
use crate::secrets::{GrantVault, NoGrants, Sealer, SecretStore};
use crate::signin::{Fields, of_person};
use crate::transport::{Lane, Realm, Repeat, Request, Response, Sign, Subject, Transport, Wire};

/// How often a request that may be repeated is sent when it fails in passing.
const ATTEMPTS: u32 = 4;
/// A platform that asks for a shorter pause than this gets our own growing one.
const LEAST_PAUSE: Duration = Duration::from_millis(500);

/// Whether requests wait for the platforms' published rates. What a platform itself asks for (429) is obeyed in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rates {
    /// As `info().rates` says.
    #[default]
    Declared,
    /// Not at all: the other side is a simulator whose own limits are off.
    Off,
}

/// What the way to the platforms is made of.
pub struct Parts {
    /// The network.
    pub wire: Arc<dyn Wire>,
    /// Where the connections' tokens lie.
    pub secrets: Arc<dyn SecretStore>,
    /// Where the employees' tokens lie.
    pub grants: Arc<dyn GrantVault>,
    /// Where the platforms' pauses are written down.
    pub throttles: Arc<dyn Throttles>,
    /// The platforms.
    pub platforms: Platforms,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The published rates, kept or not. [`Rates::Off`] is refused outside the demo.
    pub rates: Rates,
    /// Who is told when a platform's health changes.
    pub events: Events,
}

/// The transport. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Paced(Arc<Inner>);

struct Inner {
    parts: Parts,
    sealer: Sealer,
    limits: Arc<Limits>,
    pulses: Arc<Pulses>,
    keeper: Keeper,
    together: Together,
    connections: RwLock<BTreeMap<PlatformId, ConnectionFacts>>,
}

impl Paced {
    /// The class of requests that no published rate counts: token endpoints.
    pub const UNCOUNTED: &'static str = "";

    /// Puts it together. Refuses a network of one realm with secrets of the other.
    pub fn new(parts: Parts) -> Result<Self> {
        let pulses = Arc::new(Pulses::new(parts.events.clone()));
        Self::with(parts, Arc::default(), pulses)
    }

    fn with(parts: Parts, limits: Arc<Limits>, pulses: Arc<Pulses>) -> Result<Self> {
        if parts.wire.realm() != parts.secrets.realm() {
            return Err(Error::new(
                Kind::Bug,
                "compose",
                "Demo and real data must not mix: the network and the secrets are of different realms.",
            ));
        }
        if parts.rates == Rates::Off && parts.wire.realm() != Realm::Demo {
            return Err(Error::new(
                Kind::Bug,
                "compose",
                "The platforms' published rates must be kept: only a simulator may do without them.",
            ));
        }
        let sealer = Sealer::new(parts.secrets.clone(), parts.random.clone());
        Ok(Self(Arc::new(Inner {
            parts,
            sealer,
            limits,
            pulses,
            keeper: Keeper::default(),
            together: Together::default(),
            connections: RwLock::default(),
        })))
    }

    /// The same network and limits with other secrets: a sign-in on trial.
    pub(crate) fn trial(&self, secrets: Arc<dyn SecretStore>) -> Result<Self> {
        self.with_secrets(secrets, self.0.parts.events.clone(), self.0.pulses.clone())
    }

    /// The same, and what comes of it says nothing about the connection: a question by the way.
    pub(crate) fn aside(&self, secrets: Arc<dyn SecretStore>) -> Result<Self> {
        let unheard = Events::new();
        self.with_secrets(secrets, unheard.clone(), Arc::new(Pulses::new(unheard)))
    }

    fn with_secrets(&self, secrets: Arc<dyn SecretStore>, events: Events, pulses: Arc<Pulses>) -> Result<Self> {
        let own = &self.0.parts;
        let parts = Parts {
            wire: own.wire.clone(),
            secrets,
            grants: Arc::new(NoGrants),
            throttles: own.throttles.clone(),
            platforms: own.platforms.clone(),
            clock: own.clock.clone(),
            random: own.random.clone(),
            rates: own.rates,
            events,
        };
        Self::with(parts, self.0.limits.clone(), pulses)
    }

    /// Tells which facts a connection has: at opening for each stored one, and whenever they change.
    pub fn connected(&self, platform: PlatformId, facts: ConnectionFacts) {
        self.0.connections.write().unwrap_or_else(PoisonError::into_inner).insert(platform, facts);
    }

    /// What is known of a connection; `None` when there is none.
    pub(crate) fn connection_facts(&self, platform: PlatformId) -> Option<ConnectionFacts> {
        self.0.connections.read().unwrap_or_else(PoisonError::into_inner).get(&platform).cloned()
    }

    /// Tells that a connection is gone.
    pub fn disconnected(&self, platform: PlatformId) {
        self.0.connections.write().unwrap_or_else(PoisonError::into_inner).remove(&platform);
        self.0.pulses.forget(platform);
    }

    /// How well a platform can be reached, as far as the traffic has told since the program started.
    pub fn health(&self, platform: PlatformId) -> Health {
        self.0.pulses.of(platform, self.clock().now())
    }

    /// How long so many calls of each class take from now at the limits in force: buckets as full as they are, a pause that was
    /// asked for, the pace that a platform was slowed down to. An honest least: what else goes to the platform comes on top.
    pub fn time_for(&self, platform: PlatformId, calls: &[(&'static str, u64)]) -> Duration {
        let info = self.0.parts.platforms.get(platform).map(|platform| platform.info());
        info.map_or(Duration::ZERO, |info| self.0.limits.time_for(platform, self.rates(info), calls))
    }

    /// Whether the platforms' published rates are kept.
    pub(crate) fn is_limited(&self) -> bool {
        self.0.parts.rates == Rates::Declared
    }

    fn rates(&self, info: &'static PlatformInfo) -> &'static [Rate] {
        match self.0.parts.rates {
            Rates::Declared => info.rates,
            Rates::Off => &[],
        }
    }

    fn pulses(&self) -> &Pulses {
        &self.0.pulses
    }

    /// Seals what is secret for the database.
    pub fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    /// Time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.parts.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        self.0.parts.random.as_ref()
    }

    pub(crate) fn secrets(&self) -> &Arc<dyn SecretStore> {
        &self.0.parts.secrets
    }

    fn grants(&self) -> &dyn GrantVault {
        self.0.parts.grants.as_ref()
    }

    fn keeper(&self) -> &Keeper {
        &self.0.keeper
    }

    /// Runs `change` on the stored tokens of all slots while none of them is in use or being renewed.
    pub(crate) async fn replacing_tokens<T>(&self, platform: &'static dyn Platform, change: impl Future<Output = Result<T>>) -> Result<T> {
        let mut held = self.keeper().hold(platform).await;
        let result = change.await;
        held.forget();
        result
    }

    fn facts(&self, platform: PlatformId) -> ConnectionFacts {
        self.connection_facts(platform).unwrap_or_default()
    }

    /// The fields of a connection.
    pub(crate) fn fields<'a>(&'a self, platform: PlatformId, facts: &'a ConnectionFacts) -> Fields<'a> {
        Fields { platform, facts, secrets: self.secrets().as_ref() }
    }

    /// Runs something to its end even when the caller gives up meanwhile.
    #[expect(clippy::disallowed_methods, reason = "awaited here; a task only so that giving up cannot cut it in half")]
    pub(crate) async fn unbroken<T: Send + 'static>(&self, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        tokio::spawn(work).await.map_err(|_| Error::new(Kind::Bug, "unbroken", "Keeping a sign-in was interrupted."))?
    }

    /// One request to a token endpoint: hosts, limits and repeats hold, and the answer comes back whatever it says,
    /// unless it is "slow down" or a passing failure to the end.
    pub(crate) async fn ask(
        &self,
        platform: &'static dyn Platform,
        request: Request,
        authorization: Option<HeaderValue>,
        lane: Lane,
    ) -> Result<Response> {
        let request = check(platform, &self.facts(platform.info().id), request)?;
        let signed = Signed { authorization, body: request.body.clone(), form: false, token: None };
        let judge = |response: &Response| match response.status.as_u16() {
            429 => Some(slow_down(request.operation)),
            500.. => Some(unwell(response, request.operation)),
            _ => None,
        };
        self.exchange(platform, &request, &signed, lane, &judge).await
    }

    /// Sends until there is an answer that counts. `judge` finds the error in an answer.
    async fn exchange(
        &self,
        platform: &'static dyn Platform,
        request: &Request,
        signed: &Signed,
        lane: Lane,
        judge: &(dyn Fn(&Response) -> Option<Error> + Sync),
    ) -> Result<Response> {
        let info = platform.info();
        let clock = self.clock().as_ref();
        let way = Way::new(info.id, self.rates(info), request.class, request.channel.as_deref());
        let (mut failures, mut refusals, mut waited) = (0, 0, Duration::ZERO);
        loop {
            let passed = match self.0.limits.pass(&way, lane, clock).await {
                Ok(passed) => passed,
                Err(closed) => return Err(slow_down(request.operation).remedy(Remedy::Retry { after: Some(closed) }).on(info.id)),
            };
            let answer = self.0.parts.wire.exchange(signed.http(request)?).await;
            let (headers, error) = match answer {
                Ok(response) => match cut_off(&response, request.operation).or_else(|| judge(&response)) {
                    None => {
                        self.pulses().succeeded(info.id, clock.now());
                        return Ok(response);
                    }
                    Some(error) => (response.headers, error),
                },
                Err(error) => (http::HeaderMap::new(), error),
            };
            let error = Error { operation: request.operation, ..error }.on(info.id);
            let asked = retry_after(&headers, clock.now()).or(match error.remedy {
                Remedy::Retry { after } => after,
                _ => None,
            });
            // "At once" (nought, a moment that has passed) is no pause: obeyed for ever, it would be a flood.
            let least = asked.unwrap_or_default();
            let asked = asked.filter(|pause| *pause >= LEAST_PAUSE);
            let pause = if error.kind == Kind::RateLimited {
                // Nothing was done, so even what must not happen twice is sent again.
                let pause = asked.unwrap_or_else(|| backoff(refusals, self.chance()).max(least));
                refusals += 1;
                waited += pause;
                let now = clock.now();
                self.pulses().throttled(info.id, &error, now.checked_add(pause).unwrap_or(now), now);
                if self.0.limits.refused(&way, &passed, pause) {
                    self.write_down(info.id, request, pause).await?;
                }
                if waited > PATIENCE {
                    return Err(error.remedy(Remedy::Retry { after: Some(pause) }));
                }
                None
            } else {
                let harmless = request.repeat == Repeat::Safe || error.acted == Acted::No;
                failures += 1;
                if !error.is_passing() || !harmless || failures >= ATTEMPTS {
                    self.pulses().failed(info.id, &error, clock.now());
                    return Err(error);
                }
                let pause = asked.unwrap_or_else(|| backoff(failures - 1, self.chance()).max(least));
                waited += pause;
                if waited > PATIENCE {
                    self.pulses().failed(info.id, &error, clock.now());
                    return Err(error);
                }
                Some(pause)
            };
            tracing::debug!(platform = %info.id, operation = request.operation, kind = ?error.kind, ?pause, failures, refusals, "asking again");
            if let Some(pause) = pause {
                clock.wait(pause).await;
            }
        }
    }

    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.random().fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    async fn send_alone(&self, platform: PlatformId, request: Request, subject: Subject, lane: Lane) -> Result<Response> {
        let id = platform;
        let platform = self.0.parts.platforms.get(id)?;
        let request = check(platform, &self.facts(id), request)?;
        let judge = |response: &Response| find_error(platform, response, request.operation);
        let signed = self.sign(platform, &request, subject, None).await?;
        let result = self.exchange(platform, &request, &signed, lane, &judge).await;
        let (refusal, who, token) = match (result, signed.token) {
            (Err(refusal), Some((who, token))) if refusal.kind == Kind::SignedOut => (refusal, who, token),
            (result, _) => return result,
        };
        let again = match self.sign(platform, &request, subject, Some(token)).await {
            // No way to a new token: then the platform's own word about the old one says most.
            Err(error) if error.kind == Kind::SignedOut => Err(refusal),
            Err(error) => Err(error),
            Ok(again) => self.exchange(platform, &request, &again, lane, &judge).await,
        };
        again.map_err(|error| match who {
            Who::Grant(grant) if error.kind == Kind::SignedOut => of_person(error, grant),
            Who::Slot(_) if error.kind == Kind::SignedOut => {
                self.pulses().signed_out(id, &error, self.clock().now());
                error
            }
            _ => error,
        })
    }
}

#[async_trait]
impl Transport for Paced {
    fn realm(&self) -> Realm {
        self.0.parts.wire.realm()
    }

    async fn send(&self, platform: PlatformId, request: Request, subject: Subject, lane: Lane) -> Result<Response> {
        match request.sign {
            Sign::Bearer(slot) if request.same_for_all => {
                let question = (platform, subject, slot, lane, request.url.clone());
                let paced = self.clone();
                let ask = async move { paced.send_alone(platform, request, subject, lane).await };
                self.0.together.ask(question, ask).await
            }
            _ => self.send_alone(platform, request, subject, lane).await,
        }
    }
}
