//! What a platform says of itself.

use std::collections::BTreeSet;

use engine::Kind;
use engine::model::{PersonId, Representation, RepresentationKind, Represented};
use engine::platform::{GrantFacts, RateScope};
use engine::signin::Source;

use crate::{Case, Checked, checks, ensure, say};

checks![
    hosts_are_plain_names_of_the_vendor,
    every_scope_has_a_reason_and_every_field_a_help,
    every_token_is_fed_by_a_declared_field_and_every_client_too,
    every_rate_is_possible,
    what_is_not_declared_is_refused_before_a_request_leaves,
];

async fn hosts_are_plain_names_of_the_vendor(case: Case) -> Checked {
    let info = case.platform.info();
    ensure!(!info.hosts.is_empty(), "no hosts");
    for host in info.hosts {
        let plain = host.split('.').count() >= 2
            && host.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '.' | '-'));
        ensure!(plain && !host.ends_with("localhost") && host.parse::<std::net::IpAddr>().is_err(), "{host} is no plain host name");
    }
    Ok(())
}

async fn every_scope_has_a_reason_and_every_field_a_help(case: Case) -> Checked {
    let info = case.platform.info();
    let employee = info.employee.iter().flat_map(|employee| employee.scopes);
    for scope in info.slots.iter().flat_map(|slot| slot.scopes).chain(employee) {
        ensure!(scope.reason.len() > 15 && scope.reason.ends_with('.'), "{} has no reason in a sentence", scope.name);
    }
    for field in info.fields {
        ensure!(field.help.len() > 15, "{} has no help", field.name);
    }
    Ok(())
}

async fn every_token_is_fed_by_a_declared_field_and_every_client_too(case: Case) -> Checked {
    let info = case.platform.info();
    let fields: BTreeSet<&str> = info.fields.iter().map(|field| field.name).collect();
    let mut needed: Vec<&str> = info.slots.iter().map(|slot| slot.field).collect();
    for slot in info.slots {
        match slot.source {
            Source::Given => {}
            Source::Browser(code) => needed.push(code.client.id_field()),
            Source::Client(grant) => needed.extend(grant.parameters.iter().map(|(_, field)| *field).chain([grant.client.id_field()])),
            Source::Minted(mint) => {
                ensure!(info.slots.iter().any(|other| other.name == mint.signed_by), "{} is signed by no slot", slot.name);
                needed.push(mint.client.id_field());
            }
        }
    }
    if let Some(employee) = info.employee {
        needed.extend(
            employee
                .device
                .iter()
                .flat_map(|device| [device.start_client.id_field(), device.poll_client.id_field(), device.refresh_client.id_field()]),
        );
        needed.extend(employee.paste_back.iter().map(|paste| paste.code.client.id_field()));
    }
    let missing: Vec<&&str> = needed.iter().filter(|name| !fields.contains(**name)).collect();
    ensure!(missing.is_empty(), "no field is called {missing:?}");
    Ok(())
}

async fn every_rate_is_possible(case: Case) -> Checked {
    let info = case.platform.info();
    ensure!(!info.rates.is_empty(), "no rates");
    for rate in info.rates {
        ensure!(rate.amount > 0 && rate.burst > 0 && !rate.per.is_zero(), "{rate:?} is no rate");
        ensure!(rate.scope == RateScope::Tenant || info.rates.iter().any(|other| other.class == rate.class), "{rate:?}");
    }
    Ok(())
}

async fn what_is_not_declared_is_refused_before_a_request_leaves(case: Case) -> Checked {
    let bed = case.bed().await?;
    let (info, connection) = (bed.platform.info(), bed.connection());
    let before = lines(&case.record);
    let mut refused = Vec::new();
    if !info.capabilities.teams {
        refused.push(connection.teams(None).await.err());
    }
    if info.capabilities.stand_in.is_none() {
        let person =
            Represented { key: PersonId(1).to_string(), name: "Ana Ruiz".into(), email: None, avatar: None, primary: "elsewhere".into() };
        refused.push(connection.represent(&person, "k").await.err());
        let stand_in =
            Representation { kind: RepresentationKind::Bot, id: "x".into(), name: "Ana Ruiz".into(), detail: None, created: true };
        refused.push(connection.dismiss(&stand_in).await.err());
    }
    if !info.capabilities.own_account {
        refused.push(connection.revoke(&GrantFacts { id: engine::model::GrantId(1), account: "x".into() }).await.err());
        ensure!(info.employee.is_none(), "an employee could sign in although own accounts are not declared");
    }
    for error in refused {
        let error = error.ok_or("an undeclared call was accepted")?;
        ensure!(error.kind == Kind::Unsupported, "{}", say(error).message().unwrap_or_default());
    }
    ensure!(lines(&case.record) == before, "a request left");
    Ok(())
}

fn lines(record: &std::path::Path) -> usize {
    std::fs::read_to_string(record).unwrap_or_default().lines().count()
}
