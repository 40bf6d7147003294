//! The tenant's rules over sign-in, as its administrator sets them (the control interface does) and as Graph shows
//! them: to what users may consent, whether device codes are blocked, whether the app may sign in without a secret.
//!
//! Two facts from reports of many, since Microsoft's pages are silent: a blocked device code is given out all the same,
//! because nobody has signed in yet, and refused when the person's approval is redeemed (53003); an app without public
//! client flows is told so (7000218) when it polls. Reading a policy needs an administrator besides the scope (the safe side).

use serde_json::{Value, json};

use super::graph::{Call, Outcome};
use super::lists::{self, Advanced};
use crate::http::Answer;

/// What ordinary users may consent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// Everything that needs no administrator.
    Legacy,
    /// What the tenant classified as of low impact.
    Low,
    /// What Microsoft recommends at the time: the chat scopes are not in it.
    Recommended,
    /// Nothing.
    Nothing,
}

/// A Conditional Access policy over the device code flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeviceCodes {
    /// There is no such policy.
    Allowed,
    /// Microsoft's managed policy is there and only reports.
    ReportOnly,
    /// It is on.
    Blocked,
}

/// All of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policies {
    pub(super) consent: Consent,
    pub(super) device_codes: DeviceCodes,
    /// "Allow public client flows" of the app's registration.
    pub(super) public_client_flows: bool,
}

impl Default for Policies {
    fn default() -> Self {
        Self { consent: Consent::Recommended, device_codes: DeviceCodes::Allowed, public_client_flows: true }
    }
}

impl Policies {
    /// These with the members of `wanted` changed; `Err` says which member or value there is not.
    pub(super) fn changed(mut self, wanted: &Value) -> Result<Self, String> {
        let members = wanted.as_object().ok_or("the body must be an object")?;
        for (name, value) in members {
            match (name.as_str(), value) {
                ("consent", Value::String(word)) => {
                    self.consent = match word.as_str() {
                        "legacy" => Consent::Legacy,
                        "low" => Consent::Low,
                        "recommended" => Consent::Recommended,
                        "none" => Consent::Nothing,
                        _ => return Err("consent is one of legacy, low, recommended, none".to_owned()),
                    }
                }
                ("device_codes", Value::String(word)) => {
                    self.device_codes = match word.as_str() {
                        "allowed" => DeviceCodes::Allowed,
                        "report_only" => DeviceCodes::ReportOnly,
                        "blocked" => DeviceCodes::Blocked,
                        _ => return Err("device_codes is one of allowed, report_only, blocked".to_owned()),
                    }
                }
                ("public_client_flows", Value::Bool(allowed)) => self.public_client_flows = *allowed,
                _ => return Err(format!("there is no policy {name} with such a value")),
            }
        }
        Ok(self)
    }

    /// Whether an ordinary user may consent to a scope alone.
    pub(super) fn for_oneself(self, scope: &str) -> bool {
        match self.consent {
            Consent::Legacy => super::consents::needs_no_admin(scope),
            Consent::Low => scope == "User.Read",
            Consent::Recommended => super::consents::for_oneself(scope),
            Consent::Nothing => false,
        }
    }
}

