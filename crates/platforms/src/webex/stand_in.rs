//! The bot that stands for a person without Webex: a guest of the Service App, found again by its subject.

use engine::error::Result;
use engine::model::{Outcome, Representation, RepresentationKind, Represented};
use engine::platform::{Left, Undone};
use engine::transport::{Request, Sign};
use http::Method;

use super::WebexConnection;
use super::info::{API, CLASS, SERVICE_APP};
use super::wire::{Guest, NewGuest};
use crate::http::url;

impl WebexConnection {
    pub(super) async fn make_guest(&self, person: &Represented, operation: &'static str) -> Result<Representation> {
        let request =
            Request::write(Method::POST, url(operation, API, &["guests", "token"], &[])?, Sign::Bearer(SERVICE_APP), CLASS, operation)
                .json(&NewGuest { subject: &person.key, display_name: &person.name })?
                .repeatable();
        let guest: Guest = self.http.read(request).await?;
        Ok(Representation {
            kind: RepresentationKind::Bot,
            id: guest.id,
            name: guest.display_name.unwrap_or_else(|| person.name.clone()),
            detail: None,
            created: true,
        })
    }

    /// Asking again is the look-up: the same subject is the same guest, whether or not the first call arrived.
    pub(super) async fn confirm_guest(&self, person: &Represented) -> Result<Option<Outcome>> {
        self.make_guest(person, "confirm").await.map(|guest| Some(Outcome::Represented(guest)))
    }
}

/// Webex has no operation that removes a guest.
pub(super) fn leave_guest(guest: &Representation) -> Undone {
    Undone::Left(Left {
        what: format!("The Webex guest {}", guest.name),
        why: "Webex has no way to remove a guest. User Sync uses it no more; it comes back into use if the person is synced again.".into(),
        link: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::connection;
    use super::*;
    use crate::testing::answer;
    use engine::error::Kind;
    use engine::model::Intent;
    use engine::transport::Repeat;

    const GUEST: &str =
        r#"{"id":"G1","subject":"k17","displayName":"Ana","email":"x@appid.ciscospark.com","accessToken":"eyJsecret","expiresIn":64799}"#;

    fn ana() -> Represented {
        Represented { key: "k17".into(), name: "Ana".into(), email: None, avatar: None, primary: "Slack".into() }
    }

    #[tokio::test]
    async fn a_guest_is_made_by_subject_so_that_repeating_makes_no_second_one() {
        let (connection, script) = connection(vec![answer(200, GUEST), answer(200, GUEST)]);
        let guest = connection.represent(&ana(), "attempt-1").await.unwrap();
        assert_eq!((guest.kind, guest.id.as_str(), guest.name.as_str(), guest.created), (RepresentationKind::Bot, "G1", "Ana", true));
        let intent =
            Intent::Represent { person: ana(), key: "attempt-1".into(), since: "2026-01-05T08:00:00Z".parse().unwrap(), last: None };
        assert_eq!(connection.confirm(&intent).await.unwrap(), Some(Outcome::Represented(guest)));
        let line = r#"POST https://webexapis.com/v1/guests/token {"subject":"k17","displayName":"Ana"}"#;
        assert_eq!(script.sent(), format!("{line}\n{line}"));
        assert!(script.requests().iter().all(|request| request.repeat == Repeat::Safe && request.sign == Sign::Bearer("service_app")));
    }

    #[tokio::test]
    async fn a_service_app_without_permission_names_control_hub() {
        let error = connection(vec![answer(403, "{}")]).0.represent(&ana(), "a").await.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
        assert!(error.next_step().contains("Control Hub"), "{}", error.next_step());
    }

    #[tokio::test]
    async fn a_dismissed_guest_is_listed_as_left_without_a_request() {
        let (connection, script) = connection(vec![]);
        let guest = Representation { kind: RepresentationKind::Bot, id: "G1".into(), name: "Ana".into(), detail: None, created: true };
        assert!(matches!(connection.dismiss(&guest).await.unwrap(), Undone::Left(left) if left.what == "The Webex guest Ana"));
        assert_eq!(script.sent(), "");
    }
}
