//! What Webex would refuse, said before anything is sent.

use engine::preflight::{Action, Block, Facts};

pub(super) fn preflight(facts: &Facts<'_>) -> Vec<Block> {
    match facts.action {
        Action::CarryPrompt => sender_itself(facts).into_iter().collect(),
        Action::OwnAccount | Action::StandIn => Vec::new(),
    }
}

/// Webex has no conversation of one.
fn sender_itself(facts: &Facts<'_>) -> Option<Block> {
    let sender = facts.connection.identity.as_ref()?;
    (facts.account?.id == sender.account).then(|| Block {
        reason: "sender_itself",
        message: format!("{} is the account that writes for User Sync on Webex, and Webex carries no message to its own writer.", facts.name),
        remedy: "Connect Webex with a service account as the sender: usersync connect webex".into(),
    })
}
