//! Groups of the tenant, most of them teams. They are fixed: who is in which follows from the person's number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::TENANT_ID;
use super::graph::{Call, Outcome, Refusal};
use super::lists::{self, Advanced};
use super::{properties, users};
use crate::http::Answer;
use crate::world::OWN_DOMAINS;
use crate::{Account, Kind, Platform};

struct Group {
    id: &'static str,
    name: &'static str,
    about: &'static str,
    nickname: &'static str,
    team: bool,
    /// Members are all whose number leaves this remainder by six; `None`: everybody.
    part: Option<usize>,
}

const GROUPS: &[Group] = &[
    Group {
        id: "1f6c20e4-0b7a-4d55-9f43-8a2be1c0d7f1",
        name: "Everyone at Harbor & Pine",
        about: "The whole company",
        nickname: "everyone",
        team: true,
        part: None,
    },
    Group {
        id: "2a7d31f5-1c8b-4e66-8054-9b3cf2d1e802",
        name: "Engineering",
        about: "Plans and builds",
        nickname: "engineering",
        team: true,
        part: Some(0),
    },
    Group {
        id: "3b8e4206-2d9c-4f77-9165-ac4d03e2f913",
        name: "Sales",
        about: "Finds customers",
        nickname: "sales",
        team: true,
        part: Some(1),
    },
    Group {
        id: "4c9f5317-3ead-4088-a276-bd5e14f30a24",
        name: "Operations",
        about: "Keeps things running",
        nickname: "operations",
        team: true,
        part: Some(2),
    },
    Group { id: "5da06428-4fbe-4199-b387-ce6f25041b35", name: "Finance", about: "Counts", nickname: "finance", team: true, part: Some(3) },
    Group {
        id: "6eb17539-50cf-42aa-8498-df7036152c46",
        name: "Customer Care",
        about: "Answers",
        nickname: "care",
        team: true,
        part: Some(4),
    },
    Group {
        id: "7fc2864a-61d0-43bb-95a9-e08147263d57",
        name: "Printers of the second floor",
        about: "May print",
        nickname: "printers",
        team: false,
        part: Some(5),
    },
];

impl Group {
    fn has(&self, account: &Account) -> bool {
        // Guests made by an invitation are in no group until somebody adds them.
        account.human != usize::MAX && self.part.is_none_or(|part| account.admin || account.human % 6 == part)
    }
}

const GROUP_PROPERTIES: &[&str] = &[
    "id",
    "displayName",
    "description",
    "createdDateTime",
    "deletedDateTime",
    "classification",
    "expirationDateTime",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "preferredDataLocation",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "securityEnabled",
    "theme",
    "visibility",
];
const GROUP_FILTERABLE: &[&str] = &[
    "id",
    "displayName",
    "description",
    "createdDateTime",
    "groupTypes",
    "mail",
    "mailEnabled",
    "mailNickname",
    "resourceProvisioningOptions",
    "securityEnabled",
];

/// Whether a property of users or groups holds a list.
pub(super) fn is_list(name: &str) -> bool {
    ["businessPhones", "proxyAddresses", "otherMails", "assignedPlans", "assignedLicenses", "identities", "imAddresses", "provisionedPlans"]
        .contains(&name)
}

fn show_group(group: &Group) -> Value {
    let mail = format!("{}@{}", group.nickname, OWN_DOMAINS[0]);
    let mut shown: Value = GROUP_PROPERTIES.iter().map(|name| ((*name).to_owned(), Value::Null)).collect::<serde_json::Map<_, _>>().into();
    for (name, value) in [
        ("id", json!(group.id)),
        ("displayName", json!(group.name)),
        ("description", json!(group.about)),
        ("createdDateTime", json!("2024-03-04T09:00:00Z")),
        ("groupTypes", if group.team { json!(["Unified"]) } else { json!([]) }),
        ("mail", if group.team { json!(mail) } else { Value::Null }),
        ("mailEnabled", json!(group.team)),
        ("mailNickname", json!(group.nickname)),
        ("proxyAddresses", if group.team { json!([format!("SMTP:{mail}")]) } else { json!([]) }),
        ("resourceBehaviorOptions", json!([])),
        ("resourceProvisioningOptions", if group.team { json!(["Team"]) } else { json!([]) }),
        ("securityEnabled", json!(!group.team)),
        ("visibility", if group.team { json!("Private") } else { Value::Null }),
    ] {
        shown[name] = value;
    }
    shown
}

