//! How a platform is set up: the guide, the clouds, the scopes' reasons, the off-switch. Data only; nothing is asked.

use std::collections::{BTreeMap, BTreeSet};

use engine::guide::{Copied, view};
use engine::platform::{CLOUD, Need, Scope};
use engine::signin::{Proof, Shape, Source};
use url::Url;

use crate::{Case, Checked, checks, ensure, say};

checks![
    every_field_stands_in_exactly_one_part_of_the_guide,
    the_guide_leads_to_the_vendors_own_pages_in_every_cloud,
    what_the_guide_opens_and_copies_is_whole_once_everything_is_entered,
    what_may_be_skipped_says_what_does_not_work_then,
    every_scope_says_what_does_not_work_without_it,
    what_is_optional_leaves_importing_possible,
    every_cloud_has_a_counterpart_of_every_host_or_says_so,
    the_field_of_the_cloud_offers_exactly_the_clouds,
    the_off_switch_says_where,
    every_proof_belongs_to_something_that_is_there,
];

/// The domains on which the vendor's own pages lie.
fn domains(case: &Case) -> Result<&'static [&'static str], libtest_mimic::Failed> {
    match case.platform.info().id.as_str() {
        "slack" => Ok(&["slack.com", "slack-gov.com"]),
        "teams" => {
            Ok(&["microsoft.com", "microsoftonline.com", "microsoft.us", "microsoftonline.us", "microsoftonline.cn", "chinacloudapi.cn"])
        }
        "webex" => Ok(&["webex.com"]),
        "zoom" => Ok(&["zoom.us", "zoomgov.com"]),
        other => Err(format!("nobody wrote down the domains of {other}").into()),
    }
}

/// All plain fields filled in, for one cloud.
fn entered(case: &Case, cloud: &str) -> BTreeMap<String, String> {
    let plain = case.platform.info().fields.iter().filter(|field| !field.secret && field.name != CLOUD);
    plain.map(|field| (field.name.to_owned(), "filled-in".to_owned())).chain([(CLOUD.to_owned(), cloud.to_owned())]).collect()
}

fn scopes(case: &Case) -> impl Iterator<Item = &'static Scope> {
    let info = case.platform.info();
    info.slots.iter().flat_map(|slot| slot.scopes).chain(info.employee.iter().flat_map(|employee| employee.scopes))
}

fn is_sentence(text: &str) -> bool {
    text.len() > 10 && text.ends_with('.') && !text.contains("  ")
}

async fn every_field_stands_in_exactly_one_part_of_the_guide(case: Case) -> Checked {
    let info = case.platform.info();
    let mut told: Vec<&str> = info.guide.parts.iter().flat_map(|part| part.fields).copied().collect();
    let mut fields: Vec<&str> = info.fields.iter().map(|field| field.name).collect();
    told.sort_unstable();
    fields.sort_unstable();
    ensure!(told == fields, "the guide tells {told:?} of {fields:?}");
    let first = info.guide.parts.first().and_then(|part| part.fields.first());
    ensure!(info.clouds.len() < 2 || first == Some(&CLOUD), "the cloud is not asked for first");
    Ok(())
}

async fn the_guide_leads_to_the_vendors_own_pages_in_every_cloud(case: Case) -> Checked {
    let domains = domains(&case)?;
    let mut seen = BTreeMap::new();
    for cloud in case.platform.info().clouds {
        let guide = view(case.platform, &entered(&case, cloud.name)).map_err(say)?;
        let opened = guide.parts.iter().filter_map(|part| part.open.as_ref()).map(|open| open.url.clone().unwrap_or_default());
        for link in opened.chain([guide.off_switch_link]) {
            let url = Url::parse(&link).map_err(|error| format!("{link}: {error}"))?;
            let host = url.host_str().unwrap_or_default();
            let own = domains.iter().any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')));
            ensure!(url.scheme() == "https" && own, "{}: {link} is no page of the vendor", cloud.name);
            seen.entry(cloud.name).or_insert_with(BTreeSet::new).insert(host.to_owned());
        }
    }
    let mut clouds = seen.values();
    let first = clouds.next().ok_or("no cloud")?;
    ensure!(clouds.all(|hosts| hosts.is_disjoint(first)), "another cloud's guide leads to pages of the first: {seen:?}");
    Ok(())
}

