//! The bot that stands for a person: the workspace's one app, posting under the person's name.

use engine::error::{Error, Kind, Result};
use engine::model::{Outcome, Representation, RepresentationKind, Represented};
use engine::platform::{Left, Undone};

use super::SlackConnection;
use super::info::{BOT, INFO};

impl SlackConnection {
    /// Ready when the bot's token works and may do all that representing takes. What is made under the person's name are posts.
    pub(super) async fn check_bot(&self, person: &Represented, operation: &'static str) -> Result<Representation> {
        let (bot, granted) = self.test_token(BOT, operation).await?;
        let needed = INFO.slots.iter().filter(|slot| slot.name == BOT).flat_map(|slot| slot.scopes).map(|scope| scope.name);
        let missing: Vec<&str> = needed.filter(|scope| !granted.contains(*scope)).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(Error::new(Kind::Forbidden, operation, format!("Slack's bot lacks the scope {missing}."))
                .on(INFO.id)
                .ask_admin(format!("Add {missing} to the bot scopes on the app's page OAuth & Permissions, install the app again, and connect Slack with the new bot token.")));
        }
        Ok(Representation { kind: RepresentationKind::Bot, id: bot.user_id, name: person.name.clone(), detail: None, created: true })
    }

    /// Checking again is the look-up.
    pub(super) async fn confirm_bot(&self, person: &Represented) -> Result<Option<Outcome>> {
        self.check_bot(person, "confirm").await.map(|bot| Some(Outcome::Represented(bot)))
    }
}

/// Slack lets nobody delete a post that stands under another name.
pub(super) fn leave_posts(bot: &Representation) -> Undone {
    Undone::Left(Left {
        what: format!("Slack messages under the name {}, if there are any", bot.name),
        why: "Slack does not let an app delete what it posted under another name. User Sync posts under the name no more.".into(),
        link: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::connection;
    use super::*;
    use crate::testing::answer_with;
    use engine::model::Intent;

    const BOT_TOKEN: &str =
        r#"{"ok":true,"url":"https://x.slack.com/","team":"H","user":"usersync","team_id":"T1","user_id":"UBOT","bot_id":"B1"}"#;

    fn ana() -> Represented {
        Represented { key: "k17".into(), name: "Ana".into(), email: None, avatar: None, primary: "Webex".into() }
    }

    fn test(scopes: &str) -> engine::transport::Response {
        answer_with(200, ("x-oauth-scopes", scopes), BOT_TOKEN)
    }

    #[tokio::test]
    async fn a_person_is_represented_once_the_bot_may_post_under_names() {
        let scopes = "chat:write,chat:write.customize,im:write,im:history,files:read";
        let (connection, script) = connection(vec![test(scopes), test(scopes)]);
        let bot = connection.represent(&ana(), "a").await.unwrap();
        assert_eq!((bot.kind, bot.id.as_str(), bot.name.as_str(), bot.created), (RepresentationKind::Bot, "UBOT", "Ana", true));
        let intent = Intent::Represent { person: ana(), key: "a".into(), since: "2026-01-05T08:00:00Z".parse().unwrap(), last: None };
        assert_eq!(connection.confirm(&intent).await.unwrap(), Some(Outcome::Represented(bot)));
        assert_eq!(script.sent(), "POST https://slack.com/api/auth.test\nPOST https://slack.com/api/auth.test");
        assert!(script.requests().iter().all(|request| request.same_for_all), "one answer serves all who are represented at once");
    }

    #[tokio::test]
    async fn every_missing_scope_is_named() {
        let error = connection(vec![test("chat:write,im:write")]).0.represent(&ana(), "a").await.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
        assert!(error.next_step().contains("im:history, chat:write.customize"), "{}", error.next_step());
    }

    #[tokio::test]
    async fn an_answer_without_scopes_is_no_permission() {
        let error = connection(vec![crate::testing::answer(200, BOT_TOKEN)]).0.represent(&ana(), "a").await.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
    }

    #[tokio::test]
    async fn posts_under_a_name_are_listed_as_left() {
        let (connection, script) = connection(vec![]);
        let bot = Representation { kind: RepresentationKind::Bot, id: "UBOT".into(), name: "Ana".into(), detail: None, created: false };
        assert!(matches!(connection.dismiss(&bot).await.unwrap(), Undone::Left(left) if left.what.contains("Ana")));
        assert_eq!(script.sent(), "");
    }
}
