//! Graph: which operations exist, what each takes in rights, limits and query options, and how all of them refuse.
//! A new operation is one row of the table and one function.

use serde_json::{Value, json};

use super::throttle::{self, Cost};
use super::{batch, chats, consents, delta, groups, invitations, messages, policies, users};
use crate::http::{Answer, Context, WrongBody};
use crate::tokens::TokenTrouble;
use crate::{Account, Kind, Platform, Simulator};

/// What an operation ends in.
pub(super) type Outcome = Result<Answer, Refusal>;

/// An error of Graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new() }
    }

    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The directory's 400.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    /// The directory's 403.
    pub(super) fn denied() -> Self {
        Self::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    /// The directory's 404.
    pub(super) fn no_resource(id: &str) -> Self {
        Self::new(
            404,
            "Request_ResourceNotFound",
            format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present."),
        )
    }
}

/// A request by somebody who may make it.
pub(super) struct Call<'a> {
    pub(super) sim: &'a Simulator,
    pub(super) context: &'a Context,
    /// Who calls.
    pub(super) account: &'a Account,
    pub(super) scopes: Vec<String>,
}

impl Call<'_> {
    /// Whether the token has one of these scopes.
    pub(super) fn has(&self, any: &[&str]) -> bool {
        any.is_empty() || any.iter().any(|scope| self.scopes.iter().any(|held| held == scope))
    }

    /// Refuses everybody without an administrator's role.
    pub(super) fn admin_only(&self) -> Result<(), Refusal> {
        if self.account.admin { Ok(()) } else { Err(Refusal::denied()) }
    }

    /// Refuses guests: they cannot enumerate the directory.
    pub(super) fn no_guests(&self) -> Result<(), Refusal> {
        if self.account.kind == Kind::Guest { Err(Refusal::denied()) } else { Ok(()) }
    }

    /// The body, with members among `known` only.
    pub(super) fn body(&self, known: &[&str]) -> Result<Value, Refusal> {
        let body = self.context.json().map_err(|wrong| match wrong {
            WrongBody::ContentType => {
                Refusal::new(400, "BadRequest", "Write requests (excluding DELETE) must contain the Content-Type header declaration.")
            }
            WrongBody::Malformed => Refusal::new(
                400,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
            ),
        })?;
        only(&body, known, "the request")?;
        Ok(body)
    }

    /// `@odata.context` of an answer.
    pub(super) fn metadata(&self, of: &str) -> String {
        self.context.absolute(self.context.host, &format!("/v1.0/$metadata#{of}"))
    }
}

/// Refuses a JSON value that is no object, or has a member that is not known. Its type may always be said.
pub(super) fn only(value: &Value, known: &[&str], what: &str) -> Result<(), Refusal> {
    let Some(members) = value.as_object() else { return Err(Refusal::new(400, "BadRequest", format!("{what} is not an object."))) };
    match members.keys().find(|name| *name != "@odata.type" && !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Refusal::new(
            400,
            "BadRequest",
            format!("The property '{name}' does not exist on {what}. Make sure to only use property names that are defined by the type."),
        )),
    }
}

/// One operation.
struct Operation {
    method: &'static str,
    /// Path below `/v1.0/`; `{}` stands for an id.
    path: &'static str,
    cost: Cost,
    /// One of these scopes is needed (none listed: any token will do).
    scopes: &'static [&'static str],
    /// Query options that are understood.
    options: &'static [&'static str],
    run: fn(&Call<'_>, &[String]) -> Outcome,
}

const fn operation(
    method: &'static str,
    path: &'static str,
    cost: Cost,
    scopes: &'static [&'static str],
    options: &'static [&'static str],
    run: fn(&Call<'_>, &[String]) -> Outcome,
) -> Operation {
    Operation { method, path, cost, scopes, options, run }
}

