//! What changes at Slack: apps, conversations, files, sockets. Plain data; the rules stand beside the methods.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::sockets::Sockets;
use crate::World;

/// The workspace.
pub(super) const TEAM_ID: &str = "T0HARBPINE";
/// The workspace that foreign users come from.
pub(super) const OTHER_TEAM_ID: &str = "T0TIDEWATR";
/// The workspace's address below slack.com.
pub(super) const TEAM_DOMAIN: &str = "harborpine";

/// An app of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(super) id: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) signing_secret: String,
    pub(super) verification_token: String,
    pub(super) bot_id: String,
    pub(super) bot_user: String,
    pub(super) manifest: Value,
    /// The bot is in the workspace.
    pub(super) installed: bool,
}

impl App {
    pub(super) fn name(&self) -> &str {
        self.manifest["display_information"]["name"].as_str().unwrap_or_default()
    }

    pub(super) fn bot_name(&self) -> &str {
        self.manifest["features"]["bot_user"]["display_name"].as_str().unwrap_or_else(|| self.name())
    }

    /// The scopes of one kind (`bot` or `user`) that the manifest asks for.
    pub(super) fn scopes(&self, kind: &str) -> Vec<&str> {
        let optional = if kind == "bot" { "bot_optional" } else { "user_optional" };
        let scopes = &self.manifest["oauth_config"]["scopes"];
        scopes[kind].as_array().into_iter().chain(scopes[optional].as_array()).flatten().filter_map(Value::as_str).collect()
    }

    pub(super) fn redirect_urls(&self) -> impl Iterator<Item = &str> {
        self.manifest["oauth_config"]["redirect_urls"].as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    pub(super) fn pkce(&self) -> bool {
        self.manifest["oauth_config"]["pkce_enabled"].as_bool().unwrap_or(false)
    }

    pub(super) fn socket_mode(&self) -> bool {
        self.manifest["settings"]["socket_mode_enabled"].as_bool().unwrap_or(false)
    }

    pub(super) fn rotation(&self) -> bool {
        self.manifest["settings"]["token_rotation_enabled"].as_bool().unwrap_or(false)
    }

    pub(super) fn messages_tab(&self) -> bool {
        self.manifest["features"]["app_home"]["messages_tab_enabled"].as_bool().unwrap_or(false)
    }

    pub(super) fn read_only(&self) -> bool {
        self.manifest["features"]["app_home"]["messages_tab_read_only_enabled"].as_bool().unwrap_or(true)
    }

    pub(super) fn hears(&self, event: &str) -> bool {
        self.manifest["settings"]["event_subscriptions"]["bot_events"]
            .as_array()
            .is_some_and(|events| events.iter().any(|known| known == event))
    }
}

/// A direct conversation; `members` are user ids (an app's is its bot user).
#[derive(Debug, Clone)]
pub(super) struct Conversation {
    pub(super) id: String,
    pub(super) members: Vec<String>,
    pub(super) created: Timestamp,
    /// Oldest first.
    pub(super) messages: Vec<Message>,
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) ts: String,
    /// User id of the author; an app's is its bot user.
    pub(super) user: String,
    /// Id of the app that wrote it.
    pub(super) app: Option<String>,
    pub(super) text: String,
    pub(super) blocks: Option<Value>,
    pub(super) attachments: Option<Value>,
    pub(super) thread_ts: Option<String>,
    pub(super) metadata: Option<Value>,
    /// Shown instead of the app's name (`chat:write.customize`).
    pub(super) username: Option<String>,
    pub(super) icons: Option<Value>,
    pub(super) edited: Option<String>,
    pub(super) client_msg_id: Option<String>,
    pub(super) files: Vec<Value>,
    /// Emoji name to the users who reacted.
    pub(super) reactions: BTreeMap<String, Vec<String>>,
}

/// A file between its upload address and its completion.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) length: usize,
    pub(super) uploaded: bool,
    pub(super) completed: bool,
}

/// Everything that changes at this platform.
#[derive(Default)]
pub(crate) struct State {
    /// By app id.
    pub(super) apps: BTreeMap<String, App>,
    pub(super) conversations: HashMap<String, Conversation>,
    /// Members, sorted and joined, to conversation id.
    pub(super) by_members: HashMap<String, String>,
    pub(super) files: HashMap<String, File>,
    pub(super) sockets: Sockets,
    /// Access tokens of one grant, oldest first: at most two live.
    pub(super) rotating: HashMap<u64, Vec<String>>,
    last_ts: (i64, u32),
}

impl State {
    pub(crate) fn new(_world: &World) -> Self {
        Self::default()
    }

    /// When a socket or a delivery next needs attention.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.sockets.next_due()
    }

    pub(super) fn app_of_client(&self, client_id: &str) -> Option<&App> {
        self.apps.values().find(|app| app.client_id == client_id)
    }

    pub(super) fn app_of_bot(&self, user: &str) -> Option<&App> {
        self.apps.values().find(|app| app.bot_user == user)
    }

    /// A new message time, later than every one before.
    pub(super) fn next_ts(&mut self, now: Timestamp) -> String {
        let second = now.as_second();
        let (last, count) = self.last_ts;
        self.last_ts = if second > last { (second, 100) } else { (last, count + 100) };
        format!("{}.{:06}", self.last_ts.0, self.last_ts.1)
    }

    /// The conversation of exactly these members, made when there is none and `id` gives one.
    pub(super) fn conversation_of(&mut self, members: &[String], now: Timestamp, id: impl FnOnce() -> String) -> &mut Conversation {
        let mut sorted = members.to_vec();
        sorted.sort();
        let key = sorted.join(",");
        let id = self.by_members.entry(key).or_insert_with(id).clone();
        self.conversations.entry(id.clone()).or_insert_with(|| Conversation {
            id,
            members: members.to_vec(),
            created: now,
            messages: Vec::new(),
        })
    }
}
