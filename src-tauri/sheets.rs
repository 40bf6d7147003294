//! What the page must know of a platform, as data: it draws from this and asks for no platform by name.

use engine::model::{PlatformId, RepresentationKind};
use engine::platform::PlatformInfo;
use serde::Serialize;

/// What a platform is; the order of a list of them is the order in which people see platforms.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct PlatformSheet {
    /// Slug.
    pub id: PlatformId,
    /// The name people know.
    pub name: String,
    /// What one tenant is called: workspace, tenant, organisation, account.
    pub tenant_word: String,
    /// Whether teams can be chosen for import.
    pub teams: bool,
    /// Whether a person can authorise their own account.
    pub own_account: bool,
    /// How a person is represented otherwise.
    pub stand_in: Option<RepresentationKind>,
    /// Whether the stand-in is used even when the person has an account there.
    pub stand_in_always: bool,
    /// Whether a stand-in can be removed again.
    pub stand_in_removable: bool,
    /// False: the admin presses "Check answers" while the person is there.
    pub poll_answers: bool,
    /// What the admin enters to connect.
    pub fields: Vec<FieldSheet>,
    /// What is asked for, with the reason of each.
    pub scopes: Vec<ScopeSheet>,
    /// The multi-factor questions.
    pub questions: Vec<QuestionSheet>,
}

/// Something the admin enters to connect.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct FieldSheet {
    /// `client_id`, `employee.client_secret`.
    pub name: String,
    /// What it is and where it is found.
    pub help: String,
    /// Goes to the keychain and is never shown again.
    pub secret: bool,
    /// Connecting cannot begin without it.
    pub required: bool,
}

/// A permission.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct ScopeSheet {
    /// Which token has it.
    pub slot: String,
    /// The platform's word.
    pub name: String,
    /// Why it is asked for.
    pub reason: String,
}

/// A question whose answer is kept with the connection.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct QuestionSheet {
    /// Under which key the answer is kept.
    pub key: String,
    /// As people read it.
    pub text: String,
    /// Possible answers.
    pub choices: Vec<ChoiceSheet>,
}

/// A possible answer.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct ChoiceSheet {
    /// What is stored.
    pub word: String,
    /// As people read it.
    pub label: String,
}

impl From<&PlatformInfo> for PlatformSheet {
    fn from(info: &PlatformInfo) -> Self {
        let capabilities = &info.capabilities;
        let scopes = info.slots.iter().flat_map(|slot| slot.scopes.iter().map(move |scope| (slot, scope)));
        Self {
            id: info.id,
            name: info.name.into(),
            tenant_word: info.tenant_word.into(),
            teams: capabilities.teams,
            own_account: capabilities.own_account,
            stand_in: capabilities.stand_in,
            stand_in_always: capabilities.stand_in_always,
            stand_in_removable: capabilities.stand_in_removable,
            poll_answers: capabilities.poll_answers,
            fields: info
                .fields
                .iter()
                .map(|field| FieldSheet {
                    name: field.name.into(),
                    help: field.help.into(),
                    secret: field.secret,
                    required: field.required,
                })
                .collect(),
            scopes: scopes
                .map(|(slot, scope)| ScopeSheet { slot: slot.name.into(), name: scope.name.into(), reason: scope.reason.into() })
                .collect(),
            questions: info
                .questions
                .iter()
                .map(|question| QuestionSheet {
                    key: question.key.into(),
                    text: question.text.into(),
                    choices: question
                        .choices
                        .iter()
                        .map(|(word, label)| ChoiceSheet { word: (*word).into(), label: (*label).into() })
                        .collect(),
                })
                .collect(),
        }
    }
}
