//! Pauses that outlive the program: what a platform asked for is written down before it is asked again, and kept by the next
//! process. Only from a second on: a start takes longer than less.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Paced;
use super::limits::Way;
use crate::error::Result;
use crate::model::PlatformId;
use crate::platform::Platform;
use crate::transport::Request;

/// A shorter pause is not written down.
const LEAST: Duration = Duration::from_secs(1);

/// A pause that a platform asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Who asked.
    pub platform: PlatformId,
    /// The class of the request that was refused.
    pub class: String,
    /// Its channel, where one was named.
    pub channel: Option<String>,
    /// Until when, by this computer's clock.
    pub until: Timestamp,
    /// How long that was when it was asked for.
    pub pause: Duration,
}

impl Throttle {
    /// What is left of it. A clock that was set back makes it no longer than was asked for.
    fn left(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.until.duration_since(now)).unwrap_or_default().min(self.pause)
    }
}

/// Where pauses are written down. Implemented over the store.
#[async_trait]
pub trait Throttles: Send + Sync {
    /// Returns once it is on the disk.
    async fn keep(&self, throttle: Throttle, now: Timestamp) -> Result<()>;
}

/// Nowhere: a program that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoThrottles;

#[async_trait]
impl Throttles for NoThrottles {
    async fn keep(&self, _throttle: Throttle, _now: Timestamp) -> Result<()> {
        Ok(())
    }
}

impl Paced {
    /// Writes down that the platform of a refused request wants to be left alone.
    pub(super) async fn write_down(&self, platform: PlatformId, request: &Request, pause: Duration) -> Result<()> {
        if pause < LEAST {
            return Ok(());
        }
        let now = self.clock().now();
        let throttle = Throttle {
            platform,
            class: request.class.to_owned(),
            channel: request.channel.clone(),
            until: now.checked_add(pause).unwrap_or(Timestamp::MAX),
            pause,
        };
        self.0.parts.throttles.keep(throttle, now).await
    }

    /// Keeps a pause that was asked of an earlier process: at opening, before anything leaves.
    pub fn throttled(&self, throttle: &Throttle) {
        let left = throttle.left(self.clock().now());
        let Ok(info) = self.0.parts.platforms.get(throttle.platform).map(Platform::info) else { return };
        let known = info.rates.iter().flat_map(|rate| std::iter::once(rate.class).chain(rate.also.iter().copied()));
        let class = known.chain([Self::UNCOUNTED]).find(|class| *class == throttle.class);
        if let Some(class) = class.filter(|_| !left.is_zero()) {
            self.0.limits.keep_closed(&Way::new(info.id, self.rates(info), class, throttle.channel.as_deref()), left);
        }
    }
}
