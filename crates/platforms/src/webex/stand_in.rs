//! The bot that stands for a person without Webex: a guest of the Service App, found again by its subject.

use engine::error::Result;
use engine::model::{Outcome, Representation, RepresentationKind, Represented};
use engine::platform::{Left, Undone};
use engine::transport::{Request, Sign};
use http::Method;

use super::info::{API, CLASS, SERVICE_APP};
use super::wire::{Guest, NewGuest};
use super::WebexConnection;
use crate::http::url;

impl WebexConnection {
    pub(super) async fn make_guest(&self, person: &Represented, operation: &'static str) -> Result<Representation> {
        let request = Request::write(Method::POST, url(operation, API, &["guests", "token"], &[])?, Sign::Bearer(SERVICE_APP), CLASS, operation)
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
