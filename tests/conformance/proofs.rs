//! Credentials before and after: each field is proven as it is entered, and a sign-in that is given up ends at the platform.

use std::collections::BTreeMap;

use engine::Kind;
use engine::model::Advice;
use engine::platform::Undone;
use engine::secrets::Secret;
use engine::signin::{self, CheckState, Given, Proof, Source};
use engine::transport::Subject;
use serde_json::{Value, json};
use user_sync_tests::bed::Bed;
use user_sync_tests::employees::{act, control};

use crate::sign_in::{GRANT, keep, offered, tokens};
use crate::{Case, Checked, checks, ensure, say};

checks![
    what_the_admin_entered_is_proven_and_nobody_notices,
    a_wrong_value_is_refused_with_the_next_step_and_nobody_notices,
    a_token_in_anothers_place_is_refused,
    what_is_entered_first_waits_for_the_rest,
    the_tenants_own_rules_are_told_beforehand_and_change_nothing,
    the_page_of_consent_is_one_that_the_platform_accepts,
    signing_off_ends_the_own_tokens_or_says_what_stays,
    signing_off_ends_nobody_elses_sign_in,
];

/// What people at the platform could notice.
async fn noticed(bed: &Bed) -> Value {
    control(&bed.simulator, "GET", "world", &Value::Null).await.1
}

async fn check(bed: &Bed, given: &Given, field: &str) -> engine::Result<signin::Checked> {
    signin::check_field(&bed.paced, bed.platform, given.clone(), None, field).await
}

async fn what_the_admin_entered_is_proven_and_nobody_notices(case: Case) -> Checked {
    // Proving asks what no connection asks, so it is not recorded.
    let bed = case.bed_off_the_record().await?;
    let (given, before) = (bed.given().map_err(say)?, noticed(&bed).await);
    for field in bed.platform.info().fields.iter().filter(|field| given.contains_key(field.name)) {
        let checked = check(&bed, &given, field.name).await.map_err(|error| format!("{}: {error} {:?}", field.name, error.context))?;
        let expected = if field.proof == Proof::Looks { CheckState::Looks } else { CheckState::Proven };
        ensure!(checked.state == expected && checked.waits_for.is_empty(), "{}: {checked:?}", field.name);
        ensure!(checked.state != CheckState::Proven || checked.says.ends_with('.'), "{}: “{}” is no sentence", field.name, checked.says);
        let value = given.get(field.name).map(Secret::expose).unwrap_or_default();
        ensure!(!field.secret || !format!("{checked:?}").contains(value), "{} stands in the answer", field.name);
    }
    ensure!(noticed(&bed).await == before, "proving changed what people see");
    Ok(())
}

/// Another value of the same looks.
pub(crate) fn wrong(value: &str) -> String {
    let shifted = |letter: char| match letter {
        '0'..='8' => char::from(letter as u8 + 1),
        '9' => '0',
        letter => letter,
    };
    let (head, tail) = value.split_at(value.len() / 2);
    let other = format!("{head}{}", tail.chars().map(shifted).collect::<String>());
    if other == value { format!("{head}{}", tail.chars().rev().collect::<String>()) } else { other }
}

