//! Employees who authorise their own account: device grant, paste-back, renewal, revocation.

use engine::Kind;
use engine::model::GrantId;
use engine::platform::{GrantFacts, Undone};
use engine::secrets::GrantVault;
use engine::signin::{self, Answer, DeviceCode, Polled, Started, Tokens};
use engine::transport::Subject;
use serde_json::json;
use simulator::Account;
use std::time::Duration;
use user_sync_tests::bed::{Bed, Setup};
use user_sync_tests::employees::act;

use crate::messages::people;
use crate::{Case, Checked, checks, ensure, say};

checks![
    a_code_is_pending_until_the_person_approves_and_then_speaks_for_them,
    asking_too_fast_slows_down_and_is_no_refusal,
    a_declined_code_is_declined,
    an_expired_code_is_expired,
    a_refused_device_grant_is_refused_at_once,
    paste_back_reads_the_address_out_of_what_people_write,
    a_paste_back_link_works_once_and_for_its_own_answer_only,
    an_access_token_that_ran_out_is_renewed,
    ending_a_grant_ends_it_or_says_what_stays,
];

pub(crate) const GRANT: GrantId = GrantId(1);

/// Whether employees of this platform have own accounts; if not, a proof that the grant is refused.
pub(crate) async fn offered(bed: &Bed) -> Result<bool, libtest_mimic::Failed> {
    if bed.platform.info().capabilities.own_account {
        return Ok(true);
    }
    let started = signin::start(&bed.paced, bed.platform, &bed.facts).await.map_err(say)?;
    ensure!(matches!(started, Started::Refused(_)), "a device grant although own accounts are not declared");
    ensure!(signin::invite(&bed.paced, bed.platform, &bed.facts, None).is_err(), "paste-back although own accounts are not declared");
    Ok(false)
}

async fn code(bed: &Bed) -> Result<DeviceCode, libtest_mimic::Failed> {
    match signin::start(&bed.paced, bed.platform, &bed.facts).await.map_err(say)? {
        Started::Code(code) => Ok(code),
        Started::Refused(error) => Err(say(error)),
    }
}

async fn decide(bed: &Bed, person: &Account, verb: &str, code: &DeviceCode) -> Checked {
    let (status, answer) =
        act(&bed.simulator, bed.platform.info().id.as_str(), &person.id, verb, &json!({ "user_code": code.user_code })).await;
    ensure!(status == 200, "the employee cannot {verb}: {answer}");
    Ok(())
}

/// Asks once, as late as the server wants.
async fn poll(bed: &Bed, code: &DeviceCode) -> Result<Polled, libtest_mimic::Failed> {
    bed.simulator.clock().advance(code.interval + Duration::from_secs(1));
    signin::poll(&bed.paced, bed.platform, &bed.facts, code).await.map_err(say)
}

/// The device grant from start to tokens.
pub(crate) async fn tokens(bed: &Bed, person: &Account) -> Result<Tokens, libtest_mimic::Failed> {
    let code = code(bed).await?;
    decide(bed, person, "approve", &code).await?;
    match poll(bed, &code).await? {
        Polled::Granted(tokens) => Ok(tokens),
        other => Err(format!("{other:?}").into()),
    }
}

pub(crate) async fn keep(bed: &Bed, tokens: &Tokens) -> Checked {
    let sealed = bed.paced.sealer().seal_grant(GRANT, bed.platform.info().id, tokens).await.map_err(say)?;
    bed.vault.save(GRANT, sealed).await.map_err(say)
}

