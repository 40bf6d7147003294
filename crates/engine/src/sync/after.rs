//! What becomes of a step that failed: later again, looked up first, or refused for good. Pure.

use std::time::Duration;

use crate::error::{Acted, Error, Kind, Remedy};
use crate::model::Reason;
use crate::store::steps::StepState;

use super::doubt::perhaps_done;

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Later.
    Again {
        /// `Todo`: nothing happened; `Sending`: it may have, so it is looked up first.
        state: StepState,
        /// How much later.
        wait: Duration,
        /// What people see meanwhile.
        detail: &'static str,
        /// Whether nobody answered, so that others need not try now either.
        offline: bool,
    },
    /// Never: with the reason.
    Refused(Reason),
    /// It may have happened, and the platform will not say: it stays as it is until somebody tries again.
    InDoubt(Reason),
    /// Not this step's matter (disk, keychain, cancelled): the whole work stops and everything stays as it is.
    Stop,
}

/// So many tries in a row at which its platform failed, and a step is given up.
pub(crate) const GIVES_UP: u32 = 10;

/// Decides about a step at which its platform has failed to the end.
pub(crate) fn gave_up(error: &Error, platform: String) -> After {
    if error.acted == Acted::Perhaps {
        return After::InDoubt(perhaps_done(error));
    }
    After::Refused(Reason {
        kind: "gave_up".into(),
        message: format!("{platform} failed at it {GIVES_UP} times: {}", error.message),
        remedy: format!("Try again when {platform} is well."),
        act: None,
        link: None,
    })
}

/// Decides. `attempt` counts from nought.
pub(crate) fn after(error: &Error, attempt: u32) -> After {
    if matches!(error.kind, Kind::Storage | Kind::Keychain | Kind::Cancelled) {
        return After::Stop;
    }
    let named = match &error.remedy {
        Remedy::Retry { after } => *after,
        _ => None,
    };
    let wait = named.unwrap_or_default().max(Duration::from_secs(1 << attempt.min(8)));
    let state = if error.acted == Acted::Perhaps { StepState::Sending } else { StepState::Todo };
    match error.kind {
        Kind::RateLimited => After::Again { state, wait, detail: "slowed_down", offline: false },
        Kind::Network | Kind::PlatformDown => {
            After::Again { state, wait, detail: "waiting_for_network", offline: error.kind == Kind::Network && error.acted == Acted::No }
        }
        _ if error.acted == Acted::Perhaps => After::InDoubt(perhaps_done(error)),
        _ => After::Refused(Reason::from(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_certainly_did_not_happen_is_sent_again_without_a_look() {
        let state = |error: Error| match after(&error, 0) {
            After::Again { state, .. } => Some(state),
            _ => None,
        };
        let error = |kind| Error::new(kind, "test", "Test.");
        assert_eq!(state(error(Kind::Network)), Some(StepState::Todo));
        assert_eq!(state(error(Kind::Network).acted(Acted::Perhaps)), Some(StepState::Sending));
        assert_eq!(state(error(Kind::PlatformDown)), Some(StepState::Sending));
        assert_eq!(state(error(Kind::RateLimited)), Some(StepState::Todo));
        assert_eq!(state(error(Kind::RateLimited).acted(Acted::Perhaps)), Some(StepState::Sending));
        assert!(matches!(after(&error(Kind::Invalid).acted(Acted::Perhaps), 0), After::InDoubt(_)));
        assert!(matches!(after(&error(Kind::Invalid), 0), After::Refused(_)));
    }

    #[test]
    fn a_refusal_keeps_its_reason_and_next_step_and_a_full_disk_stops_everything() {
        let refused = after(&Error::new(Kind::Forbidden, "test", "Not allowed.").ask_admin("Allow it."), 3);
        assert_eq!(
            refused,
            After::Refused(Reason {
                kind: "forbidden".into(),
                remedy: "Allow it.".into(),
                message: "Not allowed.".into(),
                act: None,
                link: None
            })
        );
        assert_eq!(after(&Error::new(Kind::Storage, "test", "Full."), 0), After::Stop);
    }

    #[test]
    fn what_a_platform_keeps_failing_at_is_given_up_and_what_it_may_have_done_stays_in_doubt() {
        let unwell = Error::new(Kind::PlatformDown, "test", "It is unwell.");
        assert!(matches!(gave_up(&unwell, "Alpha".into()), After::InDoubt(_)));
        let After::Refused(reason) = gave_up(&unwell.acted(Acted::No), "Alpha".into()) else { panic!("it is over") };
        assert_eq!((reason.kind.as_str(), reason.message.as_str()), ("gave_up", "Alpha failed at it 10 times: It is unwell."));
    }

    #[test]
    fn waiting_grows_to_minutes_and_is_never_shorter_than_the_platform_asked() {
        let wait = |error: &Error, attempt| match after(error, attempt) {
            After::Again { wait, .. } => wait.as_secs(),
            other => panic!("{other:?}"),
        };
        let network = Error::new(Kind::Network, "test", "Nobody answers.");
        assert_eq!([0, 1, 2, 8, 1000].map(|attempt| wait(&network, attempt)), [1, 2, 4, 256, 256]);
        let slow = Error::new(Kind::RateLimited, "test", "Too fast.").remedy(Remedy::Retry { after: Some(Duration::from_secs(90)) });
        assert_eq!(wait(&slow, 0), 90);
    }
}
