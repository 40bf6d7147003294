//! The preview of a whole selection, in the shape that scripts rely on.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Act, PersonId, PlatformId, Reason};
use crate::preflight::Block;

use super::{Action, Planned, SyncPlan};

/// The preview of a whole selection; serialises to the JSON of `plan`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PlanView {
    /// What would happen.
    pub steps: Vec<PlannedRow>,
    /// What cannot happen.
    pub blocked: Vec<BlockedRow>,
    /// How many of each action, how many blocked, how many of each reason.
    pub counts: BTreeMap<String, u64>,
}

/// One person who would be synced.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedRow {
    /// Who.
    pub person: PersonId,
    /// Their name, for people to read.
    pub name: String,
    /// Where to.
    pub to: PlatformId,
    /// What.
    pub action: Action,
    /// How.
    pub steps: Vec<String>,
}

/// One person who cannot be synced.
#[derive(Clone, Debug, Serialize)]
pub struct BlockedRow {
    /// Who.
    pub person: PersonId,
    /// Their name, for people to read.
    pub name: String,
    /// Where to.
    pub to: PlatformId,
    /// A stable word.
    pub reason: String,
    /// What is in the way.
    pub message: String,
    /// What lifts it.
    pub remedy: String,
    /// The next step as data.
    pub act: Option<Act>,
}

impl PlanView {
    /// Adds one person's plan.
    pub fn push(&mut self, name: &str, plan: SyncPlan) {
        let SyncPlan { person, to, what } = plan;
        match what {
            Ok(Planned { action, steps }) => {
                *self.counts.entry(action.as_str().to_owned()).or_default() += 1;
                self.steps.push(PlannedRow { person, name: name.to_owned(), to, action, steps });
            }
            Err(blocks) => {
                let reason = first_reason(blocks);
                *self.counts.entry("blocked".to_owned()).or_default() += 1;
                *self.counts.entry(reason.kind.clone()).or_default() += 1;
                let Reason { kind, remedy, message, act, .. } = reason;
                self.blocked.push(BlockedRow { person, name: name.to_owned(), to, reason: kind, message, remedy, act });
            }
        }
    }
}

/// The reason that people see: the first block.
pub fn first_reason(blocks: Vec<Block>) -> Reason {
    blocks.into_iter().next().map(Reason::from).unwrap_or_else(|| Reason {
        kind: "blocked".into(),
        remedy: "Please report this with the log.".into(),
        message: "The platform blocked it without saying why.".into(),
        act: None,
        link: None,
    })
}
