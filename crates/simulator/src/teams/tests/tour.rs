use super::*;

/// Every operation once, as a well-behaved client would do it; nothing on the way is refused or unknown.
#[tokio::test(start_paused = true)]
async fn a_whole_tour_meets_no_unknown_operation() {
    let sim = simulator();
    let query = crate::http::encode(&[
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:9123"),
        ("scope", "User.Read User.Read.All openid profile email offline_access"),
        ("state", "s1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let back = consent(&sim, &format!("{LOGIN_AT}/authorize?{query}"), sim.admin_email(), "allow").await;
    let code = back.headers["location"].to_str().unwrap().split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let token = format!("{LOGIN_AT}/token");
    let got = with_form(
        &sim,
        &token,
        &[],
        &[
            ("client_id", CLIENT_ID),
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", "http://localhost:9123"),
            ("code_verifier", VERIFIER),
            ("scope", "User.Read openid profile email offline_access"),
        ],
    )
    .await;
    assert_eq!(got.status, 200, "{}", got.text);
    let refresh = got.json["refresh_token"].as_str().unwrap();
    assert_eq!(
        with_form(&sim, &token, &[], &[("client_id", CLIENT_ID), ("grant_type", "refresh_token"), ("refresh_token", refresh)]).await.status,
        200
    );
    let started = with_form(
        &sim,
        &format!("{LOGIN_AT}/devicecode"),
        &[],
        &[("client_id", CLIENT_ID), ("scope", "User.Read Chat.ReadWrite offline_access")],
    )
    .await;
    let poll = [
        ("client_id", CLIENT_ID),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", started.json["device_code"].as_str().unwrap()),
    ];
    assert_eq!(with_form(&sim, &token, &[], &poll).await.json["error"], "authorization_pending");
    let one = colleagues(&sim)[0];
    sim.sign_ins().decide_device(Platform::Teams, started.json["user_code"].as_str().unwrap(), &one.id, true, sim.clock().now()).unwrap();
    sim.clock().advance(Duration::from_secs(6));
    assert_eq!(with_form(&sim, &token, &[], &poll).await.status, 200);

    let admin = sim.world().admin(Platform::Teams);
    let whole = "id,displayName,mail,userPrincipalName,accountEnabled,userType,assignedPlans,assignedLicenses,externalUserState,externalUserStateChangeDateTime,otherMails,proxyAddresses,createdDateTime";
    let guest = invite(&sim, "ada@tidewater.example").await.json["invitedUser"]["id"].as_str().unwrap().to_owned();
    for path in [
        "/me".to_owned(),
        format!("/me?$select={whole}"),
        "/organization".to_owned(),
        "/organization?$select=id,displayName,verifiedDomains".to_owned(),
        "/users".to_owned(),
        format!("/users/{guest}?$select={whole}"),
        format!("/users/{}", one.id),
        "/me/joinedTeams".to_owned(),
        "/teams?$select=id,displayName".to_owned(),
        "/oauth2PermissionGrants".to_owned(),
    ] {
        let got = get(&sim, &path).await;
        assert_eq!(got.status, 200, "{path} {}", got.text);
    }
    assert_eq!(all(&sim, &format!("/users?$select={whole}&$top=20")).await.len(), sim.world().accounts(Platform::Teams).len() + 1);
    let team = all(&sim, "/teams").await[1]["id"].as_str().unwrap().to_owned();
    assert!(!all(&sim, &format!("/teams/{team}/members?$top=5")).await.is_empty());
    assert!(!all(&sim, "/groups?$top=2").await.is_empty());
    assert!(!all(&sim, &format!("/groups/{team}/members?$top=5&$select={whole}")).await.is_empty());
    assert_eq!(get(&sim, "/users?$filter=mail%20eq%20'x@y.example'&$select=id").await.status, 200);
    let counted = get_with(
        &sim,
        "/users?$filter=endswith(mail,'harborpine.example')&$count=true&$orderby=displayName&$select=id,displayName&$top=3",
        &[("consistencylevel", "eventual")],
    )
    .await;
    assert_eq!(counted.status, 200, "{}", counted.text);
    assert_eq!(get_with(&sim, "/users?$search=%22displayName:ro%22&$select=id", &[("consistencylevel", "eventual")]).await.status, 200);
    let delta = get(&sim, "/users/delta?$select=id,mail").await;
    assert_eq!(
        with_json(&sim, "GET", delta.json["@odata.deltaLink"].as_str().unwrap(), &admin_token(&sim), &Value::Null).await.status,
        200
    );

    let chat = chat_with(&sim, one).await;
    let group = write(&sim, "POST", "/chats", json!({ "chatType": "group", "topic": "T", "members": [member(admin, "owner"), member(one, "owner"), member(colleagues(&sim)[1], "owner")] })).await;
    let said =
        write(&sim, "POST", &format!("/chats/{chat}/messages"), json!({ "body": { "contentType": "html", "content": "<p>hi</p>" } })).await;
    let id = said.json["id"].as_str().unwrap();
    for path in [
        "/me/chats?$expand=members,lastMessagePreview&$top=50".to_owned(),
        "/chats".to_owned(),
        format!("/chats/{chat}?$expand=members"),
        format!("/chats/{}/messages?$top=50", group.json["id"].as_str().unwrap()),
        format!(
            "/chats/{chat}/messages?$top=50&$orderby=lastModifiedDateTime%20desc&$filter=lastModifiedDateTime%20gt%202026-01-05T07:00:00Z"
        ),
        format!("/chats/{chat}/messages/{id}"),
    ] {
        let got = get(&sim, &path).await;
        assert_eq!(got.status, 200, "{path} {}", got.text);
    }
    assert_eq!(
        write(&sim, "PATCH", &format!("/chats/{chat}/messages/{id}"), json!({ "body": { "contentType": "text", "content": "bye" } }))
            .await
            .status,
        204
    );
    assert_eq!(write(&sim, "POST", &format!("/users/{}/chats/{chat}/messages/{id}/softDelete", admin.id), Value::Null).await.status, 204);
    let batch = write(&sim, "POST", "/$batch", json!({ "requests": [
        { "id": "1", "method": "GET", "url": format!("/users/{guest}") },
        { "id": "2", "method": "GET", "url": "/users/nobody" },
        { "id": "3", "method": "POST", "url": format!("/chats/{chat}/messages"), "headers": { "Content-Type": "application/json" }, "body": { "body": { "content": "in a batch" } } },
    ] })).await;
    assert_eq!(batch.status, 200, "{}", batch.text);
    assert_eq!(write(&sim, "POST", &format!("/users/{}/revokeSignInSessions", one.id), Value::Null).await.status, 200);
    assert_eq!(write(&sim, "DELETE", &format!("/users/{guest}"), Value::Null).await.status, 204);
    let grants = all(&sim, "/oauth2PermissionGrants?$filter=consentType%20eq%20'Principal'").await;
    assert_eq!(
        write(&sim, "DELETE", &format!("/oauth2PermissionGrants/{}", grants[0]["id"].as_str().unwrap()), Value::Null).await.status,
        204
    );
    while get(&sim, "/me/joinedTeams").await.status != 429 {}
    assert_eq!(sim.unknown_requests(), 0);
}
