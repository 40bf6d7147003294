//! Connecting, disconnecting, choosing teams, and the answers to a platform's questions.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::model::{Act, Advice, Health, HealthState, Page, PlatformId, Team};
use crate::platform::{ConnectionFacts, PlatformInfo, Scope};
use crate::signin::{self, Checked, Entered, Given, MissingScope};
use crate::store::audit::{self, Word};
use crate::store::connections::{self, StoredConnection};
use crate::sync::shared::{is_signed_out, signed_in, signed_out};
use crate::transport::Lane;

use super::Engine;

/// A connection as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct ConnectionView {
    /// Where.
    pub platform: PlatformId,
    /// The platform's name.
    pub name: String,
    /// The tenant's id.
    pub tenant: Option<String>,
    /// The tenant's name.
    pub tenant_name: Option<String>,
    /// Who writes prompts.
    pub sender: Option<String>,
    /// Whether the platform has refused its tokens.
    pub signed_out: bool,
    /// Since when.
    pub connected_at: String,
    /// When it was imported last.
    pub imported_at: Option<String>,
    /// Teams chosen for import; empty means everyone.
    pub teams: Vec<String>,
    /// Answers to the platform's questions.
    pub answers: BTreeMap<String, String>,
    /// Permissions that are missing, with the reason each is asked for. What was left out is not missing.
    pub missing_scopes: Vec<MissingScope>,
    /// The fields that are not secret.
    pub fields: BTreeMap<String, String>,
    /// Names of the secret fields and given tokens that are in the keychain.
    pub kept: Vec<String>,
    /// The cloud's name, as admins know it.
    pub cloud: String,
    /// Optional permissions that are not asked for.
    pub left_out: Vec<String>,
    /// What the tenant's own rules will refuse.
    pub advice: Vec<Advice>,
}

impl ConnectionView {
    pub(super) fn new(info: &PlatformInfo, stored: &StoredConnection, signed_out: bool) -> Self {
        let identity = stored.facts.identity.as_ref();
        let has =
            |slot: &str, scope: &str| identity.and_then(|identity| identity.scopes.get(slot)).is_some_and(|scopes| scopes.contains(scope));
        let left_out = |scope: &Scope| scope.optional && stored.facts.left_out.contains(scope.name);
        let scopes = info.slots.iter().flat_map(|slot| slot.scopes.iter().map(move |scope| (slot, scope)));
        Self {
            platform: info.id,
            name: info.name.to_owned(),
            tenant: identity.map(|identity| identity.tenant.clone()),
            tenant_name: identity.map(|identity| identity.tenant_name.clone()),
            sender: identity.map(|identity| identity.name.clone()),
            signed_out,
            connected_at: stored.connected_at.clone(),
            imported_at: stored.imported_at.clone(),
            teams: stored.teams.clone(),
            answers: stored.facts.answers.clone(),
            missing_scopes: scopes
                .filter(|(slot, scope)| !has(slot.name, scope.name) && !left_out(scope))
                .map(|(slot, scope)| MissingScope::new(slot, scope))
                .collect(),
            fields: stored.facts.fields.clone(),
            kept: stored.facts.kept.iter().cloned().collect(),
            cloud: info.cloud(&stored.facts).map(|cloud| cloud.title.to_owned()).unwrap_or_default(),
            left_out: stored.facts.left_out.iter().cloned().collect(),
            advice: stored.facts.advice.clone(),
        }
    }
}

