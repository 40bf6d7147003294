//! `GET /users/delta`: all users page by page, then only what changed. Its links carry everything; a token that is not
//! known any more is answered with 410, and the client starts anew.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::directory::Change;
use super::graph::{Call, Outcome, Refusal};
use super::{properties, users};
use crate::ALPHANUMERIC;
use crate::http::Answer;
use crate::pages::page_length;

const PAGE: usize = 200;
const DEFAULT: &[&str] = &["id", "displayName", "givenName", "surname", "mail", "userPrincipalName"];

/// Where a delta query goes on.
#[derive(Debug, Clone)]
struct Place {
    select: Vec<String>,
    /// Position in the list while it is first read; `None` once only changes follow.
    position: Option<usize>,
    /// Changes known already.
    seen: usize,
    /// Kept for `$deltatoken`, not for `$skiptoken`.
    ready: bool,
}

/// Every delta token given out.
#[derive(Default)]
pub(super) struct Deltas {
    places: HashMap<String, Place>,
}

/// `GET /users/delta`.
pub(super) fn users(call: &Call<'_>, _ids: &[String]) -> Outcome {
    call.no_guests()?;
    let context = call.context;
    let (skip, delta) = (context.query_value("$skiptoken"), context.query_value("$deltatoken"));
    let named = users::select(call, &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"])?;
    let lost = || Refusal::new(410, "syncStateNotFound", "The sync state generation is not found. Please do a full sync again.");
    let mut state = call.sim.teams();
    let now_seen = state.directory.changes().len();
    let begin = |position| Place {
        select: named.clone().unwrap_or_else(|| DEFAULT.iter().map(|name| (*name).to_owned()).collect()),
        position,
        seen: now_seen,
        ready: false,
    };
    let place = match (skip, delta) {
        (None, None) => begin(Some(0)),
        // Nothing now, only what changes from here on.
        (None, Some("latest")) => begin(None),
        (Some(token), None) => state.deltas.places.get(token).filter(|place| !place.ready).cloned().ok_or_else(lost)?,
        (None, Some(token)) => state.deltas.places.get(token).filter(|place| place.ready).cloned().ok_or_else(lost)?,
        (Some(_), Some(_)) => return Err(Refusal::bad_request("Only one of $skiptoken and $deltatoken can be given.")),
    };
    let (world, directory) = (call.sim.world(), &state.directory);
    let (items, next) = match place.position {
        Some(position) => {
            let end = directory.end(world);
            let to = (position + page_length(position, PAGE)).min(end);
            let items = (position..to)
                .filter_map(|position| directory.at(world, position))
                .map(|account| properties::show(world, directory, account, &with_id(&place.select)))
                .collect();
            (items, Place { position: (to < end).then_some(to), ready: to >= end, ..place })
        }
        None => {
            let changes = &directory.changes()[place.seen..];
            // Who came and left since is only reported as having left.
            let left: HashSet<&str> =
                changes.iter().filter_map(|change| if let Change::Left(id) = change { Some(id.as_str()) } else { None }).collect();
            let shown = |change: &Change| match change {
                Change::Came(position) => directory
                    .at(world, *position)
                    .filter(|account| !left.contains(account.id.as_str()))
                    .map(|account| properties::show(world, directory, account, &with_id(&place.select))),
                Change::Left(id) => Some(json!({ "id": id, "@removed": { "reason": "changed" } })),
            };
            (changes.iter().filter_map(shown).collect::<Vec<Value>>(), Place { seen: now_seen, ready: true, ..place })
        }
    };
    let (link, option) = if next.ready { ("@odata.deltaLink", "$deltatoken") } else { ("@odata.nextLink", "$skiptoken") };
    let token = call.sim.random_text(ALPHANUMERIC, 64);
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(call.metadata("users")));
    body.insert(link.to_owned(), json!(context.absolute(context.host, &format!("/v1.0/users/delta?{option}={token}"))));
    body.insert("value".to_owned(), Value::Array(items));
    state.deltas.places.insert(token, next);
    Ok(Answer::json(200, &Value::Object(body)))
}

/// Every entry of a delta query carries its id.
fn with_id(select: &[String]) -> Vec<String> {
    let mut names = select.to_vec();
    if !names.iter().any(|name| name == "id") {
        names.push("id".to_owned());
    }
    names
}
