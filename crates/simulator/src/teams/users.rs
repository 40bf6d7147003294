//! People as Graph shows them: which properties a user has, who may see which, and the operations on users.

use serde_json::{Value, json};

use super::directory::Directory;
use super::graph::{Call, Outcome, Refusal};
use super::lists::{self, Advanced};
use super::odata::{Filter, Operator};
use super::properties::{BASIC, COMPANY_BEGAN, DEFAULT, property, show};
use super::{TENANT_ID, groups};
use crate::http::Answer;
use crate::world::{COMPANY, OWN_DOMAINS, TENANT_DOMAIN};
use crate::{Account, Kind, Platform};

/// Properties that can be filtered by.
const FILTERABLE: &[&str] = &[
    "id",
    "displayName",
    "givenName",
    "surname",
    "mail",
    "userPrincipalName",
    "mailNickname",
    "userType",
    "accountEnabled",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "otherMails",
    "proxyAddresses",
    "createdDateTime",
    "creationType",
    "assignedPlans",
    "assignedLicenses",
    "department",
    "jobTitle",
    "companyName",
    "usageLocation",
];

/// `$select` of users, each name known and visible to the caller.
pub(super) fn select(call: &Call<'_>, whole: &[&str]) -> Result<Option<Vec<String>>, Refusal> {
    let state = call.sim.teams();
    let known = |name: &str| property(call.sim.world(), &state.directory, call.account, name).is_some();
    let names = lists::select(call, "user", &known)?;
    if !call.has(whole) && names.iter().flatten().any(|name| !BASIC.contains(&name.as_str()) && !DEFAULT.contains(&name.as_str())) {
        return Err(Refusal::denied());
    }
    Ok(names)
}

const WHOLE: &[&str] = &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const WHOLE_SELF: &[&str] =
    &["User.Read", "User.ReadWrite", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];

fn answer_one(call: &Call<'_>, account: &Account, select: Option<&[String]>, directory: &Directory) -> Answer {
    let world = call.sim.world();
    let mut body = match select {
        Some(names) => show(world, directory, account, names),
        None => show(world, directory, account, DEFAULT),
    };
    let selected = select.map(|names| format!("({})", names.join(","))).unwrap_or_default();
    body["@odata.context"] = json!(call.metadata(&format!("users{selected}/$entity")));
    Answer::json(200, &body)
}

/// `GET /me`.
pub(super) fn me(call: &Call<'_>, _ids: &[String]) -> Outcome {
    let names = select(call, WHOLE_SELF)?;
    Ok(answer_one(call, call.account, names.as_deref(), &call.sim.teams().directory))
}

/// `GET /oidc/userinfo`.
pub(super) fn user_info(call: &Call<'_>) -> Answer {
    let account = call.account;
    Answer::json(
        200,
        &json!({ "sub": super::token::subject(account), "name": account.name(), "given_name": account.first_name, "family_name": account.last_name, "email": account.email }),
    )
}

/// Whether the directory shows a user by now: a guest who has just been invited may not have reached all its copies.
fn is_listed(call: &Call<'_>, directory: &Directory, user: &Account) -> bool {
    directory.invited_at(&user.id).is_none_or(|at| call.sim.shows(Platform::Teams, at))
}

