//! Which stored work one call does, and when it ends.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::{RunId, SyncId};

/// When work ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When nothing is left that does not wait for a person; open codes and answers are asked about once.
    Idle,
    /// When people are done too, at most after this time.
    People(Duration),
    /// After this time, or when nothing at all is left.
    For(Duration),
}

/// How long one call works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// Until nothing is left that does not wait for a person.
    Idle,
    /// Until then, or until nothing at all is left.
    Till(Instant),
    /// Until it is cancelled.
    Ever,
}

/// Which stored work is meant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) run: Option<RunId>,
    pub(crate) sync: Option<SyncId>,
}