async fn a_code_is_pending_until_the_person_approves_and_then_speaks_for_them(case: Case) -> Checked {
    let bed = case.bed().await?;
    if !offered(&bed).await? {
        return Ok(());
    }
    let person = people(&bed)[0];
    let code = code(&bed).await?;
    ensure!(code.url.scheme() == "https" && !code.user_code.is_empty(), "{code:?}");
    ensure!(matches!(poll(&bed, &code).await?, Polled::Waiting { .. }), "not pending");
    decide(&bed, person, "approve", &code).await?;
    let Polled::Granted(tokens) = poll(&bed, &code).await? else { return Err("not granted".into()) };
    keep(&bed, &tokens).await?;
    let identity = bed.connection_as(Subject::Grant(GRANT)).whoami().await.map_err(say)?;
    ensure!(identity.account == person.id, "{} for {}", identity.account, person.id);
    ensure!(bed.facts.identity.as_ref().is_some_and(|own| own.account != identity.account), "the sender's own token was used");
    Ok(())
}

async fn asking_too_fast_slows_down_and_is_no_refusal(case: Case) -> Checked {
    let bed = case.bed().await?;
    if !offered(&bed).await? {
        return Ok(());
    }
    let code = code(&bed).await?;
    let mut intervals = Vec::new();
    for _ in 0..3 {
        match signin::poll(&bed.paced, bed.platform, &bed.facts, &code).await.map_err(say)? {
            Polled::Waiting { interval } => intervals.push(interval),
            other => return Err(format!("{other:?}").into()),
        }
    }
    ensure!(intervals.iter().all(|interval| *interval >= code.interval), "{intervals:?}");
    Ok(())
}

async fn a_declined_code_is_declined(case: Case) -> Checked {
    let bed = case.bed().await?;
    if !offered(&bed).await? {
        return Ok(());
    }
    let code = code(&bed).await?;
    decide(&bed, people(&bed)[0], "decline", &code).await?;
    let polled = poll(&bed, &code).await?;
    ensure!(matches!(polled, Polled::Declined), "{polled:?}");
    Ok(())
}

async fn an_expired_code_is_expired(case: Case) -> Checked {
    let bed = case.bed().await?;
    if !offered(&bed).await? {
        return Ok(());
    }
    let code = code(&bed).await?;
    let (life, now) = (code.expires_at, bed.simulator.clock().now());
    ensure!(life > now, "born expired");
    bed.simulator.clock().advance(Duration::from_secs(life.duration_since(now).as_secs().unsigned_abs() + 1));
    let polled = signin::poll(&bed.paced, bed.platform, &bed.facts, &code).await.map_err(say)?;
    ensure!(matches!(polled, Polled::Expired), "{polled:?}");
    Ok(())
}

async fn a_refused_device_grant_is_refused_at_once(case: Case) -> Checked {
    let bed = case.bed_with(Setup { no_device_grant: true, ..Setup::default() }).await?;
    let started = signin::start(&bed.paced, bed.platform, &bed.facts).await.map_err(say)?;
    ensure!(matches!(started, Started::Refused(_)), "{started:?}");
    Ok(())
}

/// The address on which the employee's browser ended after allowing.
async fn follow(bed: &Bed, person: &Account, link: &signin::PasteLink) -> Result<String, libtest_mimic::Failed> {
    let (status, answer) =
        act(&bed.simulator, bed.platform.info().id.as_str(), &person.id, "follow", &json!({ "url": link.url.as_str() })).await;
    ensure!(status == 200, "the employee cannot follow {}: {answer}", link.url);
    Ok(answer["ended_on"].as_str().unwrap_or_default().to_owned())
}

async fn paste_back_reads_the_address_out_of_what_people_write(case: Case) -> Checked {
    let bed = case.bed_with(Setup { no_device_grant: true, ..Setup::default() }).await?;
    if !bed.platform.info().capabilities.own_account {
        ensure!(signin::invite(&bed.paced, bed.platform, &bed.facts, None).is_err(), "paste-back although own accounts are not declared");
        return Ok(());
    }
    let person = people(&bed)[0];
    let hint = person.email.as_deref();
    let wrap: [fn(&str) -> String; 4] = [
        |address| address.to_owned(),
        |address| format!("it shows this: <{address}> thanks!"),
        |address| format!("<a href=\"{0}\">{0}</a>", address.replace('&', "&amp;")),
        |address| format!("Here:\n  \u{201c}{address}\u{201d}\n"),
    ];
    for written in wrap {
        let link = signin::invite(&bed.paced, bed.platform, &bed.facts, hint).map_err(say)?;
        let text = written(&follow(&bed, person, &link).await?);
        let Answer::Code(code) = signin::read_answer(&link, &text) else { return Err(format!("no code was read in: {text}").into()) };
        let tokens = signin::finish(&bed.paced, bed.platform, &bed.facts, link, code).await.map_err(say)?;
        keep(&bed, &tokens).await?;
        let identity = bed.connection_as(Subject::Grant(GRANT)).whoami().await.map_err(say)?;
        ensure!(identity.account == person.id, "{} for {}", identity.account, person.id);
        bed.paced.connected(bed.platform.info().id, bed.facts.clone());
    }
    Ok(())
}

