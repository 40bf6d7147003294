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
        message: format!(
            "{} is the account that writes for User Sync on Webex, and Webex carries no message to its own writer.",
            facts.name
        ),
        remedy: "Connect Webex with a service account as the sender: usersync connect webex".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::*;
    use engine::model::{Account, AccountKind};

    fn reasons(account: &str, action: Action) -> Vec<&'static str> {
        let account = Account {
            platform: super::super::INFO.id,
            id: account.into(),
            kind: AccountKind::Member,
            active: true,
            name: "Ana".into(),
            email: None,
            aliases: vec![],
            email_verified: true,
            avatar: None,
            licensed: None,
            attributes: Default::default(),
        };
        let connection = facts();
        let facts = Facts { name: "Ana", addresses: &[], account: Some(&account), primary: None, connection: &connection, action };
        preflight(&facts).into_iter().map(|block| block.reason).collect()
    }

    #[test]
    fn the_sender_cannot_be_prompted_by_itself_and_everybody_else_can() {
        assert_eq!(reasons("P1", Action::CarryPrompt), ["sender_itself"]);
        assert_eq!(reasons("P2", Action::CarryPrompt), [""; 0]);
        assert_eq!(reasons("P1", Action::OwnAccount), [""; 0]);
    }
}
