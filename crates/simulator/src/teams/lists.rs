//! What Graph's lists share: `$select`, `$filter` with the rule for advanced queries, pages, next links. A next link is
//! the request's own address with a token that only works there; a page may be short, or empty with more to come.

use serde_json::{Map, Value, json};

use super::graph::{Call, Outcome, Refusal};
use super::odata::{self, Filter};
use crate::ALPHANUMERIC;
use crate::http::Answer;
use crate::pages::page_length;

/// A place in a list, and how much of it was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    /// Where to go on; `None` at the beginning.
    pub(super) position: Option<usize>,
    pub(super) size: usize,
    /// The page before was empty, so this one is not.
    after_empty: bool,
}

/// Tokens of pages that follow an empty one begin with this letter.
const AFTER_EMPTY: char = 'Q';

/// The page that the request asks for.
pub(super) fn page(call: &Call<'_>, default: usize, maximum: usize) -> Result<Page, Refusal> {
    let wrong =
        |top: &str| Refusal::bad_request(format!("Invalid page size specified: '{top}'. Must be between 1 and {maximum} inclusive."));
    let size = match call.context.query_value("$top") {
        None => default,
        Some(top) => top.parse().ok().filter(|size| (1..=maximum).contains(size)).ok_or_else(|| wrong(top))?,
    };
    let Some(token) = call.context.query_value("$skiptoken") else { return Ok(Page { position: None, size, after_empty: false }) };
    let position = call.sim.cursors().position(token, &list_name(call), call.context.now);
    let expired = || {
        Refusal::new(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        )
    };
    Ok(Page { position: Some(position.ok_or_else(expired)?), size, after_empty: token.starts_with(AFTER_EMPTY) })
}

/// The list with all its options and its reader: a page token works with nothing else.
fn list_name(call: &Call<'_>) -> String {
    let options: Vec<String> =
        call.context.query.iter().filter(|(name, _)| name != "$skiptoken").map(|(name, value)| format!("{name}={value}")).collect();
    format!("{} {}?{}", call.account.id, call.context.path, options.join("&"))
}

/// The address of the list from `position` on.
pub(super) fn next_link(call: &Call<'_>, position: usize, after_empty: bool) -> String {
    let start = if after_empty { AFTER_EMPTY } else { 'm' };
    let token = format!("{start}{}", call.sim.random_text(ALPHANUMERIC, 47));
    call.sim.cursors().keep(&token, &list_name(call), position, None);
    let query = call.context.raw_query.as_deref().unwrap_or_default();
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("$skiptoken=") && !part.to_ascii_lowercase().starts_with("%24skiptoken="))
        .collect();
    let separator = if kept.is_empty() { "" } else { "&" };
    call.context.absolute(call.context.host, &format!("{}?{}{separator}$skiptoken={token}", call.context.path, kept.join("&")))
}

/// Items from a page on: `pick` gives what stands at a position below `end`, if it belongs to the list.
/// The second part is where the list goes on.
pub(super) fn scan(page: &Page, end: usize, mut pick: impl FnMut(usize) -> Option<Value>) -> (Vec<Value>, Option<(usize, bool)>) {
    let mut position = page.position.unwrap_or(0);
    let length = page_length(position, page.size);
    // About every seventh page after the first is empty.
    if page.position.is_some() && !page.after_empty && position < end && (position / page.size.max(1)) % 7 == 3 {
        return (Vec::new(), Some((position, true)));
    }
    let mut items = Vec::new();
    while position < end && items.len() < length {
        items.extend(pick(position));
        position += 1;
    }
    (items, (position < end).then_some((position, false)))
}

/// A list's answer.
pub(super) fn answer(
    call: &Call<'_>,
    what: &str,
    select: Option<&[String]>,
    items: Vec<Value>,
    next: Option<(usize, bool)>,
    count: Option<usize>,
) -> Answer {
    let selected = select.map(|names| format!("({})", names.join(","))).unwrap_or_default();
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(call.metadata(&format!("{what}{selected}"))));
    if let Some(count) = count {
        body.insert("@odata.count".to_owned(), json!(count));
    }
    if let Some((position, after_empty)) = next {
        body.insert("@odata.nextLink".to_owned(), json!(next_link(call, position, after_empty)));
    }
    body.insert("value".to_owned(), Value::Array(items));
    Answer::json(200, &Value::Object(body))
}

