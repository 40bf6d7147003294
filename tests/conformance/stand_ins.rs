//! Bots and guests that represent people without an account.

use engine::Kind;
use engine::error::Acted;
use engine::model::{Intent, Outcome, Representation, Represented};
use engine::platform::Undone;
use user_sync_tests::bed::Bed;
use user_sync_tests::employees::representations;

use crate::faults::{Lost, lose};
use crate::{Case, Checked, checks, ensure, say};

checks![
    a_stand_in_carries_the_persons_name,
    the_same_person_gets_one_stand_in_however_often_it_is_asked_for,
    confirm_tells_whether_a_stand_in_was_made,
    a_stand_in_whose_answer_was_lost_is_uncertain_and_then_confirmed,
    dismissing_twice_is_harmless_and_says_what_stays,
    what_the_app_did_not_make_is_never_dismissed,
];

/// Somebody of the partner company, without an account on the platform.
pub(crate) fn person(bed: &Bed) -> Option<Represented> {
    bed.platform.info().capabilities.stand_in?;
    let missing = |side| simulator::Platform::ALL.into_iter().filter(move |other| *other != side);
    let world = bed.simulator.world();
    let here = bed.side();
    let candidate = missing(here).flat_map(|other| world.accounts(other)).find(|account| {
        account.active
            && account.kind == simulator::Kind::Member
            && account.email.as_deref().is_some_and(|email| email.ends_with("@tidewater.example") && world.by_email(here, email).is_none())
    })?;
    Some(Represented {
        key: "p17".into(),
        name: candidate.name(),
        email: candidate.email.clone(),
        avatar: None,
        primary: "another platform".into(),
    })
}

/// What of the representations at this platform the world knows.
pub(crate) async fn here(bed: &Bed) -> Vec<(String, String)> {
    let slug = bed.platform.info().id;
    representations(&bed.simulator)
        .await
        .into_iter()
        .filter(|(platform, ..)| platform == slug.as_str())
        .map(|(_, _, id, name)| (id, name))
        .collect()
}

/// The bed and the person, or a proof that the platform refuses stand-ins.
pub(crate) async fn prepared(case: &Case) -> Result<Option<(Bed, Represented)>, libtest_mimic::Failed> {
    let bed = case.bed().await?;
    if bed.platform.info().capabilities.stand_in.is_some() {
        let person = person(&bed).ok_or("the world has nobody without an account here")?;
        return Ok(Some((bed, person)));
    }
    let nobody = Represented { key: "p1".into(), name: "Ana Ruiz".into(), email: None, avatar: None, primary: "elsewhere".into() };
    let error = bed.connection().represent(&nobody, "key").await.err().ok_or("a stand-in was made although not declared")?;
    ensure!(error.kind == Kind::Unsupported, "{:?}", error.kind);
    Ok(None)
}

async fn a_stand_in_carries_the_persons_name(case: Case) -> Checked {
    let Some((bed, person)) = prepared(&case).await? else { return Ok(()) };
    let made = bed.connection().represent(&person, "key-1").await.map_err(say)?;
    ensure!(Some(made.kind) == bed.platform.info().capabilities.stand_in, "{made:?}");
    ensure!(made.name.starts_with(&person.name) && !made.id.is_empty(), "{made:?}");
    let known = here(&bed).await;
    if bed.platform.info().capabilities.stand_in_always {
        // A shared app shows a person from its first post on.
        ensure!(known.is_empty(), "{known:?}");
    } else {
        ensure!(known == [(made.id.clone(), made.name.clone())], "{known:?} for {made:?}");
    }
    Ok(())
}

async fn the_same_person_gets_one_stand_in_however_often_it_is_asked_for(case: Case) -> Checked {
    let Some((bed, person)) = prepared(&case).await? else { return Ok(()) };
    let first = bed.connection().represent(&person, "key-1").await.map_err(say)?;
    let second = bed.connection().represent(&person, "key-1").await.map_err(say)?;
    ensure!(first.id == second.id, "{first:?} {second:?}");
    ensure!(here(&bed).await.len() <= 1, "two stand-ins");
    Ok(())
}