async fn a_paste_back_link_works_once_and_for_its_own_answer_only(case: Case) -> Checked {
    let bed = case.bed().await?;
    if !offered(&bed).await? {
        return Ok(());
    }
    let person = people(&bed)[0];
    let invite = || signin::invite(&bed.paced, bed.platform, &bed.facts, person.email.as_deref()).map_err(say);
    let (first, second) = (invite()?, invite()?);
    let address = follow(&bed, person, &first).await?;
    ensure!(!matches!(signin::read_answer(&second, &address), Answer::Code(_)), "another link's answer was taken");
    let Answer::Code(code) = signin::read_answer(&first, &address) else { return Err("no code was read".into()) };
    signin::finish(&bed.paced, bed.platform, &bed.facts, first.clone(), code.clone()).await.map_err(say)?;
    let again = signin::finish(&bed.paced, bed.platform, &bed.facts, first, code).await.err().ok_or("a code worked twice")?;
    ensure!(!again.is_passing(), "{:?}", again.kind);
    Ok(())
}

async fn an_access_token_that_ran_out_is_renewed(case: Case) -> Checked {
    let bed = case.bed().await?;
    if !offered(&bed).await? {
        return Ok(());
    }
    let person = people(&bed)[0];
    let tokens = tokens(&bed, person).await?;
    keep(&bed, &tokens).await?;
    let life = tokens.expires_at.ok_or("the token never ends")?.duration_since(bed.simulator.clock().now());
    for _ in 0..2 {
        bed.simulator.clock().advance(Duration::from_secs(life.as_secs().unsigned_abs() + 60));
        let identity = bed.connection_as(Subject::Grant(GRANT)).whoami().await.map_err(say)?;
        ensure!(identity.account == person.id, "{} for {}", identity.account, person.id);
    }
    Ok(())
}

async fn ending_a_grant_ends_it_or_says_what_stays(case: Case) -> Checked {
    let bed = case.bed().await?;
    let info = bed.platform.info();
    if !offered(&bed).await? {
        let error =
            bed.connection().revoke(&GrantFacts { id: GRANT, account: "x".into() }).await.err().ok_or("revoked although not declared")?;
        ensure!(error.kind == Kind::Unsupported, "{:?}", error.kind);
        return Ok(());
    }
    let person = people(&bed)[0];
    let tokens = tokens(&bed, person).await?;
    keep(&bed, &tokens).await?;
    let grant = GrantFacts { id: GRANT, account: person.id.clone() };
    if !info.capabilities.revoke {
        let outcome = bed.connection().revoke(&grant).await;
        let honest = match &outcome {
            Ok(Undone::Left(left)) => !left.why.is_empty(),
            Err(error) => error.kind == Kind::Unsupported,
            Ok(Undone::Gone(_)) => false,
        };
        ensure!(honest, "{outcome:?}");
        return Ok(());
    }
    let undone = bed.connection().revoke(&grant).await.map_err(say)?;
    ensure!(matches!(undone, Undone::Gone(_)), "{undone:?}");
    let error = bed.connection_as(Subject::Grant(GRANT)).whoami().await.err().ok_or("the grant still speaks")?;
    ensure!(error.kind == Kind::SignedOut, "{:?}: {}", error.kind, error.message);
    Ok(())
}
