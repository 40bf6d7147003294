//! Facts about what has changed, for whoever draws them. Not a log: a listener that lags misses some and reads the store again.

use serde::Serialize;
use tokio::sync::broadcast;

use crate::model::{PersonId, PlatformId, RunId, RunKind, Status, SyncId};

/// Something that has just become true, after its transaction was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// These people appeared, changed or went. Empty: so many that it is cheaper to read all anew.
    PeopleChanged {
        /// Who.
        ids: Vec<PersonId>,
    },
    /// A sync has another status or detail.
    SyncChanged {
        /// Which.
        id: SyncId,
        /// Whose.
        person: PersonId,
        /// Where.
        platform: PlatformId,
        /// Its status now.
        status: Status,
    },
    /// A long operation has come further, or to its end.
    RunProgress {
        /// Which.
        run: RunId,
        /// What it does.
        kind: RunKind,
        /// Where, when it is one platform.
        platform: Option<PlatformId>,
        /// How far.
        done: u64,
        /// Of how much, when that is known.
        total: Option<u64>,
        /// How long it will take at the platforms' real limits, in seconds, where that can be said.
        time_left: Option<u64>,
        /// Whether it is over.
        ended: bool,
    },
    /// A run was paused or goes on, or waits for something else than before.
    RunChanged {
        /// Which.
        run: RunId,
    },
    /// A connection was made, changed or removed, or another health.
    ConnectionChanged {
        /// Which.
        platform: PlatformId,
    },
}

/// The channel. Cheap to clone; sending never waits.
#[derive(Clone, Debug)]
pub struct Events(broadcast::Sender<Event>);

impl Events {
    /// How many events wait for a slow listener.
    const KEPT: usize = 1024;

    /// A new channel.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(Self::KEPT))
    }

    /// Tells every listener; without any, nothing happens.
    pub fn tell(&self, event: Event) {
        // The only failure is that nobody listens.
        drop(self.0.send(event));
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}
