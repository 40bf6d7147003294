//! Time, randomness and the browser are passed in, so that every rule can be tested without waiting or luck.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use url::Url;

use crate::error::Result;

/// Wall time and waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// Waits. Tests let it pass at once.
    async fn wait(&self, duration: Duration);
}

/// Unguessable bytes for states, verifiers, keys and nonces.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Opens a page where the admin signs in: the system browser, or a pretended one.
#[async_trait]
pub trait Browser: Send + Sync {
    /// Opens `url`; returns as soon as it was handed over.
    async fn open(&self, url: &Url) -> Result<()>;
}

/// The computer's own clock on tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where wall time enters")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        rand::RngCore::fill_bytes(&mut rand::rng(), buffer);
    }
}
