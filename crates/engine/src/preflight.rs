//! What a plan asks before anything is sent: the facts, and the blocks that a platform finds in them.

use serde::{Deserialize, Serialize};

use crate::model::{Account, Act, PlatformId, Reason};
use crate::platform::ConnectionFacts;

/// What the platform is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Carry the prompt to the person (asked of the primary platform).
    CarryPrompt,
    /// Let the person authorise their own account (asked of the secondary platform).
    OwnAccount,
    /// Make the bot or guest (asked of the secondary platform).
    StandIn,
}

/// Everything a platform may look at. Facts only, no I/O.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The person's name.
    pub name: &'a str,
    /// The person's addresses, verified ones of all their accounts, case-folded; the first is the main one.
    pub addresses: &'a [String],
    /// The person's account on this platform.
    pub account: Option<&'a Account>,
    /// The person's primary platform.
    pub primary: Option<PlatformId>,
    /// This platform's connection.
    pub connection: &'a ConnectionFacts,
    /// What is asked.
    pub action: Action,
}

/// One thing that a platform would refuse, and what lifts it. Both texts are sentences for a tired admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// A stable word, for example `own_domain`, `no_licence`, `missing_scope`.
    pub reason: &'static str,
    /// What is in the way.
    pub message: String,
    /// The setting or the person who can lift it.
    pub remedy: String,
    /// What a button beside it does.
    pub act: Option<Act>,
}

impl From<Block> for Reason {
    fn from(block: Block) -> Self {
        Self { kind: block.reason.to_owned(), remedy: block.remedy, message: block.message, act: block.act, link: None }
    }
}
