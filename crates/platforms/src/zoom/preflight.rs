//! What Zoom would refuse, said before anything is sent.

use engine::model::Act;
use engine::preflight::{Action, Block, Facts};

use super::info::{EMPLOYEE_CLIENT, EMPLOYEE_PUBLIC_CLIENT};

pub(super) fn preflight(facts: &Facts<'_>) -> Vec<Block> {
    match facts.action {
        Action::OwnAccount => no_employee_app(facts).into_iter().collect(),
        Action::CarryPrompt | Action::StandIn => Vec::new(),
    }
}

/// The server-to-server app cannot be authorised by employees.
fn no_employee_app(facts: &Facts<'_>) -> Option<Block> {
    let fields = &facts.connection.fields;
    let known = [EMPLOYEE_CLIENT, EMPLOYEE_PUBLIC_CLIENT].iter().any(|field| fields.get(*field).is_some_and(|id| !id.is_empty()));
    (!known).then(|| Block {
        reason: "no_employee_app",
        message: "Employees authorise their own Zoom account through a second app, and none was entered.".into(),
        remedy: "Create a user-managed General App in the Zoom App Marketplace, then connect Zoom again with employee.client_id, employee.client_secret and employee.public_client_id.".into(),
        act: Some(Act::Connect { platform: super::INFO.id }),
    })
}

#[cfg(test)]
mod tests {
    use engine::model::{Account, AccountKind};
    use engine::platform::ConnectionFacts;

    use super::super::INFO;
    use super::super::tests::facts;
    use super::*;

    fn account(id: &str) -> Account {
        Account {
            platform: INFO.id,
            id: id.into(),
            kind: AccountKind::Member,
            active: true,
            name: "Ana".into(),
            email: None,
            aliases: vec![],
            email_verified: true,
            avatar: None,
            licensed: None,
            attributes: Default::default(),
        }
    }

    #[test]
    fn what_zoom_would_refuse_is_said_before() {
        let check = |action, id: &str, connection: &ConnectionFacts, expected: &[&str]| {
            let account = account(id);
            let found = preflight(&Facts { name: "Ana", addresses: &[], account: Some(&account), primary: None, connection, action });
            assert_eq!(found.iter().map(|block| block.reason).collect::<Vec<_>>(), expected, "{action:?} {id}");
        };
        let mut without_app = facts();
        without_app.fields.retain(|name, _| !name.starts_with("employee."));
        check(Action::CarryPrompt, "U1", &facts(), &[]);
        check(Action::OwnAccount, "U1", &facts(), &[]);
        check(Action::OwnAccount, "U1", &without_app, &["no_employee_app"]);
        check(Action::StandIn, "U1", &without_app, &[]);
    }
}
