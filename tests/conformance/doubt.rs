//! What nobody knows: calls that were acted upon without an answer, and looks that find nothing yet. Whatever is asked in which
//! order, the world holds one message and one bot or guest.

use engine::error::Acted;
use engine::model::{Intent, Outcome, Recipient, Represented};
use engine::platform::{CLOUD, ConnectionFacts, PlatformInfo};
use engine::{Error, Result};
use user_sync_tests::bed::Bed;
use user_sync_tests::employees::heard;

use crate::faults::{Lost, hide, lose};
use crate::messages::{people, recipient};
use crate::stand_ins::{here, person};
use crate::{Case, Checked, checks, ensure, say};

checks![
    a_message_that_was_sent_without_an_answer_is_there_once,
    a_message_that_shows_only_after_a_while_is_there_once,
    a_stand_in_that_was_made_without_an_answer_is_there_once,
    a_stand_in_that_shows_only_after_a_while_is_there_once,
    what_is_in_doubt_can_be_looked_up_on_the_platforms_own_pages_only,
];

/// How the answer goes missing.
const WAYS: [fn(&Bed, Lost); 2] = [lose, |bed, what| hide(bed, what, 1)];

/// A text that no other message has, as every prompt is one.
const TEXT: &str = "Your code is:\nQRST-7788\n5 < 6 & 7 > 6";

