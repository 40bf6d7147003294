//! What a token is, what the tenant's own rules will refuse, and the end of a sign-in.
//!
//! Entra has no revocation endpoint for one grant, tenant-wide consent leaves no grant per person to delete, and
//! `revokeSignInSessions` would sign the person out of everything. So nothing is revoked here: tokens are destroyed on this computer,
//! and the page is named where an administrator can end everything.

use engine::error::{Error, Kind, Result};
use engine::model::Advice;
use engine::platform::{Left, Proven, Undone};

use super::TeamsConnection;
use super::guide::{ACCESS_POLICIES, CONSENT, ENTERPRISE_APPS};
use super::info::{ADMIN, API, DIRECTORY, INFO, POLICIES};
use super::wire::{AccessPolicy, AuthorizationPolicy, Organization};
use crate::http::{in_cloud, scopes, url};

/// Policies that a tenant has at most, in pages.
const PAGES: usize = 10;
/// The beginning of a policy by which members may consent for themselves.
const FOR_ONESELF: &str = "ManagePermissionGrantsForSelf.";
/// The one that lets them consent to everything that no administrator has to.
const TO_ANYTHING: &str = "ManagePermissionGrantsForSelf.microsoft-user-default-legacy";

impl TeamsConnection {
    /// Only a person's token has a `/me`; an app's own is refused there.
    pub(super) async fn prove_slot(&self, slot: &str) -> Result<Proven> {
        if slot != ADMIN {
            return Err(Error::new(Kind::Bug, "prove", format!("Microsoft Teams has no slot {slot}.")).on(INFO.id));
        }
        let me = self.read_me("prove").await?;
        let organization = self.read_organization("prove").await?;
        self.is_the_entered_tenant(&organization)?;
        let name = super::people::shown_name(&me);
        let tenant = organization.display_name.unwrap_or(organization.id);
        let address = me.mail.or(me.user_principal_name).filter(|address| *address != name);
        let who = address.map_or_else(|| name.clone(), |address| format!("{name} ({address})"));
        Ok(Proven { says: format!("Signed in as {who} in the tenant {tenant}."), scopes: None })
    }

    fn is_the_entered_tenant(&self, organization: &Organization) -> Result<()> {
        let Some(entered) = self.facts.fields.get("tenant_id") else { return Ok(()) };
        let mut domains = organization.verified_domains.iter().flatten().filter_map(|domain| domain.name.as_deref());
        if entered.eq_ignore_ascii_case(&organization.id) || domains.any(|domain| entered.eq_ignore_ascii_case(domain)) {
            return Ok(());
        }
        let name = organization.display_name.as_deref().unwrap_or(&organization.id);
        Err(Error::invalid(
            "prove",
            format!("The token belongs to the tenant {name} ({}), not to {entered}.", organization.id),
            "Enter a token of an account of this tenant, or the tenant_id that the token belongs to.",
        )
        .on(INFO.id))
    }

    pub(super) async fn read_advice(&self) -> Result<Vec<Advice>> {
        let may = scopes(&INFO, &self.facts, ADMIN).iter().any(|scope| scope.rsplit('/').next() == Some(POLICIES));
        if !may || self.facts.left_out.contains(POLICIES) {
            return Ok(Vec::new());
        }
        Ok(self.consent_advice().await?.into_iter().chain(self.code_advice().await?).collect())
    }

    async fn consent_advice(&self) -> Result<Option<Advice>> {
        let Some(policy) =
            readable(self.read::<AuthorizationPolicy>(&["policies", "authorizationPolicy"], &[], DIRECTORY, "advise").await)?
        else {
            return Ok(None);
        };
        let assigned = policy.default_user_role_permissions.and_then(|permissions| permissions.permission_grant_policies_assigned);
        let assigned: Vec<String> = assigned.unwrap_or_default().into_iter().filter(|policy| begins_with(policy, FOR_ONESELF)).collect();
        let message = match assigned.as_slice() {
            [] => {
                "People of this tenant may not consent to apps themselves: without an administrator's consent for everybody they are refused with “Need admin approval”."
            }
            all if all.iter().any(|policy| policy.eq_ignore_ascii_case(TO_ANYTHING)) => return Ok(None),
            _ => {
                "People of this tenant may consent to few permissions themselves: without an administrator's consent for everybody they may be refused with “Need admin approval”."
            }
        };
        Ok(Some(Advice {
            about: "consent".into(),
            message: message.into(),
            remedy: "If it was not done yet, open the page, sign in as an administrator and choose Accept; the browser ends on an address of this computer where nothing answers.".into(),
            link: self.consent_page()?,
        }))
    }