async fn a_wrong_value_is_refused_with_the_next_step_and_nobody_notices(case: Case) -> Checked {
    let bed = case.bed_off_the_record().await?;
    let (given, before) = (bed.given().map_err(say)?, noticed(&bed).await);
    for field in bed.platform.info().fields.iter().filter(|field| field.proof != Proof::Looks) {
        let Some(value) = given.get(field.name) else { continue };
        let wrong = wrong(value.expose());
        let mut given = given.clone();
        given.insert(field.name.to_owned(), Secret::new(wrong.as_str()));
        let error = check(&bed, &given, field.name).await.err().ok_or_else(|| format!("a wrong {} was proven", field.name))?;
        ensure!(
            matches!(error.kind, Kind::Invalid | Kind::SignedOut | Kind::Forbidden),
            "{}: {:?} {}",
            field.name,
            error.kind,
            error.message
        );
        ensure!(!error.is_passing() && error.next_step().len() > 15, "{}: {:?}", field.name, error.remedy);
        let told = format!("{} {} {:?}", error.message, error.next_step(), error.context);
        ensure!(!field.secret || !told.contains(&wrong), "{} stands in the error", field.name);
    }
    for field in bed.platform.info().fields.iter().filter(|field| !field.shapes.is_empty()) {
        let given = BTreeMap::from([(field.name.to_owned(), Secret::new("not what it looks like"))]);
        let error = check(&bed, &given, field.name).await.err().ok_or_else(|| format!("{} can look like anything", field.name))?;
        ensure!(error.kind == Kind::Invalid && error.next_step().contains(field.help), "{}: {}", field.name, error.next_step());
    }
    ensure!(noticed(&bed).await == before, "proving changed what people see");
    Ok(())
}

async fn a_token_in_anothers_place_is_refused(case: Case) -> Checked {
    let bed = case.bed_off_the_record().await?;
    let given = bed.given().map_err(say)?;
    let tokens: Vec<_> = bed.platform.info().slots.iter().filter(|slot| given.contains_key(slot.field)).collect();
    for place in &tokens {
        for other in tokens.iter().filter(|other| other.name != place.name) {
            let mut swapped = given.clone();
            swapped.insert(place.field.to_owned(), given[other.field].clone());
            let error = check(&bed, &swapped, place.field).await.err();
            ensure!(error.is_some_and(|error| !error.is_passing()), "{} was taken for {}", other.field, place.field);
        }
    }
    Ok(())
}

async fn what_is_entered_first_waits_for_the_rest(case: Case) -> Checked {
    let bed = case.bed_off_the_record().await?;
    let given = bed.given().map_err(say)?;
    let (before, mut waiting) = (bed.hosts(), 0);
    for field in bed.platform.info().fields.iter().filter(|field| matches!(field.proof, Proof::Device | Proof::Fetch(_))) {
        let Some(value) = given.get(field.name) else { continue };
        let alone = BTreeMap::from([(field.name.to_owned(), value.clone())]);
        let checked = check(&bed, &alone, field.name).await.map_err(|error| format!("{}: {error}", field.name))?;
        if checked.state == CheckState::Waits {
            ensure!(!checked.waits_for.is_empty() && !checked.waits_for.contains(&field.name.to_owned()), "{checked:?}");
            waiting += 1;
        }
    }
    ensure!(waiting == 0 || bed.hosts() == before, "it was asked before everything was there");
    Ok(())
}

/// Rules that the tenant's administrator can set in the simulator, and what of them is told.
fn rules(bed: &Bed) -> Vec<(Value, &'static [&'static str])> {
    match bed.side() {
        simulator::Platform::Teams => vec![
            (json!({ "consent": "legacy", "device_codes": "allowed" }), &[]),
            (json!({ "consent": "low" }), &["consent"]),
            (json!({ "consent": "recommended" }), &["consent"]),
            (json!({ "consent": "none", "device_codes": "report_only" }), &["consent", "device_code"]),
            (json!({ "consent": "legacy", "device_codes": "blocked" }), &["device_code"]),
        ],
        _ => Vec::new(),
    }
}

async fn the_tenants_own_rules_are_told_beforehand_and_change_nothing(case: Case) -> Checked {
    // What is asked for it is in none of the specifications, so it is not recorded.
    let bed = case.bed_off_the_record().await?;
    let slug = bed.platform.info().id.as_str();
    let abouts = |advice: &[Advice]| advice.iter().map(|advice| advice.about.clone()).collect::<Vec<_>>();
    let before = noticed(&bed).await;
    ensure!(abouts(&bed.facts.advice) == abouts(&bed.connection().advise().await.map_err(say)?), "{:?}", bed.facts.advice);
    let rules = rules(&bed);
    ensure!(!rules.is_empty() || bed.facts.advice.is_empty(), "advice without any rule: {:?}", bed.facts.advice);
    for (rule, expected) in rules {
        let (status, answer) = control(&bed.simulator, "POST", &format!("platform/{slug}/policy"), &rule).await;
        ensure!(status == 200, "{rule}: {answer}");
        let told = bed.connection().advise().await.map_err(say)?;
        ensure!(abouts(&told) == expected, "{rule}: {:?}", abouts(&told));
        for advice in told {
            let sentences = is_whole(&advice.message) && is_whole(&advice.remedy);
            ensure!(sentences && advice.link.as_deref().is_some_and(|link| link.starts_with("https://")), "{advice:?}");
        }
    }
    ensure!(noticed(&bed).await == before, "looking at the rules changed what people see");
    Ok(())
}