async fn what_the_guide_opens_and_copies_is_whole_once_everything_is_entered(case: Case) -> Checked {
    let info = case.platform.info();
    let fields: BTreeSet<&str> = info.fields.iter().filter(|field| !field.secret).map(|field| field.name).collect();
    let nothing = view(case.platform, &BTreeMap::new()).map_err(say)?;
    for open in nothing.parts.iter().filter_map(|part| part.open.as_ref()) {
        ensure!(open.url.is_some() == open.waits_for.is_empty(), "{open:?}");
        let strange: Vec<&String> = open.waits_for.iter().filter(|name| !fields.contains(name.as_str())).collect();
        ensure!(strange.is_empty(), "“{}” waits for {strange:?}, which nobody enters in the open", open.label);
    }
    let guide = view(case.platform, &entered(&case, "")).map_err(say)?;
    for (part, data) in guide.parts.iter().zip(info.guide.parts) {
        ensure!(
            part.open.as_ref().is_none_or(|open| open.url.as_ref().is_some_and(|url| !url.contains(['{', '}', ' ']))),
            "{:?}",
            part.open
        );
        ensure!(part.copy.len() == data.copy.len(), "“{}” copies {} of {}", part.title, part.copy.len(), data.copy.len());
        for copy in &part.copy {
            ensure!(!copy.text.trim().is_empty() && !copy.label.is_empty(), "“{}” copies nothing under “{}”", part.title, copy.label);
        }
    }
    let in_address = |part: &engine::guide::Part| part.open.is_some_and(|open| open.url.contains("{manifest}"));
    let uses_manifest = info.guide.parts.iter().any(|part| part.copy.contains(&Copied::Manifest) || in_address(part));
    ensure!(
        uses_manifest == case.platform.manifest().is_some(),
        "a manifest is {} used",
        if uses_manifest { "missing though" } else { "never" }
    );
    if let Some(manifest) = case.platform.manifest() {
        let manifest: serde_json::Value = serde_json::from_str(&manifest).map_err(|error| format!("the manifest is no JSON: {error}"))?;
        ensure!(manifest.is_object(), "the manifest is no object");
    }
    Ok(())
}

async fn what_may_be_skipped_says_what_does_not_work_then(case: Case) -> Checked {
    let info = case.platform.info();
    ensure!(!info.guide.needs.is_empty() && info.guide.needs.iter().all(|need| is_sentence(need)), "{:?}", info.guide.needs);
    for part in info.guide.parts {
        ensure!(!part.title.is_empty() && !part.title.ends_with('.'), "“{}” is no title", part.title);
        ensure!(
            !part.text.is_empty() && part.text.iter().all(|text| is_sentence(text)),
            "“{}” is not told in sentences: {:?}",
            part.title,
            part.text
        );
        ensure!(part.without.is_none_or(is_sentence), "“{}”: {:?}", part.title, part.without);
        let required = part.fields.iter().any(|name| info.fields.iter().any(|field| field.name == *name && field.required));
        ensure!(!required || part.without.is_none(), "“{}” may be skipped although connecting needs it", part.title);
    }
    Ok(())
}

async fn every_scope_says_what_does_not_work_without_it(case: Case) -> Checked {
    for scope in scopes(&case) {
        ensure!(is_sentence(scope.without), "{}: “{}”", scope.name, scope.without);
        ensure!(scope.without != scope.reason, "{} repeats its reason", scope.name);
    }
    Ok(())
}

async fn what_is_optional_leaves_importing_possible(case: Case) -> Checked {
    let info = case.platform.info();
    for scope in scopes(&case).filter(|scope| scope.optional && scope.need == Need::Import) {
        ensure!(!scope.without.starts_with("Nobody"), "{} is optional, and nobody can be imported without it", scope.name);
    }
    let reads = info.slots.iter().flat_map(|slot| slot.scopes).any(|scope| scope.need == Need::Import && !scope.optional);
    ensure!(reads, "everything that importing needs could be left out");
    // A scope is left out by its name, wherever it is asked for.
    for left_out in scopes(&case).filter(|scope| scope.optional) {
        let elsewhere = scopes(&case).find(|scope| scope.name == left_out.name && !scope.optional);
        ensure!(elsewhere.is_none(), "{} may be left out in one place and not in another", left_out.name);
    }
    let advice = info.slots.iter().flat_map(|slot| slot.scopes).filter(|scope| scope.need == Need::Advice);
    ensure!(advice.clone().all(|scope| scope.optional), "advice is not optional");
    Ok(())
}