/// `GET /policies/authorizationPolicy`.
pub(super) fn authorization(call: &Call<'_>, _ids: &[String]) -> Outcome {
    call.admin_only()?;
    // Each team's owners may let an app into their team: this stands beside whatever is assigned for users.
    let for_teams = "ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team";
    let for_users = match call.sim.teams().policies.consent {
        Consent::Legacy => Some("ManagePermissionGrantsForSelf.microsoft-user-default-legacy"),
        Consent::Low => Some("ManagePermissionGrantsForSelf.microsoft-user-default-low"),
        Consent::Recommended => Some("ManagePermissionGrantsForSelf.microsoft-user-default-recommended"),
        Consent::Nothing => None,
    };
    let assigned: Vec<&str> = for_users.into_iter().chain([for_teams]).collect();
    let mut shown = json!({
        "id": "authorizationPolicy",
        "allowInvitesFrom": "everyone",
        "allowedToSignUpEmailBasedSubscriptions": true,
        "allowedToUseSSPR": true,
        "allowEmailVerifiedUsersToJoinOrganization": false,
        "allowUserConsentForRiskyApps": null,
        "blockMsolPowerShell": false,
        "description": "Used to manage authorization related settings across the company.",
        "displayName": "Authorization Policy",
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "defaultUserRolePermissions": {
            "allowedToCreateApps": true,
            "allowedToCreateSecurityGroups": true,
            "allowedToCreateTenants": true,
            "allowedToReadBitlockerKeysForOwnedDevice": true,
            "allowedToReadOtherUsers": true,
            "permissionGrantPoliciesAssigned": assigned,
        },
    });
    let select = lists::select(call, "authorizationPolicy", &|name| shown.get(name).is_some())?;
    let metadata = call.metadata("policies/authorizationPolicy/$entity");
    shown = lists::cut(&shown, select.as_deref());
    shown["@odata.context"] = metadata.into();
    Ok(Answer::json(200, &shown))
}

const PROPERTIES: &[&str] =
    &["id", "templateId", "displayName", "createdDateTime", "modifiedDateTime", "state", "conditions", "grantControls", "sessionControls"];

/// `GET /identity/conditionalAccess/policies`.
pub(super) fn conditional_access(call: &Call<'_>, _ids: &[String]) -> Outcome {
    call.admin_only()?;
    let state = match call.sim.teams().policies.device_codes {
        DeviceCodes::Allowed => None,
        DeviceCodes::ReportOnly => Some("enabledForReportingButNotEnforced"),
        DeviceCodes::Blocked => Some("enabled"),
    };
    let everywhere =
        policy("0f3b0b5c-6f4e-4c0e-a7a5-51d0e1f2a6b1", "Require multifactor authentication for all users", "enabled", &Value::Null, "mfa");
    let flows = json!({ "transferMethods": "deviceCodeFlow" });
    let blocked = state.map(|state| policy("9d1c7e2a-3b54-4f8e-8e0d-6a2b7c9f1e04", "Block device code flow", state, &flows, "block"));
    let shown: Vec<Value> = [everywhere].into_iter().chain(blocked).collect();
    let select = lists::select(call, "conditionalAccessPolicy", &|name| PROPERTIES.contains(&name))?;
    let filter = lists::filter(call, "conditionalAccessPolicy", &|name| ["displayName", "state"].contains(&name), Advanced::ByHeader)?;
    lists::answer_values(call, "identity/conditionalAccess/policies", shown, select.as_deref(), filter.as_ref(), 100, 999)
}

fn policy(id: &str, name: &str, state: &str, flows: &Value, control: &str) -> Value {
    json!({
        "id": id,
        "templateId": null,
        "displayName": name,
        "createdDateTime": "2025-11-03T09:00:00Z",
        "modifiedDateTime": null,
        "state": state,
        "sessionControls": null,
        "conditions": {
            "userRiskLevels": [], "signInRiskLevels": [], "servicePrincipalRiskLevels": [], "insiderRiskLevels": null,
            "clientAppTypes": ["all"], "platforms": null, "locations": null, "devices": null, "clientApplications": null,
            "applications": {
                "includeApplications": ["All"], "excludeApplications": [], "includeUserActions": [],
                "includeAuthenticationContextClassReferences": [], "applicationFilter": null,
            },
            "users": {
                "includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [], "includeRoles": [],
                "excludeRoles": [], "includeGuestsOrExternalUsers": null, "excludeGuestsOrExternalUsers": null,
            },
            "authenticationFlows": flows,
        },
        "grantControls": {
            "operator": "OR", "builtInControls": [control], "customAuthenticationFactors": [], "termsOfUse": [],
            "authenticationStrength": null,
        },
    })
}
