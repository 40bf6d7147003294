//! The guest that stands for a person without an account, found again by the address it was invited with.

use engine::error::{Error, Kind, Result};
use engine::model::{Outcome, Representation, RepresentationKind, Represented};
use engine::platform::{Left, Undone};
use engine::transport::{Request, Sign};
use http::Method;
use jiff::Timestamp;

use super::TeamsConnection;
use super::info::{ADMIN, API, DIRECTORY, DIRECTORY_WRITE, INFO, INVITATIONS, TEAMS_PAGE};
use super::people::{GUEST_NOT_REDEEMED, is_guest, is_redeemed};
use super::wire::{Invitation, NewInvitation, USER_PROPERTIES, User};
use crate::http::{no_earlier_than, url};

impl TeamsConnection {
    pub(super) async fn make_guest(&self, person: &Represented) -> Result<Representation> {
        let email = address(person, "represent")?;
        if let Some(user) = self.look_up_user(email, "represent").await? {
            return existing(&user, person, "represent");
        }
        let invitation = NewInvitation {
            invited_user_email_address: email,
            invite_redirect_url: TEAMS_PAGE,
            invited_user_display_name: &person.name,
            send_invitation_message: false,
        };
        let request =
            Request::write(Method::POST, url("represent", API, &["invitations"], &[])?, Sign::Bearer(ADMIN), INVITATIONS, "represent")
                .json(&invitation)?;
        let invited: Invitation = self.http.read(request).await?;
        let user: Result<User> =
            self.read(&["users", &invited.invited_user.id], &[("$select", USER_PROPERTIES)], DIRECTORY, "represent").await;
        match user {
            Ok(user) => Ok(guest(&user, person, true)),
            // The directory is copied between data centres: the guest is made, and will be there. `confirm` looks again.
            Err(error) if error.kind == Kind::NotFound => {
                Err(Error::new(Kind::PlatformDown, "represent", "Microsoft made the guest but does not list it in the directory yet.")
                    .on(INFO.id))
            }
            // Whatever went wrong with the look, the guest may be there.
            Err(error) => Err(error.acted(engine::error::Acted::Perhaps)),
        }
    }

    /// A guest with the address and name of the invitation, no older than the attempt, is the one we made.
    pub(super) async fn confirm_guest(&self, person: &Represented, since: Timestamp) -> Result<Option<Outcome>> {
        let Some(user) = self.look_up_user(address(person, "confirm")?, "confirm").await? else {
            return Ok(None);
        };
        let ours = is_guest(&user)
            && user.display_name.as_deref() == Some(&person.name)
            && user.created_date_time.is_some_and(|created| created >= no_earlier_than(since));
        let representation = if ours { guest(&user, person, true) } else { existing(&user, person, "confirm")? };
        Ok(Some(Outcome::Represented(representation)))
    }

    pub(super) async fn delete_guest(&self, guest: &Representation) -> Result<Undone> {
        if !guest.created {
            return Ok(Undone::Left(Left {
                what: format!("The Teams guest {}", guest.name),
                why: "It was in the tenant before User Sync, which deletes only what it made.".into(),
                link: None,
            }));
        }
        let address = url("dismiss", API, &["users", &guest.id], &[])?;
        match self.http.send(Request::write(Method::DELETE, address, Sign::Bearer(ADMIN), DIRECTORY_WRITE, "dismiss").repeatable()).await {
            Err(error) if error.kind != Kind::NotFound => Err(error),
            _ => Ok(Undone::Gone(format!("Teams guest {} deleted", guest.name))),
        }
    }
}

fn address<'a>(person: &'a Represented, operation: &'static str) -> Result<&'a str> {
    person.email.as_deref().ok_or_else(|| {
        Error::invalid(
            operation,
            format!("{} has no e-mail address, and Microsoft Teams invites guests by address.", person.name),
            "Give the person an e-mail address on their primary platform and import it again.",
        )
        .on(INFO.id)
    })
}

/// Somebody has the address already: a guest will do, a member means that the last import is too old.
fn existing(user: &User, person: &Represented, operation: &'static str) -> Result<Representation> {
    if is_guest(user) {
        return Ok(guest(user, person, false));
    }
    Err(Error::new(Kind::Conflict, operation, format!("{} has an account in Microsoft Teams already.", person.name))
        .on(INFO.id)
        .ask_admin("Import Microsoft Teams again; the person can then authorise their own account."))
}

fn guest(user: &User, person: &Represented, created: bool) -> Representation {
    Representation {
        kind: RepresentationKind::Guest,
        id: user.id.clone(),
        name: user.display_name.clone().unwrap_or_else(|| person.name.clone()),
        detail: (!is_redeemed(user)).then(|| GUEST_NOT_REDEEMED.to_owned()),
        created,
    }
}