    /// The consent page of the connection's own tenant and app.
    fn consent_page(&self) -> Result<Option<String>> {
        let (Some(tenant), Some(client)) = (self.facts.fields.get("tenant_id"), self.facts.fields.get("client_id")) else {
            return Ok(None);
        };
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let page = in_cloud(&INFO, &self.facts, "advise", CONSENT)?;
        Ok(Some(page.replace("{tenant_id}", &encoded(tenant)).replace("{client_id}", &encoded(client))))
    }

    async fn code_advice(&self) -> Result<Option<Advice>> {
        let Some(policies) = readable(self.access_policies().await)? else { return Ok(None) };
        let found = |state: &str| policies.iter().find(|policy| blocks_codes(policy) && policy.state.as_deref() == Some(state));
        let (policy, message) = match (found("enabled"), found("enabledForReportingButNotEnforced")) {
            (Some(policy), _) => (
                policy,
                "refuses sign-ins by code: people whom it concerns are sent a link and answer with the address on which their browser ended.",
            ),
            (None, Some(policy)) => {
                (policy, "only reports so far; once it is switched on, people whom it concerns are sent a link instead of a code.")
            }
            (None, None) => return Ok(None),
        };
        let name = policy.display_name.as_deref().unwrap_or("without a name");
        Ok(Some(Advice {
            about: "device_code".into(),
            message: format!("The Conditional Access policy “{name}” {message}"),
            remedy:
                "Nothing has to be done. To allow codes, exclude User Sync or the people from the policy (Conditional Access, Policies)."
                    .into(),
            link: Some(in_cloud(&INFO, &self.facts, "advise", ACCESS_POLICIES)?),
        }))
    }

    async fn access_policies(&self) -> Result<Vec<AccessPolicy>> {
        let query = [("$select", "id,displayName,state,conditions,grantControls")];
        let (mut found, mut cursor) = (Vec::new(), None);
        for _ in 0..PAGES {
            let first = || url("advise", API, &["identity", "conditionalAccess", "policies"], &query);
            let (page, next) = self.read_page::<AccessPolicy>(cursor.as_deref(), first, DIRECTORY, "advise").await?;
            found.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(found)
    }

    pub(super) fn leave_sign_in(&self, slot: &str) -> Result<Undone> {
        if slot != ADMIN {
            return Err(Error::new(Kind::Bug, "sign_off", format!("Microsoft Teams has no slot {slot}.")).on(INFO.id));
        }
        let who = self.facts.identity.as_ref().map_or("the connected account", |identity| identity.name.as_str());
        Ok(Undone::Left(Left {
            what: format!("The sign-in of {who} at Microsoft"),
            why: "Microsoft has no way to end the sign-in of one app. User Sync destroyed its own tokens; a copy of the access token would work for up to about 90 minutes. \
                To be sure, switch the app off there."
                .into(),
            link: Some(in_cloud(&INFO, &self.facts, "sign_off", ENTERPRISE_APPS)?),
        }))
    }
}

/// `None` where the tenant does not let this account look, or has no such policies.
fn readable<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn begins_with(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len()).is_some_and(|head| head.eq_ignore_ascii_case(beginning))
}

/// Several words may stand in `transferMethods`, with commas between them.
fn blocks_codes(policy: &AccessPolicy) -> bool {
    let flows = policy.conditions.as_ref().and_then(|conditions| conditions.authentication_flows.as_ref());
    let methods = flows.and_then(|flows| flows.transfer_methods.as_deref()).unwrap_or_default();
    let controls = policy.grant_controls.as_ref().and_then(|controls| controls.built_in_controls.as_deref()).unwrap_or_default();
    methods.split(',').any(|method| method.trim() == "deviceCodeFlow") && controls.iter().any(|control| control == "block")
}

#[cfg(test)]
mod tests {
    use engine::platform::{Connection, ConnectionFacts};
    use engine::transport::{Response, Subject};

    use super::super::tests::{connection, connection_as, facts, facts_in, readable};
    use super::*;
    use crate::testing::answer;

