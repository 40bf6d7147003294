//! The Web API's methods as a table: verb, tier, scopes, tokens, arguments, function; and the one way every call goes.
//!
//! Tiers are per method, workspace and app and minute, with the tier's amount as burst. Two limits have no published
//! number and are chosen: "special" methods 300 a minute ("hundreds per minute"), OAuth methods 100 a minute.
//! `chat.postMessage` has its own: about one a second per channel (burst 3) and 300 a minute per workspace.

use serde_json::Value;

use super::args::Args;
use super::state::TEAM_ID;
use super::wire::Trouble;
use super::{apps, directory, files, history, messages, oauth, posts, tokens};
use crate::http::{Answer, Context};
use crate::tokens::{Access, Grant, TokenTrouble};
use crate::{LimitRow, Platform, Simulator};

const fn limit(name: &'static str, scope: &'static str, amount: f64, seconds: f64, burst: f64) -> LimitRow {
    LimitRow { platform: Platform::Slack, name, scope, amount, seconds, burst }
}

const TIER_1: LimitRow = limit("tier 1", "method, workspace, app", 1.0, 60.0, 1.0);
const TIER_2: LimitRow = limit("tier 2", "method, workspace, app", 20.0, 60.0, 20.0);
const TIER_3: LimitRow = limit("tier 3", "method, workspace, app", 50.0, 60.0, 50.0);
const TIER_4: LimitRow = limit("tier 4", "method, workspace, app", 100.0, 60.0, 100.0);
const SPECIAL: LimitRow = limit("special", "method, workspace, app", 300.0, 60.0, 300.0);
const OAUTH: LimitRow = limit("oauth", "method, client", 100.0, 60.0, 100.0);
const POSTS: LimitRow = limit("chat.postMessage", "workspace, app", 300.0, 60.0, 300.0);
const POSTS_CHANNEL: LimitRow = limit("chat.postMessage per channel", "channel", 1.0, 1.0, 3.0);

/// The rate limits.
pub(crate) const LIMITS: &[LimitRow] = &[TIER_1, TIER_2, TIER_3, TIER_4, SPECIAL, OAUTH, POSTS, POSTS_CHANNEL];

/// Which token a method takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// None: the client authenticates itself.
    Client,
    /// A bot's or user's.
    BotOrUser,
    Bot,
    /// An app-level one.
    App,
    Configuration,
    /// Any.
    Any,
}

/// One call of a method, its token already checked.
pub(super) struct Call<'a> {
    pub(super) sim: &'a Simulator,
    pub(super) context: &'a Context,
    pub(super) args: Args,
    /// The token and its grant; none for methods that take no token.
    token: Option<(String, Access)>,
}

impl Call<'_> {
    pub(super) fn grant(&self) -> Result<&Grant, Trouble> {
        self.token.as_ref().map(|(_, access)| &access.grant).ok_or_else(|| Trouble::of("not_authed"))
    }

    /// Seconds until the token expires; none for those that do not.
    pub(super) fn expires_in(&self) -> Option<i64> {
        let (_, access) = self.token.as_ref()?;
        access.expires_at.map(|end| end.as_second() - self.context.now.as_second())
    }

    pub(super) fn token(&self) -> Result<&str, Trouble> {
        self.token.as_ref().map(|(token, _)| token.as_str()).ok_or_else(|| Trouble::of("not_authed"))
    }

    /// Who speaks: the bot user of the app, or the user of a user token.
    pub(super) fn speaker(&self) -> Result<String, Trouble> {
        let grant = self.grant()?;
        match &grant.account {
            Some(account) => Ok(account.clone()),
            None => self
                .sim
                .slack()
                .app_of_client(&grant.client_id)
                .map(|app| app.bot_user.clone())
                .ok_or_else(|| Trouble::of("account_inactive")),
        }
    }

    /// Refuses without `scope`.
    pub(super) fn needs_scope(&self, scope: &str) -> Result<(), Trouble> {
        let grant = self.grant()?;
        if grant.has_scope(scope) { Ok(()) } else { Err(Trouble::scope(scope, &grant.scopes)) }
    }

    /// The one-a-second limit of a channel.
    pub(super) fn take_channel(&self, channel: &str) -> Result<(), f64> {
        self.sim.take(&format!("slack/post/{channel}"), &POSTS_CHANNEL, 1.0)
    }
}

/// What a method ends in.
pub(super) type Outcome = Result<Value, Trouble>;

/// A row of the table.
pub(super) struct Method {
    pub(super) name: &'static str,
    /// GET is documented too (POST always is).
    pub(super) get: bool,
    /// A JSON body is taken.
    pub(super) json: bool,
    takes: Takes,
    limit: LimitRow,
    /// Any one of these scopes is enough; none: no scope is needed.
    scopes: &'static [&'static str],
    pub(super) args: &'static [&'static str],
    run: fn(&Call<'_>) -> Outcome,
}