/// A list of ready objects, filtered, cut and paged.
pub(super) fn answer_values(
    call: &Call<'_>,
    what: &str,
    all: Vec<Value>,
    select: Option<&[String]>,
    filter: Option<&Filter>,
    default: usize,
    maximum: usize,
) -> Outcome {
    let page = page(call, default, maximum)?;
    let kept: Vec<Value> = all.into_iter().filter(|item| filter.is_none_or(|filter| filter.matches(&|name| item[name].clone()))).collect();
    let count = (call.context.query_value("$count") == Some("true")).then_some(kept.len());
    let (items, next) = scan(&page, kept.len(), |position| Some(cut(&kept[position], select)));
    Ok(answer(call, what, select, items, next, count))
}

/// An object with the selected properties only (and its type, where it has one).
pub(super) fn cut(item: &Value, select: Option<&[String]>) -> Value {
    let (Some(names), Some(members)) = (select, item.as_object()) else { return item.clone() };
    members
        .iter()
        .filter(|(name, _)| name.starts_with('@') || names.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// The names in `$select`, each known.
pub(super) fn select(call: &Call<'_>, kind: &str, known: &dyn Fn(&str) -> bool) -> Result<Option<Vec<String>>, Refusal> {
    let Some(text) = call.context.query_value("$select") else { return Ok(None) };
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    match names.iter().find(|name| !known(name)) {
        None if names.is_empty() => Err(Refusal::bad_request("The $select clause is empty.")),
        None => Ok(Some(names)),
        Some(name) => Err(Refusal::new(
            400,
            "BadRequest",
            format!("Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."),
        )),
    }
}

/// Whether a list knows advanced queries, and so refuses them without their header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advanced {
    /// The directory's lists.
    ByHeader,
    /// Lists of Teams: there is no such rule.
    Never,
}

/// `$filter`, over properties that can be filtered by.
pub(super) fn filter(
    call: &Call<'_>,
    kind: &str,
    filterable: &dyn Fn(&str) -> bool,
    advanced: Advanced,
) -> Result<Option<Filter>, Refusal> {
    let context = call.context;
    let filter = context
        .query_value("$filter")
        .map(odata::parse)
        .transpose()
        .map_err(|trouble| Refusal::new(400, "BadRequest", format!("Invalid filter clause: {trouble}")))?;
    let unsupported = |name: &str| {
        Refusal::new(
            400,
            "Request_UnsupportedQuery",
            format!("Unsupported or invalid query filter clause specified for property '{name}' of resource '{kind}'."),
        )
    };
    if let Some(name) = filter.iter().flat_map(Filter::properties).find(|name| !filterable(name)) {
        return Err(unsupported(name));
    }
    if advanced == Advanced::Never {
        return Ok(filter);
    }
    let counts = context.query_value("$count");
    if counts.is_some_and(|counts| counts != "true" && counts != "false") {
        return Err(Refusal::bad_request("Invalid value for $count: 'true' or 'false' expected."));
    }
    let hard = filter.as_ref().is_some_and(Filter::is_advanced) || filter.is_some() && context.query_value("$orderby").is_some();
    let searches = context.query_value("$search").is_some();
    let eventual = context.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
    if (searches || counts == Some("true")) && !eventual {
        return Err(Refusal::bad_request(
            "Request with $search or $count query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'.",
        ));
    }
    if hard && !(eventual && counts == Some("true")) {
        return Err(Refusal::new(
            400,
            "Request_UnsupportedQuery",
            "Unsupported Query. Use the header 'ConsistencyLevel: eventual' and $count=true.",
        ));
    }
    Ok(filter)
}
