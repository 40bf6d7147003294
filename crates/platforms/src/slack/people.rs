//! Whose tokens these are, and the workspace's members.

use std::collections::{BTreeMap, BTreeSet};

use engine::error::{Error, Kind, Result};
use engine::model::{Account, AccountKind, Identity, Page};
use engine::transport::{Request, Sign};
use http::Method;

use super::SlackConnection;
use super::info::{API, AUTH_TEST, BOT, INFO, TEAM_INFO, USER, USERS_LIST, USERS_LOOKUP};
use super::wire::{AuthTest, FoundUser, Team, User, Users};
use crate::http::{allowed, public_picture, url};

/// Slack's own helper, which says that it is no bot.
const SLACKBOT: &str = "USLACKBOT";

impl SlackConnection {
    /// The sender is the app's bot; the user token must belong to the same workspace.
    pub(super) async fn read_whoami(&self) -> Result<Identity> {
        let (bot, bot_scopes) = self.test_token(BOT, "whoami").await?;
        let (user, user_scopes) = self.test_token(USER, "whoami").await?;
        if bot.team_id != user.team_id {
            return Err(Error::invalid(
                "whoami",
                "The bot token and the user token belong to two different workspaces.",
                "Enter the bot token of the workspace to which you signed in, and connect Slack again.",
            )
            .on(INFO.id));
        }
        let request = Request::get(url("whoami", API, &["team.info"], &[])?, Sign::Bearer(USER), TEAM_INFO, "whoami");
        let team = allowed(self.http.read::<Team>(request).await)?;
        Ok(Identity {
            tenant: bot.team_id,
            tenant_name: team.and_then(|answer| answer.team.name).or(bot.team).unwrap_or_default(),
            account: bot.user_id,
            name: bot.user.unwrap_or_else(|| "User Sync".into()),
            email: None,
            scopes: BTreeMap::from([(BOT.to_owned(), bot_scopes), (USER.to_owned(), user_scopes)]),
            facts: BTreeMap::new(),
        })
    }

    /// Whose token it is, and what it may do by Slack's own word.
    pub(super) async fn test_token(&self, slot: &'static str, operation: &'static str) -> Result<(AuthTest, BTreeSet<String>)> {
        let request = Request::write(Method::POST, url(operation, API, &["auth.test"], &[])?, Sign::Bearer(slot), AUTH_TEST, operation)
            .repeatable()
            .same_for_all();
        let answer = self.http.send(request).await?;
        let scopes = answer.header("x-oauth-scopes").unwrap_or_default().split(',').map(str::trim).filter(|scope| !scope.is_empty());
        let scopes = scopes.map(str::to_owned).collect();
        Ok((answer.json(operation).map_err(|error| error.on(INFO.id))?, scopes))
    }

    pub(super) async fn list_accounts(&self, team: Option<&str>, cursor: Option<&str>) -> Result<Page<Account>> {
        if team.is_some() {
            return Err(Error::new(Kind::Unsupported, "accounts", "Slack has no teams to choose; everyone is imported.").on(INFO.id));
        }
        let size = INFO.page_size.to_string();
        let query: Vec<(&str, &str)> = [("limit", size.as_str())].into_iter().chain(cursor.map(|cursor| ("cursor", cursor))).collect();
        let request = Request::get(url("accounts", API, &["users.list"], &query)?, Sign::Bearer(USER), USERS_LIST, "accounts");
        let page: Users = self.http.read(request).await?;
        let next = page.response_metadata.and_then(|metadata| metadata.next_cursor).filter(|cursor| !cursor.is_empty());
        Ok(Page { items: page.members.into_iter().map(|user| self.account(user)).collect(), next })
    }