/// Does a thing until it is known, as the engine does: what is uncertain is looked up, and a look that finds nothing counts after a while.
async fn until_known(bed: &Bed, intent: &Intent) -> Result<Outcome> {
    for _ in 0..3 {
        let error = match act(bed, intent).await {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        if error.acted == Acted::No {
            return Err(error);
        }
        if let Some(outcome) = bed.connection().confirm(intent).await? {
            return Ok(outcome);
        }
        bed.simulator.clock().advance(bed.platform.info().settles);
        if let Some(outcome) = bed.connection().confirm(intent).await? {
            return Ok(outcome);
        }
    }
    Err(Error::new(engine::Kind::Bug, "test", "It is never known."))
}

async fn act(bed: &Bed, intent: &Intent) -> Result<Outcome> {
    match intent {
        Intent::Direct { to, text, key, .. } => bed.connection().send_direct(to, text, key).await.map(Outcome::Sent),
        Intent::Represent { person, key, .. } => bed.connection().represent(person, key).await.map(Outcome::Represented),
    }
}

fn message(bed: &Bed, to: Recipient) -> Intent {
    let since = bed.simulator.clock().now();
    Intent::Direct { to, text: TEXT.into(), key: "key-1".into(), since, sender: None, after: None }
}

fn stand_in(bed: &Bed, person: Represented) -> Intent {
    Intent::Represent { person, key: "key-1".into(), since: bed.simulator.clock().now(), last: None }
}

/// How long lists lag behind here: nearly as long as the platform says that an outcome may take.
fn lag(bed: &Bed) {
    bed.simulator.set_lag(bed.side(), bed.platform.info().settles - std::time::Duration::from_secs(1));
}

async fn sent_once(case: &Case, prepare: impl Fn(&Bed)) -> Checked {
    for way in WAYS {
        let bed = case.bed().await?;
        let to = people(&bed)[0];
        let intent = message(&bed, recipient(&bed, to).await?);
        prepare(&bed);
        // The conversation is opened by the first call at some platforms, so that it is the message whose answer gets lost.
        bed.connection().send_direct(&recipient(&bed, people(&bed)[1]).await?, "before", "key-0").await.map_err(say)?;
        way(&bed, Lost::Message);
        let outcome = until_known(&bed, &intent).await.map_err(say)?;
        let seen = heard(&bed.simulator, bed.platform.info().id.as_str(), &to.id).await;
        ensure!(seen.iter().filter(|(_, text)| text == TEXT).count() == 1, "{seen:?}");
        let Outcome::Sent(sent) = outcome else { return Err(format!("{outcome:?}").into()) };
        let edited = bed.connection().edit_direct(&sent, "edited").await.map_err(say)?;
        let seen = heard(&bed.simulator, bed.platform.info().id.as_str(), &to.id).await;
        ensure!(seen.last().is_some_and(|(_, text)| text == "edited"), "another message was taken for it: {edited:?} {seen:?}");
    }
    Ok(())
}

async fn a_message_that_was_sent_without_an_answer_is_there_once(case: Case) -> Checked {
    sent_once(&case, |_| {}).await
}

async fn a_message_that_shows_only_after_a_while_is_there_once(case: Case) -> Checked {
    sent_once(&case, lag).await
}

async fn made_once(case: &Case, prepare: impl Fn(&Bed)) -> Checked {
    for way in WAYS {
        let bed = case.bed().await?;
        let Some(person) = person(&bed) else {
            let nobody = Represented { key: "p1".into(), name: "Ana Ruiz".into(), email: None, avatar: None, primary: "elsewhere".into() };
            let found = bed.connection().confirm(&stand_in(&bed, nobody)).await.map_err(say)?;
            ensure!(found.is_none(), "a stand-in was found where there is none: {found:?}");
            continue;
        };
        let intent = stand_in(&bed, person);
        prepare(&bed);
        way(&bed, Lost::StandIn);
        let outcome = until_known(&bed, &intent).await.map_err(say)?;
        let Outcome::Represented(made) = outcome else { return Err(format!("{outcome:?}").into()) };
        ensure!(made.created, "what this app made counts as somebody else's: {made:?}");
        let known = here(&bed).await;
        let expected = usize::from(!bed.platform.info().capabilities.stand_in_always);
        ensure!(known.len() == expected && known.iter().all(|(id, _)| *id == made.id), "{known:?} for {made:?}");
    }
    Ok(())
}

async fn a_stand_in_that_was_made_without_an_answer_is_there_once(case: Case) -> Checked {
    made_once(&case, |_| {}).await
}

async fn a_stand_in_that_shows_only_after_a_while_is_there_once(case: Case) -> Checked {
    made_once(&case, lag).await
}

/// The last two names of a host.
fn domain(host: &str) -> &str {
    let mut dots = host.rmatch_indices('.').skip(1);
    dots.next().map_or(host, |(at, _)| &host[at + 1..])
}

/// The vendor's domains, in all its clouds.
fn own_domains(info: &'static PlatformInfo) -> impl Iterator<Item = &'static str> {
    let of_clouds = info.clouds.iter().flat_map(|cloud| cloud.hosts.iter().chain(cloud.pages)).flat_map(|(here, there)| [*here, *there]);
    info.hosts.iter().copied().chain(of_clouds).map(domain)
}

async fn what_is_in_doubt_can_be_looked_up_on_the_platforms_own_pages_only(case: Case) -> Checked {
    let bed = case.bed_off_the_record().await?;
    let info = bed.platform.info();
    let odd =
        Recipient { account: "https://evil.example/@x".into(), email: Some("a&b=c#d@evil.example".into()), attributes: Default::default() };
    let odd_person =
        Represented { key: "p".into(), name: "x".into(), email: Some("a@evil.example".into()), avatar: None, primary: "elsewhere".into() };
    let mut has_page = false;
    for cloud in info.clouds {
        let fields = bed.facts.fields.clone().into_iter().chain([(CLOUD.to_owned(), cloud.name.to_owned())]).collect();
        let facts = ConnectionFacts { fields, ..bed.facts.clone() };
        for intent in [message(&bed, odd.clone()), stand_in(&bed, odd_person.clone())] {
            let Some(page) = bed.platform.look_up(&facts, &intent) else { continue };
            has_page = true;
            let page = url::Url::parse(&page).map_err(|error| error.to_string())?;
            let host = page.host_str().unwrap_or_default();
            let is_own = own_domains(info).any(|own| own == domain(host)) && info.host_in(cloud, host).is_none_or(|there| there == host);
            ensure!(page.scheme() == "https" && page.port().is_none() && is_own, "{page} in {}", cloud.name);
            ensure!(page.username().is_empty() && page.password().is_none(), "{page}");
        }
    }
    ensure!(has_page, "a message of {} cannot be looked up anywhere", info.name);
    Ok(())
}
