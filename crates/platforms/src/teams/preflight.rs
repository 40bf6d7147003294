//! What Microsoft Teams would refuse, said before anything is sent.

use engine::model::{AccountKind, Act, case_fold};
use engine::preflight::{Action, Block, Facts};

use super::people::VERIFIED_DOMAINS;

pub(super) fn preflight(facts: &Facts<'_>) -> Vec<Block> {
    let found = match facts.action {
        Action::CarryPrompt => [no_licence(facts), None],
        Action::OwnAccount => [already_guest(facts), no_licence(facts)],
        Action::StandIn => [already_guest(facts), own_domain(facts)],
    };
    found.into_iter().flatten().collect()
}

/// Without a licence that holds Teams the account has no chat.
fn no_licence(facts: &Facts<'_>) -> Option<Block> {
    (facts.account?.licensed == Some(false)).then(|| Block {
        reason: "no_licence",
        message: format!("{}'s account has no Microsoft Teams licence, so it can neither send nor receive messages.", facts.name),
        remedy: format!(
            "Assign {} a licence that includes Microsoft Teams in the Microsoft 365 admin center, then import Microsoft Teams again.",
            facts.name
        ),
        act: Some(Act::Import { platform: super::INFO.id }),
    })
}

/// Nobody knows whether Graph lets a guest send; and a guest that we did not make is not ours to use.
fn already_guest(facts: &Facts<'_>) -> Option<Block> {
    (facts.account?.kind == AccountKind::Guest).then(|| Block {
        reason: "already_guest",
        message: format!(
            "{} is a guest of the Teams tenant already, and Microsoft gives guests no sure way to exchange messages through an app.",
            facts.name
        ),
        remedy: format!("Give {} an ordinary licensed account in the tenant, or make Microsoft Teams their primary platform.", facts.name),
        act: None,
    })
}

/// Microsoft refuses to invite an address of the tenant's own domains.
fn own_domain(facts: &Facts<'_>) -> Option<Block> {
    let address = facts.addresses.first()?;
    let (_, domain) = address.rsplit_once('@')?;
    let domain = case_fold(domain);
    let domains = facts.connection.identity.as_ref()?.facts.get(VERIFIED_DOMAINS)?;
    domains.contains(&domain).then(|| Block {
        reason: "own_domain",
        message: format!(
            "{}'s address lies in {domain}, which is the Teams tenant's own domain, and Microsoft invites no guest from there.",
            facts.name
        ),
        remedy: format!("Give {} a licensed account in the Teams tenant, or make Microsoft Teams their primary platform.", facts.name),
        act: None,
    })
}

#[cfg(test)]
mod tests {
    use engine::model::Account;
    use engine::platform::ConnectionFacts;

    use super::super::INFO;
    use super::super::tests::facts;
    use super::*;

    fn account(kind: AccountKind, licensed: Option<bool>) -> Account {
        Account {
            platform: INFO.id,
            id: "U1".into(),
            kind,
            active: true,
            name: "Ana".into(),
            email: None,
            aliases: vec![],
            email_verified: true,
            avatar: None,
            licensed,
            attributes: Default::default(),
        }
    }

    fn check(action: Action, account: Option<&Account>, address: &str, connection: &ConnectionFacts, expected: &[&str]) {
        let addresses: Vec<String> = [address].into_iter().filter(|address| !address.is_empty()).map(str::to_owned).collect();
        let found = preflight(&Facts { name: "Ana", addresses: &addresses, account, primary: None, connection, action });
        assert_eq!(found.iter().map(|block| block.reason).collect::<Vec<_>>(), expected, "{action:?} {account:?} {address}");
        for block in found {
            assert!(block.message.ends_with('.') && block.remedy.len() > 20, "{block:?}");
        }
    }

    #[test]
    fn what_microsoft_would_refuse_is_said_before() {
        let facts = facts();
        let licensed = account(AccountKind::Member, Some(true));
        let unlicensed = account(AccountKind::Member, Some(false));
        let guest = account(AccountKind::Guest, None);
        check(Action::CarryPrompt, Some(&licensed), "", &facts, &[]);
        check(Action::CarryPrompt, Some(&unlicensed), "", &facts, &["no_licence"]);
        check(Action::CarryPrompt, Some(&guest), "", &facts, &[]);
        check(Action::OwnAccount, Some(&licensed), "ana@own.example", &facts, &[]);
        check(Action::OwnAccount, Some(&unlicensed), "ana@own.example", &facts, &["no_licence"]);
        check(Action::OwnAccount, Some(&guest), "ana@partner.example", &facts, &["already_guest"]);
        check(Action::StandIn, None, "ana@partner.example", &facts, &[]);
        check(Action::StandIn, None, "Ana@OWN.example", &facts, &["own_domain"]);
        check(Action::StandIn, None, "ana@eu.own.example", &facts, &["own_domain"]);
        check(Action::StandIn, None, "ana@sub.own.example", &facts, &[]);
        check(Action::StandIn, None, "ana@notown.example", &facts, &[]);
        check(Action::StandIn, None, "", &facts, &[]);
        check(Action::StandIn, None, "ana@own.example", &ConnectionFacts::default(), &[]);
    }
}