    pub(super) async fn look_up_account(&self, email: &str) -> Result<Option<Account>> {
        let address = url("find_account", API, &["users.lookupByEmail"], &[("email", email)])?;
        match self.http.read::<FoundUser>(Request::get(address, Sign::Bearer(USER), USERS_LOOKUP, "find_account")).await {
            Ok(found) => Ok(Some(self.account(found.user))),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn account(&self, user: User) -> Account {
        let profile = user.profile.unwrap_or_default();
        let tenant = self.facts.identity.as_ref().map(|identity| identity.tenant.as_str());
        // In an organisation of several workspaces the home workspace of a colleague may be another one.
        let elsewhere = user.team_id.is_some() && tenant.is_some() && user.team_id.as_deref() != tenant && user.enterprise_user.is_none();
        let kind = if user.is_bot || user.is_workflow_bot || user.id == SLACKBOT {
            AccountKind::Bot
        } else if user.is_stranger || elsewhere {
            AccountKind::Foreign
        } else if user.is_restricted || user.is_ultra_restricted {
            AccountKind::Guest
        } else {
            AccountKind::Member
        };
        let names = [profile.real_name, user.real_name, profile.display_name, user.name];
        let name = names.into_iter().flatten().find(|name| !name.trim().is_empty()).unwrap_or_else(|| user.id.clone());
        Account {
            platform: INFO.id,
            kind,
            active: !user.deleted && !user.is_invited_user,
            name,
            email_verified: profile.email.is_some() && kind != AccountKind::Foreign && user.is_email_confirmed.unwrap_or(user.deleted),
            email: profile.email,
            aliases: Vec::new(),
            avatar: public_picture(profile.image_192.or(profile.image_72)),
            licensed: None,
            attributes: BTreeMap::new(),
            id: user.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::connection;
    use super::*;
    use crate::testing::{answer, answer_with};

    fn test(user: &str, team: &str, scopes: &str) -> engine::transport::Response {
        let body =
            format!(r#"{{"ok":true,"url":"https://x.slack.com/","team":"Harb","user":"name","team_id":"{team}","user_id":"{user}"}}"#);
        answer_with(200, ("x-oauth-scopes", scopes), &body)
    }

    #[tokio::test]
    async fn the_sender_is_the_bot_and_scopes_are_slacks_own_word() {
        let team = answer(200, r#"{"ok":true,"team":{"id":"T1","name":"Harbor & Pine","domain":"harbor"}}"#);
        let (connection, script) =
            connection(vec![test("UBOT", "T1", "chat:write,im:write"), test("UADM", "T1", "users:read, team:read"), team]);
        let identity = connection.whoami().await.unwrap();
        assert_eq!((identity.tenant.as_str(), identity.tenant_name.as_str(), identity.account.as_str()), ("T1", "Harbor & Pine", "UBOT"));
        assert_eq!(identity.scopes["bot"].iter().collect::<Vec<_>>(), ["chat:write", "im:write"]);
        assert_eq!(identity.scopes["user"].iter().collect::<Vec<_>>(), ["team:read", "users:read"]);
        assert_eq!(
            script.sent(),
            "POST https://slack.com/api/auth.test\nPOST https://slack.com/api/auth.test\nGET https://slack.com/api/team.info"
        );
        let signs: Vec<_> = script.requests().into_iter().map(|request| request.sign).collect();
        assert_eq!(signs, [Sign::Bearer("bot"), Sign::Bearer("user"), Sign::Bearer("user")]);
    }

    #[tokio::test]
    async fn without_the_scope_for_it_the_short_name_stands_for_the_workspace() {
        let refused = answer(200, r#"{"ok":false,"error":"missing_scope","needed":"team:read"}"#);
        let identity = connection(vec![test("UBOT", "T1", ""), test("UADM", "T1", ""), refused]).0.whoami().await.unwrap();
        assert_eq!((identity.tenant_name.as_str(), identity.scopes["bot"].len()), ("Harb", 0));
    }

    #[tokio::test]
    async fn tokens_of_two_workspaces_do_not_make_one_connection() {
        let error = connection(vec![test("UBOT", "T1", ""), test("UADM", "T2", "")]).0.whoami().await.unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
    }

    #[tokio::test]
    async fn a_short_or_empty_page_is_not_the_end_and_its_cursor_travels_encoded() {
        let first = answer(200, r#"{"ok":true,"members":[],"response_metadata":{"next_cursor":"dXNlcjpVMDYx="}}"#);
        let last = answer(200, r#"{"ok":true,"members":[{"id":"U1"}],"response_metadata":{"next_cursor":""}}"#);
        let (connection, script) = connection(vec![first, last]);
        let page = connection.accounts(None, None).await.unwrap();
        let page = connection.accounts(None, page.next.as_deref()).await.unwrap();
        assert_eq!((page.items.len(), page.next), (1, None));
        assert_eq!(
            script.sent(),
            "GET https://slack.com/api/users.list?limit=1000\nGET https://slack.com/api/users.list?limit=1000&cursor=dXNlcjpVMDYx%3D"
        );
    }

    #[tokio::test]
    async fn people_are_told_apart_by_kind_and_state() {
        let body = r#"{"ok":true,"members":[
            {"id":"U1","team_id":"T1","name":"ana","deleted":false,"is_email_confirmed":true,"profile":{"real_name":"Ana Alder","display_name":"ana","email":"Ana@a.example","image_192":"https://avatars.slack-edge.com/1.png"}},
            {"id":"U2","team_id":"T1","name":"bo","deleted":true,"profile":{"real_name":"Bo","email":"bo@a.example"}},
            {"id":"U3","team_id":"T1","is_restricted":true,"is_email_confirmed":true,"profile":{"display_name":"Cy","email":"cy@b.example"}},
            {"id":"U4","team_id":"T1","is_ultra_restricted":true,"profile":{"real_name":"Di"}},
            {"id":"U5","team_id":"T9","is_stranger":true,"is_email_confirmed":true,"profile":{"real_name":"Ed","email":"ed@c.example"}},
            {"id":"U6","team_id":"T9","is_email_confirmed":true,"profile":{"email":"ed@c.example"}},
            {"id":"U7","team_id":"T2","enterprise_user":{"id":"W7"},"profile":{"real_name":"Flo"}},
            {"id":"U8","team_id":"T1","is_bot":true,"name":"standup"},
            {"id":"USLACKBOT","team_id":"T1","is_bot":false,"name":"slackbot"},
            {"id":"U9","team_id":"T1","is_invited_user":true,"is_email_confirmed":false,"profile":{"email":"gil@a.example"}},
            {"id":"UA","team_id":"T1","profile":{"real_name":"Hue","email":"hue@a.example"}}]}"#;
        let people = connection(vec![answer(200, body)]).0.accounts(None, None).await.unwrap().items;
        let seen: Vec<_> =
            people.iter().map(|account| (account.id.as_str(), account.kind, account.active, account.email_verified)).collect();
        use AccountKind::{Bot, Foreign, Guest, Member};
        let expected = [
            ("U1", Member, true, true),
            ("U2", Member, false, true),
            ("U3", Guest, true, true),
            ("U4", Guest, true, false),
            ("U5", Foreign, true, false),
            ("U6", Foreign, true, false),
            ("U7", Member, true, false),
            ("U8", Bot, true, false),
            ("USLACKBOT", Bot, true, false),
            ("U9", Member, false, false),
            ("UA", Member, true, false),
        ];
        assert_eq!(seen, expected);
        assert_eq!((people[0].name.as_str(), people[2].name.as_str(), people[7].name.as_str()), ("Ana Alder", "Cy", "standup"));
        assert_eq!(people[0].avatar.as_deref(), Some("https://avatars.slack-edge.com/1.png"));
    }

    #[tokio::test]
    async fn an_account_is_found_by_address_or_not_at_all() {
        let found = answer(200, r#"{"ok":true,"user":{"id":"U1","team_id":"T1","profile":{"email":"ana@a.example"}}}"#);
        let (connection, script) = connection(vec![found, answer(200, r#"{"ok":false,"error":"users_not_found"}"#)]);
        assert_eq!(connection.find_account("ana@a.example").await.unwrap().unwrap().id, "U1");
        assert_eq!(connection.find_account("x@a.example").await.unwrap(), None);
        assert!(script.sent().starts_with("GET https://slack.com/api/users.lookupByEmail?email=ana%40a.example"));
    }

    #[tokio::test]
    async fn there_are_no_teams() {
        let (connection, script) = connection(vec![]);
        assert_eq!(connection.teams(None).await.unwrap_err().kind, Kind::Unsupported);
        assert_eq!(connection.accounts(Some("T1"), None).await.unwrap_err().kind, Kind::Unsupported);
        assert_eq!(script.sent(), "");
    }
}