const fn get(
    name: &'static str,
    limit: LimitRow,
    scopes: &'static [&'static str],
    args: &'static [&'static str],
    run: fn(&Call<'_>) -> Outcome,
) -> Method {
    Method { name, get: true, json: false, takes: Takes::BotOrUser, limit, scopes, args, run }
}

const fn post(
    name: &'static str,
    limit: LimitRow,
    scopes: &'static [&'static str],
    args: &'static [&'static str],
    run: fn(&Call<'_>) -> Outcome,
) -> Method {
    Method { name, get: false, json: true, takes: Takes::BotOrUser, limit, scopes, args, run }
}

const fn configuration(name: &'static str, limit: LimitRow, args: &'static [&'static str], run: fn(&Call<'_>) -> Outcome) -> Method {
    Method { takes: Takes::Configuration, ..post(name, limit, &[], args, run) }
}

const fn client(name: &'static str, limit: LimitRow, args: &'static [&'static str], run: fn(&Call<'_>) -> Outcome) -> Method {
    Method { name, get: false, json: false, takes: Takes::Client, limit, scopes: &[], args, run }
}

const OAUTH_ARGS: &[&str] = &["client_id", "client_secret", "code", "code_verifier", "redirect_uri", "grant_type", "refresh_token"];
const HISTORY: &[&str] = &["im:history", "mpim:history", "channels:history", "groups:history"];
const POST_ARGS: &[&str] = &[
    "channel",
    "text",
    "blocks",
    "attachments",
    "markdown_text",
    "thread_ts",
    "reply_broadcast",
    "metadata",
    "mrkdwn",
    "parse",
    "link_names",
    "unfurl_links",
    "unfurl_media",
    "username",
    "icon_url",
    "icon_emoji",
    "as_user",
];
const UPDATE_ARGS: &[&str] = &[
    "channel",
    "ts",
    "text",
    "blocks",
    "attachments",
    "markdown_text",
    "metadata",
    "parse",
    "link_names",
    "reply_broadcast",
    "file_ids",
    "as_user",
    "unfurled_attachments",
];

const METHODS: &[Method] = &[
    client("oauth.v2.access", OAUTH, OAUTH_ARGS, oauth::access),
    client("oauth.v2.user.access", OAUTH, OAUTH_ARGS, oauth::user_access),
    Method {
        takes: Takes::BotOrUser,
        limit: TIER_3,
        ..client("oauth.v2.exchange", OAUTH, &["client_id", "client_secret"], oauth::exchange)
    },
    client("tooling.tokens.rotate", OAUTH, &["refresh_token"], tokens::rotate_configuration),
    Method { takes: Takes::Any, ..post("auth.test", SPECIAL, &[], &[], tokens::test) },
    Method { takes: Takes::Any, ..get("auth.revoke", TIER_3, &[], &["test"], tokens::revoke) },
    get("users.list", TIER_2, &["users:read"], &["cursor", "limit", "include_locale", "team_id"], directory::list),
    get("users.info", TIER_4, &["users:read"], &["user", "include_locale"], directory::info),
    get("users.lookupByEmail", TIER_3, &["users:read.email"], &["email"], directory::lookup_by_email),
    Method { json: true, ..get("team.info", TIER_3, &["team:read"], &["team", "domain"], directory::team_info) },
    get(
        "users.conversations",
        TIER_3,
        &["im:read", "mpim:read", "channels:read", "groups:read"],
        &["cursor", "limit", "types", "user", "exclude_archived", "exclude_muted", "team_id"],
        messages::list,
    ),
    post(
        "conversations.open",
        TIER_3,
        &["im:write", "mpim:write", "channels:manage", "groups:write"],
        &["channel", "users", "return_im", "prevent_creation"],
        messages::open,
    ),
    Method {
        json: true,
        ..get(
            "conversations.history",
            TIER_3,
            HISTORY,
            &["channel", "cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"],
            history::history,
        )
    },
    post("chat.postMessage", POSTS, &["chat:write"], POST_ARGS, posts::post),
    post("chat.update", TIER_3, &["chat:write"], UPDATE_ARGS, posts::update),
    post("chat.delete", TIER_3, &["chat:write"], &["channel", "ts", "as_user"], posts::delete),
    post("reactions.add", TIER_3, &["reactions:write"], &["channel", "name", "timestamp"], history::react),
    post("reactions.remove", TIER_2, &["reactions:write"], &["channel", "name", "timestamp", "file", "file_comment"], history::unreact),
    Method { takes: Takes::App, ..post("apps.connections.open", TIER_3, &["connections:write"], &[], apps::connections_open) },
    configuration("apps.manifest.create", TIER_1, &["manifest", "team_id"], apps::create),
    configuration("apps.manifest.update", TIER_1, &["manifest", "app_id"], apps::update),
    configuration("apps.manifest.delete", TIER_1, &["app_id"], apps::delete),
    configuration("apps.manifest.validate", TIER_3, &["manifest", "app_id"], apps::validate),
    configuration("apps.manifest.export", TIER_3, &["app_id"], apps::export),
    Method { json: false, takes: Takes::Any, ..post("apps.uninstall", TIER_1, &[], &["client_id", "client_secret"], apps::uninstall) },
    Method {
        takes: Takes::Bot,
        ..post("views.publish", TIER_4, &[], &["user_id", "view", "hash", "interactivity_pointer"], apps::publish_view)
    },
    Method {
        json: false,
        ..post(
            "files.getUploadURLExternal",
            TIER_4,
            &["files:write"],
            &["length", "filename", "snippet_type", "alt_txt"],
            files::upload_url,
        )
    },
    post(
        "files.completeUploadExternal",
        TIER_4,
        &["files:write"],
        &["files", "channel_id", "thread_ts", "channels", "initial_comment", "blocks", "username", "icon_url", "icon_emoji"],
        files::complete,
    ),
];

