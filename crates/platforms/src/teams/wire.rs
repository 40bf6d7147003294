//! Shapes of Microsoft Graph and Entra, as far as they are read or written. Everything that may be absent is optional.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Every list.
#[derive(Deserialize)]
pub(super) struct Items<T> {
    pub(super) value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    pub(super) next_link: Option<String>,
}

/// The properties of a user that are asked for; without `$select` Graph leaves most of them out.
pub(super) const USER_PROPERTIES: &str = "id,displayName,mail,userPrincipalName,accountEnabled,userType,assignedPlans,\
     externalUserState,otherMails,proxyAddresses,createdDateTime";

/// A user, or another member of a group.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    #[serde(rename = "@odata.type")]
    pub(super) odata_type: Option<String>,
    pub(super) id: String,
    pub(super) display_name: Option<String>,
    pub(super) mail: Option<String>,
    pub(super) user_principal_name: Option<String>,
    pub(super) account_enabled: Option<bool>,
    pub(super) user_type: Option<String>,
    #[serde(default)]
    pub(super) assigned_plans: Option<Vec<AssignedPlan>>,
    pub(super) external_user_state: Option<String>,
    #[serde(default)]
    pub(super) other_mails: Option<Vec<String>>,
    #[serde(default)]
    pub(super) proxy_addresses: Option<Vec<String>>,
    pub(super) created_date_time: Option<Timestamp>,
}

/// A plan of a user's licences.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssignedPlan {
    pub(super) capability_status: Option<String>,
    pub(super) service: Option<String>,
}

/// The tenant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) verified_domains: Option<Vec<VerifiedDomain>>,
}

/// A domain of the tenant.
#[derive(Deserialize)]
pub(super) struct VerifiedDomain {
    pub(super) name: Option<String>,
}

/// A team.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TeamItem {
    pub(super) id: String,
    pub(super) display_name: Option<String>,
}

/// `POST /chats`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewChat {
    pub(super) chat_type: &'static str,
    pub(super) members: [NewMember; 2],
}

/// A member of a new chat. Roles may not be empty: an owner, or a guest of the tenant.
#[derive(Serialize)]
pub(super) struct NewMember {
    #[serde(rename = "@odata.type")]
    pub(super) odata_type: &'static str,
    pub(super) roles: [&'static str; 1],
    #[serde(rename = "user@odata.bind")]
    pub(super) user: String,
}

/// An object that only its id is wanted of.
#[derive(Deserialize)]
pub(super) struct Identified {
    pub(super) id: String,
}

/// `POST` and `PATCH` of a message.
#[derive(Serialize)]
pub(super) struct NewMessage<'a> {
    pub(super) body: NewBody<'a>,
}

/// A message's text on its way out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewBody<'a> {
    pub(super) content_type: &'static str,
    pub(super) content: &'a str,
}

/// A message of a chat.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) message_type: Option<String>,
    pub(super) created_date_time: Timestamp,
    pub(super) deleted_date_time: Option<String>,
    pub(super) from: Option<From>,
    pub(super) body: Option<Body>,
}

/// Who wrote a message.
#[derive(Deserialize)]
pub(super) struct From {
    pub(super) user: Option<FromUser>,
}

/// The person who wrote a message.
#[derive(Deserialize)]
pub(super) struct FromUser {
    pub(super) id: Option<String>,
}

/// A message's text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    pub(super) content_type: Option<String>,
    pub(super) content: Option<String>,
}

/// `POST /invitations`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewInvitation<'a> {
    pub(super) invited_user_email_address: &'a str,
    pub(super) invite_redirect_url: &'a str,
    pub(super) invited_user_display_name: &'a str,
    pub(super) send_invitation_message: bool,
}

/// The answer to an invitation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invitation {
    pub(super) invited_user: Identified,
}

/// `GET /policies/authorizationPolicy`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthorizationPolicy {
    pub(super) default_user_role_permissions: Option<UserPermissions>,
}

/// What an ordinary member may do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserPermissions {
    #[serde(default)]
    pub(super) permission_grant_policies_assigned: Option<Vec<String>>,
}

/// A Conditional Access policy.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessPolicy {
    pub(super) display_name: Option<String>,
    pub(super) state: Option<String>,
    pub(super) conditions: Option<AccessConditions>,
    pub(super) grant_controls: Option<GrantControls>,
}

/// When it holds, as far as it concerns us.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessConditions {
    pub(super) authentication_flows: Option<AuthenticationFlows>,
}

/// For which ways of signing in: words with commas between them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthenticationFlows {
    pub(super) transfer_methods: Option<String>,
}

/// What it then does.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantControls {
    #[serde(default)]
    pub(super) built_in_controls: Option<Vec<String>>,
}

/// An error of Graph.
#[derive(Deserialize)]
pub(super) struct GraphFailure {
    pub(super) error: GraphError,
}

/// Its inside; only the code is looked at, messages change.
#[derive(Deserialize)]
pub(super) struct GraphError {
    pub(super) code: Option<String>,
}

/// An error of Entra's token endpoints.
#[derive(Deserialize)]
pub(super) struct SignInFailure {
    pub(super) error: String,
    #[serde(default)]
    pub(super) error_codes: Vec<u32>,
    pub(super) trace_id: Option<String>,
}
