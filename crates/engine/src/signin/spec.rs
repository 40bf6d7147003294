//! The tables that adapters fill. URLs may hold `{field}` placeholders for the connection's fields.

use std::time::Duration;

use serde::Serialize;

use crate::error::Error;
use crate::platform::Scope;

/// Something the admin enters to connect. Names are those of the credentials file; a dot means nesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// `client_id`, `bot_token`, `employee.client_secret`.
    pub name: &'static str,
    /// What it is and where the admin finds it, in one sentence.
    pub help: &'static str,
    /// Goes to the keychain and is never shown again.
    pub secret: bool,
    /// Connecting cannot begin without it.
    pub required: bool,
    /// What it can look like; one of them is enough, none means any text.
    pub shapes: &'static [Shape],
    /// How it is proven as soon as it is entered.
    pub proof: Proof,
}

/// What an entered text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Begins with this (`xoxb-`) and goes on.
    Prefix(&'static str),
    /// 8-4-4-4-12 hexadecimal digits.
    Guid,
    /// `harbor.example`.
    Domain,
    /// `ana@harbor.example`.
    Email,
    /// Letters, digits and the given marks, within these lengths.
    Word {
        /// Further letters that may stand in it.
        marks: &'static str,
        /// Fewest letters.
        least: usize,
        /// Most letters.
        most: usize,
    },
    /// One of these: word and label. Drawn as a choice.
    OneOf(&'static [(&'static str, &'static str)]),
}

/// How a field is proven, beyond its looks. Nothing that anybody would notice happens at the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Not at all.
    Looks,
    /// It is a ready token of this slot: [`crate::platform::Connection::prove`] asks what it is.
    Token(&'static str),
    /// It belongs to the client of this code grant: the token endpoint is shown a code that nobody made, and refuses the code
    /// where it knows the client, else the client.
    Client(&'static AuthCode),
    /// It belongs to the client of the employees' device grant: a code is asked for that nobody will be shown, and polled once.
    Device,
    /// It belongs to the client of this slot ([`Source::Client`]), whose token is fetched.
    Fetch(&'static str),
    /// This public document, with `{field}` places, is there.
    Page(&'static str),
}

/// The names of the fields that hold a client's id and secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BasicFields {
    /// Field with the client id.
    pub id: &'static str,
    /// Field with the client secret.
    pub secret: &'static str,
}

/// How a client shows who it is at a token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// `client_id` in the form, no secret.
    Public {
        /// Field with the client id.
        id: &'static str,
    },
    /// `client_id` and `client_secret` in the form.
    Form(BasicFields),
    /// HTTP Basic.
    Basic(BasicFields),
    /// HTTP Basic, and `client_id` in the form as well.
    BasicAndForm(BasicFields),
}

impl Client {
    /// The field that holds the client id.
    pub fn id_field(&self) -> &'static str {
        match self {
            Self::Public { id } => id,
            Self::Form(fields) | Self::Basic(fields) | Self::BasicAndForm(fields) => fields.id,
        }
    }
}

/// Which ports of this computer the vendor accepts in a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ports {
    /// Any: a free one is taken.
    Any,
    /// Only registered ones: the first free one is taken.
    Fixed(&'static [u16]),
}

/// The loopback address on which the browser ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Redirect {
    /// `localhost` or `127.0.0.1`, as the vendor demands.
    pub host: &'static str,
    /// Ports.
    pub ports: Ports,
    /// Path, beginning with a slash; empty when the vendor registers none.
    pub path: &'static str,
}

/// The authorization code grant with PKCE (S256) and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AuthCode {
    /// Authorization endpoint.
    pub authorize_url: &'static str,
    /// Token endpoint.
    pub token_url: &'static str,
    /// Client authentication at the token endpoint; its id is also sent to the authorization endpoint.
    pub client: Client,
    /// Where the browser ends.
    pub redirect: Redirect,
    /// Name of the scope parameter; `None` where scopes are fixed by the app.
    pub scope_parameter: Option<&'static str>,
    /// Between scopes.
    pub scope_separator: &'static str,
    /// Scopes of the grant itself (`offline_access`, `openid`), asked beside the slot's.
    pub grant_scopes: &'static [&'static str],
    /// Whether the token request repeats the scopes.
    pub scope_at_token: bool,
    /// Fixed further parameters of the authorization endpoint; `response_type=code` where the vendor documents it.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Whether `login_hint` is understood.
    pub login_hint: bool,
    /// JSON pointer of the object that holds the token in the answer of the code exchange; empty for the answer itself.
    pub token_at: &'static str,
    /// How long a refresh token lives that nobody uses, where the vendor's documents say it and its answers do not.
    pub refresh_life: Option<Duration>,
}