/// A team that can be chosen for import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct TeamView {
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Engine {
    /// Connects a platform, or connects it again: then, what is known already need not be entered. Nothing of a sign-in that fails
    /// is kept.
    pub async fn connect(
        &self,
        platform: PlatformId,
        entered: Entered,
        progress: &(dyn Fn(signin::Step) + Send + Sync),
    ) -> Result<ConnectionView> {
        let known = self.shared.platforms.get(platform)?;
        let before = self.facts(platform).await?;
        let facts = signin::connect(&self.shared.paced, known, entered, before.as_ref(), self.browser.as_ref(), progress).await?;
        self.keep(platform, facts).await
    }

    /// Checks one field with everything that was entered so far, as it is entered. Nothing is stored, and nobody at the platform
    /// notices. Errors: the field is wrong, with the next step.
    pub async fn check_field(&self, platform: PlatformId, given: Given, field: &str) -> Result<Checked> {
        let known = self.shared.platforms.get(platform)?;
        let before = self.facts(platform).await?;
        signin::check_field(&self.shared.paced, known, given, before.as_ref(), field).await
    }

    async fn facts(&self, platform: PlatformId) -> Result<Option<ConnectionFacts>> {
        let stored = self.shared.store.read(move |db| connections::get(db, platform)).await?;
        Ok(stored.map(|stored| stored.facts))
    }

    /// Changes answers to the platform's questions.
    pub async fn answer(&self, platform: PlatformId, answers: BTreeMap<String, String>) -> Result<ConnectionView> {
        let (known, mut facts) = self.shared.connected(platform).await?;
        signin::check_answers(known.info(), &answers)?;
        let questions: Vec<String> = answers.keys().cloned().collect();
        facts.answers.extend(answers);
        let (now, stored, actor) = (self.shared.now(), facts.clone(), self.shared.actor.clone());
        self.shared
            .store
            .write(move |transaction| {
                audit::act(&actor, Word::AnswersChanged).on(platform).more(questions.join(", ")).tell(transaction, now)?;
                connections::put(transaction, platform, &stored, now)
            })
            .await?;
        self.shared.paced.connected(platform, facts);
        self.changed(platform).await
    }

    async fn keep(&self, platform: PlatformId, facts: ConnectionFacts) -> Result<ConnectionView> {
        let (now, actor) = (self.shared.now(), self.shared.actor.clone());
        self.shared
            .store
            .write(move |transaction| {
                let tenant = facts.identity.as_ref().map(|identity| identity.tenant_name.clone()).unwrap_or_default();
                audit::act(&actor, Word::Connected).on(platform).more(tenant).tell(transaction, now)?;
                connections::put(transaction, platform, &facts, now)?;
                signed_in(transaction, platform, now)
            })
            .await?;
        self.shared.sign_ins.note(platform);
        self.shared.wake.up();
        self.shared.events.tell(Event::PeopleChanged { ids: Vec::new() });
        self.changed(platform).await
    }

    async fn changed(&self, platform: PlatformId) -> Result<ConnectionView> {
        self.shared.events.tell(Event::ConnectionChanged { platform });
        let all = self.reading.connections().await?;
        all.into_iter().find(|view| view.platform == platform).ok_or_else(|| self.shared.not_connected(platform))
    }

    /// How well each connected platform can be reached, as far as is known since the program started.
    pub async fn health(&self) -> Result<BTreeMap<PlatformId, Health>> {
        let connected = self
            .shared
            .store
            .read(|db| {
                let all = connections::platforms(db)?.into_iter();
                all.map(|platform| Ok((platform, is_signed_out(db, platform)?))).collect::<Result<Vec<_>>>()
            })
            .await?;
        let health = |(platform, is_out)| {
            let known = self.shared.paced.health(platform);
            let state = if is_out { HealthState::SignedOut } else { known.state };
            (platform, Health { state, ..known })
        };
        Ok(connected.into_iter().map(health).collect())
    }

    /// The teams that the platform has, with those chosen for import.
    pub async fn teams(&self, platform: PlatformId) -> Result<Vec<TeamView>> {
        let stored =
            self.shared.store.read(move |db| connections::get(db, platform)).await?.ok_or_else(|| self.shared.not_connected(platform))?;
        let view = |Team { id, name }| TeamView { chosen: stored.teams.contains(&id), id, name };
        Ok(self.all_teams(platform).await?.into_iter().map(view).collect())
    }

    async fn all_teams(&self, platform: PlatformId) -> Result<Vec<Team>> {
        let info = self.shared.platforms.get(platform)?.info();
        if !info.capabilities.teams {
            return Err(Error::new(
                Kind::Unsupported,
                "teams",
                format!("{} has no teams to choose from: an import reads everyone.", info.name),
            )
            .ask_admin("Import everyone.")
            .act(Act::Import { platform })
            .on(platform));
        }
        let connection = self.shared.connection(platform, Lane::Waiting).await?;
        let mut teams = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let Page { items, next } = self.heard(platform, connection.teams(cursor.as_deref()).await).await?;
            teams.extend(items);
            if next.is_none() || next == cursor {
                return Ok(teams);
            }
            cursor = next;
        }
    }

    /// Chooses teams for import; none means everyone. Errors: `Kind::Invalid` for a team that is not there.
    pub async fn choose_teams(&self, platform: PlatformId, teams: Vec<String>) -> Result<()> {
        self.shared.connected(platform).await?;
        if !teams.is_empty() {
            let known = self.all_teams(platform).await?;
            if let Some(unknown) = teams.iter().find(|team| !known.iter().any(|known| known.id == **team)) {
                return Err(Error::invalid(
                    "teams",
                    format!("There is no team `{unknown}`."),
                    "Choose among the teams that the platform has.",
                )
                .on(platform));
            }
        }
        let (now, actor) = (self.shared.now(), self.shared.actor.clone());
        self.shared
            .store
            .write(move |transaction| {
                let chosen = if teams.is_empty() { "everyone".to_owned() } else { teams.join(", ") };
                audit::act(&actor, Word::TeamsChosen).on(platform).more(chosen).tell(transaction, now)?;
                connections::choose_teams(transaction, platform, &teams)
            })
            .await?;
        self.shared.events.tell(Event::ConnectionChanged { platform });
        Ok(())
    }

    /// Passes a platform's answer on, and remembers when it refused the connection's tokens.
    pub(super) async fn heard<T>(&self, platform: PlatformId, answer: Result<T>) -> Result<T> {
        let now = self.shared.now();
        if answer.as_ref().is_err_and(|error| error.kind == Kind::SignedOut)
            && self.shared.store.write(move |transaction| signed_out(transaction, platform, now)).await?
        {
            self.shared.events.tell(Event::ConnectionChanged { platform });
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Identity;
    use crate::pace::testing::{SLOTS, info};
    use crate::platform::Need;
    use crate::signin::CheckState;
    use crate::sync::testing::{BETA, Kit};

    #[tokio::test(start_paused = true)]
    async fn connecting_again_and_checking_a_field_need_nothing_that_is_kept() {
        let (kit, engine) = Kit::with(&[]).await;
        let (before, stored) = (engine.facts(BETA).await.unwrap(), kit.secrets.inner.all());
        assert_eq!(engine.check_field(BETA, Given::new(), "access_token").await.unwrap().state, CheckState::Looks);
        let error = engine.check_field(BETA, Given::new(), "nothing").await.unwrap_err();
        assert_eq!((error.kind, error.operation, error.platform), (Kind::Invalid, "check_field", Some(BETA)));
        engine.connect(BETA, Entered::default(), &|_| {}).await.unwrap();
        assert_eq!((engine.facts(BETA).await.unwrap(), kit.secrets.inner.all()), (before, stored));
        // What was never entered is not there.
        engine.disconnect(BETA).await.unwrap();
        assert_eq!(engine.connect(BETA, Entered::default(), &|_| {}).await.unwrap_err().kind, Kind::Invalid);
    }

    const SCOPES: &[Scope] = &[
        Scope { name: "people.read", reason: "To list.", need: Need::Import, without: "Nobody is listed.", optional: false },
        Scope { name: "team.read", reason: "To show.", need: Need::Import, without: "It is not shown.", optional: true },
    ];

    fn view(left_out: &[&str], held: &[&str]) -> ConnectionView {
        let slots = vec![signin::Slot { scopes: SCOPES, ..SLOTS[0] }].leak();
        let identity = Identity {
            tenant: "t".into(),
            tenant_name: "T".into(),
            account: "a".into(),
            name: "A".into(),
            email: None,
            scopes: [("user".to_owned(), held.iter().map(|scope| (*scope).to_owned()).collect())].into(),
            facts: BTreeMap::new(),
        };
        let facts = ConnectionFacts {
            fields: [("client_id".to_owned(), "app".to_owned())].into(),
            identity: Some(identity),
            kept: ["client_secret".to_owned()].into(),
            left_out: left_out.iter().map(|scope| (*scope).to_owned()).collect(),
            ..ConnectionFacts::default()
        };
        let platform = info().id;
        let stored = StoredConnection { platform, facts, teams: Vec::new(), connected_at: String::new(), imported_at: None };
        ConnectionView::new(&PlatformInfo { slots, ..info() }, &stored, false)
    }

    #[test]
    fn what_was_left_out_is_not_missing_and_what_is_missing_says_what_does_not_work() {
        let missing = |left_out: &[&str], held: &[&str]| {
            let view = view(left_out, held);
            view.missing_scopes.into_iter().map(|missing| format!("{}: {}", missing.scope, missing.without)).collect::<Vec<_>>()
        };
        assert_eq!(missing(&[], &["people.read"]), ["team.read: It is not shown."]);
        assert_eq!(missing(&["team.read"], &["people.read"]), Vec::<String>::new());
        // Only what is optional can have been left out.
        assert_eq!(missing(&["people.read", "team.read"], &[]), ["people.read: Nobody is listed."]);
    }

    #[test]
    fn a_connection_shows_what_was_entered_and_which_secrets_it_keeps() {
        let view = view(&["team.read"], &[]);
        assert_eq!(
            (view.fields["client_id"].as_str(), view.kept, view.left_out),
            ("app", vec!["client_secret".into()], vec!["team.read".into()])
        );
        assert_eq!(view.cloud, "Commercial");
    }
}
