//! A wall clock that jumps, and a computer that slept: seen by holding wall time against time that only passes. Then nothing that was
//! put off waits for the moment that was written down, and no code is polled sooner than its server asked.
//!
//! Limits and pauses that a platform asked for are kept in passing time (`pace`), so going on at once sends nothing too early.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::error::Result;
use crate::store::{prompts, steps};

use super::shared::{Shared, ms};

/// Clocks are set by less than this all the time.
const TOLERANCE: Duration = Duration::from_secs(5);

/// Sees a jump between two looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    wall: Timestamp,
    steady: Instant,
}

impl Watch {
    /// Looks for the first time.
    pub(crate) fn new(shared: &Shared) -> Self {
        Self { wall: shared.now(), steady: Instant::now() }
    }

    /// Whether wall time has jumped since the last look, in either direction.
    pub(crate) fn jumped(&mut self, shared: &Shared) -> bool {
        let before = std::mem::replace(self, Self::new(shared));
        let passed = i128::try_from((self.steady - before.steady).as_millis()).unwrap_or(i128::MAX);
        let shown = i128::from(ms(self.wall)) - i128::from(ms(before.wall));
        shown.abs_diff(passed) > TOLERANCE.as_millis()
    }
}

/// Wall time has jumped: what was put off goes on, and open codes are asked about as soon as their servers allow.
pub(crate) async fn mend(shared: &Shared) -> Result<()> {
    let now = ms(shared.now());
    tracing::info!("this computer's clock has jumped, or it slept");
    shared
        .store
        .write(move |transaction| {
            steps::wake_all(transaction, None)?;
            prompts::look_soon(transaction, now, true)
        })
        .await?;
    shared.shut.ask_now();
    Ok(())
}

/// The same at a start, where nobody knows what the clock did meanwhile: nothing waits longer than its own pace.
pub(crate) async fn begin(shared: &Shared) -> Result<()> {
    let now = ms(shared.now());
    shared
        .store
        .write(move |transaction| {
            steps::wake_all(transaction, None)?;
            prompts::look_soon(transaction, now, false)
        })
        .await
}
