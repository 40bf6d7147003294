//! The preview of a sync and the health of connections as far as the engine tells them today.

use std::collections::BTreeMap;

use app::supervise::Opened;
use engine::engine::Selection;
use engine::model::{PersonId, PlatformId, Reason, ReasonCount};
use engine::sync::plan::{Action, first_reason};
use serde::Serialize;

/// How a connection does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HealthState {
    /// There is none.
    NotConnected,
    /// The last call succeeded.
    Well,
    /// The platform does not answer.
    Unreachable,
    /// The platform asks us to slow down.
    Throttled,
    /// The platform has refused its tokens.
    SignedOut,
    /// Nothing was asked yet.
    #[default]
    Unknown,
}

/// How a connection does.
#[derive(Clone, Debug, Default, Serialize, specta::Type)]
pub(crate) struct Health {
    /// In a word.
    pub state: HealthState,
    /// When a call succeeded last.
    pub last_success: Option<String>,
    /// Why the last call that failed did.
    pub last_failure: Option<Reason>,
    /// Until when the platform asked us to wait.
    pub throttled_until: Option<String>,
    /// The soonest end of a token that does not renew itself.
    pub token_expires: Option<String>,
}

/// What a sync would do for a selection.
#[derive(Clone, Debug, Default, Serialize, specta::Type)]
pub(crate) struct SyncPreview {
    /// Where to.
    pub to: String,
    /// Everybody.
    pub total: u64,
    /// Who would be prompted.
    pub prompts: u64,
    /// For whom a bot would be made.
    pub bots: u64,
    /// Who would be invited as a guest.
    pub guests: u64,
    /// Who is synced already.
    pub already: u64,
    /// Who cannot be synced.
    pub blocked: u64,
    /// Why not.
    pub reasons: Vec<ReasonCount>,
    /// The first 100.
    pub people: Vec<PreviewRow>,
    /// Primary platforms whose answers the admin reads by hand.
    pub answers_by_hand: Vec<PlatformId>,
    /// Answers given so far to the platform's questions.
    pub answers: BTreeMap<String, String>,
}

/// One person of a preview.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct PreviewRow {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Where they work.
    pub primary: Option<PlatformId>,
    /// Whether they have an account there.
    pub has_account: bool,
    /// What would be done.
    pub action: Option<Action>,
    /// How.
    pub steps: Vec<String>,
    /// Why not.
    pub reason: Option<Reason>,
}

pub(crate) async fn preview_sync(opened: &Opened, selection: &Selection, to: PlatformId) -> engine::Result<SyncPreview> {
    let reading = opened.reading();
    let mut preview = SyncPreview { to: to.to_string(), ..SyncPreview::default() };
    let mut reasons: BTreeMap<String, ReasonCount> = BTreeMap::new();
    let mut by_hand = std::collections::BTreeSet::new();
    reading
        .plan_each(selection, to, |name, primary, plan| {
            preview.total += 1;
            let (action, steps, reason) = match plan.what {
                Ok(planned) => (Some(planned.action), planned.steps, None),
                Err(blocks) => (None, Vec::new(), Some(first_reason(blocks))),
            };
            match action {
                Some(Action::Prompt) => {
                    preview.prompts += 1;
                    by_hand.extend(primary);
                }
                Some(Action::CreateBot) => preview.bots += 1,
                Some(Action::InviteGuest) => preview.guests += 1,
                Some(Action::None) => preview.already += 1,
                None => preview.blocked += 1,
            }
            if let Some(reason) = &reason {
                reasons.entry(reason.kind.clone()).or_insert(ReasonCount { reason: reason.clone(), count: 0 }).count += 1;
            }
            if preview.people.len() < 100 {
                preview.people.push(PreviewRow { person: plan.person, name: name.to_owned(), primary, has_account: false, action, steps, reason });
            }
        })
        .await?;
    let ids: Vec<PersonId> = preview.people.iter().map(|row| row.person).collect();
    let rows = reading.rows_of(&ids).await?;
    for row in &mut preview.people {
        row.has_account = rows.iter().any(|person| person.id == row.person && person.accounts.contains_key(&to));
    }
    preview.reasons = reasons.into_values().collect();
    preview.answers_by_hand = opened
        .platforms()
        .iter()
        .map(|platform| platform.info())
        .filter(|info| by_hand.contains(&info.id) && !info.capabilities.poll_answers)
        .map(|info| info.id)
        .collect();
    preview.answers =
        reading.connections().await?.into_iter().find(|view| view.platform == to).map(|view| view.answers).unwrap_or_default();
    Ok(preview)
}
