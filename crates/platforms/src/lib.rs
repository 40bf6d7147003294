//! Their machines: one folder per platform, all alike. An adapter turns the engine's calls into HTTPS requests to the vendor's
//! production hosts and the vendor's answers back into the engine's words.
//!
//! An adapter knows nothing of tokens, time, retries, the database or the simulator; see `engine::platform` for the contract.
//! Every folder holds the same files with the same contents in the same order: `info` (data), `guide` (how a company sets it up, and
//! the vendor's clouds), `people` (directory), `messages` (direct messages), `stand_in` (bots and guests, where the platform has
//! them), `grants` (what a token is, and the end of it), `preflight`, `wire` (the vendor's shapes) and `error` (the vendor's refusals).

mod html;
mod http;
mod slack;
mod teams;
mod webex;
mod zoom;

#[cfg(test)]
mod testing;

use engine::platform::Platforms;

/// Every platform of this program, in the order in which people see them.
pub fn all() -> Platforms {
    Platforms::new(vec![&slack::Slack, &teams::Teams, &webex::Webex, &zoom::Zoom])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use engine::platform::PlatformInfo;
    use engine::signin::{Client, Slot, Source};

    use super::*;

    fn every(check: impl Fn(&'static PlatformInfo)) {
        all().iter().for_each(|platform| check(platform.info()));
    }

    fn client_fields(client: &Client) -> Vec<&'static str> {
        match client {
            Client::Public { id } => vec![id],
            Client::Form(fields) | Client::Basic(fields) | Client::BasicAndForm(fields) => vec![fields.id, fields.secret],
        }
    }

    fn source_urls_and_fields(slot: &Slot) -> (Vec<&'static str>, Vec<&'static str>) {
        match slot.source {
            Source::Given => (vec![], vec![]),
            Source::Browser(code) => (vec![code.authorize_url, code.token_url], client_fields(&code.client)),
            Source::Client(grant) => (
                vec![grant.token_url],
                client_fields(&grant.client).into_iter().chain(grant.parameters.iter().map(|(_, field)| *field)).collect(),
            ),
            Source::Minted(mint) => (
                vec![mint.url, mint.refresh_url],
                client_fields(&mint.client)
                    .into_iter()
                    .chain(mint.members.iter().map(|(_, field)| *field).filter(|field| *field != "{tenant}"))
                    .collect(),
            ),
        }
    }

    fn employee_urls_and_fields(info: &PlatformInfo) -> (Vec<&'static str>, Vec<&'static str>) {
        let (mut urls, mut fields) = (vec![], vec![]);
        if let Some(device) = info.employee.as_ref().and_then(|employee| employee.device) {
            urls.extend([device.start_url, device.poll_url, device.refresh_url]);
            for client in [device.start_client, device.poll_client, device.refresh_client] {
                fields.extend(client_fields(&client));
            }
        }
        if let Some(paste_back) = info.employee.as_ref().and_then(|employee| employee.paste_back) {
            urls.extend([paste_back.code.authorize_url, paste_back.code.token_url]);
            fields.extend(client_fields(&paste_back.code.client));
        }
        (urls, fields)
    }

    #[test]
    fn every_slug_is_used_once() {
        let slugs: Vec<_> = all().iter().map(|platform| platform.info().id).collect();
        assert_eq!(slugs.len(), slugs.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn every_sign_in_address_lies_on_a_declared_host() {
        every(|info| {
            let urls = info.slots.iter().flat_map(|slot| source_urls_and_fields(slot).0).chain(employee_urls_and_fields(info).0);
            for url in urls {
                let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
                assert!(info.hosts.contains(&host), "{}: {url}", info.name);
            }
        });
    }

    #[test]
    fn every_field_that_a_sign_in_reads_is_a_field_that_the_admin_can_enter() {
        every(|info| {
            let known: BTreeSet<_> = info.fields.iter().map(|field| field.name).collect();
            let read = info
                .slots
                .iter()
                .flat_map(|slot| source_urls_and_fields(slot).1.into_iter().chain([slot.field]))
                .chain(employee_urls_and_fields(info).1);
            for field in read {
                assert!(known.contains(field), "{}: {field}", info.name);
            }
        });
    }

    #[test]
    fn every_secret_field_is_marked_secret() {
        every(|info| {
            for field in info.fields {
                let sounds_secret = field.name.ends_with("token") || field.name.ends_with("secret");
                assert_eq!(field.secret, sounds_secret, "{}: {}", info.name, field.name);
            }
        });
    }

    #[test]
    fn every_scope_has_a_reason_and_every_help_is_a_sentence() {
        every(|info| {
            let slots = info.slots.iter().flat_map(|slot| slot.scopes);
            let employee = info.employee.iter().flat_map(|employee| employee.scopes);
            for reason in slots.chain(employee).map(|scope| scope.reason).chain(info.fields.iter().map(|field| field.help)) {
                assert!(reason.ends_with('.') && reason.len() > 15, "{}: {reason}", info.name);
            }
        });
    }

    #[test]
    fn every_rate_and_limit_is_positive() {
        every(|info| {
            assert!(info.text_limit > 0 && info.page_size > 0 && !info.rates.is_empty(), "{}", info.name);
            for rate in info.rates {
                assert!(rate.amount > 0 && rate.burst > 0 && !rate.per.is_zero(), "{}: {}", info.name, rate.class);
            }
        });
    }

    #[test]
    fn what_is_offered_has_its_sign_in() {
        every(|info| {
            assert_eq!(info.capabilities.own_account, info.employee.is_some(), "{}", info.name);
        });
    }
}