async fn every_cloud_has_a_counterpart_of_every_host_or_says_so(case: Case) -> Checked {
    let info = case.platform.info();
    let first = info.clouds.first().ok_or("no cloud")?;
    ensure!(first.name == "commercial" && first.hosts.is_empty() && first.pages.is_empty(), "{first:?}");
    let names: BTreeSet<&str> = info.clouds.iter().map(|cloud| cloud.name).collect();
    ensure!(names.len() == info.clouds.len(), "two clouds share a name");
    for cloud in info.clouds.iter().skip(1) {
        ensure!(!cloud.title.is_empty(), "{} has no title", cloud.name);
        let missing: Vec<&&str> = info.hosts.iter().filter(|host| info.host_in(cloud, host).is_none()).collect();
        ensure!(missing.is_empty() || is_sentence(cloud.limits), "{} has no {missing:?} and does not say so", cloud.name);
        for (from, to) in cloud.hosts.iter().chain(cloud.pages) {
            ensure!(from != to, "{}: {from} is moved to itself", cloud.name);
            ensure!(!info.hosts.contains(to), "{}: {to} is a host of the first cloud", cloud.name);
        }
        let strange: Vec<&&str> = cloud.hosts.iter().map(|(from, _)| from).filter(|from| !info.hosts.contains(from)).collect();
        ensure!(strange.is_empty(), "{} moves {strange:?}, which no request goes to", cloud.name);
    }
    Ok(())
}

async fn the_field_of_the_cloud_offers_exactly_the_clouds(case: Case) -> Checked {
    let info = case.platform.info();
    let field = info.fields.first().filter(|field| field.name == CLOUD).ok_or("the first field is not the cloud")?;
    ensure!(!field.required && !field.secret && field.proof == Proof::Looks, "{field:?}");
    let [Shape::OneOf(choices)] = field.shapes else { return Err(format!("{:?} is no choice", field.shapes).into()) };
    let clouds: Vec<(&str, &str)> = info.clouds.iter().map(|cloud| (cloud.name, cloud.title)).collect();
    ensure!(*choices == clouds.as_slice(), "{choices:?} for {clouds:?}");
    Ok(())
}

async fn the_off_switch_says_where(case: Case) -> Checked {
    let switch = case.platform.info().off_switch;
    ensure!(is_sentence(switch.how) && switch.link.starts_with("https://"), "{switch:?}");
    Ok(())
}

async fn every_proof_belongs_to_something_that_is_there(case: Case) -> Checked {
    let info = case.platform.info();
    for field in info.fields {
        match field.proof {
            Proof::Looks => {}
            Proof::Token(slot) => {
                ensure!(
                    info.slots.iter().any(|known| known.name == slot && known.field == field.name),
                    "{} is no token of {slot}",
                    field.name
                );
            }
            Proof::Client(code) => ensure!(info.hosts.iter().any(|host| code.token_url.contains(host)), "{}", field.name),
            Proof::Device => {
                let device = info.employee.and_then(|employee| employee.device);
                ensure!(device.is_some(), "{} is to be proven by a device grant that is not there", field.name);
            }
            Proof::Fetch(slot) => {
                let known = info.slots.iter().any(|known| known.name == slot && matches!(known.source, Source::Client(_)));
                ensure!(known, "{} is to be proven by {slot}, whose token no client fetches", field.name);
            }
            Proof::Page(page) => ensure!(page.contains(&format!("{{{}}}", field.name)), "{page} does not depend on {}", field.name),
        }
        let token = info.slots.iter().find(|slot| slot.field == field.name);
        ensure!(token.is_none_or(|slot| field.proof == Proof::Token(slot.name)), "the token {} is not proven", field.name);
    }
    Ok(())
}
