//! Conversations: who is in which, how they begin, how they are listed. What is said in them is in `messages`.
//! Ids are random although real ones look like the members' ids: the documents promise no such rule.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::graph::{Call, Outcome, Refusal, only};
use super::lists::{self, Advanced};
use super::messages::{self, Message};
use super::{State, TENANT_ID, groups};
use crate::http::{Answer, percent_decode};
use crate::{Account, Kind, Platform, Simulator};

/// One conversation.
pub(super) struct Chat {
    pub(super) id: String,
    /// Two people and nobody else, for ever.
    pub(super) one_on_one: bool,
    topic: Option<String>,
    created: Timestamp,
    /// Object ids and roles.
    pub(super) members: Vec<(String, &'static str)>,
    pub(super) messages: Vec<Message>,
}

impl Chat {
    pub(super) fn has(&self, account: &str) -> bool {
        self.members.iter().any(|(id, _)| id == account)
    }
}

/// All conversations of the tenant.
#[derive(Default)]
pub(super) struct Chats {
    all: Vec<Chat>,
    by_id: HashMap<String, usize>,
    by_pair: HashMap<(String, String), usize>,
    by_member: HashMap<String, Vec<usize>>,
}

impl Chats {
    /// The conversation with this id, for one of its members.
    pub(super) fn of_member(&mut self, id: &str, account: &str) -> Result<&mut Chat, Refusal> {
        let place = *self.by_id.get(id).ok_or_else(|| Refusal::new(404, "NotFound", "The chat was not found."))?;
        let chat = &mut self.all[place];
        if chat.has(account) {
            Ok(chat)
        } else {
            Err(Refusal::new(403, "Forbidden", "AclCheckFailed: the user is not a member of the chat."))
        }
    }

    /// The conversation with this id, to look at.
    pub(super) fn shared(&self, id: &str) -> Result<&Chat, Refusal> {
        self.by_id.get(id).map(|place| &self.all[*place]).ok_or_else(|| Refusal::new(404, "NotFound", "The chat was not found."))
    }

    /// Places of somebody's conversations, oldest first.
    fn of(&self, account: &str) -> &[usize] {
        self.by_member.get(account).map_or(&[], Vec::as_slice)
    }

    /// The conversation of two people, made when there is none.
    fn between(&mut self, sim: &Simulator, one: (&str, &'static str), other: (&str, &'static str)) -> usize {
        let pair = if one.0 < other.0 { (one.0.to_owned(), other.0.to_owned()) } else { (other.0.to_owned(), one.0.to_owned()) };
        if let Some(place) = self.by_pair.get(&pair) {
            return *place;
        }
        let id = format!("19:{}_{}@unq.gbl.spaces", sim.random_uuid(), sim.random_uuid());
        let place = self.add(sim, id, true, None, vec![(one.0.to_owned(), one.1), (other.0.to_owned(), other.1)]);
        self.by_pair.insert(pair, place);
        place
    }

