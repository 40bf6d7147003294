//! Who the credentials belong to, and who is there.

use std::collections::{BTreeMap, BTreeSet};

use engine::Kind;
use engine::model::{Account, AccountKind};
use engine::secrets::Secret;
use engine::signin;
use simulator::Kind as RealKind;
use user_sync_tests::bed::{Bed, Setup, Unneeded};

use crate::proofs::wrong;
use crate::{Case, Checked, checks, ensure, say};

checks![
    connecting_tells_tenant_sender_and_scopes,
    connecting_without_a_required_field_names_it,
    a_wrong_token_is_signed_out_and_keeps_nothing,
    with_everything_optional_left_out_people_are_still_imported,
    the_list_of_accounts_is_complete_and_free_of_doubles,
    accounts_tell_kind_and_activity_as_they_are,
    accounts_tell_their_addresses_and_whether_they_are_verified,
    a_list_goes_on_from_a_saved_cursor,
    a_made_up_cursor_is_refused,
    an_address_finds_its_account_in_any_spelling_and_nobody_else,
    teams_hold_accounts_of_the_directory,
];

async fn connecting_tells_tenant_sender_and_scopes(case: Case) -> Checked {
    let bed = case.bed().await?;
    let identity = bed.facts.identity.as_ref().ok_or("no identity")?;
    ensure!(!identity.tenant.is_empty() && !identity.tenant_name.is_empty(), "no tenant: {identity:?}");
    ensure!(!identity.account.is_empty(), "no sender: {identity:?}");
    for slot in bed.platform.info().slots.iter().filter(|slot| !slot.scopes.is_empty()) {
        let held = identity.scopes.get(slot.name).cloned().unwrap_or_default();
        let asked = slot.scopes.iter().map(|scope| scope.name).filter(|name| !bed.facts.left_out.contains(*name));
        let missing: Vec<&str> = asked.filter(|name| !held.contains(*name)).collect();
        ensure!(missing.is_empty(), "slot {} lacks {missing:?} of {held:?}", slot.name);
    }
    Ok(())
}

async fn connecting_without_a_required_field_names_it(case: Case) -> Checked {
    let bed = case.bed().await?;
    let error = signin::connect(&bed.paced, bed.platform, signin::Entered::default(), None, &Unneeded, &|_| {})
        .await
        .err()
        .ok_or("connected with nothing")?;
    let required: Vec<&str> = bed.platform.info().fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    ensure!(error.kind == Kind::Invalid, "{:?}", error.kind);
    ensure!(required.iter().all(|name| error.next_step().contains(name)), "{} does not name {required:?}", error.next_step());
    Ok(())
}

async fn a_wrong_token_is_signed_out_and_keeps_nothing(case: Case) -> Checked {
    let bed = case.bed().await?;
    let mut given = bed.given().map_err(say)?;
    let mut wrongs = Vec::new();
    for slot in bed.platform.info().slots {
        // A client that gets its tokens by itself would get a new one at once, were its own secret good.
        let secret = match slot.source {
            signin::Source::Client(grant) => client_secret(&grant.client),
            _ => None,
        };
        for name in [slot.field].into_iter().chain(secret) {
            let Some(value) = given.get(name) else { continue };
            let wrong = wrong(value.expose());
            given.insert(name.to_owned(), Secret::new(wrong.as_str()));
            wrongs.push(wrong);
        }
    }
    ensure!(!wrongs.is_empty(), "no token was given");
    let error = signin::connect(&bed.paced, bed.platform, given.into(), None, &Unneeded, &|_| {})
        .await
        .err()
        .ok_or("connected with a wrong token")?;
    ensure!(error.kind == Kind::SignedOut, "{:?}: {}", error.kind, error.message);
    let told = format!("{error} {error:?}");
    ensure!(!wrongs.iter().any(|wrong| told.contains(wrong)), "the token stands in the error");
    // The connection from before still works.
    bed.connection().whoami().await.map_err(say)?;
    Ok(())
}

fn client_secret(client: &signin::Client) -> Option<&'static str> {
    match client {
        signin::Client::Public { .. } => None,
        signin::Client::Form(fields) | signin::Client::Basic(fields) | signin::Client::BasicAndForm(fields) => Some(fields.secret),
    }
}

