//! Sign-ins of the admin that are under way, so that each can be stopped.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::cancel::Cancel;
use engine::model::PlatformId;
use engine::{Error, Kind, Result};

/// The sign-ins under way, by platform.
#[derive(Default)]
pub(super) struct SignIns(Mutex<BTreeMap<PlatformId, Cancel>>);

impl SignIns {
    /// Runs a sign-in until it ends or is stopped. A second one for the same platform stops the first: the admin began anew.
    pub(super) async fn run<T>(&self, platform: PlatformId, sign_in: impl Future<Output = Result<T>>) -> Result<T> {
        let wish = Cancel::new();
        if let Some(before) = self.all().insert(platform, wish.clone()) {
            before.cancel();
        }
        tokio::select! {
            // A wish that is there already goes before the first request.
            biased;
            () = wish.cancelled() => {
                let error = Error::new(Kind::Cancelled, "connect", "The sign-in was stopped. Nothing of it was kept.");
                Err(error.on(platform).ask_admin("Connect whenever you like."))
            }
            outcome = sign_in => {
                // Whoever came later has replaced the wish, and keeps it.
                if !wish.is_cancelled() {
                    self.all().remove(&platform);
                }
                outcome
            }
        }
    }

    /// Stops the platform's sign-in; without one nothing happens.
    pub(super) fn cancel(&self, platform: PlatformId) {
        if let Some(wish) = self.all().remove(&platform) {
            wish.cancel();
        }
    }

    /// Stops all.
    pub(super) fn cancel_all(&self) {
        for wish in std::mem::take(&mut *self.all()).values() {
            wish.cancel();
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<PlatformId, Cancel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: PlatformId = PlatformId::new("here");
    const THERE: PlatformId = PlatformId::new("there");

    #[tokio::test]
    async fn stopping_ends_the_sign_in_of_that_platform_only() {
        let sign_ins = SignIns::default();
        let stopped = sign_ins.run(HERE, std::future::pending::<Result<()>>());
        let goes_on = sign_ins.run(THERE, std::future::pending::<Result<()>>());
        tokio::pin!(stopped, goes_on);
        assert!(futures::poll!(&mut stopped).is_pending() && futures::poll!(&mut goes_on).is_pending());
        sign_ins.cancel(HERE);
        assert_eq!(stopped.await.unwrap_err().kind, Kind::Cancelled);
        assert!(futures::poll!(&mut goes_on).is_pending());
        sign_ins.cancel_all();
        assert_eq!(goes_on.await.unwrap_err().kind, Kind::Cancelled);
    }

    #[tokio::test]
    async fn a_second_sign_in_takes_the_place_of_the_first_and_can_be_stopped_itself() {
        let sign_ins = SignIns::default();
        let first = sign_ins.run(HERE, std::future::pending::<Result<()>>());
        tokio::pin!(first);
        assert!(futures::poll!(&mut first).is_pending());
        let second = sign_ins.run(HERE, std::future::pending::<Result<()>>());
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        assert_eq!(first.await.unwrap_err().kind, Kind::Cancelled);
        assert!(futures::poll!(&mut second).is_pending());
        sign_ins.cancel(HERE);
        assert_eq!(second.await.unwrap_err().kind, Kind::Cancelled);
    }

    #[tokio::test]
    async fn a_sign_in_that_ended_leaves_nothing_to_stop() {
        let sign_ins = SignIns::default();
        sign_ins.run(HERE, async { Ok(()) }).await.unwrap();
        assert!(sign_ins.all().is_empty());
    }
}