fn intent(bed: &Bed, person: &Represented) -> Intent {
    Intent::Represent { person: person.clone(), key: "key-1".into(), since: bed.simulator.clock().now(), last: None }
}

async fn confirm_tells_whether_a_stand_in_was_made(case: Case) -> Checked {
    let Some((bed, person)) = prepared(&case).await? else { return Ok(()) };
    let intent = intent(&bed, &person);
    let made = bed.connection().represent(&person, "key-1").await.map_err(say)?;
    let found = bed.connection().confirm(&intent).await.map_err(say)?;
    // `None` is right only where asking again makes nothing twice.
    match found {
        Some(Outcome::Represented(found)) => ensure!((&found.id, found.created) == (&made.id, made.created), "{found:?} for {made:?}"),
        Some(Outcome::Sent(message)) => return Err(format!("a message was found: {message:?}").into()),
        None => {
            let again = bed.connection().represent(&person, "key-1").await.map_err(say)?;
            ensure!(again == made, "{again:?} for {made:?}");
        }
    }
    Ok(())
}

async fn a_stand_in_whose_answer_was_lost_is_uncertain_and_then_confirmed(case: Case) -> Checked {
    let Some((bed, person)) = prepared(&case).await? else { return Ok(()) };
    let intent = intent(&bed, &person);
    lose(&bed, Lost::StandIn);
    let made = match bed.connection().represent(&person, "key-1").await {
        // Where making it is harmless to repeat, the transport itself asked again.
        Ok(made) => made,
        Err(error) => {
            ensure!(error.acted == Acted::Perhaps, "{:?} {:?}: {}", error.kind, error.acted, error.message);
            match bed.connection().confirm(&intent).await.map_err(say)? {
                Some(Outcome::Represented(found)) => found,
                Some(Outcome::Sent(message)) => return Err(format!("a message was found: {message:?}").into()),
                None => bed.connection().represent(&person, "key-1").await.map_err(say)?,
            }
        }
    };
    ensure!(here(&bed).await.len() <= 1, "two stand-ins");
    ensure!(made.name.starts_with(&person.name), "{made:?}");
    if Some(made.kind) == Some(engine::model::RepresentationKind::Guest) {
        ensure!(made.created, "a guest that this app invited counts as somebody else's: {made:?}");
    }
    Ok(())
}

async fn dismissing_twice_is_harmless_and_says_what_stays(case: Case) -> Checked {
    let Some((bed, person)) = prepared(&case).await? else { return Ok(()) };
    let made = bed.connection().represent(&person, "key-1").await.map_err(say)?;
    let first = bed.connection().dismiss(&made).await.map_err(say)?;
    let second = bed.connection().dismiss(&made).await.map_err(say)?;
    match &first {
        Undone::Gone(what) => {
            ensure!(!what.is_empty(), "gone, but what?");
            ensure!(here(&bed).await.is_empty(), "it is still there");
        }
        Undone::Left(left) => ensure!(!left.what.is_empty() && !left.why.is_empty(), "{left:?}"),
    }
    let removable = bed.platform.info().capabilities.stand_in_removable;
    ensure!(matches!(first, Undone::Gone(_)) == removable, "removable is {removable}, and dismissing says {first:?}");
    ensure!(std::mem::discriminant(&first) == std::mem::discriminant(&second), "{first:?}, then {second:?}");
    Ok(())
}

async fn what_the_app_did_not_make_is_never_dismissed(case: Case) -> Checked {
    let Some((bed, person)) = prepared(&case).await? else { return Ok(()) };
    let made = bed.connection().represent(&person, "key-1").await.map_err(say)?;
    let before = here(&bed).await;
    let foreign = Representation { created: false, ..made };
    let undone = bed.connection().dismiss(&foreign).await.map_err(say)?;
    ensure!(matches!(undone, Undone::Left(_)), "{undone:?}");
    ensure!(here(&bed).await == before, "something is gone");
    Ok(())
}