/// A token that the client gets for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClientGrant {
    /// Token endpoint.
    pub token_url: &'static str,
    /// Client authentication.
    pub client: Client,
    /// The grant type's name.
    pub grant_type: &'static str,
    /// Further form fields: parameter name and the connection field that holds its value.
    pub parameters: &'static [(&'static str, &'static str)],
}

/// A token that another slot's token asks for, as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mint {
    /// Endpoint, with placeholders (`{service_app.id}`).
    pub url: &'static str,
    /// Slot whose token signs.
    pub signed_by: &'static str,
    /// JSON members and the connection fields (secret or not) that hold their values; `{tenant}` stands for the identity's tenant.
    pub members: &'static [(&'static str, &'static str)],
    /// Token endpoint and client for refreshing.
    pub refresh_url: &'static str,
    /// Client for refreshing.
    pub client: Client,
}

/// Where a slot's token comes from when the admin does not give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Only from the admin's hand; it does not expire.
    Given,
    /// The admin signs in with the system browser.
    Browser(AuthCode),
    /// The client gets it by itself, again whenever it expires.
    Client(ClientGrant),
    /// Another slot's token gets it.
    Minted(Mint),
}

/// One token of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// Name used by `Sign::Bearer` and in the keychain.
    pub name: &'static str,
    /// Credential field that may hold a ready token; when it is given, the source is not asked.
    pub field: &'static str,
    /// Where it comes from otherwise.
    pub source: Source,
    /// What it must be allowed to do.
    pub scopes: &'static [Scope],
    /// Whether connecting can end without it; what needs it is then blocked by its missing scopes.
    pub optional: bool,
}

/// The device authorization grant (RFC 8628) with the vendor's deviations as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceGrant {
    /// Where a code is asked for.
    pub start_url: &'static str,
    /// Client at the start.
    pub start_client: Client,
    /// Whether `client_id` goes into the start URL's query instead of the form.
    pub start_in_query: bool,
    /// Whether the scopes are sent at the start.
    pub send_scopes: bool,
    /// Where it is polled.
    pub poll_url: &'static str,
    /// Client at the poll.
    pub poll_client: Client,
    /// Refresh endpoint.
    pub refresh_url: &'static str,
    /// Client at refresh.
    pub refresh_client: Client,
}

/// Paste-back: the employee follows a link and answers with the address their browser ended on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PasteBack {
    /// The authorization code grant behind it. The redirect address is on the employee's own computer, where nobody listens;
    /// a fixed port keeps it registrable.
    pub code: AuthCode,
}

/// How an employee authorises their own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EmployeeSignIn {
    /// Tried first, where the vendor has it.
    pub device: Option<DeviceGrant>,
    /// Used where the device grant is refused or absent.
    pub paste_back: Option<PasteBack>,
    /// What the grant must be allowed to do.
    pub scopes: &'static [Scope],
    /// Scopes of the grant itself (`offline_access`).
    pub grant_scopes: &'static [&'static str],
}

/// A question whose answer is kept per connection (multi-factor questions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// `second_factor`, `approval`.
    pub key: &'static str,
    /// The question as people read it.
    pub text: &'static str,
    /// Possible answers: word and label.
    pub choices: &'static [(&'static str, &'static str)],
}

/// What an answer of the device grant's polling endpoint means.
#[derive(Clone, Debug)]
pub enum Poll {
    /// The tokens are in the answer.
    Granted,
    /// Not yet.
    Pending,
    /// Not yet, and ask five seconds less often.
    SlowDown,
    /// The person said no.
    Declined,
    /// The code is too old.
    Expired,
    /// The tenant or the vendor refuses this grant altogether (gate, Conditional Access): use paste-back.
    Refused(Error),
    /// Anything else.
    Failed(Error),
}