/// `GET /groups`.
pub(super) fn list_groups(call: &Call<'_>, _ids: &[String]) -> Outcome {
    call.no_guests()?;
    if call.context.query_value("$search").is_some() || call.context.query_value("$orderby").is_some_and(|order| order != "displayName") {
        return Err(Refusal::new(400, "Request_UnsupportedQuery", "Unsupported query for resource 'Group'."));
    }
    let select = lists::select(call, "group", &|name| GROUP_PROPERTIES.contains(&name))?;
    let filter = lists::filter(call, "Group", &|name| GROUP_FILTERABLE.contains(&name), Advanced::ByHeader)?;
    let mut all: Vec<Value> = GROUPS.iter().map(show_group).collect();
    if call.context.query_value("$orderby").is_some() {
        all.sort_by_key(|group| group["displayName"].to_string());
    }
    lists::answer_values(call, "groups", all, select.as_deref(), filter.as_ref(), 100, 999)
}

fn group(id: &str) -> Result<&'static Group, Refusal> {
    GROUPS.iter().find(|group| group.id == id).ok_or_else(|| Refusal::no_resource(id))
}

fn team(id: &str) -> Result<&'static Group, Refusal> {
    GROUPS
        .iter()
        .find(|group| group.id == id && group.team)
        .ok_or_else(|| Refusal::new(404, "NotFound", format!("No team found with Group Id {id}")))
}

