//! What the page must know of a platform, as data: it draws from this and asks for no platform by name.

use engine::model::{PlatformId, RepresentationKind};
use engine::platform::PlatformInfo;
use engine::signin::{Field, Shape, Source};
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
    /// The vendor's clouds, the commercial one first.
    pub clouds: Vec<CloudSheet>,
    /// The connection's tokens.
    pub slots: Vec<SlotSheet>,
    /// What the admin enters to connect.
    pub fields: Vec<FieldSheet>,
    /// What is asked for, with the reason of each.
    pub scopes: Vec<ScopeSheet>,
    /// The multi-factor questions.
    pub questions: Vec<QuestionSheet>,
}

/// One of a vendor's clouds.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct CloudSheet {
    /// The word that is stored.
    pub name: String,
    /// As admins know it.
    pub title: String,
    /// What is known not to work there; empty when nothing is known.
    pub limits: String,
}

/// A token of a connection.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub(crate) struct SlotSheet {
    /// Its name.
    pub name: String,
    /// The field that may hold a ready token.
    pub field: String,
    /// Without a ready one, the admin signs in with the browser.
    pub by_browser: bool,
    /// Whether connecting can end without it.
    pub optional: bool,
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
    /// What can be chosen; empty where anything can be entered.
    pub choices: Vec<ChoiceSheet>,
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
    /// What does not work without it.
    pub without: String,
    /// Whether it may be left out.
    pub optional: bool,
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
            clouds: info
                .clouds
                .iter()
                .map(|cloud| CloudSheet { name: cloud.name.into(), title: cloud.title.into(), limits: cloud.limits.into() })
                .collect(),
            slots: info
                .slots
                .iter()
                .map(|slot| SlotSheet {
                    name: slot.name.into(),
                    field: slot.field.into(),
                    by_browser: matches!(slot.source, Source::Browser(_)),
                    optional: slot.optional,
                })
                .collect(),
            fields: info.fields.iter().map(FieldSheet::from).collect(),
            scopes: scopes
                .map(|(slot, scope)| ScopeSheet {
                    slot: slot.name.into(),
                    name: scope.name.into(),
                    reason: scope.reason.into(),
                    without: scope.without.into(),
                    optional: scope.optional,
                })
                .collect(),
            questions: info
                .questions
                .iter()
                .map(|question| QuestionSheet { key: question.key.into(), text: question.text.into(), choices: choices(question.choices) })
                .collect(),
        }
    }
}

impl From<&Field> for FieldSheet {
    fn from(field: &Field) -> Self {
        let offered = field.shapes.iter().find_map(|shape| match shape {
            Shape::OneOf(words) => Some(*words),
            _ => None,
        });
        Self {
            name: field.name.into(),
            help: field.help.into(),
            secret: field.secret,
            required: field.required,
            choices: choices(offered.unwrap_or_default()),
        }
    }
}

fn choices(words: &[(&str, &str)]) -> Vec<ChoiceSheet> {
    words.iter().map(|(word, label)| ChoiceSheet { word: (*word).into(), label: (*label).into() }).collect()
}
