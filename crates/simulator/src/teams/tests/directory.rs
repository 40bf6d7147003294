use std::collections::HashSet;

use super::*;

const WHOLE: &str =
    "id,displayName,mail,userPrincipalName,accountEnabled,userType,assignedPlans,externalUserState,otherMails,proxyAddresses";

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_list_is_complete_whatever_the_pages() {
    let sim = Simulator::new(crate::Options { people: 400, ..crate::Options::default() }).unwrap();
    let world: Vec<&str> = sim.world().accounts(Platform::Teams).iter().map(|account| account.id.as_str()).collect();
    for top in [7, 100, 999] {
        assert_eq!(ids(&all(&sim, &format!("/users?$select={WHOLE}&$top={top}")).await), world, "{top}");
    }
    // Some page on the way is empty and goes on.
    let (mut empty, mut next) = (0, Some(format!("{V1}/users?$top=7&$select=id")));
    while let Some(url) = next {
        let got = with_json(&sim, "GET", &url, &admin_token(&sim), &Value::Null).await;
        next = got.json["@odata.nextLink"].as_str().map(str::to_owned);
        empty += usize::from(got.json["value"].as_array().unwrap().is_empty() && next.is_some());
    }
    assert!(empty > 0);
    assert_eq!(get(&sim, "/users?$top=7&$select=id&$skiptoken=made-up").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn users_show_what_the_world_says() {
    let sim = simulator();
    let users = all(&sim, &format!("/users?$select={WHOLE}")).await;
    for (user, account) in users.iter().zip(sim.world().accounts(Platform::Teams)) {
        assert_eq!((&user["mail"], &user["accountEnabled"]), (&json!(account.email), &json!(account.active)));
        assert_eq!(user["userType"] == "Guest", account.kind == Kind::Guest);
        let teams = user["assignedPlans"].as_array().unwrap().iter().any(|plan| plan["service"] == "TeamspaceAPI");
        assert_eq!(teams, account.licensed && account.kind != Kind::Guest);
        let proxies: Vec<&str> = user["proxyAddresses"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(account.aliases.iter().all(|alias| proxies.contains(&format!("smtp:{alias}").as_str())));
    }
    let names: HashSet<String> = users.iter().map(|user| user["userPrincipalName"].as_str().unwrap().to_lowercase()).collect();
    assert_eq!(names.len(), users.len(), "principal names are unique");
    let plain = get(&sim, "/users?$top=1").await;
    assert_eq!(plain.json["value"][0].as_object().unwrap().len(), 11, "without $select the eleven default properties");
}

#[tokio::test(start_paused = true)]
async fn options_are_strict() {
    let sim = simulator();
    for (path, code) in [
        ("/users?$top=1000", "Request_BadRequest"),
        ("/users?$top=0", "Request_BadRequest"),
        ("/users?$skip=5", "BadRequest"),
        ("/users?$select=email", "BadRequest"),
        ("/users?$filter=mail%20like%20'x'", "BadRequest"),
        ("/users?$filter=city%20eq%20'x'", "Request_UnsupportedQuery"),
        ("/users?$filter=userType%20ne%20'Guest'", "Request_UnsupportedQuery"),
        ("/users?$count=true", "Request_BadRequest"),
        ("/me?$expand=manager", "BadRequest"),
    ] {
        let got = get(&sim, path).await;
        assert_eq!((got.status, code_of(&got)), (400, code), "{path}");
    }
    let hard = get_with(&sim, "/users?$filter=userType%20ne%20'Guest'&$count=true&$select=id", &[("consistencylevel", "eventual")]).await;
    let members = sim.world().accounts(Platform::Teams).iter().filter(|account| account.kind != Kind::Guest).count();
    assert_eq!((hard.status, hard.json["@odata.count"].as_u64()), (200, Some(members as u64)));
    assert_eq!(get(&sim, "/groups/x/owners").await.status, 501);
    assert_eq!(sim.unknown_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn people_are_found_by_each_of_their_addresses() {
    let sim = simulator();
    let aliased = account(&sim, |account| !account.aliases.is_empty());
    for filter in [
        format!("mail eq '{}'", aliased.email.as_deref().unwrap().to_uppercase()),
        format!("proxyAddresses/any(x:x eq 'smtp:{}')", aliased.aliases[0]),
        format!("userPrincipalName eq '{}' or mail eq 'nobody@x.example'", aliased.email.as_deref().unwrap()),
        format!("startswith(mail,'{}') and userType eq 'Member'", aliased.email.as_deref().unwrap().split('@').next().unwrap()),
        format!("id in ('{}','x')", aliased.id),
    ] {
        let found = all(&sim, &format!("/users?{}", crate::http::encode(&[("$filter", &filter), ("$select", "id")]))).await;
        assert_eq!(ids(&found), [aliased.id.as_str()], "{filter}");
    }
    let shared = sim.world().accounts(Platform::Teams).iter().filter_map(|account| account.email.as_deref());
    let mut seen = HashSet::new();
    let twice = shared.into_iter().find(|email| !seen.insert(email.to_lowercase())).unwrap();
    let found =
        all(&sim, &format!("/users?{}", crate::http::encode(&[("$filter", &format!("mail eq '{twice}'")), ("$select", "id")]))).await;
    assert_eq!(found.len(), 2, "two accounts with one address are both found");
}

#[tokio::test(start_paused = true)]
async fn scopes_and_guests_see_what_they_may() {
    let sim = simulator();
    let one = colleagues(&sim)[0];
    let other = colleagues(&sim)[1];
    let ask = async |token: &str, path: &str| with_json(&sim, "GET", &format!("{V1}{path}"), token, &Value::Null).await;
    let reader = token_of(&sim, one, &["User.Read"]);
    assert_eq!(ask(&reader, "/me").await.status, 200);
    assert_eq!(ask(&reader, "/users").await.status, 403);
    assert_eq!(ask(&reader, &format!("/users/{}", other.id)).await.status, 403);
    let basic = token_of(&sim, one, &["User.ReadBasic.All"]);
    assert_eq!(ask(&basic, "/users?$select=id,mail").await.status, 200);
    let refused = ask(&basic, "/users?$select=id,accountEnabled").await;
    assert_eq!((refused.status, code_of(&refused)), (403, "Authorization_RequestDenied"));
    let guest = token_of(&sim, account(&sim, |account| account.kind == Kind::Guest), &["User.Read.All", "Group.Read.All"]);
    assert_eq!(
        (ask(&guest, "/users").await.status, ask(&guest, "/groups").await.status, ask(&guest, "/users/delta").await.status),
        (403, 403, 403)
    );
    assert_eq!((ask(&guest, "/me").await.status, ask(&guest, &format!("/users/{}", one.id)).await.status), (200, 200));
    let blind = token_of(&sim, one, &["GroupMember.Read.All"]);
    let groups = ask(&blind, "/groups?$filter=resourceProvisioningOptions/Any(x:x%20eq%20'Team')&$select=id").await;
    let group = groups.json["value"][0]["id"].as_str().unwrap().to_owned();
    let members = ask(&blind, &format!("/groups/{group}/members?$select=id,mail")).await;
    assert!(members.json["value"][0]["mail"].is_null() && members.json["value"][0]["id"].is_string());
    let slack = sim.credentials()["slack"]["bot_token"].as_str().unwrap_or("xoxb-1").to_owned();
    assert_eq!(ask(&slack, "/me").await.status, 401, "another platform's token");
    assert_eq!(call(&sim, "GET", &format!("{V1}/me"), &[], "").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn an_invitation_makes_one_guest_and_tells_nobody() {
    let sim = simulator();
    let got = invite(&sim, "Ada.Guest@tidewater.example").await;
    assert_eq!((got.status, got.json["status"].as_str()), (201, Some("PendingAcceptance")));
    let id = got.json["invitedUser"]["id"].as_str().unwrap().to_owned();
    let again = invite(&sim, "ada.guest@tidewater.example").await;
    assert_eq!(
        (again.json["invitedUser"]["id"].as_str(), again.json["inviteRedeemUrl"] == got.json["inviteRedeemUrl"]),
        (Some(id.as_str()), false)
    );
    let user = get(&sim, &format!("/users/{id}?$select={WHOLE}")).await;
    assert_eq!((user.json["userType"].as_str(), user.json["externalUserState"].as_str()), (Some("Guest"), Some("PendingAcceptance")));
    let found = all(&sim, "/users?$filter=otherMails/any(x:x%20eq%20'ada.guest@tidewater.example')&$select=id").await;
    assert_eq!(ids(&found), [id.as_str()]);
    assert_eq!(all(&sim, "/users?$select=id").await.len(), sim.world().accounts(Platform::Teams).len() + 1);
    assert_eq!(sim.ledger().representations().len(), 1);

    assert_eq!(write(&sim, "DELETE", &format!("/users/{id}"), Value::Null).await.status, 204);
    let gone = get(&sim, &format!("/users/{id}")).await;
    assert_eq!((gone.status, code_of(&gone)), (404, "Request_ResourceNotFound"));
    assert_eq!(write(&sim, "DELETE", &format!("/users/{id}"), Value::Null).await.status, 404);
    assert!(sim.ledger().representations().is_empty());
    assert_ne!(
        invite(&sim, "ada.guest@tidewater.example").await.json["invitedUser"]["id"],
        json!(id),
        "a deleted guest does not come back"
    );
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_shown_once_the_directory_has_been_copied_and_is_one_all_the_while() {
    let sim = simulator();
    sim.set_lag(Platform::Teams, Duration::from_secs(20));
    let id = async || invite(&sim, "kim@tidewater.example").await.json["invitedUser"]["id"].as_str().unwrap().to_owned();
    let first = id().await;
    let seen = async || {
        let listed = all(&sim, "/users?$filter=mail%20eq%20'kim@tidewater.example'&$select=id").await.len();
        (get(&sim, &format!("/users/{first}")).await.status, listed)
    };
    assert_eq!(seen().await, (404, 0));
    assert_eq!(id().await, first, "an invitation to the same address gives the same guest");
    sim.clock().advance(Duration::from_secs(20));
    assert_eq!(seen().await, (200, 1));
}

#[tokio::test(start_paused = true)]
async fn own_domains_members_addresses_and_strange_letters_are_refused() {
    let sim = simulator();
    for email in [
        "new.person@harborpine.example",
        "x@EU.harborpine.example",
        "x@harborpine.onmicrosoft.com",
        "a+b@tidewater.example",
        ".a@tidewater.example",
        "nothing",
    ] {
        let got = invite(&sim, email).await;
        assert_eq!((got.status, code_of(&got)), (400, "BadRequest"), "{email}");
    }
    let member = account(&sim, |account| account.kind == Kind::Guest);
    assert_eq!(invite(&sim, member.email.as_deref().unwrap()).await.json["status"], "Completed", "an accepted guest stays one");
    let holder =
        Account { id: "a-member".to_owned(), email: Some("held@tidewater.example".to_owned()), kind: Kind::Member, ..member.clone() };
    sim.teams().directory.invite(sim.world(), holder, sim.clock().now());
    let held = invite(&sim, "Held@tidewater.example").await;
    assert_eq!(held.status, 400);
    assert!(held.text.contains("proxyAddresses") && held.text.contains("a-member"), "{}", held.text);
    let token = token_of(&sim, colleagues(&sim)[0], &["User.Read"]);
    let got = with_json(&sim, "POST", &format!("{V1}/invitations"), &token, &json!({})).await;
    assert_eq!(got.status, 403);
    let unknown = write(
        &sim,
        "POST",
        "/invitations",
        json!({ "invitedUserEmailAddress": "a@tidewater.example", "inviteRedirectUrl": "https://x.example", "hello": 1 }),
    )
    .await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_delta_query_reports_only_what_changed() {
    let sim = Simulator::new(crate::Options { people: 600, ..crate::Options::default() }).unwrap();
    let follow = async |url: String| {
        let (mut items, mut next, mut delta) = (Vec::new(), Some(url), String::new());
        while let Some(url) = next {
            let got = with_json(&sim, "GET", &url, &admin_token(&sim), &Value::Null).await;
            assert_eq!(got.status, 200, "{}", got.text);
            items.extend(got.json["value"].as_array().unwrap().clone());
            next = got.json["@odata.nextLink"].as_str().map(str::to_owned);
            delta = got.json["@odata.deltaLink"].as_str().unwrap_or_default().to_owned();
        }
        (items, delta)
    };
    let (items, delta) = follow(format!("{V1}/users/delta?$select=id,mail")).await;
    assert_eq!(items.len(), sim.world().accounts(Platform::Teams).len());
    let kept = invite(&sim, "kept@tidewater.example").await.json["invitedUser"]["id"].as_str().unwrap().to_owned();
    let gone = invite(&sim, "gone@tidewater.example").await.json["invitedUser"]["id"].as_str().unwrap().to_owned();
    write(&sim, "DELETE", &format!("/users/{gone}"), Value::Null).await;
    let (items, later) = follow(delta).await;
    assert_eq!(
        items,
        [json!({ "id": kept, "mail": "kept@tidewater.example" }), json!({ "id": gone, "@removed": { "reason": "changed" } })]
    );
    assert!(follow(later).await.0.is_empty());
    assert_eq!(get(&sim, "/users/delta()?$select=id").await.status, 200, "as Microsoft's own clients write it");
    let lost = get(&sim, "/users/delta?$deltatoken=made-up").await;
    assert_eq!((lost.status, code_of(&lost)), (410, "syncStateNotFound"));
}

#[tokio::test(start_paused = true)]
async fn ended_sessions_kill_tokens_and_deleted_consents_stop_refreshing() {
    let sim = simulator();
    let one = colleagues(&sim)[0];
    let token = token_of(&sim, one, &["User.Read"]);
    assert_eq!(write(&sim, "POST", &format!("/users/{}/revokeSignInSessions", one.id), Value::Null).await.json["value"], true);
    assert_eq!(with_json(&sim, "GET", &format!("{V1}/me"), &token, &Value::Null).await.status, 401);
    let guest = account(&sim, |account| account.kind == Kind::Guest);
    let token = token_of(&sim, guest, &["User.Read"]);
    assert_eq!(write(&sim, "POST", &format!("/users/{}/revokeSignInSessions", guest.id), Value::Null).await.status, 200);
    assert_eq!(with_json(&sim, "GET", &format!("{V1}/me"), &token, &Value::Null).await.status, 200, "no effect for guests");

    let grants = all(&sim, "/oauth2PermissionGrants").await;
    let everybody = grants.iter().find(|grant| grant["consentType"] == "AllPrincipals").unwrap();
    assert!(everybody["principalId"].is_null() && everybody["scope"].as_str().unwrap().contains("Chat.ReadWrite"));
    let query = crate::http::encode(&[(
        "$filter",
        &format!("clientId eq '{}' and principalId eq '{}'", consents::SERVICE_PRINCIPAL, sim.world().admin(Platform::Teams).id),
    )]);
    assert_eq!(all(&sim, &format!("/oauth2PermissionGrants?{query}")).await.len(), 1);
    let scopes = ["Chat.ReadWrite".to_owned()];
    assert!(sim.teams().consents.missing(&one.id, &scopes).is_empty());
    assert_eq!(
        write(&sim, "DELETE", &format!("/oauth2PermissionGrants/{}", everybody["id"].as_str().unwrap()), Value::Null).await.status,
        204
    );
    assert_eq!(sim.teams().consents.missing(&one.id, &scopes), ["Chat.ReadWrite"]);
}

#[tokio::test(start_paused = true)]
async fn teams_and_groups_have_the_same_people() {
    let sim = simulator();
    let joined = get(&sim, "/me/joinedTeams").await;
    let teams = all(&sim, "/teams?$select=id,displayName").await;
    assert_eq!(joined.json["value"].as_array().unwrap().len(), teams.len(), "the admin is in each team");
    assert_eq!(get(&sim, "/me/joinedTeams?$top=5").await.status, 400);
    let everyone = teams[0]["id"].as_str().unwrap();
    let members = all(&sim, &format!("/teams/{everyone}/members?$top=20")).await;
    let in_group = all(&sim, &format!("/groups/{everyone}/members?$select=id,displayName")).await;
    let users: Vec<&str> = members.iter().map(|member| member["userId"].as_str().unwrap()).collect();
    assert_eq!(users, ids(&in_group));
    assert_eq!(users.len(), sim.world().accounts(Platform::Teams).len());
    let part = all(&sim, &format!("/teams/{}/members", teams[1]["id"].as_str().unwrap())).await;
    assert!(!part.is_empty() && part.len() < users.len());
    let printers = all(&sim, "/groups?$filter=securityEnabled%20eq%20true").await;
    assert_eq!(get(&sim, &format!("/teams/{}/members", printers[0]["id"].as_str().unwrap())).await.status, 404, "a group that is no team");
}

#[tokio::test(start_paused = true)]
async fn a_batch_answers_each_request_by_itself() {
    let sim = simulator();
    let one = &colleagues(&sim)[0].id;
    let got = write(
        &sim,
        "POST",
        "/$batch",
        json!({ "requests": [
        { "id": "1", "method": "GET", "url": format!("/users/{one}?$select=id") },
        { "id": "2", "method": "GET", "url": "/users/nobody" },
        { "id": "3", "method": "GET", "url": "/me", "dependsOn": ["2"] },
        { "id": "4", "method": "GET", "url": "/users?$filter=mail eq 'x'&$select=id" },
    ] }),
    )
    .await;
    assert_eq!(got.status, 200, "{}", got.text);
    let status =
        |id: &str| got.json["responses"].as_array().unwrap().iter().find(|answer| answer["id"] == id).unwrap()["status"].as_u64().unwrap();
    assert_eq!([status("1"), status("2"), status("3"), status("4")], [200, 404, 424, 200]);
    let many: Vec<Value> = (0..21).map(|number| json!({ "id": number.to_string(), "method": "GET", "url": "/me" })).collect();
    assert_eq!(write(&sim, "POST", "/$batch", json!({ "requests": many })).await.status, 400);
    assert_eq!(write(&sim, "POST", "/$batch", json!({ "requests": [many[0], many[0]] })).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn limits_are_in_force_and_waiting_as_told_is_enough() {
    let sim = simulator();
    let mut refused = None;
    for number in 0..151 {
        let got = invite(&sim, &format!("guest{number}@tidewater.example")).await;
        if got.status != 201 {
            refused = Some((number, got));
        }
    }
    let (number, got) = refused.unwrap();
    assert_eq!((number, got.status, code_of(&got)), (150, 429, "TooManyRequests"));
    sim.clock().advance(Duration::from_secs_f64(got.headers["retry-after"].to_str().unwrap().parse().unwrap()));
    assert_eq!(invite(&sim, "late@tidewater.example").await.status, 201);

    let free = Simulator::new(crate::Options { people: 100, rate_limits: false, ..crate::Options::default() }).unwrap();
    for _ in 0..40 {
        assert_eq!(get(&free, "/me/joinedTeams").await.status, 200);
    }
    let mut waits = Vec::new();
    for _ in 0..31 {
        let got = get(&sim, "/me/joinedTeams").await;
        waits.extend(got.headers.get("retry-after").map(|wait| wait.to_str().unwrap().to_owned()));
    }
    assert_eq!(waits, ["0.034"], "Teams says fractions");
    assert_eq!(get(&sim, "/users?$top=5&$select=id").await.headers["x-ms-resource-unit"], "1");
}

#[tokio::test(start_paused = true)]
async fn a_second_slash_behind_the_version_changes_nothing() {
    let sim = simulator();
    assert_eq!(get(&sim, "//me").await.json["id"], get(&sim, "/me").await.json["id"]);
    assert_eq!(get(&sim, "/users//me").await.status, 501);
    assert_eq!(get(&sim, "///me").await.status, 501);
}

#[tokio::test(start_paused = true)]
async fn a_batch_takes_relative_addresses_only_as_microsofts_python_client_found_out() {
    let sim = simulator();
    let batch = async |url: &str| {
        write(&sim, "POST", "/$batch", json!({ "requests": [{ "id": "1", "method": "GET", "url": url, "depends_on": [], "headers": {} }] }))
            .await
    };
    assert_eq!(batch("https://graph.microsoft.com/v1.0/me").await.status, 400);
    for url in ["/me", "//me", "me"] {
        let got = batch(url).await;
        assert_eq!((got.status, got.json["responses"][0]["status"].as_u64()), (200, Some(200)), "{url}: {}", got.text);
    }
}