/// `GET /groups/{id}/members`.
pub(super) fn group_members(call: &Call<'_>, ids: &[String]) -> Outcome {
    call.no_guests()?;
    let group = group(&ids[0])?;
    if call.context.query_value("$search").is_some() {
        return Err(Refusal::new(400, "Request_UnsupportedQuery", "Unsupported query for resource 'DirectoryObject'."));
    }
    let select = users::select(call, &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"])?;
    let filterable = |name: &str| ["id", "displayName", "mail", "userPrincipalName", "userType", "accountEnabled"].contains(&name);
    let filter = lists::filter(call, "DirectoryObject", &filterable, Advanced::ByHeader)?;
    let page = lists::page(call, 100, 999)?;
    let (world, state) = (call.sim.world(), call.sim.teams());
    let directory = &state.directory;
    let fits = |account: &&Account| {
        group.has(account)
            && filter
                .as_ref()
                .is_none_or(|filter| filter.matches(&|name| properties::property(world, directory, account, name).unwrap_or_default()))
    };
    let end = directory.end(world);
    let count = (call.context.query_value("$count") == Some("true"))
        .then(|| (0..end).filter_map(|position| directory.at(world, position)).filter(fits).count());
    let (items, next) = lists::scan(&page, end, |position| {
        directory.at(world, position).filter(fits).map(|account| users::member(call, directory, account, select.as_deref()))
    });
    Ok(lists::answer(call, "directoryObjects", select.as_deref(), items, next, count))
}

const TEAM_PROPERTIES: &[&str] = &[
    "id",
    "displayName",
    "description",
    "internalId",
    "classification",
    "specialization",
    "visibility",
    "webUrl",
    "isArchived",
    "tenantId",
    "createdDateTime",
];

fn show_team(call: &Call<'_>, group: &Group) -> Value {
    json!({
        "id": group.id,
        "displayName": group.name,
        "description": group.about,
        "internalId": format!("19:{}@thread.tacv2", group.id.replace('-', "")),
        "classification": null,
        "specialization": "none",
        "visibility": "private",
        "webUrl": format!("https://{}/l/team/19%3a{}%40thread.tacv2/conversations?groupId={}&tenantId={TENANT_ID}", call.context.named(super::TEAMS), group.id.replace('-', ""), group.id),
        "isArchived": false,
        "tenantId": TENANT_ID,
        "createdDateTime": "2024-03-04T09:00:00Z",
    })
}

/// `GET /me/joinedTeams`: all at once.
pub(super) fn joined_teams(call: &Call<'_>, _ids: &[String]) -> Outcome {
    let joined: Vec<Value> =
        GROUPS.iter().filter(|group| group.team && group.has(call.account)).map(|group| show_team(call, group)).collect();
    let count = joined.len();
    Ok(lists::answer(call, "teams", None, joined, None, Some(count)))
}

/// `GET /teams`.
pub(super) fn list_teams(call: &Call<'_>, _ids: &[String]) -> Outcome {
    call.no_guests()?;
    let select = lists::select(call, "team", &|name| TEAM_PROPERTIES.contains(&name))?;
    let filter = lists::filter(call, "team", &|name| name == "displayName" || name == "description", Advanced::Never)?;
    let all = GROUPS.iter().filter(|group| group.team).map(|group| show_team(call, group)).collect();
    lists::answer_values(call, "teams", all, select.as_deref(), filter.as_ref(), 20, 999)
}

/// `GET /teams/{id}`.
pub(super) fn one_team(call: &Call<'_>, ids: &[String]) -> Outcome {
    let select = lists::select(call, "team", &|name| TEAM_PROPERTIES.contains(&name))?;
    let mut shown = lists::cut(&show_team(call, team(&ids[0])?), select.as_deref());
    shown["@odata.context"] = json!(call.metadata("teams/$entity"));
    Ok(Answer::json(200, &shown))
}

const MEMBER_PROPERTIES: &[&str] = &["id", "displayName", "roles", "visibleHistoryStartDateTime", "userId", "email", "tenantId"];

/// Somebody in a team or chat.
pub(super) fn conversation_member(conversation: &str, account: &Account, role: Option<&str>, since: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "id": STANDARD.encode(format!("{TENANT_ID}##{conversation}##{}", account.id)),
        "roles": role.into_iter().collect::<Vec<_>>(),
        "displayName": account.name(),
        "visibleHistoryStartDateTime": since,
        "userId": account.id,
        "email": account.email,
        "tenantId": TENANT_ID,
    })
}

/// `GET /teams/{id}/members`.
pub(super) fn team_members(call: &Call<'_>, ids: &[String]) -> Outcome {
    let team = team(&ids[0])?;
    let select = lists::select(call, "conversationMember", &|name| MEMBER_PROPERTIES.contains(&name))?;
    let filter =
        lists::filter(call, "conversationMember", &|name| ["displayName", "userId", "email", "roles"].contains(&name), Advanced::Never)?;
    let page = lists::page(call, 100, 999)?;
    let (world, state) = (call.sim.world(), call.sim.teams());
    let show = |account: &Account| {
        let role = if account.admin { Some("owner") } else { (account.kind == Kind::Guest).then_some("guest") };
        conversation_member(team.id, account, role, "0001-01-01T00:00:00Z")
    };
    let end = world.accounts(Platform::Teams).len();
    let (items, next) = lists::scan(&page, end, |position| {
        let shown = state.directory.at(world, position).filter(|account| team.has(account)).map(show)?;
        filter.as_ref().is_none_or(|filter| filter.matches(&|name| shown[name].clone())).then(|| lists::cut(&shown, select.as_deref()))
    });
    Ok(lists::answer(call, &format!("teams('{}')/members", team.id), select.as_deref(), items, next, None))
}