const READ_SELF: &[&str] = &[
    "User.Read",
    "User.ReadWrite",
    "User.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// Reading other people needs one of these; the first gives names and addresses only.
const READ_USERS: &[&str] = &["User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const READ_USERS_FULLY: &[&str] = &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const READ_ORGANIZATION: &[&str] = &["User.Read", "Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const DELETE_USERS: &[&str] = &["User.ReadWrite.All"];
const END_SESSIONS: &[&str] = &["User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
const INVITE: &[&str] = &["User.Invite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
const READ_TEAMS: &[&str] =
    &["Team.ReadBasic.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All"];
const READ_TEAM_MEMBERS: &[&str] =
    &["TeamMember.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All"];
const READ_GROUPS: &[&str] =
    &["GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const READ_CONSENTS: &[&str] = &["DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const END_CONSENTS: &[&str] = &["DelegatedPermissionGrant.ReadWrite.All"];
const READ_POLICIES: &[&str] = &["Policy.Read.All"];
const CREATE_CHATS: &[&str] = &["Chat.Create", "Chat.ReadWrite"];
const LIST_CHATS: &[&str] = &["Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite"];
const READ_MESSAGES: &[&str] = &["Chat.Read", "Chat.ReadWrite"];
const SEND_MESSAGES: &[&str] = &["ChatMessage.Send", "Chat.ReadWrite"];
const CHANGE_MESSAGES: &[&str] = &["Chat.ReadWrite"];

const LIST: &[&str] = &["$select", "$top", "$filter", "$orderby", "$count", "$search", "$skiptoken"];
const SHORT_LIST: &[&str] = &["$select", "$top", "$filter", "$count", "$search", "$skiptoken"];
const PLAIN_LIST: &[&str] = &["$select", "$top", "$filter", "$skiptoken"];
const CHATS: &[&str] = &["$top", "$expand", "$filter", "$orderby", "$skiptoken"];

const OPERATIONS: &[Operation] = &[
    operation("GET", "me", Cost::DirectoryRead, READ_SELF, &["$select"], users::me),
    operation("GET", "organization", Cost::DirectoryRead, READ_ORGANIZATION, &["$select"], users::organization),
    operation("GET", "users", Cost::UserList, READ_USERS, LIST, users::list),
    operation("GET", "users/delta", Cost::UserList, READ_USERS_FULLY, &["$select", "$deltatoken", "$skiptoken"], delta::users),
    operation("GET", "users/{}", Cost::DirectoryRead, READ_SELF, &["$select"], users::one),
    operation("DELETE", "users/{}", Cost::DirectoryWrite, DELETE_USERS, &[], users::remove),
    operation("POST", "users/{}/revokeSignInSessions", Cost::DirectoryWrite, END_SESSIONS, &[], users::end_sessions),
    operation("POST", "invitations", Cost::Invitation, INVITE, &[], invitations::invite),
    operation(
        "GET",
        "oauth2PermissionGrants",
        Cost::DirectoryRead,
        READ_CONSENTS,
        &["$filter", "$select", "$top", "$count", "$skiptoken"],
        consents::list,
    ),
    operation("DELETE", "oauth2PermissionGrants/{}", Cost::DirectoryWrite, END_CONSENTS, &[], consents::remove),
    operation("GET", "policies/authorizationPolicy", Cost::DirectoryRead, READ_POLICIES, &["$select"], policies::authorization),
    operation("GET", "identity/conditionalAccess/policies", Cost::DirectoryRead, READ_POLICIES, PLAIN_LIST, policies::conditional_access),
    operation("GET", "groups", Cost::DirectoryRead, READ_GROUPS, LIST, groups::list_groups),
    operation("GET", "groups/{}/members", Cost::DirectoryRead, READ_GROUPS, SHORT_LIST, groups::group_members),
    operation("GET", "me/joinedTeams", Cost::TeamsRead, READ_TEAMS, &[], groups::joined_teams),
    operation("GET", "teams", Cost::TeamsRead, READ_TEAMS, PLAIN_LIST, groups::list_teams),
    operation("GET", "teams/{}", Cost::TeamsRead, READ_TEAMS, &["$select"], groups::one_team),
    operation("GET", "teams/{}/members", Cost::TeamsRead, READ_TEAM_MEMBERS, PLAIN_LIST, groups::team_members),
    operation("POST", "chats", Cost::TeamsWrite, CREATE_CHATS, &[], chats::create),
    operation("GET", "chats", Cost::TeamsRead, LIST_CHATS, CHATS, chats::list),
    operation("GET", "me/chats", Cost::TeamsRead, LIST_CHATS, CHATS, chats::list),
    operation("GET", "chats/{}", Cost::TeamsRead, LIST_CHATS, &["$expand"], chats::one),
    operation("GET", "chats/{}/messages", Cost::ChatRead, READ_MESSAGES, &["$top", "$orderby", "$filter", "$skiptoken"], messages::list),
    operation("POST", "chats/{}/messages", Cost::ChatSend, SEND_MESSAGES, &[], messages::send),
    operation("GET", "chats/{}/messages/{}", Cost::ChatRead, READ_MESSAGES, &[], messages::one),
    operation("PATCH", "chats/{}/messages/{}", Cost::TeamsWrite, CHANGE_MESSAGES, &[], messages::edit),
    operation("POST", "users/{}/chats/{}/messages/{}/softDelete", Cost::TeamsWrite, CHANGE_MESSAGES, &[], messages::soft_delete),
    operation("POST", "users/{}/chats/{}/messages/{}/undoSoftDelete", Cost::TeamsWrite, CHANGE_MESSAGES, &[], messages::undo_soft_delete),
    operation("POST", "$batch", Cost::Batch, &[], &[], batch::run),
];

/// Every operation of Graph.
pub(super) fn route(sim: &Simulator, context: &Context) -> Answer {
    if (context.method.as_str(), context.path.as_str()) == ("GET", "/oidc/userinfo") {
        return finish(sim, context, enter(sim, context).map(|call| users::user_info(&call)));
    }
    let segments = split_keys(&context.segments());
    let Some(("v1.0", rest)) = segments.split_first().map(|(first, rest)| (first.as_str(), rest)) else { return sim.unknown(context) };
    // Microsoft's own client for Python writes `/v1.0//me`.
    let rest = rest.split_first().filter(|(first, more)| first.is_empty() && !more.is_empty()).map_or(rest, |(_, more)| more);
    let found: Vec<(&Operation, Vec<String>)> =
        OPERATIONS.iter().filter_map(|operation| ids(operation.path, rest).map(|ids| (operation, ids))).collect();
    match found.iter().find(|(operation, _)| context.method == operation.method) {
        Some((operation, ids)) => finish(sim, context, perform(sim, context, operation, ids)),
        // Vendors' clients try this; the answer is documented by those who did.
        None if rest == ["me", "chats"] && context.method == "POST" => {
            finish(sim, context, Err(Refusal::new(405, "UnknownError", "The requested HTTP method is not supported for this path.")))
        }
        None => sim.unknown(context),
    }
}

/// `users('ID')` is `users/ID`, and `delta()` is `delta`.
fn split_keys(segments: &[String]) -> Vec<String> {
    let mut split = Vec::with_capacity(segments.len());
    for segment in segments {
        match segment.strip_suffix("')").and_then(|rest| rest.split_once("('")) {
            Some((name, key)) => split.extend([name.to_owned(), key.to_owned()]),
            None => split.push(segment.strip_suffix("()").unwrap_or(segment).to_owned()),
        }
    }
    split
}

/// The ids in a path, if it is of this form.
fn ids(form: &str, segments: &[String]) -> Option<Vec<String>> {
    let names: Vec<&str> = form.split('/').collect();
    let fits = names.len() == segments.len()
        && names.iter().zip(segments).all(|(name, segment)| *name == "{}" && !segment.is_empty() && segment != "delta" || name == segment);
    fits.then(|| names.iter().zip(segments).filter(|(name, _)| **name == "{}").map(|(_, segment)| segment.clone()).collect())
}

fn perform(sim: &Simulator, context: &Context, operation: &Operation, ids: &[String]) -> Outcome {
    let call = enter(sim, context)?;
    let units =
        operation.cost.units(context.query_value("$select").is_some(), context.query_value("$top").and_then(|top| top.parse().ok()));
    throttle::take(sim, operation.cost, units)?;
    if !call.has(operation.scopes) {
        let teams = units == 0;
        return Err(if teams {
            Refusal::new(
                403,
                "Forbidden",
                format!(
                    "Missing scope permissions on the request. API requires one of '{}'. Scopes on the request '{}'.",
                    operation.scopes.join(", "),
                    call.scopes.join(", ")
                ),
            )
        } else {
            Refusal::denied()
        });
    }
    if let Some(name) = context.unknown_parameter(&context.query, operation.options) {
        return Err(Refusal::new(400, "BadRequest", format!("The query parameter '{name}' is not supported.")));
    }
    let answer = (operation.run)(&call, ids)?;
    Ok(if units > 0 { answer.header("x-ms-resource-unit", &units.to_string()) } else { answer })
}

/// Who calls, by the bearer token.
fn enter<'a>(sim: &'a Simulator, context: &'a Context) -> Result<Call<'a>, Refusal> {
    let refused = |message: &str| {
        Refusal::new(401, "InvalidAuthenticationToken", message).header(
            "www-authenticate",
            format!("Bearer realm=\"\", authorization_uri=\"https://{}/common/oauth2/authorize\"", context.named(super::LOGIN)),
        )
    };
    let token = context.bearer().ok_or_else(|| refused("Access token is empty."))?;
    let access = sim.tokens().access(token, context.now).map_err(|trouble| match trouble {
        TokenTrouble::Unknown => refused("IDX14100: JWT is not well formed, or it is of another tenant."),
        TokenTrouble::Expired => refused("Lifetime validation failed, the token is expired."),
        TokenTrouble::Revoked => refused("Continuous access evaluation resulted in challenge: the token was revoked."),
    })?;
    let account = access
        .grant
        .account
        .as_deref()
        .filter(|_| access.grant.platform == Platform::Teams)
        .and_then(|id| sim.world().by_id(Platform::Teams, id));
    let account = account.ok_or_else(|| refused("Access token validation failure. Invalid audience."))?;
    if sim.teams().directory.is_deleted(&account.id) {
        return Err(refused("The user of the token was deleted."));
    }
    Ok(Call { sim, context, account, scopes: access.grant.scopes })
}

/// Graph's 429, with what `Retry-After` says.
pub(crate) fn throttled(sim: &Simulator, context: &Context, after: Option<&str>) -> Answer {
    let refusal = Refusal::new(429, "TooManyRequests", "Too many requests.");
    let refusal = after.into_iter().fold(refusal, |refusal, after| refusal.header("retry-after", after.to_owned()));
    finish(sim, context, Err(refusal))
}

/// Words a refusal, and puts on what every answer of Graph carries.
fn finish(sim: &Simulator, context: &Context, outcome: Outcome) -> Answer {
    let request_id = sim.random_uuid().to_string();
    let client_id = context.header("client-request-id").unwrap_or(&request_id).to_owned();
    let answer = outcome.unwrap_or_else(|refusal| {
        let inner = json!({ "date": context.now.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "request-id": request_id, "client-request-id": client_id });
        let body = json!({ "error": { "code": refusal.code, "message": refusal.message, "innerError": inner } });
        refusal.headers.iter().fold(Answer::json(refusal.status, &body), |answer, (name, value)| answer.header(name, value))
    });
    let date = context.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.header("request-id", &request_id).header("client-request-id", &client_id).header("date", &date)
}