/// The platform works with the least that it can be given: nothing that may be left out is needed to connect and to import.
async fn with_everything_optional_left_out_people_are_still_imported(case: Case) -> Checked {
    let bed = case.bed_off_the_record_with(Setup { least: true, ..Setup::default() }).await?;
    let info = bed.platform.info();
    let optional: BTreeSet<String> =
        info.slots.iter().flat_map(|slot| slot.scopes).filter(|scope| scope.optional).map(|scope| scope.name.to_owned()).collect();
    ensure!(bed.facts.left_out == optional, "{:?} of {optional:?}", bed.facts.left_out);
    ensure!(!bed.connection().accounts(None, None).await.map_err(say)?.items.is_empty(), "nobody is there");
    let identity = bed.connection().whoami().await.map_err(say)?;
    ensure!(!identity.account.is_empty() && !identity.tenant_name.is_empty(), "{identity:?}");
    Ok(())
}

/// All pages, as an import reads them.
async fn everybody(bed: &Bed) -> Result<Vec<Account>, engine::Error> {
    let (connection, mut cursor, mut all) = (bed.connection(), None, Vec::new());
    loop {
        let page = connection.accounts(None, cursor.as_deref()).await?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

async fn humans(case: &Case) -> Result<(Bed, BTreeMap<String, Account>), libtest_mimic::Failed> {
    let bed = case.bed_with(Setup { people: 700, ..Setup::default() }).await?;
    let all = everybody(&bed).await.map_err(say)?;
    let by_id = all.into_iter().filter(|account| account.kind != AccountKind::Bot).map(|account| (account.id.clone(), account)).collect();
    Ok((bed, by_id))
}

async fn the_list_of_accounts_is_complete_and_free_of_doubles(case: Case) -> Checked {
    let bed = case.bed_with(Setup { people: 700, ..Setup::default() }).await?;
    let all = everybody(&bed).await.map_err(say)?;
    let ids: BTreeSet<&str> = all.iter().map(|account| account.id.as_str()).collect();
    ensure!(ids.len() == all.len(), "{} accounts, {} ids", all.len(), ids.len());
    let listed: BTreeSet<&str> = all.iter().filter(|account| account.kind != AccountKind::Bot).map(|account| account.id.as_str()).collect();
    let real: BTreeSet<&str> = bed.accounts().iter().map(|account| account.id.as_str()).collect();
    ensure!(
        listed == real,
        "missing {:?}, too many {:?}",
        real.difference(&listed).take(3).collect::<Vec<_>>(),
        listed.difference(&real).take(3).collect::<Vec<_>>()
    );
    Ok(())
}

async fn accounts_tell_kind_and_activity_as_they_are(case: Case) -> Checked {
    let (bed, listed) = humans(&case).await?;
    for real in bed.accounts() {
        let seen = listed.get(&real.id).ok_or("missing")?;
        let kind = match real.kind {
            RealKind::Member => AccountKind::Member,
            RealKind::Guest => AccountKind::Guest,
            RealKind::Foreign => AccountKind::Foreign,
        };
        ensure!(seen.kind == kind, "{} is {kind:?}, shown as {:?}", real.id, seen.kind);
        ensure!(
            real.kind == RealKind::Foreign || seen.active == real.active,
            "{} active {}, shown as {}",
            real.id,
            real.active,
            seen.active
        );
        ensure!(seen.name == real.name(), "{} is called {}, shown as {}", real.id, real.name(), seen.name);
    }
    Ok(())
}

async fn accounts_tell_their_addresses_and_whether_they_are_verified(case: Case) -> Checked {
    let (bed, listed) = humans(&case).await?;
    for real in bed.accounts().iter().filter(|real| real.kind != RealKind::Foreign) {
        let seen = listed.get(&real.id).ok_or("missing")?;
        let fold = |address: &str| address.to_lowercase();
        let real_addresses: BTreeSet<String> = real.addresses().map(fold).collect();
        // The sign-in name under the tenant's first domain is an address of the account as well.
        let shown: BTreeSet<String> = seen
            .email
            .iter()
            .chain(&seen.aliases)
            .map(|address| fold(address))
            .filter(|address| !address.ends_with(".onmicrosoft.com"))
            .collect();
        ensure!(real_addresses == shown, "{}: {real_addresses:?} shown as {shown:?}", real.id);
        if real.active && real.email.is_some() {
            ensure!(seen.email_verified == real.verified, "{} verified {}, shown as {}", real.id, real.verified, seen.email_verified);
        }
    }
    Ok(())
}

async fn a_list_goes_on_from_a_saved_cursor(case: Case) -> Checked {
    // More people than one page of any platform, so that there is a cursor to save.
    let bed = case.bed_with(Setup { people: 1500, rate_limits: false, ..Setup::default() }).await?;
    let first = bed.connection().accounts(None, None).await.map_err(say)?;
    let mut cursor = Some(first.next.clone().ok_or("one page was all")?);
    let mut seen: BTreeSet<String> = first.items.iter().map(|account| account.id.clone()).collect();
    let mut count = first.items.len();
    while let Some(saved) = cursor {
        // A new connection each time, as after a restart.
        let page = bed.connection().accounts(None, Some(&saved)).await.map_err(say)?;
        count += page.items.len();
        seen.extend(page.items.into_iter().map(|account| account.id));
        cursor = page.next;
    }
    ensure!(seen.len() == count, "{count} accounts, {} ids", seen.len());
    ensure!(bed.accounts().iter().all(|account| seen.contains(&account.id)), "somebody is missing");
    Ok(())
}

async fn a_made_up_cursor_is_refused(case: Case) -> Checked {
    let bed = case.bed_off_the_record().await?;
    let error = bed.connection().accounts(None, Some("made-up")).await.err().ok_or("a made-up cursor was followed")?;
    ensure!(matches!(error.kind, Kind::Invalid | Kind::PlatformDown | Kind::Bug), "{:?}: {}", error.kind, error.message);
    ensure!(!error.next_step().is_empty(), "no next step");
    Ok(())
}

async fn an_address_finds_its_account_in_any_spelling_and_nobody_else(case: Case) -> Checked {
    let bed = case.bed().await?;
    let (connection, side) = (bed.connection(), bed.side());
    let known =
        |account: &&simulator::Account| account.active && account.kind == RealKind::Member && account.email.is_some() && account.verified;
    let unique = |account: &&simulator::Account| {
        bed.accounts()
            .iter()
            .filter(|other| other.addresses().any(|address| account.addresses().any(|own| own.eq_ignore_ascii_case(address))))
            .count()
            == 1
    };
    for real in bed.accounts().iter().filter(known).filter(unique).take(5) {
        let address = real.email.clone().unwrap_or_default().to_uppercase();
        let found = connection.find_account(&address).await.map_err(say)?;
        ensure!(
            found.as_ref().map(|account| &account.id) == Some(&real.id),
            "{address} finds {:?} on {side:?}",
            found.map(|account| account.id)
        );
    }
    for nobody in ["nobody@harborpine.example", "o'brien+x@tidewater.example"] {
        let found = connection.find_account(nobody).await.map_err(say)?;
        ensure!(found.is_none(), "{nobody} finds {:?}", found.map(|account| account.id));
    }
    Ok(())
}

async fn teams_hold_accounts_of_the_directory(case: Case) -> Checked {
    let bed = case.bed().await?;
    let connection = bed.connection();
    if !bed.platform.info().capabilities.teams {
        let error = connection.teams(None).await.err().ok_or("teams were listed although not declared")?;
        ensure!(error.kind == Kind::Unsupported, "{:?}", error.kind);
        return Ok(());
    }
    let everybody: BTreeMap<String, Account> =
        everybody(&bed).await.map_err(say)?.into_iter().map(|account| (account.id.clone(), account)).collect();
    let (mut cursor, mut teams) = (None, Vec::new());
    loop {
        let page = connection.teams(cursor.as_deref()).await.map_err(say)?;
        teams.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    ensure!(!teams.is_empty(), "no teams");
    let mut sizes = Vec::new();
    for team in &teams {
        let (mut cursor, mut members) = (None, Vec::new());
        loop {
            let page = connection.accounts(Some(&team.id), cursor.as_deref()).await.map_err(say)?;
            members.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        for member in &members {
            let known = everybody.get(&member.id).ok_or_else(|| format!("{} is in no directory", member.id))?;
            ensure!(member == known, "a member of a team is read otherwise than in the directory: {member:?} {known:?}");
        }
        sizes.push(members.len());
    }
    ensure!(
        sizes.iter().any(|size| (1..everybody.len()).contains(size)),
        "no team is a part of the whole: {sizes:?} of {}",
        everybody.len()
    );
    Ok(())
}