/// The method of this name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// Token, limit, scope, arguments, method: in this order.
pub(super) fn call(sim: &Simulator, context: &Context, method: &'static Method) -> Answer {
    let token = match authenticate(sim, context, method) {
        Ok(token) => token,
        Err(trouble) => return trouble.into(),
    };
    let client = token.as_ref().map_or_else(|| "none", |(_, access)| access.grant.client_id.as_str());
    if let Err(wait) = sim.take(&format!("slack/{}/{TEAM_ID}/{client}", method.name), &method.limit, 1.0) {
        return throttled(Some(&whole(wait)));
    }
    let scopes = token.as_ref().map(|(_, access)| access.grant.scopes.join(","));
    let outcome = Args::read(context, method).and_then(|args| {
        let call = Call { sim, context, args, token };
        check_scope(&call, method)?;
        if method.name == "chat.postMessage"
            && let Some(channel) = call.args.text("channel")
            && let Err(wait) = call.take_channel(channel)
        {
            return Ok(Err(wait));
        }
        (method.run)(&call).map(Ok)
    });
    let answer = match outcome {
        Ok(Ok(body)) => Answer::json(200, &super::wire::ok(body)),
        Ok(Err(wait)) => return throttled(Some(&whole(wait))),
        Err(trouble) => trouble.into(),
    };
    match scopes {
        Some(scopes) => answer.header("x-oauth-scopes", &scopes).header("x-accepted-oauth-scopes", &method.scopes.join(",")),
        None => answer,
    }
}

fn whole(wait: f64) -> String {
    format!("{}", wait.ceil().max(1.0))
}

/// Slack's 429, with what `Retry-After` says.
pub(crate) fn throttled(after: Option<&str>) -> Answer {
    let answer: Answer = Trouble::of("ratelimited").into();
    let answer = Answer { status: ::http::StatusCode::TOO_MANY_REQUESTS, ..answer };
    after.into_iter().fold(answer, |answer, after| answer.header("retry-after", after))
}

fn check_scope(call: &Call<'_>, method: &Method) -> Result<(), Trouble> {
    let Some(first) = method.scopes.first() else { return Ok(()) };
    let grant = call.grant()?;
    if method.scopes.iter().any(|scope| grant.has_scope(scope)) { Ok(()) } else { Err(Trouble::scope(first, &grant.scopes)) }
}

fn authenticate(sim: &Simulator, context: &Context, method: &Method) -> Result<Option<(String, Access)>, Trouble> {
    if method.takes == Takes::Client {
        return Ok(None);
    }
    let token = context.bearer().filter(|token| !token.is_empty()).ok_or_else(|| Trouble::of("not_authed"))?;
    let access = sim.tokens().access(token, context.now).map_err(|trouble| {
        Trouble::of(match trouble {
            TokenTrouble::Unknown => "invalid_auth",
            TokenTrouble::Expired => "token_expired",
            TokenTrouble::Revoked => "token_revoked",
        })
    })?;
    let grant = &access.grant;
    if grant.platform != Platform::Slack {
        return Err(Trouble::of("invalid_auth"));
    }
    let fits = match method.takes {
        Takes::Any => true,
        Takes::BotOrUser => matches!(grant.kind, "bot" | "user"),
        Takes::Bot => grant.kind == "bot",
        Takes::App => grant.kind == "app",
        Takes::Configuration => grant.kind == "configuration",
        Takes::Client => false,
    };
    if fits { Ok(Some((token.to_owned(), access))) } else { Err(Trouble::of("not_allowed_token_type")) }
}
