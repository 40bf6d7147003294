//! The guest that stands for a person without an account, found again by the address it was invited with.

use engine::error::{Error, Kind, Result};
use engine::model::{Outcome, Representation, RepresentationKind, Represented};
use engine::platform::{ConnectionFacts, Left, Undone};
use engine::transport::{Request, Sign};
use http::Method;
use jiff::Timestamp;

use super::TeamsConnection;
use super::info::{ADMIN, API, DIRECTORY, DIRECTORY_WRITE, INFO, INVITATIONS, TEAMS_PAGE};
use super::people::{GUEST_NOT_REDEEMED, is_guest, is_redeemed};
use super::wire::{Invitation, NewInvitation, USER_PROPERTIES, User};
use crate::http::{in_cloud, is_of_attempts, url, was_there_before};

/// The list of users in the Entra admin center.
const USERS: &str = "https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers";

impl TeamsConnection {
    pub(super) async fn make_guest(&self, person: &Represented) -> Result<Representation> {
        let email = address(person, "represent")?;
        if let Some(user) = self.look_up_user(email, "represent").await? {
            return existing(&user, person, "represent");
        }
        let landing = in_cloud(&INFO, &self.facts, "represent", TEAMS_PAGE)?;
        let invitation = NewInvitation {
            invited_user_email_address: email,
            invite_redirect_url: &landing,
            invited_user_display_name: &person.name,
            send_invitation_message: false,
        };
        let request =
            Request::write(Method::POST, url("represent", API, &["invitations"], &[])?, Sign::Bearer(ADMIN), INVITATIONS, "represent")
                .json(&invitation)?;
        let answer = self.http.send(request).await?;
        let invited: Invitation = answer.json("represent").map_err(|error| error.on(INFO.id))?;
        let user: Result<User> =
            self.read(&["users", &invited.invited_user.id], &[("$select", USER_PROPERTIES)], DIRECTORY, "represent").await;
        match user {
            // An address that is a guest already gives that guest, also while the directory does not show them yet.
            Ok(user) => Ok(guest(&user, person, !user.created_date_time.is_some_and(|made| was_there_before(made, &answer)))),
            // The directory is copied between data centres: the guest is made, and will be there. `confirm` looks again.
            Err(error) if error.kind == Kind::NotFound => {
                Err(Error::new(Kind::PlatformDown, "represent", "Microsoft made the guest but does not list it in the directory yet.")
                    .on(INFO.id))
            }
            // Whatever went wrong with the look, the guest may be there.
            Err(error) => Err(error.acted(engine::error::Acted::Perhaps)),
        }
    }

