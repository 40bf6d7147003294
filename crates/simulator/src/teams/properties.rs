//! The properties of a user as Graph knows them: what comes by default, what is simply empty here, and what the company's
//! directory says. Who may see which is the operations' business.

use serde_json::{Map, Value, json};

use super::directory::{self, Directory};
use crate::world::TENANT_DOMAIN;
use crate::{Account, Kind, Platform, World};

/// What comes without `$select`.
pub(super) const DEFAULT: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];
/// All that `User.ReadBasic.All` shows of other people.
pub(super) const BASIC: &[&str] = &["id", "displayName", "givenName", "surname", "mail", "userPrincipalName"];
/// Properties that nobody here has a value for.
const NOTHING: &[&str] = &[
    "ageGroup",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "country",
    "deletedDateTime",
    "department",
    "employeeHireDate",
    "employeeId",
    "employeeLeaveDateTime",
    "employeeOrgData",
    "employeeType",
    "faxNumber",
    "jobTitle",
    "lastPasswordChangeDateTime",
    "legalAgeGroupClassification",
    "mobilePhone",
    "officeLocation",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesImmutableId",
    "onPremisesLastSyncDateTime",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "onPremisesUserPrincipalName",
    "passwordPolicies",
    "postalCode",
    "preferredDataLocation",
    "preferredLanguage",
    "showInAddressList",
    "state",
    "streetAddress",
];
const NO_ITEMS: &[&str] = &[
    "businessPhones",
    "imAddresses",
    "licenseAssignmentStates",
    "onPremisesProvisioningErrors",
    "provisionedPlans",
    "serviceProvisioningErrors",
];

/// When the company set up its accounts.
pub(super) const COMPANY_BEGAN: &str = "2024-03-04T09:00:00Z";
/// Microsoft 365 licence with its plans.
const SKU: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";
const TEAMS_PLAN: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";
const EXCHANGE_PLAN: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";

/// A property's value; `None` when users have no such property.
pub(super) fn property(world: &World, directory: &Directory, account: &Account, name: &str) -> Option<Value> {
    let guest = account.kind == Kind::Guest;
    let created = || {
        directory.invited_at(&account.id).map_or_else(|| json!(COMPANY_BEGAN), |at| json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
    };
    Some(match name {
        "id" => json!(account.id),
        "displayName" => json!(account.name()),
        "givenName" => named(&account.first_name),
        "surname" => named(&account.last_name),
        "mail" => json!(account.email),
        "userPrincipalName" => json!(directory::principal_name(world, account)),
        "mailNickname" => json!(directory::principal_name(world, account).split('@').next()),
        "userType" => json!(if guest { "Guest" } else { "Member" }),
        "accountEnabled" => json!(account.active),
        "creationType" => json!(guest.then_some("Invitation")),
        "createdDateTime" => created(),
        "externalUserState" => json!(guest.then_some(if account.pending { "PendingAcceptance" } else { "Accepted" })),
        "externalUserStateChangeDateTime" => {
            if guest {
                created()
            } else {
                Value::Null
            }
        }
        "otherMails" => json!(account.email.iter().filter(|_| guest).collect::<Vec<_>>()),
        "proxyAddresses" => json!(proxy_addresses(world, account)),
        "assignedLicenses" => {
            if guest {
                json!([])
            } else {
                json!([{ "skuId": SKU, "disabledPlans": if account.licensed { vec![] } else { vec![TEAMS_PLAN] } }])
            }
        }
        "assignedPlans" => json!(plans(account)),
        "identities" => {
            json!([{ "signInType": "userPrincipalName", "issuer": TENANT_DOMAIN, "issuerAssignedId": directory::principal_name(world, account) }])
        }
        "usageLocation" => json!((!guest).then_some("DE")),
        _ if NO_ITEMS.contains(&name) => json!([]),
        _ if NOTHING.contains(&name) => Value::Null,
        _ => return None,
    })
}

fn named(name: &str) -> Value {
    if name.is_empty() { Value::Null } else { json!(name) }
}

fn plans(account: &Account) -> Vec<Value> {
    let plan = |service: &str, id: &str| json!({ "assignedDateTime": COMPANY_BEGAN, "capabilityStatus": "Enabled", "service": service, "servicePlanId": id });
    match (account.kind, account.licensed) {
        (Kind::Guest, _) => Vec::new(),
        (_, true) => vec![plan("exchange", EXCHANGE_PLAN), plan("TeamspaceAPI", TEAMS_PLAN)],
        (_, false) => vec![plan("exchange", EXCHANGE_PLAN)],
    }
}

/// Proxy addresses are unique in a tenant: a second account with somebody's address has only its own name there.
fn proxy_addresses(world: &World, account: &Account) -> Vec<String> {
    let Some(email) = &account.email else { return Vec::new() };
    let own = account.kind == Kind::Guest || world.by_email(Platform::Teams, email).is_none_or(|first| first.id == account.id);
    let primary = if own { email.clone() } else { directory::principal_name(world, account) };
    std::iter::once(format!("SMTP:{primary}")).chain(account.aliases.iter().map(|alias| format!("smtp:{alias}"))).collect()
}

/// A user with the given properties.
pub(super) fn show(world: &World, directory: &Directory, account: &Account, names: &[impl AsRef<str>]) -> Value {
    let value = |name: &str| property(world, directory, account, name).unwrap_or(Value::Null);
    names.iter().map(|name| (name.as_ref().to_owned(), value(name.as_ref()))).collect::<Map<_, _>>().into()
}