/// The page of the guide and of the advice really gives everybody's consent, in the form in which the vendor reads it.
async fn follow_as_admin(bed: &Bed, link: &str) -> Result<String, libtest_mimic::Failed> {
    let slug = bed.platform.info().id.as_str();
    let admin = bed.facts.identity.as_ref().map(|identity| identity.account.clone()).unwrap_or_default();
    let (status, answer) = act(&bed.simulator, slug, &admin, "follow", &json!({ "url": link })).await;
    ensure!(status == 200, "the admin cannot follow {link}: {answer}");
    Ok(answer["ended_on"].as_str().unwrap_or_default().to_owned())
}

async fn the_page_of_consent_is_one_that_the_platform_accepts(case: Case) -> Checked {
    let bed = case.bed_off_the_record().await?;
    let guide = engine::guide::view(bed.platform, &bed.facts.fields).map_err(say)?;
    let links = guide.parts.iter().filter_map(|part| part.open.as_ref()?.url.clone()).filter(|link| link.contains("/adminconsent?"));
    for link in links.chain(bed.facts.advice.iter().filter(|advice| advice.about == "consent").filter_map(|advice| advice.link.clone())) {
        let ended_on = follow_as_admin(&bed, &link).await?;
        ensure!(ended_on.starts_with("http://localhost") && ended_on.contains("admin_consent=True"), "{link} ended on {ended_on}");
    }
    Ok(())
}

async fn signing_off_ends_the_own_tokens_or_says_what_stays(case: Case) -> Checked {
    let bed = case.bed().await?;
    for slot in bed.platform.info().slots.iter().rev() {
        match bed.connection().sign_off(slot.name).await.map_err(|error| format!("{}: {error} {:?}", slot.name, error.context))? {
            Undone::Left(left) => {
                ensure!(is_whole(&left.why) && !left.what.is_empty(), "{}: {left:?}", slot.name);
                ensure!(left.link.is_some_and(|link| link.starts_with("https://")), "{}: no page where it can be ended", slot.name);
            }
            Undone::Gone(what) => {
                ensure!(!what.is_empty(), "{}: gone, but what?", slot.name);
                // A client that gets its tokens by itself gets the next one; the one that was given up is dead all the same.
                let anew = matches!(slot.source, Source::Client(_));
                let proven = bed.connection().prove(slot.name).await;
                let dead = proven.as_ref().err().is_some_and(|error| error.kind == Kind::SignedOut);
                ensure!(dead || anew, "{} still works after its end: {proven:?}", slot.name);
            }
        }
    }
    Ok(())
}

fn is_whole(sentence: &str) -> bool {
    sentence.ends_with('.')
}

async fn signing_off_ends_nobody_elses_sign_in(case: Case) -> Checked {
    let bed = case.bed().await?;
    if !offered(&bed).await? {
        return Ok(());
    }
    let person = crate::messages::people(&bed)[0];
    keep(&bed, &tokens(&bed, person).await?).await?;
    for slot in bed.platform.info().slots {
        bed.connection().sign_off(slot.name).await.map_err(|error| format!("{}: {error} {:?}", slot.name, error.context))?;
    }
    let identity = bed.connection_as(Subject::Grant(GRANT)).whoami().await.map_err(say)?;
    ensure!(identity.account == person.id, "{} for {}", identity.account, person.id);
    Ok(())
}