    /// A guest with the address and name of the invitation, as old as one of the attempts, is the one we made. A member with the
    /// address is proof that nobody was invited.
    pub(super) async fn confirm_guest(&self, person: &Represented, since: Timestamp, last: Option<Timestamp>) -> Result<Option<Outcome>> {
        let found = self.look_up_user(address(person, "confirm")?, "confirm").await?;
        let Some(user) = found.filter(is_guest) else { return Ok(None) };
        let is_ours = user.display_name.as_deref() == Some(&person.name)
            && user.created_date_time.is_some_and(|made| is_of_attempts(made, since, last));
        Ok(Some(Outcome::Represented(guest(&user, person, is_ours))))
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

/// The tenant's users, guests among them.
pub(super) fn page(facts: &ConnectionFacts) -> Option<String> {
    in_cloud(&INFO, facts, "look_up", USERS).ok()
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

#[cfg(test)]
mod tests {
    use engine::error::Acted;
    use engine::model::Intent;
    use engine::transport::{Repeat, Subject};

    use super::super::tests::{connection, connection_as, facts_in};
    use super::*;
    use crate::testing::{answer, answer_with};

    const NONE: &str = r#"{"value":[]}"#;
    const INVITED: &str = r#"{"id":"I1","inviteRedeemUrl":"https://login.microsoftonline.com/redeem?rd=x","status":"PendingAcceptance","invitedUser":{"id":"G1"}}"#;

    fn person() -> Represented {
        Represented {
            key: "k".into(),
            name: "Ana Bo".into(),
            email: Some("ana@partner.example".into()),
            avatar: None,
            primary: "Slack".into(),
        }
    }

    fn user(kind: &str, name: &str, state: &str) -> String {
        format!(
            r#"{{"id":"G1","userType":"{kind}","displayName":"{name}","mail":"ana@partner.example","accountEnabled":true,"externalUserState":{state},"createdDateTime":"2026-01-05T08:00:30Z"}}"#
        )
    }

    fn list(user: &str) -> String {
        format!(r#"{{"value":[{user}]}}"#)
    }

    fn intent(since: &str) -> Intent {
        Intent::Represent { person: person(), key: "k".into(), since: since.parse().unwrap(), last: None }
    }

    #[tokio::test]
    async fn a_guest_is_invited_without_mail_and_counts_once_the_directory_lists_it() {
        let answers = vec![
            answer(200, NONE),
            answer(200, NONE),
            answer(200, NONE),
            answer(201, INVITED),
            answer(200, &user("Guest", "Ana Bo", "\"PendingAcceptance\"")),
        ];
        let (connection, script) = connection(answers);
        let made = connection.represent(&person(), "k").await.unwrap();
        assert_eq!(
            (made.kind, made.id.as_str(), made.detail.as_deref(), made.created),
            (RepresentationKind::Guest, "G1", Some("guest_not_redeemed"), true)
        );
        let invitation = &script.requests()[3];
        assert_eq!(
            std::str::from_utf8(&invitation.body).unwrap(),
            r#"{"invitedUserEmailAddress":"ana@partner.example","inviteRedirectUrl":"https://teams.microsoft.com","invitedUserDisplayName":"Ana Bo","sendInvitationMessage":false}"#
        );
        assert_eq!((invitation.url.as_str(), invitation.repeat), ("https://graph.microsoft.com/v1.0/invitations", Repeat::Once));
    }

    #[tokio::test]
    async fn a_guest_lands_on_the_teams_page_of_the_connections_cloud() {
        let answers = vec![answer(200, NONE), answer(200, NONE), answer(200, NONE), answer(201, INVITED), answer(500, "")];
        let (connection, script) = connection_as(Subject::Connection, facts_in("dod"), answers);
        connection.represent(&person(), "k").await.unwrap_err();
        let invitation = String::from_utf8(script.requests()[3].body.to_vec()).unwrap();
        assert!(invitation.contains(r#""inviteRedirectUrl":"https://dod.teams.microsoft.us""#), "{invitation}");
    }

    #[tokio::test]
    async fn a_guest_that_is_not_in_the_directory_yet_is_looked_up_later_and_not_invited_again() {
        let missing = answer(404, r#"{"error":{"code":"Request_ResourceNotFound","message":"m"}}"#);
        let answers = vec![answer(200, NONE), answer(200, NONE), answer(200, NONE), answer(201, INVITED), missing];
        let error = connection(answers).0.represent(&person(), "k").await.unwrap_err();
        assert_eq!((error.is_passing(), error.acted), (true, Acted::Perhaps));
    }

    #[tokio::test]
    async fn a_guest_who_was_there_before_is_used_but_not_ours() {
        let (connection, script) = connection(vec![answer(200, &list(&user("Guest", "Ana", "\"Accepted\"")))]);
        let found = connection.represent(&person(), "k").await.unwrap();
        assert_eq!((found.created, found.detail), (false, None));
        assert_eq!(script.requests().len(), 1);
    }

    #[tokio::test]
    async fn an_address_of_a_member_is_not_invited() {
        let (connection, script) = connection(vec![answer(200, &list(&user("Member", "Ana", "null")))]);
        let error = connection.represent(&person(), "k").await.unwrap_err();
        assert_eq!(error.kind, Kind::Conflict);
        assert!(error.next_step().contains("Import"));
        assert_eq!(script.requests().len(), 1);
    }

    #[tokio::test]
    async fn after_a_lost_answer_the_guest_is_ours_only_if_it_is_as_young_and_named_as_our_invitation() {
        let cases = [
            ("Ana Bo", "2026-01-05T08:00:00Z", true),
            ("Ana Bo", "2026-01-05T09:00:00Z", false),
            // Somebody else's, hours after an invitation of ours that never arrived.
            ("Ana Bo", "2026-01-05T01:00:00Z", false),
            ("Somebody", "2026-01-05T08:00:00Z", false),
        ];
        for (name, since, created) in cases {
            let (connection, _) = connection(vec![answer(200, &list(&user("Guest", name, "\"PendingAcceptance\"")))]);
            let Some(Outcome::Represented(found)) = connection.confirm(&intent(since)).await.unwrap() else { panic!("it is there") };
            assert_eq!(found.created, created, "{name} {since}");
        }
        let (connection, _) = connection(vec![answer(200, NONE), answer(200, NONE), answer(200, NONE)]);
        assert_eq!(connection.confirm(&intent("2026-01-05T08:00:00Z")).await.unwrap(), None);
    }

    #[tokio::test]
    async fn after_a_later_attempt_the_guest_may_be_as_young_as_that() {
        let Intent::Represent { person, key, since, .. } = intent("2026-01-05T01:00:00Z") else { panic!("a guest") };
        let last = Some("2026-01-05T08:00:00Z".parse().unwrap());
        let (connection, _) = connection(vec![answer(200, &list(&user("Guest", "Ana Bo", "null")))]);
        let found = connection.confirm(&Intent::Represent { person, key, since, last }).await.unwrap();
        assert!(matches!(found, Some(Outcome::Represented(guest)) if guest.created));
    }

    #[tokio::test]
    async fn a_member_with_the_address_is_proof_that_nobody_was_invited() {
        let (connection, _) = connection(vec![answer(200, &list(&user("Member", "Ana Bo", "null")))]);
        assert_eq!(connection.confirm(&intent("2026-01-05T08:00:00Z")).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_guest_whom_the_directory_did_not_show_yet_is_not_ours_for_being_invited_once_more() {
        for (date, created) in [("Mon, 05 Jan 2026 08:00:31 GMT", true), ("Mon, 05 Jan 2026 08:05:00 GMT", false)] {
            let invited = answer_with(201, ("date", date), INVITED);
            let shown = answer(200, &user("Guest", "Ana Bo", "\"PendingAcceptance\""));
            let answers = vec![answer(200, NONE), answer(200, NONE), answer(200, NONE), invited, shown];
            assert_eq!(connection(answers).0.represent(&person(), "k").await.unwrap().created, created, "{date}");
        }
    }

    #[tokio::test]
    async fn only_a_guest_that_we_made_is_deleted_and_twice_does_no_harm() {
        let guest =
            |created| Representation { kind: RepresentationKind::Guest, id: "G1".into(), name: "Ana".into(), detail: None, created };
        let (ours, script) = connection(vec![answer(204, ""), answer(404, r#"{"error":{"code":"Request_ResourceNotFound"}}"#)]);
        assert!(matches!(ours.dismiss(&guest(true)).await.unwrap(), Undone::Gone(_)));
        assert!(matches!(ours.dismiss(&guest(true)).await.unwrap(), Undone::Gone(_)));
        assert_eq!(script.sent(), "DELETE https://graph.microsoft.com/v1.0/users/G1\nDELETE https://graph.microsoft.com/v1.0/users/G1");
        let (theirs, script) = connection(vec![]);
        assert!(matches!(theirs.dismiss(&guest(false)).await.unwrap(), Undone::Left(_)));
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn a_person_without_address_is_invited_by_nothing() {
        let (connection, script) = connection(vec![]);
        let error = connection.represent(&Represented { email: None, ..person() }, "k").await.unwrap_err();
        assert_eq!((error.kind, script.sent()), (Kind::Invalid, String::new()));
    }
}
