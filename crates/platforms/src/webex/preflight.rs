//! What Webex would refuse, said before anything is sent: nothing beyond what every platform refuses (deactivated people, missing
//! scopes, the sender prompting itself), because Webex lets an account write to everybody in its organisation.

use engine::preflight::{Block, Facts};

pub(super) fn preflight(_facts: &Facts<'_>) -> Vec<Block> {
    Vec::new()
}