/// `GET /users/{id}`: by object id or user principal name.
pub(super) fn one(call: &Call<'_>, ids: &[String]) -> Outcome {
    let own = ids[0] == call.account.id;
    let others: &[&str] = &["User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
    if !own && !call.has(others) {
        return Err(Refusal::denied());
    }
    let names = select(call, if own { WHOLE_SELF } else { WHOLE })?;
    let state = call.sim.teams();
    let found = state
        .directory
        .find(call.sim.world(), &ids[0])
        .filter(|user| is_listed(call, &state.directory, user))
        .ok_or_else(|| Refusal::no_resource(&ids[0]))?;
    Ok(answer_one(call, found, names.as_deref(), &state.directory))
}

/// `DELETE /users/{id}`.
pub(super) fn remove(call: &Call<'_>, ids: &[String]) -> Outcome {
    call.admin_only()?;
    let id = {
        let mut state = call.sim.teams();
        let found = state
            .directory
            .find(call.sim.world(), &ids[0])
            .filter(|user| is_listed(call, &state.directory, user))
            .ok_or_else(|| Refusal::no_resource(&ids[0]))?;
        if found.admin {
            return Err(Refusal::denied());
        }
        let id = found.id.clone();
        state.directory.delete(&id);
        id
    };
    end_grants(call, &id);
    call.sim.ledger().end_representation(Platform::Teams, &id);
    Ok(Answer::empty(204))
}

/// `POST /users/{id}/revokeSignInSessions`: no effect for guests, whose home tenant alone can end their sessions.
pub(super) fn end_sessions(call: &Call<'_>, ids: &[String]) -> Outcome {
    let (id, kind) = {
        let state = call.sim.teams();
        let found = state.directory.find(call.sim.world(), &ids[0]).ok_or_else(|| Refusal::no_resource(&ids[0]))?;
        (found.id.clone(), found.kind)
    };
    if id != call.account.id {
        call.admin_only()?;
    }
    if kind != Kind::Guest {
        end_grants(call, &id);
    }
    Ok(Answer::json(200, &json!({ "@odata.context": call.metadata("Edm.Boolean"), "value": true })))
}

fn end_grants(call: &Call<'_>, account: &str) {
    let mut tokens = call.sim.tokens();
    let theirs: Vec<u64> = tokens
        .grants(Platform::Teams)
        .into_iter()
        .filter(|grant| grant.account.as_deref() == Some(account))
        .map(|grant| grant.id)
        .collect();
    for grant in theirs {
        tokens.revoke(grant);
    }
}

/// `GET /organization`.
pub(super) fn organization(call: &Call<'_>, _ids: &[String]) -> Outcome {
    let domain = |name: &str, kind: (bool, bool)| json!({ "capabilities": "Email, OfficeCommunicationsOnline", "isDefault": kind.0, "isInitial": kind.1, "name": name, "type": "Managed" });
    let whole = json!({
        "id": TENANT_ID,
        "displayName": COMPANY,
        "tenantType": "AAD",
        "countryLetterCode": "DE",
        "createdDateTime": COMPANY_BEGAN,
        "preferredLanguage": "en",
        "verifiedDomains": [domain(TENANT_DOMAIN, (false, true)), domain(OWN_DOMAINS[0], (true, false)), domain(OWN_DOMAINS[1], (false, false))],
        "businessPhones": [],
        "technicalNotificationMails": [],
    });
    let names = lists::select(call, "organization", &|name| whole.get(name).is_some())?;
    Ok(lists::answer(call, "organization", names.as_deref(), vec![lists::cut(&whole, names.as_deref())], None, None))
}

/// `GET /users`.
pub(super) fn list(call: &Call<'_>, _ids: &[String]) -> Outcome {
    call.no_guests()?;
    let names = select(call, WHOLE)?;
    let filter = lists::filter(call, "User", &|name| FILTERABLE.contains(&name), Advanced::ByHeader)?;
    let page = lists::page(call, 100, 999)?;
    let search = search(call)?;
    let (world, state) = (call.sim.world(), call.sim.teams());
    let directory = &state.directory;
    let fits = |account: &Account| {
        let look_up = |name: &str| property(world, directory, account, name).unwrap_or(Value::Null);
        filter.as_ref().is_none_or(|filter| filter.matches(&look_up))
            && search.as_ref().is_none_or(|(name, text)| begins(&look_up(name), text))
    };
    let end = directory.end(world);
    let mut listed: Option<Vec<usize>> = filter.as_ref().and_then(|filter| candidates(filter, directory));
    if let Some((name, down)) = order(call)? {
        let key = |position: &usize| {
            directory
                .at(world, *position)
                .and_then(|account| property(world, directory, account, name))
                .unwrap_or_default()
                .to_string()
                .to_lowercase()
        };
        let mut sorted: Vec<usize> = listed.unwrap_or_else(|| (0..end).collect());
        sorted.sort_by_cached_key(key);
        if down {
            sorted.reverse();
        }
        listed = Some(sorted);
    }
    let user_at = |number: usize| {
        match &listed {
            None => directory.at(world, number),
            Some(positions) => positions.get(number).and_then(|position| directory.at(world, *position)),
        }
        .filter(|user| is_listed(call, directory, user))
    };
    let end = listed.as_ref().map_or(end, Vec::len);
    let count =
        (call.context.query_value("$count") == Some("true")).then(|| (0..end).filter_map(user_at).filter(|account| fits(account)).count());
    let (items, next) = lists::scan(&page, end, |number| {
        let account = user_at(number).filter(|account| fits(account))?;
        Some(match &names {
            Some(names) => show(world, directory, account, names),
            None => show(world, directory, account, DEFAULT),
        })
    });
    Ok(lists::answer(call, "users", names.as_deref(), items, next, count))
}

/// Positions among which all that fit are, where the index of addresses can tell.
fn candidates(filter: &Filter, directory: &Directory) -> Option<Vec<usize>> {
    let of = |values: &[&Value]| {
        let mut found: Vec<usize> = Vec::new();
        for value in values {
            let text = value.as_str()?;
            let address = text.split_once(':').filter(|(kind, _)| kind.eq_ignore_ascii_case("smtp")).map_or(text, |(_, address)| address);
            found.extend(directory.with_address(address));
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    };
    match filter {
        Filter::Compare { path, operator: Operator::Eq, value } if path == "mail" || path == "userPrincipalName" => of(&[value]),
        Filter::In { path, values } if path == "mail" || path == "userPrincipalName" => of(&values.iter().collect::<Vec<_>>()),
        Filter::Any { path, variable, inner } if path == "proxyAddresses" || path == "otherMails" => match inner.as_ref() {
            Filter::Compare { path, operator: Operator::Eq, value } if path == variable => of(&[value]),
            _ => None,
        },
        Filter::And(one, other) => candidates(one, directory).or_else(|| candidates(other, directory)),
        Filter::Or(one, other) => {
            let mut found = candidates(one, directory)?;
            found.extend(candidates(other, directory)?);
            found.sort_unstable();
            found.dedup();
            Some(found)
        }
        _ => None,
    }
}

/// `$search="property:text"`, one clause.
fn search(call: &Call<'_>) -> Result<Option<(String, String)>, Refusal> {
    let Some(text) = call.context.query_value("$search") else { return Ok(None) };
    let clause = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).and_then(|text| text.split_once(':'));
    let clause = clause
        .filter(|(name, text)| ["displayName", "givenName", "surname", "mail", "userPrincipalName"].contains(name) && !text.is_empty());
    clause
        .map(|(name, text)| Some((name.to_owned(), text.to_lowercase())))
        .ok_or_else(|| Refusal::bad_request("Syntax error in $search: expected \"property:text\"."))
}

fn begins(held: &Value, text: &str) -> bool {
    let held = held.as_str().unwrap_or_default().to_lowercase();
    held.starts_with(text) || held.split(|letter: char| !letter.is_alphanumeric()).any(|word| word.starts_with(text))
}

/// `$orderby`: a property, and whether downwards.
fn order<'a>(call: &Call<'a>) -> Result<Option<(&'a str, bool)>, Refusal> {
    let Some(text) = call.context.query_value("$orderby") else { return Ok(None) };
    let (name, direction) = text.split_once(' ').unwrap_or((text, "asc"));
    if !["displayName", "userPrincipalName", "createdDateTime"].contains(&name) || !["asc", "desc"].contains(&direction) {
        return Err(Refusal::new(400, "Request_UnsupportedQuery", format!("Sorting by '{text}' is not supported for resource 'User'.")));
    }
    Ok(Some((name, direction == "desc")))
}

/// A member of a group as a directory object; who may not read users sees the id alone.
pub(super) fn member(call: &Call<'_>, directory: &Directory, account: &Account, names: Option<&[String]>) -> Value {
    let may_read =
        call.has(&["User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]);
    let defaults: Vec<String> = DEFAULT.iter().map(|name| (*name).to_owned()).collect();
    let names = names.unwrap_or(&defaults);
    let mut shown = show(call.sim.world(), directory, account, names);
    if let (false, Some(members)) = (may_read, shown.as_object_mut()) {
        for (name, value) in members.iter_mut().filter(|(name, _)| *name != "id") {
            *value = if groups::is_list(name) { json!([]) } else { Value::Null };
        }
    }
    shown["@odata.type"] = json!("#microsoft.graph.user");
    shown["id"] = json!(account.id);
    shown
}
