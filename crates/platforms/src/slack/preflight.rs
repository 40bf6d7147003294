//! What Slack would refuse, said before anything is sent: nothing beyond what every platform refuses (deactivated people, missing
//! scopes), because prompts and posts come from the app, which may write to every member and guest of the workspace.

use engine::preflight::{Block, Facts};

pub(super) fn preflight(_facts: &Facts<'_>) -> Vec<Block> {
    Vec::new()
}