    fn add(&mut self, sim: &Simulator, id: String, one_on_one: bool, topic: Option<String>, members: Vec<(String, &'static str)>) -> usize {
        let place = self.all.len();
        for (member, _) in &members {
            self.by_member.entry(member.clone()).or_default().push(place);
        }
        self.by_id.insert(id.clone(), place);
        self.all.push(Chat { id, one_on_one, topic, created: sim.clock().now(), members, messages: Vec::new() });
        place
    }
}

/// Whether somebody may take part in conversations: members need a licence with Teams, guests none.
pub(super) fn has_teams(account: &Account) -> bool {
    account.kind == Kind::Guest || account.licensed
}

/// Refuses callers who may not create or send: without licence, and guests (see the essay in `mod`).
pub(super) fn may_write(account: &Account) -> Result<(), Refusal> {
    if account.kind == Kind::Guest {
        return Err(Refusal::new(403, "Forbidden", "GuestAccessDenied: the operation is not allowed for guest users."));
    }
    if !account.licensed {
        return Err(Refusal::new(
            403,
            "Forbidden",
            "Failed to get license information for the user. Ensure user has a valid Office365 license assigned to them.",
        ));
    }
    Ok(())
}

/// `POST /chats`. A conversation of two that exists is given again; a group is always new.
pub(super) fn create(call: &Call<'_>, _ids: &[String]) -> Outcome {
    may_write(call.account)?;
    let body = call.body(&["chatType", "topic", "members"])?;
    let wrong = |message: &str| Refusal::new(400, "BadRequest", message);
    let one_on_one = match body["chatType"].as_str() {
        Some("oneOnOne") => true,
        Some("group") => false,
        _ => return Err(wrong("Invalid chat type: 'oneOnOne' or 'group' expected.")),
    };
    let topic = match &body["topic"] {
        Value::Null => None,
        Value::String(topic) if !one_on_one && !topic.contains(':') && topic.chars().count() <= 250 => Some(topic.clone()),
        _ => return Err(wrong("The topic is not valid: only group chats have one, of at most 250 characters, without a colon.")),
    };
    let listed =
        body["members"].as_array().filter(|members| members.len() >= 2).ok_or_else(|| wrong("At least two members are needed."))?;
    if one_on_one && listed.len() != 2 {
        return Err(wrong("A one-on-one chat has exactly two members."));
    }
    let mut state = call.sim.teams();
    let members = listed.iter().map(|member| read_member(call, &state, member)).collect::<Result<Vec<_>, _>>()?;
    if members.iter().enumerate().any(|(number, (id, _))| members[..number].iter().any(|(other, _)| other == id)) {
        return Err(wrong("Duplicate chat members is specified in the request body."));
    }
    if !members.iter().any(|(id, _)| *id == call.account.id) {
        return Err(Refusal::new(403, "Forbidden", "The caller must be one of the members specified in the request body."));
    }
    if !members.iter().any(|(_, role)| *role == "owner") {
        return Err(wrong("At least one member must be an owner."));
    }
    let chats = &mut state.chats;
    let place = match members.as_slice() {
        [(one, role), (other, other_role)] if one_on_one => chats.between(call.sim, (one, role), (other, other_role)),
        _ => {
            let id = format!("19:{}@thread.v2", call.sim.random_uuid().simple());
            let added: Vec<String> = members.iter().map(|(id, _)| id.clone()).collect();
            let place = chats.add(call.sim, id, false, topic, members);
            messages::announce(&mut chats.all[place], &call.account.id, &added, call.context.now);
            place
        }
    };
    let mut shown = show(call.sim, &state, &state.chats.all[place], false, false);
    shown["@odata.context"] = json!(call.metadata("chats/$entity"));
    Ok(Answer::json(201, &shown))
}

/// One member of a request: object id and role.
fn read_member(call: &Call<'_>, state: &State, member: &Value) -> Result<(String, &'static str), Refusal> {
    let wrong = |message: &str| Refusal::new(400, "BadRequest", message);
    only(member, &["@odata.type", "roles", "user@odata.bind", "tenantId", "visibleHistoryStartDateTime"], "conversationMember")?;
    if member["@odata.type"] != "#microsoft.graph.aadUserConversationMember" {
        return Err(wrong("The type of a member must be #microsoft.graph.aadUserConversationMember."));
    }
    if member["tenantId"].as_str().is_some_and(|tenant| !tenant.eq_ignore_ascii_case(TENANT_ID)) {
        return Err(wrong("A member of another tenant is not known."));
    }
    let bind = member["user@odata.bind"]
        .as_str()
        .and_then(|bind| bound_user(call, bind))
        .ok_or_else(|| wrong("The user@odata.bind of a member is not valid."))?;
    let account = state
        .directory
        .find(call.sim.world(), &bind)
        .ok_or_else(|| Refusal::new(404, "NotFound", format!("The user {bind} was not found.")))?;
    let role = match member["roles"].as_array().map(Vec::as_slice) {
        Some([Value::String(role)]) => role.as_str(),
        _ => return Err(wrong("Invalid role specified for member: exactly one of 'owner' and 'guest' is needed.")),
    };
    let role = match (role, account.kind) {
        ("owner", Kind::Member) => "owner",
        ("guest", Kind::Guest) => "guest",
        _ => return Err(wrong("Invalid role specified for member: guests of the tenant are 'guest', everybody else is 'owner'.")),
    };
    if !has_teams(account) {
        return Err(Refusal::new(403, "Forbidden", format!("The user {} has no license for Teams.", account.id)));
    }
    Ok((account.id.clone(), role))
}

/// The id in `https://graph.microsoft.com/v1.0/users('ID')` or `…/users/ID`.
fn bound_user(call: &Call<'_>, bind: &str) -> Option<String> {
    let (by_door, by_name) =
        (call.context.absolute(super::GRAPH, "/v1.0/users"), format!("https://{}/v1.0/users", call.context.named(super::GRAPH)));
    let rest = bind.strip_prefix(&by_door).or_else(|| bind.strip_prefix(&by_name))?;
    let id = rest.strip_prefix("('").and_then(|rest| rest.strip_suffix("')")).or_else(|| rest.strip_prefix('/'))?;
    (!id.is_empty() && !id.contains('/')).then(|| percent_decode(id))
}

fn show(sim: &Simulator, state: &State, chat: &Chat, members: bool, preview: bool) -> Value {
    let mut shown = json!({
        "id": chat.id,
        "topic": chat.topic,
        "createdDateTime": messages::written(chat.created),
        "lastUpdatedDateTime": messages::written(chat.created),
        "chatType": if chat.one_on_one { "oneOnOne" } else { "group" },
        "webUrl": format!("https://{}/l/chat/{}/0?tenantId={TENANT_ID}", sim.clouds().here(super::TEAMS), chat.id.replace(':', "%3A").replace('@', "%40")),
        "tenantId": TENANT_ID,
        "onlineMeetingInfo": null,
        "viewpoint": { "isHidden": false, "lastMessageReadDateTime": messages::written(chat.created) },
    });
    if members {
        let all = chat.members.iter().filter_map(|(id, role)| {
            state
                .directory
                .by_id(sim.world(), id)
                .map(|account| groups::conversation_member(&chat.id, account, Some(role), "0001-01-01T00:00:00Z"))
        });
        shown["members"] = all.collect();
    }
    if preview {
        shown["lastMessagePreview"] = chat.messages.last().map_or(Value::Null, |message| messages::preview(sim, state, message));
    }
    shown
}

/// `$expand`: members, lastMessagePreview.
fn expanded(call: &Call<'_>) -> Result<(bool, bool), Refusal> {
    let (mut members, mut preview) = (false, false);
    for name in call.context.query_value("$expand").unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match name {
            "members" => members = true,
            "lastMessagePreview" if call.has(&["Chat.Read", "Chat.ReadWrite"]) => preview = true,
            "lastMessagePreview" => {
                return Err(Refusal::new(403, "Forbidden", "Expanding lastMessagePreview needs one of 'Chat.Read, Chat.ReadWrite'."));
            }
            _ => {
                return Err(Refusal::new(
                    400,
                    "BadRequest",
                    format!(
                        "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.chat'."
                    ),
                ));
            }
        }
    }
    Ok((members, preview))
}

/// `GET /me/chats` and `GET /chats`.
pub(super) fn list(call: &Call<'_>, _ids: &[String]) -> Outcome {
    let (members, preview) = expanded(call)?;
    let filter = lists::filter(
        call,
        "chat",
        &|name| {
            ["chatType", "topic", "createdDateTime", "lastUpdatedDateTime", "members", "lastMessagePreview", "viewpoint"].contains(&name)
        },
        Advanced::Never,
    )?;
    let newest_talk = match call.context.query_value("$orderby") {
        None => false,
        Some("lastMessagePreview/createdDateTime desc") => true,
        Some(_) => return Err(Refusal::new(400, "BadRequest", "Only $orderby=lastMessagePreview/createdDateTime desc is supported.")),
    };
    let page = lists::page(call, 20, 50)?;
    let state = call.sim.teams();
    let mut places: Vec<usize> = state.chats.of(&call.account.id).to_vec();
    if newest_talk {
        places.sort_by_key(|place| std::cmp::Reverse(state.chats.all[*place].messages.last().map(|message| message.created)));
    }
    let (items, next) = lists::scan(&page, places.len(), |number| {
        let chat = &state.chats.all[places[number]];
        let whole = || show(call.sim, &state, chat, true, true);
        filter
            .as_ref()
            .is_none_or(|filter| filter.matches(&|name| whole()[name].clone()))
            .then(|| show(call.sim, &state, chat, members, preview))
    });
    Ok(lists::answer(call, "chats", None, items, next, None))
}

/// `GET /chats/{id}`.
pub(super) fn one(call: &Call<'_>, ids: &[String]) -> Outcome {
    let (members, preview) = expanded(call)?;
    let mut state = call.sim.teams();
    state.chats.of_member(&ids[0], &call.account.id)?;
    let mut shown = show(call.sim, &state, state.chats.shared(&ids[0])?, members, preview);
    shown["@odata.context"] = json!(call.metadata("chats/$entity"));
    Ok(Answer::json(200, &shown))
}

/// An employee writes: into the chat `to` names, or to the person with that id, address or shown name.
pub(super) fn speak(sim: &Simulator, account: &Account, to: &str, text: &str) -> Result<(), String> {
    let in_words = |refusal: Refusal| refusal.message;
    may_write(account).map_err(in_words)?;
    let mut state = sim.teams();
    let id = if state.chats.by_id.contains_key(to) {
        to.to_owned()
    } else {
        let world = sim.world();
        let directory = &state.directory;
        let by_name = || {
            (0..directory.end(world))
                .filter_map(|position| directory.at(world, position))
                .find(|other| other.name().eq_ignore_ascii_case(to))
        };
        let by_address = || directory.with_address(to).iter().find_map(|position| directory.at(world, *position));
        let other = directory
            .find(world, to)
            .or_else(by_address)
            .or_else(by_name)
            .filter(|other| other.id != account.id)
            .ok_or_else(|| format!("nobody here is called {to}"))?;
        let (other_id, role) = (other.id.clone(), if other.kind == Kind::Guest { "guest" } else { "owner" });
        if !has_teams(other) {
            return Err(format!("{to} does not use Teams"));
        }
        let place = state.chats.between(sim, (&account.id, "owner"), (&other_id, role));
        state.chats.all[place].id.clone()
    };
    let chat = state.chats.of_member(&id, &account.id).map_err(in_words)?;
    let content = json!({ "contentType": "text", "content": text });
    messages::post(sim, chat, account, content, json!([]), json!([]), "normal");
    Ok(())
}

/// Accounts of the company behind the other members of a chat: those who hear what `sender` says.
pub(super) fn listeners<'a>(sim: &'a Simulator, chat: &Chat, sender: &str) -> Vec<&'a Account> {
    let others = chat.members.iter().filter(|(id, _)| id != sender);
    others.filter_map(|(id, _)| sim.world().by_id(Platform::Teams, id)).filter(|account| account.active).collect()
}
