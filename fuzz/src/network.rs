//! The real way to the platforms over a network that answers with hostile bytes, in a time that passes by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use engine::clock::{Clock, Random};
use engine::error::Result;
use engine::pace::{NoThrottles, Paced, Parts, Rates};
use engine::secrets::{MemorySecrets, NoGrants};
use engine::transport::{Realm, Response, Wire};
use jiff::{SignedDuration, Timestamp};

use crate::answers::Answers;

struct Network(Answers);

#[async_trait]
impl Wire for Network {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn exchange(&self, _: http::Request<Bytes>) -> Result<Response> {
        Ok(self.0.next())
    }
}

/// A clock that is where it is asked to be: waiting takes no time and is not forgotten.
pub struct Loose(Mutex<Timestamp>);

impl Loose {
    /// Begins on a day like any other.
    pub fn new() -> Self {
        Self(Mutex::new(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 56)))
    }
}

impl Default for Loose {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for Loose {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self, duration: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(duration).unwrap_or_else(|_| panic!("a wait of {duration:?} reaches beyond the calendar"));
    }
}

/// The same every time, so that an input does the same every time; no two draws are alike.
struct Counting(Mutex<u8>);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let mut draw = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *draw = draw.wrapping_add(1);
        buffer.iter_mut().zip(0_u8..).for_each(|(byte, at)| *byte = draw.wrapping_mul(37).wrapping_add(at));
    }
}

/// The way to the platforms, over a network that gives these answers.
pub fn paced(answers: Answers) -> Paced {
    let parts = Parts {
        wire: Arc::new(Network(answers)),
        secrets: Arc::new(MemorySecrets::new(Realm::Demo)),
        grants: Arc::new(NoGrants),
        throttles: Arc::new(NoThrottles),
        platforms: platforms::all(),
        clock: Arc::new(Loose::new()),
        random: Arc::new(Counting(Mutex::new(0))),
        rates: Rates::Off,
        events: engine::event::Events::new(),
    };
    Paced::new(parts).unwrap_or_else(|error| panic!("{error:?}"))
}
