use super::sign_in::{code_for, decide, number, poll, redeem, start};
use super::*;

const CONDITIONAL_ACCESS: &str = "/identity/conditionalAccess/policies";

fn set(sim: &Simulator, wanted: Value) {
    set_policies(sim, &wanted).unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_consent_policy_is_shown_and_decides_what_users_may_allow() {
    let sim = simulator();
    let email = colleagues(&sim)[0].email.clone().unwrap();
    // The consent for everybody given at the start would answer every question.
    let consents = all(&sim, "/oauth2PermissionGrants").await;
    let everybody = consents.iter().find(|consent| consent["consentType"] == "AllPrincipals").unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(write(&sim, "DELETE", &format!("/oauth2PermissionGrants/{everybody}"), Value::Null).await.status, 204);
    let may = async |scope: &str| {
        let asked = sign_in::authorize(&[("scope", scope)]);
        let page = consent(&sim, &asked, &email, "allow").await;
        if !page.headers.contains_key("location") {
            assert!(page.text.contains("AADSTS90094"), "{}", page.text);
        }
        page.headers.contains_key("location")
    };
    for (word, shown, scopes) in [
        ("none", None, &[("User.Read", false)][..]),
        ("low", Some("microsoft-user-default-low"), &[("User.ReadBasic.All", false), ("User.Read", true)]),
        ("recommended", Some("microsoft-user-default-recommended"), &[("Chat.ReadWrite", false), ("User.ReadBasic.All", true)]),
        ("legacy", Some("microsoft-user-default-legacy"), &[("User.Read.All", false), ("Chat.ReadWrite", true)]),
    ] {
        set(&sim, json!({ "consent": word }));
        let got = get(&sim, "/policies/authorizationPolicy").await;
        let assigned = got.json["defaultUserRolePermissions"]["permissionGrantPoliciesAssigned"].as_array().unwrap().clone();
        let for_users = assigned.iter().filter_map(Value::as_str).find_map(|name| name.strip_prefix("ManagePermissionGrantsForSelf."));
        assert_eq!((got.status, for_users), (200, shown), "{word}");
        for (scope, expected) in scopes {
            assert_eq!(may(scope).await, *expected, "{word}: {scope}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_against_device_codes_is_listed_and_refuses_what_was_approved() {
    let sim = simulator();
    let email = colleagues(&sim)[0].email.clone().unwrap();
    let state = async || {
        let policies = all(&sim, CONDITIONAL_ACCESS).await;
        let found = policies.iter().find(|policy| policy["conditions"]["authenticationFlows"]["transferMethods"] == "deviceCodeFlow");
        assert!(policies.len() > usize::from(found.is_some()), "there are other policies");
        found.map(|policy| policy["state"].as_str().unwrap().to_owned())
    };
    let approved = async || {
        let started = start(&sim).await;
        assert_eq!(started.status, 200, "a code is given out before anybody signs in");
        assert_eq!(poll(&sim, &started).await.json["error"], "authorization_pending");
        decide(&sim, &started, &email, "allow").await;
        sim.clock().advance(Duration::from_secs(5));
        let got = poll(&sim, &started).await;
        (got.status, number(&got))
    };
    assert_eq!((state().await, approved().await), (None, (200, 0)));
    set(&sim, json!({ "device_codes": "report_only" }));
    assert_eq!((state().await.as_deref(), approved().await), (Some("enabledForReportingButNotEnforced"), (200, 0)));
    set(&sim, json!({ "device_codes": "blocked" }));
    assert_eq!((state().await.as_deref(), approved().await), (Some("enabled"), (400, 53_003)));
    assert_eq!(redeem(&sim, &code_for(&sim, &email, &[]).await).await.status, 200, "the browser's way stays open");
    set(&sim, json!({ "device_codes": "allowed" }));
    assert_eq!((state().await, approved().await), (None, (200, 0)));
}

#[tokio::test(start_paused = true)]
async fn policies_are_read_with_their_scope_and_an_administrators_role() {
    let sim = simulator();
    let admin = sim.world().admin(Platform::Teams);
    for path in ["/policies/authorizationPolicy", CONDITIONAL_ACCESS] {
        for (account, scopes, expected) in [
            (admin, &["Policy.Read.All"][..], 200),
            (admin, &["Directory.Read.All", "User.Read.All"], 403),
            (colleagues(&sim)[0], &["Policy.Read.All"], 403),
        ] {
            let got = with_json(&sim, "GET", &format!("{V1}{path}"), &token_of(&sim, account, scopes), &Value::Null).await;
            assert_eq!(got.status, expected, "{path} {scopes:?}");
        }
    }
    let chosen = get(&sim, "/policies/authorizationPolicy?$select=defaultUserRolePermissions").await;
    assert_eq!((chosen.json.get("id"), chosen.json["defaultUserRolePermissions"].is_object()), (None, true));
    assert_eq!(get(&sim, &format!("{CONDITIONAL_ACCESS}?$select=colour")).await.status, 400);
    assert_eq!(all(&sim, &format!("{CONDITIONAL_ACCESS}?$filter=state%20eq%20'enabled'&$select=id,state")).await.len(), 1);
    assert_eq!(sim.unknown_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_app_without_public_client_flows_is_told_so_when_it_polls() {
    let sim = simulator();
    set(&sim, json!({ "public_client_flows": false }));
    let started = start(&sim).await;
    assert_eq!(started.status, 200);
    let refused = poll(&sim, &started).await;
    assert_eq!((refused.status, refused.json["error"].as_str(), number(&refused)), (401, Some("invalid_client"), 7_000_218));
    let email = colleagues(&sim)[0].email.clone().unwrap();
    assert_eq!(redeem(&sim, &code_for(&sim, &email, &[]).await).await.status, 200, "a desktop redirect address makes a public client");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_tenant_or_app_is_told_apart_without_anybody_signing_in() {
    let sim = simulator();
    let unknown = "https://login.microsoftonline.com/00000000-1111-2222-3333-444444444444";
    let got = call(&sim, "GET", &format!("{unknown}/v2.0/.well-known/openid-configuration"), &[], "").await;
    assert_eq!((got.status, got.json["error"].as_str(), number(&got)), (400, Some("invalid_tenant"), 90_002));
    let form = [("client_id", "00000000-1111-2222-3333-444444444444"), ("scope", "User.Read")];
    let got = with_form(&sim, &format!("{LOGIN_AT}/devicecode"), &[], &form).await;
    assert_eq!((got.status, got.json["error"].as_str(), number(&got)), (400, Some("unauthorized_client"), 700_016));
}