    const ME: &str = r#"{"id":"S1","displayName":"User Sync","mail":"sync@own.example","userPrincipalName":"sync@own.example"}"#;
    const TENANT: &str = r#"{"value":[{"id":"T1","displayName":"Harbor","verifiedDomains":[{"name":"own.example"}]}]}"#;
    const OPEN: &str = r#"{"defaultUserRolePermissions":{"permissionGrantPoliciesAssigned":["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"]}}"#;
    const NONE: &str = r#"{"value":[]}"#;

    fn with_tenant(tenant: &str, answers: Vec<Response>) -> Box<dyn Connection> {
        let mut facts = ConnectionFacts { identity: None, ..facts() };
        facts.fields.insert("tenant_id".into(), tenant.into());
        connection_as(Subject::Connection, facts, answers).0
    }

    fn consent(policies: &str) -> Response {
        answer(
            200,
            &format!(
                r#"{{"id":"authorizationPolicy","defaultUserRolePermissions":{{"allowedToCreateApps":true,"permissionGrantPoliciesAssigned":{policies}}}}}"#
            ),
        )
    }

    fn access(state: &str, methods: &str, control: &str) -> Response {
        let flows = if methods.is_empty() { "null".to_owned() } else { format!(r#"{{"transferMethods":"{methods}"}}"#) };
        answer(
            200,
            &format!(
                r#"{{"value":[{{"id":"P0","displayName":"MFA","state":"enabled","conditions":{{"authenticationFlows":null}},"grantControls":null}},
                {{"id":"P1","displayName":"Block device code flow","state":"{state}","conditions":{{"clientAppTypes":["all"],"authenticationFlows":{flows}}},"grantControls":{{"operator":"OR","builtInControls":["{control}"]}}}}]}}"#
            ),
        )
    }

    #[tokio::test]
    async fn a_token_is_proven_by_what_it_is_and_only_for_the_entered_tenant() {
        for tenant in ["T1", "t1", "Own.example"] {
            let proven = with_tenant(tenant, vec![answer(200, ME), answer(200, TENANT)]).prove("admin").await.unwrap();
            assert_eq!((proven.says.as_str(), proven.scopes), ("Signed in as User Sync (sync@own.example) in the tenant Harbor.", None));
        }
        let error = with_tenant("other.example", vec![answer(200, ME), answer(200, TENANT)]).prove("admin").await.unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.message.contains("Harbor") && error.message.contains("other.example"), "{}", error.message);
        let (connection, script) = connection(vec![]);
        assert_eq!(connection.prove("bot").await.unwrap_err().kind, Kind::Bug);
        assert_eq!(script.sent(), "");
    }

    #[tokio::test]
    async fn a_token_of_an_app_is_told_from_a_persons() {
        let refused =
            answer(400, r#"{"error":{"code":"BadRequest","message":"/me request is only valid with delegated authentication flow."}}"#);
        let error = with_tenant("T1", vec![refused]).prove("admin").await.unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.message.contains("app") && error.next_step().contains("person"), "{} {}", error.message, error.next_step());
        let dead = answer(401, r#"{"error":{"code":"InvalidAuthenticationToken","message":"x"}}"#);
        assert_eq!(with_tenant("T1", vec![dead]).prove("admin").await.unwrap_err().kind, Kind::SignedOut);
    }

    #[tokio::test]
    async fn who_may_consent_is_said_beforehand_with_the_page_of_this_tenant_and_app() {
        let cases = [
            (r#"["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"]"#, None),
            (r#"["managePermissionGrantsForSelf.microsoft-user-default-legacy","ManagePermissionGrantsForOwnedResource.x"]"#, None),
            (r#"["ManagePermissionGrantsForSelf.microsoft-user-default-low"]"#, Some("few")),
            (r#"["ManagePermissionGrantsForSelf.microsoft-user-default-recommended"]"#, Some("few")),
            (r#"["ManagePermissionGrantsForSelf.our-own"]"#, Some("few")),
            (r#"["ManagePermissionGrantsForOwnedResource.x"]"#, Some("may not consent")),
            ("[]", Some("may not consent")),
            ("null", Some("may not consent")),
        ];
        for (policies, expected) in cases {
            let (connection, _) = connection(vec![consent(policies), answer(200, NONE)]);
            let advice = connection.advise().await.unwrap();
            assert_eq!(
                advice.iter().map(|advice| advice.about.as_str()).collect::<Vec<_>>(),
                expected.map(|_| "consent").into_iter().collect::<Vec<_>>(),
                "{policies}"
            );
            for (advice, expected) in advice.iter().zip(expected) {
                assert!(advice.message.contains(expected), "{policies}: {}", advice.message);
                let link = advice.link.as_deref().unwrap();
                assert!(
                    link.starts_with("https://login.microsoftonline.com/T1/v2.0/adminconsent?client_id=C1&scope=User.Read%20"),
                    "{link}"
                );
                assert!(!link.contains('{'), "{link}");
            }
        }
    }

    #[tokio::test]
    async fn a_policy_against_codes_is_said_beforehand_whether_it_is_on_or_only_reports() {
        let cases = [
            ("enabled", "deviceCodeFlow", "block", Some("refuses")),
            ("enabled", "authenticationTransfer,deviceCodeFlow", "block", Some("refuses")),
            ("enabledForReportingButNotEnforced", "deviceCodeFlow", "block", Some("only reports")),
            ("disabled", "deviceCodeFlow", "block", None),
            ("enabled", "authenticationTransfer", "block", None),
            ("enabled", "deviceCodeFlow", "mfa", None),
            ("enabled", "", "block", None),
        ];
        for (state, methods, control, expected) in cases {
            let (connection, script) = connection(vec![answer(200, OPEN), access(state, methods, control)]);
            let advice = connection.advise().await.unwrap();
            assert_eq!(advice.len(), usize::from(expected.is_some()), "{state} {methods} {control}");
            for (advice, expected) in advice.iter().zip(expected) {
                assert_eq!(advice.about, "device_code");
                assert!(advice.message.contains("“Block device code flow”") && advice.message.contains(expected), "{}", advice.message);
            }
            assert_eq!(
                readable(&script.sent()),
                "GET https://graph.microsoft.com/v1.0/policies/authorizationPolicy\n\
                 GET https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies?$select=id,displayName,state,conditions,grantControls"
            );
        }
    }

    #[tokio::test]
    async fn what_the_account_may_not_read_is_no_advice_and_what_was_not_asked_for_is_not_read() {
        let refused = || answer(403, r#"{"error":{"code":"AccessDenied","message":"x"}}"#);
        let (connection, _) = connection(vec![refused(), refused()]);
        assert!(connection.advise().await.unwrap().is_empty());
        let left_out = ConnectionFacts { left_out: [POLICIES.to_owned()].into(), ..facts() };
        let not_granted = ConnectionFacts { granted: [("admin".to_owned(), ["User.Read".to_owned()].into())].into(), ..facts() };
        for facts in [left_out, not_granted] {
            let (connection, script) = connection_as(Subject::Connection, facts, vec![]);
            assert!(connection.advise().await.unwrap().is_empty());
            assert_eq!(script.sent(), "");
        }
        let long = ["https://graph.microsoft.com/Policy.Read.All".to_owned()];
        let facts = ConnectionFacts { granted: [("admin".to_owned(), long.into())].into(), ..facts() };
        let (connection, script) = connection_as(Subject::Connection, facts, vec![answer(200, OPEN), answer(200, NONE)]);
        connection.advise().await.unwrap();
        assert_eq!(script.requests().len(), 2);
    }

    #[tokio::test]
    async fn links_of_advice_and_of_what_stays_are_those_of_the_connections_cloud() {
        let (connection, _) =
            connection_as(Subject::Connection, facts_in("dod"), vec![consent("[]"), access("enabled", "deviceCodeFlow", "block")]);
        let links: Vec<String> = connection.advise().await.unwrap().into_iter().filter_map(|advice| advice.link).collect();
        assert!(links[0].starts_with("https://login.microsoftonline.us/T1/v2.0/adminconsent?"), "{links:?}");
        assert!(links[1].starts_with("https://entra.microsoft.us/#view/"), "{links:?}");
        let (connection, script) = connection_as(Subject::Connection, facts_in("dod"), vec![]);
        let Undone::Left(left) = connection.sign_off("admin").await.unwrap() else { panic!("Microsoft ends nothing") };
        assert!(left.what.contains("User Sync") && left.link.unwrap().starts_with("https://entra.microsoft.us/"));
        assert_eq!(script.sent(), "");
    }
}
